#!/usr/bin/env python3
"""Our Negotiate against Samba's ntlm_auth with SPNEGO, both roles: equal session keys, wrong passwords refused.

SSPI_PIPE names our end (tests/peer/sspi_pipe.c), SSPI the tool. Ends with "N passed, N failed, N skipped"."""
import base64
import os
import shutil
import subprocess
import sys
import tempfile

PASSWORD = "S3cret!pw"
CONTINUE_NEEDED = 0x00090312
LOGON_DENIED = 0x8009030C
counts = {"ok": 0, "FAIL": 0, "skipped": 0}


def say(result, name, why=""):
    counts[result] += 1
    print(f"{result:4} {name} {why}".rstrip(), flush=True)


def check(name, good, why=""):
    say("ok" if good else "FAIL", name, "" if good else why)


class Ours:
    def __init__(self, role, home, package, password=""):
        env = dict(os.environ, OPENSSPI_HOME=home)
        self.p = subprocess.Popen([os.environ["SSPI_PIPE"], role, package, "HOST/server"], stdin=-1, stdout=-1, text=True,
                                  bufsize=1, env=env)
        if role == "client":
            self.p.stdin.write(f"alice\nLAB\n{password}\n")
            self.p.stdin.flush()
        assert self.p.stdout.readline().split()[0] == "00000000", "acquire"

    def ask(self, line):
        self.p.stdin.write(line + "\n")
        self.p.stdin.flush()
        return self.p.stdout.readline().rstrip("\n").split(" ", 1)

    def step(self, token):
        status, out = self.ask(token.hex() if token else "-")
        return int(status, 16), b"" if out == "-" else bytes.fromhex(out)

    def close(self):
        self.p.stdin.close()
        self.p.wait(10)


class Samba:
    def __init__(self, conf, protocol, password):
        self.p = subprocess.Popen(["ntlm_auth", "--configfile=" + conf, "--helper-protocol=" + protocol, "--username=alice",
                                   "--domain=LAB", "--password=" + password], stdin=-1, stdout=-1, stderr=-3, text=True,
                                  bufsize=1)
        self.ask("SF NTLMSSP_FEATURE_SESSION_KEY")

    def ask(self, line):
        self.p.stdin.write(line + "\n")
        self.p.stdin.flush()
        return self.p.stdout.readline().rstrip("\n")

    def step(self, code, token):
        """One leg: (what it says, its token)."""
        words = self.ask(f"{code} {base64.b64encode(token).decode()}".rstrip()).split(" ")
        token = words[1] if len(words) > 1 and words[0] in ("TT", "YR", "KK", "AF", "NA") else "*"
        try:
            return words[0], b"" if token in ("*", "") else base64.b64decode(token)
        except ValueError:
            return words[0], b""

    def key(self):
        return base64.b64decode(self.ask("GK").split(" ")[1]).hex()

    def close(self):
        self.p.stdin.close()
        self.p.wait(10)


def converse(ours, samba, ours_begins):
    """Passes tokens until one of them has nothing to say; (our last status, the helper's last word)."""
    status, token, code = CONTINUE_NEEDED, b"", "YR"
    if ours_begins:
        status, token = ours.step(None)
    while True:
        word, token = samba.step(code, token)
        code = "KK" if ours_begins else "TT"
        if not token or status != CONTINUE_NEEDED:
            return status, word
        status, token = ours.step(token)
        if not token:
            return status, word


def our_client(conf, home, package, password):
    ours, samba = Ours("client", home, package, password), Samba(conf, "gss-spnego", PASSWORD)
    status, word = converse(ours, samba, True)
    same = status == 0 and word == "AF" and samba.key() == ours.ask("key")[1]
    ours.close()
    samba.close()
    return status, word, same


def our_server(conf, home, password):
    ours, samba = Ours("server", home, "Negotiate"), Samba(conf, "gss-spnego-client", password)
    status, word = converse(ours, samba, False)
    same = status == 0 and samba.key() == ours.ask("key")[1]
    name = ours.ask("name")[1] if status == 0 else ""
    ours.close()
    samba.close()
    return status, word, same, name


def write_conf(work):
    dirs = ["private dir", "lock directory", "state directory", "cache directory", "pid directory", "ncalrpc dir"]
    path = os.path.join(work, "smb.conf")
    with open(path, "w", encoding="utf-8") as f:
        f.write("[global]\nworkgroup = LAB\nnetbios name = LABSRV\n")
        for d in dirs:
            os.mkdir(os.path.join(work, d.replace(" ", "-")))
            f.write(f"{d} = {work}/{d.replace(' ', '-')}\n")
        f.write(f"winbindd socket directory = {work}/none\n")
    return path


def run(work):
    conf, home = write_conf(work), os.path.join(work, "home")
    os.makedirs(home, 0o700)
    subprocess.run([os.environ["SSPI"], "account", "add", "LAB\\alice", "--password-fd", "0"], input=PASSWORD + "\n",
                   text=True, env=dict(os.environ, OPENSSPI_HOME=home), check=True, stdout=subprocess.DEVNULL)

    status, word, same = our_client(conf, home, "Negotiate", PASSWORD)
    check("our client signs in to ntlm_auth's SPNEGO, equal session keys", same, f"{status:08x} {word}")
    status, word, same = our_client(conf, home, "Negotiate", "wrong")
    check("our client with a wrong password is refused", status != 0 and word in ("NA", "BH"), f"{status:08x} {word}")
    status, word, same, name = our_server(conf, home, PASSWORD)
    check("ntlm_auth's SPNEGO client signs in to our server, equal session keys", same, f"{status:08x} {word}")
    check("the server says who", name.lower() in ("lab\\alice", "alice"), name)
    status, word, same, _ = our_server(conf, home, "wrong")
    check("ntlm_auth's SPNEGO client with a wrong password is refused", status == LOGON_DENIED, f"{status:08x} {word}")


def main():
    if not shutil.which("ntlm_auth"):
        say("skipped", "ntlm_auth", "(not installed)")
    else:
        work = tempfile.mkdtemp(prefix="opensspi-spnego-")
        try:
            run(work)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    print(f"{counts['ok']} passed, {counts['FAIL']} failed, {counts['skipped']} skipped")
    return 1 if counts["FAIL"] else 0


sys.exit(main())
