#!/usr/bin/env python3
"""Logon sessions under lsad: two users who try to reach each other's, audit sessions, kill -9 of a client and of lsad.

BUILD_ROOT names the build; root, setpriv and cc for all of it. With --client it is one of the programs: a line of JSON
in, a line of JSON out. Ends with "N passed, N failed, N skipped"."""
import ctypes
import json
import os
import shutil
import subprocess
import sys
import time

SECRET = "Gr\u00fcn-S3cret!"
SESSION, MACHINE, GENERIC = 1, 2, 1  # CRED_PERSIST_, CRED_TYPE_
INTERACTIVE, REMOTE = 2, 10
NOT_FOUND, NO_SESSION = 1168, 1312
NOT_OWNER, NO_SUCH_SESSION, ACCESS_DENIED, REFUSED, QUOTA = 0x80090306, 0xC000005F, 0xC0000022, 0xC0000041, 0xC0000044


# ---- a program, through ctypes

class Luid(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint32), ("high", ctypes.c_int32)]


class Handle(ctypes.Structure):
    _fields_ = [("lower", ctypes.c_size_t), ("upper", ctypes.c_size_t)]


class String(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("room", ctypes.c_uint16), ("text", ctypes.c_void_p)]


class Credential(ctypes.Structure):
    _fields_ = [("flags", ctypes.c_uint32), ("type", ctypes.c_uint32), ("target", ctypes.c_char_p), ("comment", ctypes.c_char_p),
                ("written", ctypes.c_uint64), ("size", ctypes.c_uint32), ("blob", ctypes.c_char_p), ("persist", ctypes.c_uint32),
                ("count", ctypes.c_uint32), ("attributes", ctypes.c_void_p), ("alias", ctypes.c_char_p), ("user", ctypes.c_char_p)]


class Data(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint32), ("logon", Luid), ("user", String), ("domain", String), ("package", String),
                ("type", ctypes.c_uint32), ("terminal", ctypes.c_uint32), ("sid", ctypes.c_void_p), ("time", ctypes.c_int64),
                ("server", String), ("dns", String), ("upn", String)]


def number(luid):
    return luid.high << 32 | luid.low


def luid(n):
    return Luid(n & 0xFFFFFFFF, n >> 32)


def words(s):
    return ctypes.string_at(s.text, s.length).decode("utf-16-le") if s.text else ""


