#!/usr/bin/env python3
"""Kerberos as programs use it, in a realm of MIT's: tickets, logons, delegation, passwords, and every way it fails.

KERBEROS_DRIVER is tests/peer/kerberos_driver.c, SSPI_PIPE tests/peer/sspi_pipe.c."""
import os
import pwd
import shutil
import subprocess
import sys

import kerberos_pkinit
from kerberos_lab import PASSWORD, REALM, Realm, krb_missing, sspi_pipe
from lib import Lab, fail_early, missing

CONTINUE_NEEDED = 0x00090312
OK, NO_CREDENTIALS, TARGET_UNKNOWN, LOGON_DENIED = 0, 0x8009030E, 0x80090303, 0x8009030C
NO_AUTHORITY, CONTEXT_EXPIRED, TIME_SKEW, WRONG_PRINCIPAL = 0x80090311, 0x80090317, 0x80090324, 0x80090322
CRYPTO_INVALID = 0x80090337
UNKNOWN_CREDENTIALS, UNSUPPORTED, PACKAGE_NOT_FOUND = 0x8009030D, 0x80090302, 0x80090305
PASSWORD_RESTRICTION = 0xC000006C
MUTUAL = "2"
NAME = "alice@" + REALM


def drive(lab, title, *args, **env):
    """Runs the driver; its lines become cases."""
    try:
        done = subprocess.run([os.environ["KERBEROS_DRIVER"], *args], env=dict(lab.env, **env), capture_output=True, timeout=60,
                              check=False)
    except subprocess.TimeoutExpired:
        lab.check(f"{title}: ends", False, "took too long")
        return
    lines = done.stdout.decode(errors="replace").splitlines()
    said = "; ".join(line[2:] for line in lines if line.startswith("# "))
    for line in lines:
        if line.startswith("ok "):
            lab.check(f"{title}: {line[3:]}", True)
        elif line.startswith("FAIL "):
            lab.check(f"{title}: {line[5:]}", False, said)
    lab.check(f"{title}: comes to an end", done.returncode in (0, 1) and lines, done.stderr.decode(errors="replace")[-300:])


def first_status(lab, who, target, **env):
    """What InitializeSecurityContext says to that client at first, and why."""
    client = sspi_pipe(lab, "client", "Kerberos", target, who, SSPI_PIPE_FLAGS=MUTUAL, **env)
    if client.acquired:
        client.close()
        return client.acquired, "acquiring"
    status = client.step(b"")[0]
    why = client.ask("reason")[1]
    client.close()
    return status, why


def fails(lab, name, wanted, who, target="host/localhost", **env):
    """One failure: its status, and that there is a sentence with it."""
    status, why = first_status(lab, who, target, **env)
    lab.equal(f"{name}: its status", f"{wanted:08x}", f"{status:08x}", why)
    if wanted not in (OK, CONTINUE_NEEDED):
        lab.check(f"{name}: is explained", len(why) > 8, why)


def channels(lab, realm):
    for channel in ("inproc", "inproc+codec"):
        realm.tickets("alice", PASSWORD, "-f")
        env = {"OPENSSPI_CHANNEL": channel}
        drive(lab, f"messages ({channel})", "calls", "host/localhost", REALM, **env)
        realm.tickets("alice", PASSWORD, "-f")
        drive(lab, f"delegation ({channel})", "delegate", "host/localhost", "ldap/localhost", NAME, **env)
        drive(lab, f"logon ({channel})", "logon", "alice", REALM, PASSWORD, "host/localhost", NAME, KRB5CCNAME="FILE:/none", **env)
        drive(lab, f"fork ({channel})", "fork", "host/localhost", NAME, **env)
        drive(lab, f"no cache ({channel})", "nothing", KRB5CCNAME="FILE:/none", **env)


