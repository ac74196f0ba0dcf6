#!/usr/bin/env python3
"""Each rule of tidy.py on a text that keeps it and on one that breaks it."""
import unittest

import header_cost
import includes
import tidy

FLOORS = tidy.Floors("1 base\n2 wire\n5 runtime/io\n5 runtime/time\n7 runtime/sched\n9 runtime\n"
                     "12 ctl only base wire\n")
FILES = {"base/fd.hpp", "wire/json.hpp", "runtime/io/source.hpp", "runtime/time/wheel.hpp", "runtime/runtime.hpp",
         "runtime/sched/multi_thread/core.hpp"}


def include_faults(path, name):
    return list(tidy.check_includes(path, f'#include "{name}"\n', FLOORS, FILES))


class FloorsRule(unittest.TestCase):
    def test_own_folder_and_lower_floors_are_allowed(self):
        self.assertEqual(include_faults("daemon/runtime/io/source.cpp", "runtime/io/source.hpp"), [])
        self.assertEqual(include_faults("daemon/runtime/io/source.cpp", "base/fd.hpp"), [])
        self.assertEqual(include_faults("daemon/runtime/sched/x.cpp", "runtime/sched/multi_thread/core.hpp"), [])

    def test_a_higher_floor_is_named_with_both_floors(self):
        self.assertEqual(
            include_faults("daemon/runtime/time/wheel.cpp", "runtime/runtime.hpp"),
            ["daemon/runtime/time/wheel.cpp:1: runtime/time (floor 5) includes runtime/runtime.hpp (floor 9)"])

    def test_folders_of_one_floor_do_not_see_each_other(self):
        self.assertEqual(len(include_faults("daemon/runtime/time/wheel.cpp", "runtime/io/source.hpp")), 1)

    def test_a_narrowed_folder_sees_only_what_it_names(self):
        self.assertEqual(include_faults("daemon/ctl/main.cpp", "wire/json.hpp"), [])
        self.assertEqual(len(include_faults("daemon/ctl/main.cpp", "runtime/runtime.hpp")), 1)

    def test_a_folder_without_a_floor_is_a_fault(self):
        self.assertEqual(len(include_faults("daemon/new/x.cpp", "base/fd.hpp")), 1)

    def test_only_the_host_sees_the_abi(self):
        self.assertEqual(include_faults("daemon/host/x.cpp", "tokio/abi/task.h"), [])
        self.assertEqual(include_faults("daemon/embed/x.cpp", "tokio/abi/runtime.h"), [])
        self.assertEqual(len(include_faults("daemon/control/x.cpp", "tokio/abi/runtime.h")), 1)
        self.assertEqual(len(include_faults("daemon/host/x.cpp", "tokio/task.hpp")), 1)
        self.assertEqual(len(include_faults("daemon/base/x.cpp", "tokio/abi/task.h")), 1)

    def test_a_package_has_one_door(self):
        self.assertEqual(include_faults("daemon/wire/json.hpp", "nlohmann/json.hpp"), [])
        self.assertEqual(len(include_faults("daemon/wire/get.cpp", "nlohmann/json.hpp")), 1)


class Tokens(unittest.TestCase):
    def faults(self, path, text):
        return list(tidy.check_tokens(path, text))

    def test_fences_detail_macros_and_missing_headers(self):
        for text in ("std::atomic_thread_fence(release);", "namespace detail {", "namespace a::detail {", "#define X 1",
                     "#include <format>"):
            self.assertEqual(len(self.faults("daemon/host/a.cpp", text)), 1, text)
        self.assertEqual(self.faults("daemon/host/a.cpp", "namespace details {"), [])

    def test_loops_over_a_part_of_a_temporary(self):
        for text in ('for (const auto& one : client.call("a", {{"b", c(1)}}).at("d")) {', "for (auto x : ask().at(0))"):
            self.assertEqual(len(self.faults("tests/a.cpp", text)), 1, text)
        for text in ('for (const auto& one : line.at("a").at("b")) {', "for (const auto& one : ask()) {",
                     "for (int i = 0; i < ask(1).at(0); ++i)"):
            self.assertEqual(self.faults("tests/a.cpp", text), [], text)