class Program:
    def __init__(self):
        self.lib = ctypes.CDLL(os.environ["SSPI_LIBRARY"])
        self.lib.OpensspiGetLastError.restype = ctypes.c_uint32
        self.connection = ctypes.c_void_p()
        self.lib.LsaConnectUntrusted(ctypes.byref(self.connection))

    def last(self, fine):
        return 0 if fine else self.lib.OpensspiGetLastError()

    def do_save(self, target, persist):
        c = Credential(type=GENERIC, target=target.encode(), size=len(SECRET.encode()), blob=SECRET.encode(), persist=persist, user=b"bot")
        return self.last(self.lib.CredWriteA(ctypes.byref(c), 0))

    def do_see(self, target):
        found = ctypes.c_void_p()
        error = self.last(self.lib.CredReadA(target.encode(), GENERIC, 0, ctypes.byref(found)))
        self.lib.CredFree(found)
        return error

    def do_own(self):
        at = ctypes.POINTER(Data)()
        self.lib.LsaGetLogonSessionData(ctypes.byref(Luid()), ctypes.byref(at))
        return number(at.contents.logon)

    def do_data(self, n):
        at = ctypes.POINTER(Data)()
        status = self.lib.LsaGetLogonSessionData(ctypes.byref(luid(n)), ctypes.byref(at)) & 0xFFFFFFFF
        if status:
            return {"status": status}
        d = at.contents
        return {"status": 0, "user": words(d.user), "domain": words(d.domain), "package": words(d.package), "type": d.type,
                "sid": bool(d.sid), "server": words(d.server), "time": d.time}

    def do_list(self):
        count, at = ctypes.c_uint32(), ctypes.POINTER(Luid)()
        self.lib.LsaEnumerateLogonSessions(ctypes.byref(count), ctypes.byref(at))
        return [number(at[i]) for i in range(count.value)]

    def do_logon(self, user, kind):
        """MSV1_0_INTERACTIVE_LOGON: (status, session)."""
        texts = [t.encode("utf-16-le") for t in ("", user, SECRET)]
        room = ctypes.create_string_buffer(8 + 48 + sum(map(len, texts)))
        base, at = ctypes.addressof(room), 56
        ctypes.c_uint32.from_address(base).value = 2
        for i, t in enumerate(texts):
            String.from_address(base + 8 + 16 * i).length = String.from_address(base + 8 + 16 * i).room = len(t)
            String.from_address(base + 8 + 16 * i).text = base + at
            ctypes.memmove(base + at, t, len(t))
            at += len(t)
        name, origin = ctypes.create_string_buffer(b"NTLM"), ctypes.create_string_buffer(b"test")
        package, session, sub = ctypes.c_uint32(), Luid(), ctypes.c_int32()
        profile, size, token, quotas = ctypes.c_void_p(), ctypes.c_uint32(), ctypes.c_void_p(), ctypes.create_string_buffer(64)
        self.lib.LsaLookupAuthenticationPackage(self.connection, ctypes.byref(String(4, 4, ctypes.addressof(name))), ctypes.byref(package))
        status = self.lib.LsaLogonUser(self.connection, ctypes.byref(String(4, 4, ctypes.addressof(origin))), kind, package, room, len(room), None,
                                       ctypes.create_string_buffer(16), ctypes.byref(profile), ctypes.byref(size), ctypes.byref(session),
                                       ctypes.byref(token), quotas, ctypes.byref(sub))
        return status & 0xFFFFFFFF, number(session)

    def do_many(self, user, most):
        for n in range(most):
            status, _ = self.do_logon(user, INTERACTIVE)
            if status:
                return n, status
        return most, 0

    def do_end(self, n):
        return self.lib.OpensspiEndLogonSession(ctypes.byref(luid(n)) if n else None) & 0xFFFFFFFF

    def do_acquire(self, n):
        handle = Handle()
        return self.lib.AcquireCredentialsHandleA(None, b"NTLM", 2, ctypes.byref(luid(n)), None, None, None, ctypes.byref(handle), None) & 0xFFFFFFFF

    def do_register(self):
        handle, mode, name = ctypes.c_void_p(), ctypes.c_uint32(), ctypes.create_string_buffer(b"test")
        return self.lib.LsaRegisterLogonProcess(ctypes.byref(String(4, 4, ctypes.addressof(name))), ctypes.byref(handle),
                                                ctypes.byref(mode)) & 0xFFFFFFFF


def client():
    program = Program()
    for line in sys.stdin:
        what, *given = json.loads(line)
        print(json.dumps(getattr(program, "do_" + what)(*given)), flush=True)
    return 0


# ---- the test

class Client:
    """A program of a user; with `login` in an audit session of its own, in which others may follow it."""

    def __init__(self, lab, user, login=False, group=None):
        def enter():
            if login:
                with open("/proc/self/loginuid", "w", encoding="ascii") as f:
                    f.write(str(user.uid or 0))
        env = dict(user.env, SSPI_LIBRARY=os.path.join(lab.path("program"), "libopensspi.so.0"), PYTHONDONTWRITEBYTECODE="1")
        prefix = [*user.prefix]
        if group is not None:
            prefix = ["setpriv", "--reuid", str(user.uid), "--regid", str(group), "--clear-groups"]
        self.process = subprocess.Popen([*prefix, sys.executable, os.path.join(lab.path("program"), "lsad_sessions.py"), "--client"], env=env,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, preexec_fn=enter)

    def __getattr__(self, name):
        def ask(*given):
            self.process.stdin.write(json.dumps([name, *given]).encode() + b"\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())
        return ask

    def audit(self):
        with open(f"/proc/{self.process.pid}/sessionid", encoding="ascii") as f:
            return int(f.read())

    def stop(self):
        self.process.kill()
        self.process.wait()


def eventually(what, seconds=15):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.1)
    return bool(what())