def caches(lab, realm):
    """The kinds of caches that need no daemon; the keyring where the kernel has one."""
    for kind in ("FILE:" + realm.path("kind"), "DIR:" + lab.directory("kinds"), "KEYRING:user:opensspi-test"):
        script = 'kinit -f alice <"$1" >/dev/null 2>&1 || exit 9; "$KERBEROS_DRIVER" calls host/localhost ' + REALM + "; r=$?; kdestroy -q; exit $r"
        word = lab.write("word", PASSWORD + "\n")
        done = subprocess.run(["sh", "-c", script, "sh", word], env=dict(lab.env, KRB5CCNAME=kind), capture_output=True, text=True,
                              check=False, timeout=60)
        title = "cache " + kind.split(":", maxsplit=1)[0]
        if done.returncode == 9:
            lab.skip(title, "kinit makes none of that kind here")
        else:
            lab.check(title, done.returncode == 0, done.stdout[-400:])


def services(lab, realm):
    realm.tickets("alice", PASSWORD, "-f")
    drive(lab, "a service's principal", "principal", "http/localhost", "0", NAME, "host/localhost")
    drive(lab, "a principal without a key", "principal", "nfs/localhost", f"{NO_CREDENTIALS:08x}", NAME, "host/localhost")
    drive(lab, "a service in both roles", "both", "http/localhost", "host/localhost", "http/localhost@" + REALM)
    status = sspi_pipe(lab, "server", "Kerberos", KRB5_KTNAME="FILE:/none").acquired
    lab.equal("no keytab: its status", f"{NO_CREDENTIALS:08x}", f"{status:08x}")


def fips(lab, realm):
    """RC4 is as good as any other, until it is forbidden."""
    realm.own_service("rc4/localhost", enctypes="arcfour-hmac:normal")
    realm.tickets("alice", PASSWORD, "-f")
    fails(lab, "RC4", CONTINUE_NEEDED, ("", "", ""), "rc4/localhost")
    lab.configure("[policy]\nFipsAlgorithmPolicy = 1\n")
    client = sspi_pipe(lab, "client", "Kerberos", "rc4/localhost")
    lab.equal("RC4 in FIPS mode", f"{CRYPTO_INVALID:08x}", f"{client.step(b'')[0]:08x}")
    client.close()
    fails(lab, "AES in FIPS mode", CONTINUE_NEEDED, ("", "", ""))
    lab.configure("")


def other_users(lab, realm):
    """S4U2Self and S4U2Proxy by the service host/localhost."""
    realm.kadmin("modprinc +ok_to_auth_as_delegate host/localhost")
    realm.user("carol", "x" + PASSWORD)
    env = {"KRB5CCNAME": "FILE:" + realm.path("service-cc")}
    subprocess.run(["kinit", "-f", "-k", "-t", realm.path("keytab"), "host/localhost"], env=dict(lab.env, **env), check=False)
    drive(lab, "for another user", "s4u", "carol", "host/localhost", "-", "carol@" + REALM, **env)


def user_to_user(lab, realm):
    realm.tickets("alice", PASSWORD, "-f")
    drive(lab, "user to user", "user2user", NAME, NAME, KRB5_KTNAME="FILE:/none")


def by_way_of_the_server(lab):
    drive(lab, "IAKERB", "iakerb", "alice", REALM, PASSWORD, "host/localhost", NAME, KRB5CCNAME="FILE:/none")


def saved(lab, realm):
    """Whose tickets are used when nobody says: saved for the target, the cache's, the default."""
    realm.user("saved", PASSWORD)
    realm.user("standard", PASSWORD)
    code, _, err = lab.sspi("cred", "add", "host/localhost", "--user", f"saved@{REALM}", password=PASSWORD)
    if code:
        lab.skip("saved credentials", err.strip()[:80])
        return
    lab.sspi("cred", "add", "elsewhere", "--user", f"standard@{REALM}", password=PASSWORD)
    lab.sspi("cred", "default", "elsewhere")
    for title, target, who, cache in (("saved for the target", "host/localhost", "saved", "cc"),
                                      ("the cache's", "ldap/localhost", "alice", "cc"),
                                      ("the default", "ldap/localhost", "standard", "none")):
        client = sspi_pipe(lab, "client", "Kerberos", target, KRB5CCNAME="FILE:" + realm.path(cache))
        server = sspi_pipe(lab, "server", "Kerberos")
        status, token = client.step(b"")
        if status == 0:
            server.step(token)
        said = server.ask("name")[1].lower()
        lab.check(f"whose tickets: {title}", who in said, f"{status:08x} {said} {client.ask('reason')[1]}")
        client.close()
        server.close()
    lab.sspi("cred", "delete", "host/localhost")
    lab.sspi("cred", "delete", "elsewhere")


