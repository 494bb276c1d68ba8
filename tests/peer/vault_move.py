#!/usr/bin/env python3
"""sspi vault move: a vault goes from the user's files to lsad, whole, whatever dies meanwhile; and what lsad gives back.

SSPI and BUILD_ROOT name the tool and the build; strace for the cases that kill. "vault_move.py --points N" kills at up to 2 N
system calls a side, else at eight. Ends with "N passed, N failed, N skipped"."""
import contextlib
import json
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import time

import lsad_wire as wire
from lib import Lab, missing, stop
from lsad import BUILD, LSAD
from lsad_wire import Wire

SSPI = os.environ.get("SSPI", "")
SECRETS = {"App/one": "f1rst-S3cret", "App/two": "s3cond-S3cret", "TERMSRV/three": "d0main-S3cret"}
WRITES = "pwrite64,write,fsync,fdatasync,ftruncate,unlink,link,rename,openat,sendmsg,sendto,recvmsg,read"
VAULT_EXPORT, VAULT_IMPORT, VAULT_MOVE = 34, 35, 37
NOT_SUPPORTED, QUOTA_EXCEEDED = 0xC00000BB, 0xC0000044


class Place:
    """A user's home and lsad's state, in one OPENSSPI_HOME; lsad runs while `served`."""

    def __init__(self, lab, name):
        self.lab, self.name, self.process = lab, name, None
        self.home, self.run_folder = lab.directory(name), lab.directory(name + ".run")
        self.socket = os.path.join(self.run_folder, "lsa.sock")
        self.env = dict(lab.env, OPENSSPI_HOME=self.home, OPENSSPI_MODULE_DIR=os.path.join(BUILD, "src"))

    def like(self, other):
        shutil.rmtree(self.home)
        shutil.copytree(other.home, self.home)
        return self

    def serve(self, strace=()):
        self.process = self.lab.start([*strace, LSAD, "--foreground", "--socket", self.socket], log=self.name + ".log", env=self.env)
        end = time.monotonic() + 20
        while time.monotonic() < end and self.process.poll() is None:
            try:
                Wire(self.socket).close()
                return self
            except OSError:
                time.sleep(0.01)
        return self

    def stop(self, hard=False):
        if self.process:
            if hard:
                for child in self.children(): # strace's: it would go on alone
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(child, signal.SIGKILL)
                self.process.kill()
                self.process.wait()
            else:
                stop(self.process)
            self.process = None

    def children(self):
        try:
            with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as f:
                return [int(word) for word in f.read().split()]
        except OSError: # it has ended
            return []

    def tool(self, *args, remote=True, secret=None, strace=(), seconds=60):
        env = dict(self.env, OPENSSPI_LSA="socket:" + self.socket if remote else "embedded")
        done = subprocess.run([*strace, SSPI, *args], env=env, capture_output=True, timeout=seconds, check=False,
                              **({"input": secret.encode() + b"\n"} if secret is not None else {"stdin": subprocess.DEVNULL}))
        return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")

    def save(self, name, secret, remote=False):
        kind = ["--user", "DOM\\bot"] if name.startswith("TERMSRV/") else ["--generic", "--user", "bot"]
        return self.tool("cred", "add", name, *kind, "--password-fd", "0", remote=remote, secret=secret)[0] == 0

    def fill(self):
        return all(self.save(name, secret) for name, secret in SECRETS.items())

    def names(self, remote):
        code, out, err = self.tool("cred", "list", "--json", remote=remote)
        return sorted(c["target"] for c in json.loads(out)) if code == 0 else err

    def secret(self, name, remote=True):
        code, out, _ = self.tool("cred", "show", name, "--reveal", "--json", remote=remote)
        return json.loads(out).get("secret", json.loads(out).get("password")) if code == 0 else None

    def status(self, remote=False):
        code, out, _ = self.tool("vault", "status", "--json", remote=remote)
        return json.loads(out) if code == 0 else None

    def file(self, *names):
        return os.path.join(self.home, *names)


