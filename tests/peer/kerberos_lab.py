"""What the Kerberos peer tests share beyond kdc.py: a realm with alice, her tickets, ends that speak GSS-API."""
import os
import struct
import subprocess

from ends import Helper, SspiPipe
from kdc import Kdc
from lib import missing

REALM = "LAB.TEST"
PASSWORD = "S3cret!pw"


def krb_missing(*more):
    """Why there can be no realm, as a sentence; "" when all is there."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    return Kdc.missing() or missing("klist", "kvno", *more)


class Realm(Kdc):
    """A realm with alice in it, for programs started with lab.env."""

    def begin(self, with_kadmind=False):
        """Starts it; False when it does not come up."""
        self.lab.env.update(KRB5_KTNAME=self.path("keytab"), LC_ALL="C", TZ="UTC", PATH=os.environ["PATH"])
        self.no_tickets()
        good = self.start(with_kadmind)
        self.user("alice", PASSWORD)
        return good

    def own_service(self, *names, keytab="keytab", enctypes=""):
        """Services with new keys of these types, in a keytab; its path."""
        path, options = self.path(keytab), f"-e {enctypes} " if enctypes else ""
        self.kadmin(*[f"addprinc -randkey {n}" for n in names], f"ktadd -k {path} {options}{' '.join(names)}")
        return path

    def tickets(self, name="alice", password=PASSWORD, *options, cache="cc"):
        """Gets a TGT into a cache, which lab.env then leads to; kinit's exit code."""
        self.lab.env["KRB5CCNAME"] = "FILE:" + self.path(cache)
        done = subprocess.run(["kinit", *options, name], input=password + "\n", text=True, env=self.lab.env,
                              capture_output=True, check=False)
        return done.returncode

    def no_tickets(self):
        self.lab.env["KRB5CCNAME"] = "FILE:" + self.path("none")

    def set_clock(self, seconds, cache="cc"):
        """Makes programs with this cache believe that the KDC's clock is so far from ours: the file's head says it."""
        path = self.path(cache)
        with open(path, "rb") as f:
            data = f.read()
        rest = data[4 + struct.unpack(">H", data[2:4])[0]:]
        header = struct.pack(">HHii", 1, 8, seconds, 0)
        with open(path, "wb") as f:
            f.write(data[:2] + struct.pack(">H", len(header)) + header + rest)


class GssPipe(Helper):
    """MIT's GSS-API, tests/peer/gss_pipe.c."""

    def __init__(self, lab, role, mechanism, target="host@localhost", **env):
        super().__init__([os.environ["GSS_PIPE"], role, mechanism, target], env=dict(lab.env, **env))
        self.acquired = int(self.process.stdout.readline().split()[0], 16)

    ask, step = SspiPipe.ask, SspiPipe.step


def sspi_pipe(lab, role, package, target="host/localhost", who=("", "", ""), **env):
    """Ours, tests/peer/sspi_pipe.c; without `who` by the tickets that are there."""
    return SspiPipe(role, package, target, dict(lab.env, **env), who)
