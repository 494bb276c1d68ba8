#!/usr/bin/env python3
"""Our Negotiate against Samba's ntlm_auth with SPNEGO, both roles: equal session keys, wrong passwords refused.

SSPI_PIPE names our end (tests/peer/sspi_pipe.c), SSPI the tool. Ends with "N passed, N failed, N skipped"."""
import os
import shutil
import subprocess
import sys
import tempfile

from ends import NtlmAuth, SspiPipe, write_smb_conf

PASSWORD = "S3cret!pw"
CONTINUE_NEEDED = 0x00090312
LOGON_DENIED = 0x8009030C
counts = {"ok": 0, "FAIL": 0, "skipped": 0}


def say(result, name, why=""):
    counts[result] += 1
    print(f"{result:4} {name} {why}".rstrip(), flush=True)


def check(name, good, why=""):
    say("ok" if good else "FAIL", name, "" if good else why)


def pipe(role, home, package, password=""):
    end = SspiPipe(role, package, "HOST/server", dict(os.environ, OPENSSPI_HOME=home), ("alice", "LAB", password))
    assert end.acquired == 0, "acquire"
    return end


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
    ours, samba = pipe("client", home, package, password), NtlmAuth(conf, "gss-spnego", PASSWORD)
    status, word = converse(ours, samba, True)
    same = status == 0 and word == "AF" and samba.key() == ours.ask("key")[1]
    ours.close()
    samba.close()
    return status, word, same


def our_server(conf, home, password):
    ours, samba = pipe("server", home, "Negotiate"), NtlmAuth(conf, "gss-spnego-client", password)
    status, word = converse(ours, samba, False)
    same = status == 0 and samba.key() == ours.ask("key")[1]
    name = ours.ask("name")[1] if status == 0 else ""
    ours.close()
    samba.close()
    return status, word, same, name


def run(work):
    conf, home = write_smb_conf(work), os.path.join(work, "home")
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
