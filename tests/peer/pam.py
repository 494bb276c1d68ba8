#!/usr/bin/env python3
"""pam_opensspi under pam_wrapper: the vault is opened at login, its passphrase follows the login's, and
closes at logout. As root for the user nobody, so that becoming another user is tested too."""
import json
import os
import pwd
import subprocess
import sys

from lib import Lab, missing, tool

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

    def pam(self, *doing, **items):
        env = dict(os.environ, LD_PRELOAD="libpam_wrapper.so", PAM_WRAPPER="1",
                   PAM_WRAPPER_SERVICE_DIR=self.services, **items)
        return subprocess.run(["pamtester", SERVICE, self.user.pw_name, *doing], env=env, timeout=60,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode

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
    return lab.finish()


sys.exit(main())