class StandardNames(unittest.TestCase):
    FILES = {
        "daemon/base/a.hpp": "#include <map>\n#include <cerrno>\n",
        "daemon/base/b.cpp": '#include "base/a.hpp"\n',
        "daemon/base/c.hpp": "#include <cstring>\n",
    }

    def faults(self, text, includes_of="daemon/base/b.cpp"):
        closure = includes.Closure(self.FILES, self.FILES.get)
        return list(includes.check_names("x.cpp", text, closure.outside(includes_of)))

    def test_a_name_that_no_include_gives(self):
        self.assertEqual(self.faults("int a;\nstd::optional<int> x;"), ["x.cpp:2: std::optional needs one of <optional>"])
        self.assertEqual(self.faults("int a = memcmp(x, y, 1);"), ["x.cpp:1: memcmp needs one of <cstring>, <string.h>"])
        self.assertEqual(self.faults("TEST_CASE() {}"), ["x.cpp:1: TEST_CASE needs one of <doctest/doctest.h>"])

    def test_headers_of_ours_and_headers_that_give_others(self):
        self.assertEqual(self.faults("std::map<int, std::pair<int, std::size_t>> x; if (errno == EINTR) std::move(x);"), [])

    def test_a_header_of_c_gives_little(self):
        self.assertEqual(self.faults("std::size_t x = memcmp(y, z, 1);", "daemon/base/c.hpp"), [])
        self.assertEqual(len(self.faults("std::pair<int, int> x;", "daemon/base/c.hpp")), 1)

    def test_comments_and_strings_name_nothing(self):
        self.assertEqual(self.faults('// std::vector\nx = "std::vector"; /* std::deque */ y = R"(std::span)";'), [])

    def test_an_unknown_name_asks_for_its_line(self):
        self.assertEqual(self.faults("std::nonsense x;"), ["x.cpp:1: std::nonsense is in no list of tests/tidy/includes.py"])


class Models(unittest.TestCase):
    FILES = {"tests/model/a_model.cpp": "", "daemon/host/b.hpp": "// No model: a sum.\nstd::atomic<int> x;"}

    def faults(self, path, text):
        return list(tidy.check_model(path, text, self.FILES.get))

    def test_atomics_and_locks_of_the_runtime_come_from_the_policy(self):
        for text in ("std::atomic<int> x;", "std::mutex m;", "// Model: tests/model/a_model.cpp\nstd::mutex m;"):
            self.assertEqual(len(self.faults("daemon/runtime/task/a.hpp", text)), 1, text)
        for text in ("// std::atomic\n/* std::mutex */ P::mutex x;", "// No model: one counter.\nstd::atomic<int> x;"):
            self.assertEqual(self.faults("daemon/runtime/task/a.hpp", text), [], text)

    def test_every_other_atomic_names_its_model_or_says_why_there_is_none(self):
        for text in ("std::atomic<int> x;", "typename P::template atomic<int> x;", "// No model:\nstd::atomic<int> x;",
                     "// Model: tests/model/none.cpp\ntypename P::template atomic<int> x;"):
            self.assertEqual(len(self.faults("daemon/host/a.hpp", text)), 1, text)
        for text in ("// Model:   tests/model/a_model.cpp\nP::template atomic<int> x;", "std::mutex m;",
                     "// No model: a sum.\nstd::atomic<int> x;"):
            self.assertEqual(self.faults("daemon/host/a.hpp", text), [], text)
        self.assertEqual(self.faults("daemon/host/b.cpp", "std::atomic<int> x;"), [])  # its header says it
        self.assertEqual(self.faults("tests/unit/a.cpp", "std::atomic<int> x;"), [])


