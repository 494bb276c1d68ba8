#!/usr/bin/env python3
"""Kerberos through lsad with what is the caller's own: its ticket cache, whatever kind, and a server's keytab.

SSPI_PIPE, GSS_PIPE and BUILD_ROOT name our end, MIT's and the build; it takes root, setpriv and a realm of MIT's. With
names of cases only those run. Ends with "N passed, N failed, N skipped"."""
import json
import os
import shutil
import struct
import subprocess
import sys
import threading
import time

import lsad_attack as attack
import lsad_wire as wire
from ends import Helper, SspiPipe
from kerberos_gss import handshake, messages
from kerberos_lab import PASSWORD, REALM, GssPipe, Realm, krb_missing
from lib import Lab, stop
from lsad import LSAD, Daemon
from lsad_wire import Wire, frame

BUILD = os.environ.get("BUILD_ROOT", "")
ALICE, BOB, SERVICE = 64341, 64342, 64343  # uids of nobody
NO_CREDENTIALS, EXPIRED, NO_KDC, WRONG_PRINCIPAL, INTERNAL = 0x8009030E, 0x80090317, 0x80090311, 0x80090322, 0x80090304
CONTINUE, BY_POLICY = 0x00090312, 0x8009035E
TARGET, SPN = "HTTP/localhost", f"HTTP/localhost@{REALM}"
MUTUAL = "2"  # for SSPI_PIPE_FLAGS
HELD = []


class Person:
    """A user with a home, a ticket cache and lsad's socket."""

    def __init__(self, lab, daemon, uid, **env):
        self.lab, self.uid = lab, uid
        self.home = lab.directory(f"home-{uid}")
        os.chown(self.home, uid, uid)
        keep = ("PATH", "LC_ALL", "TZ", "ASAN_OPTIONS", "UBSAN_OPTIONS", "OPENSSPI_TRACE", "LD_PRELOAD")
        self.env = {k: v for k, v in lab.env.items() if k in keep}
        self.env.update(HOME=self.home, OPENSSPI_HOME=self.home, OPENSSPI_LSA="socket:" + daemon.path, KRB5_CONFIG=lab.path("krb5.conf"),
                        OPENSSPI_MODULE_DIR=lab.path("program"), LD_LIBRARY_PATH=lab.path("program"),
                        KRB5CCNAME=f"FILE:{self.home}/cc", KRB5_KTNAME=f"FILE:{self.home}/no.keytab", KRB5RCACHEDIR=self.home, **env)
        self.prefix = ["setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups"] if uid else []

    def run(self, *args, stdin="", seconds=40, **env):
        done = subprocess.run([*self.prefix, *args], input=stdin, text=True, capture_output=True, check=False, timeout=seconds,
                              env=dict(self.env, **env))
        return done.returncode, done.stdout, done.stderr

    def kinit(self, name, *options, password=PASSWORD, **env):
        return self.run("kinit", *options, name, stdin=password + "\n", **env)

    def sspi(self, *args, stdin="", **env):
        return self.run(os.path.join(self.lab.path("program"), "sspi"), *args, stdin=stdin, **env)

    def give(self, path, name):
        """A file of the realm's becomes this user's; its path."""
        own = os.path.join(self.home, name)
        shutil.copy(path, own)
        os.chown(own, self.uid, self.uid)
        os.chmod(own, 0o600)
        return own

    def end(self, role, package="Kerberos", target=TARGET, who=("", "", ""), **env):
        return Ours(self, role, package, target, who, env)


class Ours(SspiPipe):
    def __init__(self, person, role, package, target, who, env):
        program = os.path.join(person.lab.path("program"), "sspi_pipe")
        Helper.__init__(self, [*person.prefix, program, role, package, target], env=dict(person.env, **env))
        HELD.append(self)
        if role == "client":
            self.process.stdin.write("\n".join(who) + "\n")
            self.process.stdin.flush()
        words = self.process.stdout.readline().split()
        self.acquired = int(words[0], 16) if words else -1

    def first(self):
        """The status of a client's first leg, or of what came before."""
        return self.acquired or self.step(b"")[0]

    def why(self):
        return self.ask("reason")[1]


