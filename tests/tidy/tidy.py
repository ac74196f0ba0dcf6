#!/usr/bin/env python3
"""The rules of this tree that a machine can check. Prints one line per fault and exits 1 when there is one.

  tidy.py [ROOT]      checks every file that git tracks (or, outside of a clone, every file below ROOT)
"""
import os
import re
import subprocess
import sys
from pathlib import Path

import includes as standard

HERE = Path(__file__).resolve().parent
CODE = (".c", ".h", ".cpp", ".hpp")
MAX_COLUMNS = 120
MAX_LINES = 500

# A package enters by one door; who else includes it pays for it and ties itself to it.
DOORS = {
    "nlohmann/": ("daemon/wire/json.hpp",),
    "asio": ("daemon/control/asio.hpp",),
    "CLI/": ("daemon/app/options.cpp", "daemon/ctl/commands.cpp"),
}
# What a build, a clone or an editor leaves behind, and folders that are not ours to read.
SKIPPED = re.compile(r"^(build|\.git)/|\.pyc$")


def table(text):
    """Lines "key: reason" of a list file; a missing reason is a fault of the list."""
    rows = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            key, _, reason = line.partition(":")
            rows[key.strip()] = reason.strip()
    return rows


class Floors:
    """floors.txt: which folder stands on which floor."""

    def __init__(self, text):
        self.floor, self.only = {}, {}
        for line in text.splitlines():
            words = line.split("#")[0].split()
            if not words:
                continue
            self.floor[words[1]] = int(words[0])
            if words[2:3] == ["only"]:
                self.only[words[1]] = set(words[3:])

    def folder_of(self, path):
        """The declared folder that holds a path relative to daemon/."""
        parts = path.split("/")[:-1]
        while parts:
            if "/".join(parts) in self.floor:
                return "/".join(parts)
            parts.pop()
        return None

    def check(self, path, line, included):
        """One include of a file of daemon/; both paths are relative to daemon/."""
        here, there = self.folder_of(path), self.folder_of(included)
        if here is None:
            return f"daemon/{path}: its folder has no line in tests/tidy/floors.txt"
        if there is None or there == here:
            return None
        if self.floor[there] >= self.floor[here]:
            return (f"daemon/{path}:{line}: {here} (floor {self.floor[here]}) includes {included} "
                    f"(floor {self.floor[there]})")
        if here in self.only and there not in self.only[here]:
            return f"daemon/{path}:{line}: {here} may include {', '.join(sorted(self.only[here]))} only, not {there}"
        return None


INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def includes(text):
    for number, line in enumerate(text.splitlines(), 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found.group(2)


def without_comments(text):
    """Code alone, line by line; strings stay, which is close enough for the words looked for here."""
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group(0).count("\n"), text, flags=re.S)
    return re.sub(r"//[^\n]*", "", text)


def check_includes(path, text, floors, daemon_files):
    for number, name in includes(text):
        for prefix, doors in DOORS.items():
            if name.startswith(prefix) and path.startswith("daemon/") and path not in doors:
                yield f"{path}:{number}: {name} enters by {doors[0]} only"
        if path.startswith("daemon/"):
            may = path.startswith(("daemon/host/", "daemon/embed/"))
            if name.startswith("tokio/") and not (may and name.startswith("tokio/abi")):
                yield f"{path}:{number}: only daemon/host/ and daemon/embed/ may include the ABI, and only tokio/abi, not {name}"
            elif name in daemon_files:
                fault = floors.check(path[len("daemon/"):], number, name)
                if fault:
                    yield fault
        elif path.startswith(("plugin-api/", "plugins/")) and name in daemon_files and not name.startswith("tokio/"):
            beside = os.path.normpath(os.path.join(os.path.dirname(path), name))
            if not Path(beside).exists():
                yield f"{path}:{number}: nothing outside of daemon/ may include {name} of the daemon"


SEAMED = re.compile(r"\bstd::(atomic|atomic_ref|atomic_flag|mutex|shared_mutex|condition_variable|thread|jthread)\b")
FENCE = re.compile(r"\batomic_thread_fence\b")
# The body of the loop sees a part of an answer that is gone: only C++23's compilers keep the whole of it.
PART_OF_TEMPORARY = re.compile(
    r"\bfor \([^:;]*[^:;]:(?!:)[^;]*\b(?!at\b|front\b|back\b)\w+\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\.at\(")
UNAVAILABLE = re.compile(r"^\s*#\s*include\s*<(format|print|generator|stacktrace|flat_map|mdspan)>", re.M)


