#!/usr/bin/env python3
"""git's own credential helper for Windows, compiled from git's source against our headers and run by git.

BUILD_ROOT names the build, which is installed into a folder of the test's own. Ends with "N passed, N
failed"."""
import os
import subprocess
import sys

import lib

SOURCE = "/usr/share/doc/git/contrib/credential/wincred/git-credential-wincred.c"
ASKED = "protocol=https\nhost=h.test\n\n"
STORED = "protocol=https\nhost=h.test\nusername=ann\npassword=p\u00e9ss w\u00f6rd\n\n"


def git(env, verb, text):
    done = subprocess.run(["git", "-c", "credential.helper=", "-c", "credential.helper=wincred", "credential", verb],
                          env=env, input=text, text=True, capture_output=True, timeout=60, check=False)
    return done.returncode, done.stdout


def install(lab):
    """What a packager's install makes, as the environment of a compiler and of programs."""
    stage = lab.directory("stage")
    done = subprocess.run(["meson", "install", "-C", os.environ["BUILD_ROOT"], "--no-rebuild", "--destdir", stage],
                          text=True, capture_output=True, timeout=120, check=False)
    if done.returncode:
        lib.fail_early(lab, done.stderr[-400:])
    packages = next(folder for folder, _, names in os.walk(stage) if "opensspi-compat.pc" in names)
    lab.env.update(PKG_CONFIG_PATH=packages, PKG_CONFIG_SYSROOT_DIR=stage,
                   LD_LIBRARY_PATH=os.path.dirname(packages), GIT_TERMINAL_PROMPT="0",
                   PATH=lab.directory("bin") + ":" + os.environ["PATH"])
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "opensspi-compat"], env=lab.env, text=True,
                           capture_output=True, timeout=60, check=True)
    return flags.stdout.split()


def run_through_git(lab):
    lab.equal("git stores", (0, ""), git(lab.env, "approve", STORED))
    code, said = git(lab.env, "fill", ASKED)
    lab.check("git finds user and password", code == 0 and "username=ann\n" in said
              and "password=p\u00e9ss w\u00f6rd\n" in said, said)
    lab.equal("git's password is no part of the vault's file", False,
              b"p\x00\xe9\x00s\x00s\x00" in open(lab.path("opensspi/data/vault.db"), "rb").read())
    changed = STORED.replace("w\u00f6rd", "two")
    git(lab.env, "approve", changed)
    lab.check("a new password takes its place", "password=p\u00e9ss two\n" in git(lab.env, "fill", ASKED)[1])
    code, said = git(lab.env, "fill", ASKED.replace("h.test", "other.test"))
    lab.check("another host has none", code != 0 and "password" not in said, said)
    git(lab.env, "reject", changed)
    code, said = git(lab.env, "fill", ASKED)
    lab.check("and it is gone when git rejects it", code != 0 and "password" not in said, said)


def main():
    lab = lib.Lab()
    why = lib.missing("git", "gcc", "pkg-config")
    if not why and not os.path.exists(SOURCE):
        why = "git's contrib sources are not installed"
    if why:
        lab.skip("git-credential-wincred", why)
        sys.exit(lab.finish())
    flags = install(lab)
    built = subprocess.run(["gcc", "-Wall", "-fshort-wchar", "-include", "opensspi_crt.h", SOURCE, "-o",
                            lab.path("bin/git-credential-wincred"), *flags],
                           env=lab.env, text=True, capture_output=True, timeout=120, check=False)
    if lab.equal("it compiles, unchanged and without a warning", (0, ""), (built.returncode, built.stderr)):
        run_through_git(lab)
    sys.exit(lab.finish())


main()
