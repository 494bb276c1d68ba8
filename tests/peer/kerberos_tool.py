#!/usr/bin/env python3
"""`sspi logon` and `sspi serve` in a realm of MIT's: by tickets and by password, and every way in which it fails.

SSPI names the tool. Ends with "N passed, N failed, N skipped"."""
import json
import os
import socket
import sys
import threading
import time

from kerberos_lab import PASSWORD, REALM, Realm, krb_missing
from lib import Lab, Server, fail_early, stop

ALICE = f"alice@{REALM}"
OPEN = "[accounts]\ndelay milliseconds = 0\nlockout threshold = 0\n"
DELEGATES = ("[policy]\nAllowDefaultCredentials = TERMSRV/*\nAllowFreshCredentials = TERMSRV/*\n")


def logon(lab, url, *more, password=None, seconds=60):
    code, out, err = lab.sspi("logon", url, "--json", "--timeout", "20", *more, password=password, seconds=seconds)
    try:
        return code, json.loads(out), err
    except ValueError:
        return code, {}, err + out


def name_is(said, user="alice"):
    return said and said.get("name", "").lower() in (f"{user}@{REALM}".lower(), f"{REALM}\\{user}".lower(), f"lab\\{user}")


def signs_in(lab, case, server, url, *more, password=None, mechanism="Kerberos"):
    code, said, err = logon(lab, url, *more, password=password)
    lab.equal(f"{case}: signs in by", (0, mechanism), (code, said.get("mechanism")), f"{said} {err}")
    line = server.next()
    lab.check(f"{case}: the server says so too", line and line["signed_in"] and line["mechanism"] == mechanism and
              (name_is(line) or mechanism == "NTLM"), str(line))
    return said, line or {}


def fails(lab, case, url, wanted, *more, password=None):
    """wanted: exit code, status name and a word of what it says beyond the status."""
    began = time.monotonic()
    code, said, err = logon(lab, url, *more, password=password)
    failure = said.get("failure") or {}
    lab.equal(f"{case}: fails with", wanted[:2], (code, failure.get("status_name")), f"{failure} {err}")
    words = " ".join(str(failure.get(key)) for key in ("reason", "because", "advice"))
    lab.check(f"{case}: and says what, where and what to do", wanted[2] in words and failure.get("advice"), words)
    lab.check(f"{case}: within its time", time.monotonic() - began < 25)


def serve(lab, kind, *more):
    server = Server(lab, *more, kind=kind)
    if not server.port:
        fail_early(lab, f"sspi serve {kind} did not start: {lab.log('serve.log')}")
    return server


def http(lab, realm):
    server = serve(lab, "http", "--keytab", realm.path("keytab"))
    url = f"http://localhost:{server.port}/"
    said, line = signs_in(lab, "http with a ticket", server, url)
    lab.equal("http with a ticket: whose it is", ALICE, said.get("user"))
    lab.check("http with a ticket: nothing better is missed", "not_better" in said and said["not_better"] is None, str(said))
    lab.check("http with a ticket: the server is proven", "mutual-auth" in said.get("flags", []), str(said.get("flags")))
    lab.equal("http with a ticket: nothing is delegated", (False, []), (line.get("ticket_delegated"), line.get("sids")))
    _, line = signs_in(lab, "http with --delegate", server, url, "--delegate")
    lab.equal("http with --delegate: not to a server that the KDC does not trust with it", False, line.get("ticket_delegated"))
    realm.kadmin("modprinc +ok_as_delegate HTTP/localhost")
    lab.sspi("klist", "purge", "--server", "HTTP/localhost")
    _, line = signs_in(lab, "http with --delegate, trusted", server, url, "--delegate")
    lab.equal("http with --delegate, trusted: the server has a ticket", True, line.get("ticket_delegated"))
    signs_in(lab, "http with --verify", server, url, "--verify")
    signs_in(lab, "http with --mechanism kerberos", server, url, "--mechanism", "kerberos")
    realm.no_tickets()
    for user, domain in ((ALICE, None), (f"{REALM}\\alice", None), ("alice", REALM), (ALICE.lower(), None)):
        more = ["--domain", domain] if domain else []
        signs_in(lab, f"http as {user}{' of ' + domain if domain else ''} with a password", server, url, "--user", user, *more,
                 "--mechanism", "kerberos", password=PASSWORD)
    code, _, err = logon(lab, url)
    lab.check("nobody at all: a usage error that says what to do", code == 2 and "--user" in err and "kinit" in err, f"{code} {err}")
    realm.tickets("alice", PASSWORD, "-f")
    return server, url


