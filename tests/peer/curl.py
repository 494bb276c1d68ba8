#!/usr/bin/env python3
"""curl signs in to `sspi serve http` and https: NTLM, Negotiate, right and wrong, and what of channel bindings.

SSPI names the tool. Negotiate needs gss-ntlmssp (NTLM_USER_FILE). Ends with "N passed, N failed, N skipped"."""
import json
import os
import re
import subprocess
import sys

from lib import Lab, Server, fail_early, missing, stop

PASSWORD = "S3cret!pw"


def curl(lab, url, *more, users=None):
    """Answers (status, connections, body)."""
    env = dict(lab.env)
    if users:
        env["NTLM_USER_FILE"] = users
    done = subprocess.run(["curl", "-s", "-m", "20", "-w", "\n%{http_code} %{num_connects}", "--noproxy", "*", *more, url],
                          env=env, capture_output=True, check=False, timeout=60)
    body, _, last = done.stdout.decode(errors="replace").rpartition("\n")
    status, connections = last.split()
    return int(status), int(connections), body


def certificate(lab):
    done = subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", lab.path("key.pem"), "-out",
                           lab.path("cert.pem"), "-days", "7", "-subj", "/CN=localhost", "-addext",
                           "subjectAltName=DNS:localhost"], capture_output=True, check=False)
    return done.returncode == 0


def ntlm(lab, server, url, kind, *more):
    status, _, _ = curl(lab, url, *more)
    lab.equal(f"{kind}: nobody is 401", 401, status)
    status, connections, body = curl(lab, url, "--ntlm", "-u", f"alice:{PASSWORD}", *more)
    lab.equal(f"{kind}: curl --ntlm signs in on one connection", (200, 1), (status, connections), body)
    lab.check(f"{kind}: and is told who it is", re.search(r"\\alice", body), body)
    said = server.next()
    lab.check(f"{kind}: the server says so too", said and said["signed_in"] and said["mechanism"] == "NTLM", str(said))
    for name, user in (("wrong password", "alice:wrong"), ("unknown user", f"mallory:{PASSWORD}"),
                       ("wrong domain", f"OTHER\\alice:{PASSWORD}"), ("empty password", "alice:")):
        status, _, _ = curl(lab, url, "--ntlm", "-u", user, *more)
        said = server.next()
        lab.equal(f"{kind}: {name} is 401", (401, False), (status, said and said["signed_in"]))
    status, connections, _ = curl(lab, url, "--ntlm", "-u", f"alice:{PASSWORD}", "-d", "x" * 100000, *more)
    lab.equal(f"{kind}: a POST of 100000 bytes signs in", (200, 1), (status, connections))
    server.next()
    status, _, body = curl(lab, url, "--ntlm", "-u", f"alice:{PASSWORD}", "-I", *more)
    lab.equal(f"{kind}: HEAD signs in", 200, status, body)
    server.next()
    status, _, body = curl(lab, url, url + "again", "--ntlm", "-u", f"alice:{PASSWORD}", *more)
    lab.check(f"{kind}: a second request belongs to the same user", body.count("alice") == 2, body)
    server.next()


def crowd(lab, server, url):
    """s36: many at once, each connection is its own user's."""
    lab.sspi("account", "add", "bob", password=PASSWORD)
    runs = [(user, subprocess.Popen(["curl", "-s", "-m", "30", "--noproxy", "*", "--ntlm", "-u", f"{user}:{PASSWORD}", url, url, url],
                                    env=lab.env, stdout=subprocess.PIPE)) for user in ("alice", "bob") * 12]
    bodies = [(user, run.communicate(timeout=60)[0].decode()) for user, run in runs]
    lab.check("s36_many_at_once_keep_their_own_names",
              all(body.count(f"\\{user}\"") == 3 and body.count('"name"') == 3 for user, body in bodies), str(bodies))
    for _ in runs:
        server.next()


def negotiate(lab, server, url, kind, *more):
    status, _, body = curl(lab, url, "-o", "/dev/null", "-D", "-", *more)
    if "Negotiate" not in body:
        lab.skip(f"{kind}: curl --negotiate", "the library has no package Negotiate")
        return
    right = lab.write("users", f"VM:alice:{PASSWORD}\n:alice:{PASSWORD}\n")
    wrong = lab.write("wrong", "VM:alice:wrong\n")
    os.chmod(right, 0o600)
    os.chmod(wrong, 0o600)
    status, connections, body = curl(lab, url, "--negotiate", "-u", ":", *more, users=right)
    if status == 401 and not os.path.exists("/etc/gss/mech.d"):
        lab.skip(f"{kind}: curl --negotiate", "gss-ntlmssp is not installed")
        return
    lab.equal(f"{kind}: curl --negotiate signs in by NTLM inside SPNEGO", 200, status, f"{connections} {body}")
    said = server.next()
    lab.check(f"{kind}: the server says NTLM", said and said["signed_in"] and said["mechanism"] == "NTLM", str(said))
    status, _, body = curl(lab, url, "--negotiate", "-u", ":", *more, users=wrong)
    lab.equal(f"{kind}: curl --negotiate with a wrong password is 401", 401, status, body)
    said = server.next()
    lab.check(f"{kind}: and the server says why", said and not said["signed_in"], str(said))