ATOMIC = re.compile(r"\bstd::atomic\b|\bstd::atomic_ref\b|::template atomic\b")
MODEL = re.compile(r"^\s*// Model:\s+([\w/.]+)", re.M)
NO_MODEL = re.compile(r"^\s*// No model:[ ]+\S", re.M)


def check_model(path, text, read):
    """What threads share is a template that a model runs (tests/model), or says in its file why that adds nothing."""
    if not path.startswith(("daemon/", "plugin-api/include/")):
        return
    header = read(path[:-len(".cpp")] + ".hpp") if path.endswith(".cpp") else None
    excused = NO_MODEL.search(text) or NO_MODEL.search(header or "")
    for model in MODEL.findall(text):
        if read(model) is None:
            yield f"{path}: its model {model} does not exist"
    for number, line in enumerate(without_comments(text).splitlines(), 1):
        found = SEAMED.search(line)
        if found and path.startswith("daemon/runtime/") and not excused:
            yield (f"{path}:{number}: std::{found.group(1)} in daemon/runtime/; be a template on base/policy.hpp, or "
                   'say why not in a line "// No model: ..."')
        elif ATOMIC.search(line) and not excused and not MODEL.search(text) and not MODEL.search(header or ""):
            yield (f'{path}:{number}: an atomic without a model; name it in a line "// Model: tests/model/...", or say '
                   'why it adds nothing in a line "// No model: ..."')
        else:
            continue
        return


def check_tokens(path, text):
    code = without_comments(text)
    for number, line in enumerate(code.splitlines(), 1):
        if FENCE.search(line):
            yield f"{path}:{number}: a naked fence; ThreadSanitizer does not see it"
        if re.search(r"\bnamespace\s+([\w:]*::)?detail\b", line):
            yield f"{path}:{number}: a namespace called detail; name what it holds"
        if re.match(r"\s*#\s*define\b", line) and path.startswith("daemon/") and path not in (
                "daemon/base/assert.hpp", "daemon/base/aside.hpp", "daemon/control/asio.hpp"):
            yield f"{path}:{number}: a macro; the daemon's only ones are in base/assert.hpp and base/aside.hpp"
        if PART_OF_TEMPORARY.search(line):
            yield f"{path}:{number}: a loop over a part of what a call returns, which g++ 12 ends before; name it first"
        if UNAVAILABLE.match(line):
            yield f"{path}:{number}: libstdc++ 12 has no such header"


def check_text(path, text, budget):
    if re.search(r"TODO\(now\)", text) and not path.startswith("tests/tidy/"):
        yield f"{path}: TODO(now) is left"
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_COLUMNS and path.endswith(CODE):
            yield f"{path}:{number}: {len(line)} columns, the limit is {MAX_COLUMNS}"
    if len(lines) > MAX_LINES and not budget.get(path):
        yield f"{path}: {len(lines)} lines; split it, or give the reason in tests/tidy/budget.txt"


def check_opening(path, text):
    first = next((line for line in text.splitlines() if line.strip()), "")
    if not first.startswith(("//", "/*")):
        yield f"{path}:1: a header opens with a comment that says what it is"
    if path.endswith(".hpp") and "#pragma once" not in text:
        yield f"{path}: no #pragma once"
    if path.endswith(".h") and not re.search(r"#ifndef \w+\s*\n\s*#define \w+", text):
        yield f"{path}: no include guard"


FENCED = re.compile(r"^(?P<indent> *)```(?P<language>\w*)[^\n]*\n(?P<body>.*?)^(?P=indent)```", re.M | re.S)
MARK = re.compile(r"<!--\s*snippet:\s*(\S+)#(\S+)\s*-->\s*$")
CHECKED_LANGUAGES = ("c", "cpp", "c++", "rust", "cmake", "sh", "bash", "shell")


def dedent(lines):
    lines = [line.rstrip() for line in lines]
    depth = min((len(line) - len(line.lstrip()) for line in lines if line), default=0)
    return "\n".join(line[depth:] for line in lines).strip("\n")


def region(text, name):
    """What stands between "[name]" and "[/name]" in comments of a file; None when it is not marked."""
    inside, taken = False, []
    for line in text.splitlines():
        if re.search(r"(//|#|/\*)\s*\[/%s\]" % re.escape(name), line):
            return dedent(taken)
        if inside:
            taken.append(line)
        elif re.search(r"(//|#|/\*)\s*\[%s\]" % re.escape(name), line):
            inside = True
    return None


