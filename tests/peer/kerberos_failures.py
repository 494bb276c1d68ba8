#!/usr/bin/env python3
"""What goes wrong with Kerberos, each with its status: the KDC, clocks, keys, accounts, tokens; forks; user-to-user's refusals.

KRB_DRIVER and CLOCK_SHIFT_MODULE name what is used. Ends with "N passed, N failed, N skipped"."""
import os
import random
import socket
import sys
import threading
import time

from kdc import Kdc
from krb import PASSWORD, TARGET, USUAL, Driver
from lib import Lab, fail_early, free_port


def der(tag, *content):
    """One element; none here is longer than a byte can say."""
    bytes_ = b"".join(content)
    return bytes((tag, len(bytes_))) + bytes_


def krb_error(code):
    """KRB-ERROR with that number, without a text."""
    number, text = (lambda n: der(2, bytes((n,)))), (lambda t: der(27, t))
    name = der(0x30, der(0xA0, number(2)), der(0xA1, der(0x30, text(b"krbtgt"), text(b"LAB.TEST"))))
    stamp = time.strftime("%Y%m%d%H%M%SZ", time.gmtime()).encode()
    return der(0x7E, der(0x30, der(0xA0, number(5)), der(0xA1, number(30)), der(0xA4, der(24, stamp)), der(0xA5, number(0)),
                         der(0xA6, number(code)), der(0xA9, text(b"LAB.TEST")), der(0xAA, name)))


class BadKdc:
    """Stands where a KDC should: "silent", "garbage", "closes", "half" (dies in its answer), "slow" (the true one's answer late), a number: KRB-ERROR."""

    def __init__(self, behaviour, true_port=0, slow=3.0):
        self.behaviour, self.true_port, self.slow, self.first = behaviour, true_port, slow, True
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.port = self.tcp.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                threading.Thread(target=self.one, args=(self.tcp.accept()[0],), daemon=True).start()
            except OSError:
                return

    def one(self, client):
        try:
            self.behave(client)
        except OSError:
            pass

    def behave(self, client):
        if self.behaviour == "silent":
            client.recv(65536)
            time.sleep(120)
        elif self.behaviour == "garbage":
            client.recv(65536)
            client.sendall((200).to_bytes(4, "big") + bytes(range(200)))
        elif isinstance(self.behaviour, int):
            client.recv(65536)
            error = krb_error(self.behaviour)
            client.sendall(len(error).to_bytes(4, "big") + error)
        elif self.behaviour == "half":
            client.recv(65536)
            client.sendall((900).to_bytes(4, "big") + b"\x6b\x82\x03\x80")
        elif self.behaviour == "slow":
            self.forward(client)
        client.close()

    def forward(self, client):
        late, self.first = self.first, False
        with socket.create_connection(("127.0.0.1", self.true_port)) as kdc:
            kdc.sendall(client.recv(65536))
            answer = b""
            while len(answer) < 4 or len(answer) < 4 + int.from_bytes(answer[:4], "big"):
                answer += kdc.recv(65536)
            time.sleep(self.slow if late else 0)
            client.sendall(answer)


def no_kdc(lab, kdc):
    kdc.kinit("alice", PASSWORD, "only-tgt")
    for behaviour in ("absent", "closes", "garbage", "half", "silent"):
        port = free_port() if behaviour == "absent" else BadKdc(behaviour).port
        kdc.configure(port=port)
        driver = Driver(lab)
        driver("cred", 0, user="alice", password=PASSWORD)
        begun = time.monotonic()
        said = driver("obtain", 0)
        took = time.monotonic() - begun
        lab.equal(f"a KDC that is {behaviour}: no TGT", "SEC_E_NO_AUTHENTICATING_AUTHORITY", said["status"], said.get("text"))
        print(f"# {behaviour}: {took:.1f} s: {said.get('text')}", flush=True)
        lab.check(f"a KDC that is {behaviour}: in time", took < (40 if behaviour == "silent" else 12), f"{took} s")
        if behaviour != "silent":
            driver("cred", 0, ccache=kdc.path("only-tgt"))
            said = driver.pair()[0]
            lab.equal(f"a KDC that is {behaviour}: no ticket", "SEC_E_NO_AUTHENTICATING_AUTHORITY", said["status"], said.get("text"))
        lab.equal(f"a KDC that is {behaviour}: nothing is left", 0, driver.finish())
    kdc.configure()


