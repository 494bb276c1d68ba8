#!/usr/bin/env python3
"""lsad from outside: hostile programs beside good ones, quotas, stalls, kill -9, two users, what crosses the socket.

SSPI, SSPI_PIPE and BUILD_ROOT name the tools and the build; root, setpriv and cc for all of it. With names of cases
only those run. Ends with "N passed, N failed, N skipped"."""
import json
import os
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

import lsad_wire as wire
from ends import SspiPipe
from lib import Lab, Server, free_port, missing, stop, tool
from lsad_wire import Recorder, Wire, frame

BUILD = os.environ.get("BUILD_ROOT", "")
LSAD = os.path.join(BUILD, "src", "lsad")
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOE, OTHER = 64331, 64332  # users who own nothing
SECRET = "Gr\u00fcn-S3cret!"
LOST, INVALID_HANDLE, INVALID_TOKEN = 0x80090304, 0x80090301, 0x80090308


def is_sanitized():
    with open(LSAD, "rb") as f:
        program = f.read()
    return b"__asan_" in program or b"__tsan_" in program or b"__ubsan_" in program


class Daemon:
    def __init__(self, lab, name="lsa.sock", configuration="", limit=None, **more):
        self.lab, self.folder = lab, lab.directory("run")
        os.chmod(self.folder, 0o755)
        self.path = os.path.join(self.folder, name)
        if configuration:
            lab.configure(configuration)
        self.limit, self.more = limit, more
        self.start()

    def start(self):
        def less():
            resource.setrlimit(resource.RLIMIT_NOFILE, (self.limit, self.limit))
        more = dict(self.more, preexec_fn=less) if self.limit else self.more
        self.process = self.lab.start([LSAD, "--foreground", "--socket", self.path], log="lsad.log", **more)
        end = time.monotonic() + 20
        while time.monotonic() < end and self.process.poll() is None:
            try:
                Wire(self.path).close()
                break
            except OSError:
                time.sleep(0.02)

    def alive(self):
        return self.process.poll() is None

    def seconds(self):
        """Of processor time so far."""
        fields = open(f"/proc/{self.process.pid}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def status(self, name):
        for line in open(f"/proc/{self.process.pid}/status", encoding="ascii"):
            if line.startswith(name + ":"):
                return line.split()[1]
        return ""


class User:
    """Somebody with the tool, his own home and lsad's socket."""

    def __init__(self, lab, daemon, uid=None):
        self.uid = uid
        name = str(uid or "me")
        self.env = dict(lab.env, OPENSSPI_LSA="socket:" + daemon.path, OPENSSPI_HOME=lab.directory("home-" + name))
        self.env["OPENSSPI_MODULE_DIR"] = self.env["LD_LIBRARY_PATH"] = lab.path("program")
        self.prefix = ["setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups"] if uid else []
        if uid:
            os.chown(self.env["OPENSSPI_HOME"], uid, uid)
        self.program = os.path.join(lab.path("program"), "sspi")

    def run(self, *args, secret=None, seconds=60, path=None):
        command = [*self.prefix, self.program, *args]
        env = dict(self.env, OPENSSPI_LSA="socket:" + path) if path else self.env
        more = {"stdin": subprocess.DEVNULL}
        if secret is not None:
            command += ["--password-fd", "0"]
            more = {"input": secret.encode() + b"\n"}
        try:
            done = subprocess.run(command, env=env, capture_output=True, timeout=seconds, check=False, **more)
        except subprocess.TimeoutExpired:
            return -1, "", "took too long"
        return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")

    def write(self, name, secret=SECRET):
        return self.run("cred", "add", name, "--generic", "--user", "bot", secret=secret)[0] == 0

    def names(self):
        code, out, _ = self.run("cred", "list", "--json")
        return {c["target"] for c in json.loads(out)} if code == 0 else None

    def goes_on(self, lab, after):
        begin = time.monotonic()
        code, out, err = self.run("cred", "list", "--json", seconds=20)
        lab.check(f"{after}: a good client goes on", code == 0 and "App/mine" in out,
                  f"{code} {out} {err} after {time.monotonic() - begin:.1f} s")


# ---- the cases; each has a daemon, a good user and the uid of a bad one ----

def hello(**more):
    return frame(wire.HELLO, **dict({"what": 1, "payload": wire.GREETING}, **more))


def call(number, which=wire.PACKAGES, payload=b"\0", **more):
    return frame(wire.CALL, number, which, payload, **more)


def malformed(lab, daemon, me, foe):
    """S47: what is no frame, or comes when it may not."""
    huge = 0xFFFFFFFF
    before = {
        "zeroes": bytes(16), "noise": b"GET / HTTP/1.1\r\nHost: lsa\r\n\r\n", "a kind that is none": frame(7),
        "a kind far off": frame(huge), "a call before hello": call(1), "a memory answer before hello": frame(wire.MEMORY_REPLY),
        "a welcome": frame(wire.WELCOME, what=1, payload=wire.GREETING), "a hello of other words": hello(payload=b"OpenSSPI lsa\0"),
        "an empty hello": hello(payload=b""), "a hello that goes on": hello(payload=wire.GREETING + b"x"),
        "a hello too long": frame(wire.HELLO, what=1, size=65), "a huge hello": frame(wire.HELLO, what=1, size=huge),
        "another version": hello(what=2), "version nothing": hello(what=0),
    }
    for name, data in before.items():
        w = Wire(daemon.path, foe, greet=False)
        w.send(data)
        lab.check(f"{name} ends the connection", w.is_ended())
        w.close()
    after = {
        "a second hello": hello(), "a reply": frame(wire.REPLY, 1), "a question": frame(wire.MEMORY, 1, 1, bytes(12)),
        "a welcome then": frame(wire.WELCOME, what=1, payload=wire.GREETING), "kind 0": frame(0), "kind 7": frame(7),
        "a call of 64 MiB and one byte": frame(wire.CALL, 1, 0, size=(64 << 20) + 1),
        "a call of 4 GiB": frame(wire.CALL, 1, 0, size=huge), "an unknown call": call(1, wire.CALL_COUNT),
        "a call far off": call(1, huge), "a memory answer nobody asked for": frame(wire.MEMORY_REPLY, 1, 0, bytes(8)),
        "a memory answer of 2 MiB": frame(wire.MEMORY_REPLY, 1, 0, size=2 << 20),
    }
    for name, data in after.items():
        w = Wire(daemon.path, foe)
        w.send(data)
        lab.check(f"after hello {name} ends the connection", w.is_ended())
        w.close()
    w = Wire(daemon.path, foe)
    refused = [w.call(which, payload) for which in range(wire.CALL_COUNT) for payload in (b"\xff" * 7, b"\xff" * 4000)]
    lab.check("requests that are none are refused, one by one", all(r is not None and r[0] >= 0x80000000 for r in refused),
              str([r for r in refused if r is None or r[0] < 0x80000000][:3]))
    lab.check("and the connection goes on", w.call(wire.PACKAGES, b"")[0] == 0)
    w.close()
    for data in (hello() + call(1)[:9], hello() + call(1, size=1000), hello() + call(1) + call(2)):
        w = Wire(daemon.path, foe, greet=False)
        w.send(data)
        w.close()  # half a frame, half a payload, answers nobody will read
    me.goes_on(lab, "malformed frames")


def replays(lab, daemon, me, foe):
    """A number that is in use is not another call's."""
    w = Wire(daemon.path, foe)
    slow = frame(wire.CALL, 7, wire.ENCRYPT_MEMORY, struct.pack("<IBI", 1, 0, 8 << 20) + bytes(8 << 20))
    w.send(slow)
    w.send(call(7))
    lab.check("a call id that is in use ends the connection", w.is_ended(30))
    w.close()
    w = Wire(daemon.path, foe)
    w.send(call(7, payload=b""))
    w.receive()
    w.send(call(7, payload=b""))
    lab.equal("one that was answered may come again", 7, (w.receive() or [0, 0])[1])
    w.close()
    me.goes_on(lab, "replayed call ids")


def floods(lab, daemon, me, foe):
    many = []
    for _ in range(300):
        many.append(Wire(daemon.path, foe, greet=False))
        many[-1].send(hello())
    welcomed = sum(1 for w in many if w.receive() is not None)
    lab.check("a user has 256 connections", 250 <= welcomed <= 256, str(welcomed))
    me.goes_on(lab, "a flood of connections")
    for w in many:
        w.close()
    w = Wire(daemon.path, foe)
    sent = sum(1 for _ in range(5000) if w.ask(wire.PACKAGES, b""))
    lab.check("calls whose answers nobody reads end the connection", w.is_ended(20), f"{sent} sent")
    w.close()
    half = []
    for _ in range(6):
        half.append(Wire(daemon.path, foe))
        half[-1].send(frame(wire.CALL, 1, 0, size=60 << 20) + bytes(55 << 20))
    ended = sum(1 for w in half if w.is_ended(1))
    lab.check("a user has 256 MiB in hand", 1 <= ended <= 3, f"{ended} of 6 ended")
    rss = int(daemon.status("VmRSS")) >> 10
    if is_sanitized():
        lab.skip("and lsad holds little more", f"a build with sanitizers; {rss} MiB")
    else:
        lab.check("and lsad holds little more", rss < 700, f"{rss} MiB")
    me.goes_on(lab, "a flood of bytes")
    for w in half:
        w.close()
    many = []
    begin = time.monotonic()
    while time.monotonic() - begin < 2:
        w = Wire(daemon.path, foe, greet=False)
        w.close()
    me.goes_on(lab, "two seconds of coming and going")


def passed(lab, daemon, me, foe):
    """S47: descriptors that a program sends along are not kept, nor do they end anything."""
    w, before = Wire(daemon.path, foe), len(os.listdir(f"/proc/{daemon.process.pid}/fd"))
    reader, writer = os.pipe()
    for n in range(1, 101):
        socket.send_fds(w.socket, [call(n)[:8]], [writer] * 20)
        socket.send_fds(w.socket, [call(n)[8:]], [writer] * 20)
        if (w.receive() or [0, 0])[1] != n:
            break
    lab.equal("calls that come with descriptors are answered", 100, n)
    time.sleep(0.2)
    lab.equal("none of the four thousand is kept", before, len(os.listdir(f"/proc/{daemon.process.pid}/fd")))
    os.close(writer)
    os.set_blocking(reader, False)
    lab.equal("in no process", b"", os.read(reader, 1))
    os.close(reader)
    w.close()


def handles(lab, daemon, me, foe):
    w, made, status = Wire(daemon.path, foe), 0, 0
    while status == 0 and made < 70000:
        for _ in range(30):
            w.ask(wire.ACQUIRE, wire.acquire("NTLM"))
        answers = [w.receive() for _ in range(30)]
        made += sum(1 for a in answers if a and a[2] == 0)
        status = next((a[2] for a in answers if a is None or a[2]), 0)
    lab.check("a user has about 65536 handles", 65500 <= made <= 65600 and status == 0x80090300, f"{made} {status:#x}")
    v = Wire(daemon.path, foe)
    lab.equal("over all his connections", 0, v.acquire())
    me.goes_on(lab, "a flood of handles")
    w.close()
    time.sleep(1.5)
    lab.check("and gets them back when the connection ends", v.acquire() != 0)
    v.close()


def half_open(lab, daemon, me, foe):
    """S47: a thousand handshakes that nobody ends."""
    wires = [Wire(daemon.path, foe) for _ in range(4)]
    numbers = set()
    for w in wires:
        credential = w.acquire(use=1)
        for _ in range(250):
            status, reply = w.call(wire.ACCEPT, wire.accept(credential))
            if status == 0x90312:
                numbers.add((w, struct.unpack_from("<Q", reply)[0]))
    lab.equal("a thousand half-open contexts", 1000, len(numbers))
    me.goes_on(lab, "a thousand half-open contexts")
    w, number = next(iter(numbers))
    stranger = next(v for v in wires if v is not w)
    lab.equal("one connection's context is no other's", INVALID_HANDLE,
              stranger.call(wire.INIT, wire.init(0, "HOST/server", number))[0])
    for v in wires:
        v.close()
    me.goes_on(lab, "and after they went at once")


def stalls(lab, daemon, me, foe):
    """Half frames, silence, answers that nobody reads: each has its time."""
    cases = {"no hello": b"", "half a head": hello() + call(1)[:7], "half a payload": hello() + call(1, size=5000) + b"x"}
    waiting = []
    for name, data in cases.items():
        w = Wire(daemon.path, foe, greet=False)
        w.send(data)
        waiting.append((name, w))
    deaf = Wire(daemon.path, foe)
    for _ in range(8):
        deaf.ask(wire.ENCRYPT_MEMORY, struct.pack("<IBI", 1, 0, 1 << 20) + bytes(1 << 20))
    idle = Wire(daemon.path, foe)
    slow = Wire(daemon.path, foe)
    slow_ended, begin = False, time.monotonic()
    slow.send(frame(wire.CALL, 1, 0, size=100000))
    while time.monotonic() - begin < 34:  # one byte a second does not help
        slow_ended = not slow.send(b"x")
        if slow_ended:
            break
        time.sleep(1)
    me.goes_on(lab, "stalls")
    lab.check("a frame that grows by a byte a second ends the connection", slow_ended or slow.is_ended(3))
    for name, w in waiting:
        lab.check(f"{name} ends the connection in time", w.is_ended(5))
    gone = not [line for line in open("/proc/net/unix", encoding="ascii") if daemon.path in line and deaf_is(line, deaf)]
    time.sleep(1)
    lab.check("answers that nobody reads end the connection", deaf_ends(deaf), str(gone))
    lab.equal("who is idle between calls stays", 0, (idle.call(wire.PACKAGES, b"") or [1])[0])


def deaf_is(line, w):
    return str(os.fstat(w.socket.fileno()).st_ino) in line


def deaf_ends(w):
    """What was in the socket may still be read; then it ends short of the eight answers."""
    total = 0
    try:
        while True:
            data = w.socket.recv(1 << 20)
            if not data:
                return total < 8 << 20
            total += len(data)
    except OSError:
        return total < 8 << 20


def rows(lab, daemon, me, foe):
    """Programs that call in a row, with whom workers stay: nobody else waits for them, and their calls may overlap."""
    counts, over = [0] * 40, threading.Event()

    def caller(number):
        w = Wire(daemon.path, foe, seconds=20)
        while not over.is_set() and (w.call(wire.PACKAGES, b"") or [1])[0] == 0:
            counts[number] += 1
        w.close()

    threads = [threading.Thread(target=caller, args=(i,)) for i in range(len(counts))]
    seteuid_free = Wire(daemon.path, foe)  # the last connection that is made as somebody else beside threads
    for t in threads:
        t.start()
        time.sleep(0.02)
    slowest = 0.0
    for _ in range(10):
        begin = time.monotonic()
        me.goes_on(lab, "forty who call without a pause")
        slowest = max(slowest, time.monotonic() - begin)
    lab.check("within seconds", slowest < 5, f"{slowest:.1f} s")
    over.set()
    for t in threads:
        t.join()
    lab.check("and each of the forty is served", min(counts) > 10, f"{min(counts)} to {max(counts)}")
    w = seteuid_free
    for _ in range(50):
        w.call(wire.PACKAGES, b"")
    slow = frame(wire.CALL, 500, wire.ENCRYPT_MEMORY, struct.pack("<IBI", 1, 0, 1 << 10) + bytes(1 << 10))
    w.send(slow + frame(wire.CALL, 501, wire.PACKAGES))
    lab.equal("two calls at once after calls in a row are both answered", {500, 501}, {(w.receive() or [0, 0])[1] for _ in range(2)})
    time.sleep(0.2)
    for _ in range(50):
        w.call(wire.PACKAGES, b"")
    half = frame(wire.CALL, 600, wire.ENCRYPT_MEMORY, struct.pack("<IBI", 1, 0, 1 << 10) + bytes(1 << 10))
    w.send(half[:20])
    time.sleep(0.1)
    w.send(half[20:] + frame(wire.CALL, 601, wire.PACKAGES)[:5])
    lab.equal("one that comes in halves is answered", 600, (w.receive() or [0, 0])[1])
    w.send(frame(wire.CALL, 601, wire.PACKAGES)[5:])
    lab.equal("and the next one, of which the first bytes came with it", 601, (w.receive() or [0, 0])[1])
    for _ in range(50):
        w.call(wire.PACKAGES, b"")
    w.send(frame(7))
    lab.check("what is no frame ends the connection then as well", w.is_ended())
    w.close()
    w = Wire(daemon.path, foe)
    for _ in range(50):
        w.call(wire.PACKAGES, b"")
    w.ask(wire.ACQUIRE, wire.acquire("ToySSP", address=0x1234))
    asked = w.receive()
    lab.equal("a call in the row may ask for the program's memory", wire.MEMORY, asked and asked[0])
    w.send(frame(wire.CALL, 700, wire.PACKAGES))
    lab.equal("and other calls go on meanwhile", 700, (w.receive() or [0, 0])[1])
    w.close()


def mute(lab, daemon, me, foe):
    """An lsad that takes programs in and says nothing costs them ten seconds once, not for each thread and call."""
    path = os.path.join(daemon.folder, "mute.sock")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(64)
    driver = subprocess.Popen([os.environ.get("LSAD_LOAD", os.path.join(BUILD, "tests", "peer", "lsad_load")), "mute", "8"],
                              env=dict(lab.env, OPENSSPI_LSA="socket:" + path), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    first, then = (driver.stdout.readline().split() for _ in range(2))
    lab.check("eight threads wait ten seconds side by side", 9 < float(first[0]) < 13, str(first))
    lab.check("and later calls not at all", float(then[0]) < 1 and then[1] == first[1], str(then))
    listener.close()
    other = Daemon(lab, "mute.sock")
    out, _ = driver.communicate("go on\n", timeout=60)
    seconds, error = out.split()
    lab.check("when it speaks again it is found within seconds", float(seconds) < 8 and error == "1168", f"{seconds} s, error {error}")
    stop(other.process)


def memory(lab, daemon, me, foe):
    """A program that does not answer for its memory holds a thread for ten seconds, and no more of them than its share."""
    def stalled(number):
        w = Wire(daemon.path, foe)
        for _ in range(number):
            w.ask(wire.ACQUIRE, wire.acquire("ToySSP", address=0x1234))
        return w

    first = stalled(1)
    question = first.receive()
    if question is None or question[0] != wire.MEMORY:
        lab.check("a package asks for the client's memory", False, str(question))
        return
    lab.equal("a package asks for the client's memory", (wire.MEMORY, 1), (question[0], question[2]))
    address, size = struct.unpack("<QI", question[3])
    lab.equal("where the program said", 0x1234, address)
    for name, answer in (("a short one", bytes(size - 1)), ("a long one", bytes(size + 1)), ("none", b"")):
        w = stalled(1)
        asked = w.receive()
        w.send(frame(wire.MEMORY_REPLY, asked[1], 0, answer))
        got = w.receive()
        lab.check(f"{name} fails that call", got is not None and got[0] == wire.REPLY and got[2] >= 0x80000000, str(got))
        w.send(frame(wire.MEMORY_REPLY, asked[1], 0, answer))
        lab.check("a second answer ends the connection", w.is_ended())
        w.close()
    w = stalled(1)
    asked = w.receive()
    w.send(frame(wire.MEMORY_REPLY, asked[1], 0x123, bytes(size)))
    got = w.receive()
    lab.check("a status of its own making is no success", got is not None and got[2] >= 0x80000000, str(got))
    w.close()
    w = stalled(1)
    w.receive()
    w.close()  # dies while it is asked
    others, w = stalled(15), stalled(2)
    time.sleep(0.5)
    w.close()  # with its user's last thread, and a call that waits for one
    me.goes_on(lab, "one that dies with a call that runs and one that waits")
    others.close()
    crowd = [stalled(30) for _ in range(4)]
    time.sleep(0.5)
    begin = time.monotonic()
    me.goes_on(lab, "a hundred and twenty stalled answers")
    lab.check("at once", time.monotonic() - begin < 5, f"{time.monotonic() - begin:.1f} s")
    got = first.receive()
    lab.check("a stalled answer fails the call in ten seconds", got is not None and got[0] == wire.REPLY and got[2] >= 0x80000000, str(got))
    for w in crowd:
        w.close()
    first.send(frame(wire.MEMORY_REPLY, question[1], 0, bytes(size)))
    lab.equal("and one that comes too late is passed over", 0, (first.call(wire.PACKAGES, b"") or [1])[0])
    me.goes_on(lab, "and after they went")


def two_users(lab, daemon, me, foe):
    """Nobody reaches another's credentials, handles, sessions or protected texts."""
    one, two = User(lab, daemon, FOE), User(lab, daemon, OTHER)
    lab.check("one saves", one.write("App/one"))
    lab.check("the other saves", two.write("App/two"))
    lab.equal("each sees his own", ({"App/one"}, {"App/two"}), (one.names(), two.names()))
    for who, name in ((one, "App/two"), (two, "App/one"), (me, "App/one")):
        lab.check(f"{who.uid or 'root'} cannot read {name}", who.run("cred", "show", name)[0] == 1)
        lab.check(f"{who.uid or 'root'} cannot delete {name}", who.run("cred", "delete", name)[0] == 1)
    a, b = Wire(daemon.path, FOE), Wire(daemon.path, OTHER)
    handle = a.acquire()
    lab.check("a handle is its connection's", handle and b.call(wire.FREE_CREDENTIALS, struct.pack("<Q", handle))[0] == INVALID_HANDLE)
    lab.equal("also against another user's use", INVALID_HANDLE, b.call(wire.INIT, wire.init(handle, "HOST/x"))[0])
    own = [w.call(wire.SESSION_DATA, struct.pack("<BQ", 0, 0)) for w in (a, b)]
    luids = [struct.unpack_from("<Q", reply)[0] for _, reply in own]
    lab.check("each has a session of his own", luids[0] != luids[1], str(luids))
    answer = b.call(wire.SESSION_DATA, struct.pack("<BQ", 1, luids[0]))
    lab.check("another's session is not described", answer[0] >= 0x80000000, hex(answer[0]))
    named = wire.NULL_TEXT + wire.text("NTLM") + struct.pack("<IBQIQ", 2, 1, luids[0], 0, 0)
    lab.equal("nor used", 0x80090306, b.call(wire.ACQUIRE, named)[0])
    stores = {uid: os.stat(os.path.join(lab.env["OPENSSPI_HOME"], "state", str(uid))) for uid in (FOE, OTHER)}
    lab.check("their vaults are lsad's alone", all(s.st_uid == os.geteuid() and not s.st_mode & 0o077 for s in stores.values()))


def hardened(lab, daemon, me, foe):
    lab.check("lsad has mapped no TLS", "libssl" not in open(f"/proc/{daemon.process.pid}/maps", encoding="utf-8").read())
    lab.equal("it gains no rights", "1", daemon.status("NoNewPrivs"))
    limits = open(f"/proc/{daemon.process.pid}/limits", encoding="ascii").read()
    core = next(line for line in limits.splitlines() if "core" in line).split()
    lab.equal("it leaves no core", ["0", "0"], core[4:6])
    if not is_sanitized():
        lab.check("its memory is locked", int(daemon.status("VmLck")) > 0, daemon.status("VmLck"))
    lab.equal("its socket is for all", 0o666, os.stat(daemon.path).st_mode & 0o777)


def killed(lab, daemon, me, foe):
    """kill -9 in the middle of everything: what was acknowledged is there, and nobody hangs."""
    acknowledged, done = set(), threading.Event()

    def writes(first):
        n = first
        while not done.is_set():
            if me.write(f"App/kill-{n}"):
                acknowledged.add(f"App/kill-{n}")
            n += 1

    writers = [threading.Thread(target=writes, args=(first,)) for first in (0, 100000)]
    for t in writers:
        t.start()
    ends = [SspiPipe("client", p, "HOST/server", dict(me.env, LD_LIBRARY_PATH=""), ("alice", "LAB", "pw")) for p in ("NTLM", "Negotiate")]
    begun = [e.step(b"") for e in ends]
    stuck = Wire(daemon.path, foe)
    driver = os.environ.get("LSAD_LOAD", os.path.join(BUILD, "tests", "peer", "lsad_load"))
    many = lab.start([driver, "3", "64"], env=dict(lab.env, OPENSSPI_LSA="socket:" + daemon.path), log="many.log")
    for _ in range(5):
        time.sleep(0.4)
        daemon.process.kill()
        daemon.process.wait()
        daemon.start()
    done.set()
    for t in writers:
        t.join()
    try:
        many.wait(60)
    except subprocess.TimeoutExpired:
        pass
    lab.check("a program of 64 threads that were at everything ends", many.poll() is not None)
    lab.check("it was killed while credentials were being written", len(acknowledged) > 5, str(len(acknowledged)))
    names = me.names() or set()
    lab.equal("every write that was acknowledged is there", set(), acknowledged - names)
    lab.equal("and the vault is whole", 0, me.run("vault", "check")[0])
    lab.check("a connection to the old one has ended", stuck.is_ended())
    for e, (first, _) in zip(ends, begun):
        status = e.step(b"NTLMSSP\0" + bytes(60))[0]
        lab.check("a context of before fails with one status", first == 0x90312 and status in (INVALID_HANDLE, LOST), f"{first:#x} {status:#x}")
        again = e.step(b"NTLMSSP\0" + bytes(60))[0]
        lab.equal("and is invalid from then on", INVALID_HANDLE, again)
        e.close()


def ends_while_busy(lab, daemon, me, foe):
    """SIGTERM while calls run: they are answered, nobody else is taken in, and it ends well."""
    w = Wire(daemon.path, foe, seconds=30)
    w.ask(wire.ENCRYPT_MEMORY, struct.pack("<IBI", 1, 0, 16 << 20) + bytes(16 << 20))
    stalled = Wire(daemon.path, foe)
    stalled.ask(wire.ACQUIRE, wire.acquire("ToySSP", address=0x1234))
    stalled.receive()
    time.sleep(0.1)
    begin = time.monotonic()
    daemon.process.send_signal(signal.SIGTERM)
    got = w.receive()
    lab.check("a call that runs is answered", got is not None and got[2] == 0 and len(got[3]) == (16 << 20) + 4, str(got and (got[2], len(got[3]))))
    lab.equal("it ends well", 0, daemon.process.wait(30))
    lab.check("within seconds, whoever stalls", time.monotonic() - begin < 12, f"{time.monotonic() - begin:.1f} s")
    daemon.start()
    me.goes_on(lab, "a restart")
    ends_while_workers_stay(lab, daemon, foe)
    me.goes_on(lab, "another restart")


def ends_while_workers_stay(lab, daemon, foe):
    """SIGTERM beside programs that call in a row: every answer is whole, and it does not wait for them to stop."""
    wires = [Wire(daemon.path, foe, seconds=20) for _ in range(8)]

    def caller(w):
        while (w.call(wire.PACKAGES, b"") or [1])[0] == 0:
            continue

    threads = [threading.Thread(target=caller, args=(w,)) for w in wires]
    for t in threads:
        t.start()
    time.sleep(0.5)
    begin = time.monotonic()
    daemon.process.send_signal(signal.SIGTERM)
    lab.equal("it ends well while workers stay", 0, daemon.process.wait(30))
    lab.check("at once", time.monotonic() - begin < 2, f"{time.monotonic() - begin:.1f} s")
    for t in threads:
        t.join()
    lab.equal("and nobody has half an answer", 0, sum(w.half for w in wires))
    for w in wires:
        w.close()
    daemon.start()


def descriptors(lab, daemon, me, foe):
    """No descriptors left: others wait, and the processor does not burn."""
    small = Daemon(lab, "small.sock", limit=64)
    crowd, extra = [], []
    try:
        for uid in (FOE, OTHER):
            for _ in range(60):
                w = Wire(small.path, uid, greet=False)
                crowd.append(w)
                w.send(hello())
    except OSError as e:
        lab.check("connections wait", False, repr(e))
    time.sleep(0.5)
    before = small.seconds()
    time.sleep(3)
    burnt = small.seconds() - before
    lab.check("accept does not spin", burnt < 0.3, f"{burnt:.2f} s of 3")
    for w in crowd + extra:
        w.close()
    time.sleep(2.5)
    w = Wire(small.path, OTHER, seconds=5)
    lab.check("when they have gone others come in", w.welcome is not None)
    w.close()
    stop(small.process)


def activated(lab, daemon, me, foe):
    """A socket handed over as systemd does it."""
    path = os.path.join(lab.directory("activated"), "lsa.sock")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    os.chmod(path, 0o666)
    listener.listen(64)

    def start(fd, count="1", listening=True):
        def hand_over():
            os.dup2(fd, 3)
            os.set_inheritable(3, True)
        command = f"LISTEN_PID=$$ LISTEN_FDS={count} exec {LSAD}"
        return lab.start(["sh", "-c", command], log="activated.log", preexec_fn=hand_over, close_fds=False)

    process = start(listener.fileno())
    code, out, err = me.run("cred", "list", "--json", path=path)
    lab.check("lsad serves the socket it was handed", code == 0 and "App/mine" in out, f"{code} {out} {err}")
    stop(process)
    lab.equal("it ends well and leaves the socket to its owner", (0, True), (process.returncode, os.path.exists(path)))
    process = start(listener.fileno())
    code, out, err = me.run("cred", "list", "--json", path=path)
    lab.equal("who comes after a restart is served", 0, code, err)
    stop(process)
    tcp = socket.create_server(("127.0.0.1", free_port()))
    plain = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    for name, fd, count in (("a TCP socket", tcp.fileno(), "1"), ("a socket that does not listen", plain.fileno(), "1"),
                            ("two sockets", listener.fileno(), "2")):
        process = start(fd, count)
        try:
            code = process.wait(10)
        except subprocess.TimeoutExpired:
            code = -1
        lab.check(f"{name} is refused with words", code == 1 and "systemd handed over" in lab.log("activated.log") , f"{code} {lab.log('activated.log')}")


def owner(lab, daemon, me, foe):
    """Programs trust a daemon of root, of themselves and of [lsa] user; [lsa] socket says where it is."""
    folder, home = lab.directory("owned"), lab.directory("owned-home")
    program = os.path.join(lab.path("program"), "lsad")
    shutil.copy(LSAD, program)
    for path in (folder, home):
        os.chown(path, OTHER, OTHER)
    os.chmod(folder, 0o755)
    path = os.path.join(folder, "lsa.sock")
    env = dict(lab.env, OPENSSPI_HOME=home, OPENSSPI_MODULE_DIR=lab.path("program"))
    process = lab.start(["setpriv", "--reuid", str(OTHER), "--regid", str(OTHER), "--clear-groups", program, "--socket", path],
                        log="owned.log", env=env)
    end = time.monotonic() + 10
    while not os.path.exists(path) and time.monotonic() < end:
        time.sleep(0.05)
    user = User(lab, daemon, FOE)
    del user.env["OPENSSPI_LSA"]
    etc = os.path.join(user.env["OPENSSPI_HOME"], "etc")

    def configure(*lines):
        os.makedirs(etc, exist_ok=True)
        with open(os.path.join(etc, "opensspi.conf"), "w", encoding="utf-8") as f:
            f.write("\n".join(["[lsa]", "socket = " + path, *lines, ""]))

    time.sleep(0.3)
    for lines, wanted, name in (([], 1, "another user's daemon is not trusted"), ([f"user = {foe + 9}"], 1, "nor when somebody else is named"),
                                (["user = nobody-of-this-name"], 1, "nor when there is no such user"), ([f"user = {OTHER}"], 0, "it is when he is named")):
        configure(*lines)
        code, out, err = user.run("cred", "list", "--json")
        lab.equal(name, wanted, code, out + err + lab.log("owned.log"))
    lab.check("his vault is that daemon's", user.write("App/owned") and os.path.exists(os.path.join(home, "state", str(FOE), "vault.db")))
    stop(process)
    code, out, err = user.run("cred", "list", "--json")
    lab.check("without the daemon there is an error, and no other vault", code == 3 and "does not answer" in err, f"{code} {out} {err}")
    shutil.rmtree(etc)


def places(lab, daemon, me, foe):
    """Where lsad does not listen, and what it says then."""
    def refused(name, path, words, code=1, args=None):
        process = lab.start([LSAD, *(args or ["--socket", path])], log="refused.log")
        try:
            got = process.wait(10)
        except subprocess.TimeoutExpired:
            got = -1
            stop(process)
        lab.check(f"{name} is refused with words", got == code and words in lab.log("refused.log"), f"{got} {lab.log('refused.log')}")

    open_ = lab.directory("open")
    os.chmod(open_, 0o777)
    refused("a folder that all may write", open_ + "/lsa.sock", "others may write")
    os.chmod(open_, 0o1777)
    refused("also with the sticky bit", open_ + "/lsa.sock", "others may write")
    below = lab.directory("open/below")
    os.chmod(open_, 0o777)
    refused("one below it", below + "/lsa.sock", "others may write")
    if os.geteuid() == 0:
        theirs = lab.directory("theirs")
        os.chown(theirs, foe, foe)
        refused("another user's", theirs + "/lsa.sock", "another user's")
    refused("one that is not there", lab.path("nowhere/lsa.sock"), "folder is not there")
    refused("a path that is relative", "lsa.sock", "absolute")
    refused("a path that is too long", "/" + "x" * 120, "absolute")
    refused("a place where a daemon serves", daemon.path, "another lsad")
    lab.write("run/file.sock", "precious")
    refused("a place where a file is", lab.path("run/file.sock"), "something is there")
    lab.equal("which is left alone", "precious", open(lab.path("run/file.sock"), encoding="ascii").read())
    refused("a strange option", "", "lsad", 2, ["--frobnicate"])
    refused("a strange argument", "", "too many", 2, ["strange"])
    for option, words in (("--help", "usage: lsad"), ("--version", "lsad ")):
        done = subprocess.run([LSAD, option], capture_output=True, text=True, check=False)
        lab.check(f"{option} answers", done.returncode == 0 and words in done.stdout, str(done))


def secrets(lab, daemon, me, foe):
    """A saved password crosses the socket when it is saved, and never again."""
    password = "Cr0ssing-N0thing"
    recorder = Recorder(os.path.join(daemon.folder, "recorder.sock"), daemon.path)
    code, out, err = lab.sspi("account", "add", "LAB\\carol", password=password)
    lab.equal("the server has an account", 0, code, err)
    server = Server(lab, "--json")
    code, out, err = me.run("cred", "add", "TERMSRV/desk.example.com", "--user", "LAB\\carol", secret=password, path=recorder.path)
    lab.check("the recorder sees a password that is being saved", code == 0 and recorder.holds(password), f"{code} {err}")
    recorder.seen.clear()
    code, out, err = me.run("logon", f"rdp://127.0.0.1:{server.port}", "--target", "TERMSRV/desk.example.com", "--saved", "--json",
                            "--timeout", "20", path=recorder.path)
    lab.check("the saved credential signs in by CredSSP", code == 0 and json.loads(out)["signed_in"], f"{code} {out} {err}")
    said = server.next()
    lab.check("and arrives", said is not None and "carol" in json.dumps(said), str(said))
    lab.check("over the recorded socket", len(recorder.seen) > 1000, str(len(recorder.seen)))
    lab.check("the password crossed it in neither direction", not recorder.holds(password))
    code, out, err = me.run("cred", "show", "TERMSRV/desk.example.com", "--json", path=recorder.path)
    lab.check("nor does it when the credential is read", code == 0 and not recorder.holds(password) and password not in out, f"{code} {out} {err}")
    lab.check("lsad has still mapped no TLS", "libssl" not in open(f"/proc/{daemon.process.pid}/maps", encoding="utf-8").read())


CASES = [malformed, replays, floods, passed, handles, half_open, memory, rows, mute, two_users, secrets, killed, ends_while_busy, descriptors, activated, owner,
         places, hardened, stalls]


def prepare(lab):
    """What users who own nothing may run and reach; the package whose AuthData is an address."""
    os.chmod(lab.root, 0o711)
    program = lab.directory("program")
    os.chmod(program, 0o755)
    for name in ("sspi", "libopensspi.so.0", "opensspi-tls.so"):
        shutil.copy(os.path.join(BUILD, "src", name), program)
    toy = os.path.join(program, "toyssp.so")
    folder = os.path.join(SOURCE, "examples", "package")
    done = subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-I", os.path.join(SOURCE, "include"), "-I", folder, "-o", toy,
                           *(os.path.join(folder, f) for f in sorted(os.listdir(folder)) if f.endswith(".c"))],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        print("# " + done.stderr[-600:])
    os.chmod(toy, 0o755)
    return toy


def main():
    lab = Lab()
    why = missing("setpriv", "cc") or ("it takes root" if os.geteuid() else "") or ("" if os.path.exists(LSAD) else "lsad is not built")
    if why:
        lab.skip("lsad", why)
        return lab.finish()
    try:
        daemon = Daemon(lab, configuration=f"[lsa]\npackages = {prepare(lab)}\n[policy]\nAllowSavedCredentials = TERMSRV/*\n"
                        "AllowSavedCredentialsWhenNTLMOnly = TERMSRV/*\nAcceptedTargetNames = *.example.com\n")
        me = User(lab, daemon)
        lab.check("lsad begins and a credential is saved", me.write("App/mine"), lab.log("lsad.log"))
        for case in CASES:
            if sys.argv[1:] and case.__name__ not in sys.argv[1:]:
                continue
            print(f"# {case.__name__}", flush=True)
            try:
                case(lab, daemon, me, FOE)
            except Exception as e:  # the others have a daemon too
                lab.check(f"{case.__name__} itself", False, f"{e!r} in line {e.__traceback__.tb_next.tb_lineno}")
            if not lab.check(f"{case.__name__}: lsad lives", daemon.alive(), lab.log("lsad.log")):
                daemon.start()
        stop(daemon.process)
        lab.equal("lsad ends well", 0, daemon.process.returncode, lab.log("lsad.log"))
    except Exception as e:
        lab.check("the test itself", False, repr(e))
    return lab.finish()


if __name__ == "__main__":
    sys.exit(main())
