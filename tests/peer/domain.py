#!/usr/bin/env python3
"""A domain's accounts: our servers beside a Samba AD DC, by NTLM that winbind passes through, and by Kerberos.

SSPI names the tool, SSPI_PIPE our ends (tests/peer/sspi_pipe.c). Takes root: the controller runs in namespaces of its
own, and so do our programs. Ends with "N passed, N failed, N skipped"."""
import hashlib
import hmac
import os
import socket
import struct
import subprocess
import sys
import time

import addc
from ends import SspiPipe
from lib import Lab, Server, fail_early, stop

CONF = """[accounts]
delay milliseconds = 20
domain = winbind
[lsa]
netbios name = SRV
netbios domain = LAB
dns name = srv.lab.test
dns domain = lab.test
{more}"""
OK, MORE, DENIED, NO_AUTHORITY, TARGET, BINDINGS = 0, 0x90312, 0x8009030C, 0x80090311, 0x80090303, 0x80090346
DISABLED, EXPIRED, LOCKED, MUST_CHANGE = 0xC0000072, 0xC0000193, 0xC0000234, 0xC0000224
PASSWORD_EXPIRED, WORKSTATION = 0xC0000071, 0xC0000070
STATES = {"disabled": DISABLED, "expired": EXPIRED, "mustchange": MUST_CHANGE, "locked": LOCKED, "elsewhere": WORKSTATION,
          "stale": PASSWORD_EXPIRED}
ACCOUNTS = [f"user {name} {addc.PASSWORD}" for name in ("alice", "svc", "sensitive", *STATES)] + [
    "group staff alice", "spn svc TERMSRV/web.lab.test", "spn svc HTTP/web.lab.test",
    "set svc userAccountControl 16777728", "set svc msDS-AllowedToDelegateTo TERMSRV/web.lab.test",
    "set sensitive userAccountControl 1049088", "set disabled userAccountControl 514", "set expired accountExpires 132000000000000000", "set mustchange pwdLastSet 0", "set elsewhere userWorkstations NOTHERE", "since stale 130000000000000000",
    "domain lockoutThreshold 12", "domain lockoutDuration -18000000000", "domain lockOutObservationWindow -18000000000",
    "host-spn DC1 ldap/dc1.lab.test", "sid alice", "sid staff"]


def sign_in(lab, who, package="NTLM", target="HOST/srv.lab.test", client_env=(), server_env=()):
    """Both ends ours, in two processes; (the server's last status, what it knows of the client)."""
    client = SspiPipe("client", package, target, dict(lab.env, **dict(client_env)), who)
    server = SspiPipe("server", package, target, dict(lab.env, **dict(server_env)))
    known, token, status = {}, None, MORE
    while status == MORE:
        step, token = client.step(token)
        if step not in (OK, MORE):
            status = step
            known["client refused"] = True
            break
        if not token:
            break
        status, token = server.step(token)
    if status == OK:
        if token:
            known["client"], _ = client.step(token)
        known.update({"name": server.ask("name")[1], "same key": server.ask("key") == client.ask("key"),
                      "sids": server.ask("sids")[1].split(), "mechanism": server.ask("mechanism")[1]})
    else:
        known["reason"] = server.ask("reason")
    client.close()
    server.close()
    return status, known


def pass_through(lab, sids):
    trace = lab.path("audit.trace")
    status, known = sign_in(lab, ("alice", "LAB", addc.PASSWORD), server_env={"OPENSSPI_TRACE": trace})
    lab.equal("a domain account signs in by NTLM", OK, status, str(known))
    with open(trace, encoding="utf-8") as f:
        audit = [line for line in f if "audit: logon" in line]
    lab.check("the audit line says who, of which domain, with which SID",
              len(audit) == 1 and 'user="alice" domain="LAB"' in audit[0] and sids["alice"] in audit[0], str(audit))
    lab.equal("its name is the domain's", "LAB\\alice", known.get("name"))
    lab.check("both ends hold the same session key", known.get("same key"))
    found = known.get("sids", [])
    lab.equal("its SID comes first", sids["alice"], found[0] if found else None)
    lab.check("Domain Users and its groups follow", len(found) > 2 and found[1].endswith("-513") and sids["staff"] in found,
              str(found))
    for package in ("NTLM", "Negotiate"):
        _, other = sign_in(lab, ("alice", "LAB", addc.PASSWORD), package, server_env={"OPENSSPI_CHANNEL": "inproc+codec"})
        lab.equal(f"{package}: the SIDs are the same over the other channel", found, other.get("sids"))
    for name, who in (("by its principal's name", ("alice@lab.test", "", addc.PASSWORD)),
                      ("by the domain's DNS name", ("alice", "lab.test", addc.PASSWORD))):
        status, known = sign_in(lab, who)
        lab.equal(f"{name}, too", OK, status, str(known))
        lab.equal(f"and is the same account {name}", "LAB\\alice", known.get("name"))
    for name, who in (("a wrong password", ("alice", "LAB", "wrong")), ("an unknown user", ("nobody", "LAB", addc.PASSWORD)),
                      ("an empty password", ("alice", "LAB", "")), ("the machine's own name", ("alice", "SRV", addc.PASSWORD))):
        status, known = sign_in(lab, who)
        lab.equal(f"{name} is refused", DENIED, status, str(known))


