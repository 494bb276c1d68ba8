#!/usr/bin/env python3
"""A server acts as its clients: files, threads, tokens, programs started by hand; NTLM and Kerberos, with the LSA in the
server and with lsad apart from it.

IMPERSONATE_SERVER, SSPI, SSPI_PIPE and BUILD_ROOT name the programs; as root, with setpriv. Ends with "N passed, N failed,
N skipped"."""
import grp
import os
import pwd
import sys

from ends import Helper, SspiPipe
from kerberos_lab import Realm, krb_missing
from lib import Lab, missing
from lsad import Daemon

PASSWORD = "S3cret!pw"
OK, NO_IMPERSONATION = 0, 0x8009030B
UNUSED = 64341  # a user who owns nothing
SOMEBODY, OTHER = "daemon", "bin"


class ImpersonateServer(Helper):
    def __init__(self, package, env, *prefix):
        super().__init__([*prefix, os.environ["IMPERSONATE_SERVER"], package], env=env)
        self.acquired = int(self.process.stdout.readline().split()[0], 16)

    def ask(self, command):
        """(status, the words behind it)"""
        words = self.line(command).split()
        return int(words[0], 16), words[1:]

    def numbers(self, command):
        status, words = self.ask(command)
        return [status] + [int(w) for w in words]


def sign_in(server, client):
    """Both ends to their end; the server's status."""
    server.line("forget")
    status, token = client.step(b"")
    while token:
        got, words = server.ask("take " + token.hex())
        if got & 0x80000000 or words[0] == "-":
            return got
        status, token = client.step(bytes.fromhex(words[0]))
        if status & 0x80000000:
            return status
    return got


def client_of(lab, package, user, domain="", target="HOST/localhost", env=None):
    return SspiPipe("client", package, target, env or lab.env, (user, domain, PASSWORD))


def groups_of(name):
    return len({pwd.getpwnam(name).pw_gid} | {g.gr_gid for g in grp.getgrall() if name in g.gr_mem})


def add_accounts(lab):
    for name in (SOMEBODY, OTHER, "root", "zz-stranger", "CORP\\" + SOMEBODY):
        code, out, err = lab.sspi("account", "add", name, password=PASSWORD)
        lab.equal(f"an account {name}", 0, code, out + err)


def acts(lab, how, server, name):
    """A client who is a user of this system."""
    user, file = pwd.getpwnam(name), os.path.join(lab.path("open"), "of-" + name)
    status, owner, uid, gid, groups, ours, after = server.numbers("touch " + file)
    lab.equal(f"{how}: {name}'s file is {name}'s", (OK, user.pw_uid), (status, owner))
    lab.equal(f"{how}: the thread has {name}'s ids and groups", (user.pw_uid, user.pw_gid, groups_of(name)), (uid, gid, groups))
    lab.equal(f"{how}: another thread stays root, and so does this one afterwards", (0, 0), (ours, after))
    lab.equal(f"{how}: the file's owner from outside", user.pw_uid, os.stat(file).st_uid)
    os.unlink(file)
    status, words = server.ask("tell")
    lab.equal(f"{how}: the thread's token is {name}'s, for impersonation; the process's is not to be had",
              (OK, [f"S-1-22-1-{user.pw_uid}", "2", "2", "5"]), (status, [words[0], *words[2:]]))
    status, words = server.ask("run echo $(id -u) $(id -g) $(id -ru) $(grep -c . /etc/shadow 2>/dev/null || echo none)")
    lab.equal(f"{how}: a program started by hand is {name}'s", (OK, [str(user.pw_uid), str(user.pw_gid), str(user.pw_uid)]),
              (status, words[:3]))
    lab.check(f"{how}: and reads no shadow", words[3:] in (["0", "none"], ["none"]), str(words))


def refused(lab, how, server, why):
    """A client who is nobody here, or root."""
    file = os.path.join(lab.path("open"), "refused")
    status, owner, uid, _, _, ours, after = server.numbers("touch " + file)
    lab.equal(f"{how}: {why} is not acted as", (NO_IMPERSONATION, 0, 0, 0, 0), (status, owner, uid, ours, after))
    os.unlink(file)
    status, words = server.ask("account")
    lab.equal(f"{how}: {why} has a token of no user", (OK, "-", "0"), (status, *words[2:4]))
    lab.equal(f"{how}: {why} runs no program", (OK, ["-"]), server.ask("run id"))


def ntlm(lab, how, env):
    server = ImpersonateServer("Negotiate", env)
    for name in (SOMEBODY, OTHER):
        client = client_of(lab, "Negotiate", name, env=env)
        lab.equal(f"{how}: {name} signs in", OK, sign_in(server, client))
        acts(lab, how, server, name)
        client.close()
    lab.equal(f"{how}: four threads act and revert 500 times each", "0", server.line("spin 500"))
    for name, domain, why in (("root", "", "root"), ("zz-stranger", "", "an account without a user"),
                              (SOMEBODY, "CORP", "a domain's account with a local user's name")):
        client = client_of(lab, "Negotiate", name, domain, env=env)
        lab.equal(f"{how}: {why} signs in", OK, sign_in(server, client))
        refused(lab, how, server, why)
        client.close()
    server.close()