def bindings(lab):
    """curl's own NTLM sends no channel bindings: let in "when supported" (our default), refused when they are required."""
    users = lab.write("users", f"VM:alice:{PASSWORD}\n:alice:{PASSWORD}\n")
    os.chmod(users, 0o600)
    for level, wanted in (("never", 200), ("when-supported", 200), ("always", 401)):
        lab.configure(f"[accounts]\ndelay milliseconds = 0\n[policy]\nChannelBinding = {level}\n")
        server = Server(lab, "--cert", lab.path("cert.pem"), "--key", lab.path("key.pem"), kind="https")
        url = f"https://localhost:{server.port}/"
        status, _, _ = curl(lab, url, "--cacert", lab.path("cert.pem"), "--ntlm", "-u", f"alice:{PASSWORD}")
        lab.equal(f"channel bindings {level}: curl, which sends none, gets", wanted, status)
        code, out, err = lab.sspi("logon", url, "--user", "alice", "--ca", lab.path("cert.pem"), "--json", password=PASSWORD)
        lab.equal(f"channel bindings {level}: our client, which sends them, signs in", 0, code, out + err)
        status, _, _ = curl(lab, url, "--cacert", lab.path("cert.pem"), "--negotiate", "-u", ":", users=users)
        lab.equal(f"channel bindings {level}: curl --negotiate, which sends none either, gets", wanted, status)
        stop(server.process)
    lab.configure("[accounts]\ndelay milliseconds = 0\n")


def authorities(lab):
    """Only an authority that was named vouches for a server."""
    server = Server(lab, "--cert", lab.path("cert.pem"), "--key", lab.path("key.pem"), kind="https")
    os.rename(lab.path("cert.pem"), lab.path("first.pem"))
    os.rename(lab.path("key.pem"), lab.path("first-key.pem"))
    certificate(lab)
    for name, more, wanted in (("the system's authorities", [], (5, "tls")),
                               ("another authority", ["--ca", lab.path("cert.pem")], (5, "tls")),
                               ("its own", ["--ca", lab.path("first.pem")], (0, None)),
                               ("--insecure", ["--insecure"], (0, None))):
        lab.env["SSL_CERT_DIR"] = lab.path("none")
        code, out, err = lab.sspi("logon", f"https://localhost:{server.port}/", "--user", "alice", "--json", *more, password=PASSWORD)
        stage = (json.loads(out).get("failure") or {}).get("stage")
        lab.equal(f"our client with {name}", wanted, (code, stage), out + err)
    code, out, err = lab.sspi("logon", f"https://127.0.0.1:{server.port}/", "--user", "alice", "--ca", lab.path("first.pem"),
                              password=PASSWORD)
    lab.equal("our client at a name that the certificate has not", 5, code, out + err)
    stop(server.process)
    server = Server(lab, "--cert", lab.path("cert.pem"), "--key", lab.path("key.pem"), "--listen", f"127.0.0.1:{server.port}", kind="https")
    code, out, err = lab.sspi("logon", f"https://localhost:{server.port}/", "--user", "alice", "--insecure", password=PASSWORD)
    lab.check("a remembered certificate that changed is refused", code == 5 and "WARNING" in err, out + err)
    code, out, err = lab.sspi("logon", f"https://localhost:{server.port}/", "--user", "alice", "--insecure", "--accept-changed",
                              password=PASSWORD)
    lab.equal("--accept-changed remembers the new one", 0, code, out + err)
    stop(server.process)


def main():
    lab = Lab()
    why = missing("curl", "openssl")
    if why:
        lab.skip("curl", why)
        return lab.finish()
    try:
        lab.configure("[accounts]\ndelay milliseconds = 0\nlockout threshold = 0\n")
        code, out, err = lab.sspi("account", "add", "alice", password=PASSWORD)
        if code != 0 or not certificate(lab):
            fail_early(lab, f"the account or the certificate was not made: {out}{err}")
        server = Server(lab, kind="http")
        url = f"http://127.0.0.1:{server.port}/"
        ntlm(lab, server, url, "http")
        negotiate(lab, server, url, "http")
        crowd(lab, server, url)
        stop(server.process)
        lab.equal("the server ends well", 0, server.process.returncode)
        server = Server(lab, "--cert", lab.path("cert.pem"), "--key", lab.path("key.pem"), kind="https")
        url = f"https://localhost:{server.port}/"
        ntlm(lab, server, url, "https", "--cacert", lab.path("cert.pem"))
        negotiate(lab, server, url, "https", "--cacert", lab.path("cert.pem"))
        stop(server.process)
        bindings(lab)
        authorities(lab)
    except Exception as e:  # a broken case must not leave programs running
        lab.check("the test itself", False, repr(e))
    return lab.finish()


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
