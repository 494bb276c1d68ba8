#!/usr/bin/env python3
"""The Kerberos module against a MIT KDC: credentials, contexts between its own two ends and with GSSAPI, tickets, S4U, passwords.

KRB_DRIVER and GSS_PIPE name the programs. Ends with "N passed, N failed, N skipped"."""
import os
import subprocess
import sys
import time

from kdc import Kdc
from krb import CONF, DCE, INTEG, MUTUAL, PASSWORD, REPLAY, SEQUENCE, TARGET, USUAL, Driver
from lib import Lab, fail_early

DELEGATE, POLICY, IAKERB, SEEN = 1, 0x8000, 0x20000, 0x40000
BINDINGS = "tls-server-end-point:0123456789abcdef0123456789abcdef"


def statuses(answers):
    return tuple(a["status"] for a in answers)


def sign_ins(lab, kdc, driver):
    driver("cred", 1, use=2, keytab=kdc.path("keytab"))
    for name, identity in (("password", {"user": "alice", "realm": "LAB.TEST", "password": PASSWORD}),
                           ("the ccache", {"ccache": kdc.path("ccache")}),
                           ("the default ccache", {}),
                           ("a keytab", {"user": "robot", "keytab": kdc.path("client.keytab")})):
        lab.equal(f"{name} is a credential", "SEC_E_OK", driver("cred", 0, **identity)["status"])
        both, why = driver.established()
        if not lab.check(f"{name} signs in", both, why):
            continue
        ours, theirs = both
        lab.equal(f"{name}: same keys", (ours["key"], ours["session_key"]), (theirs["key"], theirs["session_key"]))
        lab.check(f"{name}: there are keys", len(ours["key"]) == 64 and ours["enctype"] == 18, ours)
        lab.equal(f"{name}: numbers fit", (ours["send"], ours["receive"]), (theirs["receive"], theirs["send"]))
        lab.equal(f"{name}: names", (ours["client"], ours["server"]), (theirs["client"], theirs["server"]))
        lab.equal(f"{name}: the server", TARGET + "@LAB.TEST", ours["server"])
        lab.check(f"{name}: times", abs(ours["start"] - time.time()) < 60 and ours["expiry"] > time.time() + 3600, ours)
        lab.equal(f"{name}: enctype of the ticket", (18, 18), (ours["ticket_enctype"], theirs["ticket_enctype"]))
    lab.equal("a keytab for one service", "SEC_E_OK", driver("cred", 2, use=2, keytab=kdc.path("keytab"), service="HTTP/localhost")["status"])
    lab.equal("it refuses a ticket for another", "SEC_E_WRONG_PRINCIPAL", driver.pair(server=2)[1]["status"])
    lab.check("it takes one of its own", driver.established(server=2, target="HTTP/localhost")[0])


def users(lab, kdc, driver):
    """Every way to write who it is."""
    for user, realm in (("alice", None), ("alice", "lab.test"), ("alice", "LAB"), ("alice", "lab"), ("alice@LAB.TEST", None),
                        ("alice@lab.test", None)):
        driver("cred", 0, user=user, realm=realm, password=PASSWORD)
        lab.equal(f"{user} of {realm}: a TGT", "SEC_E_OK", driver("obtain", 0)["status"])
        lab.equal(f"{user} of {realm}: is alice", "alice@LAB.TEST", driver("info", 0)["name"])
    info = driver("info", 0)
    lab.check("when the TGT ends", time.time() + 80000 < info["expiry"] < time.time() + 90000, info)
    lab.check("no password expiry is known", info["password_expiry"] == 2**63 - 1, info)
    driver("cred", 0, user="carol", password=PASSWORD)
    lab.equal("carol's TGT", "SEC_E_OK", driver("obtain", 0)["status"])
    info = driver("info", 0)
    lab.check("carol's password ends in ten days", abs(info["password_expiry"] - time.time() - 864000) < 90000, info)
    lab.equal("a password-made ticket is in no file", [], [n for n in os.listdir(kdc.root) if n.startswith("krb5cc")])
    for user, realm, wanted in (("", None, "SEC_E_UNKNOWN_CREDENTIALS"), ("@LAB.TEST", None, "SEC_E_UNKNOWN_CREDENTIALS"),
                                ("alice", "", "SEC_E_UNKNOWN_CREDENTIALS"), ("a@b@c", None, "SEC_E_UNKNOWN_CREDENTIALS")):
        lab.equal(f"{user!r} of {realm!r} is nobody", wanted, driver("cred", 3, user=user, realm=realm, password="x")["status"])


