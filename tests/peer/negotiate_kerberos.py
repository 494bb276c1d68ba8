#!/usr/bin/env python3
"""Negotiate with a real realm: Kerberos where it can be, NTLM where the rules allow, and what is said of it.

SSPI_PIPE names our end (tests/peer/sspi_pipe.c), GSS_PIPE MIT's (tests/peer/gss_pipe.c), SSPI the tool."""
import os
import sys

from kerberos_ends import close_all, is_over, main, ours, theirs
from kerberos_lab import PASSWORD, REALM, GssPipe

LOGON_DENIED, NO_CREDENTIALS, UNSUPPORTED = 0x8009030C, 0x8009030E, 0x80090302
NTLM_BLOCKED = 0xC0000418
MUTUAL, USE_SESSION_KEY, DCE_STYLE = 0x2, 0x20, 0x200
ALICE = ("alice", REALM, PASSWORD)


def handshake(client, server):
    """Passes tokens until both are done or one refuses; the two statuses and how many legs the client took."""
    token, one, other, legs = b"", 1, 1, 0
    while legs < 8:
        one, token = client.step(token)
        legs += 1
        if is_over(one) or not token:
            break
        other, token = server.step(token)
        if not token:
            break
        if is_over(other):
            one, token = client.step(token)
            break
    return one, other, legs


def outcome(lab, name, client, server, mechanism, why=None):
    """Signs in by that mechanism; `why` is to be in the client's reason, None: it has none."""
    if client.acquired or server.acquired:
        return lab.check(name + ": credentials", False, f"{client.acquired:08x} {server.acquired:08x} {client.ask('reason')}")
    one, other, _ = handshake(client, server)
    said = [end.ask("reason")[1] for end in (client, server) if not isinstance(end, GssPipe)]
    lab.equal(name + ": signs in", ("00000000", "00000000"), (f"{one:08x}", f"{other:08x}"), str(said))
    if one or other:
        return False
    for end in (client, server):
        if not isinstance(end, GssPipe):
            lab.equal(name + ": the mechanism", mechanism, end.ask("mechanism")[1])
    if not isinstance(client, GssPipe):
        status, text = client.ask("why")
        if why is None:
            lab.check(name + ": nothing to explain", status in (NO_CREDENTIALS, UNSUPPORTED), f"{status:08x} {text}")
        else:
            lab.check(name + ": the reason", status == 0 and why in text, f"{status:08x} {text}")
    keys = [end.ask("key")[1][:32] for end in (client, server)]
    lab.check(name + ": one key", keys[0] and keys[0] == keys[1], str(keys))
    if "DCE" in name and isinstance(server, GssPipe):
        return True
    sealed = client.ask("seal " + b"a message".hex())[1]
    return lab.equal(name + ": a message passes", (0, b"a message".hex()), server.ask("open " + sealed))


def refused(lab, name, client, status, reason):
    """The client's first step fails so, and says why."""
    if client.acquired:
        got = client.acquired
    else:
        got = client.step(b"")[0]
    text = client.ask("reason")[1]
    lab.equal(name, f"{status:08x}", f"{got:08x}", text)
    for words in reason:
        lab.check(f"{name}: it says \"{words}\"", words in text, text)
    close_all()


def kerberos(lab):
    """Both of ours, and MIT's SPNEGO in either role, with tickets and with a password."""
    for name, client, server in (
            ("ours", ours(lab, "client"), ours(lab, "server")),
            ("ours by password", ours(lab, "client", who=ALICE), ours(lab, "server")),
            ("ours mutually", ours(lab, "client", SSPI_PIPE_FLAGS=f"{MUTUAL:x}"), ours(lab, "server")),
            ("ours to MIT's SPNEGO", ours(lab, "client"), theirs(lab, "server")),
            ("ours mutually to MIT's SPNEGO", ours(lab, "client", SSPI_PIPE_FLAGS=f"{MUTUAL:x}"), theirs(lab, "server")),
            ("MIT's SPNEGO to ours", theirs(lab, "client"), ours(lab, "server")),
            ("MIT's bare Kerberos to ours", theirs(lab, "client", "krb5"), ours(lab, "server"))):
        outcome(lab, name, client, server, "Kerberos")
    close_all()


