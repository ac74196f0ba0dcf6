#!/usr/bin/env python3
"""What the scripts say of themselves, and that they refuse what they do not know."""
import pathlib
import subprocess
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"


def run(name, *words):
    return subprocess.run([SCRIPTS / name, *words], capture_output=True, text=True, check=False)


class Scripts(unittest.TestCase):
    def test_help_shows_the_usage_and_does_nothing(self):
        for name in ("build", "test", "run", "format"):
            for word in ("--help", "-h"):
                seen = run(name, word)
                self.assertEqual((seen.returncode, seen.stderr), (0, ""), name)
                self.assertIn(f"\n  scripts/{name} [" if name in ("build", "run") else f"\n  scripts/{name}  ", seen.stdout)
                self.assertNotIn("set -", seen.stdout)

    def test_format_takes_check_or_nothing(self):
        for words in (["--chekc"], ["daemon/app/main.cpp"], ["--check", "more"]):
            seen = run("format", *words)
            self.assertEqual((seen.returncode, seen.stdout), (64, ""))
            self.assertIn("scripts/format: takes --check or nothing, got ", seen.stderr)


if __name__ == "__main__":
    unittest.main()
