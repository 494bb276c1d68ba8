#!/usr/bin/env python3
"""The tool `sspi` from outside: exit codes, JSON, garbage and stalled peers, secrets in no output.

SSPI names the tool. Ends with "N passed, N failed, N skipped"."""
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time

SSPI = os.environ["SSPI"]
PASSWORD = "S3cret!pw"
counts = {"ok": 0, "FAIL": 0, "skipped": 0}
GARBAGE = [b"", b"\0", b"\xff\xff\xff\xff" + b"A" * 1000, os.urandom(5000), b"\0\0\0\5hello",
           b"\0\0\1\0\x16\x03\x01\x00\xf0\x01" + os.urandom(250), b"GET / HTTP/1.0\r\n\r\n",
           b"\3\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\x0b\0\0\0" + os.urandom(600),
           b"\3\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\0\0\0\0", b"\3\0\xff\xff" + os.urandom(3000)]


def check(name, good, why=""):
    result = "ok" if good else "FAIL"
    counts[result] += 1
    print(f"{result:4} {name} {'' if good else why}".rstrip(), flush=True)


def sspi(env, *args, **options):
    options.setdefault("input", "")
    return subprocess.run([SSPI, *args], text=True, capture_output=True, timeout=60, env=env, **options)


def usage_errors(env):
    cases = [[], ["frobnicate"], ["logon"], ["logon", "ftp://x", "--user", "a"], ["logon", "rdp://", "--user", "a"],
             ["logon", "tcp://127.0.0.1", "--user", "a"], ["logon", "tcp://127.0.0.1:99999", "--user", "a"],
             ["logon", "rdp://x", "--user", "a", "--colour"], ["serve", "tcp"], ["serve", "smtp", "--listen", "127.0.0.1:0"],
             ["account"], ["account", "set", "x", "odd"], ["decode", "--hex", "zz"]]
    for args in cases:
        done = sspi(env, *args)
        check(f"sspi {' '.join(args)} is a usage error that says why", done.returncode == 2 and len(done.stderr) > 10,
              f"{done.returncode} {done.stderr}")
    for args in (["--help"], ["help"], ["logon", "--help"], ["serve", "--help"], ["account", "--help"], ["decode", "--help"],
                 ["packages", "--help"], ["--version"]):
        done = sspi(env, *args)
        check(f"sspi {' '.join(args)} answers", done.returncode == 0 and done.stdout, done.stderr)


def decode(env):
    token = "300da003020106a4060204c000006d"
    for args, text in (([token], ""), (["--hex", token], ""), (["-"], token + "\n"),
                       (["MA2gAwIBBqQGAgTAAABt"], "")):
        done = sspi(env, "decode", *args, input=text)
        check(f"sspi decode {args[0]} shows a TSRequest", "TSRequest" in done.stdout and "0xc000006d" in done.stdout,
              done.stdout + done.stderr)
    packages = json.loads(sspi(env, "packages", "--json").stdout)
    check("packages --json is JSON", {"NTLM", "CREDSSP", "TSSSP"} <= {p["name"] for p in packages})


def poke(port, data):
    s = socket.create_connection(("127.0.0.1", port))
    s.settimeout(5)
    try:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        while s.recv(65536):
            pass
    except OSError:
        pass
    s.close()


def serve(env, kind):
    server = subprocess.Popen([SSPI, "serve", kind, "--listen", "127.0.0.1:0", "--json", "--timeout", "5"], stdout=-1,
                              stderr=-1, text=True, env=env)
    port = int(re.findall(r":(\d+)", json.loads(server.stdout.readline())["listening"])[-1])
    for data in GARBAGE:
        poke(port, data)
    check(f"serve {kind} survives garbage", server.poll() is None)
    stalled = [socket.create_connection(("127.0.0.1", port)) for _ in range(80)]
    began = time.monotonic()
    done = sspi(env, "logon", f"{kind}://127.0.0.1:{port}", "--user", "alice", "--target", "TERMSRV/localhost",
                "--password-fd", "0", "--json", input=PASSWORD + "\n")
    check(f"serve {kind} signs in while 80 peers stall", done.returncode == 0 and time.monotonic() - began < 10,
          done.stdout + done.stderr)
    report = json.loads(done.stdout)
    check("logon --json is JSON", isinstance(report, dict))
    for s in stalled:
        s.close()
    server.terminate()
    out, err = server.communicate(timeout=30)
    check(f"serve {kind} ends well", server.returncode == 0, err)
    check(f"serve {kind} --json is an object a line", all(isinstance(json.loads(line), dict) for line in out.splitlines()))
    check("no password anywhere", PASSWORD not in out + err + done.stdout + done.stderr)


def bad_configuration(env, home):
    path = home + "/etc/opensspi.conf"
    with open(path, "w") as f:
        f.write("[policy]\nAllowEncryptionOracel = 2\n")
    done = sspi(env, "packages")
    check("a misspelt policy is an error, never ignored", done.returncode != 0 and not done.stdout, done.stdout)
    with open(path, "w") as f:
        f.write("[policy]\n")
    os.chmod(path, 0o666)
    done = sspi(env, "packages")
    check("a configuration that others may write is refused", done.returncode != 0, done.stdout)


def main():
    with tempfile.TemporaryDirectory() as work:
        home = work + "/home"
        os.makedirs(home + "/etc", 0o700)
        env = dict(os.environ, OPENSSPI_HOME=home)
        done = sspi(env, "account", "add", "alice", "--password-fd", "0", input=PASSWORD + "\n")
        check("an account is added", done.returncode == 0, done.stderr)
        check("accounts are the owner's alone", os.stat(home + "/data/accounts").st_mode & 0o77 == 0)
        check("they hold no password", PASSWORD not in open(home + "/data/accounts").read())
        usage_errors(env)
        decode(env)
        serve(env, "tcp")
        serve(env, "rdp")
        done = sspi(env, "logon", "tcp://127.0.0.1:1", "--user", "alice", "--password-fd", "0", input="x\n")
        check("nobody there is 3", done.returncode == 3)
        bad_configuration(env, home)
    print(f"{counts['ok']} passed, {counts['FAIL']} failed, {counts['skipped']} skipped")
    return 1 if counts["FAIL"] else 0


sys.exit(main())
