#include "base/spare_thread.hpp"

#include <doctest/doctest.h>

#include <string>

#include "support/in_child.hpp"

using namespace tokiod;

namespace {

// A stack that no system gives: the thread of its own cannot be had.
const thread_options impossible{.name = "too-big", .stack_bytes = std::size_t{1} << 60};

std::string own_name() {
  char name[16] = {};
  pthread_getname_np(pthread_self(), name, sizeof name);
  return name;
}

}  // namespace

TEST_CASE("while there are threads the spare is not used") {
  spare_thread spare;
  REQUIRE(spare.keep());
  for (int i = 0; i < 2; ++i) {
    bool ran = false;
    auto thread = spare.start({.name = "own"}, [&] { ran = own_name() == "own"; });
    REQUIRE(thread);
    thread->join();
    CHECK(ran);
  }
  bool ran = false;
  auto last = spare.start(impossible, [&] { ran = true; });
  REQUIRE(last);
  last->join();
  CHECK(ran);
}

TEST_CASE("the spare runs one body under its name, and another spare can be kept after it") {
  spare_thread spare;
  for (int i = 0; i < 2; ++i) {
    REQUIRE(spare.keep());
    REQUIRE(spare.keep());  // it is there already
    std::string name;
    auto thread = spare.start(impossible, [&] { name = own_name(); });
    REQUIRE(thread);
    CHECK(spare.start(impossible, [] {}).error().code == EAGAIN);
    thread->join();
    CHECK(name == "too-big");
  }
}

TEST_CASE("what a body holds is gone when its thread has been joined") {
  const auto held = std::make_shared<int>(1);
  spare_thread spare;
  REQUIRE(spare.keep());
  auto thread = spare.start(impossible, [held] {});
  REQUIRE(thread);
  thread->join();
  CHECK(held.use_count() == 1);
}

TEST_CASE("internal: a process without threads still has its spare" * doctest::skip()) {
  test::child_begins();
  spare_thread spare;
  for (int i = 0; i < 3; ++i) {
    REQUIRE(spare.keep());
    const test::without_threads alone;
    bool ran = false;
    auto thread = spare.start({.name = "spare"}, [&] { ran = true; });
    REQUIRE(thread);
    thread->join();
    CHECK(ran);
    CHECK_FALSE(spare.keep());
    CHECK_FALSE(spare.start({}, [] {}));
  }
}

TEST_CASE("a process without threads still has its spare") {
  CHECK(test::passes_in_child("internal: a process without threads still has its spare"));
}
