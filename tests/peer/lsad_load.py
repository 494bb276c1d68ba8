#!/usr/bin/env python3
"""lsad under load: programs with many threads that do everything at once, programs that are killed at random, and
hostile ones beside them; then nothing of them is left. In a build with sanitizers their reports fail it.

SSPI, LSAD_LOAD and BUILD_ROOT name the tool, the driver and the build; LOAD_SECONDS how long (8). Ends with
"N passed, N failed, N skipped"."""
import glob
import os
import random
import re
import signal
import struct
import subprocess
import sys
import threading
import time

import lsad_wire as wire
from lib import Lab, missing, stop
from lsad import is_sanitized
from lsad_wire import Wire, frame

BUILD = os.environ.get("BUILD_ROOT", "")
LSAD = os.path.join(BUILD, "src", "lsad")
DRIVER = os.environ.get("LSAD_LOAD", os.path.join(BUILD, "tests", "peer", "lsad_load"))
SSPI = os.environ.get("SSPI", os.path.join(BUILD, "src", "sspi"))
SECONDS = float(os.environ.get("LOAD_SECONDS", "8"))
PROGRAMS, VICTIMS, THREADS = 2, 3, 4
GROWTH_KIB = 24 << 10  # between the first third and the end; in a plain build


class Watched:
    """An lsad, and how much it holds."""

    def __init__(self, lab, env):
        self.path = os.path.join(lab.directory("run"), "lsa.sock")
        os.chmod(lab.root, 0o711)
        os.chmod(lab.path("run"), 0o755)
        self.process = lab.start([LSAD, "--foreground", "--socket", self.path], log="lsad.log", env=env)
        end = time.monotonic() + 30
        while not os.path.exists(self.path) and self.process.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(0.3)

    def kib(self):
        text = open(f"/proc/{self.process.pid}/status", encoding="ascii").read()
        found = re.search(r"VmRSS:\s+(\d+)", text)
        return int(found.group(1)) if found else 0  # it has ended

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


def victims(lab, env, over, killed):
    """Programs in the middle of everything that get SIGKILL."""
    chance = random.Random(os.getpid())
    while not over.is_set():
        process = lab.start([DRIVER, "60", str(THREADS)], env=env, log=f"victim-{threading.get_ident()}.log")
        over.wait(chance.uniform(0.05, 0.8))
        process.send_signal(signal.SIGKILL)
        process.wait()
        lab.running.remove(process)
        killed.append(process.pid)


def foes(path, over, counts):
    """Noise, half frames, calls whose answers are not awaited, and contexts left open; now and then a whole call."""
    chance = random.Random(os.getpid() + 1)
    while not over.is_set():
        try:
            w = Wire(path, seconds=5)
            kind = chance.randrange(5)
            if kind == 0:
                w.send(chance.randbytes(chance.randrange(1, 300)))
            elif kind == 1:
                w.send(frame(wire.CALL, 1, wire.PACKAGES, b"\0" * 40)[:chance.randrange(1, 50)])
            elif kind == 2:
                for _ in range(20):
                    w.ask(chance.choice((wire.PACKAGES, wire.SESSION_DATA, wire.CRED_READ)), chance.randbytes(chance.randrange(40)))
            elif kind == 3:
                credential = w.acquire()
                for _ in range(30):
                    w.call(wire.ACCEPT, wire.accept(credential))
            else:  # one by one and two at once: a worker stays, and leaves
                for _ in range(20):
                    w.call(wire.PACKAGES, b"\0")
                w.send(frame(wire.CALL, 100, wire.PACKAGES, b"\0") + frame(wire.CALL, 101, wire.PACKAGES, b"\0"))
                w.receive()
                w.receive()
                w.call(wire.ENCRYPT_MEMORY, struct.pack("<IBI", 1, 0, 8192) + bytes(8192))
            counts.append(kind)
            w.close()
        except (OSError, TypeError):  # the other end has gone: we were one too many, or it has died
            time.sleep(0.01)


