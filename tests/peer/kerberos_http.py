#!/usr/bin/env python3
"""HTTP with Kerberos: curl signs in to `sspi serve http` and https, `sspi logon` to Apache with mod_auth_gssapi.

SSPI names the tool. Ends with "N passed, N failed, N skipped"."""
import glob
import json
import os
import re
import subprocess
import sys

import apache
from kerberos_lab import PASSWORD, REALM, Realm, krb_missing
from lib import Lab, Server, fail_early, free_port, listening, missing, stop

OPEN = "[accounts]\ndelay milliseconds = 0\nlockout threshold = 0\n"


def curl(lab, url, *more):
    """Answers (status, connections, body)."""
    done = subprocess.run(["curl", "-s", "-m", "20", "-w", "\n%{http_code} %{num_connects}", "--noproxy", "*", *more, url],
                          env=lab.env, capture_output=True, check=False, timeout=60)
    body, _, last = done.stdout.decode(errors="replace").rpartition("\n")
    status, connections = last.split()
    return int(status), int(connections), body


def certificate(lab):
    done = subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", lab.path("key.pem"), "-out",
                           lab.path("cert.pem"), "-days", "7", "-subj", "/CN=localhost", "-addext",
                           "subjectAltName=DNS:localhost"], capture_output=True, check=False)
    return done.returncode == 0


def is_alice(said):
    return said and said.get("signed_in") and said.get("mechanism") == "Kerberos" and "alice" in said.get("name", "")


# ---- curl at our server

def curl_signs_in(lab, realm, server, url, kind, *more):
    status, connections, body = curl(lab, url, "--negotiate", "-u", ":", *more)
    lab.equal(f"{kind}: curl --negotiate signs in on one connection", (200, 1), (status, connections), body)
    said = server.next()
    lab.check(f"{kind}: the server says Kerberos and who", is_alice(said), str(said))
    lab.check(f"{kind}: curl is told who it is", '"mechanism":"Kerberos"' in body and "alice" in body, body)
    lab.equal(f"{kind}: without --delegation no ticket is handed over", False, said and said.get("ticket_delegated"))
    status, _, body = curl(lab, url, "--negotiate", "-u", ":", "--delegation", "always", *more)
    said = server.next()
    lab.equal(f"{kind}: curl --delegation always hands one over", (200, True), (status, said and said.get("ticket_delegated")), body)
    status, _, body = curl(lab, url, "--negotiate", "-u", ":", "-d", "x" * 50000, *more)
    lab.equal(f"{kind}: a POST of 50000 bytes signs in", 200, status, body)
    server.next()
    status, _, body = curl(lab, url, url + "again", "--negotiate", "-u", ":", *more)
    lab.check(f"{kind}: a second request belongs to the same user", body.count("Kerberos") == 2, body)
    server.next()
    held = lab.env["KRB5CCNAME"]
    realm.no_tickets()
    status, _, body = curl(lab, url, "--negotiate", "-u", ":", *more)
    lab.equal(f"{kind}: curl without a ticket is 401", 401, status, body)
    lab.env["KRB5CCNAME"] = held


def curl_at_ours(lab, realm):
    server = Server(lab, kind="http")
    curl_signs_in(lab, realm, server, f"http://localhost:{server.port}/", "http")
    stop(server.process)
    if not certificate(lab):
        lab.skip("https", "openssl made no certificate")
        return
    tls = ["--cert", lab.path("cert.pem"), "--key", lab.path("key.pem")]
    for level, wanted in (("never", 200), ("when-supported", 200), ("always", 401)):
        lab.configure(OPEN + f"[policy]\nChannelBinding = {level}\n")
        server = Server(lab, *tls, kind="https")
        url = f"https://localhost:{server.port}/"
        status, _, _ = curl(lab, url, "--cacert", lab.path("cert.pem"), "--negotiate", "-u", ":")
        lab.equal(f"channel bindings {level}: curl --negotiate, which sends none, gets", wanted, status)
        server.next()
        code, out, err = lab.sspi("logon", url, "--ca", lab.path("cert.pem"), "--mechanism", "kerberos", "--json")
        lab.equal(f"channel bindings {level}: our client, which sends them, signs in", 0, code, out + err)
        lab.check(f"channel bindings {level}: the server says so", is_alice(server.next()))
        if level == "when-supported":
            curl_signs_in(lab, realm, server, url, "https", "--cacert", lab.path("cert.pem"))
        stop(server.process)
    lab.configure(OPEN)