def theirs(lab, role, **env):
    end = GssPipe(lab, role, "krb5", "HTTP@localhost" if role == "client" else "HTTP@localhost", **env)
    HELD.append(end)
    return end


def close_all():
    while HELD:
        try:
            HELD.pop().close()
        except OSError:
            pass


def hexes(*numbers):
    return tuple(f"{n & 0xFFFFFFFF:08x}" for n in numbers)


def signs_in(lab, name, client, server, who="alice"):
    """A sign-in whose client is who it should be; messages go both ways."""
    if client.acquired or server.acquired:
        return lab.check(f"{name}: credentials", False, str(hexes(client.acquired, server.acquired)))
    one, other = handshake(client, server)
    why = [end.why() for end in (client, server) if isinstance(end, Ours)]
    if not lab.equal(f"{name}: signs in", hexes(0, 0), hexes(one, other), str(why)):
        return False
    if isinstance(server, Ours):
        lab.equal(f"{name}: as {who}", f"{REALM}\\{who}", server.ask("name")[1])
    if isinstance(client, Ours) and isinstance(server, Ours):
        status, sealed = client.ask("seal " + b"through lsad".hex())
        status, opened = server.ask("open " + sealed) if status == 0 else (status, "")
        return lab.equal(f"{name}: a message", b"through lsad".hex(), opened if status == 0 else f"{status:08x}")
    messages(lab, name, client, server)
    return True


class Stage:
    """The realm, lsad and the three users."""

    def __init__(self, lab):
        self.lab = lab
        self.realm = Realm(lab, libdefaults="kdc_timeout = 2\n max_retries = 1")
        if not self.realm.begin():
            raise RuntimeError("the KDC does not start: " + self.realm.log())
        self.realm.user("bob", PASSWORD)
        self.keytab = self.realm.own_service(TARGET, "host/localhost")
        for key in ("KRB5CCNAME", "KRB5_KTNAME"):
            lab.env.pop(key, None)
        shutil.copy(self.realm.path("krb5.conf"), lab.path("krb5.conf"))
        os.chmod(lab.path("krb5.conf"), 0o644)
        lab.env["KRB5_CONFIG"] = lab.path("krb5.conf")
        # lsad's own tickets, which are nobody else's
        lab.env["KRB5CCNAME"] = "FILE:" + lab.path("daemon-cc")
        subprocess.run(["kinit", "bob"], input=PASSWORD + "\n", text=True, check=True, capture_output=True, timeout=40, env=lab.env)
        self.daemon = Daemon(lab, configuration="[policy]\nAllowSavedCredentials = TERMSRV/*\nAllowSavedCredentialsWhenNTLMOnly = TERMSRV/*\n")
        self.alice, self.bob = Person(lab, self.daemon, ALICE), Person(lab, self.daemon, BOB)
        self.service = Person(lab, self.daemon, SERVICE)
        self.service.env["KRB5_KTNAME"] = "FILE:" + self.service.give(self.keytab, "keytab")

    def accepts(self, **more):
        return self.service.end("server", **more)


# ---- the cases ----

def caches(lab, stage):
    """Every kind of cache, with our acceptor and MIT's."""
    kinds = {"FILE": f"FILE:{stage.alice.home}/cc", "DIR": f"DIR:{stage.alice.home}/tickets", "KEYRING": "KEYRING:persistent:%d" % ALICE,
             "KEYRING user": "KEYRING:user:opensspi-lsad"}
    os.makedirs(f"{stage.alice.home}/tickets", exist_ok=True)
    os.chown(f"{stage.alice.home}/tickets", ALICE, ALICE)
    for kind, name in kinds.items():
        stage.alice.env["KRB5CCNAME"] = name
        code, _, err = stage.alice.kinit("alice")
        if code or stage.alice.run("klist", "-s")[0]:
            lab.skip(f"a cache of the kind {kind}", f"kinit cannot write there, or klist reads nothing: {err.strip()}")
            continue
        signs_in(lab, f"{kind}, our server", stage.alice.end("client"), stage.accepts())
        signs_in(lab, f"{kind}, with mutual authentication", stage.alice.end("client", SSPI_PIPE_FLAGS=MUTUAL), stage.accepts())
        signs_in(lab, f"{kind}, Negotiate", stage.alice.end("client", "Negotiate"), stage.accepts(package="Negotiate"))
        signs_in(lab, f"{kind}, MIT's server", stage.alice.end("client", SSPI_PIPE_FLAGS=MUTUAL),
                 theirs(lab, "server", KRB5_KTNAME=stage.keytab))
        if kind != "FILE":
            stage.alice.run("kdestroy")
        close_all()
    stage.alice.env["KRB5CCNAME"] = kinds["FILE"]


