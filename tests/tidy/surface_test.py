#!/usr/bin/env python3
"""Each rule of scripts/surface on a list that keeps it and on one that breaks it."""
import importlib.machinery
import importlib.util
import pathlib
import subprocess
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts/surface"
LOADER = importlib.machinery.SourceFileLoader("surface", str(SCRIPT))
surface = importlib.util.module_from_spec(importlib.util.spec_from_loader("surface", LOADER))
LOADER.exec_module(surface)


def read(text, *tests):
    """The rows of a list, with the tests of the titles given, and every fault of both."""
    rows, faults = surface.read_list(text)
    for title in tests:
        faults += surface.add_tests(rows, "a.cpp", f'TEST_CASE("{title}") {{')
    return rows, faults + [row.fault() for row in rows.values() if row.fault()]


class Marks(unittest.TestCase):
    def test_a_row_needs_a_test_or_a_mark(self):
        self.assertEqual(read("SN-01 a\n")[1], ["has neither a test nor a mark"])
        self.assertEqual(read("SN-01 a\n", "[SN-01] x")[1], [])

    def test_owed_names_an_issue_and_has_no_test(self):
        self.assertEqual(read("SN-01 a\n  owed: issue 4\n")[1], [])
        self.assertEqual(read("SN-01 a\n  owed: later\n")[1], ['is owed, but not to an "issue N"'])
        self.assertEqual(read("SN-01 a\n  owed: issue 4\n", "[SN-01] x")[1],
                         ["is marked as owed, but a.cpp has a test of it"])

    def test_in_part_has_tests_and_says_what_is_missing(self):
        part = "SN-01 a\n  in part: issue 4: the other half\n"
        self.assertEqual(read(part, "[SN-01] x")[1], [])
        self.assertEqual(read(part)[1], ["is there in part, but has no test"])
        self.assertEqual(len(read("SN-01 a\n  in part: issue 4\n", "[SN-01] x")[1]), 1)

    def test_what_does_not_apply_says_why_and_has_no_test(self):
        self.assertEqual(read("SN-01 a\n  does not apply: no such system\n")[1], [])
        self.assertEqual(read("SN-01 a\n  does not apply:\n")[1], ["does not apply, but does not say why"])
        self.assertEqual(len(read("SN-01 a\n  does not apply: no\n", "[SN-01] x")[1]), 1)


class Lists(unittest.TestCase):
    def test_rows_are_listed_once_and_without_gaps(self):
        text = "# of notify\nSN-01 a\n  owed: issue 4\n\nSN-02 b\n  owed: issue 4\n"
        rows, faults = read(text)
        self.assertEqual((list(rows), faults), (["SN-01", "SN-02"], []))
        self.assertEqual(len(surface.read_list(text + "SN-02 c\n")[1]), 1)
        self.assertEqual(surface.read_list("SN-01 a\nSN-03 c\n")[1],
                         ["tests/sdk/surface.txt: SN-03 is there, and the row before it is not"])

    def test_a_line_that_is_neither_row_nor_mark_is_a_fault(self):
        for text in ("SN-1 a\n", "  owed: issue 4\n", "SN-01 a\n  soon: issue 4\n", "SN-01\n",
                     "SN-01 a\n  owed: issue 4\n  owed: issue 4\n"):
            self.assertEqual(len(surface.read_list(text)[1]), 1, text)


