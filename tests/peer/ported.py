#!/usr/bin/env python3
"""A Windows program compiles and runs: headers in Windows' spellings, -lsecur32, 16-bit wchar_t.

BUILD_ROOT names the build, which is installed into a folder of the test's own. Ends with "N passed, N
failed"."""
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
counts = {"ok": 0, "FAIL": 0, "skipped": 0}

CMAKE = """cmake_minimum_required(VERSION 3.18)
project(ported C)
find_package(OpenSSPI 0.1 REQUIRED CONFIG)
add_executable(ported {source})
target_compile_options(ported PRIVATE -fshort-wchar -DUNICODE)
target_link_libraries(ported PRIVATE OpenSSPI::compat secur32)
"""


def check(name, good, why=""):
    result = "ok" if good else "FAIL"
    counts[result] += 1
    print(f"{result:4} {name} {'' if good else why}".rstrip(), flush=True)


def run(*command, **options):
    return subprocess.run(command, text=True, capture_output=True, timeout=120, **options)


def build_with_cmake(stage, prefix, env):
    if not shutil.which("cmake"):
        counts["skipped"] += 1
        print("skipped: cmake is not installed")
        return
    tree = os.path.join(stage, "cmake")
    os.mkdir(tree)
    with open(os.path.join(tree, "CMakeLists.txt"), "w", encoding="utf-8") as f:
        f.write(CMAKE.format(source=os.path.join(HERE, "ported.c")))
    done = run("cmake", "-G", "Ninja", "-S", tree, "-B", tree, f"-DCMAKE_PREFIX_PATH={prefix}", env=env)
    check("find_package finds OpenSSPI", done.returncode == 0, done.stderr[-800:])
    done = run("cmake", "--build", tree, env=env)
    check("and a program builds with it", done.returncode == 0, done.stdout[-800:] + done.stderr[-800:])
    if done.returncode != 0:
        return
    done = run(os.path.join(tree, "ported"), env=env)
    check("and runs", done.returncode == 0, str(done))


def main():
    with tempfile.TemporaryDirectory() as stage:
        done = run("meson", "install", "-C", os.environ["BUILD_ROOT"], "--no-rebuild", "--destdir", stage)
        check("meson install", done.returncode == 0, done.stderr[-400:])
        pc = next(folder for folder, _, names in os.walk(stage) if "opensspi-compat.pc" in names)
        env = dict(os.environ, PKG_CONFIG_PATH=pc, PKG_CONFIG_SYSROOT_DIR=stage,
                   LD_LIBRARY_PATH=os.path.dirname(pc), OPENSSPI_HOME=os.path.join(stage, "home"))
        flags = run("pkg-config", "--cflags", "--libs", "opensspi-compat", env=env)
        check("pkg-config knows opensspi-compat", flags.returncode == 0, flags.stderr)
        for compiler in ("gcc", "clang"):
            out = os.path.join(stage, "ported")
            done = run(compiler, "-Wall", "-Wextra", "-Werror", "-fshort-wchar", "-DUNICODE",
                       os.path.join(HERE, "ported.c"), "-o", out, "-lsecur32", *flags.stdout.split(), env=env)
            check(f"{compiler} compiles it without a warning", done.returncode == 0, done.stderr[-800:])
            done = run(out, env=env)
            lines = done.stdout.splitlines()
            check(f"{compiler}'s runs and knows who it is", done.returncode == 0 and "\\" in lines[0], str(done))
            check(f"{compiler}'s gets words for a status", "security package" in lines[1], str(done))
        build_with_cmake(stage, next(f for f, d, _ in os.walk(stage) if "include" in d), env)
    print(f"{counts['ok']} passed, {counts['FAIL']} failed, {counts['skipped']} skipped")
    sys.exit(1 if counts["FAIL"] else 0)


main()