def crowd(lab, realm):
    """s36: many at once by Kerberos, each connection is its own user's."""
    realm.user("bob", PASSWORD)
    for user in ("alice", "bob"):
        realm.tickets(user, cache=user)
    server = Server(lab, kind="http")
    url = f"http://localhost:{server.port}/"
    runs = []
    for user in ("alice", "bob") * 12:
        env = dict(lab.env, KRB5CCNAME="FILE:" + realm.path(user))
        runs.append((user, subprocess.Popen(["curl", "-s", "-m", "30", "--noproxy", "*", "--negotiate", "-u", ":", url, url, url],
                                            env=env, stdout=subprocess.PIPE)))
    bodies = [(user, run.communicate(timeout=60)[0].decode()) for user, run in runs]
    lab.check("s36_many_at_once_keep_their_own_names",
              all(body.count(user) == 3 and body.count('"Kerberos"') == 3 for user, body in bodies), str(bodies))
    stop(server.process)
    lab.equal("the server ends well", 0, server.process.returncode)
    realm.tickets("alice", PASSWORD, "-f")


def winrm(lab, realm):
    """Our own two ends: messages sealed by Kerberos inside HTTP."""
    server = Server(lab, kind="winrm")
    url = f"http://localhost:{server.port}/wsman"
    code, said, err = logon(lab, url, "--mechanism", "kerberos")
    lab.equal("winrm: our client is told who the server is, sealed", (0, "Kerberos"), (code, said.get("mechanism")), f"{said} {err}")
    sealed = [s["detail"] for s in said.get("stages", []) if s["stage"] == "answer"]
    lab.check("winrm: sealed", sealed and sealed[0].endswith("sealed"), str(sealed))
    lab.check("winrm: the server says so", is_alice(server.next()))
    stop(server.process)


# ---- our client at Apache

def start_apache(lab, realm):
    """Apache as apache.py has it, but for Kerberos and with delegated tickets kept; (urls, process)."""
    root, port, tls_port = lab.directory("apache"), free_port(), free_port()
    certificate(lab)
    os.makedirs(root + "/htdocs")
    os.makedirs(root + "/tickets", mode=0o777)
    with open(root + "/htdocs/index.html", "w", encoding="ascii") as f:
        f.write("secret page\n")
    for name in ("cert.pem", "key.pem"):
        os.replace(lab.path(name), f"{root}/{name}")
    os.chmod(lab.root, 0o755)
    for top in (root, realm.root):
        for folder, _, files in os.walk(top):
            os.chmod(folder, 0o777 if folder.endswith("tickets") else 0o755)
            for name in files:
                os.chmod(os.path.join(folder, name), 0o644)
    os.chmod(realm.path("cc"), 0o600)
    names = ["mpm_event", "authn_core", "authz_core", "authz_user", "auth_gssapi", "dir", "socache_shmcb", "ssl", "headers"]
    modules = "\n".join(f"LoadModule {n}_module {apache.MODULES}/mod_{n}.so" for n in names)
    conf = apache.CONF.format(root=root, port=port, tls_port=tls_port, modules=modules,
                              user="User www-data\nGroup www-data" if os.getuid() == 0 else "")
    conf = conf.replace("GssapiAllowedMech ntlmssp", f"GssapiAllowedMech krb5\n GssapiDelegCcacheDir {root}/tickets\n"
                        " Header set X-Remote-User expr=%{REMOTE_USER}")
    env = dict(lab.env, KRB5RCACHEDIR=root + "/tickets", KRB5_KTNAME=realm.path("keytab"))
    process = lab.start(["apache2", "-X", "-f", lab.write("httpd.conf", conf)], log="httpd.log", env=env)
    urls = [f"http://localhost:{port}/", f"https://localhost:{tls_port}/"]
    return (urls if listening(port, process) else None), process