def targets(lab, kdc, driver):
    """Every form of an SPN."""
    driver("cred", 0, user="alice", password=PASSWORD)
    for target, server in (("HTTP/localhost", "HTTP/localhost"), ("HTTP/localhost@LAB.TEST", "HTTP/localhost"), ("HTTP/localhost@lab.test", "HTTP/localhost"),
                           ("HTTP/localhost@LAB", "HTTP/localhost"), ("MSSQLSvc/db.lab.test:1433", "MSSQLSvc/db.lab.test:1433"),
                           ("ldap/dc.lab.test/LAB.TEST", "ldap/dc.lab.test/LAB.TEST"), ("localhost", "host/localhost"),
                           ("alone/nowhere.example", "alone/nowhere.example"), ("robot@LAB.TEST", "robot")):
        driver("cred", 1, use=2, keytab=kdc.path("client.keytab" if server == "robot" else "keytab"))
        both, why = driver.established(target=target)
        if lab.check(f"target {target}", both, why):
            lab.equal(f"target {target} is", server + "@LAB.TEST", both[0]["server"])
    for target in ("HTTP/unknown.lab.test", "unknown/localhost", "HTTP/", "/", "@LAB.TEST", "a\\"):
        lab.equal(f"target {target!r} is unknown", "SEC_E_TARGET_UNKNOWN", driver.pair(target=target)[0]["status"])
    said = driver.pair(target="HTTP/unknown.lab.test")[0]
    lab.check("the reason names the service", said["unknown_server"] == 1 and "HTTP/unknown.lab.test" in said["text"], said)
    lab.equal("a realm without a KDC", "SEC_E_NO_AUTHENTICATING_AUTHORITY", driver("cred", 3, user="alice", realm="ELSE.WHERE", password="x") and
              driver("obtain", 3)["status"])


def flags(lab, kdc, driver):
    driver("cred", 0, ccache=kdc.path("ccache"))
    driver("cred", 1, use=2, keytab=kdc.path("keytab"))
    for asked in (0, MUTUAL, INTEG, CONF | INTEG, USUAL, USUAL | DCE, USUAL | 0x2000, USUAL | 0x4000):
        both, why = driver.established(flags=asked)
        if not lab.check(f"flags {asked:x}", both, why):
            continue
        ours, theirs = both
        kept = MUTUAL | REPLAY | SEQUENCE | DCE
        lab.equal(f"flags {asked:x} are agreed", (asked & kept, asked & kept), (ours["flags"] & kept, theirs["flags"] & kept), f"{both}")
        lab.equal(f"flags {asked:x}: keys", ours["key"], theirs["key"])
        lab.equal(f"flags {asked:x}: numbers", (ours["send"], ours["receive"]), (theirs["receive"], theirs["send"]))
        lab.equal(f"flags {asked:x}: subkey", ours["acceptor_subkey"], theirs["acceptor_subkey"])


def delegation(lab, kdc, driver):
    driver("cred", 1, use=2, keytab=kdc.path("keytab"))
    for name, identity in (("password", {"user": "alice", "password": PASSWORD}), ("ccache", {"ccache": kdc.path("ccache")})):
        driver("cred", 0, **identity)
        both, why = driver.established(flags=USUAL | DELEGATE)
        if not lab.check(f"delegation by {name}", both, why):
            continue
        lab.equal(f"{name}: delegated", (1, 1), (both[1]["delegated"], both[1]["flags"] & DELEGATE))
        lab.equal(f"{name}: the delegated TGT's owner", "alice@LAB.TEST", driver("info", 2)["name"])
        both, why = driver.established(client=2, target="HTTP/localhost")
        lab.equal(f"{name}: it signs in further", "alice@LAB.TEST", both and both[1]["client"], f"{why}")
        driver("drop", 2)
    both, _ = driver.established(flags=USUAL | POLICY, target="HTTP/localhost")
    lab.equal("no delegation where the KDC marked none", 0, both[1]["delegated"])
    both, _ = driver.established(flags=USUAL | POLICY, target="trusted/localhost")
    lab.equal("delegation where the KDC marked it", 1, both[1]["delegated"])
    driver("drop", 2)


