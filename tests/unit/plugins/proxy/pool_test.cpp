#include "pool.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <thread>
#include <vector>

using proxy::pool;

namespace {

std::vector<std::string> names(std::size_t count) {
  std::vector<std::string> made;
  for (std::size_t i = 0; i < count; ++i) made.push_back("u" + std::to_string(i));
  return made;
}

}  // namespace

TEST_CASE("those that are equally busy take turns; else the least busy gets the next connection") {
  pool of(names(3), {});
  std::vector<std::optional<pool::lease>> out;
  for (std::size_t i = 0; i < 6; ++i) {
    auto got = of.pick();
    REQUIRE(got);
    CHECK(got->index() == i % 3);
    out.push_back(std::move(got));
  }
  CHECK(of.of(1).active == 2);
  out[1].reset();
  CHECK(of.of(1).active == 1);
  CHECK(of.pick()->index() == 1);
  CHECK(of.of(1).active == 1);  // what was not kept is given back
  CHECK(of.of(1).picked == 3);
}

TEST_CASE("one that is down gets nothing, and none is an answer too") {
  pool of(names(2), {.fall = 1, .rise = 1});
  CHECK(of.note(0, false));
  for (int i = 0; i < 4; ++i) CHECK(of.pick()->index() == 1);
  CHECK(of.note(1, false));
  CHECK_FALSE(of.pick());
  CHECK(of.note(0, true));
  CHECK(of.pick()->index() == 0);
}

TEST_CASE("those that were tried are left out") {
  pool of(names(3), {});
  CHECK(of.pick(0b001)->index() == 1);
  CHECK(of.pick(0b110)->index() == 0);
  CHECK_FALSE(of.pick(0b111));
}

TEST_CASE("only answers in a row take it down or bring it up") {
  pool of(names(1), {.fall = 3, .rise = 2});
  const auto says = [&of](bool reached) { return of.note(0, reached); };
  CHECK_FALSE(says(false));
  CHECK_FALSE(says(false));
  CHECK_FALSE(says(true));  // begins again
  CHECK_FALSE(says(false));
  CHECK_FALSE(says(false));
  CHECK(of.of(0).up);
  CHECK(says(false));
  CHECK_FALSE(of.of(0).up);
  CHECK_FALSE(says(true));
  CHECK_FALSE(says(false));
  CHECK_FALSE(says(true));
  CHECK(says(true));
  CHECK(of.of(0).up);
  CHECK(of.of(0).failed == 6);
}

TEST_CASE("leases on many threads are all given back") {
  pool of(names(4), {});
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&of] {
      for (int i = 0; i < 5000; ++i) {
        const auto one = of.pick(), other = of.pick();
        if (one && other) of.note(other->index(), true);
      }
    });
  threads.clear();
  std::uint64_t picked = 0;
  for (std::size_t i = 0; i < of.size(); ++i) {
    CHECK(of.of(i).active == 0);
    picked += of.of(i).picked;
  }
  CHECK(picked == 4 * 5000 * 2);
}
