#!/usr/bin/env python3
"""CredSSP with Kerberos inside: whose credentials sign in and what leaves, against an MIT KDC; rdesktop as a client.

SSPI names the tool, BUILD_ROOT the build. Ends with "N passed, N failed, N skipped"."""
import json
import os
import subprocess
import sys
import time

from kerberos_lab import PASSWORD, REALM, Realm, krb_missing
from lib import Lab, Server, fail_early, missing, start_display, stop

ALICE = f"alice@{REALM}"
OPEN = "[accounts]\ndelay milliseconds = 0\nlockout threshold = 0\n[policy]\n"
TERMSRV = "TERMSRV/localhost"


class Case:
    """One sign-in of our client at our server: what both say."""

    def __init__(self, lab, name, server, *more, password=None, host="localhost"):
        self.lab, self.name = lab, name
        self.code, out, self.err = lab.sspi("logon", f"rdp://{host}:{server.port}", "--json", "--timeout", "20", *more, password=password)
        try:
            self.said = json.loads(out)
        except ValueError:
            self.said = {}
        self.failure = self.said.get("failure") or {}
        self.line = server.next(8) or {}

    def all(self):
        return f"{self.code} {self.said} {self.err} {self.line}"

    def signed_in(self, user=ALICE, mechanism="Kerberos", delegated=None):
        """The server says who came, by what, and whose password came along: the same person's, or none."""
        self.lab.equal(f"{self.name}: signed in by", (0, True, mechanism),
                       (self.code, self.line.get("signed_in"), self.line.get("mechanism")), self.all())
        name, at = (self.line.get("name") or "").lower(), user.lower().split("@")
        self.lab.check(f"{self.name}: as {user}", name in (user.lower(), "\\".join(reversed(at))), self.all())
        came = self.line.get("delegated")
        if delegated is None:
            self.lab.check(f"{self.name}: no password came", came is None, self.all())
        else:
            self.lab.equal(f"{self.name}: came", delegated, (came or {}).get("user"), self.all())
        return self

    def flags(self, *wanted):
        for flag in wanted:
            self.lab.check(f"{self.name}: {flag} at the server", flag in self.line.get("flags", []), self.all())
        return self

    def client_flags(self, *wanted):
        for flag in wanted:
            self.lab.check(f"{self.name}: {flag} at the client", flag in self.said.get("flags", []), self.all())
        return self

    def failed(self, status, word=""):
        self.lab.check(f"{self.name}: fails", self.code not in (0, -1), self.all())
        self.lab.equal(f"{self.name}: with", status, self.failure.get("status_name"), self.all())
        words = " ".join(str(v) for v in self.failure.values())
        self.lab.check(f"{self.name}: and says why", word in words, self.all())
        return self

    def server_failed(self, status):
        self.lab.check(f"{self.name}: the server refuses with {status}",
                       (self.line.get("failure") or {}).get("status_name") == status, self.all())
        return self


def policy(lab, text=""):
    lab.configure(OPEN + text)


def rdp(lab, *more):
    server = Server(lab, *more)
    if not server.port:
        fail_early(lab, f"sspi serve rdp did not start: {lab.log('serve.log')}")
    return server


def given(lab, server):
    """Fresh credentials: the lists for mutual authentication count with Kerberos, the others with NTLM."""
    policy(lab, "AllowFreshCredentials = TERMSRV/localhost\nAllowFreshCredentialsWhenNTLMOnly = none/none\n")
    code, _, err = lab.sspi("account", "add", f"{REALM}\\alice", password=PASSWORD)
    lab.equal("alice has an account for NTLM too", 0, code, err)
    case = Case(lab, "a password", server, "--user", ALICE, "--verify", password=PASSWORD).signed_in(delegated=ALICE)
    case.client_flags("mutual-auth", "delegate").flags("mutual-auth", "delegate")
    lab.equal("a password: CredSSP's version", 6, case.line.get("credssp"))
    Case(lab, "a password, NTLM alone", server, "--user", f"{REALM}\\alice", "--mechanism", "ntlm", password=PASSWORD).failed(
        "SEC_E_POLICY_NLTM_ONLY")
    Case(lab, "a password, another name", server, "--user", ALICE, "--target", "TERMSRV/elsewhere.lab.test", "--mechanism", "kerberos",
         password=PASSWORD).failed("SEC_E_TARGET_UNKNOWN", "elsewhere")
    policy(lab, "DenyFreshCredentials = TERMSRV/*\n")
    Case(lab, "a password that policy keeps", server, "--user", ALICE, password=PASSWORD).failed("SEC_E_DELEGATION_POLICY")
    policy(lab)
    Case(lab, "a wrong password", server, "--user", ALICE, "--mechanism", "kerberos", password="wrong").failed("SEC_E_LOGON_DENIED", "alice")


