#!/usr/bin/env python3
"""`sspi logon http` signs in to Apache with mod_auth_gssapi, whose NTLM is gss-ntlmssp's, raw and inside SPNEGO.

SSPI names the tool. Ends with "N passed, N failed, N skipped"."""
import json
import os
import shutil
import subprocess
import sys

from lib import Lab, fail_early, free_port, listening

PASSWORD = "S3cret!pw"
MODULES = "/usr/lib/apache2/modules"
CONF = """ServerRoot {root}
PidFile {root}/httpd.pid
Listen 127.0.0.1:{port}
Listen 127.0.0.1:{tls_port}
ServerName localhost
{user}
{modules}
DirectoryIndex index.html
DocumentRoot {root}/htdocs
ErrorLog {root}/error.log
LogLevel info auth_gssapi:debug
KeepAlive On
<VirtualHost 127.0.0.1:{tls_port}>
 DocumentRoot {root}/htdocs
 SSLEngine on
 SSLCertificateFile {root}/cert.pem
 SSLCertificateKeyFile {root}/key.pem
</VirtualHost>
<Directory {root}/htdocs>
 AuthType GSSAPI
 AuthName lab
 GssapiAcceptorName HTTP@localhost
 GssapiConnectionBound On
 GssapiAllowedMech ntlmssp
 GssapiNegotiateOnce Off
 Require valid-user
</Directory>
"""


def missing():
    if not shutil.which("apache2"):
        return "apache2 is not installed"
    if not os.path.exists(f"{MODULES}/mod_auth_gssapi.so"):
        return "libapache2-mod-auth-gssapi is not installed"
    return "" if os.path.isdir("/etc/gss/mech.d") and os.listdir("/etc/gss/mech.d") else "gss-ntlmssp is not installed"


def start(lab, users):
    port, tls_port = free_port(), free_port()
    root = lab.directory("apache")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", root + "/key.pem", "-out", root + "/cert.pem",
                    "-days", "7", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"], capture_output=True, check=True)
    os.makedirs(root + "/htdocs")
    with open(root + "/htdocs/index.html", "w", encoding="ascii") as f:
        f.write("secret page\n")
    os.chmod(lab.root, 0o755)
    for folder, _, files in os.walk(root):
        os.chmod(folder, 0o755)
        for name in files:
            os.chmod(os.path.join(folder, name), 0o644)
    names = ["mpm_event", "authn_core", "authz_core", "authz_user", "auth_gssapi", "dir", "socache_shmcb", "ssl"]
    modules = "\n".join(f"LoadModule {n}_module {MODULES}/mod_{n}.so" for n in names)
    user = "User www-data\nGroup www-data" if os.getuid() == 0 else ""
    conf = lab.write("httpd.conf", CONF.format(root=root, port=port, user=user, modules=modules, tls_port=tls_port))
    env = dict(lab.env, NTLM_USER_FILE=users, KRB5_KTNAME=lab.path("none"))
    process = lab.start(["apache2", "-X", "-f", conf], log="httpd.log", env=env)
    urls = [f"http://localhost:{port}/", f"https://localhost:{tls_port}/"]
    return (urls, process) if listening(port, process) else (None, process)


def logon(lab, url, user, password, *more):
    if url.startswith("https"):
        more = [*more, "--ca", lab.path("apache/cert.pem")]
    code, out, err = lab.sspi("logon", url, "--user", user, "--json", "--timeout", "20", *more,
                              password=password)
    try:
        return code, json.loads(out), err
    except ValueError:
        return code, {}, err + out


def cases(lab, url, package):
    name = f"{url.split(':')[0]} {package}"
    code, said, err = logon(lab, url, "LAB\\alice", PASSWORD, "--package", package)
    if said.get("failure", {}).get("status_name") == "SEC_E_SECPKG_NOT_FOUND":
        lab.skip(name, "the library has no such package")
        return
    lab.equal(f"{name}: right password", (0, 200), (code, (said.get("http") or {}).get("status")), f"{said} {err}")
    lab.equal(f"{name}: the mechanism is NTLM", "NTLM", said.get("mechanism"))
    for case, user, password in (("wrong password", "LAB\\alice", "wrong"), ("unknown user", "LAB\\mallory", PASSWORD)):
        code, said, err = logon(lab, url, user, password, "--package", package)
        lab.equal(f"{name}: {case} is refused", (1, "sign-in"), (code, (said.get("failure") or {}).get("stage")), f"{said} {err}")


def main():
    lab = Lab()
    why = missing()
    if why:
        lab.skip("apache", why)
        return lab.finish()
    try:
        users = lab.write("users", f"LAB:alice:{PASSWORD}\n")
        os.chmod(users, 0o644)
        urls, process = start(lab, users)
        if not urls:
            fail_early(lab, f"Apache did not start: {lab.log('httpd.log')} {lab.log('apache/error.log')}")
        for url in urls:
            cases(lab, url, "ntlm")
            cases(lab, url, "negotiate")
        lab.check("Apache still runs", process.poll() is None, lab.log("apache/error.log"))
        if lab.failed:
            print(f"# {lab.log('apache/error.log', 12)}")
    except Exception as e:  # a broken case must not leave programs running
        lab.check("the test itself", False, repr(e))
    return lab.finish()


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
