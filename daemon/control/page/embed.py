#!/usr/bin/env python3
"""The page as C++: its text, and the policy under which a browser runs nothing but what stands in it.

  embed.py INDEX_HTML OUT_CPP
"""
import base64
import hashlib
import re
import sys

PIECE = 8000  # of one literal, well below what compilers take


def source(of):
    """The form in which CSP knows an inline script or style: the hash of the text between its tags."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(of.encode()).digest()).decode() + "'"


def policy(page):
    hashes = {tag: source(re.search(rf"<{tag}>(.*?)</{tag}>", page, re.S).group(1)) for tag in ("script", "style")}
    return ("default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
            f"frame-ancestors 'none'; script-src {hashes['script']}; style-src {hashes['style']}")


def literals(text):
    return "\n    ".join(f'R"page({text[at:at + PIECE]})page"' for at in range(0, len(text), PIECE))


def main():
    index, out = sys.argv[1:]
    page = open(index, encoding="utf-8").read()
    if ')page"' in page:
        sys.exit(f"{index}: holds the end of a literal")
    with open(out, "w", encoding="utf-8") as cpp:
        cpp.write("// Made by embed.py from index.html.\n"
                  '#include "control/page/page.hpp"\n\n'
                  "namespace tokiod::control {\n\n"
                  f"constinit const std::string_view page_policy =\n    {literals(policy(page))};\n\n"
                  f"constinit const std::string_view page_text =\n    {literals(page)};\n\n"
                  "}  // namespace tokiod::control\n")


main()