def tickets(lab, realm, server):
    """Default credentials: a ticket cache signs in where nothing has to be handed over, and only there."""
    policy(lab, "AllowDefaultCredentials = TERMSRV/*\n")
    realm.tickets("alice", PASSWORD)
    case = Case(lab, "tickets and nothing to hand over", server)
    case.failed("SEC_E_NO_CREDENTIALS", "ticket cache")
    policy(lab, "AllowDefaultCredentials = TERMSRV/*\nDisableRestrictedAdmin = 0\n")
    admin = rdp(lab)
    Case(lab, "tickets, Restricted Admin", admin, "--restricted-admin").signed_in().client_flags("mutual-auth")
    Case(lab, "tickets, Restricted Admin, a server that does not take it", server, "--restricted-admin")
    stop(admin.process)


def vault(lab, realm, server):
    """The vault's identities: who is handed over is who signed in, whoever's tickets lie there."""
    policy(lab, "AllowDefaultCredentials = TERMSRV/*\nAllowSavedCredentials = TERMSRV/*\n")
    realm.user("dora", "Dora's pw 1")
    realm.user("sam", "Sam's pw 1")
    realm.tickets("alice", PASSWORD)
    for target, user, password in (("elsewhere", "dora", "Dora's pw 1"), ("localhost", "sam", "Sam's pw 1")):
        code, out, err = lab.sspi("cred", "add", target, "--user", f"{user}@{REALM}", password=password)
        if not lab.equal(f"{user} is saved", 0, code, out + err):
            return
    Case(lab, "saved for the server", server, "--saved").signed_in(f"sam@{REALM}", delegated=f"sam@{REALM}")
    lab.sspi("cred", "delete", "localhost")
    Case(lab, "nothing saved and none the default", server, "--saved").failed("SEC_E_NO_CREDENTIALS")
    code, out, err = lab.sspi("cred", "default", "elsewhere")
    lab.equal("dora is the default", 0, code, out + err)
    Case(lab, "the default one, beside alice's tickets", server, "--saved").signed_in(f"dora@{REALM}", delegated=f"dora@{REALM}")
    policy(lab, "")
    Case(lab, "the default one that policy keeps", server, "--saved").failed("SEC_E_DELEGATION_POLICY")
    lab.sspi("cred", "delete", "elsewhere")


def guarded(lab, realm):
    """Remote Credential Guard, asked for by the caller and by policy."""
    policy(lab, "AllowProtectedCreds = 1\n")
    server = rdp(lab)
    realm.tickets("alice", PASSWORD, "-f")
    policy(lab, "AllowDefaultCredentials = TERMSRV/*\n")
    case = Case(lab, "Remote Guard", server, "--remote-guard").signed_in().flags("delegate", "mutual-auth")
    case.client_flags("delegate")
    Case(lab, "Remote Guard with a password", server, "--remote-guard", "--user", ALICE, password=PASSWORD).signed_in().flags("delegate")
    for kind, delegates in (("1", False), ("2", True), ("3", True)):
        policy(lab, f"RestrictedRemoteAdministration = 1\nRestrictedRemoteAdministrationType = {kind}\n")
        case = Case(lab, f"RestrictedRemoteAdministrationType {kind}", server, "--user", ALICE, password=PASSWORD).signed_in()
        lab.equal(f"RestrictedRemoteAdministrationType {kind}: tickets leave", delegates, "delegate" in case.line.get("flags", []))
    stop(server.process)
    policy(lab, "AllowDefaultCredentials = TERMSRV/*\n")
    server = rdp(lab)
    Case(lab, "Remote Guard at a server that was not told to", server, "--remote-guard")
    stop(server.process)


