#!/usr/bin/env python3
"""Compiles a file that must not compile, and checks that the first error is the one plain sentence it expects.
   refuse.py FILE -- COMPILER FLAGS..."""
import re
import subprocess
import sys


def main() -> int:
    path, command = sys.argv[1], sys.argv[3:]
    with open(path, encoding="utf-8") as source:
        expected = source.readline().removeprefix("// expect: ").strip()
    ran = subprocess.run([*command, "-fsyntax-only", path], capture_output=True, text=True, check=False)
    errors = [line for line in ran.stderr.splitlines() if re.search(r"\b(fatal )?error:", line)]
    if ran.returncode == 0:
        print(f"{path}: compiled, but must be refused with: {expected}")
        return 1
    if not errors or expected not in errors[0]:
        print(f"{path}: the first error is not the expected sentence\n  expected: {expected}\n  got:      "
              + (errors[0] if errors else ran.stderr))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
