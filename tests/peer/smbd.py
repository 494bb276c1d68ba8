#!/usr/bin/env python3
"""Our NTLM and Negotiate client tokens in SMB2 SESSION_SETUP to Samba's smbd, carried by impacket.

smbd insists on signing, so that a share opened after the sign-in shows that both ends hold the same session key.
SSPI_PIPE names our end (tests/peer/sspi_pipe.c). Ends with "N passed, N failed, N skipped"."""
import glob
import os
import subprocess
import sys

try:
    from impacket import ntlm, smb3, smbconnection
except ImportError:  # Debian's package belongs to Debian's interpreter
    if sys.executable != "/usr/bin/python3" and os.path.exists("/usr/bin/python3") and not os.environ.get("SSPI_TEST_AGAIN"):
        os.environ["SSPI_TEST_AGAIN"] = "1"
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
    smb3 = None

from ends import SspiPipe
from lib import Lab, fail_early, free_port, listening, missing

PASSWORD = "S3cret!pw"
CONF = """[global]
 workgroup = LAB
 netbios name = LABSRV
 server role = standalone server
 interfaces = lo
 bind interfaces only = yes
 smb ports = {port}
 private dir = {root}/private
 lock directory = {root}/lock
 state directory = {root}/state
 cache directory = {root}/cache
 pid directory = {root}/pid
 ncalrpc dir = {root}/ncalrpc
 log file = {root}/log
 log level = 1 auth_audit:3
 passdb backend = tdbsam:{root}/private/passdb.tdb
 ntlm auth = ntlmv2-only
 map to guest = never
 disable spoolss = yes
 server min protocol = SMB2
 server signing = mandatory
[share]
 path = {root}/share
 read only = no
"""


class Ours(SspiPipe):
    """Our end of a sign-in."""

    def __init__(self, lab, package, user, password):
        super().__init__("client", package, "cifs/127.0.0.1", lab.env, (user, "LAB", password))
        lab.running.append(self.process)
        self.status = None

    def step(self, token):
        self.status, out = super().step(token)
        return out

    def key(self):
        status, key = self.ask("key")
        return bytes.fromhex(key) if status == 0 else None


class Token:
    """Stands for impacket's message objects: whatever is put in, our bytes come out."""

    def __init__(self, data=b""):
        self.data, self.fields = data, {}

    def __setitem__(self, name, value):
        if name in ("ResponseToken", "MechToken"):
            self.data = value

    def __getitem__(self, name):
        return 0 if name == "TargetInfoFields_len" else self.data

    def __len__(self):
        return len(self.data)

    def getData(self):
        return self.data


class Carrier:
    """impacket's SMB client with our tokens in place of its own, bare or in our SPNEGO."""

    def __init__(self, ours):
        self.ours, self.buffers = ours, []
        self.saved = [(where, name, getattr(where, name)) for where, name in (
            (ntlm, "getNTLMSSPType1"), (ntlm, "getNTLMSSPType3"), (ntlm, "NTLMAuthChallenge"), (smb3, "SPNEGO_NegTokenInit"),
            (smb3, "SPNEGO_NegTokenResp"), (smb3, "SMB2SessionSetup_Response"))]

    def __enter__(self):
        response = smb3.SMB2SessionSetup_Response

        def remember(data):
            parsed = response(data)
            self.buffers.append(parsed["Buffer"])
            return parsed

        ntlm.getNTLMSSPType1 = lambda *_, **__: Token(self.ours.step(b""))
        ntlm.getNTLMSSPType3 = lambda _, challenge, *__, **___: (Token(self.ours.step(challenge)), self.ours.key())
        smb3.SMB2SessionSetup_Response = remember
        smb3.SPNEGO_NegTokenInit = smb3.SPNEGO_NegTokenResp = ntlm.NTLMAuthChallenge = Token
        return self

    def __exit__(self, *_):
        for where, name, what in self.saved:
            setattr(where, name, what)


