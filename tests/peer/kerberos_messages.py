#!/usr/bin/env python3
"""Our Kerberos messages read by MIT's GSS-API and MIT's by us, every enctype, whole and in split buffers; no KDC.

KERBEROS_MESSAGES names the program that does it (tests/peer/kerberos_messages.c)."""
import os
import subprocess
import sys

from lib import Lab

ENCTYPES = {17: "aes128-sha1", 18: "aes256-sha1", 19: "aes128-sha256", 20: "aes256-sha384", 23: "rc4"}


def main():
    program = os.environ.get("KERBEROS_MESSAGES")
    lab = Lab()
    try:
        if not program:
            lab.skip("kerberos messages", "MIT krb5 was not there when this was built")
        for number, name in ENCTYPES.items() if program else ():
            done = subprocess.run([program, lab.directory(name), str(number)], env=lab.env, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=120, check=False)
            for line in done.stdout.splitlines():
                verdict, what = line.split(" ", 1)
                lab.check(f"{name}: {what}", verdict == "ok")
            lab.equal(f"{name}: ends well", 0, done.returncode, done.stderr.strip())
    finally:
        code = lab.finish()
    return code


if __name__ == "__main__":
    sys.exit(main())
