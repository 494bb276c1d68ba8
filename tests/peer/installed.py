#!/usr/bin/env python3
"""What a packager and a porter get: installs into a folder of its own and uses only what lies there.

BUILD_ROOT names the build. Compiles the examples by pkg-config and runs them against each other, loads
opensspi-sspi.so as a program that knows only InitSecurityInterfaceA, and looks for the man pages. Ends
with "N passed, N failed, N skipped"."""
import ctypes.util
import os
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PASSWORD = "S3cret!pw"
counts = {"ok": 0, "FAIL": 0, "skipped": 0}

LOADER = r"""
#include <dlfcn.h>
#include <stdio.h>
#include <Windows.h>
#include <Security.h>

int main(int argc, char **argv)
{
	void *module = dlopen(argv[1], RTLD_LOCAL | RTLD_LAZY);
	PSecurityFunctionTableA (*init)(void) =
		module ? (PSecurityFunctionTableA(*)(void))dlsym(module, "InitSecurityInterfaceA") : NULL;
	PSecPkgInfoA info;
	if (!init || init()->QuerySecurityPackageInfoA((SEC_CHAR *)"tsssp", &info) != SEC_E_OK)
		return 1;
	puts(info->Name);
	return init()->FreeContextBuffer(info) == SEC_E_OK ? 0 : 2;
}
"""


def check(name, good, why=""):
    result = "ok" if good else "FAIL"
    counts[result] += 1
    print(f"{result:4} {name} {'' if good else why}".rstrip(), flush=True)


def run(*command, **options):
    return subprocess.run(command, text=True, capture_output=True, timeout=120, **options)


def install(stage):
    """Installs, and moves the prefix to where pkg-config and the loader look."""
    done = run("meson", "install", "-C", os.environ["BUILD_ROOT"], "--no-rebuild", "--destdir", stage)
    check("meson install", done.returncode == 0, done.stderr[-400:])
    for folder, _, names in os.walk(stage):
        if "opensspi.pc" in names:
            return folder
    return None


def compile_examples(env, out):
    flags = run("pkg-config", "--cflags", "--libs", "opensspi", env=env)
    check("pkg-config knows opensspi", flags.returncode == 0, flags.stderr)
    for name in ("credssp_client", "credssp_server"):
        sources = [os.path.join(SOURCE, "examples", f) for f in (name + ".c", "frames.c")]
        done = run("cc", "-Wall", "-Werror", *sources, "-o", os.path.join(out, name), *flags.stdout.split())
        check(f"{name} compiles against the installed tree", done.returncode == 0, done.stderr[-400:])
        check(f"{name} has fewer than 150 lines", len(open(sources[0]).readlines()) < 150)
    if run("pkg-config", "--exists", "openssl").returncode != 0:
        return
    source = os.path.join(SOURCE, "examples", "nla_server.c")
    done = run("cc", "-Wall", "-Werror", "-D_GNU_SOURCE", source, "-o", os.path.join(out, "nla_server"),
               *flags.stdout.split(), *run("pkg-config", "--cflags", "--libs", "openssl").stdout.split())
    check("nla_server compiles against the installed tree", done.returncode == 0, done.stderr[-400:])
    check("nla_server has fewer than 150 lines", len(open(source).readlines()) < 150)


def run_examples(env, stage, out):
    sspi = next(os.path.join(f, "sspi") for f, _, names in os.walk(stage) if "sspi" in names and f.endswith("/bin"))
    done = run(sspi, "account", "add", "alice", "--password-fd", "0", input=PASSWORD + "\n", env=env)
    check("the installed sspi adds an account", done.returncode == 0, done.stderr)
    for password, want in (("wrong", False), (PASSWORD, True)):
        server = subprocess.Popen([os.path.join(out, "credssp_server"), "0"], stdout=-1, stderr=-3, text=True, env=env)
        port = re.findall(r"\d+", server.stdout.readline())[-1]
        client = run(os.path.join(out, "credssp_client"), "127.0.0.1", port, "alice", input=password + "\n", env=env)
        check(f"the example client {'signs in' if want else 'is refused with a wrong password'}",
              (client.returncode == 0) == want, client.stdout + client.stderr)
        said, _ = server.communicate(timeout=20)
        check("and the example server agrees", ("signed in: " in said) == want and PASSWORD not in said, said)


def load_module(env, stage, out, flags):
    module = next(os.path.join(f, "opensspi-sspi.so") for f, _, n in os.walk(stage) if "opensspi-sspi.so" in n)
    source = os.path.join(out, "loader.c")
    open(source, "w").write(LOADER)
    done = run("cc", "-Wall", "-Werror", source, "-o", os.path.join(out, "loader"), *flags, "-ldl")
    check("a program with Windows' header spellings compiles", done.returncode == 0, done.stderr[-400:])
    done = run(os.path.join(out, "loader"), module, env=env)
    check("opensspi-sspi.so serves a program that loads it", done.stdout == "TSSSP\n", done.stdout + done.stderr)
    winpr = ctypes.util.find_library("winpr2")
    signs_in = os.path.join(os.environ["BUILD_ROOT"], "tests", "flow", "flow_test_tsssp_module")
    if winpr and os.path.exists(signs_in):
        # WinPR exports Windows' names too, unversioned and ahead of ours: calls inside the module stay ours
        done = run(signs_in, env=dict(env, LD_PRELOAD=winpr, OPENSSPI_MODULE_DIR=os.path.dirname(module)))
        check("a sign-in by the table alone with WinPR loaded first", done.returncode == 0, done.stdout + done.stderr)
    else:
        counts["skipped"] += 1
        print("skipped a sign-in by the table alone with WinPR loaded first: no libwinpr2")
    names = run("nm", "-D", "--defined-only", module).stdout.split("\n")
    exported = sorted(n.split()[2].split("@")[0] for n in names if len(n.split()) == 3 and n.split()[1] in "TDBWR")
    check("it exports InitSecurityInterfaceA and W alone", exported == ["InitSecurityInterfaceA", "InitSecurityInterfaceW"],
          str(exported))


def main():
    with tempfile.TemporaryDirectory() as work:
        stage, out = os.path.join(work, "stage"), os.path.join(work, "out")
        os.mkdir(out)
        pc = install(stage)
        libdir = os.path.dirname(pc)
        modules = os.path.join(libdir, "opensspi")
        env = dict(os.environ, PKG_CONFIG_PATH=pc, PKG_CONFIG_SYSROOT_DIR=stage, LD_LIBRARY_PATH=libdir,
                   OPENSSPI_MODULE_DIR=modules, OPENSSPI_HOME=os.path.join(work, "home"))
        os.makedirs(work + "/home/etc", 0o700)
        with open(work + "/home/etc/opensspi.conf", "w") as f:
            f.write("[accounts]\ndelay milliseconds = 0\n")
        compile_examples(env, out)
        run_examples(env, stage, out)
        flags = run("pkg-config", "--cflags", "opensspi-compat", env=env).stdout.split()
        load_module(env, stage, out, flags)
        pages = [n for _, _, names in os.walk(stage) for n in names if n[-2:] in (".1", ".5")]
        if shutil.which("scdoc"):
            check("man pages are installed", "sspi.1" in pages, str(pages))
    print(f"{counts['ok']} passed, {counts['FAIL']} failed, {counts['skipped']} skipped")
    return 1 if counts["FAIL"] else 0


sys.exit(main())
