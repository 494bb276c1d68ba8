#!/usr/bin/env python3
"""`sspi logon rdp://` signs in to FreeRDP's server: right and wrong, and what the certificate memory says.

FreeRDP 2.11's server never says why it refuses; it closes. Our client must call that a refusal."""
import json
import os
import subprocess
import sys

from lib import Lab, fail_early, free_port, listening, missing, start_display, stop

PASSWORD = "S3cret!pw"


def sam_line(lab, user, *more):
    done = subprocess.run(["winpr-hash", "-u", user, "-p", PASSWORD, *more, "-f", "sam"], env=lab.env,
                          capture_output=True, check=True)
    return done.stdout.decode()


def start_shadow(lab, port, home):
    env = dict(lab.env, HOME=lab.directory(home))
    process = lab.start(["freerdp-shadow-cli", f"/port:{port}", "/bind-address:127.0.0.1", "/sec:nla",
                         f"/sam-file:{lab.path('sam')}", "+auth"], log="shadow.log", env=env)
    return process if listening(port, process) else None


def logon(lab, port, user, password, *more):
    code, out, err = lab.sspi("logon", f"rdp://127.0.0.1:{port}", "--user", user, "--json", "--timeout", "20",
                              *more, password=password)
    try:
        return code, json.loads(out), err
    except ValueError:
        return code, {}, err + out


def right_passwords(lab, port):
    code, said, err = logon(lab, port, "alice", PASSWORD)
    lab.equal("right password signs in", 0, code, f"{said} {err}")
    lab.equal("the certificate is new", "new", (said.get("certificate") or {}).get("memory"))
    lab.equal("CredSSP version 6 was agreed", 6, (said.get("credssp") or {}).get("version"))
    lab.equal("NTLM was the mechanism", "NTLM", said.get("mechanism"))
    lab.check("TLS version and cipher are told", (said.get("tls") or {}).get("cipher"), str(said))
    lab.check("no password in the report", PASSWORD not in str(said) + err)
    code, said, err = logon(lab, port, "alice", PASSWORD, "--package", "ntlm")
    lab.check("--package ntlm needs no second connection", code == 0 and "retry" not in [s["stage"] for s in said.get("stages", [])],
              f"{said} {err}")
    code, said, err = logon(lab, port, "LAB\\bob", PASSWORD)
    lab.equal("DOMAIN\\name signs in", 0, code, f"{said} {err}")
    lab.equal("the certificate is known", "known", (said.get("certificate") or {}).get("memory"))
    code, said, err = logon(lab, port, "bob", PASSWORD, "--domain", "LAB")
    lab.equal("--domain signs in", 0, code, f"{said} {err}")


def saved_passwords(lab, port):
    """The same with nothing but a target: what was saved for it, if policy lets it go there."""
    def saved(*more):
        code, out, err = lab.sspi("logon", f"rdp://127.0.0.1:{port}", "--saved", "--json", "--timeout", "20", *more)
        try:
            return code, json.loads(out), err
        except ValueError:
            return code, {}, err + out

    code, said, err = saved()
    lab.check("nothing saved signs nobody in", code not in (0, -1), f"{code} {said} {err}")
    code, out, err = lab.sspi("cred", "add", "127.0.0.1", "--user", "LAB\\bob", password=PASSWORD)
    lab.equal("a credential is saved for the server", 0, code, out + err)
    code, said, err = saved()
    lab.equal("it signs in", 0, code, f"{said} {err}")
    lab.configure("[policy]\nDenySavedCredentials = TERMSRV/127.0.0.1\n")
    code, said, err = saved()
    lab.equal("not where policy denies it", 5, code, f"{said} {err}")
    lab.configure("")
    lab.sspi("cred", "add", "127.0.0.1", "--user", "LAB\\bob", password="nope")
    code, said, err = saved()
    lab.equal("a wrong one is refused", (1, "sign-in"), (code, (said.get("failure") or {}).get("stage")), f"{said} {err}")
    lab.equal("and forgotten", 0, lab.sspi("cred", "delete", "127.0.0.1")[0])


def wrong_passwords(lab, port):
    for name, user, password in [("wrong password is refused", "alice", "nope"),
                                 ("unknown user is refused", "mallory", PASSWORD),
                                 ("wrong domain is refused", "OTHER\\bob", PASSWORD)]:
        code, said, err = logon(lab, port, user, password)
        lab.equal(name, (1, "sign-in"), (code, (said.get("failure") or {}).get("stage")), f"{said} {err}")


def changed_certificate(lab, port):
    """The same address, another FreeRDP home: another certificate."""
    if not start_shadow(lab, port, "shadow2"):
        lab.skip("changed certificate", "the second server did not start")
        return
    code, said, err = logon(lab, port, "alice", PASSWORD)
    lab.equal("a changed certificate is refused", (5, "certificate"),
              (code, (said.get("failure") or {}).get("stage")), f"{said} {err}")
    lab.check("with a loud warning", "WARNING" in err, err)
    code, said, err = logon(lab, port, "alice", PASSWORD, "--accept-changed")
    lab.equal("--accept-changed signs in", 0, code, f"{said} {err}")
    code, said, err = logon(lab, port, "alice", PASSWORD)
    lab.equal("and is remembered", (0, "known"), (code, (said.get("certificate") or {}).get("memory")), err)


def nobody_there(lab):
    code, said, _ = logon(lab, free_port(), "alice", PASSWORD)
    lab.equal("nobody there is 3", (3, "connect"), (code, (said.get("failure") or {}).get("stage")))


def main():
    lab = Lab()
    why = missing("freerdp-shadow-cli", "winpr-hash", "Xvfb")
    if why:
        lab.skip("freerdp_server", why)
        return lab.finish()
    try:
        if not start_display(lab):
            fail_early(lab, "Xvfb did not start")
        lab.write("sam", sam_line(lab, "alice") + sam_line(lab, "bob", "-d", "LAB"))
        port = free_port()
        shadow = start_shadow(lab, port, "shadow1") or start_shadow(lab, port, "shadow1")
        if not shadow:
            fail_early(lab, f"the server did not start: {lab.log('shadow.log')}")
        right_passwords(lab, port)
        saved_passwords(lab, port)
        wrong_passwords(lab, port)
        stop(shadow)
        changed_certificate(lab, port)
        nobody_there(lab)
    except Exception as e:  # a broken case must not leave programs running
        lab.check("the test itself", False, repr(e))
    return lab.finish()


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