def everything(place):
    """What is wrong with lsad's vault after a move; "" when every credential is there once, with its secret."""
    if place.names(True) != sorted(SECRETS):
        return f"lsad has {place.names(True)}"
    wrong = [n for n in SECRETS if n.startswith("App/") and place.secret(n) != SECRETS[n]]
    code, out, err = place.tool("vault", "check")
    return f"secrets of {wrong}" if wrong else "" if code == 0 else out + err


def moved(place):
    """What is wrong with the embedded vault after a move."""
    s = place.status()
    if not s or not s["moved"] or s["records"] or not s["locked"]:
        return f"status {s}"
    if os.path.exists(place.file("etc", "vault.key")):
        return "its key file is there"
    return "" if "4350" in str(place.names(False)) else f"it gives {place.names(False)}"


# ---- the cases ----

def whole(lab):
    p = Place(lab, "whole")
    lab.check("saved in the user's own files", p.fill())
    code, _, err = p.tool("vault", "move", remote=False)
    lab.check("without lsad nothing moves", code == 1 and "OPENSSPI_LSA" in err, err)
    p.serve()
    code, out, err = p.tool("vault", "move")
    lab.check("moved", code == 0 and "3 records moved" in err, f"{code} {out} {err}")
    lab.equal("lsad has all of it", "", everything(p))
    lab.equal("and the user's files none", "", moved(p))
    data = b"".join(open(p.file("data", f), "rb").read() for f in os.listdir(p.file("data")))
    lab.check("no secret and no name in them", not any(s.encode(f) in data for s in (*SECRETS, *SECRETS.values())
                                                      for f in ("utf-8", "utf-16-le")))
    code, out, err = p.tool("vault", "status", remote=False)
    lab.check("status says where it went, and when", code == 0 and re.search(r"moved to lsad on 20\d\d-", out), out + err)
    code, _, err = p.tool("cred", "add", "App/new", "--generic", "--user", "x", "--password-fd", "0", remote=False, secret="x")
    lab.check("no second vault grows there", code == 1 and "lsad" in err and p.status()["moved"], err)
    code, _, err = p.tool("vault", "move")
    lab.check("a second move has nothing to do", code == 0 and "already" in err, err)
    p.stop()
    p.serve()
    lab.equal("lsad keeps it when it begins anew", "", everything(p))
    p.stop()


def nothing(lab):
    p = Place(lab, "nothing").serve()
    code, _, err = p.tool("vault", "move")
    lab.check("where there is no vault, none moves", code == 1 and "no vault" in err, err)
    p.stop()


def unreached(lab):
    p = Place(lab, "unreached")
    p.fill()
    code, _, err = p.tool("vault", "move")
    lab.check("without a daemon there it says so", code == 1, err)
    lab.equal("and the vault is as it was", sorted(SECRETS), p.names(False))


def relative_home(lab):
    """A mistyped OPENSSPI_HOME does not mean the user's real places."""
    done = subprocess.run([SSPI, "cred", "list"], env=dict(lab.env, OPENSSPI_HOME="relative"), capture_output=True, text=True, check=False)
    lab.check("OPENSSPI_HOME has to be absolute, and that is said", done.returncode != 0 and "absolute" in done.stderr, done.stderr)
    for what in (["list"], ["add", "bob", "--password-fd", "0"]):
        done = subprocess.run([SSPI, "account", *what], env=dict(lab.env, OPENSSPI_HOME="relative"), input="x\n", capture_output=True,
                              text=True, check=False)
        lab.check(f"nor does 'sspi account {what[0]}' go elsewhere", done.returncode == 1, f"{done.returncode} {done.stdout} {done.stderr}")
    done = subprocess.run([LSAD, "--foreground", "--socket", lab.path("none.sock")], env=dict(lab.env, OPENSSPI_HOME="relative"),
                          capture_output=True, text=True, check=False, timeout=20)
    lab.check("lsad does not begin with it", done.returncode == 1, f"{done.returncode} {done.stderr}")