def accounts(lab, realm):
    """What the KDC says of an account, through SSPI."""
    here = ("alice", REALM, PASSWORD)
    realm.no_tickets()
    fails(lab, "a right password", CONTINUE_NEEDED, here)
    fails(lab, "a wrong password", LOGON_DENIED, ("alice", REALM, "wrong"))
    fails(lab, "an unknown user", LOGON_DENIED, ("nobody", REALM, "x"))
    fails(lab, "an unknown service", TARGET_UNKNOWN, here, "nfs/localhost")
    fails(lab, "an unknown host", TARGET_UNKNOWN, here, "host/elsewhere.example")
    fails(lab, "no tickets", NO_CREDENTIALS, ("", "", ""))
    fails(lab, "a realm that nobody knows", NO_AUTHORITY, ("alice", "NOWHERE.TEST", PASSWORD))
    for user, options, name in (("disabled", "-allow_tix", "a disabled account"), ("expired", "-expire yesterday", "an expired account"),
                                ("aged", "-pwexpire yesterday", "an expired password")):
        realm.user(user, PASSWORD)
        realm.kadmin(f"modprinc {options} {user}")
        status, why = first_status(lab, (user, REALM, PASSWORD), "host/localhost")
        lab.check(f"{name}: is refused for a reason of its own", status >> 28 in (8, 12) and status not in (LOGON_DENIED, NO_CREDENTIALS)
                  and len(why) > 8, f"{status:08x} {why}")


def times(lab, realm):
    realm.tickets("alice", PASSWORD, "-f", "-l", "2s", cache="short")
    env = {"KRB5CCNAME": "FILE:" + realm.path("short")}
    subprocess.run(["sleep", "3"], check=False)
    fails(lab, "tickets that have ended", CONTEXT_EXPIRED, ("", "", ""), **env)


def servers_refuse(lab, realm):
    realm.tickets("alice", PASSWORD, "-f")
    other = realm.service("other/localhost", keytab="other.keytab")
    client = sspi_pipe(lab, "client", "Kerberos", "host/localhost", SSPI_PIPE_FLAGS=MUTUAL)
    token = client.step(b"")[1]
    server = sspi_pipe(lab, "server", "Kerberos", KRB5_KTNAME=other)
    status, answer = server.step(token)
    lab.equal("a ticket for another service: its status", f"{WRONG_PRINCIPAL:08x}", f"{status:08x}", server.ask("reason")[1])
    lab.check("a ticket for another service: the client is told", len(answer) > 20)
    told = client.step(answer)[0] if answer else 0
    lab.check("a ticket for another service: the client understands", told >> 28 == 8, f"{told:08x}")
    client.close()
    server.close()