def own_lines(lab):
    """A line of the accounts file counts however a client spells the domain."""
    lab.sspi("account", "add", "alice", "--domain", "LAB", password="Another1!pw")
    for who in (("alice", "LAB"), ("alice", "lab.test"), ("alice@lab.test", "")):
        status, known = sign_in(lab, (*who, addc.PASSWORD))
        lab.equal(f"{who}: the file has a line for that account, and the domain is not believed", DENIED, status, str(known))
    lab.sspi("account", "remove", "alice", "--domain", "LAB")
    status, known = sign_in(lab, ("alice@lab.test", "", addc.PASSWORD))
    lab.equal("without the line the domain is believed again", OK, status, str(known))


def states(lab):
    for _ in range(12):
        sign_in(lab, ("locked", "LAB", "wrong"))
    for name, wanted in STATES.items():
        status, known = sign_in(lab, (name, "LAB", addc.PASSWORD))
        lab.equal(f"{name}: the status says so", wanted, status, str(known))
        status, known = sign_in(lab, (name, "LAB", "wrong"))
        lab.check(f"{name}: a wrong password does not sign in", status in (DENIED, wanted), hex(status))




# ---- what the client meant

def home(lab, name, policy):
    """A home for one end alone, with a policy of its own."""
    folder = lab.directory(name)
    lab.directory(name + "/etc")
    lab.write(name + "/etc/opensspi.conf", CONF.format(more="[policy]\n" + policy + "\n"))
    return {"OPENSSPI_HOME": folder}


def target_names(lab):
    alice = ("alice", "LAB", addc.PASSWORD)
    for level, own, other in (("never", OK, OK), ("when-supplied", OK, TARGET), ("always", OK, TARGET)):
        server = home(lab, "target-" + level, "TargetName = " + level)
        for name, wanted in (("HOST/srv.lab.test", own), ("HOST/other.lab.test", other)):
            status, known = sign_in(lab, alice, target=name, server_env=server)
            lab.equal(f"TargetName {level}: a client that meant {name}", wanted, status, str(known))


def channel_bindings(lab):
    alice = ("alice", "LAB", addc.PASSWORD)
    ours, theirs = {"SSPI_PIPE_BINDINGS": "aa" * 40}, {"SSPI_PIPE_BINDINGS": "bb" * 40}
    for level, none, other in (("never", OK, OK), ("when-supported", OK, BINDINGS), ("always", BINDINGS, BINDINGS)):
        server = dict(home(lab, "binding-" + level, "ChannelBinding = " + level), **ours)
        for name, client, wanted in (("this channel's", ours, OK), ("no", {}, none), ("another channel's", theirs, other)):
            status, known = sign_in(lab, alice, client_env=client, server_env=server)
            lab.equal(f"ChannelBinding {level}: a client with {name} bindings", wanted, status, str(known))


# ---- the tool

def tool(lab, kind, url, user, password, *more, serve=()):
    """`sspi logon` to `sspi serve`; (exit code, what the server says)."""
    server = Server(lab, *serve, kind=kind)
    code, out, err = lab.sspi("logon", url.format(port=server.port), "--user", user, "--json", "--timeout", "20", *more, password=password)
    said = server.next(5)
    stop(server.process)
    return code, said or {}, out + err


