#!/usr/bin/env python3
"""cmdkey from outside: Windows' switches, Windows' answers, no password in arguments or output.

CMDKEY and SSPI name the tools. Ends with "N passed, N failed, N skipped"."""
import json
import os
import subprocess
import sys

from lib import Lab, tool
from terminal import at_terminal

SECRET = "Gr\u00fcn-S3cret!"
CMDKEY = os.environ.get("CMDKEY", "cmdkey")
seen = []


def cmdkey(lab, *args, text=None):
    more = {"input": text.encode()} if text is not None else {"stdin": subprocess.DEVNULL}
    done = subprocess.run([CMDKEY, *args], env=lab.env, capture_output=True, timeout=60, check=False, start_new_session=True, **more)
    out, err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    seen.append(out + err)
    return done.returncode, out, err


def show(lab, target, kind):
    code, out, _ = lab.sspi("cred", "show", target, "--type", kind, "--reveal", "--json")
    return json.loads(out) if code == 0 else {}


def wrong_uses(lab):
    for args in (["/frobnicate"], ["word"], ["/add:x"], ["/add", "/user:a"], ["/add:", "/user:a"], ["/add:x", "/generic:y", "/user:a"],
                 ["/user:a"], ["/pass"], ["/list", "/delete:x"], ["/delete"], ["/delete:x", "/ras"], ["/ras"], ["/list:x", "/user:a"],
                 ["/add:x", "/user:"], ["/add:x", "/user:a", "/user:b"], ["/addx:y", "/user:a"]):
        code, out, err = cmdkey(lab, *args)
        lab.check(f"cmdkey {' '.join(args)} is wrong, and says why", code == 1 and "parameters are incorrect" in err and not out, f"{code} {out} {err}")
    for word in ("/pass:" + SECRET, "-PASS:" + SECRET, "/pass:"):
        code, out, err = cmdkey(lab, "/add:x", "/user:a", word)
        lab.check(f"{word.split(':')[0]}:password is refused, with the reason", code == 1 and "arguments" in err, f"{code} {out} {err}")
    code, _, err = cmdkey(lab, "/add:x", "/smartcard")
    lab.check("/smartcard is refused clearly", code == 1 and "not supported" in err, f"{code} {err}")
    for word in ("/?", "-?", "--help"):
        code, out, _ = cmdkey(lab, word)
        lab.check(f"{word} prints the syntax", code == 0 and "/generic" in out and "/delete" in out, out)
    lab.check("nothing was saved by these", "* NONE *" in cmdkey(lab, "/list")[1])


def add(lab):
    code, out, err = cmdkey(lab, "/add:server.example.com", "/user:LAB\\alice", "/pass", text=SECRET + "\n")
    lab.check("/add saves", code == 0 and "CMDKEY: Credential added successfully." in out, f"{code} {out} {err}")
    got = show(lab, "server.example.com", "domain")
    lab.check("a domain credential", (got.get("type"), got.get("user")) == ("domain", "LAB\\alice"), str(got))
    lab.check("that lasts as long as the session allows", got.get("persist") == "enterprise", str(got))
    code, _, err = cmdkey(lab, "/add:server01", "/user:mikedan", "/pass", text=SECRET + "\n")
    lab.equal("a user of no domain stays on this machine", (0, "machine"), (code, show(lab, "server01", "domain").get("persist")), err)
    lab.sspi("cred", "delete", "server01")
    code, _, err = cmdkey(lab, "/add:server01", "/user:LAB\\mikedan", "/pass", text="")
    lab.check("a password that never came is none", code == 1 and len(err) > 10 and not show(lab, "server01", "domain"), f"{code} {err}")
    code, _, err = cmdkey(lab, "-GENERIC:TERMSRV/host:3389", "-User:bob@example.com", "-Pass", text=SECRET + "\n")
    lab.equal("'-' and capitals do as well", 0, code, err)
    got = show(lab, "TERMSRV/host:3389", "generic")
    lab.check("a target may have a colon; the password is what was given", (got.get("user"), got.get("secret")) ==
              ("bob@example.com", SECRET), str(got))
    code, _, err = cmdkey(lab, "/generic:nopass", "/user:carol")
    lab.check("/user without /pass saves no password", code == 0 and show(lab, "nopass", "generic").get("secret", "?") is None, err)
    code, shown = at_terminal([CMDKEY, "/generic:asked", "/user:dave", "/pass"], lab.env, [SECRET])
    lab.check("/pass asks at a terminal", code == 0 and "Enter the password for 'dave' to connect to 'asked'" in shown, f"{code} {shown}")
    lab.check("without echo", SECRET not in shown, shown)
    lab.equal("and saves what was typed", SECRET, show(lab, "asked", "generic").get("secret"))
    code, _, err = cmdkey(lab, "/add:x", "/user:LAB\\a", "/pass", text="y" * 1300 + "\n")
    lab.check("a password that is too long is refused", code == 1 and len(err) > 10, f"{code} {err}")
    lab.sspi("cred", "add", "*Session", "--user", "LAB\\ras", "--persist", "session", password="x")
    lab.sspi("cred", "add", "machine.example.com", "--user", "LAB\\m", "--persist", "machine", password="x")