def falls_back(lab, realm, server, url):
    """Where the rules allow NTLM it is used, and why is said."""
    code, _, err = lab.sspi("account", "add", f"{REALM}\\alice", password=PASSWORD)
    lab.equal("the account for NTLM", 0, code, err)
    who = ["--user", ALICE]
    for case, more, word in (("an unknown service", ["--target", "ODD/localhost"], "ODD/localhost"),
                             ("an address", None, "address")):
        there = url if more else url.replace("localhost", "127.0.0.1")
        said, line = signs_in(lab, case, server, there, "--user", f"{REALM}\\alice", *(more or []), password=PASSWORD, mechanism="NTLM")
        lab.check(f"{case}: why it is not Kerberos", word in (said.get("not_better") or ""), str(said.get("not_better")))
    fails(lab, "an unknown service, Kerberos alone", url, (1, "SEC_E_TARGET_UNKNOWN", "HTTP/nowhere.lab.test"), *who,
          "--target", "HTTP/nowhere.lab.test", "--mechanism", "kerberos", password=PASSWORD)
    realm.stop_kdc()
    realm.no_tickets()
    said, _ = signs_in(lab, "no KDC", server, url, "--user", f"{REALM}\\alice", password=PASSWORD, mechanism="NTLM")
    lab.check("no KDC: why it is not Kerberos", REALM in (said.get("not_better") or ""), str(said.get("not_better")))
    fails(lab, "no KDC, Kerberos alone", url, (3, "SEC_E_NO_AUTHENTICATING_AUTHORITY", REALM), *who, "--mechanism", "kerberos",
          password=PASSWORD)
    lab.configure(OPEN + "[policy]\nKerberosOnly = 1\n")
    code, said, err = logon(lab, url, "--user", f"{REALM}\\alice", password=PASSWORD)
    failure = said.get("failure") or {}
    lab.check("no KDC, and the policy allows Kerberos alone", code in (3, 5) and "STATUS_NTLM_BLOCKED" == failure.get("status_name") or
              failure.get("status_name") == "SEC_E_NO_AUTHENTICATING_AUTHORITY", f"{code} {said} {err}")
    lab.configure(OPEN + DELEGATES)
    realm.start_kdc()
    realm.tickets("alice", PASSWORD, "-f")


def kdc_says_no(lab, realm, url):
    """Everything that a KDC has against a user or a service; no way round by NTLM."""
    realm.kadmin("addprinc -pw " + PASSWORD + " locked", "modprinc -allow_tix locked",
                 "addprinc -pw " + PASSWORD + " gone", 'modprinc -expire "yesterday" gone',
                 "addprinc -pw " + PASSWORD + " old", 'modprinc -pwexpire "yesterday" old',
                 "addprinc -pw " + PASSWORD + " card", "modprinc +requires_hwauth card")
    for case, user, password, wanted in (
            ("wrong password", "alice", "wrong", (1, "SEC_E_LOGON_DENIED", "alice")),
            ("unknown user", "mallory", PASSWORD, (1, "SEC_E_LOGON_DENIED", "mallory")),
            ("locked user", "locked", PASSWORD, (1, "STATUS_ACCOUNT_DISABLED", "locked")),
            ("expired user", "gone", PASSWORD, (1, "STATUS_ACCOUNT_EXPIRED", "gone")),
            ("expired password", "old", PASSWORD, (1, "STATUS_PASSWORD_EXPIRED", "old"))):
        fails(lab, case, url, wanted, "--user", f"{user}@{REALM}", "--mechanism", "kerberos", password=password)
    fails(lab, "unknown realm", url, (3, "SEC_E_NO_AUTHENTICATING_AUTHORITY", "NOWHERE.TEST"), "--user", "NOWHERE.TEST\\alice",
          "--mechanism", "kerberos", password=PASSWORD)
    fails(lab, "unknown UPN", url, (1, "SEC_E_LOGON_DENIED", "NOWHERE.TEST"), "--user", "alice@NOWHERE.TEST",
          "--mechanism", "kerberos", password=PASSWORD)
    realm.own_service("locked/localhost", keytab="locked.keytab")
    realm.kadmin("modprinc -allow_svr locked/localhost")
    code, said, err = logon(lab, url, "--target", "locked/localhost", "--mechanism", "kerberos")
    lab.check("a service that may not be one", code not in (0, 2, -1) and (said.get("failure") or {}).get("status_name"), f"{code} {said} {err}")