def tool_ntlm(lab):
    for kind, url, more in (("rdp", "rdp://127.0.0.1:{port}", ("--accept-changed", "--mechanism", "ntlm")),
                            ("http", "http://127.0.0.1:{port}/", ("--package", "ntlm"))):
        code, said, text = tool(lab, kind, url, "LAB\\alice", addc.PASSWORD, *more)
        lab.equal(f"sspi logon {kind}: a domain account signs in by NTLM", (0, True, "NTLM"),
                  (code, said.get("signed_in"), said.get("mechanism")), f"{said} {text}")
        for user, password, name in (("LAB\\alice", "wrong", "wrong password"), ("LAB\\disabled", addc.PASSWORD, "disabled")):
            code, said, text = tool(lab, kind, url, user, password, *more)
            lab.check(f"sspi logon {kind}: {name} does not sign in", code != 0 and said.get("signed_in") is False, f"{said} {text}")


# ---- Kerberos

def kerberos(lab, sids):
    keys = {"KRB5_KTNAME": "FILE:" + lab.path("web.keytab")}
    flags = {"SSPI_PIPE_FLAGS": "e"}
    target = "HTTP/web.lab.test"
    for package in ("Kerberos", "Negotiate"):
        trace = lab.path(package + ".trace")
        status, known = sign_in(lab, ("alice", "LAB.TEST", addc.PASSWORD), package, target, flags, dict(keys, OPENSSPI_TRACE=trace))
        with open(trace, encoding="utf-8") as f:
            lab.check(f"{package}: the audit line says who, of which realm, with which SID",
                      any("audit: logon" in line and f'user="alice" domain="LAB.TEST" sid={sids["alice"]} ' in line for line in f))
        lab.equal(f"{package}: a domain account signs in with a ticket", (OK, "Kerberos"), (status, known.get("mechanism")), str(known))
        lab.check(f"{package}: both ends hold the same session key", known.get("same key"))
        found = known.get("sids", [])
        lab.equal(f"{package}: the PAC's SID of the user comes first", sids["alice"], found[0] if found else None)
        lab.check(f"{package}: its groups follow, the primary one first",
                  len(found) > 2 and found[1].endswith("-513") and sids["staff"] in found, str(found))
    for name, who, wanted in (("a wrong password", ("alice", "LAB.TEST", "wrong"), DENIED),
                              ("an unknown user", ("nobody", "LAB.TEST", addc.PASSWORD), None),
                              ("a disabled account", ("disabled", "LAB.TEST", addc.PASSWORD), None),
                              ("a password that must be changed", ("mustchange", "LAB.TEST", addc.PASSWORD), None)):
        status, known = sign_in(lab, who, "Kerberos", target, flags, keys)
        lab.check(f"Kerberos: {name} is refused at the client", known.get("client refused") and wanted in (None, status),
                  f"{status:#x} {known}")
    status, known = sign_in(lab, ("alice", "LAB.TEST", addc.PASSWORD), "Kerberos", "HTTP/nowhere.lab.test", flags, keys)
    lab.equal("Kerberos: a service nobody has", TARGET, status, str(known))
    status, known = sign_in(lab, ("alice", "LAB.TEST", addc.PASSWORD), "Negotiate", "HOST/srv.lab.test", flags, keys)
    lab.equal("Negotiate: without a ticket for the service it is NTLM, through winbind", (OK, "NTLM"),
              (status, known.get("mechanism")), str(known))
    lab.equal("Negotiate: and the same SID", sids["alice"], (known.get("sids") or [None])[0])


def tool_kerberos(lab):
    """`sspi serve` with the keytab, `sspi logon` with a password and a ticket of its own."""
    for kind, url, more in (("tcp", "tcp://127.0.0.1:{port}", ("--target", "HTTP/web.lab.test", "--package", "negotiate")),
                            ("http", "http://127.0.0.1:{port}/", ("--target", "HTTP/web.lab.test")),
                            ("rdp", "rdp://127.0.0.1:{port}", ("--target", "TERMSRV/web.lab.test", "--accept-changed"))):
        options = ("--package", "negotiate") if kind == "tcp" else ()
        code, said, text = tool(lab, kind, url, "alice@LAB.TEST", addc.PASSWORD, *more, serve=("--keytab", lab.path("web.keytab"), *options))
        lab.equal(f"sspi logon {kind}: a domain account signs in by Kerberos", (0, True, "Kerberos"),
                  (code, said.get("signed_in"), said.get("mechanism")), f"{said} {text}")


