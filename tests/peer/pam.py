#!/usr/bin/env python3
"""pam_opensspi under pam_wrapper: the vault is opened at login, its passphrase follows the login's, and
closes at logout. As root for the user nobody, so that becoming another user is tested too."""
import json
import os
import pwd
import subprocess
import sys
import time

from lib import Lab, missing, stop, tool

WRAPPER = "/usr/lib/x86_64-linux-gnu/pam_wrapper"
SERVICE = "opensspi-test"
OLD, NEW = "S3cret!pw €", "N3w!pass"


class Login(Lab):
    """A PAM service of our own, and its user's programs."""

    def __init__(self, build):
        super().__init__()
        self.build = build
        self.user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        os.chmod(self.root, 0o711)
        self.users = self.directory("user")
        self.services = self.directory("pam.d")
        os.chown(self.users, self.user.pw_uid, self.user.pw_gid)
        ours = f"{build}/src/pam_opensspi.so program={build}/src/opensspi-login home={self.users}"
        self.serve(ours + " add default seconds=60")

    def serve(self, ours):
        items, permits = f"{WRAPPER}/pam_set_items.so", "pam_permit.so"
        lines = []
        for kind in ("auth", "account", "password", "session"):
            lines += [f"{kind} required {items}", f"{kind} required {permits}"]
            if kind != "account":
                lines.append(f"{kind} optional {ours}")
        with open(os.path.join(self.services, SERVICE), "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")

    def pam(self, *doing, keep=(), **items):
        env = dict(os.environ, LD_PRELOAD="libpam_wrapper.so", PAM_WRAPPER="1",
                   PAM_WRAPPER_SERVICE_DIR=self.services, **items)
        return subprocess.run(["pamtester", SERVICE, self.user.pw_name, *doing], env=env, timeout=60,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False, pass_fds=keep).returncode

    def as_user(self, *args, typed=""):
        """Runs sspi as that user: exit code and what it printed."""
        become = ["setpriv", f"--reuid={self.user.pw_uid}", "--clear-groups"] if os.geteuid() == 0 else []
        done = subprocess.run([*become, tool(), *args], input=typed.encode(), capture_output=True,
                              env=dict(self.env, OPENSSPI_HOME=self.users), timeout=60, check=False)
        return done.returncode, done.stdout.decode(errors="replace")

    def unlocks(self, password):
        return self.as_user("vault", "unlock", "--passphrase-fd", "0", typed=password + "\n")[0] == 0

    def keys(self):
        return [k["label"] for k in json.loads(self.as_user("vault", "status", "--json")[1])["keys"]]


def run(lab):
    lab.equal("login", 0, lab.pam("authenticate", "open_session", PAM_AUTHTOK=OLD))
    lab.check("a login makes its password open the vault", lab.unlocks(OLD))
    lab.check("and no other", not lab.unlocks(NEW))
    lab.equal("under a label", 1, lab.keys().count("login password"))
    code, text = lab.as_user("cred", "default")
    lab.check("and gives the session its default credential", code == 0 and lab.user.pw_name in text, text)
    lab.check("which says nothing of the password", OLD not in text)
    lab.equal("a second login", 0, lab.pam("authenticate", "open_session", PAM_AUTHTOK=OLD))
    lab.equal("adds no second key", 1, lab.keys().count("login password"))
    lab.equal("a changed password", 0, lab.pam("chauthtok", PAM_OLDAUTHTOK=OLD, PAM_AUTHTOK=NEW))
    lab.check("opens the vault", lab.unlocks(NEW))
    lab.check("and the old one no longer", not lab.unlocks(OLD))
    lab.equal("there is one such key", 1, lab.keys().count("login password"))
    lab.equal("a password that is not the vault's", 0, lab.pam("chauthtok", PAM_OLDAUTHTOK="x", PAM_AUTHTOK="y"))
    lab.check("changes nothing", lab.unlocks(NEW) and not lab.unlocks("y"))
    lab.equal("logout", 0, lab.pam("close_session"))
    lab.check("takes the default credential away", lab.as_user("cred", "default")[0] != 0)
    lab.equal("a login without a password", 0, lab.pam("authenticate", "open_session"))
    lab.check("opens and gives nothing", lab.as_user("cred", "default")[0] != 0)
    done = subprocess.run([f"{lab.build}/src/opensspi-login", "open", "default"], input=b"b\xffd\n", capture_output=True, timeout=60,
                          env=dict(lab.env, OPENSSPI_HOME=lab.directory("apart")), check=False)
    lab.check("a password that is no UTF-8 is refused", done.returncode == 1 and b"UTF-8" in done.stderr, str(done))
    lab.serve("/nonexistent/pam_opensspi.so")
    lab.equal("a module that is not there keeps nobody out", 0, lab.pam("authenticate", PAM_AUTHTOK=OLD))
    lab.serve(f"{lab.build}/src/pam_opensspi.so program=/nonexistent nonsense=1")
    lab.equal("nor does one whose program is not", 0, lab.pam("authenticate", "open_session", PAM_AUTHTOK=OLD))


