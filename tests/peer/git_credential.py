#!/usr/bin/env python3
"""git-credential-opensspi through git itself: fill, approve, reject, a clone that needs a password.

GIT_CREDENTIAL and SSPI name the tools. Ends with "N passed, N failed, N skipped"."""
import base64
import http.server
import json
import os
import subprocess
import sys
import threading

from lib import Lab, missing, tool
from terminal import at_terminal

HELPER = os.environ.get("GIT_CREDENTIAL", "git-credential-opensspi")
PASSWORD = "t\u00f6ken-0123456789"


def helper(lab, verb, data):
    if isinstance(data, str):
        data = data.encode()
    done = subprocess.run([HELPER, verb], env=lab.env, input=data, capture_output=True, timeout=60, check=False, start_new_session=True)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def git(lab, *args, text="", cwd=None):
    done = subprocess.run(["git", *args], env=lab.env, input=text.encode(), capture_output=True, timeout=60, check=False, cwd=cwd,
                          start_new_session=True)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def fields(text):
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def saved(lab, pattern="git:*"):
    _, out, _ = lab.sspi("cred", "list", pattern, "--json")
    return json.loads(out or "[]")


def protocol(lab):
    code, out, err = helper(lab, "get", "protocol=https\nhost=git.example.com\n\n")
    lab.equal("nothing saved answers nothing", (0, ""), (code, out), err)
    code, out, err = helper(lab, "store", f"protocol=https\nhost=git.example.com\nusername=alice\npassword={PASSWORD}\n"
                            "password_expiry_utc=4102444800\noauth_refresh_token=again\nwwwauth[]=Basic realm=x\nlater=key\n\n")
    lab.equal("store is silent", (0, ""), (code, out), err)
    got = [c for c in saved(lab) if c["target"] == "git:https://alice@git.example.com"]
    lab.check("the name is that of git's helper on Windows", len(got) == 1 and (got[0]["type"], got[0]["user"], got[0]["persist"]) ==
              ("generic", "alice", "machine"), str(saved(lab)))
    wanted = {"username": "alice", "password": PASSWORD, "oauth_refresh_token": "again", "password_expiry_utc": "4102444800"}
    lab.equal("get gives all of it back", wanted, fields(helper(lab, "get", "protocol=https\nhost=git.example.com\n\n")[1]))
    lab.equal("also without the empty line", wanted, fields(helper(lab, "get", "protocol=https\nhost=git.example.com")[1]))
    for other in ("protocol=http\nhost=git.example.com", "protocol=https\nhost=git.example.co", "protocol=https\nhost=git.example.com.evil.example",
                  "protocol=https\nhost=alice@git.example.com", "protocol=https\nhost=git.example.com:8443",
                  "protocol=https\nhost=git.example.com\nusername=bob", "protocol=https\nhost=git.example.com\npath=x", "host=git.example.com",
                  "protocol=https"):
        code, out, err = helper(lab, "get", other + "\n\n")
        lab.equal(f"nothing for {other.encode().decode('unicode_escape').replace(chr(10), ' ')}", (0, ""), (code, out), err)
    for user, path, password in (("alice", "team/one.git", "one"), ("bob", "team/two.git", "two"), ("alice", "team/two.git", "three")):
        helper(lab, "store", f"protocol=https\nhost=paths.example.com\npath={path}\nusername={user}\npassword={password}\n")
    for asked, password in (("path=team/one.git", "one"), ("path=team/two.git\nusername=bob", "two"), ("path=team/two.git\nusername=alice", "three")):
        out = helper(lab, "get", f"protocol=https\nhost=paths.example.com\n{asked}\n")[1]
        lab.equal(f"by {asked.replace(chr(10), ' ')}", password, fields(out).get("password"))
    helper(lab, "erase", "protocol=https\nhost=paths.example.com\npath=team/two.git\nusername=bob\n")
    lab.equal("erase takes that one alone", 2, len([c for c in saved(lab) if "paths.example.com" in c["target"]]))
    helper(lab, "erase", "protocol=https\nhost=git.example.com\nusername=alice\npassword=older\n")
    lab.check("a password that was replaced meanwhile is not erased", fields(helper(lab, "get", "protocol=https\nhost=git.example.com\n")[1]))
    helper(lab, "erase", f"protocol=https\nhost=git.example.com\nusername=alice\npassword={PASSWORD}\n")
    lab.equal("the refused one is", "", helper(lab, "get", "protocol=https\nhost=git.example.com\n")[1])
    lab.equal("erase of no place in particular erases nothing", (0, 2), (helper(lab, "erase", "\n")[0], len(saved(lab))))


