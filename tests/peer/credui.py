#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""CredUICmdLinePromptForCredentials at a terminal: questions, echo, saving, cancelling, signals.

CREDUI_ASK names tests/peer/credui_ask.c. Each case has a terminal of its own (a pty), whose state is compared
before and after. Ends with "N passed, N failed, N skipped"."""
import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import termios
import time

from terminal import heed_signals

ASK = os.environ.get("CREDUI_ASK", "")
GENERIC, NEVER, PERSIST, SHOW, CONFIRM = 0x40000, 0x2, 0x1000, 0x40, 0x20000
ALWAYS, VALIDATE, COMPLETE, PASSWORD_ONLY, USERNAME = 0x80, 0x400, 0x800, 0x200, 0x80000
CANCELLED, SECRET = 1223, "S3cret-pw"
counts = {"ok": 0, "FAIL": 0, "skipped": 0}


def check(name, good, why=""):
    result = "ok" if good else "FAIL"
    counts[result] += 1
    print(f"{result:4} {name} {'' if good else why}".rstrip(), flush=True)


class Terminal:
    """A prompt in a session of its own, at one end of a pty; ours is the other."""

    def __init__(self, home, *arguments, terminal=True, change=None):
        self.master, self.slave = pty.openpty()
        if change:
            mode = termios.tcgetattr(self.slave)
            change(mode)
            termios.tcsetattr(self.slave, termios.TCSANOW, mode)
        self.before = termios.tcgetattr(self.slave)
        self.seen = ""
        env = {**os.environ, "OPENSSPI_HOME": home}

        def own():
            heed_signals()
            if terminal:
                fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)

        self.child = subprocess.Popen([ASK, *map(str, arguments)], stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env,
                                      start_new_session=True, preexec_fn=own, pass_fds=[self.slave])

    def wait(self, text):
        """Reads until the text is on the screen, behind what was waited for before."""
        start, end = len(self.seen), time.monotonic() + 20
        while text not in self.seen[start:]:
            ready, _, _ = select.select([self.master], [], [], max(0, end - time.monotonic()))
            if not ready:
                return False
            self.seen += os.read(self.master, 4096).decode(errors="replace")
        return True

    def type(self, text):
        os.write(self.master, text if isinstance(text, bytes) else text.encode())

    def answer(self, question, text):
        return self.wait(question) and (self.type(text + "\n"), True)[1]

    def mode(self):
        return termios.tcgetattr(self.slave)

    def end(self):
        """The prompt's own words as a dictionary, once it is over."""
        try:
            out = self.child.communicate(timeout=20)[0].decode(errors="replace")
        except subprocess.TimeoutExpired:
            self.child.kill()
            out = self.child.communicate()[0].decode(errors="replace")
        while select.select([self.master], [], [], 0.1)[0]:
            self.seen += os.read(self.master, 4096).decode(errors="replace")
        self.after = self.mode()
        os.close(self.master)
        os.close(self.slave)
        self.said = dict(line.split("=", 1) for line in out.splitlines() if "=" in line)
        return self.said

    def is_as_before(self):
        return self.after == self.before


def questions(home):
    t = Terminal(home, "server", GENERIC | NEVER)
    check("the target is named when asking for the user", t.wait("User name for server: "), t.seen)
    t.type("alice\n")
    check("user and target when asking for the password", t.wait("Password of alice for server: "), t.seen)
    check("the terminal does not echo a password", not t.mode()[3] & termios.ECHO)
    t.type(SECRET + "\n")
    said = t.end()
    check("both arrive", said == {"error": "0", "user": "alice", "password": SECRET, "save": "0", "stored": ""}, said)
    check("the name was echoed, the password was not", "alice\r\n" in t.seen and SECRET not in t.seen, repr(t.seen))
    check("nothing is asked about saving with DO_NOT_PERSIST", "Save" not in t.seen)
    check("the terminal is as before", t.is_as_before())

    t = Terminal(home, "server", GENERIC | NEVER, "user=bob")
    check("a given user is not asked for", t.answer("Password of bob for server: ", SECRET) and "User" not in t.seen, t.seen)
    check("and comes back", t.end().get("user") == "bob", t.said)

    t = Terminal(home, "server", GENERIC | NEVER, "wide")
    t.answer("User", "carol")
    t.answer("Password", SECRET)
    said = t.end()
    check("the W form asks the same", said.get("user") == "carol" and said.get("password") == SECRET, said)

    t = Terminal(home, "server", GENERIC | NEVER)
    t.answer("User", "")
    check("an empty name is asked for again", t.answer("User", "dora"), t.seen)
    t.answer("Password", "")
    said = t.end()
    check("an empty password is one", said.get("error") == "0" and said.get("password") == "", said)

    t = Terminal(home, "server", GENERIC | NEVER | PASSWORD_ONLY)
    t.answer("User", "")
    check("with PASSWORD_ONLY_OK an empty name is taken", t.answer("Password for server: ", "x"), t.seen)
    check("and told", t.end().get("user") == "", t.said)

    t = Terminal(home, "evil\x1b[2J\r", GENERIC | NEVER, "user=a")
    t.answer("Password", "x")
    t.end()
    check("control characters of a target do not reach the terminal", "\x1b" not in t.seen, repr(t.seen))


