#!/usr/bin/env python3
"""WinRM's carriage of sign-ins, our tool at both ends: there is no other program that speaks it here, so the text
([MS-WSMV] 2.2.9.1) is the judge: what passes between the ends is read by a parser written from it.

SSPI names the tool. Ends with "N passed, N failed, N skipped"."""
import base64
import json
import os
import re
import socket
import subprocess
import sys
import threading

from lib import Lab, Server, fail_early, stop

PASSWORD = "S3cret!pw"
POLICY = "[accounts]\ndelay milliseconds = 0\nlockout threshold = 0\n[policy]\nAllowFreshCredentialsWhenNTLMOnly = WSMAN/* TERMSRV/*\n"
SPNEGO, CREDSSP = "application/HTTP-SPNEGO-session-encrypted", "application/HTTP-CredSSP-session-encrypted"


class Wire:
    """Stands between client and server and keeps both directions; may change what the client says."""

    def __init__(self, port, change=None):
        self.port, self.change, self.said, self.lock = port, change, [], threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.own_port = self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        try:
            while True:
                client = self.listener.accept()[0]
                server = socket.create_connection(("127.0.0.1", self.port))
                self.said = [bytearray(), bytearray()]
                for a, b, n in ((client, server, 0), (server, client, 1)):
                    threading.Thread(target=self.pump, args=(a, b, n), daemon=True).start()
        except OSError:
            pass

    def pump(self, a, b, n):
        try:
            while data := a.recv(65536):
                if n == 0 and self.change:
                    data = self.change(data)
                self.said[n] += data
                b.sendall(data)
        except OSError:
            pass
        try:
            b.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def messages(data):
    """The HTTP messages of one direction: (first line, headers, body)."""
    out = []
    while data:
        head, _, rest = data.partition(b"\r\n\r\n")
        lines = head.decode("ascii").split("\r\n")
        headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:]]
        n = int(dict((k.lower(), v) for k, v in headers).get("content-length", 0))
        out.append((lines[0], headers, bytes(rest[:n])))
        data = rest[n:]
    return out


def header(message, name):
    return [v for k, v in message[1] if k.lower() == name.lower()]


def pairs(message):
    """The pairs of parts of a sealed message: (protocol, length before sealing, edge, sealed). Raises on anything that
    2.2.9.1 does not have: every line end, tab and letter counts."""
    types = re.fullmatch(r'multipart/(encrypted|x-multi-encrypted);protocol="([^"]*)";boundary="Encrypted Boundary"',
                         header(message, "Content-Type")[0])
    body, end, found = message[2], b"--Encrypted Boundary--\r\n", []
    assert body.endswith(end)
    while body != end:
        meta = re.match(rb"--Encrypted Boundary\r\n\tContent-Type: (application/HTTP-[A-Za-z]+-session-encrypted)\r\n"
                        rb"\tOriginalContent: type=application/soap\+xml;charset=(UTF-8|UTF-16);Length=(\d+)\r\n"
                        rb"--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n", body)
        body = body[meta.end():]
        edge = int.from_bytes(body[:4], "little")
        protocol, length = meta[1].decode(), int(meta[3])
        assert protocol == types[2]
        n = edge + length
        if protocol == CREDSSP:  # TLS records say how long they are
            n = 0
            while body[4 + n] == 23:
                n += 5 + int.from_bytes(body[4 + n + 3:4 + n + 5], "big")
        found.append((protocol, length, edge, body[4:4 + n]))
        body = body[4 + n:]
    assert (types[1] == "encrypted") == (len(found) == 1)
    return found


def logon(lab, url, *more, password=PASSWORD, user="alice"):
    code, out, err = lab.sspi("logon", url, "--user", user, "--json", "--timeout", "20", *more, password=password)
    try:
        return code, json.loads(out), err
    except ValueError:
        return code, {}, err + out