def behind_a_passphrase(lab):
    p = Place(lab, "passphrase")
    p.fill()
    lab.equal("a passphrase", 0, p.tool("vault", "key", "add", "--passphrase", "--drop-key-file", "--passphrase-fd", "0",
                                        remote=False, secret="open sesame")[0])
    p.serve()
    code, _, err = p.tool("vault", "move")
    lab.check("a locked vault does not move", code == 1 and "locked" in err, err)
    code, _, err = p.tool("vault", "move", "--passphrase-fd", "0", secret="open barley")
    lab.check("nor by a wrong passphrase", code == 1 and "passphrase" in err, err)
    code, _, err = p.tool("vault", "move", "--passphrase-fd", "0", secret="open sesame")
    lab.check("by the right one it does", code == 0, err)
    lab.equal("whole", "", everything(p) + moved(p))
    p.stop()


def lsads_own_is_locked(lab):
    p = Place(lab, "theirs").serve()
    p.save("App/four", "x", remote=True)
    p.tool("vault", "key", "add", "--passphrase", "--keep-key-file", "--passphrase-fd", "0", secret="pass")
    p.tool("vault", "lock")
    p.fill()
    code, _, err = p.tool("vault", "move", "--merge")
    lab.check("that it is lsad's vault which is locked is said", code == 1 and "lsad's vault is locked" in err, err)
    lab.equal("and nothing has moved", sorted(SECRETS), p.names(False))
    p.tool("vault", "unlock", "--passphrase-fd", "0", secret="pass")
    lab.equal("then it moves", 0, p.tool("vault", "move", "--merge")[0])
    p.stop()


def two_of_a_name(lab):
    p = Place(lab, "merge").serve()
    p.save("App/one", "older-in-lsad", remote=True)
    p.save("App/four", "lsad's own", remote=True)
    p.fill()
    p.save("App/two", "newer-in-lsad", remote=True)
    code, _, err = p.tool("vault", "move")
    lab.check("lsad's own credentials are not mixed unasked", code == 1 and "--merge" in err, err)
    lab.equal("nothing has changed here", sorted(SECRETS), p.names(False))
    lab.equal("nor there", ["App/four", "App/one", "App/two"], p.names(True))
    code, _, err = p.tool("vault", "move", "--merge")
    lab.equal("merged", 0, code, err)
    lab.equal("both are there", sorted([*SECRETS, "App/four"]), p.names(True))
    lab.equal("the later one of two stays: the user's", SECRETS["App/one"], p.secret("App/one"))
    lab.equal("the later one of two stays: lsad's", "newer-in-lsad", p.secret("App/two"))
    lab.equal("and the user's files have none", "", moved(p))
    p.stop()


def altered(lab):
    p = Place(lab, "altered")
    p.fill()
    import sqlite3
    db = sqlite3.connect(p.file("data", "vault.db"))
    db.execute("UPDATE record SET body = zeroblob(100) WHERE row = 1")
    db.commit()
    db.close()
    p.serve()
    code, _, err = p.tool("vault", "move")
    lab.check("a vault that is not whole does not move", code == 1 and "check" in err, err)
    lab.check("and is not marked", p.status()["moved"] is False and p.names(True) == [], f"{p.status()} {p.names(True)}")
    p.stop()


