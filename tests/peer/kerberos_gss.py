#!/usr/bin/env python3
"""Our Kerberos and Negotiate against MIT's GSS-API, both roles: keys, names, messages, delegation, bindings, DCE style.

SSPI_PIPE names our end (tests/peer/sspi_pipe.c), GSS_PIPE theirs (tests/peer/gss_pipe.c)."""
import sys

from kerberos_ends import close_all, is_over, keep, main, ours, theirs
from kerberos_lab import PASSWORD, REALM, GssPipe, sspi_pipe

BAD_BINDINGS, GSS_BAD_BINDINGS = 0x80090346, 0x00040000
ENCTYPES = ("aes256-cts-hmac-sha1-96", "aes128-cts-hmac-sha1-96", "aes256-cts-hmac-sha384-192", "aes128-cts-hmac-sha256-128",
            "arcfour-hmac")
DELEGATE, MUTUAL, DCE_STYLE = 0x1, 0x2, 0x200  # ours; GSS's DCE style is 0x1000


def handshake(client, server):
    """Passes tokens until both are done or one refuses; the two statuses."""
    token, one, other = b"", 1, 1
    for _ in range(8):
        one, token = client.step(token)
        if is_over(one) or not token:
            break
        other, token = server.step(token)
        if is_over(other) or not token:
            break
    return one, other


def signs_in(lab, name, client, server):
    if client.acquired or server.acquired:
        return lab.check(name + ": credentials", False, f"{client.acquired:08x} {server.acquired:08x}")
    one, other = handshake(client, server)
    why = [end.ask("reason")[1] for end in (client, server) if "sspi_pipe" in end.process.args[0]]
    return lab.equal(name + ": signs in", ("00000000", "00000000"), (f"{one:08x}", f"{other:08x}"), str(why))


def altered(text):
    return text[:-2] + f"{int(text[-2:], 16) ^ 1:02x}"


def messages(lab, name, client, server):
    """In turns both ways, sealed whole and by parts, signed; then one that was changed."""
    gss = client if isinstance(client, GssPipe) else server
    faults = []
    for number in range(6):
        one, other = (client, server) if number % 2 == 0 else (server, client)
        text = (f"message {number} " * (1 + number * 90)).encode().hex()
        seal = "iovseal " if one is gss and number > 1 else "seal "
        opening = "iovopen " if other is gss and number > 1 else "open "
        status, sealed = one.ask(seal + text)
        if status or text[:32] in sealed or other.ask(opening + sealed) != (0, text):
            faults.append(f"{number} {seal}{opening}{status:08x}")
        status, signature = one.ask("sign " + text)
        if status or other.ask(f"verify {signature} {text}")[0]:
            faults.append(f"{number} sign {status:08x}")
    lab.check(name + ": sealed and signed messages pass both ways", not faults, str(faults))
    for one, other in ((client, server), (server, client)):
        sealed = one.ask("seal " + b"altered".hex())[1]
        lab.check(name + ": an altered message is refused", other.ask("open " + altered(sealed))[0] != 0)
        status, signature = one.ask("sign " + b"signed".hex())
        lab.check(name + ": and an altered signature", other.ask(f"verify {altered(signature)} {b'signed'.hex()}")[0] != 0)


def agrees(lab, name, client, server):
    keys = [end.ask("key") for end in (client, server)]
    lab.check(name + ": both hold the same session key", keys[0][1] and keys[0][1] == keys[1][1], str(keys))
    said = server.ask("name")[1]
    wanted = ("alice@" + REALM, REALM + "\\alice", "LAB\\alice")
    lab.check(name + ": the server knows who it is", said.lower() in [w.lower() for w in wanted], said)


def pairs(lab, package, mechanism):
    """(name, our end as a client, their server), and the other way round; made when they are taken."""
    yield f"our {package} client, their {mechanism} server", ours(lab, "client", package), theirs(lab, "server", mechanism)
    yield f"their {mechanism} client, our {package} server", theirs(lab, "client", mechanism), ours(lab, "server", package)


def plain(lab, package, mechanism):
    for name, client, server in pairs(lab, package, mechanism):
        if signs_in(lab, name, client, server):
            agrees(lab, name, client, server)
            messages(lab, name, client, server)
            for end in (client, server):
                if not isinstance(end, GssPipe):
                    lab.equal(name + ": the mechanism", "Kerberos", end.ask("mechanism")[1])
        close_all()