def settle(daemon, wanted):
    end = time.monotonic() + 20
    while daemon.descriptors() > wanted and time.monotonic() < end:
        time.sleep(0.2)
    return daemon.descriptors()


def load(lab, daemon, env):
    """Runs it all; the middle of the first third's memory and the end's."""
    over, killed, counts = threading.Event(), [], []
    programs = [lab.start([DRIVER, str(SECONDS), str(THREADS)], env=env, log=f"program-{i}.log") for i in range(PROGRAMS)]
    others = [threading.Thread(target=victims, args=(lab, env, over, killed)) for _ in range(VICTIMS)]
    others += [threading.Thread(target=foes, args=(daemon.path, over, counts)) for _ in range(2)]
    for t in others:
        t.start()
    try:
        time.sleep(SECONDS / 3)
        early = daemon.kib()
        time.sleep(SECONDS * 2 / 3)
        late = daemon.kib()
    finally:
        over.set()
        for t in others:
            t.join()
    for i, p in enumerate(programs):
        try:
            code = p.wait(60)
        except subprocess.TimeoutExpired:
            code = -1
        lab.equal(f"program {i} met with nothing unexpected: {lab.log(f'program-{i}.log', 1)}", 0, code, lab.log(f"program-{i}.log"))
    lab.check(f"{len(killed)} programs were killed and {len(counts)} hostile ones served", killed and counts)
    return early, late


def reports(lab):
    return [f"{os.path.basename(f)}: {open(f, encoding='utf-8', errors='replace').read()[:3000]}" for f in sorted(glob.glob(lab.path("report.*")))]


def run(lab):
    more = f"log_path={lab.path('report')}:exitcode=66"
    sanitizers = {"ASAN_OPTIONS": more + ":detect_leaks=1:quarantine_size_mb=8", "TSAN_OPTIONS": more, "UBSAN_OPTIONS": more + ":print_stacktrace=1"}
    env = dict(lab.env, **sanitizers)
    lab.configure("[lsa]\naudit = " + lab.path("audit.log") + "\n")
    added = subprocess.run([SSPI, "account", "add", "alice", "--password-fd", "0"], input=b"S3cret!pw\n", env=env,
                           capture_output=True, check=False)
    lab.equal("an account is made", 0, added.returncode, added.stderr.decode(errors="replace"))
    daemon = Watched(lab, env)
    clients = dict(env, OPENSSPI_LSA="socket:" + daemon.path)
    first = lab.start([DRIVER, "1", "1"], env=clients, log="first.log").wait(60)  # what is opened once
    lab.equal("one program alone", 0, first, lab.log("first.log"))
    before = settle(daemon, 0) if daemon.process.poll() is None else 0
    early, late = load(lab, daemon, clients)
    lab.check("lsad lives", daemon.process.poll() is None, lab.log("lsad.log"))
    lab.equal("no descriptor is left of those who have gone", before, settle(daemon, before))
    growth = late - early
    if is_sanitized():
        lab.skip("lsad's memory does not grow", f"a build with sanitizers; {growth} KiB")
    else:
        lab.check(f"lsad's memory does not grow: {early} KiB, {late} KiB", growth < GROWTH_KIB, f"{growth} KiB")
    stop(daemon.process)
    lab.equal("it ends well, with nothing leaked", 0, daemon.process.returncode, lab.log("lsad.log"))
    lab.equal("no sanitizer has anything to say", [], reports(lab))


def main():
    lab = Lab()
    why = missing() or ("" if os.path.exists(LSAD) else "lsad is not built") or ("" if os.path.exists(DRIVER) else "its driver is not built")
    if why:
        lab.skip("lsad_load", why)
        return lab.finish()
    try:
        run(lab)
    except Exception as e:
        lab.check("the test itself", False, repr(e))
        for text in reports(lab):
            print(text)
    return lab.finish()


if __name__ == "__main__":
    sys.exit(main())