def logon(lab, url, *more, password=None):
    if url.startswith("https"):
        more = [*more, "--ca", lab.path("apache/cert.pem")]
    code, out, err = lab.sspi("logon", url, "--json", "--timeout", "20", *more, password=password)
    try:
        return code, json.loads(out), err
    except ValueError:
        return code, {}, err + out


def at_apache(lab, realm, url):
    kind = url.split(":")[0]
    tickets = lab.path("apache/tickets")
    code, said, err = logon(lab, url)
    lab.equal(f"{kind}: our client signs in to Apache with a ticket", (0, "Kerberos", 200),
              (code, said.get("mechanism"), (said.get("http") or {}).get("status")), f"{said} {err}")
    lab.check(f"{kind}: and nothing was delegated", not glob.glob(tickets + f"/alice@{REALM}*"), str(os.listdir(tickets)))
    code, said, err = logon(lab, url, "--verify")
    lab.equal(f"{kind}: with --verify", 0, code, f"{said} {err}")
    code, said, err = logon(lab, url, "--delegate")
    lab.equal(f"{kind}: with --delegate", (0, True), (code, "delegate" in said.get("flags", [])), f"{said} {err}")
    kept = glob.glob(tickets + f"/alice@{REALM}*")
    lab.check(f"{kind}: Apache has alice's ticket", kept, str(os.listdir(tickets)))
    for path in kept:
        done = subprocess.run(["klist", "-f", path], env=lab.env, capture_output=True, text=True, check=False)
        lab.check(f"{kind}: a forwarded one", re.search(r"Flags: \w*f", done.stdout), done.stdout + done.stderr)
        os.unlink(path)
    code, said, err = logon(lab, url, "--user", f"alice@{REALM}", password=PASSWORD)
    lab.equal(f"{kind}: with a password", (0, "Kerberos"), (code, said.get("mechanism")), f"{said} {err}")
    code, said, err = logon(lab, url, "--user", f"alice@{REALM}", "--mechanism", "kerberos", password="wrong")
    lab.equal(f"{kind}: with a wrong one", 1, code, f"{said} {err}")
    code, said, err = logon(lab, url, "--target", "HTTP/nowhere.lab.test", "--mechanism", "kerberos")
    lab.equal(f"{kind}: for another service", 1, code, f"{said} {err}")
    code, said, err = logon(lab, url, "--target", "host/localhost", "--mechanism", "kerberos")
    lab.check(f"{kind}: with a ticket for another service of the host", code not in (0, 2, -1), f"{code} {said} {err}")


def main():
    lab = Lab()
    why = krb_missing("curl", "openssl")
    if why:
        lab.skip("kerberos_http", why)
        return lab.finish()
    try:
        lab.configure(OPEN)
        realm = Realm(lab)
        if not realm.begin() or realm.tickets("alice", PASSWORD, "-f") != 0:
            fail_early(lab, f"the KDC did not start: {lab.log('krb5kdc.out')} {realm.log()}")
        realm.service("HTTP/localhost", "host/localhost", options="+ok_as_delegate")
        code, _, err = lab.sspi("klist")
        if "package Kerberos is not here" in err:
            lab.skip("kerberos_http", "the library has no package Kerberos")
            return lab.finish()
        curl_at_ours(lab, realm)
        crowd(lab, realm)
        winrm(lab, realm)
        why = missing("apache2") or ("" if os.path.exists(f"{apache.MODULES}/mod_auth_gssapi.so") else "mod_auth_gssapi is not installed")
        if why:
            lab.skip("Apache", why)
            return lab.finish()
        urls, process = start_apache(lab, realm)
        if not urls:
            fail_early(lab, f"Apache did not start: {lab.log('httpd.log')} {lab.log('apache/error.log')}")
        for url in urls:
            at_apache(lab, realm, url)
        lab.check("Apache still runs", process.poll() is None, lab.log("apache/error.log"))
        if lab.failed:
            print(f"# {lab.log('apache/error.log', 12)}")
    except Exception as e:  # a broken case must not leave programs running
        lab.check("the test itself", False, repr(e))
    return lab.finish()


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