def enctypes(lab, realm):
    """Each of Windows' and MIT's kinds of keys seals pubKeyAuth and authInfo."""
    policy(lab)
    for kind in ("aes256-cts-hmac-sha1-96", "aes128-cts-hmac-sha1-96", "aes256-cts-hmac-sha384-192", "aes128-cts-hmac-sha256-128",
                 "arcfour-hmac"):
        keytab = realm.own_service("TERMSRV/" + kind, keytab=kind + ".keytab", enctypes=kind + ":normal")
        server = rdp(lab, "--keytab", keytab)
        Case(lab, kind, server, "--user", ALICE, "--target", "TERMSRV/" + kind, "--mechanism", "kerberos",
             password=PASSWORD).signed_in(delegated=ALICE)
        stop(server.process)


class Pair:
    """Both ends in one process, tests/peer/credssp_pair.c: {word: the rest of its line}."""

    def __init__(self, lab, name, package, kind, user="", domain="", secret="", provider="", target=TERMSRV):
        self.lab, self.name = lab, f"{package}, {name}"
        done = subprocess.run([os.environ["CREDSSP_PAIR"], package, kind, target], input=f"{user}\n{domain}\n{secret}\n{provider}\n",
                              text=True, env=lab.env, capture_output=True, timeout=60, check=False)
        self.lines = dict((line + " ").split(" ", 1) for line in done.stdout.splitlines())
        self.lines = {word: rest.strip() for word, rest in self.lines.items()}
        self.detail = f"{done.returncode} {done.stdout!r} {done.stderr!r}"

    def says(self, **wanted):
        for word, rest in wanted.items():
            word = word.replace("_", "-")
            self.lab.equal(f"{self.name}: {word}", rest, self.lines.get(word), self.detail)
        return self

    def statuses(self, client=0, server=0):
        got = [int((self.lines.get(end) or "1 1").split()[0], 16) for end in ("client", "server")]
        self.lab.check(f"{self.name}: ends with {client:08x} and {server:08x}", got == [client, server], self.detail)
        return self

    def attribute(self, end, bit):
        self.lab.check(f"{self.name}: {end} has {bit:x}", int((self.lines.get(end) or "1 0").split()[1], 16) & bit, self.detail)
        return self


def attributes(lab, realm):
    """What both packages tell of a finished context, and of whom: the mechanism's own answers, never its keys."""
    policy(lab, "AllowDefaultCredentials = TERMSRV/*\nDisableRestrictedAdmin = 0\n")
    realm.tickets("alice", PASSWORD, "-f")
    for package in ("CREDSSP", "TSSSP"):
        pair = Pair(lab, "a password", package, "password", ALICE, secret=PASSWORD).statuses()
        pair.says(client_mechanism="Kerberos", server_mechanism="Kerberos", server_native=f"{ALICE} {TERMSRV}@{REALM}",
                  client_native=f"{ALICE} {TERMSRV}@{REALM}", lifespan="00000000", sids="8009030e", why="8009030e", key="80090302",
                  tickets="80090302", creds=f"2 '{ALICE}' '' {len(PASSWORD)}", creds2=f"2 '{ALICE}' '' {len(PASSWORD)}",
                  logon=f"00000000 {ALICE}")
        pair.attribute("client", 3).attribute("server", 3)  # DELEGATE and MUTUAL_AUTH
        lab.check(f"{pair.name}: the server is known by Kerberos", int(pair.lines.get("client-authenticated", "0"), 16) & 1, pair.detail)
        Pair(lab, "tickets alone", package, "password").statuses(0x8009030E, 0x00090312)
        Pair(lab, "tickets, nothing to hand over", package, "none").statuses().says(creds="2 '' '' 0", server_mechanism="Kerberos")
        pair = Pair(lab, "a name without a password", package, "password", ALICE).statuses(0x8009030E, 0x00090312)
        lab.check(f"{pair.name}: and why", "password" in pair.lines.get("reason", ""), pair.detail)


def guard_logon(lab, realm):
    """What Remote Credential Guard brought is good for a logon at the server."""
    policy(lab, "AllowDefaultCredentials = TERMSRV/*\nAllowProtectedCreds = 1\n")
    realm.tickets("alice", PASSWORD, "-f")
    for package in ("CREDSSP", "TSSSP"):
        pair = Pair(lab, "Remote Guard", package, "guard").statuses().attribute("server", 1).says(logon=f"00000000 {ALICE}")
        for word in ("creds", "creds2"):
            lab.check(f"{pair.name}: {word} is a logon by tickets", pair.lines.get(word, "").startswith("10 '' '' 0"), pair.detail)
    policy(lab, "AllowDefaultCredentials = TERMSRV/*\n")
    Pair(lab, "Remote Guard that the server does not take", "CREDSSP", "guard").statuses(0, 0x8009030C)


