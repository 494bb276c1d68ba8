#!/usr/bin/env python3
"""examples/nla_server.c, a server with TLS of its own: `sspi logon rdp://` and xfreerdp sign in to it."""
import json
import os
import re
import socket
import subprocess
import sys

from lib import Lab, fail_early, missing, start_display

PASSWORD = "S3cret!pw"


PROGRAM = os.path.join(os.environ.get("BUILD_ROOT", ""), "examples", "nla_server")


class NlaServer:
    def __init__(self, lab):
        self.process = lab.start([PROGRAM, "0", lab.path("cert.pem"), lab.path("key.pem")],
                                 stdout=subprocess.PIPE, stderr=open(lab.path("nla.log"), "ab"))
        first = self.line()
        self.port = int(first.rsplit(":", 1)[1]) if first.startswith("listening") else 0

    def line(self):
        """Without the domain of who signed in, which is this machine's name for a local account."""
        text = self.process.stdout.readline().decode(errors="replace").strip()
        return re.sub(r"^signed in: [^\\, ]+\\", "signed in: ", text)


def our_client(lab, server):
    for user, password, wanted, said in [
            ("alice", PASSWORD, 0, f"signed in: alice, handed over: user 'alice', domain '', a password of {len(PASSWORD)} bytes"),
            ("LAB\\bob", PASSWORD, 0, f"signed in: bob, handed over: user 'bob', domain 'LAB', a password of {len(PASSWORD)} bytes"),
            ("alice", "nope", 1, "refused: 0x8009030C"),
            ("mallory", PASSWORD, 1, "refused: 0x8009030C")]:
        code, out, err = lab.sspi("logon", f"rdp://127.0.0.1:{server.port}", "--user", user, "--json",
                                  "--timeout", "20", password=password)
        lab.equal(f"our client as {user}, {password}: exit code", wanted, code, out + err)
        lab.equal(f"our client as {user}, {password}: the server says", said, server.line())
        try:
            report = json.loads(out)
        except ValueError:
            report = {}
        if wanted == 0:
            lab.equal("version 6", 6, (report.get("credssp") or {}).get("version"))


def freerdp(lab, server):
    why = missing("xfreerdp", "Xvfb")
    if why:
        lab.skip("xfreerdp", why)
        return
    if not start_display(lab):
        lab.skip("xfreerdp", "Xvfb did not start")
        return
    for user, password, wanted, said in [
            ("alice", PASSWORD, 0, f"signed in: alice, handed over: user 'alice', domain '', a password of {len(PASSWORD)} bytes"),
            ("alice", "nope", 134, "refused: 0x8009030C"),
            ("mallory", PASSWORD, 134, "refused: 0x8009030C")]:
        code = lab.run(["xfreerdp", f"/v:127.0.0.1:{server.port}", "/cert:ignore", "+auth-only", "/sec:nla",
                        f"/u:{user}", f"/p:{password}"], log="client.log")
        if wanted == 0:
            lab.check("xfreerdp: no complaint", "ERRCONNECT_LOGON" not in lab.log("client.log", 40),
                      lab.log("client.log"))
        else:
            lab.equal(f"xfreerdp as {user}, {password}: exit code", wanted, code, lab.log("client.log"))
        lab.equal(f"xfreerdp as {user}, {password}: the server says", said, server.line())
    code = lab.run(["xfreerdp", f"/v:127.0.0.1:{server.port}", "/cert:ignore", "+auth-only", "/sec:tls",
                    "/u:alice", f"/p:{PASSWORD}"], log="client.log")
    lab.equal("xfreerdp without NLA is refused", 133, code, lab.log("client.log"))
    lab.equal("and the server says so", "no NLA", server.line())


def strangers(lab, server):
    """Bytes that are no RDP: the server goes on with the next client."""
    for bytes_ in (b"", b"GET / HTTP/1.0\r\n\r\n", b"\x03\x00\x00\x0b\x06\xe0\x00\x00\x00\x00\x00", b"\x03\x00\xff\xff"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as s:
            s.sendall(bytes_)
            s.shutdown(socket.SHUT_WR)
        lab.equal(f"{len(bytes_)} bytes of something else", "no NLA", server.line())


def main():
    lab = Lab()
    if not os.path.exists(PROGRAM):
        lab.skip("nla_server", "it is not built")
        return lab.finish()
    why = missing("openssl")
    if why:
        lab.skip("nla_server", why)
        return lab.finish()
    try:
        done = lab.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", lab.path("key.pem"), "-out", lab.path("cert.pem"), "-subj", "/CN=server.test",
                        "-days", "2"])
        if done != 0:
            fail_early(lab, "openssl made no certificate")
        for name in ("alice", "LAB\\bob"):
            code, _, err = lab.sspi("account", "add", name, password=PASSWORD)
            if code != 0:
                fail_early(lab, f"account add {name}: {err}")
        server = NlaServer(lab)
        if not server.port:
            fail_early(lab, f"the server did not start: {lab.log('nla.log')}")
        our_client(lab, server)
        strangers(lab, server)
        freerdp(lab, server)
    except Exception as e:  # a broken case must not leave programs running
        lab.check("the test itself", False, repr(e))
    return lab.finish()


if __name__ == "__main__":
    sys.exit(main())
