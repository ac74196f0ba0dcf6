#!/usr/bin/env python3
"""Compiles a file that must not compile, and checks that the first error is the one plain sentence it expects.
   refuse.py FILE -- COMPILER FLAGS...
A file with several mistakes has a line "// expect: SENTENCE" in front of each; then the first error that names a line of
a mistake must be its sentence."""
import re
import subprocess
import sys

EXPECT = "// expect: "
ERROR = re.compile(r"\b(fatal )?error:")


def expectations(text):
    """The sentences, each with the line that it stands in."""
    return [(number, line.removeprefix(EXPECT).strip())
            for number, line in enumerate(text.splitlines(), 1) if line.startswith(EXPECT)]


def complaints(said, path):
    """Each error, with the lines of the file that it and its notes name."""
    here = re.compile(re.escape(path) + r":(\d+):\d+: ")
    found = []
    for line in said.splitlines():
        if ERROR.search(line):
            found.append((line, []))
        if found and (place := here.match(line)):
            found[-1][1].append(int(place.group(1)))
    return found


def faults(wanted, said, path):
    """What is wrong with what the compiler said, a sentence for each mistake."""
    errors = complaints(said, path)
    ends = [number for number, _ in wanted[1:]] + [sys.maxsize]
    for (begin, sentence), end in zip(wanted, ends):
        mine = [error for error, lines in errors if len(wanted) == 1 or any(begin < line < end for line in lines)]
        if not mine or sentence not in mine[0]:
            yield (f"{path}:{begin}: the first error is not the expected sentence\n  expected: {sentence}\n  got:      "
                   + (mine[0] if mine else "none"))


def main() -> int:
    path, command = sys.argv[1], sys.argv[3:]
    with open(path, encoding="utf-8") as source:
        wanted = expectations(source.read())
    ran = subprocess.run([*command, "-ferror-limit=0", "-fsyntax-only", path], capture_output=True, text=True, check=False)
    if ran.returncode == 0 or not wanted:
        print(f"{path}: compiled, but must be refused with: {wanted}")
        return 1
    wrong = list(faults(wanted, ran.stderr, path))
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