def acceptors(lab, stage):
    """A server's own keytab, beside MIT's client."""
    lab.equal("kinit", 0, stage.alice.kinit("alice")[0])
    signs_in(lab, "MIT's client", theirs(lab, "client", KRB5CCNAME=stage.alice.env["KRB5CCNAME"]), stage.accepts())
    signs_in(lab, "a named service", stage.alice.end("client"), stage.accepts(SSPI_PIPE_PRINCIPAL=TARGET))
    lab.equal("a service that the keytab does not have", hexes(NO_CREDENTIALS),
              hexes(stage.accepts(SSPI_PIPE_PRINCIPAL="ldap/localhost").acquired))
    other = stage.bob.end("server")
    lab.equal("a user without a keytab", hexes(NO_CREDENTIALS), hexes(other.acquired), other.why())
    client, server = stage.alice.end("client", target="host/localhost"), stage.accepts(SSPI_PIPE_PRINCIPAL=TARGET)
    one, other = handshake(client, server)
    lab.equal("a ticket for another service", hexes(WRONG_PRINCIPAL), hexes(other))
    both = stage.accepts(SSPI_PIPE_PRINCIPAL=TARGET, SSPI_PIPE_BOTH="1")
    signs_in(lab, "one service in both roles", stage.alice.end("client"), both)
    lab.write("noise", "this is no keytab")
    os.chmod(lab.path("noise"), 0o644)
    for name in (lab.path("noise"), "/nowhere", "/etc/shadow"):
        lab.equal(f"{os.path.basename(name)} as keytab", hexes(NO_CREDENTIALS), hexes(stage.accepts(KRB5_KTNAME="FILE:" + name).acquired))


def failures(lab, stage):
    """What is not there, has ended, or cannot be asked."""
    none = {"KRB5CCNAME": f"FILE:{stage.bob.home}/none"}
    client = stage.bob.end("client", **none)
    lab.equal("no cache", hexes(NO_CREDENTIALS), hexes(client.first()))
    lab.check("no cache: and it says which", f"{stage.bob.home}/none" in client.why(), client.why())
    for name, data in (("noise", b"no cache at all"), ("empty", b""), ("half", b"\5\4\0\0\0\0")):
        path = os.path.join(stage.bob.home, name)
        with open(path, "wb") as f:
            f.write(data)
        os.chown(path, BOB, BOB)
        lab.equal(f"a cache that is {name}", hexes(NO_CREDENTIALS), hexes(stage.bob.end("client", KRB5CCNAME="FILE:" + path).first()))
    lab.equal("a kind of cache that is none", hexes(NO_CREDENTIALS), hexes(stage.bob.end("client", KRB5CCNAME="STONE:x").first()))
    lab.equal("kinit for a moment", 0, stage.bob.kinit("bob", "-l", "2s")[0])
    time.sleep(3)
    client = stage.bob.end("client")
    lab.equal("tickets that ended", hexes(EXPIRED), hexes(client.first()), client.why())
    lab.equal("kinit again", 0, stage.bob.kinit("bob")[0])
    signs_in(lab, "and with new ones", stage.bob.end("client"), stage.accepts(), who="bob")
    stage.realm.stop_kdc()
    client = stage.bob.end("client")
    lab.equal("no KDC", hexes(NO_KDC), hexes(client.first()), client.why())
    lab.check("the KDC comes back", stage.realm.start_kdc())
    without = stage.bob.end("client", OPENSSPI_MODULE_DIR=lab.directory("nothing"))
    lab.equal("a program without krb5", hexes(NO_CREDENTIALS), hexes(without.first()))