OPENSSL = """[req]
distinguished_name = name
[name]
[kdc]
basicConstraints = CA:FALSE
keyUsage = nonRepudiation, digitalSignature, keyEncipherment, keyAgreement
extendedKeyUsage = 1.3.6.1.5.2.3.5
subjectAltName = otherName:1.3.6.1.5.2.2;SEQUENCE:kdc_principal
[kdc_principal]
realm = EXP:0, GeneralString:{realm}
principal_name = EXP:1, SEQUENCE:kdc_names
[kdc_names]
name_type = EXP:0, INTEGER:1
name_string = EXP:1, SEQUENCE:kdc_parts
[kdc_parts]
one = GeneralString:krbtgt
two = GeneralString:{realm}
[alice]
basicConstraints = CA:FALSE
keyUsage = nonRepudiation, digitalSignature, keyEncipherment, keyAgreement
extendedKeyUsage = 1.3.6.1.5.2.3.4
subjectAltName = otherName:1.3.6.1.5.2.2;SEQUENCE:alice_principal
[alice_principal]
realm = EXP:0, GeneralString:{realm}
principal_name = EXP:1, SEQUENCE:alice_names
[alice_names]
name_type = EXP:0, INTEGER:1
name_string = EXP:1, SEQUENCE:alice_parts
[alice_parts]
one = GeneralString:card
"""


def certificates(lab, realm):
    """An authority, the KDC's certificate and the card's, whose key a PIN opens; False when openssl made none."""
    config = lab.write("openssl.cnf", OPENSSL.format(realm=REALM))
    key = ["-newkey", "rsa:2048", "-nodes"]
    steps = [["req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test CA", "-days", "2"]]
    for name in ("kdc", "alice"):
        steps += [["req", *key, "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name],
                  ["x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", name + ".pem",
                   "-days", "2", "-extfile", config, "-extensions", name]]
    steps.append(["rsa", "-aes256", "-in", "alice.key", "-out", "card.key", "-passout", "pass:1234"])
    for step in steps:
        done = subprocess.run(["openssl", *step], cwd=lab.root, env=dict(lab.env, OPENSSL_CONF=config if step[0] == "req" else ""),
                              capture_output=True, check=False)
        if done.returncode:
            lab.check("openssl makes the certificates", False, done.stderr.decode())
            return False
    return True


def cards(lab, realm):
    """A card's logon (PKINIT, its key in a file that the PIN opens) signs in and is handed over, PIN and all."""
    why = missing("openssl") or ("" if any(os.path.exists(f"/usr/lib/{m}/krb5/plugins/preauth/pkinit.so") for m in
                                           ("x86_64-linux-gnu", "aarch64-linux-gnu")) else "krb5-pkinit not installed")
    if why:
        lab.skip("cards", why)
        return
    if not certificates(lab, realm):
        return
    realm.kadmin("addprinc -randkey +requires_preauth card")
    realm.stop_kdc()
    # the server finds the card by its own krb5.conf: a client's name for it is not opened there
    realm.client = (f"pkinit_anchors = FILE:{lab.path('ca.pem')}\n  pkinit_require_crl_checking = false\n"
                    f"  pkinit_identities = FILE:{lab.path('alice.pem')},{lab.path('card.key')}")
    realm.server = f"pkinit_identity = FILE:{lab.path('kdc.pem')},{lab.path('kdc.key')}\n  pkinit_anchors = FILE:{lab.path('ca.pem')}"
    realm.configure()
    realm.start_kdc()
    realm.no_tickets()
    policy(lab)
    provider = f"FILE:{lab.path('alice.pem')},{lab.path('card.key')}"
    user = f"card@{REALM}"
    for package in ("CREDSSP", "TSSSP"):
        pair = Pair(lab, "a card", package, "card", user, "", "1234", provider).statuses().attribute("server", 1)
        pair.says(server_mechanism="Kerberos", server_native=f"{user} {TERMSRV}@{REALM}", logon=f"00000000 {user}")
        for word in ("creds", "creds2"):
            lab.check(f"{pair.name}: {word} is a logon by certificate", pair.lines.get(word, "").startswith("13 "), pair.detail)
    pair = Pair(lab, "a wrong PIN", "CREDSSP", "card", user, "", "9999", provider)
    lab.check(f"{pair.name}: nobody signs in", int((pair.lines.get("client") or "0").split()[0], 16) >= 0x80000000, pair.detail)


def tsssp_server(lab, realm):
    """examples/nla_server, which owns its TLS and calls TSSSP."""
    program = os.path.join(os.environ.get("BUILD_ROOT", ""), "examples", "nla_server")
    why = missing("openssl") or ("" if os.path.exists(program) else "it is not built")
    if why:
        lab.skip("TSSSP with its caller's TLS", why)
        return
    policy(lab)
    lab.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", lab.path("key.pem"), "-out", lab.path("cert.pem"),
             "-subj", "/CN=localhost", "-days", "2"])
    process = lab.start([program, "0", lab.path("cert.pem"), lab.path("key.pem")], stdout=subprocess.PIPE, stderr=open(lab.path("nla.log"), "ab"))
    port = process.stdout.readline().decode().strip().rsplit(":", 1)[-1]
    code, out, err = lab.sspi("logon", f"rdp://localhost:{port}", "--user", ALICE, "--json", password=PASSWORD)
    said = process.stdout.readline().decode()
    lab.equal("TSSSP with its caller's TLS", (0, "Kerberos"), (code, json.loads(out or "{}").get("mechanism")), f"{out} {err} {said}")
    lab.check("TSSSP with its caller's TLS: what was handed over", f"user '{ALICE}'" in said and f"{len(PASSWORD)} bytes" in said, said)
    stop(process)


