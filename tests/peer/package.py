#!/usr/bin/env python3
"""A third party's package from outside: examples/package, built against an installed tree alone.

BUILD_ROOT names the build. Installs into a folder of its own, builds the example with each compiler that is
there, and signs in with it (package_driver.c) when OPENSSPI_PACKAGES names it and when opensspi.conf does,
over both rows of the channel table. Ends with "N passed, N failed, N skipped"."""
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
EXAMPLE = os.path.join(SOURCE, "examples", "package")
TARGET = "server.example"
counts = {"ok": 0, "FAIL": 0, "skipped": 0}


def check(name, good, why=""):
    result = "ok" if good else "FAIL"
    counts[result] += 1
    print(f"{result:4} {name} {'' if good else why}".rstrip(), flush=True)


def skip(name, why):
    counts["skipped"] += 1
    print(f"skipped {name}: {why}", flush=True)


def run(*command, **options):
    return subprocess.run(command, text=True, capture_output=True, timeout=120, **options)


def find(stage, name, below=""):
    """The folder in which that file was installed."""
    return next((f for f, _, names in os.walk(stage) if name in names and f.endswith(below)), None)


def code_lines(path):
    """Lines that are neither blank nor comment alone."""
    lines = [line.strip() for line in open(path)]
    return sum(1 for line in lines if line and not line.startswith(("/*", "*")))


def build(compiler, env, out):
    """The example and the driver by that compiler; None when one does not compile."""
    there = os.path.join(out, compiler)
    shutil.copytree(EXAMPLE, there, ignore=shutil.ignore_patterns("*.so"))
    done = run("make", "-C", there, "CC=" + compiler, "CFLAGS=-O2 -Werror", env=env)
    check(f"{compiler} builds the example by its own Makefile", done.returncode == 0, done.stdout + done.stderr)
    flags = run("pkg-config", "--cflags", "--libs", "opensspi", env=env).stdout.split()
    driver = os.path.join(there, "driver")
    made = run(compiler, "-Wall", "-Werror", "-D_GNU_SOURCE", "-I", EXAMPLE, os.path.join(HERE, "package_driver.c"),
               "-o", driver, *flags, "-Wl,-rpath," + env["LD_LIBRARY_PATH"])
    check(f"{compiler} builds a program that signs in", made.returncode == 0, made.stderr[-400:])
    if done.returncode or made.returncode:
        return None
    return os.path.join(there, "toyssp.so"), driver


def drive(driver, env, what, *operands):
    done = run(driver, *operands, env=env)
    check(what, done.returncode == 0, "".join(
        line + "; " for line in done.stdout.splitlines() if line.startswith("FAIL")) + done.stderr[-400:]
        or f"exit {done.returncode}")


def listed(sspi, env):
    return "ToySSP" in [line.split()[0] for line in run(sspi, "packages", env=env).stdout.splitlines()]


def trial(label, sspi, driver, env):
    check(f"{label}: sspi packages lists it", listed(sspi, env))
    drive(driver, env, f"{label}: sign-in with given secrets", "given")
    drive(driver, env, f"{label}: secrets are saved by CrediWrite and found", "save", TARGET)
    drive(driver, env, f"{label}: sign-in with saved secrets", "saved", TARGET)


