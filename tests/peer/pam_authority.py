#!/usr/bin/env python3
"""PAM is asked about what CredSSP delegates: `sspi serve rdp` with [accounts] pam, our client and FreeRDP's; the same
with lsad behind the server. The service's modules are pam_wrapper's pam_matrix and Linux-PAM's pam_debug, by their
paths and in a folder of our own; nothing of the machine's PAM is touched. The service goes by the name that the
client delegates, not by the one that it signed in as.

SSPI and BUILD_ROOT name the tool and the build. Ends with "N passed, N failed, N skipped"."""
import glob
import json
import os
import sys
import time

from lib import Lab, Server, missing, start_display, stop

BUILD = os.environ.get("BUILD_ROOT", "")
MATRIX = "/usr/lib/x86_64-linux-gnu/pam_wrapper/pam_matrix.so"
SERVICE = "opensspi-test"
LONG = 400000 + os.getpid()  # seconds that nobody else sleeps
PASSWORD, OTHER = "S3cret!pw \u00e4", "0ther-S3cret"
FAILED, NO_SERVERS, EXPIRED, MUST_CHANGE, RESTRICTED = "0x8009030C", "0x80090311", "0xC0000193", "0xC0000224", "0xC000006E"


class Machine(Lab):
    def __init__(self):
        super().__init__()
        self.folder = self.directory("pam.d")
        self.audit = self.path("audit.log")
        self.accounts = self.write("passdb", f"alice:{PASSWORD}:{SERVICE}\nLAB\\bob:{PASSWORD}:{SERVICE}\ncarol:{OTHER}:{SERVICE}\n")

    def serve_by(self, *account, auth=None):
        """The service: how it judges passwords, and what it says of accounts."""
        lines = [f"auth {auth or f'required {MATRIX} passdb={self.accounts}'}"]
        lines += [f"account {words}" for words in account or ("required pam_permit.so",)]
        self.write(f"pam.d/{SERVICE}", "\n".join(lines) + "\n")

    def settings(self, service=SERVICE, more=""):
        self.configure(f"[accounts]\npam = {service}\npam folder = {self.folder}\npam program = {BUILD}/src/opensspi-pam\n{more}"
                       f"[lsa]\naudit = {self.audit}\n[policy]\nAllowFreshCredentialsWhenNTLMOnly = *\nAllowFreshCredentials = *\n")

    def lines(self):
        try:
            with open(self.audit, encoding="utf-8") as f:
                return f.read()
        except OSError:
            return ""

    def logon(self, server, user, password):
        """Our client; what the server saw."""
        begin = time.monotonic()
        self.sspi("logon", f"rdp://127.0.0.1:{server.port}", "--user", user, "--timeout", "20", password=password)
        seen = server.next(20) or {}
        return seen, time.monotonic() - begin


def status_of(seen):
    return (seen.get("failure") or {}).get("status")


def judged(lab):
    """Right and wrong, by PAM's word alone: the accounts file knows all of them."""
    lab.serve_by()
    lab.settings()
    server = Server(lab)
    seen, _ = lab.logon(server, "alice", PASSWORD)
    lab.check("a password that PAM knows is taken", seen.get("signed_in") is True, str(seen) + lab.log("serve.log"))
    lab.equal("and is delegated", "alice", (seen.get("delegated") or {}).get("user"))
    seen, _ = lab.logon(server, "LAB\\bob", PASSWORD)
    lab.check("a domain's account is asked for as DOMAIN\\user", seen.get("signed_in") is True, str(seen))
    seen, _ = lab.logon(server, "carol", PASSWORD)
    lab.equal("one that NTLM takes and PAM refuses is refused", (False, FAILED), (seen.get("signed_in"), status_of(seen)), str(seen))
    seen, _ = lab.logon(server, "dave", PASSWORD)
    lab.equal("so is one that PAM does not know", (False, FAILED), (seen.get("signed_in"), status_of(seen)), str(seen))
    text = lab.lines()
    lab.check("each has a line: taken", 'call=CheckDelegated' in text and 'user="alice" result=0x00000000' in text, text[-600:])
    lab.check("and refused", 'user="carol" result=0xc000006d' in text)
    lab.check("with the domain", 'user="bob" domain="LAB" result=0x00000000' in text)
    lab.check("no password in a line", PASSWORD not in text and OTHER not in text)
    stop(server.process)