def passwords(lab, realm):
    realm.user("dave", "first" + PASSWORD)
    realm.kadmin("addpol -minlength 8 strict", "modprinc -policy strict dave")
    rows = (("Kerberos", "dave", "wrong", "x" + PASSWORD, f"{LOGON_DENIED:08x}", "a wrong old one"),
            ("Kerberos", "dave", "first" + PASSWORD, "short", f"{PASSWORD_RESTRICTION:08x}", "one that the realm does not like"),
            ("Kerberos", "dave", "first" + PASSWORD, "second" + PASSWORD, "0", "a good one"),
            ("Negotiate", "dave", "second" + PASSWORD, "third" + PASSWORD, "0", "by Negotiate"),
            ("NTLM", "dave", "x", "y", f"{UNSUPPORTED:08x}", "by NTLM"),
            ("Nobody", "dave", "x", "y", f"{PACKAGE_NOT_FOUND:08x}", "by nobody"))
    for package, user, old, new, wanted, name in rows:
        drive(lab, f"passwords: {name}", "passwd", package, REALM, user, old, new, wanted)
    realm.no_tickets()
    fails(lab, "passwords: the new one counts", CONTINUE_NEEDED, ("dave", REALM, "third" + PASSWORD))
    fails(lab, "passwords: the old one does not", LOGON_DENIED, ("dave", REALM, "first" + PASSWORD))


def without_a_kdc(lab, realm):
    realm.stop_kdc()
    realm.no_tickets()
    fails(lab, "no KDC", NO_AUTHORITY, ("alice", REALM, PASSWORD))
    realm.start_kdc()
    fails(lab, "it is there again", CONTINUE_NEEDED, ("alice", REALM, PASSWORD))


def certificates(lab):
    """A realm that takes certificates: a card's logon, and a marshalled one by krb5.conf's own identity."""
    why = missing("openssl") or ("" if os.path.exists(kerberos_pkinit.PLUGIN) else "krb5-pkinit is not installed")
    if why:
        lab.skip("certificates", why)
        return
    me = pwd.getpwuid(os.getuid()).pw_name
    issuer = kerberos_pkinit.authority(lab, "issuer")
    served = kerberos_pkinit.certificate(lab, "kdc", "kdc", issuer)
    cards = {user: kerberos_pkinit.certificate(lab, "card-" + user, "client", issuer, user) for user in ("alice", me)}
    realm = Realm(lab, server=f"pkinit_identity = FILE:{served[0]},{served[1]}\n  pkinit_anchors = FILE:{issuer[0]}",
                  client=f"pkinit_anchors = FILE:{issuer[0]}\n  pkinit_identities = FILE:{cards[me][0]},{cards[me][1]}")
    if not realm.begin():
        lab.check("certificates: the KDC starts", False, realm.log())
        return
    for user in cards:
        realm.user(user, PASSWORD)
        realm.kadmin(f"modprinc +requires_preauth {user}")
    realm.service("host/localhost")
    drive(lab, "a card's logon", "card", "alice", REALM, "", f"FILE:{cards['alice'][0]},{cards['alice'][1]}", "host/localhost", NAME)
    fails(lab, "a marshalled certificate", CONTINUE_NEEDED, ("@@BQ8AAAAAAAAAAAAAAAAAAAAAAAAA", REALM, ""))
    realm.stop_kdc()
    shutil.rmtree(realm.root)  # the next one has its name


def run(lab, realm):
    channels(lab, realm)
    caches(lab, realm)
    services(lab, realm)
    fips(lab, realm)
    other_users(lab, realm)
    user_to_user(lab, realm)
    by_way_of_the_server(lab)
    realm.tickets("alice", PASSWORD, "-f")
    saved(lab, realm)
    accounts(lab, realm)
    times(lab, realm)
    servers_refuse(lab, realm)
    passwords(lab, realm)
    without_a_kdc(lab, realm)


def main():
    lab = Lab()
    why = krb_missing()
    if why:
        lab.skip("kerberos", why)
        return lab.finish()
    try:
        certificates(lab)
        realm = Realm(lab)
        if not realm.begin(with_kadmind=True) or realm.tickets("alice", PASSWORD, "-f") != 0:
            fail_early(lab, f"the KDC did not start: {lab.log('krb5kdc.out')} {realm.log()}")
        realm.service("host/localhost", "ldap/localhost", "http/localhost", options="+ok_as_delegate")
        run(lab, realm)
    except Exception as e:  # a broken case must not leave programs running
        lab.check("the test itself", False, repr(e))
    return lab.finish()


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
