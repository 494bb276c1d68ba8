"""The ends of a sign-in whose tokens a test carries itself: ours, and Samba's ntlm_auth."""
import base64
import os
import subprocess


class Helper:
    """A program that answers each line with a line."""

    def __init__(self, args, **more):
        self.process = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, **more)

    def line(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip("\n")

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)


class SspiPipe(Helper):
    """Ours, tests/peer/sspi_pipe.c; `who` is user, domain and password of a client."""

    def __init__(self, role, package, target, env, who=None):
        super().__init__([os.environ["SSPI_PIPE"], role, package, target], env=env)
        if role == "client":
            self.process.stdin.write("\n".join(who) + "\n")
            self.process.stdin.flush()
        self.acquired = int(self.process.stdout.readline().split()[0], 16)

    def ask(self, command):
        """(status, what it says)"""
        status, rest = self.line(command).split(" ", 1)
        return int(status, 16), rest

    def step(self, token):
        """One leg: (status, token)."""
        status, out = self.ask(token.hex() if token else "-")
        return status, b"" if out == "-" else bytes.fromhex(out)

    def bytes(self, command):
        return bytes.fromhex(self.ask(command)[1])


class NtlmAuth(Helper):
    """Samba's ntlm_auth as one end, for LAB\\alice and no winbindd."""

    def __init__(self, conf, protocol, password):
        super().__init__(["ntlm_auth", "--configfile=" + conf, "--helper-protocol=" + protocol, "--username=alice",
                          "--domain=LAB", "--password=" + password], stderr=subprocess.DEVNULL)
        self.line("SF NTLMSSP_FEATURE_SESSION_KEY")

    def step(self, code, token):
        """One leg: (what it says, its token)."""
        words = self.line(f"{code} {base64.b64encode(token).decode()}".rstrip()).split(" ")
        token = words[1] if len(words) > 1 and words[0] in ("TT", "YR", "KK", "AF", "NA") else "*"
        try:
            return words[0], b"" if token in ("*", "") else base64.b64decode(token)
        except ValueError:
            return words[0], b""

    def key(self):
        return base64.b64decode(self.line("GK").split(" ")[1]).hex()


def write_smb_conf(work):
    """A configuration for ntlm_auth with every folder below `work`; its path."""
    dirs = ["private dir", "lock directory", "state directory", "cache directory", "pid directory", "ncalrpc dir"]
    path = os.path.join(work, "smb.conf")
    with open(path, "w", encoding="utf-8") as f:
        f.write("[global]\nworkgroup = LAB\nnetbios name = LABSRV\n")
        for d in dirs:
            os.mkdir(os.path.join(work, d.replace(" ", "-")))
            f.write(f"{d} = {work}/{d.replace(' ', '-')}\n")
        f.write(f"winbindd socket directory = {work}/none\n")
    return path
