#include "runtime/task/state.hpp"

#include <doctest/doctest.h>

#include "runtime/task/header.hpp"

using namespace tokiod;
using namespace tokiod::task;

namespace {

using state = basic_state<real_policy>;
using slot = join_slot<real_policy, header>;

// A word as a slab starts it: dead, first generation.
struct dead_word {
  alignas(8) std::uint64_t bits = std::uint64_t{1} << 16;
  [[nodiscard]] state& get() { return *reinterpret_cast<state*>(&bits); }
};

header* fake_task(std::uintptr_t n) { return reinterpret_cast<header*>(n * 64); }

}  // namespace

TEST_CASE("a header is one cache line and begins with its state") {
  CHECK(sizeof(header) == 64);
  CHECK(alignof(header) == 64);
  CHECK(offsetof(header, state) == 0);
  CHECK(offsetof(header, next) == offsetof(memory::free_slot, next));
}

TEST_CASE("a dead word refuses every transition from outside") {
  dead_word word;
  for (std::uint64_t generation : {0u, 1u, 2u}) {
    CHECK(word.get().wake(generation) == wake_outcome::gone);
    CHECK(word.get().cancel(generation, cancel_kind::force) == cancel_outcome::gone);
  }
  CHECK(word.bits == std::uint64_t{1} << 16);
}

TEST_CASE("a word of zeroes, as a released slab shows it, is dead to every key") {
  dead_word word{0};
  CHECK(word.get().wake(0) == wake_outcome::gone);
  CHECK(word.get().wake(1) == wake_outcome::gone);
  CHECK(word.get().cancel(0, cancel_kind::ask) == cancel_outcome::gone);
}

TEST_CASE("a spawned task is queued, and a wake before its first poll merges") {
  dead_word word;
  const auto generation = word.get().spawn(false);
  CHECK(word.get().wake(generation) == wake_outcome::merged);
  CHECK(word.get().begin_poll() == begin_outcome::poll);
  CHECK(word.get().end_pending(begin_outcome::poll) == pending_outcome::idle);
}

TEST_CASE("a wake during the poll makes exactly one more") {
  dead_word word;
  const auto generation = word.get().spawn(false);
  CHECK(word.get().begin_poll() == begin_outcome::poll);
  CHECK(word.get().wake(generation) == wake_outcome::merged);
  CHECK(word.get().wake(generation) == wake_outcome::merged);
  CHECK(word.get().end_pending(begin_outcome::poll) == pending_outcome::again);
  CHECK(word.get().begin_poll() == begin_outcome::poll);
  CHECK(word.get().end_pending(begin_outcome::poll) == pending_outcome::idle);
}

TEST_CASE("an idle task is scheduled by the first wake alone") {
  dead_word word;
  const auto generation = word.get().spawn(false);
  (void)word.get().begin_poll();
  CHECK(word.get().end_pending(begin_outcome::poll) == pending_outcome::idle);
  CHECK(word.get().wake(generation) == wake_outcome::schedule);
  CHECK(word.get().wake(generation) == wake_outcome::merged);
}

TEST_CASE("a cancelled task is told at the next poll edge") {
  SUBCASE("queued") {
    dead_word word;
    const auto generation = word.get().spawn(false);
    CHECK(word.get().cancel(generation, cancel_kind::ask) == cancel_outcome::marked);
    CHECK(word.get().begin_poll() == begin_outcome::asked);
  }
  SUBCASE("running") {
    dead_word word;
    const auto generation = word.get().spawn(false);
    (void)word.get().begin_poll();
    CHECK(word.get().cancel(generation, cancel_kind::ask) == cancel_outcome::marked);
    CHECK(word.get().end_pending(begin_outcome::poll) == pending_outcome::cancelled);
    CHECK(word.get().begin_poll() == begin_outcome::asked);
  }
  SUBCASE("idle") {
    dead_word word;
    const auto generation = word.get().spawn(false);
    (void)word.get().begin_poll();
    (void)word.get().end_pending(begin_outcome::poll);
    CHECK(word.get().cancel(generation, cancel_kind::ask) == cancel_outcome::schedule);
    CHECK(word.get().begin_poll() == begin_outcome::asked);
  }
}