def sign_in(lab, port, package, user, password, dialect):
    """Answers (signed in, what the share holds or why not, our last status)."""
    ours = Ours(lab, package, user, password)
    if ours.acquired != 0:
        return False, f"{ours.acquired:08x}", None
    spnego = package == "Negotiate"
    try:
        with Carrier(ours) as carrier:
            connection = smbconnection.SMBConnection("127.0.0.1", "127.0.0.1", sess_port=port, preferredDialect=dialect)
            connection.login(user, password, "LAB")
            if spnego:
                ours.step(carrier.buffers[-1])
                connection.getSMBServer()._Session["SessionKey"] = ours.key()
        names = sorted(f.get_longname() for f in connection.listPath("share", "*"))
        connection.close()
        return True, names, ours.status
    except (smbconnection.SessionError, smb3.SessionError) as e:
        return False, str(e), ours.status


def start(lab):
    root, port = lab.directory("smbd"), free_port()
    for name in ("private", "lock", "state", "cache", "pid", "ncalrpc", "share"):
        os.makedirs(os.path.join(root, name), 0o755)
    os.chmod(lab.root, 0o755)
    os.chmod(root, 0o755)
    os.chmod(root + "/share", 0o777)
    with open(root + "/share/proof", "w", encoding="ascii"):
        pass
    conf = lab.write("smb.conf", CONF.format(root=root, port=port))
    lab.write("passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\nalice:x:20001:20001::/:/bin/false\n")
    lab.write("group", "root:x:0:\nnogroup:x:65534:\nalice:x:20001:\n")
    for name in ("passwd", "group", "smb.conf"):
        os.chmod(lab.path(name), 0o644)
    env = dict(lab.env, LD_PRELOAD="libnss_wrapper.so", NSS_WRAPPER_PASSWD=lab.path("passwd"), NSS_WRAPPER_GROUP=lab.path("group"))
    done = subprocess.run(["smbpasswd", "-c", conf, "-s", "-a", "alice"], input=f"{PASSWORD}\n{PASSWORD}\n", text=True, env=env,
                          capture_output=True, check=False)
    if done.returncode:
        fail_early(lab, f"smbpasswd: {done.stdout}{done.stderr}")
    process = lab.start(["smbd", "-s", conf, "-F", "--no-process-group", "--debug-stdout"], log="smbd.log", env=env, start_new_session=True)
    return port if listening(port, process) else 0


def cases(lab, port, package):
    dialects = [("SMB 2.1", smb3.SMB2_DIALECT_21)]
    if package == "NTLM":
        dialects.append(("SMB 3.0", smb3.SMB2_DIALECT_30))
    for name, dialect in dialects:
        good, what, status = sign_in(lab, port, package, "alice", PASSWORD, dialect)
        if status is None:
            lab.skip(f"{package} in {name}", f"the library has no such package ({what})")
            return
        lab.check(f"{package} in {name}: right password, and a signed request shows the share", good and "proof" in what, str(what))
        lab.equal(f"{package} in {name}: our end is complete", 0, status)
        for case, user, password in (("wrong password", "alice", "wrong"), ("unknown user", "mallory", PASSWORD)):
            good, what, _ = sign_in(lab, port, package, user, password, dialect)
            lab.check(f"{package} in {name}: {case} is refused", not good and "LOGON_FAILURE" in str(what), str(what))


def main():
    lab = Lab()
    why = missing("smbd", "smbpasswd") or ("" if smb3 else "python3-impacket is not installed")
    if not why and not (glob.glob("/usr/lib*/libnss_wrapper.so") + glob.glob("/usr/lib/*/libnss_wrapper.so")):
        why = "libnss-wrapper is not installed"
    if not why and os.getuid() != 0:
        why = "smbd runs as root"
    if why:
        lab.skip("smbd", why)
        return lab.finish()
    try:
        port = start(lab)
        if not port:
            fail_early(lab, f"smbd did not start: {lab.log('smbd.log')}")
        cases(lab, port, "NTLM")
        cases(lab, port, "Negotiate")
    except Exception as e:  # a broken case must not leave programs running
        lab.check("the test itself", False, repr(e))
    return lab.finish()


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
