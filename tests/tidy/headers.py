#!/usr/bin/env python3
"""Every header includes what it uses of ours: it is the first include of a source file, or compiles alone here.

What it uses of the standard library and the packages is precompiled here as in the build; includes.py looks after that.

  headers.py --compiler CXX [--coroutines] ROOT    the SDK's headers only where coroutines are compiled
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FLAGS = ["-std=c++23", "-fcoro-aligned-allocation", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Idaemon", "-Iplugin-api/include",
         "-Itests", "-Itests/model", "-Iplugins/redis", "-Iplugins/http", "-DASIO_STANDALONE", "-DASIO_NO_DEPRECATED", "-pthread"]


def folders(coroutines):
    return ["daemon", "tests/support"] + (["plugin-api/include", "plugins"] if coroutines else [])


def proven_by_the_build():
    """Headers that some source file includes before anything else, by the names with which they are included."""
    proven = set()
    for folder in ("daemon", "tests", "plugins"):
        for source in Path(folder).rglob("*.cpp"):
            first = re.search(r'^\s*#\s*include\s*["<]([^">]+)[">]', source.read_text(), re.M)
            if first:
                proven.update({first.group(1), plugin_header(source, first.group(1))})
    return proven


def plugin_header(source, name):
    """A plugin's sources name the headers of their own folder, or of their plugin's."""
    return next((str(at / name) for at in (source.parent, *source.parents) if (at / name).exists()), name)


def included_as(header):
    for root in ("daemon/", "plugin-api/include/", "tests/"):
        if header.startswith(root):
            return header[len(root):]
    return header


def precompiled(compiler, into):
    """The headers that scripts/cmake/precompile.cmake names, precompiled as in the build."""
    names = re.search(r"set\(TOKIOD_STANDARD_HEADERS(.*?)\)", Path("scripts/cmake/precompile.cmake").read_text(), re.S)
    text = "".join(f"#include {name}\n" for name in [*names.group(1).split(), "<nlohmann/json.hpp>", "<doctest/doctest.h>"])
    header, made = Path(into) / "all.hpp", Path(into) / "all.pch"
    header.write_text(text)
    subprocess.run([compiler, *FLAGS, "-fpch-instantiate-templates", "-x", "c++-header", "-o", made, header], check=True)
    return made


def alone(compiler, pch, header):
    # A main file may not say #pragma once, so the header is included from the command line.
    run = subprocess.run([compiler, *FLAGS, "-fsyntax-only", "-include-pch", pch, "-include", header, "-x", "c++", os.devnull],
                         capture_output=True, text=True)
    return None if run.returncode == 0 else f"{header} does not compile alone:\n{run.stderr}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--coroutines", action="store_true")
    parser.add_argument("root")
    options = parser.parse_args()
    os.chdir(options.root)
    headers = sorted(str(h) for f in folders(options.coroutines) for h in Path(f).rglob("*.hpp"))
    proven = proven_by_the_build()
    rest = [h for h in headers if included_as(h) not in proven]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        pch = precompiled(options.compiler, folder)
        faults = [f for f in pool.map(lambda h: alone(options.compiler, pch, h), rest) if f]
    print("\n".join(faults) if faults else
          f"{len(headers) - len(rest)} headers are the first include of a source, {len(rest)} compile alone")
    return 1 if faults or not headers else 0


if __name__ == "__main__":
    sys.exit(main())
