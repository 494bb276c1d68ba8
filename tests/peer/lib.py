"""What the peer tests share: a place of their own, programs stopped by pid, one line a case."""
import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time


class Lab:
    """A temporary home for our files and the peers', and the list of what was started."""

    def __init__(self):
        self.root = tempfile.mkdtemp(prefix="opensspi-peer-")
        self.home = self.directory("home")
        self.env = dict(os.environ, HOME=self.home, OPENSSPI_HOME=self.directory("opensspi"))
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "DISPLAY"):
            self.env.pop(name, None)
        self.running = []
        self.passed = self.failed = self.skipped = 0

    def directory(self, name):
        path = os.path.join(self.root, name)
        os.makedirs(path, mode=0o700, exist_ok=True)
        return path

    def path(self, name):
        return os.path.join(self.root, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        return self.path(name)

    def configure(self, text):
        """Writes the library's configuration; counts for programs started later."""
        folder = os.path.join(self.env["OPENSSPI_HOME"], "etc")
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with open(os.path.join(folder, "opensspi.conf"), "w", encoding="utf-8") as f:
            f.write(text)

    # ---- cases

    def check(self, name, good, detail=""):
        if good:
            self.passed += 1
            print(f"ok {name}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL {name}{': ' if detail else ''}{detail}", flush=True)
        return good

    def equal(self, name, wanted, got, detail=""):
        return self.check(name, wanted == got, f"wanted {wanted!r}, got {got!r} {detail}".rstrip())

    def skip(self, name, why):
        self.skipped += 1
        print(f"skipped {name}: {why}", flush=True)

    # ---- programs

    def start(self, args, log=None, **more):
        """Starts a program; it is stopped at the end if it still runs."""
        out = open(self.path(log), "wb") if log else more.pop("stdout", subprocess.DEVNULL)
        more.setdefault("stderr", subprocess.STDOUT if log else subprocess.DEVNULL)
        more.setdefault("stdin", subprocess.DEVNULL)
        more.setdefault("env", self.env)
        process = subprocess.Popen(args, stdout=out, **more)
        if log:
            out.close()
        self.running.append(process)
        return process

    def run(self, args, seconds=40, log=None):
        """Runs a program to its end and answers its exit code; -1 when it took too long."""
        process = self.start(args, log=log)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            stop(process)
            return -1

    def log(self, name, lines=6):
        try:
            with open(self.path(name), encoding="utf-8", errors="replace") as f:
                return " | ".join(line.strip() for line in f.readlines()[-lines:])
        except OSError:
            return ""

    def sspi(self, *args, password=None, seconds=40):
        """Runs our tool, the password through a pipe; answers (exit code, stdout, stderr)."""
        args, fds, reader = [tool(), *args], (), None
        if password is not None:
            reader, writer = os.pipe()
            os.write(writer, password.encode() + b"\n")
            os.close(writer)
            args += ["--password-fd", str(reader)]
            fds = (reader,)
        try:
            done = subprocess.run(args, env=self.env, pass_fds=fds, stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=seconds, check=False)
            return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        except subprocess.TimeoutExpired:
            return -1, "", "took too long"
        finally:
            if reader is not None:
                os.close(reader)

    def finish(self):
        for process in reversed(self.running):
            stop(process)
        if os.environ.get("KEEP"):
            print(f"# kept {self.root}")
        else:
            shutil.rmtree(self.root, ignore_errors=True)
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        return 1 if self.failed else 0


class Server:
    """`sspi serve` on a free port; its JSON lines come one by one from next()."""

    def __init__(self, lab, *more, kind="rdp"):
        self.process = lab.start([tool(), "serve", kind, "--listen", "127.0.0.1:0", "--json", *more],
                                 stdout=subprocess.PIPE, stderr=open(lab.path("serve.log"), "ab"))
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        first = self.next(20)
        self.port = int(first["listening"].rsplit(":", 1)[1]) if first and "listening" in first else 0

    def read(self):
        for line in self.process.stdout:
            try:
                self.lines.put(json.loads(line))
            except ValueError:
                self.lines.put({"not json": line.decode(errors="replace")})
        self.lines.put(None)

    def next(self, seconds=20):
        try:
            return self.lines.get(timeout=seconds)
        except queue.Empty:
            return None


def tool():
    return os.environ.get("SSPI", "sspi")


def stop(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def missing(*programs):
    """What of these is not installed, as a sentence; "" when all are there."""
    gone = [p for p in programs if not shutil.which(p)]
    return f"{', '.join(gone)} not installed" if gone else ""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def listening(port, process, seconds=15):
    """Waits until somebody listens, without connecting (a server may count connections)."""
    wanted = f"{port:04X}"
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            try:
                rows = open(table, encoding="ascii").read().splitlines()[1:]
            except OSError:
                continue
            if any(r.split()[1].endswith(":" + wanted) and r.split()[3] == "0A" for r in rows):
                return True
        time.sleep(0.05)
    return False


def start_display(lab):
    """An X server of our own; sets DISPLAY. False when it does not start."""
    reader, writer = os.pipe()
    process = lab.start(["Xvfb", "-screen", "0", "640x480x24", "-nolisten", "tcp", "-displayfd", str(writer)],
                        log="xvfb.log", pass_fds=(writer,))
    os.close(writer)
    with os.fdopen(reader) as f:
        number = f.readline().strip()
    if not number or process.poll() is not None:
        return False
    lab.env["DISPLAY"] = ":" + number
    return True


def fail_early(lab, why):
    lab.check("set-up", False, why)
    sys.exit(lab.finish())