def accounts(lab):
    for name, module, wanted in [
            ("an expired account", "acct=acct_expired", EXPIRED),
            ("a password that must be changed", "acct=new_authtok_reqd", MUST_CHANGE),
            ("an account that may not", "acct=perm_denied", RESTRICTED),
            ("a service that breaks", "acct=system_err", NO_SERVERS)]:
        lab.serve_by(f"required pam_debug.so {module}")
        lab.settings()
        server = Server(lab)
        seen, _ = lab.logon(server, "alice", PASSWORD)
        lab.equal(name, (False, wanted), (seen.get("signed_in"), status_of(seen)), str(seen))
        stop(server.process)
    lab.serve_by("required pam_debug.so acct=acct_expired")
    server = Server(lab)
    seen, _ = lab.logon(server, "carol", PASSWORD)
    lab.equal("nothing is said of an account whose password was wrong", FAILED, status_of(seen), str(seen))
    stop(server.process)


def closed(lab):
    """What cannot be asked lets nobody in."""
    for name, prepare in [
            ("no service file", lambda: (os.unlink(os.path.join(lab.folder, SERVICE)), lab.settings())),
            ("no service file, and an \"other\" that lets all in", lambda: (lab.write("pam.d/other", "auth required pam_permit.so\naccount required pam_permit.so\n"),
                                                                           lab.settings())),
            ("a module that is not there", lambda: (lab.serve_by(auth="required /nonexistent/pam_none.so"), lab.settings()))]:
        prepare()
        server = Server(lab)
        seen, _ = lab.logon(server, "alice", PASSWORD)
        lab.equal(f"{name}: refused", (False, NO_SERVERS), (seen.get("signed_in"), status_of(seen)), str(seen))
        stop(server.process)
    lab.serve_by()
    lab.settings()
    lab.configure(open(os.path.join(lab.env["OPENSSPI_HOME"], "etc", "opensspi.conf"), encoding="utf-8").read().replace("opensspi-pam", "none"))
    server = Server(lab)
    seen, _ = lab.logon(server, "alice", PASSWORD)
    lab.equal("no program: refused", (False, NO_SERVERS), (seen.get("signed_in"), status_of(seen)), str(seen))
    stop(server.process)
    for service in ("../x", "a b", "-x", ".x", "Upper", "other"):
        lab.settings(service=service)
        code, _, err = lab.sspi("lsa", "packages")
        lab.check(f"a service called '{service}' is an error", code != 0, err)


def hangs(lab):
    """A module that never ends: its time is up, it is killed with what it started, and others did not wait."""
    lab.serve_by(auth=f"required pam_exec.so quiet /bin/sleep {LONG}")
    lab.settings(more="pam seconds = 2\n")
    server = Server(lab)
    seen, took = lab.logon(server, "alice", PASSWORD)
    lab.equal("a module that hangs: refused", (False, NO_SERVERS), (seen.get("signed_in"), status_of(seen)), str(seen))
    lab.check("when its time is up", 1.5 < took < 15, f"{took:.1f} s")
    lab.check("nothing of it is left", gone(f"sleep\0{LONG}"))
    stop(server.process)


def running(words):
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, encoding="latin-1") as f:
                if words in f.read():
                    return True
        except OSError:
            continue
    return False


def gone(words, seconds=3):
    """A killed process is there for a moment yet."""
    end = time.monotonic() + seconds
    while running(words) and time.monotonic() < end:
        time.sleep(0.05)
    return not running(words)


def names(lab):
    """Names that a module might take for something else are nobody's, and PAM is not asked."""
    lab.serve_by(auth="required pam_permit.so")
    lab.settings()
    server = Server(lab)
    for user in ("-alice", "../alice", "al\x01ice", "a:b"):
        if lab.sspi("account", "add", user, password=PASSWORD)[0] != 0:
            lab.passed += 1
            print(f"ok the accounts file refuses {user!r} as well", flush=True)
            continue
        seen, _ = lab.logon(server, user, PASSWORD)
        lab.equal(f"{user!r} is refused", (False, FAILED), (seen.get("signed_in"), status_of(seen)), str(seen))
    seen, _ = lab.logon(server, "dave", PASSWORD)
    lab.check("dave is not", seen.get("signed_in") is True, str(seen))
    stop(server.process)