def apart(lab, stage):
    """Two users, and two programs of one user with caches of their own."""
    lab.equal("kinit of alice", 0, stage.alice.kinit("alice")[0])
    lab.equal("kinit of bob", 0, stage.bob.kinit("bob")[0])
    for _ in range(3):
        signs_in(lab, "alice", stage.alice.end("client"), stage.accepts())
        signs_in(lab, "bob", stage.bob.end("client"), stage.accepts(), who="bob")
    lab.equal("a second cache of alice's", 0, stage.alice.kinit("bob", KRB5CCNAME=f"FILE:{stage.alice.home}/second")[0])
    signs_in(lab, "alice's second program", stage.alice.end("client", KRB5CCNAME=f"FILE:{stage.alice.home}/second"), stage.accepts(), who="bob")
    signs_in(lab, "alice's first", stage.alice.end("client"), stage.accepts())
    theirs_ = stage.bob.end("client", KRB5CCNAME=stage.alice.env["KRB5CCNAME"])
    lab.equal("alice's file named by bob", hexes(NO_CREDENTIALS), hexes(theirs_.first()))
    code, out, err = stage.bob.sspi("klist", "--json")
    lab.check("bob's klist has bob's alone", code == 0 and "bob@" in out and "alice" not in out, f"{code} {out} {err}")


def listed(text):
    return sorted(t["server"] for t in json.loads(text)) if text.strip() else []


def klist(lab, stage):
    """The caller's cache through LsaCallAuthenticationPackage: listed, asked of the KDC, forgotten."""
    lab.equal("kinit", 0, stage.alice.kinit("alice")[0])
    lab.equal("kvno", 0, stage.alice.run("kvno", SPN)[0])
    both = {}
    for name, lsa in (("lsad", stage.alice.env["OPENSSPI_LSA"]), ("embedded", "embedded")):
        code, out, err = stage.alice.sspi("klist", "--json", OPENSSPI_LSA=lsa)
        lab.equal(f"klist, {name}: exit code", 0, code, err)
        both[name] = json.loads(out)
    lab.equal("klist says the same under lsad", both["embedded"], both["lsad"])
    lab.check("and has the ticket of kvno's", SPN in listed(json.dumps(both["lsad"])), str(both))
    code, out, err = stage.alice.sspi("klist", "get", "host/localhost", "--json")
    lab.equal("a ticket from the KDC", 0, code, out + err)
    lab.check("with the realm that the KDC said", code == 0 and len(json.loads(out)["server"].partition("host/localhost@")[2]) > 0, out)
    lab.check("which is in the cache then", "host/localhost" in stage.alice.run("klist")[1])
    code, _, err = stage.alice.sspi("klist", "get", "TERMSRV/nowhere.lab.test")
    lab.check("a service that the KDC does not know", code == 1 and "SEC_E_TARGET_UNKNOWN" in err and "because" in err, f"{code} {err}")
    code, _, err = stage.alice.sspi("klist", "purge", "--server", SPN)
    lab.equal("one service's is forgotten", 0, code, err)
    left = stage.alice.run("klist")[1]
    lab.check("in the caller's own cache", SPN not in left and "krbtgt/" in left, left)
    code, _, err = stage.alice.sspi("klist", "purge", "--server", "HTTP/nowhere")
    lab.check("what is not there", code == 1 and "no ticket for HTTP/nowhere" in err, f"{code} {err}")
    lab.equal("all are forgotten", 0, stage.alice.sspi("klist", "purge")[0])
    lab.check("there, too", "krbtgt/" not in stage.alice.run("klist")[1], stage.alice.run("klist")[1])
    code, _, err = stage.bob.sspi("klist", KRB5CCNAME=f"FILE:{stage.bob.home}/none")
    lab.check("no cache", code == 1 and "no tickets" in err, f"{code} {err}")