def time_and_tickets(lab, realm, server, url):
    realm.tickets("alice", PASSWORD, "-l", "1s", cache="short")
    time.sleep(2.1)
    code, _, err = logon(lab, url)
    lab.check("a TGT that has ended, and nothing else: said", code in (1, 2) and ("ended" in err or "tickets" in err), f"{code} {err}")
    fails(lab, "a TGT that has ended, --saved", url, (1, "SEC_E_CONTEXT_EXPIRED", "ended"), "--saved", "--mechanism", "kerberos")
    realm.tickets("alice", PASSWORD, cache="skewed")
    lab.sspi("klist", "get", "HTTP/localhost")
    realm.set_clock(900, cache="skewed")
    code, said, err = logon(lab, url, "--mechanism", "kerberos")
    line = server.next()
    lab.equal("a clock 15 minutes ahead: the server says", "SEC_E_TIME_SKEW",
              ((line or {}).get("failure") or {}).get("status_name"), f"{line} {code} {said} {err}")
    lab.check("a clock 15 minutes ahead: the client fails", code not in (0, 2), f"{code} {said}")
    realm.tickets("alice", PASSWORD, "-f")


def keytabs(lab, realm):
    """What a server's keytab has not: the key, the newest key, the enctype."""
    wrong, few, old = realm.path("wrong.keytab"), realm.path("few.keytab"), realm.path("old.keytab")
    realm.own_service("other/localhost", keytab="wrong.keytab")
    realm.own_service("HTTP/aged", keytab="old.keytab")
    for case, keytab, target, wanted in (("no key for the name", wrong, "HTTP/localhost", "SEC_E_WRONG_PRINCIPAL"),
                                         ("only an old key", old, "HTTP/aged", "SEC_E_WRONG_PRINCIPAL"),
                                         ("another enctype", few, "HTTP/few", "SEC_E_WRONG_PRINCIPAL")):
        if keytab == old:
            realm.kadmin("cpw -randkey HTTP/aged")
        if keytab == few:
            realm.own_service("HTTP/few", keytab="all.keytab")
            realm.tool("ktutil", stdin=f"rkt {realm.path('all.keytab')}\nlist -e\n")
            lines = realm.tool("ktutil", stdin=f"rkt {realm.path('all.keytab')}\nlist -e\nquit\n")[1].splitlines()
            strong = [l.split()[0] for l in lines if "aes256" in l and l.split()[0].isdigit()]
            drop = "\n".join(f"delent {n}" for n in sorted(strong, key=int, reverse=True))
            realm.tool("ktutil", stdin=f"rkt {realm.path('all.keytab')}\n{drop}\nwkt {few}\nquit\n")
        server = serve(lab, "http", "--keytab", keytab)
        code, said, err = logon(lab, f"http://localhost:{server.port}/", "--target", target, "--mechanism", "kerberos")
        line = server.next()
        failure = (line or {}).get("failure") or {}
        lab.check(f"{case}: the client fails", code not in (0, 2, -1), f"{code} {said} {err}")
        lab.check(f"{case}: the server says {wanted}", failure.get("status_name") in (wanted, "SEC_E_LOGON_DENIED", "SEC_E_KDC_UNKNOWN_ETYPE", "SEC_E_NO_CREDENTIALS"),
                  str(line))
        lab.check(f"{case}: and why", failure.get("because"), str(line))
        stop(server.process)


def without_keytab(lab, realm):
    """A server without keys offers what it has: NTLM."""
    keytab = lab.env.pop("KRB5_KTNAME")
    lab.env["KRB5_KTNAME"] = realm.path("none.keytab")
    server = serve(lab, "http")
    said, _ = signs_in(lab, "a server without a keytab", server, f"http://localhost:{server.port}/", "--user", f"{REALM}\\alice",
                       password=PASSWORD, mechanism="NTLM")
    lab.check("a server without a keytab: why it is not Kerberos", said.get("not_better"), str(said))
    stop(server.process)
    code, out, err = lab.sspi("serve", "http", "--listen", "127.0.0.1:0", "--keytab", realm.path("none.keytab"))
    lab.check("--keytab with a file that is not there", code == 2 and "none.keytab" in err, f"{code} {out} {err}")
    for what, path in (("an empty file", lab.write("empty.keytab", "")), ("some other file", lab.write("other.keytab", "\5 text\n")),
                       ("a folder", lab.directory("folder.keytab"))):
        code, out, err = lab.sspi("serve", "http", "--listen", "127.0.0.1:0", "--keytab", path)
        lab.check(f"--keytab with {what}: said before anybody comes", code == 2 and "keytab" in err, f"{code} {out} {err}")
    lab.env["KRB5_KTNAME"] = keytab


