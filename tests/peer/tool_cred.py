#!/usr/bin/env python3
"""sspi cred, sspi vault, sspi policy and sspi logon --saved from outside: what they do, print and refuse.

SSPI names the tool. Ends with "N passed, N failed, N skipped"."""
import json
import os
import pty
import stat
import subprocess
import sys
import termios
import time

from lib import Lab, Server, tool
from terminal import at_terminal, heed_signals

SECRET = "Gr\u00fcn-S3cret!"
PASSPHRASE = "correct horse battery"
seen = []  # everything that any command printed


class Tools(Lab):
    """Runs commands with secrets on pipes and keeps what they printed."""

    def run(self, *args, secret=None, option="--password-fd", text=None, stdin=subprocess.DEVNULL):
        args, fds, reader = [tool(), *args], (), None
        if secret is not None:
            reader, writer = os.pipe()
            os.write(writer, secret.encode() + b"\n")
            os.close(writer)
            args[3:3] = [option, str(reader)]
            fds = (reader,)
        more = {"input": text} if text is not None else {"stdin": stdin}
        try:
            done = subprocess.run(args, env=self.env, pass_fds=fds, capture_output=True, timeout=60, check=False,
                                  start_new_session=True, **more)
        finally:
            if reader is not None:
                os.close(reader)
        out, err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        seen.append(out + err)
        return done.returncode, out, err

    def code(self, name, wanted, *args, **more):
        code, out, err = self.run(*args, **more)
        self.equal(name, wanted, code, out + err)
        return out, err

    def json(self, *args, **more):
        code, out, err = self.run(*args, "--json", **more)
        try:
            return json.loads(out)
        except ValueError:
            self.check(f"{' '.join(args)} --json is JSON", False, f"{code} {out} {err}")
            return {}


def wrong_uses(lab):
    cases = [["cred"], ["cred", "frobnicate"], ["cred", "add"], ["cred", "add", "x", "--no-secret"],
             ["cred", "add", "x", "--user", "A\\b", "--persist", "always", "--no-secret"],
             ["cred", "add", "x", "--user", "A\\b", "--generic", "--domain", "--no-secret"],
             ["cred", "add", "x", "--user", "A\\b", "--generic", "--attribute", "novalue", "--no-secret"],
             ["cred", "add", "x", "--user", "A\\b", "--password", "secret"],
             ["cred", "add", "x", "--user", "A\\b"],  # no terminal, no descriptor
             ["cred", "add", "", "--user", "A\\b", "--no-secret"],
             ["cred", "add", "*Session", "--user", "A\\b", "--no-secret"],  # only for a session
             ["cred", "list", "x", "--all"], ["cred", "show"], ["cred", "show", "x", "--type", "odd"],
             ["cred", "delete"], ["cred", "rename", "x"], ["cred", "find"], ["cred", "find", "/"],
             ["cred", "default", "x", "--clear"], ["cred", "default", "x", "--password-fd", "0"],
             ["cred", "export"], ["cred", "import", "-", "--passphrase-fd", "0"],
             ["vault"], ["vault", "frobnicate"], ["vault", "key"], ["vault", "key", "add"],
             ["vault", "key", "add", "--passphrase", "--key-file"],
             ["vault", "key", "add", "--passphrase", "--drop-key-file", "--keep-key-file"],
             ["vault", "key", "add", "--key-file", "--drop-key-file"], ["vault", "key", "remove"],
             ["vault", "key", "remove", "first"], ["vault", "unlock", "--seconds", "0"],
             ["policy"], ["policy", "show", "--class", "fresh"], ["policy", "show", "x/y", "--class", "stale"],
             ["logon", "tcp://127.0.0.1:1", "--saved", "--user", "a"],
             ["logon", "rdp://127.0.0.1:1", "--saved", "--package", "ntlm"]]
    for args in cases:
        code, _, err = lab.run(*args)
        lab.check(f"sspi {' '.join(args)} is a usage error that says why", code == 2 and len(err) > 10, f"{code} {err}")
    for args in (["run"], ["run", "x"], ["run", "x", "--"], ["run", "x", "--fd", "no", "--", "true"],
                 ["run", "x", "--type", "domain", "--", "true"], ["run", "x", "--user-env", "A=B", "--", "true"],
                 ["run", "nobody", "--", "true"]):
        code, _, err = lab.run("cred", *args)
        lab.check(f"sspi cred {' '.join(args)} ends with 125 and says why", code == 125 and len(err) > 10, f"{code} {err}")
    groups = {"cred": "add list show delete rename find default export import run", "policy": "show",
              "vault": "status unlock lock rekey check accept", "vault key": "add remove"}
    for group, verbs in groups.items():
        for verb in ["", *verbs.split()]:
            args = [*group.split(), *([verb] if verb else []), "--help"]
            code, out, err = lab.run(*args)
            lab.check(f"sspi {' '.join(args)} answers", code == 0 and len(out) > 40 and not err, f"{code} {err}")