def refusals(lab, kdc):
    """A KDC that refuses is no KDC that is missing: what is weaker must not follow. 20 revoked, 60 generic, 12 policy, 7 no such service."""
    kdc.kinit("alice", PASSWORD, "only-tgt")
    for code, wanted in ((20, "SEC_E_KDC_INVALID_REQUEST"), (60, "SEC_E_KDC_INVALID_REQUEST"), (12, "SEC_E_LOGON_DENIED"), (7, "SEC_E_TARGET_UNKNOWN")):
        kdc.configure(port=BadKdc(code).port)
        driver = Driver(lab)
        driver("cred", 0, user="alice", password=PASSWORD)
        said = driver("obtain", 0)
        lab.equal(f"a KDC's error {code}: no TGT", wanted, said["status"], said.get("text"))
        driver("cred", 0, ccache=kdc.path("only-tgt"))
        said = driver.pair()[0]
        lab.equal(f"a KDC's error {code}: no ticket", wanted, said["status"], said.get("text"))
        driver.finish()
    kdc.configure()


def forks(lab, kdc):
    kdc.configure(port=BadKdc("slow", kdc.port, 3.0).port)
    driver = Driver(lab)
    driver("cred", 0, user="alice", password=PASSWORD)
    begun = time.monotonic()
    said = driver("forks", 0)
    lab.equal("a child goes on while its parent's thread waits for a KDC", ("SEC_E_OK", 0), (said["status"], said.get("child")), f"{said}")
    lab.check("it did not wait for the thread", time.monotonic() - begun < 12)
    driver.finish()
    kdc.configure()


def accounts(lab, kdc, driver):
    kdc.kadmin(f'addprinc -pw {PASSWORD} off', "modprinc -allow_tix off", f'addprinc -pw {PASSWORD} ended', 'modprinc -expire "2001-01-01" ended',
               f"addprinc -pw {PASSWORD} old", 'modprinc -pwexpire "2001-01-01" old', f"addprinc -pw {PASSWORD} must", "modprinc +needchange must",
               "addpol -maxfailure 2 -failurecountinterval 0 -lockoutduration 0 strict", f"addprinc -policy strict +requires_preauth -pw {PASSWORD} locked")
    for user, password, wanted in (("alice", "wrong", "SEC_E_LOGON_DENIED"), ("nobody", PASSWORD, "SEC_E_LOGON_DENIED"), ("off", PASSWORD, "STATUS_ACCOUNT_DISABLED"),
                                   ("ended", PASSWORD, "STATUS_ACCOUNT_EXPIRED"), ("old", PASSWORD, "STATUS_PASSWORD_EXPIRED"),
                                   ("must", PASSWORD, "STATUS_PASSWORD_EXPIRED"), ("locked", "wrong", "SEC_E_LOGON_DENIED"), ("locked", "wrong", "SEC_E_LOGON_DENIED"),
                                   ("locked", PASSWORD, "STATUS_ACCOUNT_LOCKED_OUT")):
        driver("cred", 0, user=user, password=password)
        said = driver.pair()[0]
        lab.equal(f"{user} with {'the' if password == PASSWORD else 'a wrong'} password", wanted, said["status"], said.get("text"))
        lab.equal(f"{user}: does the KDC know it", int(user == "nobody"), said.get("unknown_client"))
        lab.check(f"{user}: the reason names it", f"{user}@LAB.TEST" in said.get("text", ""), said)
    lab.equal("a keytab without the user", "SEC_E_NO_CREDENTIALS", driver("cred", 0, user="alice", keytab=kdc.path("keytab")) and driver("obtain", 0)["status"])
    lab.equal("no keytab at all", "SEC_E_NO_CREDENTIALS", driver("cred", 0, user="alice", keytab=kdc.path("nowhere")) and driver("obtain", 0)["status"])
    lab.equal("an acceptor without a keytab", "SEC_E_NO_CREDENTIALS", driver("cred", 0, use=2, keytab=kdc.path("nowhere"))["status"])
    lab.equal("an acceptor without its key", "SEC_E_NO_CREDENTIALS", driver("cred", 0, use=2, keytab=kdc.path("keytab"), service="HTTP/other")["status"])
    lab.write("garbage", "this is no ccache")
    lab.equal("a ccache of garbage", "SEC_E_NO_CREDENTIALS", driver("cred", 0, ccache=lab.path("garbage"))["status"])