def principal(lab, realm):
    """Of all the keys in the keytab one service's."""
    server = serve(lab, "tcp", "--package", "Kerberos", "--principal", "HTTP/localhost")
    url = f"tcp://localhost:{server.port}"
    signs_in(lab, "--principal: the right service", server, url, "--package", "Kerberos", "--target", "HTTP/localhost")
    code, said, err = logon(lab, url, "--package", "Kerberos", "--target", "host/localhost")
    lab.check("--principal: another service of the keytab is refused", code not in (0, 2, -1), f"{code} {said} {err}")
    stop(server.process)
    code, _, err = lab.sspi("serve", "http", "--listen", "127.0.0.1:0", "--principal", "HTTP/localhost")
    lab.check("--principal for http is a usage error", code == 2 and "--package Kerberos" in err, f"{code} {err}")


def rdp(lab, realm):
    server = serve(lab, "rdp")
    url = f"rdp://localhost:{server.port}"
    said, line = signs_in(lab, "rdp with a password", server, url, "--user", ALICE, password=PASSWORD)
    lab.check("rdp with a password: it is delegated", (line.get("delegated") or {}).get("user"), str(line))
    signs_in(lab, "rdp with a password, Kerberos alone", server, url, "--user", ALICE, "--mechanism", "kerberos", "--verify", password=PASSWORD)
    fails(lab, "rdp with a ticket and no password to hand over", url, (1, "SEC_E_NO_CREDENTIALS", "nothing to hand over"))
    lab.configure(OPEN)
    fails(lab, "rdp with tickets that policy does not let go there", url, (5, "SEC_E_DELEGATION_REQUIRED", "sspi policy show"), "--remote-guard")
    lab.configure(OPEN + DELEGATES)
    server.next()
    fails(lab, "rdp: wrong password", url, (1, "SEC_E_LOGON_DENIED", "alice"), "--user", ALICE, "--mechanism", "kerberos", password="wrong")
    stop(server.process)


def tcp(lab, realm):
    server = serve(lab, "tcp", "--package", "Kerberos")
    url = f"tcp://localhost:{server.port}"
    said, _ = signs_in(lab, "tcp by Kerberos alone", server, url, "--package", "Kerberos", "--target", "host/localhost",
                       "--message", "hello " * 500)
    lab.equal("tcp by Kerberos alone: the message comes back", "hello " * 500, said.get("answer"))
    stop(server.process)
    server = serve(lab, "tcp", "--package", "Negotiate")
    url = f"tcp://localhost:{server.port}"
    said, _ = signs_in(lab, "tcp by Negotiate", server, url, "--package", "Negotiate", "--target", "host/localhost", "--message", "hello")
    lab.equal("tcp by Negotiate: the message comes back", "hello", said.get("answer"))
    stop(server.process)


def kdc_dies(lab, realm, server, url):
    """Between the TGT and the ticket, and after both."""
    realm.tickets("alice", PASSWORD, "-f")
    realm.stop_kdc()
    fails(lab, "the KDC has died before the ticket", url, (3, "SEC_E_NO_AUTHENTICATING_AUTHORITY", "HTTP/localhost"), "--mechanism", "kerberos")
    realm.start_kdc()
    lab.sspi("klist", "get", "HTTP/localhost")
    realm.stop_kdc()
    signs_in(lab, "the KDC has died after the ticket", server, url, "--mechanism", "kerberos")
    realm.start_kdc()


def secrets(lab, server, url):
    """No password in what is printed, traced or thrown at a terminal."""
    lab.env["OPENSSPI_TRACE"] = lab.path("trace")
    code, out, err = lab.sspi("logon", url, "--user", ALICE, "--trace", password=PASSWORD)
    server.next()
    with open(lab.path("trace"), encoding="utf-8", errors="replace") as f:
        traced = f.read()
    lab.check("no password in the output or the trace", code == 0 and PASSWORD not in out + err + traced, f"{code} {out[-300:]}")
    del lab.env["OPENSSPI_TRACE"]