def nothing_yet(lab):
    code, out, err = lab.run("cred", "list")
    lab.check("an empty list is no error, and says so", code == 0 and not out and "nothing" in err, f"{code} {out} {err}")
    lab.equal("as JSON it is an empty array", [], lab.json("cred", "list"))
    code, out, err = lab.run("cred", "show", "nobody")
    lab.check("what is not there is named so", code == 1 and "ERROR_NOT_FOUND (1168)" in err, f"{code} {err}")
    lab.code("a find that finds nothing ends with 1", 1, "cred", "find", "nobody")
    lab.code("so does a default that is none", 1, "cred", "default")


def add_and_show(lab):
    lab.code("a domain credential is saved", 0, "cred", "add", "server.example.com", "--user", "LAB\\alice", "--comment", "for nights",
             "--alias", "server", "--attribute", "owner=ops", secret=SECRET)
    lab.code("a generic one is saved", 0, "cred", "add", "App/token", "--generic", "--user", "bot", "--persist", "enterprise",
             secret=SECRET)
    got = lab.json("cred", "show", "server.example.com")
    wanted = {"target": "server.example.com", "type": "domain", "user": "LAB\\alice", "alias": "server", "comment": "for nights",
              "persist": "machine", "attributes": [{"keyword": "owner", "value": "ops"}], "default": False, "write_only": True}
    lab.equal("a domain credential is shown as it was saved", wanted, {k: got.get(k) for k in wanted})
    lab.check("when it was written is told", got.get("written", "")[:2] == "20", str(got))
    lab.check("its secret is no key of JSON", not {"secret", "secret_hex"} & set(lab.json("cred", "show", "server.example.com", "--reveal")))
    out, _ = lab.code("shown as text", 0, "cred", "show", "server.example.com", "--reveal")
    lab.check("the text says that its secret is write-only", "write-only" in out, out)
    got = lab.json("cred", "show", "APP/TOKEN")
    lab.check("names count without case", got.get("target") == "App/token" and got.get("persist") == "enterprise", str(got))
    lab.check("a generic secret is not shown unasked", "secret" not in got, str(got))
    code, out, _ = lab.run("cred", "show", "App/token")
    lab.check("nor as text", code == 0 and SECRET not in out and "--reveal" in out, out)
    lab.check("no secret was printed anywhere", not any(SECRET in text for text in seen))
    revealed = lab.json("cred", "show", "App/token", "--reveal")
    lab.equal("--reveal shows it", SECRET, revealed.get("secret"))
    code, out, _ = lab.run("cred", "show", "App/token", "--reveal")
    lab.check("as text too", SECRET in out, out)
    for text in ("\u5bc6\u7801", "\u6261\u6261", "x", "\U0001f511 key"):
        lab.run("cred", "add", "App/odd", "--generic", secret=text)
        lab.equal(f"a secret of {text.encode('unicode_escape').decode()} comes back", text,
                  lab.json("cred", "show", "App/odd", "--reveal").get("secret"))
    lab.code("a secret that is too long is refused", 2, "cred", "add", "App/odd", "--generic", secret="x" * 1300)
    lab.code("a secret that is no UTF-8 is refused", 2, "cred", "add", "App/odd", "--generic", "--password-fd", "0", text=b"\xff\xfe\n")
    lab.code("an input that ends before a secret came saves nothing", 2, "cred", "add", "App/odd", "--generic", "--password-fd", "0", text=b"")
    lab.equal("and leaves what was there", "\U0001f511 key", lab.json("cred", "show", "App/odd", "--reveal").get("secret"))
    lab.code("a name without secret is saved", 0, "cred", "add", "App/odd", "--generic", "--user", "bot", "--no-secret")
    lab.equal("and has none", None, lab.json("cred", "show", "App/odd", "--reveal").get("secret", "?"))
    thumbprint = "0123456789abcdef0123456789abcdef01234567"
    lab.code("a certificate is saved by its thumbprint", 0, "cred", "add", "smart.example.com", "--certificate", "--user", thumbprint.upper(),
             "--no-secret")
    got = lab.json("cred", "show", "smart.example.com")
    lab.equal("and shown by it", ("certificate", thumbprint), (got.get("type"), got.get("certificate")))
    code, _, err = lab.run("cred", "add", "smart.example.com", "--certificate", "--user", "bob", "--no-secret")
    lab.check("another user's name is none of a certificate's", code == 2 and "ERROR_BAD_USERNAME (2202)" in err, f"{code} {err}")
    lab.code("for one session", 0, "cred", "add", "*Session", "--user", "LAB\\s", "--persist", "session", secret=SECRET)