def bindings(lab, kdc, driver):
    driver("cred", 0, ccache=kdc.path("ccache"))
    driver("cred", 1, use=2, keytab=kdc.path("keytab"))
    other = BINDINGS.replace("0", "1")
    for level, sent, seen, wanted, noticed in (
            (0, None, None, "SEC_E_OK", 0), (0, BINDINGS, other, "SEC_E_OK", 0), (1, BINDINGS, BINDINGS, "SEC_E_OK", 1),
            (1, None, BINDINGS, "SEC_E_OK", 0), (1, other, BINDINGS, "SEC_E_BAD_BINDINGS", 0), (2, BINDINGS, BINDINGS, "SEC_E_OK", 1),
            (2, None, BINDINGS, "SEC_E_BAD_BINDINGS", 0), (2, other, BINDINGS, "SEC_E_BAD_BINDINGS", 0), (2, BINDINGS, None, "SEC_E_BAD_BINDINGS", 0)):
        name = f"bindings level {level}, sent {sent and sent[-4:]}, seen {seen and seen[-4:]}"
        ours, theirs = driver.pair(bindings=sent, seen=seen, level=level)
        if lab.equal(name, wanted, theirs["status"], theirs.get("text")) and wanted == "SEC_E_OK":
            lab.equal(f"{name}: noticed", noticed, int(driver("finish", 1)["flags"] & SEEN != 0))
        elif wanted != "SEC_E_OK":
            lab.check(f"{name}: what goes back lets nobody in", ours["status"] != "SEC_E_OK", ours)