def names(home):
    t = Terminal(home, "TERMSRV/srv.example.com:3389", NEVER)
    t.answer("User", "DOM\\")
    check("a name without its half is asked for again", t.answer("User", "alice") and "DOMAIN\\user" in t.seen, t.seen)
    t.answer("Password", SECRET)
    check("a bare name is completed with the server", t.end().get("user") == "srv.example.com\\alice", t.said)
    t = Terminal(home, "srv", NEVER)
    t.answer("User", "alice@example.com")
    t.answer("Password", SECRET)
    check("a whole one is left alone", t.end().get("user") == "alice@example.com", t.said)
    t = Terminal(home, "srv", GENERIC | NEVER | COMPLETE)
    t.answer("User", "alice")
    t.answer("Password", SECRET)
    check("generic ones are completed on demand", t.end().get("user") == "srv\\alice", t.said)
    t = Terminal(home, "srv", GENERIC | NEVER | VALIDATE)
    t.answer("User", "al@")
    t.answer("User", "alice")
    t.answer("Password", SECRET)
    check("or only looked at", t.end().get("user") == "alice", t.said)
    t = Terminal(home, "srv", GENERIC | NEVER | VALIDATE)
    for _ in range(3):
        t.answer("User", "@")
    check("three bad names end it", t.end().get("error") == str(CANCELLED), t.said)


def saving(home):
    t = Terminal(home, "no", GENERIC, "save=1")
    t.answer("User", "alice")
    t.answer("Password", SECRET)
    check("the save question shows the caller's wish", t.wait("(Y/n)? "), t.seen)
    t.type("n\n")
    said = t.end()
    check("no is no", said.get("save") == "0" and said.get("stored") == "", said)

    t = Terminal(home, "yes", GENERIC, "save=0")
    t.answer("User", "alice")
    t.answer("Password", SECRET)
    t.answer("(y/N)? ", "what")
    check("other answers are asked for again", t.wait("(y/N)? "), t.seen)
    t.type("Y\n")
    said = t.end()
    check("yes saves", said.get("save") == "1" and said.get("stored") == "alice", said)
    t = Terminal(home, "yes", GENERIC)
    said = t.end()
    check("and the next prompt is none", said.get("user") == "alice" and said.get("password") == SECRET and not t.seen,
          f"{said} {t.seen}")
    t = Terminal(home, "yes", GENERIC | ALWAYS | NEVER)
    check("unless ALWAYS_SHOW_UI", t.answer("User", "bob"), t.seen)
    t.answer("Password", "x")
    t.end()

    t = Terminal(home, "default", GENERIC, "save=1")
    t.answer("User", "alice")
    t.answer("Password", SECRET)
    t.answer("? ", "")
    said = t.end()
    check("an empty answer is the caller's wish", said.get("save") == "1" and said.get("stored") == "alice", said)

    t = Terminal(home, "persist", GENERIC | PERSIST, "save=0")
    t.answer("User", "alice")
    t.answer("Password", SECRET)
    said = t.end()
    check("PERSIST saves unasked and leaves the caller's word", said.get("save") == "0" and said.get("stored") == "alice"
          and "Save" not in t.seen, said)

    t = Terminal(home, "shown", GENERIC | NEVER | SHOW, "save=0")
    t.answer("User", "alice")
    t.answer("Password", SECRET)
    t.answer("? ", "y")
    said = t.end()
    check("SHOW_SAVE_CHECK_BOX asks and leaves saving to the caller", said.get("save") == "1" and said.get("stored") == "",
          said)

    t = Terminal(home, "small", GENERIC | PERSIST, "room=5")
    t.answer("User", "alice")
    t.answer("Password", "pw")
    said = t.end()
    check("what does not fit is neither given nor saved", said.get("error") == "122" and said.get("user") == "" and
          said.get("stored") == "", said)


def targets(home):
    """Under what a domain's credential is saved, though the server's domain is known."""
    server = "srv.corp.example"
    for name, flags, user, stored in (("for the server alone", 0, "CORP\\a", f"{server},CORP\\a;"),
                                      ("there again for another user", 0, "CORP\\b", f"{server},CORP\\b;"),
                                      ("there with SERVER_CREDENTIAL", 0x4000, "CORP\\a", f"{server},CORP\\a;"),
                                      ("under the user's name when that is the target", USERNAME, "CORP\\c",
                                       f"{server},CORP\\a;CORP\\c,CORP\\c;")):
        t = Terminal(home, server, PERSIST | flags, f"user={user}", "domain=corp.example")
        t.answer("Password", SECRET)
        said = t.end()
        check(f"it is saved {name}", said.get("error") == "0" and sorted(said.get("all", "").split(";")) ==
              sorted(stored.split(";")), said)