def clocks(lab, kdc, driver):
    shim = os.environ["CLOCK_SHIFT_MODULE"]
    driver("cred", 0, ccache=kdc.path("ccache"))
    driver("cred", 1, use=2, keytab=kdc.path("keytab"))
    for shift, wanted in ((-3600, "SEC_E_TIME_SKEW"), (3600, "SEC_E_TIME_SKEW"), (3 * 86400, "SEC_E_CONTEXT_EXPIRED")):
        late = Driver(lab, LD_PRELOAD=shim, CLOCK_SHIFT=str(shift))
        late("cred", 1, use=2, keytab=kdc.path("keytab"))
        late("context", 1, cred=1, accept=1)
        driver("context", 0, cred=0, target=TARGET, flags=USUAL)
        said = late("step", 1, driver("step", 0)["token"])
        lab.equal(f"an acceptor whose clock is {shift} s off", wanted, said["status"], said.get("text"))
        if said["token"]:
            told = driver("step", 0, said["token"])
            lab.equal(f"... and what its client hears ({shift})", wanted, told["status"], told.get("text"))
        late.finish()
    for shift in (-3600, 3600):
        late = Driver(lab, LD_PRELOAD=shim, CLOCK_SHIFT=str(shift))
        late("cred", 0, user="strict", password=PASSWORD)
        said = late("obtain", 0)
        lab.check(f"a client whose clock is {shift} s off", said["status"] in ("SEC_E_TIME_SKEW", "SEC_E_OK"), said)
        late.finish()
    kdc.kinit("alice", PASSWORD, "short", "-l", "5s")
    late = Driver(lab, LD_PRELOAD=shim, CLOCK_SHIFT="3600")
    late("cred", 0, ccache=kdc.path("short"))
    said = late.pair()[0]
    lab.equal("a TGT that ended", "SEC_E_CONTEXT_EXPIRED", said["status"], said.get("text"))
    lab.equal("... before any ticket", "SEC_E_CONTEXT_EXPIRED", late("obtain", 0)["status"])
    late.finish()


def renewal(lab, kdc, driver):
    kdc.kadmin(f"addprinc -maxlife 35s -pw {PASSWORD} brief")
    driver("cred", 0, user="brief", password=PASSWORD)
    lab.equal("a TGT of seconds", "SEC_E_OK", driver("obtain", 0)["status"])
    first = driver("info", 0)["expiry"]
    time.sleep(6)
    lab.check("it signs in when it ended", driver.established()[0] is not None or driver.pair())
    lab.check("with a new one", driver("info", 0)["expiry"] > first)