class Text(unittest.TestCase):
    def faults(self, text, budget=None):
        return list(tidy.check_text("a.cpp", text, budget or {}))

    def test_width_length_and_reminders(self):
        self.assertEqual(self.faults("x" * 120), [])
        self.assertEqual(len(self.faults("x" * 121)), 1)
        self.assertEqual(self.faults("x\n" * 500), [])
        self.assertEqual(len(self.faults("x\n" * 501)), 1)
        self.assertEqual(self.faults("x\n" * 501, {"a.cpp": "a table"}), [])
        self.assertEqual(len(self.faults("// TODO(now): x")), 1)
        self.assertEqual(self.faults("// TODO(soon): x"), [])

    def test_headers_open_with_a_comment_and_are_guarded(self):
        self.assertEqual(list(tidy.check_opening("a.hpp", "// What.\n#pragma once\n")), [])
        self.assertEqual(list(tidy.check_opening("a.h", "/* What. */\n#ifndef A\n#define A\n#endif\n")), [])
        self.assertEqual(len(list(tidy.check_opening("a.hpp", "#include <x>\n"))), 2)
        self.assertEqual(len(list(tidy.check_opening("a.h", "/* What. */\n"))), 1)

    def test_paths_of_a_machine(self):
        self.assertEqual(len(list(tidy.check_workplace("a", "see /" + "home/me/x"))), 1)
        self.assertEqual(list(tidy.check_workplace("a", "homework/x and ./home/x")), [])


class Readme(unittest.TestCase):
    SOURCE = "int main() {\n  // [call]\n  go();\n    stop();\n  // [/call]\n}\n"
    FILES = {"tests/x/a.cpp": SOURCE, "tests/x/CMakeLists.txt": "add_executable(a a.cpp)"}

    def snippet_faults(self, text, files=None):
        return list(tidy.check_snippets("README.md", text, (self.FILES if files is None else files).get))

    def test_a_block_equals_its_region_less_the_indent(self):
        self.assertEqual(
            self.snippet_faults("<!-- snippet: tests/x/a.cpp#call -->\n```cpp\ngo();\n  stop();\n```\n"), [])

    def test_a_block_that_differs_is_unmarked_or_points_nowhere_is_a_fault(self):
        for text in ("```cpp\ngo();\n```\n", "<!-- snippet: tests/x/a.cpp#call -->\n```cpp\ngo();\n```\n",
                     "<!-- snippet: tests/x/a.cpp#none -->\n```cpp\ngo();\n```\n",
                     "<!-- snippet: tests/x/b.cpp#call -->\n```sh\ngo\n```\n"):
            self.assertEqual(len(self.snippet_faults(text)), 1, text)

    def test_a_region_of_a_file_that_nobody_compiles_is_a_fault(self):
        text = "<!-- snippet: tests/x/a.cpp#call -->\n```cpp\ngo();\n  stop();\n```\n"
        self.assertEqual(len(self.snippet_faults(text, {"tests/x/a.cpp": self.SOURCE})), 1)

    def test_other_languages_are_free(self):
        self.assertEqual(self.snippet_faults("```json\n{}\n```\n```text\nx\n```\n"), [])

    def test_paths_of_this_tree_exist(self):
        def exists(name):
            return name == "daemon/base"
        good = "see `daemon/base/` and `std::x` and `daemon/*.hpp`"
        self.assertEqual(list(tidy.check_paths("README.md", good, exists)), [])
        self.assertEqual(len(list(tidy.check_paths("README.md", "see [x](tests/none.md)", exists))), 1)


class HeaderCostRule(unittest.TestCase):
    def test_a_header_may_cost_its_times_of_the_baseline(self):
        limits = header_cost.budgets("# why\ntokio/task.hpp 2.5  # as it is\n\n")
        self.assertEqual(limits, {"tokio/task.hpp": 2.5})
        self.assertIsNone(header_cost.fault("tokio/task.hpp", 250, 100, 2.5))
        self.assertIn("251 lines after preprocessing are 2.51 times", header_cost.fault("tokio/task.hpp", 251, 100, 2.5))


if __name__ == "__main__":
    unittest.main()
