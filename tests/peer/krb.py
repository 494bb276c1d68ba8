"""The Kerberos module's driver (krb_driver) as an object, and the words of its answers."""
import json
import os
import subprocess

PASSWORD = "S3cret!pw"
TARGET = "TERMSRV/localhost"
MUTUAL, REPLAY, SEQUENCE, CONF, INTEG, DCE = 2, 4, 8, 16, 32, 0x1000
USUAL = MUTUAL | REPLAY | SEQUENCE | CONF | INTEG
OK, MORE = "00000000", "00090312"
NAMES = {"8009030e": "SEC_E_NO_CREDENTIALS", "8009030c": "SEC_E_LOGON_DENIED", "80090303": "SEC_E_TARGET_UNKNOWN",
         "80090311": "SEC_E_NO_AUTHENTICATING_AUTHORITY", "80090322": "SEC_E_WRONG_PRINCIPAL", "80090324": "SEC_E_TIME_SKEW", "80090340": "SEC_E_KDC_INVALID_REQUEST",
         "80090317": "SEC_E_CONTEXT_EXPIRED", "80090308": "SEC_E_INVALID_TOKEN", "8009030f": "SEC_E_MESSAGE_ALTERED",
         "80090346": "SEC_E_BAD_BINDINGS", "80090337": "SEC_E_CRYPTO_SYSTEM_INVALID", "8009030d": "SEC_E_UNKNOWN_CREDENTIALS",
         "c0000071": "STATUS_PASSWORD_EXPIRED", "c0000072": "STATUS_ACCOUNT_DISABLED", "c0000193": "STATUS_ACCOUNT_EXPIRED",
         "c0000234": "STATUS_ACCOUNT_LOCKED_OUT", "80090342": "SEC_E_KDC_UNKNOWN_ETYPE", "80090345": "SEC_E_DELEGATION_REQUIRED",
         "8009033d": "SEC_E_PKINIT_NAME_MISMATCH", "80090302": "SEC_E_UNSUPPORTED_FUNCTION", "80090300": "SEC_E_INSUFFICIENT_MEMORY", OK: "SEC_E_OK", MORE: "SEC_I_CONTINUE_NEEDED"}


ENDED = [name for name in NAMES.values() if name not in ("SEC_E_OK", "SEC_I_CONTINUE_NEEDED")]


class Driver:
    """One process of krb_driver; a method call is a command."""

    def __init__(self, lab, **env):
        self.process = lab.start([os.environ["KRB_DRIVER"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=None,
                                 env=dict(lab.env, **env))

    def __call__(self, *words, **named):
        line = "\t".join([str(w) for w in words] + [f"{k}={v}" for k, v in named.items() if v is not None])
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        said = json.loads(answer) if answer else {"status": f"died of {self.process.wait()}"}
        said["status"] = NAMES.get(said["status"], said["status"])
        return said

    def finish(self):
        """Its exit code; 3: something was not released."""
        self.process.stdin.close()
        return self.process.wait(10)

    # ---- a whole sign-in between places 0 (client) and 1 (server)

    def pair(self, client=0, server=1, target=TARGET, flags=USUAL, accept_flags=0, bindings=None, seen=None, level=0, alter=None):
        """Answers (client's last answer, server's last answer); `alter(leg, token)` may change a token on its way."""
        self("context", 0, cred=client, target=target, flags=flags, bindings=bindings)
        self("context", 1, cred=server, accept=1, flags=accept_flags, bindings=seen, level=level)
        said, token = [{"status": "nothing"}, {"status": "nothing"}], ""
        for leg in range(24):
            at = leg % 2
            if leg and not token:
                break
            if said[at]["status"] in ("SEC_E_OK", *ENDED):
                break
            said[at] = self("step", at, token)
            token = alter(leg, said[at]["token"]) if alter and said[at]["token"] else said[at]["token"]
        return said[0], said[1]

    def established(self, **more):
        """Both ends' established contexts, or None with the answers that say why."""
        ours, theirs = self.pair(**more)
        if (ours["status"], theirs.get("status")) != ("SEC_E_OK", "SEC_E_OK"):
            return None, (ours, theirs)
        return (self("finish", 0), self("finish", 1, delegated=2)), None