TEST_CASE("a task that knows it was asked may wait, and is told when it is forced") {
  dead_word word;
  const auto generation = word.get().spawn(false);
  CHECK(word.get().cancel(generation, cancel_kind::ask) == cancel_outcome::marked);
  CHECK(word.get().cancel(generation, cancel_kind::ask) == cancel_outcome::gone);
  CHECK(word.get().begin_poll() == begin_outcome::asked);
  CHECK(word.get().end_pending(begin_outcome::asked) == pending_outcome::idle);
  CHECK(word.get().cancel(generation, cancel_kind::force) == cancel_outcome::schedule);
  CHECK(word.get().cancel(generation, cancel_kind::ask) == cancel_outcome::gone);
  CHECK(word.get().begin_poll() == begin_outcome::forced);
}

TEST_CASE("without a join handle a finished task is the runner's to bury, and its keys die") {
  dead_word word;
  slot joiner;
  basic_key<header> woken;
  const auto generation = word.get().spawn(false);
  (void)word.get().begin_poll();
  CHECK(word.get().finish(joiner, woken) == finish_outcome::unobserved);
  CHECK(word.get().wake(generation) == wake_outcome::merged);  // late, and overwritten by the next line
  word.get().retire();
  CHECK(word.get().wake(generation) == wake_outcome::gone);
  CHECK(word.get().cancel(generation, cancel_kind::ask) == cancel_outcome::gone);
  const auto next = word.get().spawn(false);
  CHECK(next == generation + 1);
  CHECK(word.get().wake(generation) == wake_outcome::gone);
  CHECK(word.get().wake(next) == wake_outcome::merged);
}

TEST_CASE("generations wrap past zero, which matches no task") {
  constexpr std::uint64_t last = (std::uint64_t{1} << 48) - 1;
  dead_word word{last << 16};
  CHECK(word.get().spawn(false) == last);
  word.get().retire();
  CHECK(word.get().spawn(false) == 1);
}

TEST_CASE("the completion wakes whoever waited last") {
  dead_word word;
  slot joiner;
  basic_key<header> woken;
  const basic_key<header> earlier{fake_task(1), 5};
  const basic_key<header> later{fake_task(2), 6};
  (void)word.get().spawn(true);
  (void)word.get().begin_poll();
  CHECK_FALSE(word.get().poll_complete());
  CHECK(word.get().register_join(joiner, earlier) == join_outcome::registered);
  CHECK(word.get().register_join(joiner, later) == join_outcome::registered);
  CHECK(word.get().finish(joiner, woken) == finish_outcome::wake_joiner);
  CHECK(woken == later);
  CHECK(word.get().poll_complete());
  CHECK(word.get().register_join(joiner, earlier) == join_outcome::complete);
  CHECK(word.get().release_join() == release_outcome::owned);
}

TEST_CASE("asking again with the same waiter changes nothing") {
  dead_word word;
  slot joiner;
  (void)word.get().spawn(true);
  CHECK(word.get().register_join(joiner, {fake_task(1), 5}) == join_outcome::registered);
  const auto before = word.bits;
  CHECK(word.get().register_join(joiner, {fake_task(1), 5}) == join_outcome::registered);
  CHECK(word.bits == before);
}

TEST_CASE("after as many waiters as the version can count, a new one polls by itself") {
  dead_word word;
  slot joiner;
  basic_key<header> woken;
  (void)word.get().spawn(true);
  for (std::uint64_t i = 1; i <= state::join_version::max; ++i) {
    REQUIRE(word.get().register_join(joiner, {fake_task(1), i}) == join_outcome::registered);
  }
  CHECK(word.get().register_join(joiner, {fake_task(2), 1}) == join_outcome::spent);
  CHECK(word.get().finish(joiner, woken) == finish_outcome::wake_joiner);
  CHECK(woken == basic_key<header>{fake_task(1), state::join_version::max});  // the last that was counted
  CHECK(word.get().register_join(joiner, {fake_task(2), 1}) == join_outcome::complete);
}

TEST_CASE("a released join handle detaches a running task") {
  dead_word word;
  slot joiner;
  basic_key<header> woken;
  (void)word.get().spawn(true);
  CHECK(word.get().register_join(joiner, {fake_task(1), 5}) == join_outcome::registered);
  CHECK(word.get().release_join() == release_outcome::detached);
  CHECK(word.get().finish(joiner, woken) == finish_outcome::unobserved);
  CHECK_FALSE(woken);
}

TEST_CASE("a complete task takes no wake and no cancel") {
  dead_word word;
  slot joiner;
  basic_key<header> woken;
  const auto generation = word.get().spawn(true);
  CHECK(word.get().finish(joiner, woken) == finish_outcome::published);
  CHECK(word.get().wake(generation) == wake_outcome::gone);
  CHECK(word.get().cancel(generation, cancel_kind::force) == cancel_outcome::gone);
}