def client_keys(lab, stage):
    """A user's client keytab stands for tickets, and is no other user's."""
    path = stage.realm.path("bob.keytab")
    stage.realm.kadmin(f"ktadd -norandkey -k {path} bob")
    env = {"KRB5CCNAME": f"FILE:{stage.bob.home}/none", "KRB5_CLIENT_KTNAME": "FILE:" + stage.bob.give(path, "client.keytab")}
    signs_in(lab, "a client keytab", stage.bob.end("client", **env), stage.accepts(), who="bob")
    lab.check("writes no cache", not os.path.exists(f"{stage.bob.home}/none"))
    signs_in(lab, "a name with its key", stage.bob.end("client", who=("bob", REALM, ""), **env), stage.accepts(), who="bob")
    env["KRB5CCNAME"] = f"FILE:{stage.alice.home}/none"
    lab.equal("the keytab of another user", hexes(NO_CREDENTIALS), hexes(stage.alice.end("client", **env).first()))


def drive(lab, stage, title, *args, **env):
    """The program of kerberos.py, which plays both ends and more, unchanged; its lines are cases."""
    code, out, err = stage.alice.run(os.path.join(lab.path("program"), "kerberos_driver"), *args, seconds=90, **env)
    said = "; ".join(line[2:] for line in out.splitlines() if line.startswith("# "))
    for line in out.splitlines():
        if line.startswith(("ok ", "FAIL ")):
            lab.check(f"{title}: {line.split(' ', 1)[1]}", line.startswith("ok "), said)
    lab.check(f"{title}: comes to an end", code in (0, 1) and out, err[-300:])


def programs(lab, stage):
    """What a program does embedded it does here: messages, delegation, user to user, for other users, forks."""
    realm, name = stage.realm, f"alice@{REALM}"
    keytab = realm.service("host/localhost", "ldap/localhost", "http/localhost", keytab="programs.keytab", options="+ok_as_delegate")
    realm.kadmin("modprinc +ok_as_delegate +ok_to_auth_as_delegate host/localhost")
    stage.service.give(keytab, "programs.keytab")
    env = {"KRB5_KTNAME": "FILE:" + stage.alice.give(keytab, "programs.keytab")}
    none = {"KRB5CCNAME": f"FILE:{stage.alice.home}/none"}
    stage.alice.kinit("alice", "-f")
    drive(lab, stage, "messages", "calls", "host/localhost", REALM, **env)
    stage.alice.kinit("alice", "-f")
    drive(lab, stage, "delegation", "delegate", "host/localhost", "ldap/localhost", name, **env)
    drive(lab, stage, "a logon", "logon", "alice", REALM, PASSWORD, "host/localhost", name, **env, **none)
    drive(lab, stage, "user to user", "user2user", name, name)
    drive(lab, stage, "a service's principal", "principal", "http/localhost", "0", name, "host/localhost", **env)
    drive(lab, stage, "both roles", "both", "http/localhost", "host/localhost", f"http/localhost@{REALM}", **env)
    drive(lab, stage, "no cache", "nothing", **none)
    realm.user("carol", "x" + PASSWORD)
    service = dict(env, KRB5CCNAME=f"FILE:{stage.alice.home}/service-cc")
    stage.alice.run("kinit", "-f", "-k", "-t", f"{stage.alice.home}/programs.keytab", "host/localhost", **service)
    drive(lab, stage, "for another user", "s4u", "carol", "host/localhost", "-", f"carol@{REALM}", **service)


def collection(lab, stage):
    """Of several caches the primary one."""
    folder = f"{stage.bob.home}/several"
    os.makedirs(folder, exist_ok=True)
    os.chown(folder, BOB, BOB)
    env = {"KRB5CCNAME": "DIR:" + folder}
    for who in ("alice", "bob"):
        lab.equal(f"kinit of {who}", 0, stage.bob.kinit(who, **env)[0])
    signs_in(lab, "the primary one", stage.bob.end("client", **env), stage.accepts(), who="bob")
    lab.equal("kswitch", 0, stage.bob.run("kswitch", "-p", f"alice@{REALM}", **env)[0])
    signs_in(lab, "after kswitch", stage.bob.end("client", **env), stage.accepts())