def rdesktop(lab, realm):
    """A CredSSP of version 2 by another hand, SPNEGO and Kerberos through MIT's GSS-API. Its texts end with NUL."""
    why = missing("rdesktop", "Xvfb")
    if why:
        lab.skip("rdesktop", why)
        return
    if not start_display(lab):
        lab.skip("rdesktop", "Xvfb did not start")
        return
    realm.tickets("alice", PASSWORD, "-f")
    for level, accepted in (("0", False), ("1", True), ("2", True)):
        policy(lab, f"AllowEncryptionOracle = {level}\n")
        server = rdp(lab)
        process = lab.start(["rdesktop", "-u", "alice", "-d", REALM, "-p", PASSWORD, f"localhost:{server.port}"], log="rdesktop.log",
                            stdin=subprocess.PIPE)
        process.stdin.write(b"yes\nyes\n")
        process.stdin.close()
        line = server.next(15) or {}
        stop(process)
        detail = f"{line} {lab.log('rdesktop.log', 20)}"
        lab.equal(f"rdesktop, AllowEncryptionOracle {level}", accepted, line.get("signed_in", False), detail)
        if accepted:
            lab.equal("rdesktop: by", ("Kerberos", 2), (line.get("mechanism"), line.get("credssp")), detail)
            came = line.get("delegated") or {}
            lab.equal("rdesktop: its texts come without the NUL", ("alice", REALM, len(PASSWORD)),
                      (came.get("user"), came.get("domain"), came.get("password_characters")), detail)
        stop(server.process)
    policy(lab)


def run(lab, realm):
    policy(lab)
    server = rdp(lab)
    given(lab, server)
    tickets(lab, realm, server)
    vault(lab, realm, server)
    stop(server.process)
    guarded(lab, realm)
    enctypes(lab, realm)
    attributes(lab, realm)
    guard_logon(lab, realm)
    tsssp_server(lab, realm)
    rdesktop(lab, realm)
    cards(lab, realm)


def main():
    lab = Lab()
    why = krb_missing()
    if why:
        lab.skip("credssp_kerberos", why)
        return lab.finish()
    try:
        realm = Realm(lab)
        if not realm.begin() or realm.tickets("alice", PASSWORD, "-f") != 0:
            fail_early(lab, f"the KDC did not start: {lab.log('krb5kdc.out')} {realm.log()}")
        realm.service(TERMSRV, "host/localhost")
        code, _, err = lab.sspi("klist")
        if "package Kerberos is not here" in err:
            lab.skip("credssp_kerberos", "the library has no package Kerberos")
            return lab.finish()
        began = time.monotonic()
        run(lab, realm)
        print(f"# {time.monotonic() - began:.0f} s")
    except Exception as e:  # a broken case must not leave programs running
        lab.check("the test itself", False, repr(e))
    return lab.finish()


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