def refusals(sspi, package, env, out):
    """What must not be loaded, each with its line in the trace; the built-in packages stay."""
    unsafe = os.path.join(out, "unsafe.so")
    shutil.copy(package, unsafe)
    os.chmod(unsafe, 0o777)
    text = os.path.join(out, "text.so")
    with open(text, "w") as f:
        f.write("not an ELF file\n")
    system = next((p for p in ("/lib/x86_64-linux-gnu/libz.so.1", "/usr/lib64/libz.so.1") if os.path.exists(p)), None)
    trials = [("a file that others may write", unsafe, "group or others may write it"),
              ("a relative path", os.path.basename(package), "not an absolute path"),
              ("a file that is not there", "/nonexistent/toyssp.so", "no such file"),
              ("a directory", out, "not a regular file"),
              ("a file that cannot be loaded", text, "not a whole shared object")]
    if system:
        trials.append(("a library that is no package", system, "SpLsaModeInitialize"))
    for name, path, why in trials:
        trace = dict(env, OPENSSPI_PACKAGES=path, OPENSSPI_TRACE=os.path.join(out, "trace"))
        done = run(sspi, "packages", cwd=os.path.dirname(package), env=trace)
        with open(trace["OPENSSPI_TRACE"]) as f:
            said = [line for line in f if path in line and "is left out" in line and why in line]
        os.unlink(trace["OPENSSPI_TRACE"])
        check(f"{name} is left out with its reason", said and "ToySSP" not in done.stdout, done.stdout + done.stderr)
        check("and the others are there", done.returncode == 0 and "CREDSSP" in done.stdout, done.stderr)


def elevated(driver, env):
    """Under AT_SECURE the variable does not count; only root can start such a process here."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        return skip("OPENSSPI_PACKAGES under AT_SECURE", "not root, or no setpriv")
    done = run("setpriv", "--rgid", "1", "--keep-groups", driver, "given", env=env)
    return check("OPENSSPI_PACKAGES does not count under AT_SECURE",
                 done.returncode == 1 and "acquires credentials 0x80090305" in done.stdout, done.stdout + done.stderr)


def main():
    with tempfile.TemporaryDirectory() as work:
        os.umask(0o022)
        stage, out = os.path.join(work, "stage"), os.path.join(work, "out")
        os.mkdir(out)
        done = run("meson", "install", "-C", os.environ["BUILD_ROOT"], "--no-rebuild", "--destdir", stage)
        check("meson install", done.returncode == 0, done.stderr[-400:])
        pc, sspi = find(stage, "opensspi.pc"), os.path.join(find(stage, "sspi", "/bin"), "sspi")
        base = dict(os.environ, PKG_CONFIG_PATH=pc, PKG_CONFIG_SYSROOT_DIR=stage, LD_LIBRARY_PATH=os.path.dirname(pc))
        base.pop("OPENSSPI_PACKAGES", None)
        lines = sum(code_lines(os.path.join(EXAMPLE, f)) for f in os.listdir(EXAMPLE) if f[-2:] in (".c", ".h"))
        check("the example has fewer than 500 lines of code", lines < 500, str(lines))
        for number, compiler in enumerate(("gcc", "clang")):
            if not shutil.which(compiler):
                skip(f"the example by {compiler}", "not installed")
                continue
            made = build(compiler, base, out)
            if not made:
                continue
            for row in ("inproc", "inproc+codec"):
                for way in ("OPENSSPI_PACKAGES", "opensspi.conf"):
                    home = os.path.join(work, f"home-{number}-{row}-{way}")
                    os.makedirs(home + "/etc", 0o700)
                    env = dict(base, OPENSSPI_HOME=home, OPENSSPI_CHANNEL=row)
                    check("nothing is loaded that nobody named", not listed(sspi, env))
                    if way == "OPENSSPI_PACKAGES":
                        env["OPENSSPI_PACKAGES"] = made[0]
                    else:
                        with open(home + "/etc/opensspi.conf", "w") as f:
                            f.write(f"[lsa]\npackages = /nonexistent/first.so, {made[0]}\n")
                    trial(f"{compiler}, {way}, {row}", sspi, made[1], env)
        if made:
            refusals(sspi, made[0], dict(base, OPENSSPI_HOME=work + "/home-refusals"), out)
            elevated(made[1], dict(base, OPENSSPI_PACKAGES=made[0]))
    print(f"{counts['ok']} passed, {counts['FAIL']} failed, {counts['skipped']} skipped")
    return 1 if counts["FAIL"] else 0


sys.exit(main())