def freerdp(lab):
    why = missing("xfreerdp", "Xvfb")
    if why or not start_display(lab):
        lab.skip("FreeRDP's client", why or "Xvfb did not start")
        return
    lab.serve_by()
    lab.settings()
    server = Server(lab)
    for user, good in (("alice", True), ("carol", False)):
        lab.run(["xfreerdp", f"/v:127.0.0.1:{server.port}", "/cert:ignore", "+auth-only", "/sec:nla", f"/u:{user}", f"/p:{PASSWORD}"], log="client.log")
        seen = server.next() or {}
        lab.equal(f"FreeRDP's {user}", good, seen.get("signed_in"), f"{seen} {lab.log('client.log')}")
    stop(server.process)


def daemon(lab):
    """The same where the LSA is lsad: it asks, and goes on serving while a module sleeps."""
    path = os.path.join(lab.directory("run"), "lsa.sock")
    lab.serve_by()
    lab.settings(more="pam seconds = 3\n")
    process = lab.start([os.path.join(BUILD, "src", "lsad"), "--foreground", "--socket", path], log="lsad.log")
    end = time.monotonic() + 15
    lab.env["OPENSSPI_LSA"] = "socket:" + path
    while lab.sspi("lsa", "status")[0] != 0 and process.poll() is None and time.monotonic() < end:
        time.sleep(0.05)
    server = Server(lab)
    lab.env.pop("OPENSSPI_LSA")
    seen, _ = lab.logon(server, "alice", PASSWORD)
    lab.check("lsad: taken", seen.get("signed_in") is True, f"{seen} {lab.log('lsad.log')}")
    seen, _ = lab.logon(server, "carol", PASSWORD)
    lab.equal("lsad: refused", (False, FAILED), (seen.get("signed_in"), status_of(seen)), str(seen))
    lab.serve_by(auth=f"required pam_exec.so quiet /bin/sleep {LONG}")
    lab.env["OPENSSPI_LSA"] = "socket:" + path
    client = lab.start([os.environ.get("SSPI", "sspi"), "logon", f"rdp://127.0.0.1:{server.port}", "--user", "alice", "--password-fd", "0"],
                       stdin=secret(), env={k: v for k, v in lab.env.items() if k != "OPENSSPI_LSA"})
    end = time.monotonic() + 10
    while not running(f"sleep\0{LONG}") and time.monotonic() < end:
        time.sleep(0.05)
    begin = time.monotonic()
    code, out, err = lab.sspi("lsa", "status", "--json")
    lab.check("lsad: others do not wait for PAM", code == 0 and json.loads(out)["reachable"] and time.monotonic() - begin < 1.5, out + err)
    lab.env.pop("OPENSSPI_LSA")
    seen = server.next(20) or {}
    lab.equal("lsad: and it ends", (False, NO_SERVERS), (seen.get("signed_in"), status_of(seen)), str(seen))
    lab.check("lsad: nothing of it is left", gone(f"sleep\0{LONG}"))
    stop(client)
    stop(server.process)
    stop(process)


def secret():
    reader, writer = os.pipe()
    os.write(writer, PASSWORD.encode() + b"\n")
    os.close(writer)
    return reader


def main():
    lab = Machine()
    if not os.path.exists(f"{BUILD}/src/opensspi-pam") or not os.path.exists(MATRIX):
        lab.skip("pam_authority", "built without PAM, or libpam-wrapper not installed")
        return lab.finish()
    try:
        for user in ("alice", "LAB\\bob", "carol", "dave"):
            code, _, err = lab.sspi("account", "add", user, password=PASSWORD)
            lab.equal(f"account {user}", 0, code, err)
        wanted = sys.argv[1:]
        for case in (judged, accounts, closed, hangs, names, freerdp, daemon):
            if not wanted or case.__name__ in wanted:
                case(lab)
    except Exception as e:
        lab.check("the test itself", False, f"{e!r} {e.__traceback__.tb_next and e.__traceback__.tb_next.tb_lineno}")
    return lab.finish()


if __name__ == "__main__":
    sys.exit(main())