def hostile(lab):
    before = len(saved(lab))
    place = b"protocol=https\nhost=h.example\n"
    for name, data in (("a NUL", place + b"username=a\0b\npassword=x\n"), ("a line without =", place + b"username\n"),
                       ("a line of 70000 bytes", place + b"username=" + b"a" * 70000 + b"\npassword=x\n"),
                       ("a line that never ends", b"a" * 500000), ("100000 lines", b"x=y\n" * 100000 + place),
                       ("a password that is no UTF-8", place + b"username=a\npassword=\xff\xfe\n"),
                       ("a password of 1300 characters", place + b"username=a\npassword=" + b"p" * 1300 + b"\n"),
                       ("a password with a carriage return", place + b"username=a\npassword=p\rq\n"),
                       ("a user with one", place + b"username=a\rb\npassword=x\n"),
                       ("a user of 600 characters", place + b"username=" + b"u" * 600 + b"\npassword=x\n")):
        code, out, err = helper(lab, "store", data)
        lab.check(f"{name} saves nothing and says why", code == 1 and not out and len(err) > 10, f"{code} {out} {err}")
    lab.equal("nothing was saved", before, len(saved(lab)))
    code, out, err = helper(lab, "store", place + b"username=a\n")
    lab.equal("no password, nothing to keep", (0, before), (code, len(saved(lab))), out + err)
    code, out, err = helper(lab, "store", place + b"username=a\npassword=x\noauth_refresh_token=" + b"t" * 2000 + b"\n")
    lab.equal("a refresh token that is too long goes, the password stays", {"username": "a", "password": "x"},
              fields(helper(lab, "get", place)[1]), err)
    helper(lab, "store", place + b"username=a\npassword=x\x1b\x01y\n")
    lab.equal("a password of control characters comes back", "x\x1b\x01y", fields(helper(lab, "get", place)[1]).get("password"))
    helper(lab, "erase", place)
    lab.sspi("cred", "add", "git:https://evil@h.example", "--generic", "--user", "evil\npassword=injected", password="x")
    code, out, err = helper(lab, "get", place)
    lab.check("a name with an end of line is not said", "injected" not in out, out)
    lab.sspi("cred", "delete", "git:https://evil@h.example")
    lab.equal("an operation of a later git's is passed over", (0, ""), helper(lab, "capability", "")[:2])
    for args, wanted in (([], 2), (["--help"], 0), (["get", "x"], 2)):
        done = subprocess.run([HELPER, *args], env=lab.env, input=b"", capture_output=True, timeout=20, check=False)
        lab.check(f"{args} ends with {wanted} and the usage", done.returncode == wanted and b"usage" in done.stdout + done.stderr)


def through_git(lab):
    code, _, err = git(lab, "config", "--global", "credential.helper", HELPER)
    lab.equal("git takes the helper", 0, code, err)
    place = "protocol=https\nhost=fill.example.com\n"
    code, out, _ = git(lab, "credential", "fill", text=place + "\n")
    lab.check("fill has nothing and may not ask", code != 0, out)
    git(lab, "credential", "approve", text=place + f"username=alice\npassword={PASSWORD}\n\n")
    got = fields(git(lab, "credential", "fill", text=place + "\n")[1])
    lab.equal("fill after approve", ("alice", PASSWORD), (got.get("username"), got.get("password")))
    got = fields(git(lab, "credential", "fill", text="url=https://alice@fill.example.com/path.git\n\n")[1])
    lab.equal("fill from a URL with a user", PASSWORD, got.get("password"))
    git(lab, "credential", "reject", text=place + f"username=alice\npassword={PASSWORD}\n\n")
    lab.check("reject takes it away", git(lab, "credential", "fill", text=place + "\n")[0] != 0)


