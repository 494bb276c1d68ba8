#!/usr/bin/env python3
"""lsad's audit, line by line, and `sspi lsa`: which LSA, whose sessions, where packages run.

SSPI and BUILD_ROOT name the tool and the build; root and setpriv for all of it. Ends with "N passed, N failed, N
skipped"."""
import json
import os
import re
import socket
import sys
import time

from lib import Lab, Server, missing, stop
from lsad import BUILD, FOE, LSAD, OTHER, Daemon, User, prepare

PASSWORD, WRONG = "Aud1t-N0thing", "Wr0ng-Gu3ss"
LINE = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ audit: call=(\w+) uid=(\d+) pid=(\d+) program="([^"\\]|\\.)*"( .*)? '
                  r'result=(0x[0-9a-f]{8})( dropped=\d+)?\n')
OK, NOT_FOUND = "0x00000000", "0xc0000225"


def lines(path):
    with open(path, encoding="utf-8") as f:
        return f.readlines()


def has(text, *words):
    return [line for line in text if all(word in line for word in words)]


def credentials(lab, log, me, foe):
    program = f'program="{os.path.join(lab.path("program"), "sspi")}"'
    lab.check("saved", me.write("App/mine", PASSWORD))
    lab.check("another user's", foe.write("App/foe", PASSWORD))
    lab.equal("read", 0, me.run("cred", "show", "App/mine", "--reveal")[0])
    lab.equal("one that is not there", 1, me.run("cred", "show", "App/none")[0])
    lab.equal("one that is another's", 1, foe.run("cred", "show", "App/mine")[0])
    lab.equal("renamed", 0, me.run("cred", "rename", "App/mine", "App/new")[0])
    lab.equal("deleted", 0, me.run("cred", "delete", "App/new")[0])
    text = lines(log)
    lab.check("each line is one of ours", all(LINE.fullmatch(line) for line in text), str([x for x in text if not LINE.fullmatch(x)][:3]))
    lab.check("a write: who, which program, what", has(text, "call=CredWrite uid=0 ", program, 'target="App/mine"', 'user="bot"', OK))
    lab.check("another user's, by his number", has(text, f"call=CredWrite uid={FOE} ", program, 'target="App/foe"', OK))
    lab.check("a read", has(text, "call=CredRead uid=0 ", 'target="App/mine"', OK))
    lab.check("what is not there", has(text, "call=CredRead uid=0 ", 'target="App/none"', NOT_FOUND))
    lab.check("what is another's", has(text, f"call=CredRead uid={FOE} ", 'target="App/mine"', NOT_FOUND))
    lab.check("a new name", has(text, "call=CredRename uid=0 ", 'target="App/mine" to="App/new"', OK))
    lab.check("a deletion", has(text, "call=CredDelete uid=0 ", 'target="App/new"', OK))


def names(lab, log, me):
    """A target's name writes no line of its own."""
    before = len(lines(log))
    me.run("cred", "show", 'x"\n2026-01-01T00:00:00Z audit: call=Fake uid=0 pid=1 program="/" result=0x00000000')
    me.run("cred", "show", "y" * 3000)
    new = lines(log)[before:]
    lab.check("a name with a line's end", new and all(LINE.fullmatch(line) for line in new), str(new))
    lab.check("is escaped", has(new, 'target="x\\"\\u000a2026') and not any("call=Fake" in x.split(" program=")[0] for x in new), str(new))
    lab.check("a long name is cut", all(len(line) < 2000 for line in new))