class Pipe:
    """gss_pipe: MIT's own GSSAPI at the other end."""

    def __init__(self, lab, *args, **env):
        self.process = lab.start([os.environ["GSS_PIPE"], *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 env=dict(lab.env, GSS_PIPE_WHY="1", **env))
        self.line()

    def line(self):
        return self.process.stdout.readline().decode().split()

    def __call__(self, command):
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()
        return self.line()


def gssapi(lab, kdc, driver):
    """Both ends against MIT's."""
    driver("cred", 0, ccache=kdc.path("ccache"))
    driver("cred", 1, use=2, keytab=kdc.path("keytab"))
    for sent in (None, BINDINGS):
        env = {"GSS_PIPE_BINDINGS": sent.encode().hex()} if sent else {}
        peer = Pipe(lab, "server", "krb5", **env)
        driver("context", 0, cred=0, target="host/localhost", flags=USUAL, bindings=sent)
        token = driver("step", 0)["token"]
        major, token = peer(token)
        lab.equal(f"GSSAPI accepts us, bindings {sent is not None}", "00000000", major)
        lab.equal("we accept its answer", "SEC_E_OK", driver("step", 0, token)["status"])
        lab.equal("same session key as GSSAPI", driver("finish", 0).get("session_key"), peer("key")[1])
        peer = Pipe(lab, "client", "krb5", "HTTP@localhost", **env)
        driver("context", 1, cred=1, accept=1, bindings=BINDINGS, level=2 if sent else 1)
        said = driver("step", 1, peer("-")[1])
        lab.equal(f"we accept GSSAPI, bindings {sent is not None}", "SEC_E_OK", said["status"], said.get("text"))
        lab.equal("GSSAPI accepts our answer", "00000000", peer(said["token"])[0])
        lab.equal("same session key as GSSAPI's client", driver("finish", 1).get("session_key"), peer("key")[1])


def iakerb(lab, kdc, driver):
    driver("cred", 0, user="alice", realm="LAB.TEST", password=PASSWORD)
    driver("cred", 1, use=2, keytab=kdc.path("keytab"))
    both, why = driver.established(flags=USUAL | IAKERB, accept_flags=IAKERB)
    if lab.check("IAKERB signs in through the acceptor", both, why):
        lab.equal("IAKERB: keys", both[0]["key"], both[1]["key"])
        lab.check("IAKERB: said so", both[0]["flags"] & both[1]["flags"] & IAKERB)
    lab.check("an acceptor that was not told refuses IAKERB", driver.pair(flags=USUAL | IAKERB)[1]["status"] in
              ("SEC_E_UNSUPPORTED_FUNCTION", "SEC_E_INVALID_TOKEN", "SEC_E_NO_CREDENTIALS"))


def tickets(lab, kdc, driver):
    driver("cred", 0, user="alice", password=PASSWORD)
    lab.equal("no list makes a KDC work", ("SEC_E_OK", []), (lambda a: (a["status"], a["tickets"]))(driver("tickets", 0)))
    got = driver("get", 0, "HTTP/localhost")
    lab.equal("a ticket is had", ("SEC_E_OK", "HTTP/localhost@LAB.TEST"), (got["status"], got.get("of", {}).get("server")), f"{got}")
    lab.check("it is whole", got["of"]["encoded"] > 200 and len(got["of"]["key"]) == 64 and got["of"]["ticket_enctype"] == 18, got)
    lab.check("its flags", got["of"]["flags"] & 0x40000000, got)
    lab.equal("again from the cache", "SEC_E_OK", driver("get", 0, "HTTP/localhost", cache=1)["status"])
    lab.equal("another is not in the cache", "SEC_E_NO_CREDENTIALS", driver("get", 0, "host/localhost", cache=1)["status"])
    lab.equal("the TGT", "krbtgt/LAB.TEST@LAB.TEST", driver("get", 0, "krbtgt/LAB.TEST").get("of", {}).get("server"))
    listed = driver("tickets", 0)["tickets"]
    lab.equal("both are listed", ["HTTP/localhost@LAB.TEST", "krbtgt/LAB.TEST@LAB.TEST"], sorted(t["server"] for t in listed if not t["config"]))
    lab.equal("a visitor may stop", 1, len(driver("tickets", 0, first=1)["tickets"]))
    lab.equal("one is purged", ("SEC_E_OK", 1), (lambda a: (a["status"], a["count"]))(driver("purge", 0, server="http/LOCALHOST")))
    lab.equal("it is gone", "SEC_E_NO_CREDENTIALS", driver("get", 0, "HTTP/localhost", cache=1)["status"])
    lab.equal("all are purged", ("SEC_E_OK", 1), (lambda a: (a["status"], a["count"]))(driver("purge", 0)))
    lab.equal("none is left", [], driver("tickets", 0)["tickets"])
    lab.equal("the next asks again", "SEC_E_OK", driver("get", 0, "HTTP/localhost")["status"])
    for kind in ("FILE", "DIR"):
        name = f"{kind}:{kdc.path('cc-' + kind)}"
        os.makedirs(kdc.path("cc-DIR"), exist_ok=True)
        kdc.tool("kinit", "-c", name, "alice", stdin=PASSWORD + "\n")
        driver("cred", 0, ccache=name)
        lab.equal(f"{kind}: a ticket", "SEC_E_OK", driver("get", 0, "HTTP/localhost")["status"])
        lab.equal(f"{kind}: purged", ("SEC_E_OK", 1), (lambda a: (a["status"], a["count"]))(driver("purge", 0, server="HTTP/localhost@LAB.TEST")))
        lab.equal(f"{kind}: all", ("SEC_E_OK", 1), (lambda a: (a["status"], a["count"]))(driver("purge", 0)))
        lab.equal(f"{kind}: nothing signs in any more", "SEC_E_NO_CREDENTIALS", driver.pair()[0]["status"])
    said = driver("cred", 0, ccache=kdc.path("nowhere"))
    lab.equal("no ccache", "SEC_E_NO_CREDENTIALS", said["status"])
    lab.check("which one is said", kdc.path("nowhere") in said["text"], said)


def guard(lab, kdc, driver):
    """A TGT that travels under a service ticket, and the same as a KRB_CRED of its own."""
    driver("cred", 0, user="alice", password=PASSWORD)
    driver("cred", 1, use=2, keytab=kdc.path("keytab"))
    made = driver("export", 0, TARGET)
    if not lab.equal("a TGT is exported", "SEC_E_OK", made["status"], made.get("text")):
        return
    lab.equal("and imported", "SEC_E_OK", driver("import", 2, 1, made["ticket"], made["cred"])["status"])
    lab.equal("it is alice's", "alice@LAB.TEST", driver("info", 2)["name"])
    both, why = driver.established(client=2, target="HTTP/localhost")
    lab.check("it signs in further", both, why)
    for n in range(0, len(made["cred"]), 38):
        if driver("import", 3, 1, made["ticket"], made["cred"][:n])["status"] == "SEC_E_OK":
            lab.check(f"a KRB_CRED of {n // 2} bytes is refused", False)
    broken = made["cred"][:-8] + "00000000"
    lab.equal("a changed KRB_CRED", "SEC_E_MESSAGE_ALTERED", driver("import", 3, 1, made["ticket"], broken)["status"])
    broken = made["ticket"][:-8] + "00000000"
    lab.equal("a changed service ticket", "SEC_E_WRONG_PRINCIPAL", driver("import", 3, 1, broken, made["cred"])["status"])
    driver("cred", 4, use=2, keytab=kdc.path("keytab"), service="HTTP/localhost")
    lab.equal("a ticket for another service", "SEC_E_WRONG_PRINCIPAL", driver("import", 3, 4, made["ticket"], made["cred"])["status"])
    lab.equal("a KRB_CRED is no submission without its key", "SEC_E_OK", "SEC_E_OK" if driver("submit", 0, made["cred"])["status"] != "SEC_E_OK" else "taken")


def s4u(lab, kdc, driver):
    driver("cred", 5, user="HTTP/localhost", keytab=kdc.path("keytab"))
    said = driver("impersonate", 6, 5, "alice")
    if not lab.equal("a service gets a user's ticket", "SEC_E_OK", said["status"], said.get("text")):
        return
    driver("cred", 1, use=2, keytab=kdc.path("keytab"))
    both, why = driver.established(client=6, target="HTTP/localhost")
    lab.equal("which is for the service itself", "alice@LAB.TEST", both and both[1]["client"], f"{why}")
    said = driver("impersonate", 7, 5, "nobody")
    lab.equal("a user nobody knows", ("SEC_E_LOGON_DENIED", 1), (said["status"], said["unknown_client"]), f"{said}")
    ours, _ = driver.pair(client=6, target=TARGET)
    lab.equal("no delegation to others without the KDC's leave", "SEC_E_DELEGATION_REQUIRED", ours["status"], ours.get("text"))
    driver("cred", 7, use=3, user="HTTP/localhost", keytab=kdc.path("keytab"))
    driver("cred", 0, ccache=kdc.path("ccache"))
    both, why = driver.established(server=7, target="HTTP/localhost")
    lab.equal("an acceptor with a TGT has evidence", 1, both and both[1]["delegated"], f"{why}")


def service_accounts(lab, kdc, driver):
    """A service that has its account's password instead of a keytab."""
    kdc.user("svc/localhost", "S3rvice!pw")
    driver("cred", 0, ccache=kdc.path("ccache"))
    for use in (2, 3):
        lab.equal(f"a service's password, use {use}", "SEC_E_OK", driver("cred", 1, use=use, user="svc/localhost", password="S3rvice!pw")["status"])
        for turn in range(2):
            both, why = driver.established(target="svc/localhost")
            lab.check(f"it opens tickets, use {use}, {turn}", both and both[0]["key"] == both[1]["key"], why)
    driver("cred", 1, use=2, user="svc/localhost", password="wrong")
    lab.equal("a wrong one does not", "SEC_E_MESSAGE_ALTERED", driver.pair(target="svc/localhost")[1]["status"])
    driver("cred", 1, use=2, user="nobody/localhost", password="wrong")
    said = driver.pair(target="svc/localhost")[1]
    lab.equal("an account nobody knows", ("SEC_E_LOGON_DENIED", 1), (said["status"], said.get("unknown_client")), f"{said}")


def threads(lab, kdc, driver):
    """Many threads, one credential of each kind."""
    for name, identity in (("password", {"user": "alice", "password": PASSWORD}), ("ccache", {"ccache": kdc.path("ccache")}), ("default", {})):
        driver("cred", 0, **identity)
        driver("cred", 1, use=2, keytab=kdc.path("keytab"))
        said = driver("threads", 0, 1, TARGET)
        lab.equal(f"threads by {name}", (0, 160), (said["failed"], said["done"]), f"{said}")


def user2user(lab, kdc, driver):
    """To a user who has a TGT and no key."""
    u2u = 0x10000
    driver("cred", 0, user="alice", password=PASSWORD)
    driver("cred", 1, user="carol", password=PASSWORD)
    for asked in (USUAL, MUTUAL, CONF | INTEG, USUAL | DELEGATE):
        name = f"user-to-user {asked:x}"
        both, why = driver.established(target="carol@LAB.TEST", flags=asked | u2u, accept_flags=u2u)
        if not lab.check(name, both, why):
            continue
        ours, theirs = both
        lab.equal(f"{name}: keys", (ours["key"], ours["session_key"], ours["enctype"]), (theirs["key"], theirs["session_key"], 18))
        lab.equal(f"{name}: numbers", (ours["send"], ours["receive"]), (theirs["receive"], theirs["send"]))
        lab.equal(f"{name}: names", ("alice@LAB.TEST", "carol@LAB.TEST"), (theirs["client"], ours["server"]))
        lab.equal(f"{name}: flags", (asked & ~DELEGATE | u2u,) * 2, (ours["flags"], theirs["flags"]))
        lab.equal(f"{name}: subkey", (int(asked & MUTUAL != 0),) * 2, (ours["acceptor_subkey"], theirs["acceptor_subkey"]))
        lab.check(f"{name}: times", theirs["expiry"] > time.time() and theirs["ticket_enctype"] == 18, theirs)
    lab.check("the acceptor needs not be told", driver.established(target="carol@LAB.TEST", flags=USUAL | u2u)[0])
    for level, sent, seen, wanted in ((1, BINDINGS, BINDINGS, "SEC_E_OK"), (2, BINDINGS, BINDINGS, "SEC_E_OK"), (1, None, BINDINGS, "SEC_E_OK"),
                                      (2, None, BINDINGS, "SEC_E_BAD_BINDINGS"), (1, BINDINGS + "x", BINDINGS, "SEC_E_BAD_BINDINGS"), (0, BINDINGS, None, "SEC_E_OK")):
        _, theirs = driver.pair(target="carol@LAB.TEST", flags=USUAL | u2u, bindings=sent, seen=seen, level=level)
        lab.equal(f"user-to-user bindings {level} {sent and sent[-4:]}", wanted, theirs["status"], theirs.get("text"))
    ours, _ = driver.pair(target="robot@LAB.TEST", flags=USUAL | u2u)
    lab.check("the TGT of another is no help", ours["status"] == "SEC_E_WRONG_PRINCIPAL", ours)
    driver("cred", 2, use=2, keytab=kdc.path("keytab"))
    lab.equal("a keytab lends no TGT", "SEC_E_NO_CREDENTIALS", driver.pair(server=2, target="carol@LAB.TEST", flags=USUAL | u2u)[1]["status"])
    taken = []
    for leg in range(4):
        for at in range(3, 400, 13):
            def alter(this, token):
                whole = bytearray.fromhex(token)
                whole[(at * 7919) % len(whole)] ^= 0x41
                return whole.hex() if this == leg else token
            ours, theirs = driver.pair(target="carol@LAB.TEST", flags=USUAL | u2u, alter=alter)
            if statuses((ours, theirs)) == ("SEC_E_OK", "SEC_E_OK"):
                taken.append((leg, at))
            lab.failed += ours["status"].startswith("died") or theirs["status"].startswith("died")
    # the name in the first message, the ticket's in the third and the last one's type are in clear and of no consequence
    lab.check("changed tokens are refused", not [t for t in taken if t[0] == 1] and len([t for t in taken if t[0] > 1]) < 8, taken)


def submitted(lab, kdc, driver):
    """Tickets that come as KRB_CRED, sealed and not, into caches of every kind."""
    driver("cred", 0, user="alice", password=PASSWORD)
    made = driver("export", 0, TARGET)
    key = driver("get", 0, TARGET)["of"]
    sealed = {"enctype": key["key_enctype"], "key": key["key"]}
    plain = driver("plain", made["cred"], **sealed)["cred"]
    driver("cred", 1, use=2, keytab=kdc.path("keytab"))
    for name, more in (("a sealed one", (made["cred"], sealed)), ("a plain one", (plain, {}))):
        driver("cred", 3, user="alice", password="not the password")
        lab.equal(f"{name} is kept", "SEC_E_OK", driver("submit", 3, more[0], **more[1])["status"])
        both, why = driver.established(client=3)
        lab.check(f"{name} signs in", both, why)
        for _ in range(3):
            driver("submit", 3, more[0], **more[1])
        kept = [t["server"] for t in driver("tickets", 3)["tickets"] if t["server"].startswith("krbtgt/")]
        lab.equal(f"{name} that comes again takes its own place", 1, len(kept), str(kept))
    lab.equal("a wrong key", "SEC_E_MESSAGE_ALTERED", driver("submit", 3, made["cred"], enctype=18, key="00" * 32)["status"])
    lab.equal("a plain one that is cut", "SEC_E_INVALID_TOKEN", driver("submit", 3, plain[:-2])["status"])
    driver("cred", 4, user="carol", password=PASSWORD)
    driver("obtain", 4)
    lab.equal("another's cache", "SEC_E_WRONG_PRINCIPAL", driver("submit", 4, plain)["status"])
    for cache in (f"FILE:{kdc.path('given')}", f"KEYRING:user:opensspi{os.getpid()}"):
        kind = cache.split(":")[0]
        fresh = Driver(lab, KRB5CCNAME=cache, KRB5_CLIENT_KTNAME=kdc.path("nowhere"))
        lab.equal(f"{kind}: there is none", "SEC_E_NO_CREDENTIALS", fresh("cred", 0)["status"])
        said = fresh("submit", 31, plain, caller=1)
        if kind == "KEYRING" and said["status"] != "SEC_E_OK":
            lab.skip(kind, said["text"])
            continue
        lab.equal(f"{kind}: it is made for the caller", "SEC_E_OK", said["status"], said.get("text"))
        lab.equal(f"{kind}: it is there", "SEC_E_OK", fresh("cred", 0)["status"])
        fresh("cred", 1, use=2, keytab=kdc.path("keytab"))
        both, why = fresh.established()
        lab.equal(f"{kind}: whose", "alice@LAB.TEST", both and both[1]["client"], f"{why}")
        lab.equal(f"{kind}: one is purged", 1, fresh("purge", 0, server=TARGET).get("count"))
        lab.equal(f"{kind}: the rest", 1, fresh("purge", 0).get("count"))
        lab.equal(f"{kind}: none is left", "SEC_E_NO_CREDENTIALS", fresh("cred", 0)["status"])
        fresh.finish()
        kdc.tool("kdestroy", "-c", cache, check=False)


def passwords(lab, kdc, driver):
    kdc.user("dave", PASSWORD)
    if not kdc.start_kadmind():
        lab.skip("passwords", "kadmind did not start")
        return
    said = driver("passwd", user="dave", password="wrong", new="N3w!passw0rd")
    lab.equal("the old password must be right", "SEC_E_LOGON_DENIED", said["status"], said.get("text"))
    said = driver("passwd", user="dave", password=PASSWORD, new="N3w!passw0rd")
    lab.equal("a password is changed", "SEC_E_OK", said["status"], said.get("text"))
    driver("cred", 0, user="dave", password="N3w!passw0rd")
    lab.equal("the new one signs in", "SEC_E_OK", driver("obtain", 0)["status"])
    driver("cred", 0, user="dave", password=PASSWORD)
    lab.equal("the old one does not", "SEC_E_LOGON_DENIED", driver("obtain", 0)["status"])
    kdc.kadmin("addpol -minlength 20 long", "modprinc -policy long dave")
    said = driver("passwd", user="dave", password="N3w!passw0rd", new="short")
    lab.equal("one that the policy refuses", "c000006c", said["status"])
    lab.check("with its words", "short" in said["text"].lower(), said)
    kdc.kadmin("modprinc -clearpolicy dave", 'modprinc -pwexpire "2001-01-01" dave')
    driver("cred", 0, user="dave", password="N3w!passw0rd")
    lab.equal("an expired one", "STATUS_PASSWORD_EXPIRED", driver("obtain", 0)["status"])
    lab.equal("can be changed", "SEC_E_OK", driver("passwd", user="dave", password="N3w!passw0rd", new="An0ther!one")["status"])


def memory(lab, kdc, driver):
    """Every allocation of the module fails once; nothing is left behind and the next call works."""
    for place in range(8):
        driver("drop", place), driver("free", place)
    driver("cred", 1, use=2, keytab=kdc.path("keytab"))
    start = driver("live")["live"]
    for name, run in (("a sign-in", memory_pair), ("a list", memory_list), ("user-to-user", memory_user2user), ("a TGT that travels", memory_guard),
                      ("S4U", memory_s4u), ("a service's password", memory_service)):
        driver("cred", 3, ccache=kdc.path("ccache"))
        before, n = driver("live")["live"], 0
        while n < 400:
            driver("fail", n)
            run(driver, kdc)
            left = driver("live")["left"]
            driver("fail", -1)
            for place in (0, 2, 4, 5):
                driver("drop", place)
            driver("free", 0), driver("free", 1)
            if driver("live")["live"] != before:
                lab.check(f"{name}: allocation {n} failing leaves something", False, driver("live"))
                break
            if left > 0:
                break
            n += 1
        lab.check(f"{name}: {n} allocations failed, each cleanly", 5 < n < 400)
    driver("drop", 3)
    lab.equal("as much memory as before", start, driver("live")["live"])


def memory_pair(driver, _):
    if driver("cred", 0, user="alice", password=PASSWORD)["status"] == "SEC_E_OK":
        driver.established(flags=USUAL | DELEGATE)


def memory_list(driver, _):
    driver("get", 3, "HTTP/localhost"), driver("tickets", 3), driver("purge", 3, server="HTTP/localhost")


def memory_user2user(driver, _):
    driver("cred", 0, user="alice", password=PASSWORD)
    if driver("cred", 4, user="carol", password=PASSWORD)["status"] == "SEC_E_OK":
        driver.established(client=0, server=4, target="carol@LAB.TEST", flags=USUAL | 0x10000, bindings=BINDINGS, seen=BINDINGS, level=2)


def memory_guard(driver, _):
    made = driver("export", 3, TARGET)
    driver("import", 4, 1, made.get("ticket", ""), made.get("cred", ""))
    driver("submit", 0, made.get("cred", ""), enctype=18, key="00" * 32) if driver("cred", 0, user="alice", password="x")["status"] == "SEC_E_OK" else None


def memory_s4u(driver, kdc):
    if driver("cred", 5, user="HTTP/localhost", keytab=kdc.path("keytab"))["status"] == "SEC_E_OK":
        driver("impersonate", 4, 5, "alice")


def memory_service(driver, _):
    if driver("cred", 4, use=2, user="svc/localhost", password="S3rvice!pw")["status"] == "SEC_E_OK":
        driver.established(client=3, server=4, target="svc/localhost")


PARTS = (sign_ins, users, targets, flags, delegation, bindings, gssapi, iakerb, tickets, guard, submitted, s4u, service_accounts, user2user, threads, passwords, memory)


def populate(kdc):
    kdc.user("alice", PASSWORD)
    kdc.user("carol", PASSWORD, '-pwexpire "10 days"')
    kdc.service(TARGET, "HTTP/localhost", "host/localhost", "MSSQLSvc/db.lab.test:1433", "ldap/dc.lab.test/LAB.TEST", "alone/nowhere.example",
                "trusted/localhost")
    kdc.kadmin("modprinc +ok_as_delegate trusted/localhost", "modprinc +ok_to_auth_as_delegate HTTP/localhost")
    kdc.service("robot", keytab="client.keytab")
    kdc.kinit("alice", PASSWORD, "ccache", "-f")


def main():
    lab = Lab()
    why = Kdc.missing()
    if why:
        lab.skip("kerberos module", why)
        return lab.finish()
    try:
        kdc = Kdc(lab)
        if not kdc.start():
            fail_early(lab, f"the KDC did not start: {lab.log('krb5kdc.out')}")
        populate(kdc)
        driver = Driver(lab)
        for part in PARTS:
            if len(sys.argv) < 2 or part.__name__ in sys.argv[1:]:
                part(lab, kdc, driver)
        lab.equal("nothing is left behind", 0, driver.finish())
    except Exception as e:  # a broken case must not leave programs running
        lab.check("the test itself", False, repr(e))
    return lab.finish()


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