def damaged(lab, stage):
    """A krb5.conf that is none is not an absent KDC: no fallback to NTLM, and it is said."""
    noise = lab.write("noise.conf", "[libdefaults\n default_realm = {{{\n")
    os.chmod(noise, 0o644)
    for package in ("Kerberos", "Negotiate"):
        client = stage.alice.end("client", package, who=("alice", REALM, PASSWORD), OPENSSPI_LSA="embedded", KRB5_CONFIG=noise)
        status = client.first()
        lab.equal(f"{package} with a damaged krb5.conf", hexes(INTERNAL), hexes(status))
        lab.check(f"{package} says so", "krb5.conf" in client.why(), client.why())
    client = stage.alice.end("client", KRB5_CONFIG=noise)
    lab.equal("a program's own that is damaged hides its tickets, no more", hexes(NO_CREDENTIALS), hexes(client.first()))
    lab.check("and that is said", "krb5.conf" in client.why(), client.why())
    client = stage.alice.end("client", who=("alice", REALM, PASSWORD), KRB5_CONFIG=noise, KRB5CCNAME="FILE:/none")
    signs_in(lab, "with a password the daemon's counts", client, stage.accepts())


# ---- a hostile client, by hand ----

CALL_BACK, TICKETS, KEYS, CLIENT_KEYS = 5, 1, 2, 3


def counted(data):
    return struct.pack(">I", len(data)) + data


def principal(name, kind=1):
    parts = name.split("@")[0].split("/")
    return struct.pack(">II", kind, len(parts)) + counted(name.split("@")[1].encode()) + b"".join(counted(p.encode()) for p in parts)


def cache_of(client, *tickets):
    """A cache of made up tickets: (server, key, end, ticket)."""
    out = b"\5\4\0\0" + principal(client)
    for server, key, end, ticket in tickets:
        out += principal(client) + principal(server, 2) + struct.pack(">H", 18) + counted(key) + struct.pack(">4IBI", 1, 1, end, end, 0, 0x40E10000)
        out += struct.pack(">II", 0, 0) + counted(ticket) + counted(b"")
    return out


class Foe(Wire):
    """Answers what it is asked as it likes: `answers(what)` is (status, bytes), or None for silence."""

    def __init__(self, daemon, uid, answers, seconds=30):
        super().__init__(daemon.path, uid, seconds=seconds)
        self.answers, self.questions = answers, []

    def call(self, which, payload=b""):
        self.ask(which, payload)
        while True:
            answer = self.receive()
            if answer is None or answer[0] == wire.REPLY:
                return None if answer is None else (answer[2], answer[3])
            call, function, what, _ = struct.unpack_from("<IIQQ", answer[3])
            self.questions.append((answer[2], call == self.last, function, what, answer[3][24:]))
            said = self.answers(what)
            if said:
                self.send(frame(wire.MEMORY_REPLY, answer[1], said[0], said[1]))

    def signs_in(self, target=TARGET):
        """(status, token) of a first leg."""
        status, reply = self.call(wire.ACQUIRE, wire.acquire("Kerberos")) or (-1, b"")
        if status:
            return status, b""
        return self.call(wire.INIT, wire.init(struct.unpack_from("<Q", reply)[0], target)) or (-1, b"")


def real_ticket():
    """A Ticket of RFC 4120 in DER whose part for the server is noise."""
    def der(tag, body):
        return bytes([tag]) + (bytes([len(body)]) if len(body) < 128 else bytes([0x81, len(body)])) + body

    def text(words):
        return der(0x1B, words.encode())

    name = der(0x30, der(0xA0, der(2, b"\2")) + der(0xA1, der(0x30, text("krbtgt") + text(REALM))))
    sealed = der(0x30, der(0xA0, der(2, b"\x12")) + der(0xA2, der(4, bytes(range(64)))))
    return der(0x61, der(0x30, der(0xA0, der(2, b"\5")) + der(0xA1, text(REALM)) + der(0xA2, name) + der(0xA3, sealed)))


