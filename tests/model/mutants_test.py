"""scripts/mutants can tell: on one small model program it finds every mutant caught, and when models are left out of the
same program it finds those that only they catch, and the excuses that are none.

  mutants_test.py PROGRAM      the program of grow_list_model.cpp
"""
import sys
import unittest
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

loader = SourceFileLoader("mutants", str(Path(__file__).resolve().parents[2] / "scripts" / "mutants"))
mutants = module_from_spec(spec_from_loader(loader.name, loader))
loader.exec_module(mutants)
PROGRAM = sys.argv.pop()


def verdicts(*only):
    """{what: verdict} of the program, or of those of its models whose titles begin so."""
    rows = mutants.run("grow_list", [PROGRAM, *(f"--test-case={title}*" for title in only)], deep=False)
    return {what: verdict for verdict, _, what, _ in rows}


class Program(unittest.TestCase):
    def test_each_mutant_is_caught_or_excused(self):
        found = verdicts()
        self.assertEqual(found.pop("clear, exchange: a load and a store"), "equivalent")
        self.assertEqual(found["add, store: weakened to release"], "caught")
        self.assertEqual(set(found.values()), {"caught"})

    def test_what_no_model_catches_survives(self):
        found = verdicts("a list that was cleared")
        self.assertEqual(found["add, store: weakened to relaxed"], "survived")
        self.assertEqual(found["add, store: not written"], "caught")

    def test_an_excuse_for_nothing_is_a_fault(self):
        self.assertEqual(verdicts("whoever walks")["clear, exchange: a load and a store"], "stale")

    def test_a_program_that_fails_is_a_fault(self):
        self.assertEqual([row[0] for row in mutants.run("grow_list", ["false"], deep=False)], ["error"])


class Verdicts(unittest.TestCase):
    def settled(self, **said):
        return {key[:2]: value[:2] for key, value in mutants.settle(said).items()}

    def test_another_program_may_know_better(self):
        place = ("a.hpp:1", "f, store: not written")
        found = self.settled(one=[("survived", *place, "")], two=[("caught", *place, "t")])
        self.assertEqual(found, {place: ("caught", "two")})

    def test_a_lock_guards_something_else_in_each_program(self):
        row = ("a.hpp:1", "f, lock: not taken")
        settled = mutants.settle({"one": [("survived", *row, "")], "two": [("caught", *row, "t")]})
        self.assertEqual(sorted(value[0] for value in settled.values()), ["caught", "survived"])

    def test_the_table_counts_what_differs(self):
        said = {"one": [("caught", "a:1", "x", ""), ("equivalent", "a:2", "y", ""), ("survived", "a:3", "z", "")]}
        lines = list(mutants.table(mutants.settle(said), ["one"]))
        self.assertEqual(lines[1].split(), ["one", "3", "1", "1", "1"])
        self.assertEqual(lines[-1], "1 of 2 mutants that differ are caught: 50.0 %")


if __name__ == "__main__":
    unittest.main()
