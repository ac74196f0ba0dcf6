#!/usr/bin/env python3
"""The layout of the C ABI as text: what crosses the wall, with sizes, offsets, exact types and constant values.

  abi_layout.py check  CC       the headers equal tests/abi/golden/v0.txt, and the fingerprint in version.h is that text's
  abi_layout.py update CC       rewrites both (a deliberate change of the contract)
  abi_layout.py asserts OUT     writes a C++ file of static_asserts made from the golden text: exact member types
  abi_layout.py tags            every function pointer carries a thread tag
"""
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = pathlib.Path(os.environ.get("TOKIO_ABI_INCLUDE", ROOT / "plugin-api/include"))
HEADERS = sorted((INCLUDE / "tokio/abi").glob("*.h"))
GOLDEN = ROOT / "tests/abi/golden/v0.txt"
VERSION = INCLUDE / "tokio/abi/version.h"

TAG = re.compile(r"\[(any|worker|task|ctl|job|init)( (nb|al))*\]")
COMMENT = re.compile(r"/\*.*?\*/", re.S)


def strip(text):
    return COMMENT.sub(lambda m: " " if "\n" not in m.group() else "\n" * m.group().count("\n"), text)


def squeeze(text):
    text = re.sub(r"\s+", " ", text.replace("TOKIO_NOEXCEPT", "noexcept")).strip()
    return re.sub(r"\s*([*(),])\s*", r"\1", text)


def split_top(body, separator):
    """Splits at separators that stand outside of brackets."""
    parts, depth, current = [], 0, ""
    for c in body:
        depth += c in "({["
        depth -= c in ")}]"
        if c == separator and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += c
    return [p for p in (q.strip() for q in parts + [current]) if p]


def members(body):
    """(name, exact type) of each member, in order."""
    for declaration in split_top(body, ";"):
        pointer = re.search(r"\(\s*\*\s*(\w+)\s*\)", declaration)
        if declaration.startswith("union"):
            name = declaration.rsplit("}", 1)[1].strip()
            yield name, None
        elif pointer:
            yield pointer.group(1), squeeze(declaration.replace(pointer.group(), "(*)", 1))
        else:
            yield from plain(split_top(declaration, ","))


def plain(declarators):
    base, first = re.match(r"^(.*?)([*\s]*\w+(?:\[\w+\])*)$", declarators[0], re.S).groups()
    if not base.strip():
        base, first = re.match(r"^(\w+)(\s.*)$", declarators[0], re.S).groups()
    for declarator in [first, *declarators[1:]]:
        stars, name, array = re.match(r"^([*\s]*)(\w+)((?:\[\w+\])*)$", declarator.strip(), re.S).groups()
        yield name, squeeze(base + " " + stars.replace(" ", "") + array)


def structs():
    for header in HEADERS:
        text = strip(header.read_text())
        for match in re.finditer(r"^(?:typedef )?struct (\w+) \{", text, re.M):
            depth, end = 1, match.end()
            while depth:
                depth += {"{": 1, "}": -1}.get(text[end], 0)
                end += 1
            yield match.group(1), list(members(text[match.end() : end - 1]))


def constants():
    for header in HEADERS:
        for name, value in re.findall(r"^#define (TOKIO_\w+) (.+)$", strip(header.read_text()), re.M):
            if name not in ("TOKIO_ABI_FINGERPRINT", "TOKIO_NOEXCEPT", "TOKIO_EXTERN_C", "TOKIO_EXPORT", "TOKIO_INLINE"):
                yield name, value.strip()


def layout(cc):
    lines = []
    for name, fields in structs():
        lines.append(f'printf("struct {name} %zu\\n", sizeof(struct {name}));')
        for field, kind in fields:
            text = (kind or "union").replace("%", "%%")
            lines.append(f'printf("  %zu %zu {field}: {text}\\n", offsetof(struct {name}, {field}), '
                         f"sizeof(((struct {name} *)0)->{field}));")
    for name, value in constants():
        if value.startswith('"'):
            lines.append(f'printf("const {name} \\"%s\\"\\n", {name});')
        else:
            lines.append(f'printf("const {name} %lld\\n", (long long)({name}));')
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "layout.c"
        source.write_text('#include <stdio.h>\n#include "tokio/abi.h"\nint main(void) {\n' + "\n".join(lines) + "\nreturn 0;}\n")
        program = pathlib.Path(folder) / "layout"
        subprocess.run([cc, "-std=c11", f"-I{INCLUDE}", str(source), "-o", str(program)], check=True)
        return subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout


def fingerprint(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def check(cc):
    now, golden = layout(cc), GOLDEN.read_text()
    if now != golden:
        import difflib
        sys.stdout.writelines(difflib.unified_diff(golden.splitlines(True), now.splitlines(True), "golden", "headers"))
        sys.exit("the ABI's layout changed; if that is meant, run tests/abi/abi_layout.py update CC and commit the result")
    if f"0x{fingerprint(golden)}" not in VERSION.read_text():
        sys.exit(f"TOKIO_ABI_FINGERPRINT must be 0x{fingerprint(golden)}, the hash of {GOLDEN.name}")
    print(f"{golden.count(chr(10))} lines of layout equal the golden text")


def update(cc):
    text = layout(cc)
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text(text)
    VERSION.write_text(re.sub(r"UINT64_C\(\w+\)", f"UINT64_C(0x{fingerprint(text)})", VERSION.read_text()))


def asserts(out):
    lines, struct = ['// Made from the golden text: a member whose type is not exactly that does not compile.',
                     '#include <type_traits>', '#include "tokio/abi.h"'], None
    for line in GOLDEN.read_text().splitlines():
        head = re.match(r"^struct (\w+) (\d+)$", line)
        field = re.match(r"^  (\d+) (\d+) (\w+): (.+)$", line)
        if head:
            struct = head.group(1)
            lines.append(f"static_assert(sizeof(struct {struct}) == {head.group(2)});")
        elif field and field.group(4) != "union":
            kind = field.group(4)
            array = re.match(r"^(.*?)((?:\[\w+\])+)$", kind)
            kind = f"{array.group(1)}{array.group(2)}" if array else kind
            lines.append(f"static_assert(std::is_same_v<decltype({struct}::{field.group(3)}), {kind}>);")
    pathlib.Path(out).write_text("\n".join(lines) + "\nint main() {}\n")


def tags():
    faults = count = 0
    for header in HEADERS:
        leading, text = "", header.read_text()
        for block in re.finditer(r"/\*.*?\*/|\n[ \t]*\n|[^;/{}]*\(\s*\*\s*(\w+)\s*\)[^;]*;([^\n]*)", text, re.S):
            if block.group(1) is None:
                starts_line = text[: block.start()].rsplit("\n", 1)[-1].strip() == ""
                if block.group().startswith("/*"):
                    leading = block.group() if starts_line else leading
                else:
                    leading = ""
                continue
            count += 1
            trailing = block.group(2)
            rest = text[block.end():]
            if "/*" in trailing and "*/" not in trailing:
                trailing += rest[: rest.index("*/")]
            if not TAG.search(trailing) and not TAG.search(leading):
                faults += 1
                print(f"{header.name}: {block.group(1)} carries no thread tag")
            leading = ""  # a comment speaks for the one declaration below it
    print(f"{count} function pointers, {faults} without a thread tag")
    sys.exit(1 if faults or count < 100 else 0)


if __name__ == "__main__":
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    if command in ("check", "update", "asserts") and len(sys.argv) == 3:
        {"check": check, "update": update, "asserts": asserts}[command](sys.argv[2])
    elif command == "tags":
        tags()
    else:
        sys.exit(__doc__)
