// Destructors that throw while a coroutine's frame goes: they end what awaits, or are reported, and nothing else.
#include <doctest/doctest.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "sdk/task/probe.hpp"
#include "tokio/task/join_set.hpp"
#include "tokio/task/task_tracker.hpp"

using sdk_test::gate;
using sdk_test::tracer;
using tokio::task;
using tokio::test::block_on;
using tokio::test::fake_host;
using tokio::test::hand_poll;

namespace {

// Throws when the last of its moved-from chain is destroyed.
class bomb {
 public:
  explicit bomb(const char* what) : what_(what) {}
  bomb(bomb&& other) noexcept : what_(std::exchange(other.what_, nullptr)) {}
  bomb& operator=(bomb&&) = delete;
  ~bomb() noexcept(false) {
    if (what_) throw std::runtime_error(what_);
  }

 private:
  const char* what_;
};

using text_lines = std::vector<std::string>;

task<int> with_parameter(bomb, tracer) { co_return 1; }
task<> nothing_with_parameter(bomb, tracer) { co_return; }
task<> fails_with_parameter(bomb, tracer) {
  throw std::runtime_error("first");
  co_return;
}
task<> waits_with_parameter(gate& at, bomb, tracer) { co_await at.wait(); }
task<> waits_for(gate& at, bomb&&) { co_await at.wait(); }
task<> waits_with_local(gate& at, tracer) {
  const bomb local("in a local");
  co_await at.wait();
}
task<> waits_with_both(gate& at, bomb, tracer) {
  const bomb local("in a local");
  co_await at.wait();
}

template <class Child>
task<std::string> what_is_caught(Child child) {
  try {
    co_await std::move(child);
  } catch (const std::runtime_error& thrown) {
    co_return thrown.what();
  }
  co_return "nothing";
}

}  // namespace

TEST_CASE("a parameter whose destructor throws throws in the coroutine that awaits, and its frame is gone") {
  fake_host host;
  text_lines gone;
  CHECK(block_on(what_is_caught(with_parameter(bomb("in a parameter"), tracer(gone, "value")))) == "in a parameter");
  CHECK(block_on(what_is_caught(nothing_with_parameter(bomb("in a parameter"), tracer(gone, "void")))) ==
        "in a parameter");
  CHECK_THROWS_WITH_AS(block_on(with_parameter(bomb("at the root"), tracer(gone, "root"))), "at the root",
                       std::runtime_error);
  CHECK(gone == text_lines{"value", "void", "root"});
  CHECK(host.panics.empty());
}

TEST_CASE("an exception of the coroutine itself comes first, what the destructor throws is reported") {
  fake_host host;
  text_lines gone;
  CHECK(block_on(what_is_caught(fails_with_parameter(bomb("second"), tracer(gone, "gone")))) == "first");
  CHECK(gone == text_lines{"gone"});
  CHECK(host.panics == text_lines{"second"});
}

TEST_CASE("a spawned task whose parameter throws ends as panicked, and no other") {
  fake_host host;
  text_lines gone;
  auto bad = tokio::spawn(with_parameter(bomb("in a parameter"), tracer(gone, "gone")));
  auto good = tokio::spawn([]() -> task<int> { co_return 2; });
  auto ended = block_on(bad);
  REQUIRE_FALSE(ended);
  CHECK(ended.error().is_panic());
  CHECK(gone == text_lines{"gone"});
  CHECK(block_on(good) == 2);
  CHECK(host.panics == text_lines{"in a parameter"});
}

TEST_CASE("what is dropped while it waits is gone whatever throws in it, and who dropped it goes on") {
  fake_host host;
  gate at;
  text_lines gone;
  auto outer = [&]() -> task<int> {
    (void)co_await tokio::select(tokio::biased, waits_with_parameter(at, bomb("in a parameter"), tracer(gone, "one")),
                                 tokio::yield_now());
    (void)co_await tokio::select(tokio::biased, waits_with_local(at, tracer(gone, "two")), tokio::yield_now());
    (void)co_await tokio::select(tokio::biased, waits_with_both(at, bomb("in a parameter"), tracer(gone, "three")),
                                 tokio::yield_now());
    co_return 3;
  };
  CHECK(block_on(outer()) == 3);
  CHECK(gone == text_lines{"one", "two", "three"});
  CHECK(host.panics == text_lines{"in a parameter", "in a local", "in a parameter"});
}