def read_sealed(lab, name, wire, protocol, scheme):
    asked, answered = messages(bytes(wire.said[0])), messages(bytes(wire.said[1]))
    lab.equal(f"{name}: every request is a POST to /wsman", {"POST /wsman HTTP/1.1"}, {m[0] for m in asked})
    lab.check(f"{name}: the first says nothing of who asks", not header(asked[0], "Authorization") and not asked[0][2])
    lab.check(f"{name}: 401 until the sign-in is complete, then 200",
              all(" 401 " in m[0] for m in answered[:-2]) and " 200 " in answered[-1][0], str([m[0] for m in answered]))
    tokens = [v.split(" ") for m in asked for v in header(m, "Authorization")]
    lab.check(f"{name}: tokens are {scheme} and base64", tokens and all(len(t) == 2 and t[0] == scheme and base64.b64decode(t[1], validate=True)
                                                                     for t in tokens), str(tokens))
    for who, message in (("request", asked[-1]), ("answer", answered[-1])):
        try:
            found = pairs(message)
        except (AssertionError, TypeError, IndexError) as e:
            lab.check(f"{name}: the {who} is framed as 2.2.9.1 has it", False, f"{e!r} {message}")
            continue
        lab.check(f"{name}: the {who} is framed as 2.2.9.1 has it", len(found) == 1 and found[0][0] == protocol, str(found))
        lab.check(f"{name}: the {who} shows no SOAP", b"Envelope" not in message[2] and b"Identify" not in message[2])
        edge_and_text(lab, f"{name}: the {who}", found[0])
    return asked, answered


def edge_and_text(lab, name, pair):
    protocol, length, edge, sealed = pair
    if protocol == SPNEGO:
        lab.equal(f"{name}: NTLM's signature is 16 bytes, version 1", (16, b"\1\0\0\0"), (edge, sealed[:4]))
        lab.equal(f"{name}: the sealed text is as long as the text", length, len(sealed) - edge)
    else:
        lab.equal(f"{name}: one TLS record with its trailer counted", len(sealed), 5 + length + edge)


def credssp_tokens(lab, name, asked):
    first = base64.b64decode(header(asked[1], "Authorization")[0].split(" ")[1])
    lab.equal(f"{name}: the first token is a TLS ClientHello", (b"\x16\x03", 1), (first[:2], first[5]))
    lab.check(f"{name}: the last token goes with the message", header(asked[-1], "Authorization") and asked[-1][2])


def sealed_cases(lab, server, package, protocol, scheme):
    wire, name = Wire(server.port), f"winrm {package}"
    url = f"http://localhost:{wire.own_port}/wsman"
    code, said, err = logon(lab, url, "--package", package)
    if (said.get("failure") or {}).get("status_name") == "SEC_E_SECPKG_NOT_FOUND" or "offers" in (said.get("failure") or {}).get("reason", ""):
        lab.skip(name, "the library has no such package")
        return
    lab.equal(f"{name}: signs in", 0, code, f"{said} {err}")
    lab.check(f"{name}: the server identifies itself", said.get("answer", "").startswith("OpenSSPI "), str(said))
    seen = server.next()
    lab.check(f"{name}: the server knows who it is", seen and seen["signed_in"] and seen["name"].endswith("\\alice"), str(seen))
    if code == 0:
        asked, _ = read_sealed(lab, name, wire, protocol, scheme)
        if package == "credssp":
            credssp_tokens(lab, name, asked)
            lab.equal(f"{name}: the password was delegated", {"domain": "", "user": "alice", "password_characters": len(PASSWORD)},
                      seen["delegated"])
    for case, user, password in (("wrong password", "alice", "wrong"), ("unknown user", "mallory", PASSWORD)):
        code, said, err = logon(lab, url, "--package", package, user=user, password=password)
        lab.equal(f"{name}: {case} is refused", (1, "sign-in"), (code, (said.get("failure") or {}).get("stage")), f"{said} {err}")
        server.next()
    wire.listener.close()


