#!/usr/bin/env python3
"""Our NTLM against gss-ntlmssp, both roles, bare and inside SPNEGO: equal keys, sealing and signing both ways.

SSPI_PIPE names our end (tests/peer/sspi_pipe.c), GSS_PIPE the other (tests/peer/gss_pipe.c)."""
import os
import subprocess
import sys

import lib

PASSWORD = "S3cret!pw"
COMPLETE, CONTINUE = 0, 1
CONTINUE_NEEDED = 0x00090312


class Pipe:
    """One end: a program that answers a line with a line."""

    def __init__(self, lab, args, env=None, first=""):
        self.p = lab.start(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
                           env=dict(lab.env, **(env or {})))
        if first:
            self.p.stdin.write(first)
            self.p.stdin.flush()
        self.acquired = int(self.p.stdout.readline().split()[0], 16)

    def ask(self, line):
        self.p.stdin.write(line + "\n")
        self.p.stdin.flush()
        line = self.p.stdout.readline().rstrip("\n")
        if not line:
            return self.p.wait(10) or 0xDEAD, ""
        status, rest = line.split(" ", 1)
        return int(status, 16), rest

    def step(self, token):
        return self.ask(token or "-")

    def close(self):
        self.p.stdin.close()
        self.p.wait(10)


def ours(lab, role, package, password=PASSWORD):
    first = f"alice\nLAB\n{password}\n" if role == "client" else ""
    return Pipe(lab, [os.environ["SSPI_PIPE"], role, package, "host/localhost"], first=first)


def theirs(lab, role, mechanism, users):
    env = {"NTLM_USER_FILE": users, "GSS_PIPE_USER": "LAB\\alice", "NETBIOS_COMPUTER_NAME": "PEER"}
    return Pipe(lab, [os.environ["GSS_PIPE"], role, mechanism], env)


def handshake(client, server):
    """Passes tokens until both are done or one refuses; the two statuses."""
    token, client_status, server_status = "", CONTINUE, CONTINUE
    for _ in range(8):
        client_status, token = client.step("" if token == "-" else token)
        if client_status & 0x80000000 or client_status & 0xFFFF0000 and client_status != CONTINUE_NEEDED:
            break
        if token == "-":
            break
        server_status, token = server.step(token)
        if server_status & 0x80000000 or server_status & 0xFFFF0000 and server_status != CONTINUE_NEEDED:
            break
        if token == "-" and client_status == 0:
            break
    return client_status, server_status


def messages(lab, name, client, server):
    """Sealed and signed messages both ways, in turns."""
    good = True
    for number in range(4):
        one, other = (client, server) if number % 2 == 0 else (server, client)
        text = f"message {number} of this talk".encode().hex()
        status, sealed = one.ask("seal " + text)
        good = good and status == 0 and text not in sealed
        good = good and other.ask("open " + sealed) == (0, text)
        status, signature = one.ask("sign " + text)
        good = good and status == 0 and other.ask(f"verify {signature} {text}")[0] == 0
    lab.check(name + ": sealed and signed messages pass both ways", good)
    status, sealed = client.ask("seal " + b"altered".hex())
    broken = sealed[:-2] + f"{int(sealed[-2:], 16) ^ 1:02x}"
    lab.check(name + ": an altered message is refused", server.ask("open " + broken)[0] != 0)


def pair(lab, name, client, server, password_is_right):
    if client.acquired or server.acquired:
        lab.check(name + ": credentials", False, f"{client.acquired:08x} {server.acquired:08x}")
        return
    client_status, server_status = handshake(client, server)
    done = client_status == 0 and server_status == 0
    if not password_is_right:
        lab.check(name + ": a wrong password is refused", not done and server_status not in (0, CONTINUE))
    elif lab.check(name + ": signs in", done, f"client {client_status:08x} server {server_status:08x}"):
        keys = [end.ask("key") for end in (client, server)]
        lab.check(name + ": both hold the same session key", keys[0][1][:32] == keys[1][1][:32] and keys[0][0] == 0,
                  str(keys))
        lab.equal(name + ": the server knows who it is", "alice", server.ask("name")[1].split("\\")[-1].lower())
        messages(lab, name, client, server)
    client.close()
    server.close()


def run(lab):
    good, bad = lab.write("users", f"LAB:alice:{PASSWORD}\n"), lab.write("bad", "LAB:alice:wrong\n")
    for path in (good, bad):
        os.chmod(path, 0o600)
    lab.sspi("account", "add", "alice", "--domain", "LAB", password=PASSWORD)
    for package, mechanism in (("NTLM", "ntlm"), ("Negotiate", "spnego")):
        probe = ours(lab, "server", package)
        probe.close()
        if probe.acquired:
            lab.skip(f"{package} with gss-ntlmssp", f"the package is not there ({probe.acquired:08x})")
            continue
        for users, password in ((good, PASSWORD), (bad, "wrong")):
            right = users == good
            pair(lab, f"our {package} client at its server", ours(lab, "client", package, password),
                 theirs(lab, "server", mechanism, good), right)
            pair(lab, f"its {mechanism} client at our server", theirs(lab, "client", mechanism, users),
                 ours(lab, "server", package), right)


def main():
    lab = lib.Lab()
    conf = os.path.join(lab.env["OPENSSPI_HOME"], "etc")
    os.makedirs(conf, mode=0o700)
    with open(os.path.join(conf, "opensspi.conf"), "w", encoding="utf-8") as f:
        f.write("[accounts]\ndelay milliseconds = 0\n")
    os.chmod(os.path.join(conf, "opensspi.conf"), 0o600)
    if not os.environ.get("GSS_PIPE") or not os.path.exists(os.environ["GSS_PIPE"]):
        lab.skip("gss-ntlmssp", "the GSS-API headers (libkrb5-dev) are not installed")
    elif not any("gssntlmssp" in open(os.path.join("/etc/gss/mech.d", f), encoding="utf-8").read()
                 for f in (os.listdir("/etc/gss/mech.d") if os.path.isdir("/etc/gss/mech.d") else [])):
        lab.skip("gss-ntlmssp", "package gss-ntlmssp is not installed")
    else:
        try:
            run(lab)
        except (BrokenPipeError, ValueError) as why:
            lab.check("gss-ntlmssp", False, f"an end has gone: {why!r}")
    return lab.finish()


sys.exit(main())