TEST_CASE("a child that is dropped with its parent does not continue it when a destructor throws") {
  fake_host host;
  gate at;
  text_lines gone;
  bool went_on = false;
  auto outer = [](gate& where, text_lines& to, bool& reached, tracer) -> task<> {
    const tracer local(to, "outer local");
    co_await waits_with_local(where, tracer(to, "child"));
    reached = true;
  };
  {
    hand_poll waiting(outer(at, gone, went_on, tracer(gone, "outer parameter")));
    CHECK(waiting.poll().is_pending());
  }
  CHECK_FALSE(went_on);
  CHECK(gone == text_lines{"child", "outer local", "outer parameter"});
  CHECK(host.panics == text_lines{"in a local"});
}

TEST_CASE("[TK-12] [B-004] an aborted task whose destructors throw is gone and reported, and its joiner hears of it") {
  fake_host host;
  gate at;
  text_lines gone;
  auto aborted = tokio::spawn(waits_with_both(at, bomb("in a parameter"), tracer(gone, "gone")));
  host.run_until_stalled();
  aborted.abort();
  const auto ended = block_on(aborted);
  REQUIRE_FALSE(ended);
  CHECK(ended.error().is_panic());
  CHECK(ended.error().message() == "a destructor threw while the task was aborted");
  CHECK(gone == text_lines{"gone"});
  CHECK(host.panics.size() == 1);
}

TEST_CASE(
    "[TK-12] the joiner hears of it, too, when a function made the task, in a set, and beside a tracker's token") {
  fake_host host;
  gate at;
  text_lines gone;
  const auto check = [&](const auto& ended) {
    REQUIRE_FALSE(ended);
    CHECK(ended.error().is_panic());
    CHECK(gone == text_lines{"gone"});
    CHECK(host.panics == text_lines{"in a local"});
    gone.clear();
    host.panics.clear();
  };
  auto called = tokio::spawn(waits_with_local, std::ref(at), tracer(gone, "gone"));
  host.run_until_stalled();
  called.abort();
  check(block_on(called));
  tokio::join_set<> set;
  set.spawn(waits_with_local(at, tracer(gone, "gone")));
  host.run_until_stalled();
  set.abort_all();
  check(*block_on(set.join_next()));
  set.spawn(waits_with_local, std::ref(at), tracer(gone, "gone"));
  host.run_until_stalled();
  set.abort_all();
  check(*block_on(set.join_next()));
  const tokio::task_tracker tracker;
  auto tracked = tracker.spawn(waits_with_local(at, tracer(gone, "gone")));
  host.run_until_stalled();
  tracked.abort();
  check(block_on(tracked));
  CHECK(tracker.is_empty());
}

TEST_CASE("[TK-12] a second destructor that throws, of an argument beside the coroutine, is reported") {
  fake_host host;
  gate at;
  auto called = tokio::spawn(
      [](gate& where, bomb&& kept) -> task<> {
        const bomb local("in a local");
        co_await waits_for(where, std::move(kept));
      },
      std::ref(at), bomb("of an argument"));
  host.run_until_stalled();
  called.abort();
  const auto ended = block_on(called);
  REQUIRE_FALSE(ended);
  CHECK(ended.error().is_panic());
  CHECK(host.panics == text_lines{"of an argument", "in a local"});
}

TEST_CASE("[TK-12] an aborted task that nobody waits for may throw in its destructors, too") {
  fake_host host;
  gate at;
  text_lines gone;
  auto aborted = tokio::spawn(waits_with_parameter(at, bomb("in a parameter"), tracer(gone, "gone")));
  const auto abort = aborted.abort_handle();
  aborted.detach();
  host.run_until_stalled();
  abort.abort();
  host.run_until_stalled();
  CHECK(gone == text_lines{"gone"});
  CHECK(host.panics == text_lines{"in a parameter"});
}

TEST_CASE("[TK-13] an output whose destructor may throw is refused by the compiler, so that no host has to catch it") {
  CHECK_FALSE(std::constructible_from<tokio::poll<bomb>, bomb>);
  CHECK(std::constructible_from<tokio::poll<tracer>, tracer>);
}