def connections(lab, daemon, log):
    """Who is not taken in, or thrown out, is told of; and not more often than his other lines."""
    before, held = len(lines(log)), []
    try:
        for _ in range(260):
            held.append(socket.socket(socket.AF_UNIX))
            held[-1].connect(daemon.path)
        end = time.monotonic() + 5
        while not has(lines(log)[before:], "call=Disconnect ") and time.monotonic() < end:
            time.sleep(0.05)
        new = lines(log)[before:]
        lab.check("one connection too many: told", has(new, "call=Disconnect uid=0 ", 'why="is one too many"', "result=0xc0000044"), str(new[:3]))
        held[0].sendall(b"GET / HTTP/1.1\r\n\r\n" * 9)
        while not has(lines(log)[before:], "broke the protocol") and time.monotonic() < end:
            time.sleep(0.05)
        new = lines(log)[before:]
        lab.check("no protocol: told", has(new, "call=Disconnect uid=0 ", 'why="broke the protocol or its quota"', "result=0xc000000d"), str(new[-3:]))
        lab.check("each is a line of ours", all(LINE.fullmatch(line) for line in new), str(new[:3]))
    finally:
        for s in held:
            s.close()
    end = time.monotonic() + 5
    while not daemon.alive() and time.monotonic() < end:
        time.sleep(0.05)


def vault(lab, log, foe):
    before = len(lines(log))
    lab.equal("rekeyed", 0, foe.run("vault", "rekey")[0])
    lab.equal("a vault whose key is lsad's is not locked", 1, foe.run("vault", "lock")[0])
    new = lines(log)[before:]
    lab.check("each has a line, a refusal too", has(new, "call=VaultRekey ", OK) and has(new, "call=VaultLock ", "result=0xc00000bb"), str(new))


def sign_ins(lab, log, me, daemon):
    """A server whose LSA is lsad; one who may come in, one who may not, one by what is saved."""
    lab.equal("an account", 0, lab.sspi("account", "add", "LAB\\carol", password=PASSWORD)[0])
    lab.env["OPENSSPI_LSA"] = "socket:" + daemon.path
    server = Server(lab, "--package", "NTLM", kind="tcp")
    lab.env.pop("OPENSSPI_LSA")
    where = [f"tcp://127.0.0.1:{server.port}", "--package", "NTLM", "--timeout", "20"]
    code, out, err = me.run("logon", *where, "--user", "LAB\\carol", secret=PASSWORD)
    lab.equal("signed in", 0, code, out + err)
    me.run("logon", *where, "--user", "LAB\\carol", secret=WRONG)  # NTLM's client is not told
    lab.check("and a wrong password is refused", any((server.next() or {}).get("signed_in") is False for _ in range(2)))
    lab.equal("saved", 0, me.run("cred", "add", "TERMSRV/audit.example.com", "--user", "LAB\\carol", secret=PASSWORD)[0])
    code, out, err = me.run("logon", *where, "--saved", "--target", "TERMSRV/audit.example.com")
    lab.equal("signed in by what is saved", 0, code, out + err)
    stop(server.process)
    text = lines(log)
    good = has(text, "call=Logon uid=0 ", 'package="NTLM" type=3 user="carol" domain="LAB"', "result=" + OK)
    lab.equal("each sign-in has a line", 2, len(good), str(has(text, "call=Logon ")))
    lab.check("so has a refusal", has(text, "call=Logon uid=0 ", 'user="carol"', "result=0xc000006d"), str(has(text, "call=Logon ")))
    lab.check("and no second one for the call that it was judged in", not has(text, "call=AcceptSecurityContext "), str(has(text, "call=AcceptSecurityContext ")))
    lab.equal("a client's sign-in has one: its package, its target, whose credential", 2,
              len(has(text, "call=InitializeSecurityContext uid=0 ", 'package="NTLM"', "credential=given", OK)), str(has(text, "call=Init")))
    lab.equal("and one by what is saved says that", 1, len(has(text, "call=InitializeSecurityContext uid=0 ", 'package="NTLM"',
              'target="TERMSRV/audit.example.com" credential=saved', OK)), str(has(text, "call=Init")))
    lab.check("and the use of what is saved", has(text, "call=UseCredential uid=0 ", "kind=saved", 'target="TERMSRV/audit.example.com"',
                                                  'user="LAB\\\\carol"', OK), str(has(text, "UseCredential")))