def descriptors(lab):
    """What the login program has open is not the user's, whatever its number."""
    seen, program = os.path.join(lab.users, "seen"), os.path.join(lab.services, "program")
    with open(program, "w", encoding="utf-8") as f:
        f.write(f"#!/bin/sh\nexec ls /proc/self/fd >{seen}\n")
    os.chmod(program, 0o755)
    os.chmod(lab.services, 0o755)
    lab.serve(f"{lab.build}/src/pam_opensspi.so program={program}")
    high = os.dup2(os.open("/dev/null", os.O_RDONLY), 700, inheritable=True)
    lab.equal("a login program with much open", 0, lab.pam("authenticate", "open_session", keep=[high], PAM_AUTHTOK=OLD))
    os.close(high)
    text = open(seen, encoding="utf-8").read() if os.path.exists(seen) else ""
    lab.check("nothing of it is open in the user's program", "0" in text.split() and "700" not in text.split(), text)


def run_lsad(lab):
    """The same with lsad behind it: what a login does, and what is left of it after the logout."""
    path = os.path.join(lab.directory("run"), "lsa.sock")
    os.chmod(lab.path("run"), 0o755)
    audit = lab.path("audit.log")
    lab.configure(f"[lsa]\naudit = {audit}\n")
    process = lab.start([f"{lab.build}/src/lsad", "--foreground", "--socket", path], log="lsad.log")
    end = time.monotonic() + 20
    lab.users = lab.directory("served")  # what the login's programs know is where the daemon is
    os.makedirs(os.path.join(lab.users, "etc"), exist_ok=True)
    with open(os.path.join(lab.users, "etc", "opensspi.conf"), "w", encoding="utf-8") as f:
        f.write(f"[lsa]\nsocket = {path}\n")
    for name in ("", "etc", "etc/opensspi.conf"):
        os.chown(os.path.join(lab.users, name), lab.user.pw_uid, lab.user.pw_gid)
    while lab.as_user("lsa", "status")[0] != 0 and process.poll() is None and time.monotonic() < end:
        time.sleep(0.05)
    lab.serve(f"{lab.build}/src/pam_opensspi.so program={lab.build}/src/opensspi-login home={lab.users} add default seconds=60")
    lab.equal("lsad: login", 0, lab.pam("authenticate", "open_session", PAM_AUTHTOK=OLD))
    code, text = lab.as_user("cred", "default")
    lab.check("lsad: the session has its default credential", code == 0 and lab.user.pw_name in text, text + lab.log("lsad.log"))
    lab.check("lsad: which says nothing of the password", OLD not in text)
    lab.check("lsad: the login's password opens the vault", lab.unlocks(OLD) and not lab.unlocks(NEW))
    lab.equal("lsad: under a label", 1, lab.keys().count("login password"))
    lab.equal("lsad: a changed password", 0, lab.pam("chauthtok", PAM_OLDAUTHTOK=OLD, PAM_AUTHTOK=NEW))
    lab.check("lsad: opens the vault, and the old one does not", lab.unlocks(NEW) and not lab.unlocks(OLD))
    lab.equal("lsad: there is one such key", 1, lab.keys().count("login password"))
    lab.equal("lsad: another credential of the session", 0, lab.as_user("cred", "add", "App/session", "--generic", "--user", "bot", "--persist", "session",
              "--password-fd", "0", typed="x\n")[0])
    lab.equal("lsad: one that lasts", 0, lab.as_user("cred", "add", "App/lasts", "--generic", "--user", "bot", "--password-fd", "0", typed="x\n")[0])
    lab.equal("lsad: logout", 0, lab.pam("close_session"))
    lab.check("lsad: takes the default credential away", lab.as_user("cred", "default")[0] != 0)
    lab.check("lsad: and what else was the session's", lab.as_user("cred", "show", "App/session")[0] != 0)
    lab.check("lsad: and closes the vault", lab.as_user("cred", "show", "App/lasts")[0] != 0)
    lab.equal("lsad: a login with another password", 0, lab.pam("authenticate", "open_session", PAM_AUTHTOK="other"))
    lab.check("lsad: does not open it", lab.as_user("cred", "show", "App/lasts")[0] != 0)
    lab.equal("lsad: a login with the right one", 0, lab.pam("authenticate", "open_session", PAM_AUTHTOK=NEW))
    lab.equal("lsad: does", 0, lab.as_user("cred", "show", "App/lasts")[0])
    lab.equal("lsad: logout", 0, lab.pam("close_session"))
    with open(audit, encoding="utf-8") as f:
        text = f.read()
    lab.check("lsad: the audit knows the user, the program and no password", f"uid={lab.user.pw_uid} " in text and "opensspi-login" in text and
              not any(p in text for p in (OLD, NEW)))
    lab.check("lsad: refused passphrases are told", any("call=VaultUnlock" in line and "result=0x00000000" not in line for line in text.splitlines()))
    stop(process)


def main():
    build = os.environ.get("BUILD_ROOT", "")
    lab = Login(build)
    why = missing("pamtester", "setpriv")
    if why or not os.path.exists(f"{WRAPPER}/pam_set_items.so"):
        lab.skip("pam", why or "libpam-wrapper not installed")
    elif not os.path.exists(f"{build}/src/pam_opensspi.so"):
        lab.skip("pam", "built without PAM")
    else:
        run(lab)
        descriptors(lab)
        if os.geteuid() == 0 and os.path.exists(f"{build}/src/lsad"):
            run_lsad(lab)
        else:
            lab.skip("pam over lsad", "it takes root and lsad")
    return lab.finish()


sys.exit(main())
