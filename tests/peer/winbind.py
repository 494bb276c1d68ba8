#!/usr/bin/env python3
"""Our NTLM servers over accounts that Samba's winbindd knows: a machine without a domain, its own accounts.

SSPI_PIPE names our ends (tests/peer/sspi_pipe.c). Takes root: winbindd runs in namespaces of its own. Ends with
"N passed, N failed, N skipped"."""
import os
import subprocess
import sys
import threading
import time

import addc
from ends import SspiPipe
from lib import Lab, Server, fail_early, missing, stop

CONF = """[accounts]
delay milliseconds = 100
domain = {domain}
[lsa]
netbios name = OURS
"""
OK, DENIED, DISABLED, NO_AUTHORITY = 0, 0x8009030C, 0xC0000072, 0x80090311


def sign_in(lab, who, package="NTLM"):
    """Both ends ours, in two processes; (the server's last status, what it knows of the client)."""
    client = SspiPipe("client", package, "HOST/localhost", lab.env, who)
    server = SspiPipe("server", package, "HOST/localhost", lab.env)
    known, token, status = {}, None, 0x90312
    while status == 0x90312:
        _, token = client.step(token)
        status, token = server.step(token)
    if status == OK:
        known = {"name": server.ask("name")[1], "same key": server.ask("key") == client.ask("key"),
                 "sids": server.ask("sids")}
    else:
        known = {"reason": server.ask("reason")}
    client.close()
    server.close()
    return status, known


def accounts(lab, peer):
    domain = peer.domain
    status, known = sign_in(lab, ("alice", domain, addc.PASSWORD))
    lab.equal("a right password signs in", OK, status, str(known))
    lab.check("both ends hold the same session key", known.get("same key"))
    lab.equal("the server knows the name as winbindd spells it", f"{domain}\\alice", known.get("name"))
    sids = known.get("sids", (1, ""))[1].split()
    lab.check("and the SIDs, the user's first", len(sids) >= 2 and sids[0].startswith("S-1-5-21-") and sids[0].endswith("-1000"),
              str(sids))
    status, known = sign_in(lab, ("ALICE", domain.lower(), addc.PASSWORD))
    lab.equal("names compare without case", OK, status, str(known))
    status, known = sign_in(lab, ("alice", domain, addc.PASSWORD), "Negotiate")
    lab.equal("by Negotiate, too", OK, status, str(known))
    lab.check("with its SIDs", known.get("sids", (1, ""))[1].split() == sids, str(known.get("sids")))
    for name, who in (("a wrong password", ("alice", domain, "wrong")), ("an empty password", ("alice", domain, "")),
                      ("an unknown user", ("nobody-here", domain, addc.PASSWORD)),
                      ("our own machine's name", ("alice", "OURS", addc.PASSWORD)),
                      ("no domain", ("alice", "", addc.PASSWORD))):
        status, known = sign_in(lab, who)
        lab.equal(f"{name} is refused alike", DENIED, status, str(known))
    status, _ = sign_in(lab, ("alice", "ELSEWHERE", addc.PASSWORD))
    lab.check("an unknown domain is refused, or has no controller", status in (DENIED, NO_AUTHORITY), hex(status))
    subprocess.run(["smbpasswd", "-d", "bob"], check=True, stdout=subprocess.DEVNULL)
    status, _ = sign_in(lab, ("bob", domain, addc.PASSWORD))
    lab.equal("a disabled account says so", DISABLED, status)
    status, _ = sign_in(lab, ("bob", domain, "wrong"))
    lab.check("and with a wrong password does not sign in", status in (DENIED, DISABLED), hex(status))


def local_first(lab, peer):
    """A line of the accounts file goes before the domain, also when it refuses."""
    lab.sspi("account", "add", "alice", "--domain", peer.domain, password="Another1!pw")
    status, known = sign_in(lab, ("alice", peer.domain, "Another1!pw"))
    lab.equal("a line of the file for that domain counts", OK, status, str(known))
    lab.equal("and names no SIDs", (0x8009030E, "-"), known.get("sids"))
    status, _ = sign_in(lab, ("alice", peer.domain, addc.PASSWORD))
    lab.equal("and not the domain's password", DENIED, status)
    lab.sspi("account", "remove", "alice", "--domain", peer.domain)
    status, _ = sign_in(lab, ("alice", peer.domain, addc.PASSWORD))
    lab.equal("without it the domain is asked again", OK, status)


def delays(lab, peer):
    began = time.monotonic()
    for _ in range(4):
        sign_in(lab, ("carol", peer.domain, "wrong"))
    waited = time.monotonic() - began
    lab.check("bad passwords delay the answer more and more", waited > 1.0, f"{waited:.2f} s")
    status, _ = sign_in(lab, ("carol", peer.domain, addc.PASSWORD))
    lab.equal("but we do not lock a domain's account", OK, status)


