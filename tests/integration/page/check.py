#!/usr/bin/env python3
"""What the drawn page holds, against what the daemon said a moment later.

  check.py DOM_HTML PAGE_JSON PICTURE...
"""
import html.parser
import json
import re
import struct
import sys
import zlib


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tables, self.tiles, self.text, self.paths, self.labels, self.looks = {}, {}, {}, [], [], 0
        self.table = self.id = self.open = None

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.id = attributes.get("id", self.id)
        self.open = tag
        if tag == "body":
            self.looks = int(attributes.get("data-looks", 0))
        elif tag == "table":
            self.table = self.tables[attributes["id"]] = []
        elif tag == "tr":
            self.table.append([])
        elif tag in ("td", "th"):
            self.table[-1].append("")
        elif tag == "path":
            self.paths.append(attributes.get("d", ""))
        elif tag == "svg":
            self.labels.append(attributes.get("aria-label", ""))

    def handle_data(self, data):
        if self.open in ("td", "th") and self.table is not None and data.strip():
            self.table[-1][-1] += data
        elif self.open in ("dt", "dd"):
            self.tiles.setdefault(self.open, []).append(data)
        elif self.id:
            self.text[self.id] = self.text.get(self.id, "") + data


def number(text):
    """10.5k, as the page shortens it."""
    value, factor = re.fullmatch(r"([\d.]+)([kMG]?)", text).groups()
    return float(value) * {"": 1, "k": 1e3, "M": 1e6, "G": 1e9}[factor]


def colors(path):
    """How many different values the bytes of a PNG's rows have, and its size."""
    data = open(path, "rb").read()
    assert data[:8] == b"\x89PNG\r\n\x1a\n", path
    width, height = struct.unpack(">II", data[16:24])
    packed, at = b"", 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind == b"IDAT":
            packed += data[at + 8:at + 8 + length]
        at += 12 + length
    rows = zlib.decompress(packed)
    return width, height, len(set(rows)), rows


page, now = Page(), json.load(open(sys.argv[2]))
page.feed(open(sys.argv[1], encoding="utf-8").read())
assert page.looks >= 10, page.looks
assert page.text["state"].strip() == "running", page.text["state"]
assert str(now["pid"]) in page.text["about"] and now["version"] in page.text["about"], page.text["about"]

tiles = dict(zip(page.tiles["dt"], page.tiles["dd"]))
assert number(tiles["Polls / s"]) > 0, tiles
assert 0 < number(tiles["Tasks"]) <= 4 * now["tasks"]["live"] + 16, tiles
assert float(tiles["Busy"].split()[0]) > 0, tiles
assert tiles["Poll p99"] != "0", tiles

workers = {row[0]: row for row in page.tables["workers"][1:]}
assert len(workers) == now["workers_total"] == 2, workers
for worker in now["workers"]:
    shown = number(workers[str(worker["worker"])][7])
    assert 0 < shown <= worker["polls"] * 1.01, (shown, worker)  # it only grows, and was read before
plugins = {row[0]: row for row in page.tables["plugins"][1:]}
assert set(plugins) == {"web", "echo"}, plugins
web = next(p for p in now["plugins"] if p["instance"] == "web")
assert plugins["web"][1] == f'{web["plugin"]} {web["version"]}' and plugins["web"][2] == "running", plugins
assert number(plugins["web"][4]) > 0, plugins
assert len(page.tables["tasks"]) > 1 and any(row[1] == "web" for row in page.tables["tasks"][1:]), page.tables["tasks"]

assert len(page.labels) == 6 and all(": " in label and "nothing yet" not in label for label in page.labels), page.labels
assert len(page.paths) >= 10 and sum("L" in d for d in page.paths) >= 10, page.paths
assert "NaN" not in "".join(page.paths) and "undefined" not in open(sys.argv[1], encoding="utf-8").read().split("<script>")[0]

pictures = [colors(path) for path in sys.argv[3:]]
for width, height, seen, _ in pictures:
    assert (width, height) == (1280, 1500) and seen > 100, (width, height, seen)
assert pictures[0][3] != pictures[1][3], "light and dark are the same"
print(f"{page.looks} looks, {tiles}")