def keys(lab, kdc, driver):
    """The acceptor's keytab is not what the KDC seals for."""
    driver("cred", 0, user="alice", password=PASSWORD)
    driver("cred", 1, use=2, keytab=kdc.path("keytab"))
    lab.check("all is well", driver.established(target="host/localhost")[0])
    kdc.kadmin(f"cpw -randkey host/localhost")
    driver("cred", 0, user="alice", password=PASSWORD)
    said = driver.pair(target="host/localhost")
    lab.equal("a newer key than the keytab's", "SEC_E_WRONG_PRINCIPAL", said[1]["status"], said[1].get("text"))
    lab.check("the client is told", said[0]["status"] == "SEC_E_WRONG_PRINCIPAL", said[0])
    kdc.service("other/localhost", keytab="other.keytab")
    driver("cred", 2, use=2, keytab=kdc.path("other.keytab"))
    said = driver.pair(server=2)
    lab.equal("a keytab without the service", "SEC_E_WRONG_PRINCIPAL", said[1]["status"], said[1].get("text"))
    driver("cred", 0, user="alice", password=PASSWORD)
    for enctypes, wanted in (("arcfour-hmac:normal", 23), ("aes128-cts-hmac-sha1-96:normal", 17), ("aes256-cts-hmac-sha384-192:normal", 20),
                             ("aes128-cts-hmac-sha256-128:normal", 19)):
        name = f"e{wanted}/localhost"
        kdc.kadmin(f"addprinc -e {enctypes} -randkey {name}", f"ktadd -e {enctypes} -k {kdc.path('kt' + str(wanted))} {name}")
        driver("cred", 3, use=2, keytab=kdc.path(f"kt{wanted}"))
        both, why = driver.established(server=3, target=name)
        if lab.check(f"a service of enctype {wanted}", both, why):
            lab.equal(f"enctype {wanted} of the ticket", (wanted, wanted), (both[0]["ticket_enctype"], both[1]["ticket_enctype"]))
            lab.equal(f"enctype {wanted}: keys", both[0]["key"], both[1]["key"])
            print(f"# ticket {wanted}: context {both[0]['enctype']}", flush=True)
    for enctype, number, wanted in (("arcfour-hmac", 23, "SEC_E_OK"), ("des3-cbc-sha1", 16, "SEC_E_CRYPTO_SYSTEM_INVALID")):
        kdc.kadmin(f"addprinc -e {enctype}:normal -pw {PASSWORD} u{number}", f"addprinc -e {enctype}:normal -randkey only{number}/localhost",
                   f"ktadd -e {enctype}:normal -k {kdc.path('only' + str(number))} only{number}/localhost", f"setstr only{number}/localhost session_enctypes {enctype}",
                   f"setstr krbtgt/LAB.TEST session_enctypes aes256-cts-hmac-sha1-96,{enctype}")
        narrow = Driver(lab, KRB5_CONFIG=narrow_config(kdc, enctype))
        narrow("cred", 0, user=f"u{number}", password=PASSWORD)
        narrow("cred", 1, use=2, keytab=kdc.path(f"only{number}"))
        said = narrow.pair(target=f"only{number}/localhost")
        if lab.equal(f"{enctype} alone", "SEC_E_OK", said[1]["status"], f"{said}"):
            ours, theirs = narrow("finish", 0), narrow("finish", 1)
            lab.equal(f"{enctype}: its keys", (wanted, wanted), (ours["status"], theirs["status"]), f"{ours}")
            if wanted == "SEC_E_OK":
                lab.equal("an RC4 context", (23, 32, 23), (ours["enctype"], len(ours["key"]), theirs["ticket_enctype"]))
                lab.equal("its keys are the same", (ours["key"], ours["session_key"]), (theirs["key"], theirs["session_key"]))
        narrow.finish()
    kdc.kadmin(f"addprinc -e aes256-cts-hmac-sha1-96:normal -pw {PASSWORD} modern")
    narrow = Driver(lab, KRB5_CONFIG=narrow_config(kdc, "arcfour-hmac"))
    narrow("cred", 0, user="modern", password=PASSWORD)
    said = narrow("obtain", 0)
    lab.equal("no common enctype with the KDC", "SEC_E_KDC_UNKNOWN_ETYPE", said["status"], said.get("text"))
    narrow.finish()


def narrow_config(kdc, enctypes):
    with open(kdc.path("krb5.conf"), encoding="utf-8") as f:
        text = f.read()
    with open(kdc.path("narrow.conf"), "w", encoding="utf-8") as f:
        f.write(text.replace("[libdefaults]\n", f"[libdefaults]\n allow_weak_crypto = true\n permitted_enctypes = {enctypes}\n"
                             f" default_tkt_enctypes = {enctypes}\n default_tgs_enctypes = {enctypes}\n"))
    return kdc.path("narrow.conf")