def is_compiled_or_run(source, read):
    """A C or C++ file must be listed by a CMakeLists.txt beside or above it; a script must be named by one."""
    parent = Path(source).parent
    if Path(source).name == "CMakeLists.txt":  # nobody lists it: it is what lists
        return True
    while True:
        listing = read(str(parent / "CMakeLists.txt") if str(parent) != "." else "CMakeLists.txt")
        if listing and (Path(source).name in listing or Path(source).stem in listing):
            return True
        if str(parent) == ".":
            return False
        parent = parent.parent


def check_snippets(path, text, read):
    for block in FENCED.finditer(text):
        if block.group("language") not in CHECKED_LANGUAGES:
            continue
        number = text.count("\n", 0, block.start()) + 1
        before = text[:block.start()].rstrip("\n").rsplit("\n", 1)[-1]
        mark = MARK.search(before)
        if not mark:
            yield f"{path}:{number}: a {block.group('language')} block without <!-- snippet: FILE#REGION --> above it"
            continue
        source, name = mark.groups()
        code = read(source)
        if code is None:
            yield f"{path}:{number}: {source} does not exist"
        elif region(code, name) is None:
            yield f"{path}:{number}: {source} has no region [{name}] ... [/{name}]"
        elif region(code, name) != dedent(block.group("body").splitlines()):
            yield f"{path}:{number}: the block differs from region [{name}] of {source}"
        elif not is_compiled_or_run(source, read):
            yield f"{path}:{number}: {source} is not compiled or run by any CMakeLists.txt"


TOP_LEVEL = ("config", "daemon", "plugin-api", "plugins", "scripts", "systemd", "tests", ".ci")


def check_paths(path, text, exists):
    for number, line in enumerate(text.splitlines(), 1):
        for quoted in re.findall(r"`([^`\s]+)`|\]\(([^)\s]+)\)", line):
            name = (quoted[0] or quoted[1]).split("#")[0].rstrip("/").removeprefix("./")
            if name.split("/")[0] in TOP_LEVEL and not re.search(r"[*<>{}$=]|\.\.\.", name) and not exists(name):
                yield f"{path}:{number}: {name} does not exist"


def check_workplace(path, text):
    """Names of the place where a file was written mean nothing to its reader."""
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(r"(?<![\w.])/(work|home|root)/\w", line):
            yield f"{path}:{number}: a path of somebody's own machine"


def check_file(path, text, context):
    """Every fault of one file."""
    faults = []
    if path.endswith(CODE):
        faults += check_includes(path, text, context.floors, context.daemon_files)
        faults += check_tokens(path, text)
        faults += check_model(path, text, context.read)
    if path.endswith((".hpp", ".cpp")):
        faults += standard.check_names(path, text, context.closure.outside(path))
    if path.endswith((".h", ".hpp")):
        faults += check_opening(path, text)
    if path.endswith(CODE + (".py",)):
        faults += check_text(path, text, context.budget)
    if path.endswith(".md"):
        faults += check_snippets(path, text, context.read)
        faults += check_paths(path, text, context.exists)
    if not path.startswith("tests/tidy/"):
        faults += check_workplace(path, text)
    return faults


class Context:
    def __init__(self, root):
        self.root = Path(root)
        self.files = self.tracked()
        self.floors = Floors((HERE / "floors.txt").read_text())
        self.budget = table((HERE / "budget.txt").read_text())
        self.closure = standard.Closure(self.files, self.read)
        self.daemon_files = {f[len("daemon/"):] for f in self.files if f.startswith("daemon/")}

    def tracked(self):
        git = subprocess.run(["git", "-C", self.root, "ls-files", "-co", "--exclude-standard"], capture_output=True,
                             text=True)
        if git.returncode == 0:
            names = git.stdout.splitlines()
        else:
            names = [str(p.relative_to(self.root)) for p in self.root.rglob("*") if p.is_file()]
        return sorted(n for n in names if not SKIPPED.search(n) and (self.root / n).is_file())

    def read(self, name):
        try:
            return (self.root / name).read_text(errors="replace")
        except OSError:
            return None

    def exists(self, name):
        return (self.root / name).exists()

    def list_faults(self):
        for path, reason in self.budget.items():
            if not reason:
                yield f"tests/tidy/budget.txt: {path} has no reason"
            if path not in self.files:
                yield f"tests/tidy/budget.txt: {path} does not exist"


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else HERE.parent.parent
    os.chdir(root)
    context = Context(root)
    faults = list(context.list_faults())
    for name in context.files:
        faults += check_file(name, context.read(name) or "", context)
    print("\n".join(faults) if faults else f"{len(context.files)} files are tidy")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
