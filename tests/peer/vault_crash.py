#!/usr/bin/env python3
"""Kills a writer at its system calls and looks at what is left: nothing acknowledged may be lost.

VAULT_DRIVER names tests/peer/vault_driver.c. "vault_crash.py --points N" tries N points of each kind instead of
some dozens in all. The harm: kill -9 at the Nth call that writes (by strace); a power failure, for
which the writes are recorded and replayed up to each flush, and with those behind it torn or missing; a full
disk, one that can only be read, one of the network. Ends with "N passed, N failed, N skipped"."""
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

counts = {"ok": 0, "FAIL": 0, "skipped": 0}
DRIVER = os.environ.get("VAULT_DRIVER", "")
WRITES = "pwrite64,write,fsync,fdatasync,ftruncate,unlink,link,rename,openat"
STEPS = 24


def say(result, name, why=""):
    counts[result] += 1
    print(f"{result:4} {name} {why}".rstrip(), flush=True)


class Home:
    def __init__(self, root, name):
        self.folder = os.path.join(root, name)
        self.path = os.path.join(self.folder, "data", "vault.db")
        self.key = os.path.join(self.folder, "etc", "vault.key")
        os.makedirs(self.folder)

    def copy_of(self, other):
        shutil.rmtree(self.folder)
        shutil.copytree(other.folder, self.folder)

    def command(self, *args):
        return [DRIVER, self.path, self.key, *map(str, args)]

    def run(self, *args, strace=(), env=None):
        p = subprocess.run([*strace, *self.command(*args)], capture_output=True, text=True, timeout=120,
                           env=dict(os.environ, **(env or {})))
        return p.returncode, [int(n) for n in re.findall(r"^ok (\d+)$", p.stdout, re.M)], p.stdout, p.stderr


def expected(first, last):
    """The records after steps first..last, in the driver's way of counting."""
    have = set()
    for n in range(first, last + 1):
        if n % 3 == 0:
            have.add(f"plain{n}")
        elif n % 3 == 1:
            have.add(f"old{n}")
        else:
            have.discard(f"old{n - 1}")
            have.add(f"new{n - 1}")
    return have


def complaint(home, acknowledged, env=None):
    """What is wrong with the vault after `acknowledged` steps; the next step may have been kept too."""
    code, _, out, err = home.run("list", env=env)
    if code or "check 00000000" not in out:
        return f"list: {code} {out[-200:]} {err}"
    have = {line.split()[0] for line in out.splitlines() if not line.startswith("check")}
    if have in (expected(0, acknowledged), expected(0, acknowledged + 1)):
        return ""
    return f"after {acknowledged}: {sorted(have ^ expected(0, acknowledged))}"


def points_of(home, points, *args, env=None):
    """Counts the calls of a whole run, and picks some of their numbers by name."""
    log = home.folder + ".log"
    home.run(*args, strace=("strace", "-f", "-o", log, "-e", "trace=" + WRITES), env=env)
    calls = {}
    for line in open(log, encoding="utf-8", errors="replace"):
        name = re.match(r"\d+\s+(\w+)\(", line)
        if name:
            calls[name.group(1)] = calls.get(name.group(1), 0) + 1
    every = [(name, n) for name, count in sorted(calls.items()) for n in range(1, count + 1)]
    random.Random(4).shuffle(every)
    chosen = every[:points]
    seen = {name for name, _ in chosen}
    return chosen + [(name, 1) for name in calls if name not in seen]