def listing(lab):
    code, out, err = cmdkey(lab, "/list")
    lab.check("/list begins as Windows' does", code == 0 and out.startswith("\nCurrently stored credentials:\n\n"), out + err)
    for block in ("    Target: Domain:target=server.example.com\n    Type: Domain Password\n    User: LAB\\alice\n\n",
                  "    Target: LegacyGeneric:target=TERMSRV/host:3389\n    Type: Generic\n    User: bob@example.com\n\n",
                  "    Target: Domain:target=*Session\n    Type: Domain Password\n    User: LAB\\ras\n    Saved for this logon only\n\n",
                  "    Target: Domain:target=machine.example.com\n    Type: Domain Password\n    User: LAB\\m\n    Local machine persistence\n\n"):
        lab.check(f"/list has {block.split()[1]}", block in out, out)
    for name in ("machine.example.com", "MACHINE.example.com", "Domain:target=machine.example.com"):
        code, out, _ = cmdkey(lab, f"/list:{name}")
        lab.check(f"/list:{name} lists that alone", code == 0 and out.count("Target: ") == 1 and "LAB\\m" in out and
                  out.startswith(f"\nCurrently stored credentials for {name}:\n\n"), out)
    code, out, _ = cmdkey(lab, "-list:nobody")
    lab.check("a target that has none", code == 0 and "* NONE *" in out, out)


def deleting(lab):
    for word in ("/delete:machine.example.com", "-Delete:LegacyGeneric:target=TERMSRV/host:3389"):
        code, out, err = cmdkey(lab, word)
        lab.check(f"{word} deletes", code == 0 and "CMDKEY: Credential deleted successfully." in out, f"{code} {out} {err}")
    code, out, err = cmdkey(lab, "/delete:machine.example.com")
    lab.check("twice is an error", code == 1 and "CMDKEY: Element not found." in err, f"{code} {out} {err}")
    code, out, err = cmdkey(lab, "/delete", "/ras")
    lab.check("/delete /ras deletes the session's", code == 0 and not show(lab, "*Session", "domain"), f"{code} {out} {err}")
    lab.sspi("cred", "add", "twice", "--user", "LAB\\m", password="x")
    lab.sspi("cred", "add", "twice", "--user", "LAB\\m", "--generic", password="x")
    code, out, err = cmdkey(lab, "/delete:twice")
    lab.check("/delete deletes every type of the name", code == 0 and not show(lab, "twice", "domain") and not show(lab, "twice", "generic"), err)


def main():
    lab = Lab()
    if not os.path.exists(tool()):
        lab.skip("cmdkey", "SSPI names no tool")
        return lab.finish()
    for part in (wrong_uses, add, listing, deleting):
        try:
            part(lab)
        except Exception as e:  # the other parts are worth running all the same
            lab.check(f"{part.__name__} runs to its end", False, repr(e))
    lab.check("no password was printed", not any(SECRET in text for text in seen))
    return lab.finish()


sys.exit(main())