def other_users(lab, controller):
    """S4U2Self and S4U2Proxy by the account svc, which may delegate to one service."""
    driver = os.environ.get("KERBEROS_DRIVER")
    if not driver:
        lab.skip("S4U2Self and S4U2Proxy", "KERBEROS_DRIVER is not set")
        return
    controller.keytab("web.keytab", "svc")
    env = dict(lab.env, KRB5CCNAME="FILE:" + lab.path("svc.cc"), KRB5_KTNAME="FILE:" + lab.path("web.keytab"))
    subprocess.run(["kinit", "-f", "-k", "-t", lab.path("web.keytab"), "svc"], env=env, check=False)
    for user, other, wanted in (("alice", "-", 0), ("alice", "TERMSRV/web.lab.test", 0), ("alice", "ldap/dc1.lab.test", 1),
                                ("sensitive", "-", 0), ("sensitive", "TERMSRV/web.lab.test", 1)):
        for channel in ("inproc", "inproc+codec"):
            done = subprocess.run([driver, "s4u", user, "svc@LAB.TEST", other, user + "@LAB.TEST"],
                                  env=dict(env, OPENSSPI_CHANNEL=channel), capture_output=True, text=True, check=False, timeout=60)
            lab.equal(f"S4U: svc for {user}, {'to itself' if other == '-' else other} ({channel})", wanted, min(done.returncode, 1),
                      done.stdout[-300:])


# ---- LDAP with SASL GSS-SPNEGO: sign and seal