def strangers(lab, daemon, users):
    """Neither user reaches the other's sessions, his own or those he created."""
    a, b = Client(lab, users[0]), Client(lab, users[1])
    mine, theirs = a.own(), b.own()
    lab.check("each user has a session", mine and theirs and mine != theirs)
    status, made = a.logon("carol", INTERACTIVE)
    lab.equal("one signs an account in", 0, status)
    said = a.data(made)
    lab.check("its session says who, how and by whom", said["status"] == 0 and said["user"].lower() == "carol" and
              said["type"] == INTERACTIVE and said["package"] and said["time"], str(said))
    lab.equal("it is listed", {mine, made}, set(a.list()))
    lab.equal("the other sees his own alone", [theirs], b.list())
    for name, session in (("the user's own", mine), ("the one he created", made), ("one that is not", 0x77000000077)):
        status = b.data(session)["status"]
        lab.check(f"{name} is not described to the other", status in (ACCESS_DENIED, NO_SUCH_SESSION), hex(status))
        lab.equal(f"{name} is not used by the other", NOT_OWNER, b.acquire(session))
        lab.equal(f"{name} is not ended by the other", NO_SUCH_SESSION, b.end(session))
    lab.equal("its creator uses it", 0, a.acquire(made))
    lab.equal("nobody of them is a logon process", (REFUSED, REFUSED), (a.register(), b.register()))
    root = Client(lab, users[2])
    lab.equal("root is", 0, root.register())
    lab.check("root sees them all", {mine, theirs, made} <= set(root.list()))
    lab.equal("root may use one", 0, root.acquire(made))
    same = Client(lab, users[0])
    lab.equal("another program of the same user shares his session", mine, same.own())
    lab.equal("but not the one that was created", NOT_OWNER, same.acquire(made))
    lab.equal("root ends it", 0, root.end(made))
    lab.equal("for good", NO_SUCH_SESSION, a.end(made))
    for c in (a, b, root, same):
        c.stop()


def own_ends(lab, daemon, users):
    """What does not last is the session's, in lsad's memory; one program ends it for all."""
    a, same, b = Client(lab, users[0]), Client(lab, users[0]), Client(lab, users[1])
    lab.equal("it is saved", (0, 0, 0), (a.save("App/fleeting", SESSION), a.save("App/lasting", MACHINE), b.save("App/fleeting", SESSION)))
    lab.equal("another program of the session has it", 0, same.see("App/fleeting"))
    state = os.path.join(lab.env["OPENSSPI_HOME"], "state")
    files = [n for _, _, names in os.walk(state) for n in names]
    lab.check("it is in no file", not any("session" in n for n in files) and "vault.db" in files, str(files))
    lab.equal("one ends the session", 0, same.end(0))
    lab.equal("for the other too", (NOT_FOUND, 0), (a.see("App/fleeting"), a.see("App/lasting")))
    lab.equal("and for no other user", 0, b.see("App/fleeting"))
    for c in (a, same, b):
        c.stop()


def audit_sessions(lab, daemon, users):
    """Two sign-ins of one user do not see what the other keeps; logind's word ends one."""
    try:
        a, b = Client(lab, users[0], login=True), Client(lab, users[0], login=True)
        apart = a.audit() != b.audit()
    except (OSError, subprocess.SubprocessError):
        apart = False
    if not apart:
        lab.skip("audit sessions", "the kernel gives none here")
        return
    folder = os.path.join(lab.env["OPENSSPI_HOME"], "run", "systemd", "sessions")
    os.makedirs(folder, exist_ok=True)
    for c in (a, b):
        with open(os.path.join(folder, str(c.audit())), "w", encoding="ascii"):
            pass
    lab.check("they are two sessions", a.own() != b.own())
    lab.equal("one saves", (0, 0), (a.save("App/fleeting", SESSION), a.save("App/lasting", MACHINE)))
    lab.equal("the other sees what lasts", (NOT_FOUND, 0), (b.see("App/fleeting"), b.see("App/lasting")))
    lab.equal("and has its own", 0, b.save("App/fleeting", SESSION))
    os.remove(os.path.join(folder, str(a.audit())))
    lab.check("a session that logind has no more ends", eventually(lambda: a.see("App/fleeting") == NOT_FOUND, 25))
    lab.equal("and no other", 0, b.see("App/fleeting"))
    a.stop()
    b.stop()