class Repositories(http.server.SimpleHTTPRequestHandler):
    """A bare repository for those who know the password (git's "dumb" protocol)."""
    wanted, asked = "", []

    def do_GET(self):
        self.asked.append(self.headers.get("Authorization", ""))
        if self.headers.get("Authorization") == self.wanted:
            super().do_GET()
            return
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="git"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


def clone(lab):
    work = lab.directory("work")
    for args in (["init", "-q", work], ["-C", work, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "first"],
                 ["clone", "-q", "--bare", work, lab.path("served/repo.git")], ["-C", lab.path("served/repo.git"), "update-server-info"]):
        code, _, err = git(lab, *args)
        if code != 0:
            lab.check("a repository to clone", False, err)
            return
    Repositories.wanted = "Basic " + base64.b64encode(f"alice:{PASSWORD}".encode()).decode()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: Repositories(*a, directory=lab.path("served")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host, port = server.server_address[:2]
    url = f"http://{host}:{port}/repo.git"
    lab.env["GIT_TERMINAL_PROMPT"] = "0"
    code, _, err = git(lab, "clone", "-q", url, lab.path("without"))
    lab.check("without a credential the clone fails", code != 0 and not os.path.exists(lab.path("without/.git/HEAD")), err)
    lab.sspi("cred", "add", f"git:http://{host}:{port}", "--generic", "--user", "alice", password=PASSWORD)
    code, _, err = git(lab, "clone", "-q", url, lab.path("with"))
    lab.check("with one saved by sspi cred add it succeeds", code == 0 and os.path.exists(lab.path("with/.git/HEAD")), err)
    lab.sspi("cred", "delete", f"git:http://{host}:{port}")
    git(lab, "credential", "approve", text=f"url={url}\nusername=alice\npassword=stale\n\n")
    code, _, _ = git(lab, "clone", "-q", url, lab.path("stale"))
    lab.check("a stale one fails, and git has it erased", code != 0 and not [c for c in saved(lab) if f":{port}" in c["target"]], str(saved(lab)))
    server.shutdown()


def locked(lab):
    """A vault that only a passphrase opens: asked for at a terminal, unless git was told not to ask."""
    place = "protocol=https\nhost=locked.example\n"
    helper(lab, "store", place + f"username=alice\npassword={PASSWORD}\n")
    done = subprocess.run([tool(), "vault", "key", "add", "--passphrase", "--drop-key-file", "--passphrase-fd", "0"], env=lab.env,
                          input=b"open sesame\n", capture_output=True, timeout=60, check=False)
    lab.equal("a passphrase alone opens the vault", 0, done.returncode, done.stderr.decode())
    subprocess.run([tool(), "vault", "lock"], env=lab.env, check=False)
    code, out, err = helper(lab, "get", place)
    lab.check("without a terminal the helper says that it is locked", code == 1 and not out and "locked" in err, f"{code} {out} {err}")
    command = ["sh", "-c", f'printf "{place}" | "{HELPER}" get'.replace("\n", "\\n")]
    code, shown = at_terminal(command, dict(lab.env, GIT_TERMINAL_PROMPT="0"))
    lab.check("nor is anybody asked with GIT_TERMINAL_PROMPT=0", code == 1 and "Passphrase" not in shown, f"{code} {shown}")
    code, shown = at_terminal(command, dict(lab.env, GIT_TERMINAL_PROMPT="1"), ["open sesame"])
    lab.check("at a terminal the passphrase is asked for", code == 0 and "Passphrase" in shown and f"password={PASSWORD}" in shown, f"{code} {shown}")


def main():
    lab = Lab()
    lab.env.update(GIT_CONFIG_NOSYSTEM="1", GIT_TERMINAL_PROMPT="0", GIT_ASKPASS="", SSH_ASKPASS="")
    why = missing("git")
    for part in (protocol, hostile, through_git, clone, locked):
        if why and part in (through_git, clone):
            lab.skip(part.__name__, why)
            continue
        try:
            part(lab)
        except Exception as e:  # the other parts are worth running all the same
            lab.check(f"{part.__name__} runs to its end", False, repr(e))
    return lab.finish()


sys.exit(main())