def killed(root, label, points, make, args, judge, env=None):
    bad = []
    pattern = Home(root, label + ".0")
    make(pattern)
    count_home = Home(root, label + ".count")
    count_home.copy_of(pattern)
    chosen = points_of(count_home, points, *args, env=env)
    home = Home(root, label + ".now")
    died = 0
    for call, number in chosen:
        home.copy_of(pattern)
        code, acknowledged, _, _ = home.run(
            *args, strace=("strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                           f"inject={call}:signal=KILL:when={number}"), env=env)
        died += code in (-9, 137)
        why = judge(home, acknowledged)
        if why:
            bad.append(f"{call} {number}: {why}")
        # Whoever comes next can write.
        code, again, _, err = home.run("write", 300, 3, env=env)
        if code or len(again) != 3:
            bad.append(f"{call} {number}: cannot write afterwards: {err}")
    if 2 * died < len(chosen):
        bad.append("too few of the calls came")
    say("FAIL" if bad else "ok", f"{label}: killed at {died} of {len(chosen)} calls", "; ".join(bad[:3]))


# ---- power failure ----

CALL = re.compile(r"^\d+\s+(pwrite64|write|ftruncate|fsync|fdatasync|openat|unlink)\((.*)\)\s+= (-?\d+)")


def unescape(text):
    return bytes(text, "latin-1").decode("unicode_escape").encode("latin-1")


def recorded(home, log, *args, env=None):
    """The run as a list of (call, file name, ...) on the database, its log and its journal, and acknowledgements."""
    home.run(*args, strace=("strace", "-f", "-o", log, "-xx", "-s", "70000", "-e",
                            "trace=pwrite64,write,ftruncate,fsync,fdatasync,openat,unlink,close"), env=env)
    names, events = {}, []
    for line in open(log, encoding="latin-1"):
        m = CALL.match(line)
        if not m or int(m.group(3)) < 0:
            continue
        call, rest, result = m.group(1), m.group(2), int(m.group(3))
        quoted = re.search(r'"((?:\\x[0-9a-f]{2})*)"', rest)
        data = unescape(quoted.group(1)) if quoted else b""
        fd = re.match(r"(\d+)", rest)
        if call == "openat":
            names[result] = data.decode()
            if "O_TRUNC" in rest:
                events.append(("truncate", names[result], 0))
        elif call == "unlink":
            events.append(("unlink", data.decode()))
        elif call == "write" and fd.group(1) == "1":
            events.append(("ok", int(data.split()[1])))
        elif call == "pwrite64":
            events.append(("put", names.get(int(fd.group(1)), ""), int(rest.rsplit(",", 1)[1]), data))
        elif call == "ftruncate":
            events.append(("truncate", names.get(int(fd.group(1)), ""), int(rest.rsplit(",", 1)[1])))
        elif call in ("fsync", "fdatasync"):
            events.append(("flush", names.get(int(fd.group(1)), "")))
    folder = os.path.dirname(home.path)
    return [e for e in events if e[0] == "ok" or e == ("flush", folder) or
            (os.path.basename(e[1]).startswith("vault.db") and not e[1].endswith("-shm"))]


def apply(files, event):
    kind, name = event[0], os.path.basename(event[1]) if event[0] != "ok" else ""
    if kind == "put":
        data = files.setdefault(name, bytearray())
        at, what = event[2], event[3]
        data.extend(b"\0" * (at + len(what) - len(data)))
        data[at:at + len(what)] = what
    elif kind == "truncate" and (name in files or event[2] == 0):
        data = files.setdefault(name, bytearray())
        data.extend(b"\0" * (event[2] - len(data)))
        del data[event[2]:]
    elif kind == "unlink":
        files.pop(name, None)


def replayed(root, label, points, make, env=None):
    """After each flush: what was flushed is there; of what came later for a file, any part may be."""
    home = Home(root, label)
    make(home)
    start = {name: bytearray(open(os.path.join(home.folder, "data", name), "rb").read())
             for name in os.listdir(os.path.join(home.folder, "data")) if not name.endswith("-shm")}
    events = recorded(home, home.folder + ".log", "write", 0, STEPS, env=env)
    flushes = [i for i, e in enumerate(events) if e[0] == "flush"]
    luck, bad, tried = random.Random(7), [], 0
    rounds = [i for i in flushes for _ in range(max(1, points // max(1, len(flushes))))]
    crash = Home(root, label + ".crash")
    for at in rounds:
        # Up to the flush all is done in order, for the file that was flushed; then some of the next writes.
        until = next((i for i in flushes if i > at), len(events))
        files = {name: bytearray(data) for name, data in start.items()}
        for event in events[:at + 1]:
            apply(files, event)
        acknowledged = max([e[1] for e in events[:at + 1] if e[0] == "ok"], default=-1)
        for event in events[at + 1:until]:
            if event[0] == "put" and luck.random() < 0.5:
                cut = luck.choice([len(event[3]), 512 * luck.randrange(len(event[3]) // 512 + 1)])
                apply(files, ("put", event[1], event[2], event[3][:cut]))
        crash.copy_of(home)
        shutil.rmtree(os.path.join(crash.folder, "data"))
        os.makedirs(os.path.join(crash.folder, "data"), mode=0o700)
        for name, data in files.items():
            path = os.path.join(crash.folder, "data", name)
            with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as f:
                f.write(data)
        tried += 1
        # An acknowledgement behind this flush and before the next is for what this flush made durable.
        after = [e[1] for e in events[at + 1:until] if e[0] == "ok"]
        why = complaint(crash, max(after, default=acknowledged), env=env)
        if why:
            bad.append(f"event {at}: {why}")
    good = not bad and len(flushes) >= STEPS
    say("ok" if good else "FAIL", f"{label}: power failed at {tried} points of {len(flushes)} flushes",
        "; ".join(bad[:3]))


# ---- a credential that moves between two vaults ----

def turned(step):
    """(name, value, persistence) after a step; see turn() in vault_driver.c."""
    first, second = ("two", "one") if step // 3 % 2 else ("one", "two")
    return [(first, step, 1), (first, step, 2), (second, step - 1, 2)][step % 3]


def complaint_turned(home, acknowledged):
    """Exactly one credential, as the last step left it or the next one would."""
    code, _, out, err = home.run("turned")
    have = [(n, int(v), int(p)) for n, v, p in (line.split() for line in out.splitlines())]
    if code == 0 and len(have) == 1 and have[0] in (turned(acknowledged), turned(acknowledged + 1)):
        return ""
    return f"after {acknowledged}: {code} {have} {err}"


# ---- the rest ----

def two_writers(root):
    home = Home(root, "writers")
    p = [subprocess.Popen(home.command("write", first, 60), stdout=-1, text=True) for first in (0, 3000)]
    done = [len(re.findall("^ok", x.communicate(timeout=120)[0], re.M)) for x in p]
    have = {line.split()[0] for line in home.run("list")[2].splitlines() if not line.startswith("check")}
    good = done == [60, 60] and have == expected(0, 59) | expected(3000, 3059)
    say("ok" if good else "FAIL", "two writers, both from the first moment", "" if good else f"{done} {len(have)}")


def full_disk(root):
    place = os.path.join(root, "small")
    os.makedirs(place)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160k,mode=0700", "tmpfs", place], capture_output=True).returncode:
        say("skipped", "full disk", "(a file system of its own cannot be mounted)")
        return
    try:
        home = Home(place, "home")
        code, done, _, err = home.run("write", 0, 2000)
        why = complaint(home, max(done, default=-1)) if done else "no write went in"
        good = code == 1 and "c000007f" in err and not why
        say("ok" if good else "FAIL", "full disk", "" if good else f"{code} {err} {why}")
    finally:
        subprocess.run(["umount", place], check=False)


def mounted(root, label, mount, work):
    """Does `work` in a folder that `mount` has mounted something on."""
    place = os.path.join(root, label)
    os.makedirs(place, mode=0o700)
    if not shutil.which(mount[0]) or subprocess.run([*mount, place], capture_output=True).returncode:
        say("skipped", label, f"({mount[0]} cannot mount here)")
        return
    try:
        why = work(place)
        say("FAIL" if why else "ok", label, why)
    finally:
        subprocess.run(["umount", place], check=False)


def read_only(place):
    """A vault with a log that nobody brought in, on a file system that then can only be read."""
    home = Home(place, "home")
    log = home.folder + ".log"
    home.run("write", 0, 1)
    _, done, _, _ = home.run("write", 1, 20, strace=(
        "strace", "-f", "-o", log, "-e", "trace=fdatasync", "-e", "inject=fdatasync:signal=KILL:when=7"))
    if not done or not os.path.getsize(home.path + "-wal"):
        return "there is no log"
    subprocess.run(["mount", "-o", "remount,ro", place], check=True)
    why = complaint(home, max(done, default=-1))
    code, again, _, err = home.run("write", 300, 1)
    if not code or again or "c00000a2" not in err:
        why += f" writing: {code} {err}"
    return why


def network(place):
    """A file system that says it may be elsewhere: two writers there, without shared memory."""
    home = Home(place, "home")
    p = [subprocess.Popen(home.command("write", first, 30), stdout=-1, text=True) for first in (0, 3000)]
    shared = False
    while any(x.poll() is None for x in p):
        shared = shared or os.path.exists(home.path + "-shm")
        time.sleep(0.002)
    done = [len(re.findall("^ok", x.communicate()[0], re.M)) for x in p]
    have = {line.split()[0] for line in home.run("list")[2].splitlines() if not line.startswith("check")}
    good = done == [30, 30] and have == expected(0, 29) | expected(3000, 3029) and not shared
    return "" if good else f"{done} {len(have)} {shared}"


def main():
    points = int(sys.argv[sys.argv.index("--points") + 1]) if "--points" in sys.argv else 16
    if not DRIVER or not shutil.which("strace"):
        say("skipped", "vault_crash", "(strace is not installed)" if DRIVER else "(no VAULT_DRIVER)")
    elif subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode:
        say("skipped", "vault_crash", "(strace may not trace here)")
    else:
        with tempfile.TemporaryDirectory() as root:
            last = lambda home, done: complaint(home, max(done, default=-1))
            killed(root, "making", points, lambda home: None, ("write", 0, 3), last)
            some = lambda home: home.run("write", 0, 1)
            after = lambda home, done: complaint(home, max(done, default=0))
            killed(root, "writing", points, some, ("write", 1, STEPS), after)
            file_journal = {"FILE_JOURNAL": "1"}
            killed(root, "file journal", points, some, ("write", 1, STEPS), after, env=file_journal)
            twenty = lambda home: home.run("write", 0, 20)
            killed(root, "rekeying", points, twenty, ("rekey", 2), lambda home, done: complaint(home, 19))
            nothing = lambda home: home.run("list")
            replayed(root, "replay", points, nothing)
            replayed(root, "replay, file journal", points, lambda home: home.run("list", env=file_journal),
                     env=file_journal)
            killed(root, "persistence and name", points, lambda home: home.run("turn", 0, 2), ("turn", 2, 10),
                   lambda home, done: complaint_turned(home, max(done, default=1)))
            two_writers(root)
            full_disk(root)
            mounted(root, "read-only mount", ("mount", "-t", "tmpfs", "-o", "mode=0700", "tmpfs"), read_only)
            there = os.path.join(root, "there")
            os.makedirs(there, mode=0o700)
            mounted(root, "file system of the network", ("bindfs", there), network)
    print(f"{counts['ok']} passed, {counts['FAIL']} failed, {counts['skipped']} skipped")
    return 1 if counts["FAIL"] else 0


sys.exit(main())