def sets(lab, daemon, users):
    """A created session has a set of its own."""
    a = Client(lab, users[0])
    lab.equal("a credential that lasts", 0, a.save("App/lasting", MACHINE))
    for user, kind in (("carol", INTERACTIVE), ("carol", REMOTE)):
        status, made = a.logon(user, kind)
        lab.equal(f"a logon of type {kind}", 0, status)
        lab.equal("its type is told", kind, a.data(made).get("type"))
        lab.equal("it ends", 0, a.end(made))
    a.stop()


def quotas(lab, daemon, users):
    """One client and one user have their shares; another goes on."""
    a, b = Client(lab, users[0]), Client(lab, users[1])
    made, status = a.many("carol", 1100)
    lab.check("a client has 1024 sessions at most", status == QUOTA and made <= 1024, f"{made} {status:#x}")
    lab.equal("another user goes on", 0, b.logon("carol", INTERACTIVE)[0])
    a.stop()
    root = Client(lab, users[2])
    lab.check("they end with it", eventually(lambda: len(root.list()) < 20), str(len(root.list())))
    for c in (b, root):
        c.stop()


def killed_client(lab, daemon, users):
    a, root = Client(lab, users[0]), Client(lab, users[2])
    status, made = a.logon("carol", INTERACTIVE)
    lab.check("a session is there", status == 0 and made in root.list())
    a.process.kill()
    a.process.wait()
    lab.check("kill -9 of its client ends it", eventually(lambda: made not in root.list()))
    lab.equal("for good", NO_SUCH_SESSION, root.data(made)["status"])
    root.stop()


def killed_lsad(lab, daemon, users):
    a = Client(lab, users[0])
    lab.equal("credentials are saved", (0, 0), (a.save("App/fleeting", SESSION), a.save("App/kept", MACHINE)))
    status, made = a.logon("carol", INTERACTIVE)
    lab.equal("and a session is made", 0, status)
    daemon.process.kill()
    daemon.process.wait()
    daemon.start()
    b = Client(lab, users[0])
    lab.equal("after kill -9 of lsad what lasts is there, and nothing else", (NOT_FOUND, 0), (b.see("App/fleeting"), b.see("App/kept")))
    lab.equal("and the session is not", [b.own()], b.list())
    lab.equal("nor is it used", NOT_OWNER, b.acquire(made))
    a.stop()
    b.stop()


def trusted(lab, daemon, users):
    """A member of the configured group is trusted; a user's own file makes nobody so."""
    home = users[1].env["OPENSSPI_HOME"]
    os.makedirs(os.path.join(home, "etc"), exist_ok=True)
    with open(os.path.join(home, "etc", "opensspi.conf"), "w", encoding="utf-8") as f:
        f.write("[lsa]\ntrusted = nogroup\n")
    a, b, plain = Client(lab, users[0]), Client(lab, users[1], group=65534), Client(lab, users[1])
    lab.equal("a file of the user's own makes nobody trusted", REFUSED, plain.register())
    lab.equal("nor does a group that is not configured", REFUSED, b.register())
    for c in (a, b, plain):
        c.stop()
    lab.configure("[lsa]\ntrusted = nogroup\n")
    daemon.process.terminate()
    daemon.process.wait()
    daemon.start()
    a, b, plain = Client(lab, users[0]), Client(lab, users[1], group=65534), Client(lab, users[1])
    lab.equal("a member of the group is a logon process", 0, b.register())
    lab.equal("who is none is not", REFUSED, plain.register())
    status, made = a.logon("carol", INTERACTIVE)
    lab.equal("a session of another user", 0, status)
    lab.equal("is used by the member", 0, b.acquire(made))
    lab.equal("and by nobody else", NOT_OWNER, plain.acquire(made))
    lab.equal("he ends it", 0, b.end(made))
    os.remove(os.path.join(home, "etc", "opensspi.conf"))
    for c in (a, b, plain):
        c.stop()