class Titles(unittest.TestCase):
    def test_a_title_may_have_several_ids_and_several_lines(self):
        text = 'TEST_CASE("[SN-01] [SN-02] a "\n          "and b") {\n'
        self.assertEqual(list(surface.tests(text)), [("[SN-01] [SN-02] a and b", None)])
        rows, faults = surface.read_list("SN-01 a\nSN-02 b\n")
        self.assertEqual(list(surface.add_tests(rows, "a.cpp", text)), [])
        self.assertEqual([len(row.tests) for row in rows.values()], [1, 1])

    def test_an_id_that_names_no_row_is_a_fault(self):
        self.assertEqual(read("SN-01 a\n", "[SN-01] x", "[SN-9] y")[1],
                         ["a.cpp: [SN-9] names no row of tests/sdk/surface.txt"])

    def test_other_words_in_brackets_are_free(self):
        self.assertEqual(read("SN-01 a\n", "[SN-01] [B-017] [SN] x")[1], [])

    def test_an_id_outside_of_a_title_proves_nothing(self):
        rows, _ = surface.read_list("SN-01 a\n")
        self.assertEqual(list(surface.add_tests(rows, "a.cpp", '// [SN-01]\nCHECK("[SN-01]");')), [])
        self.assertEqual(rows["SN-01"].tests, [])

    def test_what_is_no_code_proves_nothing(self):
        case = 'TEST_CASE("[SN-01] x") {'
        for text in (f"// {case}", f"/*\n{case}\n*/", f"#if 0\n{case}\n#endif\n", f'auto s = R"(\n{case}\n)";',
                     f"  in_child({case}", f"MY_{case}"):
            rows, _ = surface.read_list("SN-01 a\n")
            self.assertEqual(list(surface.add_tests(rows, "a.cpp", text)), [], text)
            self.assertEqual(rows["SN-01"].tests, [], text)

    def test_strings_hide_no_test(self):
        for text in ('auto s = "/*";\n', 'auto s = "//";\n', 'auto s = "\\"/*";\n', "// it's \"\n", 'R"(")";\n'):
            self.assertEqual(list(surface.tests(text + 'TEST_CASE("[SN-01] x") {}\nauto e = "*/";')),
                             [("[SN-01] x", None)], text)

    def test_every_kind_of_test_counts(self):
        for text in ('TEST_CASE("[SN-01] x") {', 'TEST_CASE_TEMPLATE("[SN-01] x", T, int, long) {',
                     'TEST_CASE_TEMPLATE_DEFINE("[SN-01] x", T, some) {', 'SCENARIO("[SN-01] x") {',
                     'TEST_CASE_FIXTURE(fixture, "[SN-01] x") {', 'TEST_CASE_FIXTURE(a::b<int, 2>, "[SN-01] x") {'):
            self.assertEqual(list(surface.tests("int a;\n" + text)), [("[SN-01] x", None)], text)

    def test_a_test_that_is_skipped_or_may_fail_proves_nothing(self):
        for mark in ("skip", "may_fail", "should_fail", "expected_failures"):
            text = f'TEST_CASE("[SN-01] x" * doctest::timeout(1) *\n          doctest::{mark}(1)) {{ skip(); }}'
            rows, _ = surface.read_list("SN-01 a\n")
            self.assertEqual(list(surface.add_tests(rows, "a.cpp", text)),
                             [f"a.cpp: a test of [SN-01] is marked {mark}(), so that it proves nothing"])
            self.assertEqual(rows["SN-01"].tests, [])
        self.assertEqual(list(surface.tests('TEST_CASE("x" * doctest::timeout(1)) { skip(); }')), [("x", None)])
        self.assertEqual(list(surface.tests('TEST_CASE("internal" * doctest::skip()) {')), [("internal", "skip")])


class Output(unittest.TestCase):
    def test_the_counts_add_up(self):
        rows, _ = read("SN-01 a\nSN-02 b\n  owed: issue 4\nSN-03 c\n  does not apply: no\nSN-04 d\n  in part: issue 4: e\n",
                       "[SN-01] x", "[SN-04] y")
        self.assertEqual(surface.counts(rows), "1 proven, 1 in part, 1 does not apply, 1 owed")

    def test_a_section_that_is_not_there_is_refused(self):
        seen = subprocess.run([SCRIPT, "QQ"], capture_output=True, text=True, check=False)
        self.assertEqual((seen.returncode, seen.stdout), (64, ""))
        self.assertIn("scripts/surface: there is no section QQ; there are ", seen.stderr)


if __name__ == "__main__":
    unittest.main()
