#include "ctl/print.hpp"

#include <doctest/doctest.h>

#include "ctl/commands.hpp"

using namespace tokiod;
using namespace tokiod::ctl;

TEST_CASE("times are short and in one unit or two") {
  CHECK(seconds_text(0) == "0s");
  CHECK(seconds_text(0.00035) == "350us");
  CHECK(seconds_text(0.0125) == "12.5ms");
  CHECK(seconds_text(3.2) == "3.2s");
  CHECK(seconds_text(245) == "4m05s");
  CHECK(seconds_text(7380) == "2h03m");
  CHECK(seconds_text(86400 * 3 + 3600 * 4) == "3d04h");
}

TEST_CASE("moments are dates, whole numbers have no fraction") {
  CHECK(time_text(1769860800.25) == "2026-01-31T12:00:00Z");
  CHECK(record({{"a", {{"since", 1769860800.0}}}, {"n", 3.0}, {"x", 2.5}}, {}) ==
        "a.since  2026-01-31T12:00:00Z\n"
        "n        3\n"
        "x        2.5\n");
}

TEST_CASE("a table's columns fit their widest cell, numbers to the right, in code points") {
  constexpr column columns[] = {{"NAME", "/name"}, {"N", "/count/n", format::count}, {"T", "/t", format::seconds}};
  const json rows = {{{"name", "é"}, {"count", {{"n", 5}}}, {"t", 1.5}},
                     {{"name", "longer"}, {"count", {{"n", 12345}}}}};
  CHECK(table(rows, columns, {}) ==
        "NAME        N     T\n"
        "é           5  1.5s\n"
        "longer  12345     -\n");
}

TEST_CASE("a record is flat: nested names get dots, plain lists stay on a line") {
  const json object = {
      {"a", 1}, {"b", {{"c", "x"}, {"d_seconds", 0.002}}}, {"list", {1, "two"}}, {"none", json::array()}};
  CHECK(record(object, {}) ==
        "a            1\n"
        "b.c          x\n"
        "b.d_seconds  2.0ms\n"
        "list         1, two\n"
        "none         -\n");
}

TEST_CASE("durations need a number and know three units") {
  CHECK(duration_named("30") == 30 * second);
  CHECK(duration_named("30s") == 30 * second);
  CHECK(duration_named("1.5s") == 1500 * millisecond);
  CHECK(duration_named("250ms") == 250 * millisecond);
  CHECK(duration_named("2m") == 120 * second);
  for (const auto wrong : {"", "s", "-1", "0", "1h", "nan", "inf", "1e400", "5 s"}) CHECK_FALSE(duration_named(wrong));
}