def delegation(lab, log, me, daemon):
    """CredSSP in the programs, TSSSP in lsad: one line for each end, and what was handed over."""
    before = len(lines(log))
    lab.env["OPENSSPI_LSA"] = "socket:" + daemon.path
    server = Server(lab)
    lab.env.pop("OPENSSPI_LSA")
    where = ["logon", f"rdp://127.0.0.1:{server.port}", "--timeout", "20"]
    code, out, err = me.run(*where, "--user", "LAB\\carol", secret=PASSWORD)
    lab.equal("CredSSP: signed in", 0, code, out + err)
    server.next()
    me.run(*where, "--user", "LAB\\carol", secret=WRONG)
    lab.check("CredSSP: a wrong password is refused", (server.next() or {}).get("signed_in") is False)
    stop(server.process)
    new = lines(log)[before:]
    ends = has(new, "call=InitializeSecurityContext ", 'package="TSSSP" through="NTLM"', 'target="TERMSRV/127.0.0.1"', "credential=given")
    lab.check("CredSSP: the client's end, what was handed over and to whom", len(has(ends, "delegated=yes", OK)) == 1 and
              len(has(ends, "result=0xc000006d")) == 1 and len(ends) == 2, str(new))
    lab.equal("CredSSP: the server's end", 1, len(has(new, "call=AcceptSecurityContext ", 'package="TSSSP"', "delegated=yes", OK)), str(new))
    lab.equal("CredSSP: who it was, and who it was not", (1, 1), (len(has(new, "call=Logon ", 'user="carol"', OK)),
                                                               len(has(new, "call=Logon ", 'user="carol"', "result=0xc000006d"))), str(new))
    lab.equal("CredSSP: and no more than that", 5, len(has(new, "call=")), str(new))


def no_secrets(lab, log):
    with open(log, "rb") as f:
        data = f.read()
    for secret in (PASSWORD, WRONG):
        lab.check(f"{secret} is in no line", not any(secret.encode(form) in data for form in ("utf-8", "utf-16-le", "utf-16-be")))
    lab.equal("the file is lsad's alone", 0o600, os.stat(log).st_mode & 0o777)


def tool(lab, daemon, me, foe):
    code, out, err = me.run("lsa", "status", "--json")
    said = json.loads(out)
    lab.equal("status: the socket, reached", (0, "socket", daemon.path, True), (code, said["lsa"], said["path"], said["reachable"]), err)
    lab.check("as text", daemon.path in me.run("lsa", "status")[1])
    code, out, err = me.run("lsa", "packages", "--json")
    runs = {p["name"]: (p["home"], p["runs_in"]) for p in json.loads(out)}
    lab.equal("packages: NTLM runs in lsad, CREDSSP in the program", (("lsa", "lsad"), ("program", "program")),
              (runs.get("NTLM"), runs.get("CREDSSP")), err)
    code, out, err = foe.run("lsa", "sessions", "--json")
    own = json.loads(out)
    lab.check("sessions: a user sees his own alone", code == 0 and len(own) == 1, out + err)
    lab.check("which is marked as his", own and own[0]["own"] is True, out)
    lab.check("as text too", own and own[0]["session"] + "  (this one)" in foe.run("lsa", "sessions")[1])
    code, out, err = me.run("lsa", "sessions", "--json")
    lab.equal("root sees others', of which one is root's", (True, 1), (len(json.loads(out)) > 1, sum(s["own"] for s in json.loads(out))), out)
    code, out, _ = me.run("lsa", "status", "--json", path=daemon.path + "-none")
    said = json.loads(out)
    lab.equal("nobody there: not reached, and why", (3, False, "SEC_E_NO_AUTHENTICATING_AUTHORITY"), (code, said["reachable"], said["status"]))
    lab.equal("no packages then", 3, me.run("lsa", "packages", path=daemon.path + "-none")[0])
    lab.check("nor sessions", me.run("lsa", "sessions", path=daemon.path + "-none")[0] != 0)
    unreached(lab, daemon, me, foe)
    code, out, err = lab.sspi("lsa", "status", "--json")
    said = json.loads(out)
    lab.equal("without a socket: embedded", (0, "embedded", None, True), (code, said["lsa"], said["path"], said["reachable"]), err)
    lab.env["OPENSSPI_LSA"] = "elsewhere"
    lab.equal("a variable that is not understood", 1, lab.sspi("lsa", "status")[0])
    lab.env.pop("OPENSSPI_LSA")
    impostor(lab, foe)