def list_delete_rename(lab):
    names = {c["target"] for c in lab.json("cred", "list")}
    lab.check("list has them all", {"server.example.com", "App/token", "App/odd"} <= names, str(names))
    lab.equal("a filter is a name's beginning", {"App/token", "App/odd"}, {c["target"] for c in lab.json("cred", "list", "app/*")})
    lab.code("a filter that finds nothing ends with 1", 1, "cred", "list", "zzz*")
    lab.check("--all has universal names", "LegacyGeneric:target=App/token" in
              {c["target"] for c in lab.json("cred", "list", "--all")})
    out, _ = lab.code("the list as text", 0, "cred", "list")
    lab.check("names target, type, persistence and user on a line", any(line.split() == ["App/token", "generic", "enterprise", "bot"]
              for line in out.splitlines()), out)
    lab.code("the same name with another type", 0, "cred", "add", "server.example.com", "--generic", secret="other")
    code, _, err = lab.run("cred", "show", "server.example.com")
    lab.check("a name that two types have needs --type", code == 2 and "domain" in err and "generic" in err, f"{code} {err}")
    lab.code("delete does not guess either", 2, "cred", "delete", "server.example.com")
    lab.code("delete --type deletes that one", 0, "cred", "delete", "server.example.com", "--type", "generic")
    lab.equal("and leaves the other", "domain", lab.json("cred", "show", "server.example.com").get("type"))
    lab.code("rename", 0, "cred", "rename", "App/odd", "App/even")
    lab.code("takes the old name away", 1, "cred", "show", "App/odd")
    code, _, err = lab.run("cred", "rename", "App/even", "App/token")
    lab.check("a name that is taken is refused", code == 1 and "ERROR_ALREADY_EXISTS" in err, f"{code} {err}")
    lab.code("delete", 0, "cred", "delete", "App/even")
    lab.code("twice is an error", 1, "cred", "delete", "App/even")


def find_and_default(lab):
    lab.code("a wildcard is saved", 0, "cred", "add", "*.example.com", "--user", "LAB\\wild", secret=SECRET)
    got = lab.json("cred", "find", "TERMSRV/server.example.com")
    lab.equal("find takes the exact name before the wildcard", ["server.example.com"], [c["target"] for c in got.get("saved", [])])
    lab.equal("and says that it signs in", "saved", got.get("signs_in_by"))
    lab.check("and whether policy lets it be delegated", [d["mutual"] for d in got.get("delegation", [])] == [True, False], str(got))
    got = lab.json("cred", "find", "http://other.example.com:8080/path")
    lab.check("another host gets the wildcard, marked as such", got.get("saved") and "wildcard-match" in got["saved"][0]["flags"], str(got))
    lab.equal("an alias is a name too", ["server.example.com"], [c["target"] for c in lab.json("cred", "find", "server").get("saved", [])])
    lab.equal("a generic one is found for its resource", "App/token", (lab.json("cred", "find", "App/token").get("generic") or {}).get("target"))
    lab.run("cred", "add", "TERMSRV/other.example.com", "--generic", "--user", "LAB\\generic", secret=SECRET)
    lab.equal("a generic one called like the service goes before a wildcard", "generic",
              lab.json("cred", "find", "TERMSRV/other.example.com").get("signs_in_by"))
    lab.run("cred", "delete", "TERMSRV/other.example.com")
    lab.equal("and is not missed without it", "saved", lab.json("cred", "find", "TERMSRV/other.example.com").get("signs_in_by"))
    lab.run("cred", "add", "server.example.com", "--certificate", "--user", "0123456789abcdef0123456789abcdef01234567", "--no-secret")
    found = lab.json("cred", "find", "server.example.com")
    lab.equal("a certificate is found, and a password signs in", (["certificate", "domain"], "saved"),
              ([c["type"] for c in found.get("saved", [])], found.get("signs_in_by")))
    lab.run("cred", "delete", "server.example.com", "--type", "certificate")
    lab.code("a saved one becomes the default", 0, "cred", "default", "server.example.com")
    lab.check("default shows it", lab.json("cred", "default").get("target") == "server.example.com")
    lab.check("list marks it", [c["target"] for c in lab.json("cred", "list") if c["default"]] == ["server.example.com"])
    lab.code("a generic one cannot be", 1, "cred", "default", "App/token")
    lab.code("--user saves and marks", 0, "cred", "default", "--user", "LAB\\batch", secret=SECRET)
    got = lab.json("cred", "default")
    lab.check("its target is its user", (got.get("target"), got.get("user")) == ("LAB\\batch", "LAB\\batch") and
              "username-target" in got.get("flags", []), str(got))
    lab.code("--clear", 0, "cred", "default", "--clear")
    lab.code("leaves none", 1, "cred", "default")
    lab.check("but the credential stays", lab.json("cred", "show", "LAB\\batch").get("target") == "LAB\\batch")