def hostile(lab, stage):
    """A client that shows what is none, too much, too late, or somebody else's."""
    good, later, ticket = f"alice@{REALM}", int(time.time()) + 3600, real_ticket()
    tgt = (f"krbtgt/{REALM}@{REALM}", bytes(32), later, ticket)
    whole = cache_of(good, tgt)
    cases = {
        "nothing": b"", "noise": os.urandom(5000), "a head alone": b"\5\4", "a cache without tickets": cache_of(good),
        "a cache of nobody": b"\5\4\0\0" + struct.pack(">II", 1, 0) + counted(b""), "a name of four thousand million parts":
        b"\5\4\0\0" + struct.pack(">II", 1, 0xFFFFFFFF), "half a ticket": whole[:-30], "a ticket and a half": whole + whole[40:80],
        "a key too short": cache_of(good, (tgt[0], b"short", later, ticket)), "an empty ticket": cache_of(good, (tgt[0], bytes(32), later, b"")),
        "a million bytes": bytes(1 << 20), "five thousand tickets": cache_of(good, *[(f"s{i}/x@{REALM}", bytes(32), later, b"t") for i in range(5000)]),
        "a keytab that is none": b"\5\2\0\0\0\x09noise", "a keytab without keys": b"\5\2",
    }
    for name, data in cases.items():
        foe = Foe(stage.daemon, BOB, lambda what, data=data: (0, data))
        lab.equal(f"{name} is no credential", hexes(NO_CREDENTIALS), hexes(foe.signs_in()[0]))
        lab.check(f"{name}: it was asked for this call, and nothing but tickets",
                  {q[:4] for q in foe.questions} == {(CALL_BACK, True, 0x4B455242, TICKETS)}, str(foe.questions)[:200])
        foe.close()
    for name, data in {"a TGT that it made up": whole, "a TGT of noise": cache_of(good, (tgt[0], bytes(32), later, os.urandom(900)))}.items():
        foe = Foe(stage.daemon, BOB, lambda what, data=data: (0, data))
        status, _ = foe.signs_in()
        lab.check(f"{name} gets nothing from the KDC", status >= 0x80000000, f"{status:08x}")
        foe.close()
    foe = Foe(stage.daemon, BOB, lambda what: (0, cache_of(good, (SPN, bytes(32), later, ticket))))
    status, reply = foe.signs_in()
    at = reply.find(b"\x60")
    server = stage.accepts()
    refused, _ = server.step(reply[at:at + 4 + int.from_bytes(reply[at + 2:at + 4], "big")] if at >= 0 else b"x")
    lab.check("a service's ticket that it made up is one that the service refuses", refused >= 0x80000000, f"{status:08x} {refused:08x}")
    foe.close()
    foe = Foe(stage.daemon, BOB, lambda what: (0x90312, b"a\0b"))
    lab.check("a strange status and a NUL", foe.signs_in()[0] >= 0x80000000)
    foe.close()
    foe = Foe(stage.daemon, BOB, lambda what: (0, bytes((1 << 20) + 64)))
    lab.equal("more than an answer may have ends the connection", -1, foe.signs_in()[0])
    foe.close()
    before = time.monotonic()
    foe = Foe(stage.daemon, BOB, lambda what: None)
    threading.Thread(target=foe.signs_in, daemon=True).start()
    lab.equal("meanwhile kinit", 0, stage.alice.kinit("alice")[0])
    signs_in(lab, "beside one that does not answer", stage.alice.end("client"), stage.accepts())
    lab.check("nobody waits for it", time.monotonic() - before < 8, f"{time.monotonic() - before:.1f} s")
    foe.close()
    foe = Foe(stage.daemon, BOB, lambda what: None)
    lab.equal("one that does not answer has nothing", hexes(NO_CREDENTIALS), hexes(foe.signs_in()[0]))
    foe.close()