def with_password(lab):
    """No tickets: ours gets them with a password, in either spelling of the name."""
    for who in (("alice", REALM, PASSWORD), (f"alice@{REALM}", "", PASSWORD), ("alice", REALM.lower(), PASSWORD)):
        client = keep(sspi_pipe(lab, "client", "Kerberos", who=who, KRB5CCNAME="FILE:" + lab.path("none")))
        server = theirs(lab, "server", "krb5")
        if signs_in(lab, f"our client as {who[0]} of {who[1] or 'its realm'}", client, server):
            agrees(lab, "by password", client, server)
        close_all()


def enctypes(lab, realm):
    for enctype in ENCTYPES:
        service = "svc" + enctype[:6].replace("-", "") + enctype[-3:]
        realm.own_service(f"{service}/localhost", enctypes=enctype + ":normal")
        client = ours(lab, "client", "Kerberos", service + "/localhost")
        server = theirs(lab, "server", "krb5")
        if signs_in(lab, f"{enctype}: our client", client, server):
            agrees(lab, enctype, client, server)
            messages(lab, enctype, client, server)
        close_all()
        client = theirs(lab, "client", "krb5", service + "@localhost")
        server = ours(lab, "server", "Kerberos")
        if signs_in(lab, f"{enctype}: our server", client, server):
            agrees(lab, enctype, client, server)
            messages(lab, enctype, client, server)
        close_all()


def delegation(lab, realm, package, mechanism):
    """Like Windows, to servers that the KDC trusts with it (ok-as-delegate), and when it was asked for."""
    for case, trusted, flags, good in (("trusted, asked for", "+", DELEGATE | MUTUAL, True), ("trusted, not asked for", "+", MUTUAL, False),
                                       ("not trusted, asked for", "-", DELEGATE | MUTUAL, False)):
        realm.kadmin(f"modprinc {trusted}ok_as_delegate host/localhost")
        realm.tickets("alice", PASSWORD, "-f")
        client = ours(lab, "client", package, SSPI_PIPE_FLAGS=f"{flags:x}")
        server = theirs(lab, "server", mechanism)
        name = f"{package}: delegation, {case}"
        if signs_in(lab, name, client, server):
            lab.equal(f"{name}: whose ticket their server has", "alice@" + REALM if good else "", server.ask("delegated")[1])
            lab.equal(f"{name}: our client knows", good, bool(int(client.ask("flags")[1], 16) & DELEGATE))
        close_all()
    client = theirs(lab, "client", mechanism, GSS_PIPE_FLAGS=f"{DELEGATE:x}")
    server = ours(lab, "server", package)
    if signs_in(lab, f"{package}: their client delegates", client, server):
        lab.check(f"{package}: our server knows", int(server.ask("flags")[1], 16) & DELEGATE, server.ask("flags")[1])
    close_all()


def bindings(lab, package, mechanism):
    here, there = (b"tls-server-end-point:" + bytes([n]) * 32 for n in (1, 2))
    for name, one, other, good in (("the same channel", here, here, True), ("another channel", here, there, False)):
        client = ours(lab, "client", package, SSPI_PIPE_BINDINGS=one.hex())
        server = theirs(lab, "server", mechanism, GSS_PIPE_BINDINGS=other.hex())
        statuses = handshake(client, server)
        lab.equal(f"{package}: bindings of {name}, our client", 0 if good else GSS_BAD_BINDINGS, statuses[1])
        close_all()
        client = theirs(lab, "client", mechanism, GSS_PIPE_BINDINGS=one.hex())
        server = ours(lab, "server", package, SSPI_PIPE_BINDINGS=other.hex())
        statuses = handshake(client, server)
        lab.equal(f"{package}: bindings of {name}, our server", 0 if good else BAD_BINDINGS, statuses[1])
        close_all()


def binding_levels(lab):
    """A client that sends none is let in as the policy says."""
    here = (b"tls-server-end-point:" + bytes(32)).hex()
    for level, good in (("never", True), ("when-supported", True), ("always", False)):
        lab.configure(f"[policy]\nChannelBinding = {level}\n")
        client = theirs(lab, "client", "krb5")
        server = ours(lab, "server", "Kerberos", SSPI_PIPE_BINDINGS=here)
        lab.equal(f"no bindings, policy {level}", 0 if good else BAD_BINDINGS, handshake(client, server)[1])
        close_all()
    lab.configure("")


def dce_style(lab):
    client = ours(lab, "client", "Kerberos", SSPI_PIPE_FLAGS=f"{DCE_STYLE | MUTUAL:x}")
    server = theirs(lab, "server", "krb5")
    if signs_in(lab, "DCE style: our client", client, server):
        agrees(lab, "DCE style", client, server)
    close_all()
    client = theirs(lab, "client", "krb5", GSS_PIPE_FLAGS="1000")
    server = ours(lab, "server", "Kerberos", SSPI_PIPE_FLAGS=f"{DCE_STYLE:x}")
    if signs_in(lab, "DCE style: our server", client, server):
        agrees(lab, "DCE style", client, server)
    close_all()