def altered(lab, server):
    """A byte of the sealed request changes on its way: nobody answers it."""
    def change(data):
        at = data.find(b"octet-stream\r\n")
        if at < 0:
            return data
        at += len(b"octet-stream\r\n") + 4 + 30
        return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]
    for package in ("ntlm", "credssp"):
        wire = Wire(server.port, change)
        code, said, err = logon(lab, f"http://localhost:{wire.own_port}/wsman", "--package", package)
        if "offers" in (said.get("failure") or {}).get("reason", ""):
            continue
        lab.equal(f"winrm {package}: an altered message is answered 400", (4, "answer"), (code, (said.get("failure") or {}).get("stage")),
                  f"{said} {err}")
        server.next()
        wire.listener.close()


def in_the_clear(lab, server):
    """curl signs in and then says SOAP in the clear: not answered."""
    done = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--noproxy", "*", "--ntlm", "-u", f"alice:{PASSWORD}",
                           "-H", "Content-Type: application/soap+xml;charset=UTF-8", "-d", "<Identify/>",
                           f"http://127.0.0.1:{server.port}/wsman"], capture_output=True, check=False, env=lab.env)
    lab.equal("winrm: SOAP in the clear is 403", b"403", done.stdout)
    server.next()


def by_https(lab):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", lab.path("key.pem"), "-out",
                    lab.path("cert.pem"), "-days", "7", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
                   capture_output=True, check=True)
    server = Server(lab, "--tls", "--cert", lab.path("cert.pem"), "--key", lab.path("key.pem"), kind="winrm")
    url = f"https://localhost:{server.port}/wsman"
    for more in (["--package", "credssp"], []):
        name = " ".join(["winrm by https", *more[1:]])
        code, said, err = logon(lab, url, "--ca", lab.path("cert.pem"), *more)
        lab.equal(f"{name}: signs in", 0, code, f"{said} {err}")
        lab.equal(f"{name}: the answer is sealed with CredSSP alone", bool(more),
                  any(s["detail"].endswith(", sealed") for s in said.get("stages", []) if s["stage"] == "answer"))
        server.next()
        code, said, err = logon(lab, url, "--ca", lab.path("cert.pem"), *more, password="wrong")
        lab.equal(f"{name}: a wrong password is refused", (1, "sign-in"), (code, (said.get("failure") or {}).get("stage")), f"{said} {err}")
        server.next()
    code, said, _ = logon(lab, url, "--package", "credssp")
    lab.equal("winrm by https: an unknown authority is refused", (5, "tls"), (code, (said.get("failure") or {}).get("stage")), str(said))
    stop(server.process)


def main():
    lab = Lab()
    try:
        lab.configure(POLICY)
        code, out, err = lab.sspi("account", "add", "alice", password=PASSWORD)
        if code:
            fail_early(lab, out + err)
        server = Server(lab, kind="winrm")
        sealed_cases(lab, server, "credssp", CREDSSP, "CredSSP")
        sealed_cases(lab, server, "negotiate", SPNEGO, "Negotiate")
        altered(lab, server)
        stop(server.process)
        lab.equal("the server ends well", 0, server.process.returncode)
        server = Server(lab, "--package", "ntlm", kind="winrm")
        sealed_cases(lab, server, "ntlm", SPNEGO, "NTLM")
        altered(lab, server)
        in_the_clear(lab, server)
        stop(server.process)
        by_https(lab)
        lab.configure("[accounts]\ndelay milliseconds = 0\n")
        server = Server(lab, kind="winrm")
        code, said, _ = logon(lab, f"http://localhost:{server.port}/wsman", "--package", "credssp")
        lab.equal("winrm credssp: policy does not delegate to WSMAN by default", 5, code, str(said))
    except Exception as e:  # a broken case must not leave programs running
        lab.check("the test itself", False, repr(e))
    return lab.finish()


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