def ber(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    return bytes([tag]) + (bytes([n]) if n < 128 else b"\x82" + n.to_bytes(2, "big")) + body


def element(data):
    """(tag, content, rest)"""
    n, head = data[1], 2
    if n & 0x80:
        head += n & 0x7F
        n = int.from_bytes(data[2:head], "big")
    return data[0], data[head:head + n], data[head + n:]


def exactly(s, n):
    data = b""
    while len(data) < n:
        more = s.recv(n - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def ldap_message(s):
    head = exactly(s, 2)
    if head[1] & 0x80:
        head += exactly(s, head[1] & 0x7F)
        return head + exactly(s, int.from_bytes(head[2:], "big"))
    return head + exactly(s, head[1])


def bind(s, end):
    """The whole SASL bind by our end; the server's result code and the client's last status."""
    status, token = end.step(None)
    for number in range(1, 6):
        s.sendall(ber(0x30, ber(2, bytes([number])), ber(0x60, ber(2, b"\3"), ber(4), ber(0xA3, ber(4, b"GSS-SPNEGO"), ber(4, token)))))
        _, body, _ = element(ldap_message(s))
        _, _, rest = element(body)
        _, answer, _ = element(rest)
        _, code, rest = element(answer)
        while rest:
            tag, content, rest = element(rest)
            if tag == 0x87 and status != OK:
                status, token = end.step(content)
        if code != b"\x0e":
            break
    return code[0], status


def ldap(lab, who, target, verb="seal"):
    """Binds and asks, sealed or ("wrap") signed, for the root's naming context; (result code, status, the answer,
    mechanism). Raises when the two did not agree on just that, or something is legible on the wire that should not be."""
    env = dict(lab.env, SSPI_PIPE_FLAGS="e", **({"SSPI_PIPE_PROTECTION": "sign"} if verb == "wrap" else {}))
    end = SspiPipe("client", "Negotiate", target, env, who)
    with socket.create_connection((addc.ADDRESS, 389), timeout=20) as s:
        try:
            code, status = bind(s, end)
            if code or status:
                return code, status, b"", ""
            search = ber(0x30, ber(2, b"\x40"), ber(0x63, ber(4), ber(10, b"\0"), ber(10, b"\0"), ber(2, b"\0"), ber(2, b"\0"), ber(1, b"\0"),
                                                   ber(0x87, b"objectClass"), ber(0x30, ber(4, b"defaultNamingContext"))))
            sent = end.bytes(f"{verb} {search.hex()}")
            s.sendall(len(sent).to_bytes(4, "big") + sent)
            reply = exactly(s, int.from_bytes(exactly(s, 4), "big"))
            opened = end.ask("open " + reply.hex())
            flags = int(end.ask("flags")[1], 16)
            legible = (search in sent, b"DC=lab" in reply)
            if legible != (verb == "wrap",) * 2 or flags & 0x10010 != (0x10000 if verb == "wrap" else 0x10010):
                raise RuntimeError(f"{flags:#x} {sent!r} {reply!r}")
            return code, opened[0], bytes.fromhex(opened[1]), end.ask("mechanism")[1]
        except EOFError:
            return -1, -1, b"closed", ""
        finally:
            end.close()


def directory(lab):
    for mechanism, domain, target in (("NTLM", "LAB", "ldap/" + addc.ADDRESS), ("Kerberos", "LAB.TEST", "ldap/" + addc.HOST)):
        code, status, answer, found = ldap(lab, ("alice", domain, addc.PASSWORD), target)
        lab.equal(f"Samba's LDAP takes our Negotiate with {mechanism}", (0, OK, mechanism), (code, status, found), str(answer))
        lab.check(f"and what is signed and sealed with {mechanism} opens at both ends", b"DC=lab,DC=test" in answer, str(answer))
        code, status, answer, _ = ldap(lab, ("alice", domain, "wrong"), target)
        lab.check(f"a wrong password with {mechanism} binds nobody", (code or status) and not answer, f"{code} {status:#x}")
    # Not with NTLM: there LDAP's servers, Windows' and Samba's, take signing for sealing.
    code, status, answer, found = ldap(lab, ("alice", "LAB.TEST", addc.PASSWORD), "ldap/" + addc.HOST, "wrap")
    lab.equal("Samba's LDAP takes messages that are signed only", (0, OK, "Kerberos"), (code, status, found), str(answer))
    lab.check("and its own, signed only, open here", b"DC=lab,DC=test" in answer, str(answer))


# ---- SMB 2.1, signed with the session key

class Smb:
    """Just enough of a client to sign in and to connect to a share."""

    def __init__(self, s):
        self.socket, self.number, self.session, self.key = s, 0, 0, None

    def signature(self, message):
        return hmac.new(self.key, message[:48] + bytes(16) + message[64:], hashlib.sha256).digest()[:16]

    def call(self, command, body):
        """(status, the answer, was it signed with our key)"""
        message = struct.pack("<4sHHIHHIIQIIQ16s", b"\xfeSMB", 64, 1, 0, command, 1, 8 if self.key else 0, 0, self.number, 0, 0,
                              self.session, b"") + body
        if self.key:
            message = message[:48] + self.signature(message) + message[64:]
        self.number += 1
        self.socket.sendall(len(message).to_bytes(4, "big") + message)
        answer = exactly(self.socket, int.from_bytes(exactly(self.socket, 4), "big"))
        self.session = int.from_bytes(answer[40:48], "little")
        return int.from_bytes(answer[8:12], "little"), answer, bool(self.key) and self.signature(answer) == answer[48:64]

    def sign_in(self, end):
        """The last status of the session's set-up and our end's."""
        self.call(0, struct.pack("<HHHHI16sQH", 36, 1, 1, 0, 0, b"", 0, 0x0210))
        status, token = end.step(None)
        said = 0xC0000016
        while said == 0xC0000016 and token:
            said, answer, _ = self.call(1, struct.pack("<HBBIIHHQ", 25, 0, 1, 0, 0, 88, len(token), 0) + token)
            at, n = struct.unpack_from("<HH", answer, 68)
            if status != OK and said in (0, 0xC0000016):
                status, token = end.step(answer[at:at + n])
        return said, status


def shares(lab):
    path = f"\\\\{addc.HOST}\\sysvol".encode("utf-16le")
    for mechanism, domain, target in (("NTLM", "LAB", "cifs/" + addc.ADDRESS), ("Kerberos", "LAB.TEST", "cifs/" + addc.HOST)):
        for password, good in ((addc.PASSWORD, True), ("wrong", False)):
            end = SspiPipe("client", "Negotiate", target, dict(lab.env, SSPI_PIPE_FLAGS="2"), ("alice", domain, password))
            with socket.create_connection((addc.ADDRESS, 445), timeout=20) as s:
                smb = Smb(s)
                said, status = smb.sign_in(end)
                if not good:
                    lab.check(f"SMB with {mechanism}: a wrong password is nobody's", said or status, f"{said:#x} {status:#x}")
                elif lab.equal(f"SMB with {mechanism}: Samba takes our Negotiate", (0, OK, mechanism),
                               (said, status, end.ask("mechanism")[1])):
                    smb.key = end.bytes("key")[:16]
                    said, _, signed = smb.call(3, struct.pack("<HHHH", 9, 0, 72, len(path)) + path)
                    lab.equal(f"SMB with {mechanism}: what is signed with the session key is right at both ends", (0, True), (said, signed))
            end.close()


# ---- a controller that goes away

def goes_away(lab, controller):
    client = SspiPipe("client", "NTLM", "HOST/srv.lab.test", lab.env, ("alice", "LAB", addc.PASSWORD))
    server = SspiPipe("server", "NTLM", "HOST/srv.lab.test", lab.env)
    _, token = client.step(None)
    _, token = server.step(token)
    _, token = client.step(token)
    lab.check("the controller stops", controller.stop())
    status, _ = server.step(token)
    lab.equal("S19: between two legs of a sign-in it stops: nobody signs in", NO_AUTHORITY, status)
    client.close()
    server.close()
    for name, password in (("right", addc.PASSWORD), ("wrong", "wrong")):
        status, known = sign_in(lab, ("alice", "LAB", password))
        lab.equal(f"S19: without a controller a {name} password does not sign in", NO_AUTHORITY, status, str(known))
    lab.sspi("account", "add", "local", password=addc.PASSWORD)
    status, known = sign_in(lab, ("local", "", addc.PASSWORD))
    lab.equal("but the machine's own accounts do", OK, status, str(known))
    lab.check("the controller is back", controller.start(), lab.log("samba.log"))
    status, known = sign_in(lab, ("alice", "LAB", addc.PASSWORD))
    lab.equal("and its accounts sign in again", OK, status, str(known))


# ---- a member of the domain, by its secure channel

def member(lab, controller, sids):
    machine = addc.Member(lab)
    if not lab.check("a machine joins the domain", machine.join(), lab.log("join.log") + lab.log("member.log")):
        return
    own, os.environ["SSPI_PIPE"] = os.environ["SSPI_PIPE"], machine.pipe()
    alice = ("alice", "LAB", addc.PASSWORD)
    status, known = sign_in(lab, alice)
    lab.equal("member: a domain account signs in", OK, status, str(known))
    lab.equal("member: with its SID", sids["alice"], (known.get("sids") or [None])[0])
    lab.check("member: and each SID once", len(set(known["sids"])) == len(known["sids"]), str(known["sids"]))
    status, known = sign_in(lab, ("alice", "LAB", "wrong"))
    lab.equal("member: not with a wrong password", DENIED, status, str(known))
    for name, conf in (("computer", "netbios name = OTHER\nnetbios domain = LAB"), ("domain", "netbios name = SRV")):
        folder = lab.directory("names-" + name)
        lab.directory(f"names-{name}/etc")
        lab.write(f"names-{name}/etc/opensspi.conf", f"[accounts]\ndomain = winbind\n[lsa]\n{conf}\n")
        env = {"OPENSSPI_HOME": folder, "OPENSSPI_TRACE": lab.path(f"names-{name}.trace")}
        status, _ = sign_in(lab, alice, target="HOST/localhost", server_env=env)
        lab.equal(f"member: a response made for another {name} is refused by the controller", DENIED, status)
        lab.check("member: and the trace says why", "netbios domain" in open(lab.path(f"names-{name}.trace"), encoding="utf-8").read())
    lab.check("member: the controller stops", controller.stop())
    began = time.monotonic()
    status, known = sign_in(lab, alice)
    lab.equal("S19: member: without a controller nobody signs in", NO_AUTHORITY, status, str(known))
    lab.check("member: and nobody waits for ever", time.monotonic() - began < 40, str(time.monotonic() - began))
    lab.check("member: the controller is back", controller.start())
    lab.check("member: and its accounts sign in again", addc.until(30, lambda: sign_in(lab, alice)[0] == OK))
    os.environ["SSPI_PIPE"] = own


def main():
    lab = Lab()
    addc.enter(lab, "a domain's accounts", "samba", "samba-tool", "winbindd", "wbinfo")
    lab.configure(CONF.format(more=""))
    controller = addc.Controller(lab)
    if not controller.provision():
        fail_early(lab, "provision: " + lab.log("provision.log"))
    sids = controller.populate(ACCOUNTS)
    if not controller.start():
        fail_early(lab, "samba: " + lab.log("samba.log"))
    pass_through(lab, sids)
    own_lines(lab)
    states(lab)
    target_names(lab)
    channel_bindings(lab)
    tool_ntlm(lab)
    controller.keytab("web.keytab", "HTTP/web.lab.test", "TERMSRV/web.lab.test")
    kerberos(lab, sids)
    tool_kerberos(lab)
    other_users(lab, controller)
    directory(lab)
    shares(lab)
    goes_away(lab, controller)
    member(lab, controller, sids)
    return lab.finish()


sys.exit(main())