def dce_style(lab):
    outcome(lab, "DCE style: ours", ours(lab, "client", SSPI_PIPE_FLAGS=f"{DCE_STYLE | MUTUAL:x}"),
            ours(lab, "server", SSPI_PIPE_FLAGS=f"{DCE_STYLE:x}"), "Kerberos")
    outcome(lab, "DCE style: ours to MIT's SPNEGO", ours(lab, "client", SSPI_PIPE_FLAGS=f"{DCE_STYLE | MUTUAL:x}"),
            theirs(lab, "server"), "Kerberos")
    outcome(lab, "DCE style: MIT's SPNEGO to ours", theirs(lab, "client", GSS_PIPE_FLAGS="1002"),
            ours(lab, "server", SSPI_PIPE_FLAGS=f"{DCE_STYLE:x}"), "Kerberos")
    close_all()


def other_choices(lab):
    """MIT's SPNEGO that has NTLM alone (gss-ntlmssp): it chooses another mechanism than our first, or offers no better."""
    users = lab.write("users", f"LAB:alice:{PASSWORD}\n{REALM}:alice:{PASSWORD}\n")
    os.chmod(users, 0o600)
    env = dict(NTLM_USER_FILE=users, GSS_PIPE_USER="LAB\\alice", NETBIOS_COMPUTER_NAME="PEER")
    server = theirs(lab, "server", "spnego", **env)
    if server.acquired:
        lab.skip("a server that has NTLM alone", "gss-ntlmssp is not installed")
        return close_all()
    outcome(lab, "a server that has NTLM alone", ours(lab, "client", who=ALICE), server, "NTLM",
            "Kerberos: the server chose another mechanism")
    outcome(lab, "a client that has NTLM alone", theirs(lab, "client", "spnego", **env), ours(lab, "server"), "NTLM")
    return close_all()


def fallbacks(lab, realm):
    """Everything that leads on to NTLM; the account is known to the server's file too."""
    none = "FILE:" + lab.path("none.keytab")
    outcome(lab, "a server without a key", ours(lab, "client", who=ALICE), ours(lab, "server", KRB5_KTNAME=none), "NTLM",
            "Kerberos: the server chose another mechanism")
    server = ours(lab, "server", KRB5_KTNAME=none)
    client = ours(lab, "client", who=ALICE)
    handshake(client, server)
    lab.check("a server without a key knows why", "none.keytab" in server.ask("why")[1], server.ask("why")[1])
    outcome(lab, "an unknown service", ours(lab, "client", target="cifs/localhost", who=ALICE), ours(lab, "server"), "NTLM",
            "cifs/localhost")
    outcome(lab, "an address", ours(lab, "client", target="host/127.0.0.1", who=ALICE), ours(lab, "server"), "NTLM",
            "address")
    outcome(lab, "an account of the server's", ours(lab, "client", who=("bob", "", PASSWORD)), ours(lab, "server"), "NTLM", "bob")
    outcome(lab, "a local account", ours(lab, "client", who=("bob", ".", PASSWORD)), ours(lab, "server"), "NTLM", "machine's own")
    outcome(lab, "another realm", ours(lab, "client", who=("bob", "NOWHERE.TEST", PASSWORD)), ours(lab, "server"), "NTLM",
            "NOWHERE.TEST")
    close_all()
    realm.stop_kdc()
    outcome(lab, "without a KDC", ours(lab, "client", who=ALICE), ours(lab, "server"), "NTLM", "KDC")
    close_all()
    lab.check("the KDC is back", realm.start_kdc())


def no_fallbacks(lab, realm):
    """What is wrong with the account or the clock is told; NTLM would have let the first one in."""
    realm.kadmin("addprinc -pw otherpw carol", f"addprinc -pw {PASSWORD} -expire yesterday dave")
    refused(lab, "a wrong password", ours(lab, "client", who=("carol", REALM, PASSWORD)), LOGON_DENIED, ())
    refused(lab, "an expired account", ours(lab, "client", who=("dave", REALM, PASSWORD)), 0xC0000193, ())


