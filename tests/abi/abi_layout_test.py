#!/usr/bin/env python3
"""The layout check must be able to fail: each broken copy of the headers below is refused."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
HEADERS = HERE.parents[1] / "plugin-api/include"

BREAKS = [
    ("two members swapped", "check", "task.h", "  uint32_t size;                 /* ro */\n  uint32_t worker;",
     "  uint32_t worker;\n  uint32_t size;"),
    ("a member's type changed", "check", "task.h", "uint64_t now_ns;", "int64_t now_ns;"),
    ("a constant renumbered", "check", "task.h", "#define TOKIO_POLL_PANIC 2", "#define TOKIO_POLL_PANIC 4"),
    ("a forgotten fingerprint", "check", "version.h", "UINT64_C(0x", "UINT64_C(0x1"),
    ("a function pointer without a thread tag", "tags", "time.h", "/* [any nb] not concurrent with poll */", ""),
]


def main(cc):
    failed = 0
    for what, command, header, old, new in BREAKS:
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / "include"
            shutil.copytree(HEADERS, copy)
            path = copy / "tokio/abi" / header
            text = path.read_text()
            if old not in text:
                print(f"FAIL {what}: {header} no longer has the text that the test breaks")
                failed += 1
                continue
            path.write_text(text.replace(old, new, 1))
            run = subprocess.run([sys.executable, str(HERE / "abi_layout.py"), command, *([cc] if command == "check" else [])],
                                 env={**os.environ, "TOKIO_ABI_INCLUDE": str(copy)}, capture_output=True, text=True)
            caught = run.returncode != 0
            failed += not caught
            print(("ok   " if caught else "FAIL ") + what)
    sys.exit(1 if failed else 0)


main(sys.argv[1])