def swept(lab, daemon, users):
    """What an earlier version kept of sessions in files is deleted at the start."""
    state = os.path.join(lab.env["OPENSSPI_HOME"], "state")
    os.makedirs(os.path.join(state, "4711"), exist_ok=True)
    old = [os.path.join(state, "4711", "session.db"), os.path.join(state, "4711", "session.db-wal"), os.path.join(state, "keys", "4711.session")]
    kept = [os.path.join(state, "4711", "vault.db.of-somebody"), os.path.join(state, "keys", "4711")]
    for path in (*old, *kept):
        with open(path, "w", encoding="ascii") as f:
            f.write("x")
    daemon.process.terminate()
    daemon.process.wait()
    daemon.start()
    lab.check("files of sessions are gone", not any(map(os.path.exists, old)))
    lab.check("and no others", all(map(os.path.exists, kept)))
    for path in kept:
        os.remove(path)


def logout(lab, daemon, users):
    """What pam_opensspi runs at logout ends the session."""
    from lsad import BUILD
    program = os.path.join(lab.path("program"), "opensspi-login")
    for name in ("opensspi-login", "libopensspibase.so.0"):
        shutil.copy(os.path.join(BUILD, "src", name), lab.path("program"))
    os.chmod(program, 0o755)
    a, b = Client(lab, users[0]), Client(lab, users[1])
    lab.equal("two users save", (0, 0), (a.save("App/fleeting", SESSION), b.save("App/fleeting", SESSION)))
    done = subprocess.run([*users[0].prefix, program, "close"], env=users[0].env, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    lab.equal("opensspi-login close", 0, done.returncode, done.stderr.decode(errors="replace"))
    lab.check("what did not last is gone", a.see("App/fleeting") != 0)
    lab.equal("and no other user's", 0, b.see("App/fleeting"))
    for c in (a, b):
        c.stop()


CASES = [strangers, own_ends, audit_sessions, sets, quotas, killed_client, killed_lsad, swept, logout, trusted]


def main():
    from lib import Lab, missing
    import lsad
    lab = Lab()
    why = missing("setpriv", "cc") or ("it takes root" if os.geteuid() else "") or ("" if os.path.exists(lsad.LSAD) else "lsad is not built")
    if why:
        lab.skip("lsad_sessions", why)
        return lab.finish()
    try:
        lsad.prepare(lab)
        shutil.copy(os.path.abspath(__file__), lab.path("program"))
        code, _, err = lab.sspi("account", "add", "carol", password=SECRET)
        lab.equal("an account is there", 0, code, err)
        daemon = lsad.Daemon(lab)
        users = [lsad.User(lab, daemon, lsad.FOE), lsad.User(lab, daemon, lsad.OTHER), lsad.User(lab, daemon)]
        for case in CASES:
            if sys.argv[1:] and case.__name__ not in sys.argv[1:]:
                continue
            print(f"# {case.__name__}", flush=True)
            try:
                case(lab, daemon, users)
            except Exception as e:  # the others have a daemon too
                lab.check(f"{case.__name__} itself", False, f"{e!r} in line {e.__traceback__.tb_next.tb_lineno}")
            if not lab.check(f"{case.__name__}: lsad lives", daemon.alive(), lab.log("lsad.log")):
                daemon.start()
    except Exception as e:  # programs must not be left running
        lab.check("the test itself", False, repr(e))
    return lab.finish()


if __name__ == "__main__":
    sys.exit(client() if sys.argv[1:] == ["--client"] else main())