def kdc_lies(lab, realm, url):
    """Whoever sits at the KDC's port answers something else, or half of it."""
    answers = [b"", b"\0", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\x10" + b"A" * 16, b"\0\0\xff\xff" + b"\x30" * 100,
               b"\0\0\0\x05\x7e\x03\x30\x01\x00", b"\0\0\x04\0" + os.urandom(1024), b"\0\0\1\0" + b"\x6b\x80" * 128,
               b"HTTP/1.1 200 OK\r\n\r\n"]
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(16)
    answer = {}

    def serve_lies():
        while True:
            try:
                peer = listener.accept()[0]
            except OSError:
                return
            with peer:
                peer.recv(4096)
                peer.sendall(answer["bytes"])

    threading.Thread(target=serve_lies, daemon=True).start()
    realm.configure(port=listener.getsockname()[1])
    realm.no_tickets()
    for answer["bytes"] in answers:
        code, said, err = logon(lab, url, "--user", ALICE, "--mechanism", "kerberos", password=PASSWORD)
        failure = said.get("failure") or {}
        lab.check(f"a KDC that answers {answer['bytes'][:8]!r}", code in (1, 3, 4) and failure.get("status_name", "").startswith("SEC_E_"),
                  f"{code} {said} {err}")
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    realm.configure()


def kdc_is_slow(lab, realm, url):
    """Somebody listens at the KDC's port and says nothing: an end within the time that MIT waits."""
    silent = socket.socket()
    silent.bind(("127.0.0.1", 0))
    silent.listen(8)
    port = silent.getsockname()[1]
    realm.configure(port=port)
    realm.no_tickets()
    began = time.monotonic()
    code, said, err = logon(lab, url, "--user", ALICE, "--mechanism", "kerberos", password=PASSWORD, seconds=90)
    lab.check("a KDC that says nothing: no KDC", code == 3 and (said.get("failure") or {}).get("status_name") == "SEC_E_NO_AUTHENTICATING_AUTHORITY",
              f"{code} {said} {err} {time.monotonic() - began:.0f} s")
    silent.close()
    realm.configure()
    realm.tickets("alice", PASSWORD, "-f")


def usage(lab):
    for args in (["rdp://x", "--user", "a", "--mechanism", "magic"], ["http://x/", "--user", "a", "--package", "ntlm", "--mechanism", "kerberos"],
                 ["http://x/", "--user", "a", "--remote-guard"], ["rdp://x", "--user", "a", "--delegate"],
                 ["rdp://x", "--remote-guard", "--restricted-admin"], ["rdp://x", "--remote-guard", "--mechanism", "ntlm"],
                 ["rdp://x", "--domain", "LAB"]):
        code, _, err = lab.sspi("logon", *args)
        lab.check(f"sspi logon {' '.join(args)} is a usage error", code == 2 and len(err) > 10, f"{code} {err}")


def run(lab, realm):
    lab.configure(OPEN + DELEGATES)
    usage(lab)
    server, url = http(lab, realm)
    kdc_says_no(lab, realm, url)
    falls_back(lab, realm, server, url)
    time_and_tickets(lab, realm, server, url)
    kdc_dies(lab, realm, server, url)
    secrets(lab, server, url)
    kdc_lies(lab, realm, url)
    kdc_is_slow(lab, realm, url)
    stop(server.process)
    keytabs(lab, realm)
    without_keytab(lab, realm)
    tcp(lab, realm)
    rdp(lab, realm)
    principal(lab, realm)


def main():
    lab = Lab()
    why = krb_missing("ktutil")
    if why:
        lab.skip("kerberos_tool", why)
        return lab.finish()
    try:
        realm = Realm(lab)
        if not realm.begin() or realm.tickets("alice", PASSWORD, "-f") != 0:
            fail_early(lab, f"the KDC did not start: {lab.log('krb5kdc.out')} {realm.log()}")
        realm.service("HTTP/localhost", "TERMSRV/localhost", "host/localhost")
        code, _, err = lab.sspi("klist")
        if "package Kerberos is not here" in err:
            lab.skip("kerberos_tool", "the library has no package Kerberos")
            return lab.finish()
        run(lab, realm)
    except Exception as e:  # a broken case must not leave programs running
        lab.check("the test itself", False, repr(e))
    return lab.finish()


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