def without_privilege(lab):
    """A server that runs as somebody: it is that user, and nobody else."""
    home, user = lab.directory("their-home"), pwd.getpwnam(SOMEBODY)
    env = dict(lab.env, OPENSSPI_HOME=home)
    folder = os.path.dirname(os.environ["IMPERSONATE_SERVER"])
    if os.stat(folder).st_mode & 0o001 == 0:
        lab.skip("a server without privilege", "the build is not readable by others")
        return
    os.chmod(lab.root, 0o711)
    mine = dict(env)
    lab.env, before = mine, lab.env
    for name in (SOMEBODY, OTHER):
        lab.sspi("account", "add", name, password=PASSWORD)
    lab.env = before
    for where, folders, files in os.walk(home):
        for path in [where, *(os.path.join(where, f) for f in folders + files)]:
            os.chown(path, user.pw_uid, user.pw_gid)
    prefix = ["setpriv", "--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups"]
    server = ImpersonateServer("NTLM", env, *prefix)
    lab.equal("without privilege: a server acquires", OK, server.acquired)
    file = os.path.join(lab.path("open"), "plain")
    for name, wanted in ((SOMEBODY, OK), (OTHER, NO_IMPERSONATION)):
        client = client_of(lab, "NTLM", name)
        lab.equal(f"without privilege: {name} signs in", OK, sign_in(server, client))
        status, owner, uid, _, _, ours, after = server.numbers("touch " + file)
        lab.equal(f"without privilege: {name} is {'itself' if wanted == OK else 'refused'}, nothing changes",
                  (wanted, *[user.pw_uid] * 4), (status, owner, uid, ours, after))
        os.unlink(file)
        client.close()
    server.close()


# What winbind may be set to call a user of another domain.
PLUS = "CORP+" + SOMEBODY
RULES = """auth_to_local = RULE:[1:$1@$0](^mapped@LAB[.]TEST$)s/.*/bin/
  auth_to_local = RULE:[1:$1@$0](^CORP[+].*@LAB[.]TEST$)s/.*/bin/
  auth_to_local = DEFAULT"""


def begin_realm(lab):
    """A realm with those principals in it; None when it does not come up."""
    realm = Realm(lab, client=RULES)
    if not lab.check("a realm comes up", realm.begin()):
        return None
    realm.own_service("host/server.lab.test")
    for name in (SOMEBODY, "mapped", "zz-stranger", "root", SOMEBODY + "/admin", PLUS):
        realm.user(name, PASSWORD)
    return realm


def comes(lab, how, server, user, said, env):
    client = client_of(lab, "Kerberos", user, "LAB.TEST", "host/server.lab.test", env)
    lab.equal(f"{how}: {said} signs in", OK, sign_in(server, client))
    client.close()


def kerberos(lab, how, env):
    """Who a principal is, krb5.conf says."""
    server = ImpersonateServer("Kerberos", env)
    comes(lab, how, server, SOMEBODY, SOMEBODY, env)
    acts(lab, how, server, SOMEBODY)
    comes(lab, how, server, "mapped", "a principal that a rule maps", env)
    acts(lab, how, server, OTHER)
    for user, why in (("zz-stranger", "a principal without a user"), ("root", "root's principal"),
                      (SOMEBODY + "/admin", "a principal of two parts"),
                      (PLUS, "a principal with winbind's other separator")):
        comes(lab, how, server, user, why, env)
        refused(lab, how, server, why)
    server.close()


def another_realm(lab):
    """The same principal where the default realm is another: nobody of this system."""
    path, how = lab.path("elsewhere.conf"), "Kerberos"
    with open(lab.env["KRB5_CONFIG"], encoding="utf-8") as f:
        text = f.read()
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace("default_realm = LAB.TEST", "default_realm = OTHER.TEST").replace(RULES, ""))
    server = ImpersonateServer("Kerberos", dict(lab.env, KRB5_CONFIG=path))
    comes(lab, how, server, SOMEBODY, "a principal of another realm", lab.env)
    refused(lab, how, server, "a principal of another realm")
    server.close()


def main():
    lab = Lab()
    why = missing("setpriv")
    if os.geteuid() != 0:
        why = "nobody but root acts as others"
    if why:
        lab.skip("impersonation", why)
        return lab.finish()
    os.chmod(lab.root, 0o711)
    os.chmod(lab.directory("open"), 0o777)
    lab.configure("[accounts]\ndelay milliseconds = 0\nlockout threshold = 0\n")
    add_accounts(lab)
    ntlm(lab, "embedded", lab.env)
    without_privilege(lab)
    daemon = Daemon(lab)
    remote = {"OPENSSPI_LSA": "socket:" + daemon.path}
    ntlm(lab, "lsad", dict(lab.env, **remote))
    lab.check("lsad goes on", daemon.alive())
    why = krb_missing()
    if why:
        lab.skip("Kerberos", why)
    elif begin_realm(lab):
        kerberos(lab, "Kerberos", lab.env)
        another_realm(lab)
        daemon = Daemon(lab, "second.sock")
        kerberos(lab, "Kerberos, lsad", dict(lab.env, OPENSSPI_LSA="socket:" + daemon.path))
    return lab.finish()


if __name__ == "__main__":
    sys.exit(main())