def one_way(lab):
    """Without mutual authentication one token is all."""
    client = ours(lab, "client", "Kerberos")
    server = theirs(lab, "server", "krb5")
    status, token = client.step(b"")
    lab.equal("one way: our client is done with one token", 0, status)
    lab.equal("one way: their server too", 0, server.step(token)[0])
    messages(lab, "one way", client, server)
    close_all()


def replays_and_truncations(lab):
    """The same token a second time, and tokens that are cut or changed, are refused."""
    client = ours(lab, "client", "Kerberos", SSPI_PIPE_FLAGS=f"{MUTUAL:x}")
    token = client.step(b"")[1]
    close_all()
    lab.equal("a token the first time", 0, ours(lab, "server", "Kerberos").step(token)[0])
    lab.check("the same token a second time", is_over(ours(lab, "server", "Kerberos").step(token)[0]))
    for n in (0, 1, 4, 16, 40, len(token) // 2, len(token) - 1):
        status = ours(lab, "server", "Kerberos").step(token[:n])[0]
        lab.check(f"{n} bytes of a token", is_over(status), f"{status:08x}")
    for at in range(0, len(token), max(1, len(token) // 24)):
        changed = token[:at] + bytes([token[at] ^ 0x20]) + token[at + 1:]
        status = ours(lab, "server", "Kerberos").step(changed)[0]
        lab.check(f"a token, byte {at} changed", is_over(status), f"{status:08x}")
        close_all()


def tampered_messages(lab, package, mechanism):
    """s34: a wrap token whose flags, EC, RRC, number or length were changed; then a good one."""
    for name, client, server in pairs(lab, package, mechanism):
        handshake(client, server)
        gss, own = (client, server) if isinstance(client, GssPipe) else (server, client)
        text = (b"tampered with " * 5).hex()
        sealed = bytes.fromhex(gss.ask("seal " + text)[1])
        wrong = [sealed[:at] + bytes([sealed[at] ^ bit]) + sealed[at + 1:] for at in range(len(sealed)) for bit in (0x01, 0x80)]
        wrong += [sealed[:n] for n in range(len(sealed))] + [sealed + b"\0", sealed + sealed]
        wrong += [sealed[:4] + ec + sealed[6:] for ec in (b"\0\1", b"\0\x10", b"\xff\xff", b"\x80\0")]
        wrong += [sealed[:6] + rrc + sealed[8:] for rrc in (b"\0\1", b"\0\x1c", b"\xff\xff", b"\x7f\xff")]
        odd = {f"{own.ask('open ' + w.hex())[0]:08x}" for w in wrong if w != sealed}
        lab.check(f"s34: {name}: {len(wrong)} tampered messages are refused", odd <= {"8009030f", "80090308", "80090310", "80090318"}, str(odd))
        lab.equal(f"s34: {name}: and the right one opens", (0, text), own.ask("open " + sealed.hex()))
        status, signature = gss.ask("sign " + text)
        mic = bytes.fromhex(signature)
        wrong = [mic[:at] + bytes([mic[at] ^ 0x10]) + mic[at + 1:] for at in range(len(mic))] + [mic[:n] for n in range(1, len(mic))] + [mic + b"\0"]
        odd = {f"{own.ask(f'verify {w.hex()} {text}')[0]:08x}" for w in wrong}
        lab.check(f"s34: {name}: {len(wrong)} tampered signatures are refused", odd <= {"8009030f", "80090308", "80090310", "80090318"}, str(odd))
        lab.equal(f"s34: {name}: and the right one verifies", 0, own.ask(f"verify {signature} {text}")[0])
        close_all()


def run(lab, realm):
    plain(lab, "Kerberos", "krb5")
    plain(lab, "Negotiate", "spnego-krb5")
    one_way(lab)
    with_password(lab)
    enctypes(lab, realm)
    delegation(lab, realm, "Kerberos", "krb5")
    delegation(lab, realm, "Negotiate", "spnego-krb5")
    bindings(lab, "Kerberos", "krb5")
    bindings(lab, "Negotiate", "spnego-krb5")
    binding_levels(lab)
    dce_style(lab)
    replays_and_truncations(lab)
    tampered_messages(lab, "Kerberos", "krb5")
    tampered_messages(lab, "Negotiate", "spnego-krb5")


if __name__ == "__main__":
    sys.exit(main("kerberos_gss", run, "-f"))