def strace_points(lab, pattern, points):
    """Some of the system calls of a whole move, as (call, number)."""
    p = Place(lab, "count").like(pattern).serve()
    log = lab.path("count.strace")
    p.tool("vault", "move", strace=("strace", "-f", "-o", log, "-e", "trace=" + WRITES))
    p.stop()
    calls = {}
    for line in open(log, encoding="utf-8", errors="replace"):
        name = re.match(r"\d+\s+(\w+)\(", line)
        if name:
            calls[name.group(1)] = calls.get(name.group(1), 0) + 1
    every = [(name, n) for name, count in sorted(calls.items()) for n in range(1, count + 1)]
    # What comes before the vault is touched is the loader's; the calls that write are all of interest.
    late = [(n, k) for n, k in every if n not in ("openat", "read", "write") or k > calls[n] * 2 // 3]
    random.Random(5).shuffle(late)
    writing = [(n, k) for n, k in late if n in ("pwrite64", "fdatasync", "fsync", "unlink", "ftruncate")]
    return (writing[:points] + [c for c in late if c not in writing])[:2 * points]


def judge(place, label):
    """After a kill: whole in one of the two places; and a second attempt ends well, with nothing lost or doubled."""
    s = place.status()
    if s and not s["moved"] and place.names(False) != sorted(SECRETS):
        return f"{label}: it has {place.names(False)}"
    if s and s["moved"]:
        why = everything(place)
        if why:
            return f"{label}: marked, but {why}"
    code, _, err = place.tool("vault", "move")
    if code:
        return f"{label}: again: {err}"
    why = everything(place) or moved(place)
    return f"{label}: {why}" if why else ""


def killed_tool(lab, points):
    pattern = Place(lab, "pattern")
    pattern.fill()
    bad, died, marked = [], 0, 0
    chosen = strace_points(lab, pattern, points)
    for call, number in chosen:
        p = Place(lab, "killed").like(pattern).serve()
        code, _, _ = p.tool("vault", "move", strace=(
            "strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={number}"))
        died += code in (-9, 137)
        s = p.status()
        marked += bool(s and s["moved"])
        why = judge(p, f"{call} {number}")
        if why:
            bad.append(why)
        p.stop()
    lab.check(f"the tool killed at {died} of {len(chosen)} calls ({marked} after the mark)", not bad and died * 2 > len(chosen),
              "; ".join(bad[:3]))


def killed_daemon(lab, points):
    pattern = Place(lab, "pattern2")
    pattern.fill()
    bad, died = [], 0
    chosen = [(c, n) for n in range(1, points + 1) for c in ("pwrite64", "fdatasync", "fsync", "sendmsg")][:2 * points]
    for call, number in chosen:
        p = Place(lab, "killed2").like(pattern).serve(strace=(
            "strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={number}"))
        if p.process.poll() is None:
            p.tool("vault", "move")
        try:
            p.process.wait(timeout=0.3)
            died += 1
        except subprocess.TimeoutExpired:
            pass
        p.stop(hard=True)
        for name in os.listdir(p.run_folder):
            os.unlink(os.path.join(p.run_folder, name))
        p.serve()
        why = judge(p, f"{call} {number}")
        if why:
            bad.append(why)
        p.stop()
    lab.check(f"lsad killed at {died} of {len(chosen)} calls", not bad and died * 3 > len(chosen), "; ".join(bad[:3]))


def cut_off(lab, p):
    """Moves until lsad has answered, and is killed before it writes the mark."""
    p.serve()
    p.tool("vault", "move", strace=("strace", "-f", "-o", "/dev/null", "-P", p.file("data", "vault.db-wal"),
                                        "-e", "trace=pwrite64", "-e", "inject=pwrite64:signal=KILL:when=1"))
    lab.check("lsad took it, the user's files do not know", p.names(True) == sorted(SECRETS) and p.status()["moved"] is False,
              f"{p.names(True)} {p.status()}")


def cut_off_and_changed(lab, _):
    """lsad took it, the answer was lost, and both sides went on."""
    p = Place(lab, "changed")
    p.fill()
    before = Place(lab, "before").like(p)
    cut_off(lab, p)
    lab.equal("one is deleted there", 0, p.tool("cred", "delete", "App/two", "--type", "generic")[0])
    code, _, err = p.tool("vault", "move")
    lab.equal("the second attempt needs no --merge", 0, code, err)
    lab.equal("and brings nothing back that was deleted", ["App/one", "TERMSRV/three"], p.names(True))
    p.stop()
    q = Place(lab, "changed2").like(before)
    cut_off(lab, q)
    q.save("App/one", "changed-since")
    lab.equal("again, after a change here", 0, q.tool("vault", "move")[0])
    lab.equal("what was changed is taken", "changed-since", q.secret("App/one"))
    q.stop()


def put_back(lab):
    """A copy of a vault that was moved is wanted again: what is in it comes, whatever lsad had of it before."""
    p = Place(lab, "back-again")
    p.fill()
    before = Place(lab, "copy").like(p)
    p.serve()
    lab.equal("moved", 0, p.tool("vault", "move")[0])
    lab.equal("a credential is lost there", 0, p.tool("cred", "delete", "App/two", "--type", "generic")[0])
    for folder in ("data", "etc"):
        shutil.rmtree(p.file(folder))
        shutil.copytree(before.file(folder), p.file(folder))
    code, _, err = p.tool("vault", "move")
    lab.check("the copy is not mixed in unasked, nor emptied", code == 1 and "--merge" in err and p.names(False) == sorted(SECRETS), err)
    lab.equal("with --merge it is", 0, p.tool("vault", "move", "--merge")[0])
    lab.equal("and what was lost is back", "", everything(p) + moved(p))
    p.stop()


def dear(lab):
    """An export that asks for a gibibyte and a thousand rounds is refused before it costs anything."""
    p = Place(lab, "dear").serve()
    w = Wire(p.socket)
    head = b"OpenSSPI export\n" + struct.pack("<IIII", 1, 1000, 1 << 20, 1) + bytes(16) + struct.pack("<I", 1 << 31) + bytes(40)
    began = time.monotonic()
    for identity in (b"", bytes(16)):
        status, _ = w.call(VAULT_IMPORT, b"".join((struct.pack("<I", 4), b"mine", struct.pack("<I", len(head)), head, b"\0",
                                                   struct.pack("<I", len(identity)), identity, bytes(8))))
        lab.equal("refused" if identity else "refused as it is", QUOTA_EXCEEDED, status)
    lab.check("at once", time.monotonic() - began < 2)
    w.close()
    p.stop()


def never_back(lab):
    """No program gets a domain password out of lsad by an export."""
    p = Place(lab, "back")
    p.fill()
    p.serve()
    p.tool("vault", "move")
    target = lab.path("taken")
    code, _, err = p.tool("cred", "export", target, "--passphrase-fd", "0", secret="mine")
    lab.check("sspi cred export is refused", code == 1 and not os.path.exists(target), err)
    w = Wire(p.socket)
    status, reply = w.call(VAULT_EXPORT, struct.pack("<I", 4) + b"mine")
    lab.check("so is the call itself", status == NOT_SUPPORTED and b"OpenSSPI export" not in reply, f"{status:08x} {reply[:40]}")
    status, _ = w.call(VAULT_MOVE, struct.pack("<I", 0) + b"\0")
    lab.equal("lsad moves nothing itself", NOT_SUPPORTED, status)
    w.close()
    p.stop()


PROTECT = r"""
import ctypes, sys
lib = ctypes.CDLL(sys.argv[1])
room, kind = ctypes.c_uint32(4096), ctypes.c_int(0)
out = ctypes.create_string_buffer(4096)
text = sys.argv[3].encode()
if sys.argv[2] == "seal":
    good = lib.CredProtectA(0, text, len(text) + 1, out, ctypes.byref(room), ctypes.byref(kind))
else:
    good = lib.CredUnprotectA(0, text, len(text) + 1, out, ctypes.byref(room))
print(out.value.decode() if good else "error %d" % lib.OpensspiGetLastError())
"""


def protected(lab):
    p = Place(lab, "protect").serve()
    library = os.path.join(BUILD, "src", "libopensspi.so.0")

    def ask(what, text):
        done = subprocess.run([sys.executable, "-c", PROTECT, library, what, text], capture_output=True, text=True, check=False,
                              timeout=60, env=dict(p.env, OPENSSPI_LSA="socket:" + p.socket, LD_LIBRARY_PATH=os.path.join(BUILD, "src")))
        return done.stdout.strip() or done.stderr[-300:]
    sealed = ask("seal", "pr0tected")
    lab.check("a text is sealed by lsad", sealed.startswith("@@D"), sealed)
    lab.equal("and opened", "pr0tected", ask("open", sealed))
    key = p.file("state", "keys", "protect")
    lab.equal("its key is lsad's alone", 0o600, os.stat(key).st_mode & 0o777 if os.path.exists(key) else None)
    p.stop()
    p.serve()
    lab.equal("also by the lsad that comes next", "pr0tected", ask("open", sealed))
    p.stop()
    with open(key, "r+b") as f:  # as another boot left it
        f.seek(32)
        f.write(b"00000000")
    p.serve()
    lab.check("not after another boot", ask("open", sealed).startswith("error 775"), ask("open", sealed))
    again = ask("seal", "pr0tected")
    lab.check("when there is a new key", again.startswith("@@D") and ask("open", again) == "pr0tected", again)
    p.stop()


def locked(lab):
    p = Place(lab, "locked").serve()
    p.save("App/one", "x", remote=True)
    code, _, err = p.tool("vault", "lock")
    lab.check("what a key file alone opens is not locked, and that is said", code == 1 and "key file" in err, err)
    lab.equal("and it opens", "x", p.secret("App/one"))
    lab.equal("a passphrase", 0, p.tool("vault", "key", "add", "--passphrase", "--keep-key-file", "--passphrase-fd", "0", secret="pass")[0])
    lab.equal("with one it is locked", 0, p.tool("vault", "lock")[0])
    code, _, err = p.tool("cred", "show", "App/one")
    lab.check("for every program", code == 1 and "locked" in err, err)
    lab.check("until it is given", p.tool("vault", "unlock", "--passphrase-fd", "0", secret="pass")[2] is not None and
              p.secret("App/one") == "x")
    p.stop()


def memory_of(pid):
    """All that a process has mapped, part by part."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb") as memory:
        for line in maps:
            begin, end, rights = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line).groups()
            if "r" not in rights or "[v" in line:
                continue
            try:
                memory.seek(int(begin, 16))
                yield memory.read(int(end, 16) - int(begin, 16))
            except OSError:
                pass


def no_secret_stays(lab):
    """S45: of what was saved, read, moved and deleted, lsad's memory keeps no password in clear."""
    if os.geteuid() != 0:
        lab.skip("s45 lsad's memory", "only root reads it")
        return
    p = Place(lab, "memory")
    p.fill()
    p.serve()
    p.tool("vault", "move")
    p.save("App/four", "f0urth-S3cret", remote=True)
    p.tool("cred", "add", "App/session", "--generic", "--user", "bot", "--persist", "session", "--password-fd", "0", secret="sess1on-S3cret")
    lab.equal("read", SECRETS["App/one"], p.secret("App/one"))
    p.tool("cred", "delete", "App/session", "--type", "generic")
    marks = [s.encode(f) for s in (*SECRETS.values(), "f0urth-S3cret", "sess1on-S3cret") for f in ("utf-8", "utf-16-le")]
    found, control = set(), 0
    for part in memory_of(p.process.pid):
        found |= {m for m in marks if m in part}
        control += part.count(b"vault.db")
    lab.check("s45 lsad's memory was read, and no password is in it", control and not found, f"{control} {found}")
    p.stop()


CASES = [whole, nothing, unreached, relative_home, behind_a_passphrase, lsads_own_is_locked, two_of_a_name, altered, put_back, dear, never_back, protected, locked, no_secret_stays]


def main():
    lab = Lab()
    points = int(sys.argv[sys.argv.index("--points") + 1]) if "--points" in sys.argv else 4
    only = [a for a in sys.argv[1:] if not a.startswith("--") and not a.isdigit()]
    if not SSPI or not os.path.exists(LSAD):
        lab.skip("vault_move", "SSPI or lsad is missing")
        return lab.finish()
    traces = not missing("strace") and subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode == 0
    try:
        for case in CASES:
            if not only or case.__name__ in only:
                case(lab)
        for case in (cut_off_and_changed, killed_tool, killed_daemon):
            if only and case.__name__ not in only:
                continue
            if traces:
                case(lab, points)
            else:
                lab.skip(case.__name__, "strace is not installed, or may not trace here")
    except Exception as e:
        lab.check("the test itself", False, f"{e!r} {e.__traceback__.tb_next and e.__traceback__.tb_next.tb_lineno}")
    return lab.finish()


sys.exit(main())