# ---- what lsad promises ----

def promises(lab, stage):
    """What is saved stays in lsad: both ends on one lsad, with a key of the attacker's own; nothing of TLS; no files."""
    stage.realm.user("vault", attack.SECRET)
    keytab = stage.realm.own_service(attack.TARGET, keytab="attack.keytab")
    stage.alice.env["KRB5_KTNAME"] = "FILE:" + stage.alice.give(keytab, "attack.keytab")
    code, _, err = stage.alice.sspi("cred", "add", attack.TARGET, "--user", f"vault@{REALM}", "--password-fd", "0", stdin=attack.SECRET + "\n")
    lab.equal("a password is saved", 0, code, err)
    signs_in(lab, "it signs in by Kerberos", stage.alice.end("client", target=attack.TARGET), stage.alice.end("server"), who="vault")
    lab.check("and leaves no ticket with the user", "vault@" not in stage.alice.run("klist")[1])
    foe = attack.Foe(lab, stage.daemon, stage.alice)
    seen = foe.gets_nothing("a server by hand, whose key is the attacker's and whose sign-in this lsad accepted,", "middle",
                            lambda s: s.get("client") == BY_POLICY)
    lab.check("it came as far as the last step", seen["seen"].get("accepted") == 0, json.dumps(seen))
    foe.gets_nothing("both ends of CredSSP", "both_ends", lambda s: s["inbound"] == attack.NOT_OWNER)
    foe.gets_nothing("asking its contexts", "attributes", lambda s: s["TSSSP"]["answers"] == [] and s["TSSSP"]["key"] == 0)
    stage.alice.env["KRB5_KTNAME"] = f"FILE:{stage.alice.home}/no.keytab"
    maps = open(f"/proc/{stage.daemon.process.pid}/maps", encoding="utf-8").read()
    lab.check("lsad has mapped krb5 and no TLS", "libkrb5.so" in maps and "libssl" not in maps)
    print("# libcrypto in lsad: " + ("yes" if "libcrypto.so" in maps else "no"))
    certificate = stage.bob.end("client", who=("@@B" + "A" * 27, "", ""))
    lab.equal("krb5.conf's certificate is not for everybody", hexes(NO_CREDENTIALS), hexes(certificate.first()))


CASES = [caches, acceptors, failures, apart, klist, client_keys, collection, programs, damaged, hostile, promises]


def prepare(lab):
    """What users who own nothing may run."""
    os.chmod(lab.root, 0o711)
    program = lab.directory("program")
    os.chmod(program, 0o755)
    for name in ("src/sspi", "src/libopensspi.so.0", "src/opensspi-kerberos.so", "src/opensspi-tls.so", "tests/peer/sspi_pipe", "tests/peer/kerberos_driver"):
        shutil.copy(os.path.join(BUILD, name), program)


def main():
    lab = Lab()
    why = krb_missing("setpriv") or ("it takes root" if os.geteuid() else "") or ("" if os.path.exists(LSAD) else "lsad is not built")
    if why:
        lab.skip("Kerberos under lsad", why)
        return lab.finish()
    try:
        prepare(lab)
        stage = Stage(lab)
        for case in CASES:
            if sys.argv[1:] and case.__name__ not in sys.argv[1:]:
                continue
            print(f"# {case.__name__}", flush=True)
            try:
                case(lab, stage)
            except Exception as e:  # the others have a daemon too
                lab.check(f"{case.__name__} itself", False, f"{e!r} in line {e.__traceback__.tb_next.tb_lineno}")
            close_all()
            if not lab.check(f"{case.__name__}: lsad lives", stage.daemon.alive(), lab.log("lsad.log")):
                stage.daemon.start()
        stop(stage.daemon.process)
        lab.equal("lsad ends well", 0, stage.daemon.process.returncode, lab.log("lsad.log"))
    except Exception as e:
        lab.check("the test itself", False, repr(e))
    finally:
        close_all()
    return lab.finish()


if __name__ == "__main__":
    sys.exit(main())