def confirming(home):
    for confirm, stored in ((1, "alice"), (0, "")):
        t = Terminal(home, f"confirm{confirm}", GENERIC | PERSIST | CONFIRM, f"confirm={confirm}")
        t.answer("User", "alice")
        t.answer("Password", SECRET)
        said = t.end()
        check(f"EXPECT_CONFIRMATION saves on CredUIConfirmCredentials({confirm})",
              said.get("stored") == "" and said.get("confirmed") == "0" and said.get("then stored") == stored, said)
        check("and once", said.get("again") == "1168", said)


def cancelling(home):
    for step, name in enumerate(("name", "password", "save question")):
        t = Terminal(home, "server", GENERIC, "save=1")
        for question, text in list(zip(("User", "Password"), ("alice", SECRET)))[:step]:
            t.answer(question, text)
        t.wait(("User name", "Password", "Save")[step])
        time.sleep(0.3)
        t.type(b"\x04")
        said = t.end()
        check(f"end of file at the {name} cancels", said.get("error") == str(CANCELLED), said)
        check("nothing is changed", said.get("user") == "" and said.get("password") == "" and said.get("save") == "1" and
              said.get("stored") == "", said)
        check("the terminal is as before", t.is_as_before())

    t = Terminal(home, "server", GENERIC | NEVER, "user=a")
    t.wait("server: ")
    t.type("half")
    t.type(b"\x03")
    t.end()
    check("Ctrl-C ends a program that does not handle it", t.child.returncode == -signal.SIGINT, t.child.returncode)
    check("with the terminal as before", t.is_as_before() and "half" not in t.seen, repr(t.seen))

    t = Terminal(home, "server", GENERIC | NEVER, "user=a", "outlive")
    t.wait("server: ")
    t.type(b"\x03")
    said = t.end()
    check("and cancels in one that does", said.get("error") == str(CANCELLED), said)
    check("with the terminal as before", t.is_as_before())

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        t = Terminal(home, "server", GENERIC | NEVER, "user=a")
        t.wait("server: ")
        t.child.send_signal(number)
        t.end()
        check(f"{number.name} restores the terminal first", t.child.returncode == -number and t.is_as_before(),
              t.child.returncode)

    t = Terminal(home, "server", GENERIC | NEVER, "user=a")
    t.wait("server: ")
    t.child.send_signal(signal.SIGTSTP)
    check("after a stop the question is asked again", t.answer("server: ", SECRET), t.seen)
    check("and answered", t.end().get("password") == SECRET and t.is_as_before(), t.said)

    t = Terminal(home, "server", GENERIC | NEVER, "user=a", terminal=False)
    said = t.end()
    check("without a terminal it is cancelled", said.get("error") == str(CANCELLED) and not t.seen, said)


def odd_lines(home):
    t = Terminal(home, "server", GENERIC | NEVER, "user=a")
    t.wait("server: ")
    t.type(b"\xff\xfe\n")
    check("what is no UTF-8 is asked for again", t.answer("server: ", "p\u00e4ss"), t.seen)
    check("what is arrives", t.end().get("password") == "p\u00e4ss", t.said)
    t = Terminal(home, "server", GENERIC | NEVER, "user=a")
    t.answer("server: ", "x" * 257)
    check("a password that is too long is asked for again", t.answer("server: ", "y" * 256), t.seen)
    check("the longest is taken", t.end().get("password") == "y" * 256, t.said)

    def raw(mode):
        mode[0] &= ~termios.ICRNL
        mode[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG)

    t = Terminal(home, "server", GENERIC | NEVER, change=raw)
    t.wait("server: ")
    t.type("alice\r")
    t.wait("Password")
    t.type(SECRET + "\r")
    said = t.end()
    check("a terminal in raw mode serves too", said.get("user") == "alice" and said.get("password") == SECRET, said)
    check("and is raw again", t.is_as_before())


def main():
    if not ASK:
        print("skipped: CREDUI_ASK is not set")
        return 0
    with tempfile.TemporaryDirectory(prefix="opensspi-credui-") as home:
        for part in (questions, names, saving, targets, confirming, cancelling, odd_lines):
            part(tempfile.mkdtemp(dir=home))
    print(f"{counts['ok']} passed, {counts['FAIL']} failed, {counts['skipped']} skipped")
    return 1 if counts["FAIL"] else 0


if __name__ == "__main__":
    sys.exit(main())