def child(lab):
    lab.run("cred", "add", "App/token", "--generic", "--user", "bot", secret=SECRET)
    out, _ = lab.code("run hands the secret over descriptor 3", 0, "cred", "run", "App/token", "--", "sh", "-c", "cat <&3")
    lab.equal("as UTF-8 without an end of line", SECRET, out)
    out, _ = lab.code("or over another", 0, "cred", "run", "App/token", "--fd", "0", "--user-env", "WHO", "--", "sh", "-c", 'cat; printf "|$WHO"')
    lab.equal("with the name in a variable", SECRET + "|bot", out)
    out, _ = lab.code("--raw gives the bytes", 0, "cred", "run", "App/token", "--raw", "--", "sh", "-c", "od -An -tx1 <&3 | tr -d ' \\n'")
    lab.equal("which are UTF-16", SECRET.encode("utf-16-le").hex(), out)
    steering = "a\x1b[31mb\x01"
    lab.run("cred", "add", "App/steering", "--generic", secret=steering)
    out, _ = lab.code("a secret that steers terminals is handed over too", 0, "cred", "run", "App/steering", "--", "sh", "-c", "cat <&3")
    lab.equal("as UTF-8", steering, out)
    lab.check("and shown in digits alone", "\x1b" not in lab.run("cred", "show", "App/steering", "--reveal")[1])
    lab.run("cred", "delete", "App/steering")
    lab.code("the exit status is the command's", 42, "cred", "run", "App/token", "--", "sh", "-c", "exit 42")
    lab.code("a command that is not there is 127", 127, "cred", "run", "App/token", "--", "/nowhere/command")
    lab.code("one that cannot run is 126", 126, "cred", "run", "App/token", "--", "/")
    lab.code("a domain credential is handed to nobody", 125, "cred", "run", "server.example.com", "--", "cat")
    reader, writer = os.pipe()
    process = lab.start([tool(), "cred", "run", "App/token", "--", "sh", "-c", "cat <&3 >/dev/null; echo ready; read x"], stdin=reader,
                        stdout=subprocess.PIPE)
    process.stdout.readline()
    leaks = []
    for name in ("cmdline", "environ"):
        with open(f"/proc/{process.pid}/{name}", "rb") as f:
            data = f.read()
        leaks += [name for form in ("utf-8", "utf-16-le") if SECRET.encode(form) in data]
    lab.equal("no secret in the running command's arguments or environment", [], leaks)
    os.close(writer)
    os.close(reader)
    process.wait(10)
    out, _ = lab.code("no other descriptor is handed down", 0, "cred", "run", "App/token", "--", "sh", "-c", "ls /proc/self/fd | wc -l")
    lab.check("but the standard three and the pipe", int(out or 99) <= 5, out)


