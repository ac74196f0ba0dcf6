#!/usr/bin/env python3
"""Every workload of the catalog runs, once and small, through a daemon and in the program without one. No time is measured.
  workloads_test.py BUILD_DIR"""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from bench import catalog
from bench.daemon import BenchDaemon
from bench.engine import LineEngine, Refused
from bench.loader import Loader

BUILD = pathlib.Path(sys.argv.pop() if len(sys.argv) > 1 else ".")
LIMIT_S = 60


class Both:
    """What holds for each way to run them."""

    def setUp(self):
        self.engine = self.make()
        self.addCleanup(self.engine.stop)

    def test_the_catalog_is_offered_and_nothing_else(self):
        inside = {each.name for each in catalog.WORKLOADS if not each.load}
        self.assertEqual(self.engine.offered(), inside)

    def test_each_workload_does_what_it_is_asked(self):
        for name in sorted(self.engine.offered()):
            with self.subTest(name):
                answer = self.engine.run(name, 1, LIMIT_S)
                self.assertGreaterEqual(answer["operations"], 1)
                self.assertGreaterEqual(answer["total"], 0)

    def test_an_unknown_workload_is_refused(self):
        with self.assertRaisesRegex(Refused, "workload must be one of .*, got .*nonsense"):
            self.engine.run("nonsense", 1, LIMIT_S)

    def test_the_echo_server_answers(self):
        loader = Loader(BUILD / "tests/bench_load", 1, 20)
        for connections in (8, 0):
            self.assertGreater(loader.run(self.engine, connections, 64)["operations"], 0)


class InADaemon(Both, unittest.TestCase):
    def make(self):
        return BenchDaemon(BUILD, 2)


class Embedded(Both, unittest.TestCase):
    def make(self):
        return LineEngine("embedded", "", [BUILD / "tests/bench_embedded", "2"])


if __name__ == "__main__":
    unittest.main()