def crowd(lab, peer):
    """s36: many at once in one server process."""
    if missing("curl"):
        lab.skip("many at once", missing("curl"))
        return
    server = Server(lab, kind="http")
    runs = [(user, subprocess.Popen(["curl", "-s", "-m", "30", "--noproxy", "*", "--ntlm", "-u", f"{peer.domain}\\{user}:{addc.PASSWORD}",
                                     f"http://127.0.0.1:{server.port}/"], env=lab.env, stdout=subprocess.PIPE))
            for user in ("alice", "carol") * 12]
    bodies = [(user, run.communicate(timeout=60)[0].decode()) for user, run in runs]
    lab.check("s36_many_at_once_keep_their_own_names", all(f"\\{user}" in body for user, body in bodies), str(bodies)[:400])
    stop(server.process)


def unprivileged(lab, peer):
    """A user whom winbindd does not let near its privileged pipe."""
    as_user = ["setpriv", "--reuid", "20001", "--regid", "20000", "--clear-groups"]
    own = os.environ["SSPI_PIPE"]
    modules = lab.env.get("OPENSSPI_MODULE_DIR", "/")
    os.chmod(lab.root, 0o755)
    if missing("setpriv") or subprocess.run([*as_user, "test", "-x", own, "-a", "-r", modules], check=False).returncode:
        lab.skip("a user without privileges", "cannot run what was built")
        return
    folder = lab.directory("unprivileged")
    lab.directory("unprivileged/etc")
    lab.write("unprivileged/etc/opensspi.conf", CONF.format(domain="winbind"))
    trace = lab.path("unprivileged/trace")
    subprocess.run(["chown", "-R", "20001:20000", folder], check=True)
    script = lab.write("pipe", f'#!/bin/sh\nexec {" ".join(as_user)} {own} "$@"\n')
    os.chmod(script, 0o755)
    os.environ["SSPI_PIPE"] = script
    before, lab.env = lab.env, dict(lab.env, OPENSSPI_HOME=folder, OPENSSPI_TRACE=trace)
    status, known = sign_in(lab, ("alice", peer.domain, addc.PASSWORD))
    lab.env, os.environ["SSPI_PIPE"] = before, own
    lab.equal("S19: a user who may not ask winbindd lets nobody in", NO_AUTHORITY, status, str(known))
    with open(trace, encoding="utf-8") as f:
        lab.check("and the trace says what to look at", "winbindd_privileged" in f.read())


def hangs(lab, peer):
    """A winbindd that says nothing holds up who asked for it and nobody else."""
    lab.sspi("account", "add", "local", password=addc.PASSWORD)
    subprocess.run(["sh", "-c", "kill -STOP $(pidof winbindd)"], check=True)
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(sign_in(lab, ("alice", peer.domain, addc.PASSWORD))[0]))
    waiting.start()
    time.sleep(0.5)
    status, known = sign_in(lab, ("local", "", addc.PASSWORD))
    lab.equal("while winbindd hangs, a local account signs in", OK, status, str(known))
    lab.equal("and the domain's waits", [], answers)
    subprocess.run(["sh", "-c", "kill -CONT $(pidof winbindd)"], check=True)
    waiting.join(60)
    lab.equal("until winbindd goes on", [OK], answers)


def without(lab, peer):
    """Nobody to ask opens nothing."""
    lab.configure(CONF.format(domain="none"))
    status, _ = sign_in(lab, ("alice", peer.domain, addc.PASSWORD))
    lab.check("S19: unless it is configured winbindd is not asked", status in (DENIED, NO_AUTHORITY), hex(status))
    lab.configure(CONF.format(domain="winbind"))
    modules = lab.env.get("OPENSSPI_MODULE_DIR")
    lab.env["OPENSSPI_MODULE_DIR"] = lab.directory("empty")
    status, _ = sign_in(lab, ("alice", peer.domain, addc.PASSWORD))
    lab.equal("S19: without the module nobody signs in", NO_AUTHORITY, status)
    if modules is None:
        del lab.env["OPENSSPI_MODULE_DIR"]
    else:
        lab.env["OPENSSPI_MODULE_DIR"] = modules
    peer.stop()
    status, _ = sign_in(lab, ("alice", peer.domain, addc.PASSWORD))
    lab.equal("S19: without winbindd nobody signs in", NO_AUTHORITY, status)
    status, _ = sign_in(lab, ("alice", peer.domain, "wrong"))
    lab.equal("S19: whatever the password", NO_AUTHORITY, status)
    lab.check("winbindd begins anew", peer.start())
    status, _ = sign_in(lab, ("alice", peer.domain, addc.PASSWORD))
    lab.equal("and signs in again", OK, status)


def main():
    lab = Lab()
    addc.enter(lab, "accounts of winbindd", "winbindd", "wbinfo", "smbpasswd")
    lab.configure(CONF.format(domain="winbind"))
    peer = addc.Alone(lab, ["alice", "bob", "carol"])
    if not addc.winbindd_answers():
        fail_early(lab, "winbindd: " + lab.log("winbindd.log"))
    accounts(lab, peer)
    local_first(lab, peer)
    delays(lab, peer)
    crowd(lab, peer)
    unprivileged(lab, peer)
    hangs(lab, peer)
    without(lab, peer)
    return lab.finish()


sys.exit(main())