def blocked(lab):
    """KerberosOnly and FIPS: NTLM in neither role, and the reason says what Kerberos lacked."""
    for setting, words in (("KerberosOnly", "KerberosOnly"), ("FipsAlgorithmPolicy", "FIPS")):
        lab.configure(f"[policy]\n{setting} = 1\n")
        outcome(lab, f"{setting}: Kerberos", ours(lab, "client"), ours(lab, "server"), "Kerberos")
        for role in ("client", "server"):
            refused(lab, f"{setting}: NTLM's {role}", ours(lab, role, "NTLM", who=ALICE), NTLM_BLOCKED, (words,))
        refused(lab, f"{setting}: an unknown service", ours(lab, "client", target="HTTP/nowhere.lab.test", who=ALICE),
                NTLM_BLOCKED, ("Kerberos: ", "HTTP/nowhere.lab.test", words))
        refused(lab, f"{setting}: a wrong password", ours(lab, "client", who=("carol", REALM, PASSWORD)), LOGON_DENIED, ())
        none = "FILE:" + lab.path("none.keytab")
        refused(lab, f"{setting}: a server without a key", ours(lab, "server", KRB5_KTNAME=none), NTLM_BLOCKED,
                ("none.keytab", words))
        server = ours(lab, "server")
        lab.configure("")
        client = ours(lab, "client", "NTLM", who=ALICE)
        status = server.step(client.step(b"")[1])[0]
        lab.equal(f"{setting}: a client's NTLM is refused", f"{NTLM_BLOCKED:08x}", f"{status:08x}")
        lab.check(f"{setting}: and says so", words in server.ask("reason")[1], server.ask("reason")[1])
        close_all()


def user_to_user(lab, realm):
    """A server without a key signs people in by its own ticket-granting ticket."""
    both = dict(SSPI_PIPE_BOTH="1", SSPI_PIPE_FLAGS=f"{USE_SESSION_KEY:x}")
    outcome(lab, "a credential for both roles, without a ticket", ours(lab, "client"),
            ours(lab, "server", SSPI_PIPE_BOTH="1", KRB5CCNAME="FILE:" + lab.path("none")), "Kerberos")
    none = "FILE:" + lab.path("none.keytab")
    client = dict(target="alice@" + REALM, SSPI_PIPE_FLAGS=f"{USE_SESSION_KEY:x}")
    for name, keytab in (("user to user", none), ("user to user, with a key besides", realm.path("keytab"))):
        for package in ("Kerberos", "Negotiate"):
            outcome(lab, f"{name}: {package}", ours(lab, "client", package, **client),
                    ours(lab, "server", package, KRB5_KTNAME=keytab, **both), "Kerberos")
    close_all()


def channels(lab):
    for channel in ("inproc", "inproc+codec"):
        env = dict(OPENSSPI_CHANNEL=channel)
        outcome(lab, channel, ours(lab, "client", **env), ours(lab, "server", **env), "Kerberos")
        outcome(lab, channel + ": an unknown service",
                ours(lab, "client", target="cifs/localhost", who=ALICE, **env), ours(lab, "server", **env), "NTLM",
                "cifs/localhost")
        close_all()


def run(lab, realm):
    for user, domains in (("alice", (REALM, "LAB")), ("bob", ("", ".", "NOWHERE.TEST")), ("carol", (REALM,))):
        for domain in domains:
            lab.sspi("account", "add", user, *(("--domain", domain) if domain else ()), password=PASSWORD)
    kerberos(lab)
    dce_style(lab)
    channels(lab)
    user_to_user(lab, realm)
    other_choices(lab)
    fallbacks(lab, realm)
    no_fallbacks(lab, realm)
    blocked(lab)


if __name__ == "__main__":
    sys.exit(main("negotiate_kerberos", run))