def unreached(lab, daemon, me, foe):
    """Every command names the socket that is not reached, why not, and how to look."""
    for command in (("lsa", "sessions"), ("packages",), ("cred", "list"), ("vault", "status"), ("policy", "show", "TERMSRV/x")):
        code, _, err = me.run(*command, path=daemon.path + "-none")
        lab.check(f"{' '.join(command)} says who was not there", code == 3 and f"lsad at {daemon.path}-none is not there" in err and
                  "sspi lsa status" in err, err)
    os.chmod(daemon.path, 0o600)
    err = foe.run("cred", "list")[2]
    os.chmod(daemon.path, 0o666)
    lab.check("a socket that is closed to its user", "may not be reached by this user" in err, err)
    foe.write("Words/key-file")
    out = foe.run("vault", "status")[1]
    lab.check("whose files open a vault that lsad keeps", "whoever can read lsad's files" in out, out)


def impostor(lab, foe):
    """What another user listens on is not talked to, and the tool says so."""
    path = os.path.join(lab.path("run"), "other.sock")
    s = socket.socket(socket.AF_UNIX)
    os.chmod(lab.path("run"), 0o777)
    os.seteuid(OTHER)
    try:
        s.bind(path)
        s.listen(1)
    finally:
        os.seteuid(0)
        os.chmod(lab.path("run"), 0o755)
    os.chmod(path, 0o666)
    code, out, _ = foe.run("lsa", "status", "--json", path=path)
    said = json.loads(out)
    lab.equal("an impostor is named", (3, False, "SEC_E_UNTRUSTED_ROOT"), (code, said["reachable"], said["status"]))
    s.close()


def settings(lab, daemon, log):
    """none, what is not understood, and the system's log."""
    stop(daemon.process)
    size = os.path.getsize(log)
    lab.configure("[lsa]\naudit = none\n")
    daemon.start()
    lab.check("none: lsad begins", daemon.alive(), lab.log("lsad.log"))
    lab.check("none: writes nothing", User(lab, daemon).write("App/quiet") and os.path.getsize(log) == size)
    stop(daemon.process)
    lab.configure("[lsa]\naudit = relative.log\n")
    process = lab.start([LSAD, "--foreground", "--socket", daemon.path], log="lsad.log")
    end = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < end:
        time.sleep(0.05)
    lab.equal("a path that is not absolute ends it", 1, process.poll(), lab.log("lsad.log"))
    stop(process)
    lab.configure("")
    daemon.start()
    lab.check("the system's log, there or not: lsad serves", daemon.alive() and User(lab, daemon).write("App/log"), lab.log("lsad.log"))
    stop(daemon.process)
    lab.configure(f"[lsa]\naudit = {lab.path('embedded.log')}\n")
    lab.equal("embedded, a file: read", 1, lab.sspi("cred", "show", "App/none")[0])
    lab.check("is told there", has(lines(lab.path("embedded.log")), "call=CredRead uid=0 ", NOT_FOUND))


def main():
    lab = Lab()
    why = missing("setpriv", "cc") or ("it takes root" if os.geteuid() else "") or ("" if os.path.exists(LSAD) and BUILD else "lsad is not built")
    if why:
        lab.skip("lsad's tools", why)
        return lab.finish()
    try:
        prepare(lab)
        log = lab.path("audit.log")
        daemon = Daemon(lab, configuration=f"[lsa]\naudit = {log}\n[policy]\nAcceptedTargetNames = *.example.com\nAllowFreshCredentialsWhenNTLMOnly = *\n")
        me, foe = User(lab, daemon), User(lab, daemon, FOE)
        credentials(lab, log, me, foe)
        names(lab, log, me)
        connections(lab, daemon, log)
        vault(lab, log, foe)
        sign_ins(lab, log, me, daemon)
        delegation(lab, log, me, daemon)
        no_secrets(lab, log)
        tool(lab, daemon, me, foe)
        settings(lab, daemon, log)
    except Exception as e:
        lab.check("the test itself", False, f"{e!r} {e.__traceback__.tb_next and e.__traceback__.tb_next.tb_lineno}")
    return lab.finish()


if __name__ == "__main__":
    sys.exit(main())