def tokens(lab, kdc, driver):
    """Replayed, cut, changed."""
    driver("cred", 0, ccache=kdc.path("ccache"))
    driver("cred", 1, use=2, keytab=kdc.path("keytab"))
    driver("context", 0, cred=0, target=TARGET, flags=USUAL)
    token = driver("step", 0)["token"]
    wanted = "SEC_E_OK", "SEC_E_MESSAGE_ALTERED"
    for at in (0, 1):
        driver("context", 1, cred=1, accept=1)
        said = driver("step", 1, token)
        lab.equal(f"an AP-REQ {'again' if at else 'once'}", wanted[at], said["status"], said.get("text"))
    kdc.user("lender", PASSWORD)
    driver("cred", 2, user="lender", password=PASSWORD)
    tokens = []
    both = driver.pair(server=2, target="lender@LAB.TEST", flags=USUAL | 0x10000, alter=lambda leg, token: tokens.append(token) or token)
    lab.equal("user-to-user", ("SEC_E_OK", "SEC_E_OK"), (both[0]["status"], both[1]["status"]), f"{both}")
    driver("context", 1, cred=2, accept=1)
    lab.equal("user-to-user begins again", "SEC_I_CONTINUE_NEEDED", driver("step", 1, tokens[0])["status"])
    said = driver("step", 1, tokens[2])
    lab.equal("... and its AP-REQ is not taken twice", "SEC_E_MESSAGE_ALTERED", said["status"], said.get("text"))
    taken = dead = 0
    for n in range(0, len(token) // 2, 7):
        driver("context", 1, cred=1, accept=1)
        taken += driver("step", 1, token[:2 * n])["status"] == "SEC_E_OK"
    lab.equal("no cut AP-REQ is taken", 0, taken)
    random.seed(6)
    for _ in range(300):
        driver("context", 0, cred=0, target=TARGET, flags=USUAL)
        whole = bytearray.fromhex(driver("step", 0)["token"])
        whole[random.randrange(len(whole))] ^= 1 << random.randrange(8)
        driver("context", 1, cred=1, accept=1)
        said = driver("step", 1, whole.hex())
        taken += said["status"] == "SEC_E_OK"
        dead += said["status"].startswith("died")
    lab.check("changed AP-REQs: few bits are not covered", taken <= 30 and not dead, f"{taken} taken, {dead} dead")
    taken = 0
    for _ in range(100):
        driver("context", 0, cred=0, target=TARGET, flags=USUAL)
        driver("context", 1, cred=1, accept=1)
        answer = bytearray.fromhex(driver("step", 1, driver("step", 0)["token"])["token"])
        answer[random.randrange(len(answer))] ^= 1 << random.randrange(8)
        taken += driver("step", 0, answer.hex())["status"] == "SEC_E_OK"
    lab.check("changed AP-REPs are not taken", taken <= 3, taken)
    driver("context", 0, cred=0, target=TARGET, flags=USUAL)
    driver("step", 0)
    lab.equal("an answer that is none", "SEC_E_INVALID_TOKEN", driver("step", 0, "6003020100")["status"])
    lab.equal("a dead context takes no more", "SEC_E_INVALID_TOKEN", driver("step", 0, "00")["status"])
    driver("context", 1, cred=1, accept=1)
    lab.equal("an acceptor needs a token", "SEC_E_INVALID_TOKEN", driver("step", 1, "")["status"])
    lab.equal("nothing to finish", "80090301", driver("finish", 1)["status"])
    driver("context", 1, cred=1, accept=1)
    lab.equal("NTLM is no Kerberos", "SEC_E_INVALID_TOKEN", driver("step", 1, b"NTLMSSP\0\1\0\0\0".hex())["status"])
    driver("context", 1, cred=0, accept=1)
    lab.equal("client credentials accept no ticket", "SEC_E_NO_CREDENTIALS", driver("step", 1, token)["status"])
    for n in range(200):
        noise = bytes(random.randrange(256) for _ in range(random.randrange(1, 120)))
        if driver("submit", 0, (b"\x76" + noise).hex())["status"] == "SEC_E_OK":
            lab.check(f"noise {n} is no KRB_CRED", False)


def main():
    lab = Lab()
    why = Kdc.missing()
    if why:
        lab.skip("kerberos failures", why)
        return lab.finish()
    try:
        kdc = Kdc(lab, libdefaults="allow_weak_crypto = true\n allow_rc4 = true\n allow_des3 = true")
        if not kdc.start():
            fail_early(lab, f"the KDC did not start: {lab.log('krb5kdc.out')}")
        kdc.user("alice", PASSWORD)
        kdc.user("strict", PASSWORD, "+requires_preauth")
        kdc.service(TARGET, "HTTP/localhost", "host/localhost")
        kdc.kinit("alice", PASSWORD)
        driver = Driver(lab)
        for part in (accounts, clocks, renewal, keys, tokens):
            if len(sys.argv) < 2 or part.__name__ in sys.argv[1:]:
                part(lab, kdc, driver)
        lab.equal("nothing is left behind", 0, driver.finish())
        for part in (forks, no_kdc, refusals):
            if len(sys.argv) < 2 or part.__name__ in sys.argv[1:]:
                part(lab, kdc)
    except Exception as e:  # a broken case must not leave programs running
        lab.check("the test itself", False, repr(e))
    return lab.finish()


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