def transfer(lab):
    before = sorted((c["target"], c["type"]) for c in lab.json("cred", "list") if c["persist"] != "session")
    path = lab.path("backup")
    lab.code("export", 0, "cred", "export", path, secret=PASSPHRASE, option="--passphrase-fd")
    lab.equal("is the owner's alone", 0o600, stat.S_IMODE(os.stat(path).st_mode))
    with open(path, "rb") as f:
        data = f.read()
    lab.check("holds neither secrets nor names in clear", not any(w.encode(form) in data for w in (SECRET, "server.example", "alice")
              for form in ("utf-8", "utf-16-le")))
    lab.code("a file that is there is not replaced", 2, "cred", "export", path, secret=PASSPHRASE, option="--passphrase-fd")
    lab.code("except with --force", 0, "cred", "export", path, "--force", secret=PASSPHRASE, option="--passphrase-fd")
    lab.equal("which leaves nothing beside it", ["backup"], [n for n in os.listdir(lab.root) if n.startswith("backup")])
    lab.code("a folder that is not there", 1, "cred", "export", lab.path("no/such"), secret=PASSPHRASE, option="--passphrase-fd")
    lab.code("an empty passphrase is none", 2, "cred", "export", lab.path("b2"), secret="", option="--passphrase-fd")
    other = Tools()
    code, _, err = other.run("cred", "import", path, secret="wrong", option="--passphrase-fd")
    lab.check("a wrong passphrase opens nothing", code == 1 and "ERROR_INVALID_PASSWORD (86)" in err, f"{code} {err}")
    code, _, err = other.run("cred", "import", path, secret=PASSPHRASE, option="--passphrase-fd")
    lab.equal("import somewhere else", 0, code, err)
    got = sorted((c["target"], c["type"]) for c in other.json("cred", "list"))
    lab.equal("brings every lasting credential", before, got)
    lab.equal("with its secret", SECRET, other.json("cred", "show", "App/token", "--reveal").get("secret"))
    other.run("cred", "add", "App/token", "--generic", secret="newer")
    other.run("cred", "import", path, secret=PASSPHRASE, option="--passphrase-fd")
    lab.equal("what is there stays", "newer", other.json("cred", "show", "App/token", "--reveal").get("secret"))
    other.run("cred", "import", path, "--replace", secret=PASSPHRASE, option="--passphrase-fd")
    lab.equal("but with --replace", SECRET, other.json("cred", "show", "App/token", "--reveal").get("secret"))
    with open(path, "r+b") as f:
        f.seek(len(data) // 2)
        byte = f.read(1)
        f.seek(len(data) // 2)
        f.write(bytes([byte[0] ^ 1]))
    code, _, err = other.run("cred", "import", path, secret=PASSPHRASE, option="--passphrase-fd")
    lab.check("an altered file is not imported", code == 1 and len(err) > 10, f"{code} {err}")
    reader, writer = os.pipe()
    os.close(writer)
    lab.code("an import of nothing", 1, "cred", "import", "-", secret=PASSPHRASE, option="--passphrase-fd", stdin=reader)
    os.close(reader)
    other.finish_quietly()


def vault(lab):
    got = lab.json("vault", "status")
    lab.check("status knows the file, its keys and how many are in it", os.path.exists(got.get("path", "")) and
              got.get("key_file_opens") is True and got.get("records", 0) > 2 and
              [k["kind"] for k in got.get("keys", [])] == ["key file"], str(got))
    out, _ = lab.code("status as text", 0, "vault", "status")
    lab.check("says in plain words what a key file means", "whoever can read your files" in out, out)
    out, _ = lab.code("check", 0, "vault", "check")
    lab.check("finds all as written", "all as written" in out, out)
    got = lab.json("vault", "check")
    lab.check("as JSON too", got.get("whole") is True and got.get("altered") == 0 and got.get("findings") == [], str(got))
    lab.code("rekey", 0, "vault", "rekey")
    lab.check("loses nothing", lab.json("cred", "show", "App/token", "--reveal").get("secret") == SECRET)
    code, out, err = passphrase(lab, "vault", "key", "add", "--passphrase", "--label", "mine")
    lab.check("a passphrase is added; without a word the key file stays, and that is said", code == 0 and "still opens" in err,
              f"{code} {out} {err}")
    keys = lab.json("vault", "status").get("keys", [])
    lab.equal("status lists both", ["key file", "passphrase"], [k["kind"] for k in keys])
    lab.check("and its label", keys[-1].get("label") == "mine", str(keys))
    code, out, err = passphrase(lab, "vault", "rekey")
    lab.check("rekey asks for the passphrase too", code == 0, err)
    code, out, err = passphrase(lab, "vault", "rekey", word="wrong")
    lab.check("and refuses a wrong one", code == 1 and "ERROR_INVALID_PASSWORD" in err, f"{code} {err}")
    code, out, err = lab.run("vault", "key", "remove", "9999")
    lab.check("a key that is not there", code == 1 and "ERROR_NOT_FOUND" in err, f"{code} {err}")
    first = str(lab.json("vault", "status")["keys"][0]["number"])
    _, err = lab.code("the key file is removed", 0, "vault", "key", "remove", first)
    lab.check("which says what that does not do", "rekey" in err, err)
    locked(lab)


def passphrase(lab, *args, word=PASSPHRASE):
    return lab.run(*args, "--passphrase-fd", "0", text=(word + "\n").encode())


def locked(lab):
    lab.run("vault", "lock")
    got = lab.json("vault", "status")
    lab.check("without its key file the vault is locked", got.get("locked") is True and got.get("key_file_opens") is False, str(got))
    code, _, err = lab.run("cred", "list")
    lab.check("list says that it is locked and what to do", code == 1 and "locked" in err.lower() and "sspi vault unlock" in err, f"{code} {err}")
    last = str(got["keys"][0]["number"]) if got.get("keys") else "1"
    code, shown = at_terminal([tool(), "cred", "show", "App/token"], lab.env, [PASSPHRASE])
    lab.check("at a terminal the passphrase is asked for", code == 0 and "Passphrase of the vault" in shown and "bot" in shown, f"{code} {shown}")
    lab.check("and not echoed", PASSPHRASE not in shown, shown)
    code, shown = at_terminal([tool(), "vault", "key", "remove", last], lab.env, [PASSPHRASE])
    lab.check("the last key is not removed", code == 1, f"{code} {shown}")
    code, _, err = passphrase(lab, "vault", "unlock", "--seconds", "60", word="wrong")
    lab.check("a wrong passphrase does not unlock", code == 1 and "ERROR_INVALID_PASSWORD" in err, f"{code} {err}")
    code, _, err = passphrase(lab, "vault", "unlock", "--seconds", "60")
    if code == 1 and "kernel keeps no keys" in err:
        lab.skip("vault unlock for other processes", "the kernel keeps no keys here")
    else:
        lab.equal("unlock opens it for other processes", 0, code, err)
        lab.code("list works", 0, "cred", "list")
        lab.check("status says so", lab.json("vault", "status").get("in_keyring") is True)
        lab.code("lock", 0, "vault", "lock")
        lab.code("closes it", 1, "cred", "list")
    code, shown = at_terminal([tool(), "vault", "key", "add", "--key-file"], lab.env, [PASSPHRASE])
    lab.check("a key file is added again", code == 0 and lab.json("vault", "status").get("key_file_opens") is True, f"{code} {shown}")
    lab.code("and opens it", 0, "cred", "list")


def damaged(lab):
    other = Tools()
    for n in range(3):
        other.run("cred", "add", f"App/{n}", "--generic", secret=SECRET)
    path = other.json("vault", "status").get("path", "")
    os.chmod(os.path.dirname(path), 0o777)
    code, _, err = other.run("cred", "show", "App/1")
    lab.check("a folder that others may write is refused and named", code == 1 and "ERROR_ACCESS_DENIED" in err, f"{code} {err}")
    os.chmod(os.path.dirname(path), 0o700)
    import sqlite3
    with sqlite3.connect(path) as db:
        row, body = db.execute("SELECT row, body FROM record ORDER BY row LIMIT 1").fetchone()
        db.execute("UPDATE record SET body = ? WHERE row = ?", (body[:-1] + bytes([body[-1] ^ 1]), row))
    db.close()
    code, out, err = other.run("vault", "check")
    lab.check("check names what was altered", code == 1 and "ERROR_CRC (23)" in err and len(out) > 10, f"{code} {out} {err}")
    got = other.json("vault", "check")
    lab.check("as JSON too", got.get("altered") == 1 and got.get("whole") is False and got.get("findings"), str(got))
    readable = [n for n in range(3) if other.run("cred", "show", f"App/{n}")[0] == 0]
    lab.equal("everything else stays readable", 2, len(readable))
    code, out, err = other.run("cred", "list")
    lab.check("and is listed", out.count("App/") >= 2, f"{code} {out} {err}")
    backup = lab.path("partial")
    code, _, err = other.run("cred", "export", backup, secret=PASSPHRASE, option="--passphrase-fd")
    lab.check("an export holds what is whole and says that it isn't all", code == 1 and "ERROR_CRC (23)" in err
              and "not all" in err and os.path.exists(backup), f"{code} {err}")
    third = Tools()
    code, _, err = third.run("cred", "import", backup, secret=PASSPHRASE, option="--passphrase-fd")
    lab.equal("which can be taken in", (0, 2), (code, len(third.json("cred", "list"))), err)
    third.finish_quietly()
    size = os.path.getsize(backup)
    with open(backup, "ab") as f:
        f.write(b"x")
    other.run("cred", "export", backup, "--force", secret=PASSPHRASE, option="--passphrase-fd")
    lab.equal("and replaces no older file", size + 1, os.path.getsize(backup))
    code, _, err = other.run("vault", "accept", "--delete-altered")
    lab.equal("accept --delete-altered goes on without it", 0, code, err)
    lab.equal("and then all is well", 0, other.run("vault", "check")[0])
    lab.equal("with what was whole", 2, len(other.json("cred", "list")))
    other.finish_quietly()


def undumped(lab):
    nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] if os.geteuid() == 0 else []
    for name in ("SSPI", "CMDKEY"):
        program = os.environ.get(name, name.lower())
        args = ["cred", "add", "x", "--generic", "--password-fd", "0"] if name == "SSPI" else ["/generic:x", "/user:y", "/pass"]
        process = lab.start([*nobody, program, *args], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        owner, end = None, time.monotonic() + 5
        while owner != 0 and process.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
            with open(f"/proc/{process.pid}/comm", encoding="utf-8") as f:
                begun = f.read().strip() == os.path.basename(program)
            owner = os.stat(f"/proc/{process.pid}/environ").st_uid if begun else None
        lab.equal(f"{name.lower()} cannot be dumped while it waits for a secret", 0, owner)
        process.stdin.close()
        process.wait(10)


def terminals(lab):
    other = Tools()
    with open("/dev/full", "wb") as full:
        done = subprocess.run([tool(), "policy", "show"], env=other.env, stdout=full, stderr=subprocess.PIPE, check=False)
    lab.check("what cannot be written is an error", done.returncode == 1 and b"standard output" in done.stderr, str(done))
    for name, key in (("quit", b"\x1c"), ("interrupt", b"\x03")):
        pid, terminal = pty.fork()
        if pid == 0:
            heed_signals()
            os.execvpe(tool(), [tool(), "cred", "add", "App/tty", "--generic"], other.env)
        shown = b""
        while not shown.endswith(b": "):
            shown += os.read(terminal, 999)
        time.sleep(0.2)
        silent = not termios.tcgetattr(terminal)[3] & termios.ECHO
        os.write(terminal, key)
        _, status = os.waitpid(pid, 0)
        lab.check(f"{name} at the question ends it, and the terminal echoes as before", silent and os.WIFSIGNALED(status) and
                  termios.tcgetattr(terminal)[3] & termios.ECHO, f"{silent} {status}")
        os.close(terminal)
    code, shown = at_terminal([tool(), "cred", "add", "App/tty", "--generic"], other.env, [SECRET, SECRET])
    lab.check("the secret is asked for twice", code == 0 and "Again" in shown, f"{code} {shown}")
    lab.check("without echo", SECRET not in shown, shown)
    lab.equal("and is what was typed", SECRET, other.json("cred", "show", "App/tty", "--reveal").get("secret"))
    code, shown = at_terminal([tool(), "cred", "add", "App/tty", "--generic"], other.env, [SECRET, "else"])
    lab.check("two that differ are refused", code == 2 and "differ" in shown, f"{code} {shown}")
    code, shown = at_terminal([tool(), "cred", "export", "-"], other.env)
    lab.check("an export to a terminal is refused", code == 2, f"{code} {shown}")
    code, shown = at_terminal([tool(), "vault", "key", "add", "--passphrase"], other.env, [PASSPHRASE, PASSPHRASE, "y"])
    lab.check("adding a passphrase asks whether the key file goes", code == 0 and "key file" in shown and "rekey" in shown, f"{code} {shown}")
    lab.equal("yes drops it", ["passphrase"], [k["kind"] for k in other.json("vault", "status").get("keys", [])])
    code, shown = at_terminal([tool(), "vault", "rekey"], other.env, [PASSPHRASE])
    lab.check("rekey at a terminal", code == 0 and PASSPHRASE not in shown, f"{code} {shown}")
    other.finish_quietly()


def policy(lab):
    lab.configure("[policy]\nDenySavedCredentials = TERMSRV/kiosk.example.com\nAllowFreshCredentials = TERMSRV/* WSMAN/*\n")
    entries = {e["name"]: e for e in lab.json("policy", "show")}
    lab.check("show has the file's values and where they stand", "opensspi.conf" in entries.get("DenySavedCredentials", {}).get("origin", ""),
              str(entries.get("DenySavedCredentials")))
    lab.check("and the defaults", entries.get("AllowEncryptionOracle", {}).get("origin") == "default", str(entries)[:300])
    out, _ = lab.code("as text", 0, "policy", "show")
    lab.check("a line each", "DenySavedCredentials" in out and "opensspi.conf" in out, out)
    rows = {(r["class"], r["mutual"]): r for r in lab.json("policy", "show", "TERMSRV/kiosk.example.com")}
    lab.equal("every class twice", 6, len(rows))
    lab.check("a denied target is denied, by that rule", rows.get(("saved", True), {}).get("allowed") is False and
              "DenySavedCredentials" in rows[("saved", True)]["why"], str(rows.get(("saved", True))))
    lab.check("another class is not", rows.get(("fresh", True), {}).get("allowed") is True, str(rows))
    code, out, _ = lab.run("policy", "show", "TERMSRV/kiosk.example.com", "--class", "saved", "--mutual")
    lab.check("nothing allowed ends with 5", code == 5 and "refused" in out, f"{code} {out}")
    lab.code("something allowed with 0", 0, "policy", "show", "TERMSRV/x", "--class", "fresh")
    lab.configure("[policy]\nNonsense = 1\n")
    code, _, err = lab.run("policy", "show")
    lab.check("a file that is not understood is an error", code == 5 and len(err) > 10, f"{code} {err}")
    lab.configure("")


def logon_saved(lab):
    other = Tools()
    code, out, err = other.run("account", "add", "LAB\\saved", "--password-fd", "0", text=b"Pass-1-word\n")
    lab.equal("an account to sign in with", 0, code, err)
    other.configure("[policy]\nAcceptedTargetNames = *.example.com *.example.net\n")
    server = Server(other, kind="tcp")
    url, spn = f"tcp://127.0.0.1:{server.port}", "TERMSRV/server.example.com"
    code, out, err = other.run("logon", url, "--target", spn, "--saved", "--json")
    lab.check("with nothing saved nobody signs in", code != 0 and not json.loads(out)["signed_in"], out + err)
    other.run("cred", "add", "*.example.com", "--user", "LAB\\saved", secret="Pass-1-word")
    for package in ("CREDSSP", "Negotiate", "NTLM"):
        server = server if package == "CREDSSP" else Server(other, "--package", package, kind="tcp")
        code, out, err = other.run("logon", f"tcp://127.0.0.1:{server.port}", "--target", spn, "--saved", "--json", "--package", package)
        got = json.loads(out) if out else {}
        lab.check(f"{package} signs in with the saved credential", code == 0 and got.get("signed_in"), f"{code} {out} {err}")
        lab.check(f"{package}: whose it is is told", got.get("user") == "LAB\\saved" and
                  any(s["stage"] == "saved" and "*.example.com" in s["detail"] for s in got.get("stages", [])), out)
        lab.check(f"{package}: its password is not", "Pass-1-word" not in out + err)
    other.run("cred", "add", "TERMSRV/desk.example.com", "--generic", "--user", "LAB\\saved", secret="Pass-1-word")
    code, out, err = other.run("logon", url, "--target", "TERMSRV/desk.example.com", "--saved", "--json")
    lab.check("a generic one called like the service signs in, and is the one that is told", code == 0 and
              any(s["stage"] == "saved" and "TERMSRV/desk.example.com as LAB" in s["detail"] for s in json.loads(out)["stages"]), f"{out} {err}")
    code, out, err = other.run("logon", url, "--target", "TERMSRV/elsewhere.example.net", "--saved", "--json")
    lab.check("another server gets none", code != 0 and not json.loads(out)["signed_in"], out + err)
    other.run("cred", "default", "--user", "LAB\\saved", secret="Pass-1-word")
    server = Server(other, "--package", "NTLM", kind="tcp")
    code, out, err = other.run("logon", f"tcp://127.0.0.1:{server.port}", "--target", "HOST/elsewhere.example.net", "--saved", "--json",
                               "--package", "NTLM")
    lab.check("the default credential signs in where none is saved", code == 0 and "default" in out, f"{code} {out} {err}")
    for kind, service in (("rdp", "TERMSRV"), ("http", "HTTP")):
        server = Server(other, kind=kind)
        code, out, err = other.run("logon", f"{kind}://127.0.0.1:{server.port}", "--target", service + "/server.example.com", "--saved", "--json")
        lab.check(f"{kind}:// signs in with the saved credential", code == 0 and json.loads(out)["signed_in"], f"{code} {out} {err}")
    other.configure("[policy]\nDenySavedCredentials = TERMSRV/server.example.com\n")
    code, out, err = other.run("logon", url, "--target", spn, "--saved", "--json")
    lab.check("a policy that denies it is told with 5", code == 5, f"{code} {out} {err}")
    other.finish_quietly()


def finish_quietly(self):
    """Ends another home's programs; its cases are the main one's."""
    from lib import stop
    import shutil
    for process in reversed(self.running):
        stop(process)
    shutil.rmtree(self.root, ignore_errors=True)


Tools.finish_quietly = finish_quietly


def main():
    lab = Tools()
    for part in (wrong_uses, nothing_yet, add_and_show, list_delete_rename, find_and_default, child, transfer, vault, damaged, undumped, terminals,
                 policy, logon_saved):
        began = time.monotonic()
        try:
            part(lab)
        except Exception as e:  # the other parts are worth running all the same
            lab.check(f"{part.__name__} runs to its end", False, repr(e))
        print(f"# {part.__name__}: {time.monotonic() - began:.1f} s", flush=True)
    return lab.finish()


sys.exit(main())
