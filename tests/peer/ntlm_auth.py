#!/usr/bin/env python3
"""Our NTLM against Samba's ntlm_auth, both roles: equal session keys, wrong passwords refused.

SSPI_PIPE names our end (tests/peer/sspi_pipe.c), SSPI the tool. Ends with "N passed, N failed, N skipped"."""
import os
import shutil
import subprocess
import sys
import tempfile

from ends import NtlmAuth, SspiPipe, write_smb_conf

PASSWORD = "S3cret!pw"
counts = {"ok": 0, "FAIL": 0, "skipped": 0}


def say(result, name, why=""):
    counts[result] += 1
    print(f"{result:4} {name} {why}".rstrip(), flush=True)


def check(name, good, why=""):
    say("ok" if good else "FAIL", name, "" if good else why)


def pipe(role, home, password=""):
    end = SspiPipe(role, "NTLM", "HOST/server", dict(os.environ, OPENSSPI_HOME=home), ("alice", "LAB", password))
    assert end.acquired == 0, "acquire"
    return end


def our_client(conf, home, password, server_password):
    """Our client signs in to Samba's helper; returns (accepted, keys equal)."""
    ours, samba = pipe("client", home, password), NtlmAuth(conf, "squid-2.5-ntlmssp", server_password)
    status, token = ours.step(None)
    word, token = samba.step("YR", token)
    if word != "TT":
        return False, word
    status, token = ours.step(token)
    word, _ = samba.step("KK", token)
    accepted = status == 0 and word == "AF"
    same = accepted and samba.key() == ours.ask("key")[1]
    ours.close()
    samba.close()
    return accepted, same


def our_server(conf, home, password):
    """Samba's client helper signs in to our server; returns (status, keys equal, name)."""
    ours, samba = pipe("server", home), NtlmAuth(conf, "ntlmssp-client-1", password)
    _, token = samba.step("YR", b"")
    status, token = ours.step(token)
    _, token = samba.step("TT", token)
    status, token = ours.step(token)
    same, name = False, ""
    if status == 0:
        same = samba.key() == ours.ask("key")[1]
        name = ours.ask("name")[1]
    ours.close()
    samba.close()
    return status, same, name


def levels(work, conf, home):
    """NTLMv1, which both ends refuse unless they are told otherwise."""
    old = conf + ".v1"
    with open(conf, encoding="utf-8") as f, open(old, "w", encoding="utf-8") as g:
        g.write(f.read() + "client ntlmv2 auth = no\nclient use spnego = no\nntlm auth = ntlmv1-permitted\nlanman auth = no\n")
    status, _, _ = our_server(old, home, PASSWORD)
    check("S12: an NTLMv1 client is refused by our server", status == 0x8009030C, hex(status))
    loose = os.path.join(work, "loose")
    shutil.copytree(home, loose)
    with open(loose + "/etc/opensspi.conf", "a", encoding="utf-8") as f:
        f.write("[policy]\nLmCompatibilityLevel = 1\nNtlmMinClientSec = 0\nNtlmMinServerSec = 0\n")
    status, same, _ = our_server(old, loose, PASSWORD)
    check("an NTLMv1 client signs in where policy has it", status == 0 and same, hex(status))
    status, same, _ = our_server(old, loose, "wrong")
    check("but not with a wrong password", status == 0x8009030C, hex(status))
    accepted, same = our_client(old, loose, PASSWORD, PASSWORD)
    check("our client at level 1 is accepted by ntlm_auth", accepted and same is True, str(same))
    accepted, _ = our_client(old, loose, "wrong", PASSWORD)
    check("our client at level 1 with a wrong password is refused", not accepted)


def run(work):
    conf, home = write_smb_conf(work), os.path.join(work, "home")
    os.makedirs(home + "/etc", 0o700)
    with open(home + "/etc/opensspi.conf", "w") as f:
        f.write("[accounts]\ndelay milliseconds = 0\n")
    env = dict(os.environ, OPENSSPI_HOME=home)
    subprocess.run([os.environ["SSPI"], "account", "add", "alice", "--domain", "LAB", "--password-fd", "0"], input=PASSWORD + "\n",
                   text=True, env=env, check=True, stdout=-3)
    accepted, same = our_client(conf, home, PASSWORD, PASSWORD)
    check("our client is accepted by ntlm_auth", accepted, str(same))
    check("both hold the same session key", same is True)
    accepted, why = our_client(conf, home, "wrong", PASSWORD)
    check("our client with a wrong password is refused", not accepted)
    status, same, name = our_server(conf, home, PASSWORD)
    check("ntlm_auth's client is accepted by our server", status == 0, hex(status))
    check("both hold the same session key here too", same)
    check("our server knows who it is", name.lower() == "lab\\alice", name)
    status, same, name = our_server(conf, home, "wrong")
    check("ntlm_auth's client with a wrong password is refused", status == 0x8009030C, hex(status))
    levels(work, conf, home)


def main():
    if not shutil.which("ntlm_auth"):
        say("skipped", "Samba's ntlm_auth", "(package winbind is not installed)")
    else:
        with tempfile.TemporaryDirectory() as work:
            run(work)
    print(f"{counts['ok']} passed, {counts['FAIL']} failed, {counts['skipped']} skipped")
    return 1 if counts["FAIL"] else 0


sys.exit(main())
