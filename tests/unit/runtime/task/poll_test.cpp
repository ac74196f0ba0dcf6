// Whole lives of tasks, polled by hand.
#include "runtime/task/poll.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "runtime/task/registry.hpp"
#include "support/hand_task.hpp"

using namespace tokiod;
using namespace tokiod::task;
using test::workshop;

namespace {

constexpr spawn_options with_join{.with_join_handle = true, .home = 0, .kind = {}};

test::poll_function always(poll_result what) {
  return [what](header&, context&) { return what; };
}

}  // namespace

TEST_CASE("a detached task is destroyed and freed when it is ready") {
  workshop shop;
  shop.spawn(always(poll_result::ready));
  shop.run_all();
  CHECK(shop.drops == 1);
  CHECK(shop.scheduler.freed == 1);
  CHECK(shop.scheduler.mine.tasks.completed.read() == 1);
  CHECK(shop.scheduler.mine.tasks.polls.read() == 1);
}

TEST_CASE("a pending task is polled again once for all wakes that came meanwhile") {
  workshop shop;
  int polls = 0;
  const key task =
      shop.spawn([&](header&, context&) { return ++polls < 3 ? poll_result::pending : poll_result::ready; });
  shop.run_all();
  CHECK(polls == 1);
  wake(task);
  wake(task);
  wake(task);
  shop.run_all();
  CHECK(polls == 2);
  wake(task);
  shop.run_all();
  CHECK(polls == 3);
  wake(task);
  CHECK(shop.scheduler.queue.empty());
  CHECK(shop.drops == 1);
}

TEST_CASE("a task that wakes itself is polled again behind the others") {
  workshop shop;
  std::vector<int> order;
  const auto twice = [&](int name) {
    return [&order, name, polls = 0](header& t, context&) mutable {
      order.push_back(name);
      if (++polls == 2) return poll_result::ready;
      wake(key{&t, basic_state<real_policy>::generation_of(t.state.load())});
      return poll_result::pending;
    };
  };
  shop.spawn(twice(1));
  shop.spawn(twice(2));
  shop.run_all();
  CHECK(order == std::vector<int>{1, 2, 1, 2});
}

TEST_CASE("[SC-08] a yield goes behind the others and needs no wake") {
  workshop shop;
  std::vector<int> order;
  const auto twice = [&](int name) {
    return [&order, name, polls = 0](header&, context&) mutable {
      order.push_back(name);
      return ++polls == 2 ? poll_result::ready : poll_result::yielded;
    };
  };
  shop.spawn(twice(1));
  shop.spawn(twice(2));
  shop.run_all();
  CHECK(order == std::vector<int>{1, 2, 1, 2});
  CHECK(shop.scheduler.mine.tasks.yields.read() == 2);
}

TEST_CASE("a completed body lives until its join handle is released") {
  workshop shop;
  const key task = shop.spawn(always(poll_result::ready), with_join);
  CHECK_FALSE(task.task->state.poll_complete());
  shop.run_all();
  CHECK(shop.drops == 0);
  CHECK(poll_join(*task.task, task, shop.scheduler) == join_poll::complete);
  CHECK(end_of(*task.task) == end_kind::completed);
  release_join(*task.task, shop.scheduler);
  CHECK(shop.drops == 1);
  CHECK(shop.scheduler.freed == 1);
}

TEST_CASE("the completion wakes the joining task") {
  workshop shop;
  const key child = shop.spawn(
      [first = true](header&, context&) mutable {
        return std::exchange(first, false) ? poll_result::pending : poll_result::ready;
      },
      with_join);
  int parent_polls = 0;
  shop.spawn([&](header& t, context&) {
    ++parent_polls;
    const key me{&t, basic_state<real_policy>::generation_of(t.state.load())};
    if (poll_join(*child.task, me, shop.scheduler) == join_poll::pending) return poll_result::pending;
    release_join(*child.task, shop.scheduler);
    return poll_result::ready;
  });
  shop.run_all();
  CHECK(parent_polls == 1);
  wake(child);
  shop.run_all();
  CHECK(parent_polls == 2);
  CHECK(shop.drops == 2);
}

TEST_CASE("a panicked task's body and its message stay for the join handle") {
  workshop shop;
  const key task = shop.spawn(
      [](header&, context& cx) {
        cx.panic_message = "a message that is too long to fit in a small string";
        return poll_result::panicked;
      },
      with_join);
  shop.run_all();
  CHECK(shop.drops == 0);
  CHECK(shop.context.panic_message.empty());
  REQUIRE(poll_join(*task.task, task, shop.scheduler) == join_poll::complete);
  CHECK(end_of(*task.task) == end_kind::panicked);
  CHECK(panic_message_of(*task.task) == "a message that is too long to fit in a small string");
  release_join(*task.task, shop.scheduler);
  CHECK(shop.drops == 1);
  CHECK(shop.scheduler.freed == 1);
}

TEST_CASE("a panic without a message and without a join handle leaves nothing behind") {
  workshop shop;
  shop.spawn(always(poll_result::panicked));
  const key task = shop.spawn(always(poll_result::panicked), with_join);
  shop.run_all();
  CHECK(panic_message_of(*task.task).empty());
  release_join(*task.task, shop.scheduler);
  CHECK(shop.drops == 2);
  CHECK(shop.scheduler.freed == 2);
  CHECK(shop.scheduler.mine.tasks.panicked.read() == 2);
}

TEST_CASE("cancelling never destroys the body in the cancelling thread") {
  workshop shop;
  const key task = shop.spawn(always(poll_result::pending));
  shop.run_all();
  cancel(task, cancel_kind::ask);
  CHECK(shop.drops == 0);
  CHECK(shop.scheduler.queue.size() == 1);
  shop.run_all();
  CHECK(shop.drops == 1);
  CHECK(shop.scheduler.mine.tasks.polls.read() == 1);
  CHECK(shop.scheduler.mine.tasks.cancelled.read() == 1);
}

TEST_CASE("a task that is ready when it is cancelled is completed") {
  workshop shop;
  const key task = shop.spawn(
      [](header& t, context&) {
        cancel(key{&t, basic_state<real_policy>::generation_of(t.state.load())}, cancel_kind::force);
        return poll_result::ready;
      },
      with_join);
  shop.run_all();
  CHECK(end_of(*task.task) == end_kind::completed);
  release_join(*task.task, shop.scheduler);
}

TEST_CASE("a graceful task is polled on, told that it was cancelled, until it is ready") {
  workshop shop;
  std::vector<bool> told;
  const key task = shop.spawn(
      [&](header&, context& cx) {
        told.push_back(cx.cancelled);
        return told.size() < 4 ? poll_result::pending : poll_result::ready;
      },
      {.with_join_handle = true, .home = 0, .kind = {.graceful = true}});
  shop.run_all();
  cancel(task, cancel_kind::ask);
  shop.run_all();
  wake(task);
  shop.run_all();
  wake(task);
  shop.run_all();
  CHECK(told == std::vector<bool>{false, true, true, true});
  CHECK(end_of(*task.task) == end_kind::completed);
  release_join(*task.task, shop.scheduler);
}

TEST_CASE("a graceful task that is cancelled while it runs gets one more poll, in which it is told") {
  workshop shop;
  std::vector<bool> told;
  shop.spawn(
      [&](header& t, context& cx) {
        told.push_back(cx.cancelled);
        if (told.size() == 2) return poll_result::ready;
        cancel(key{&t, basic_state<real_policy>::generation_of(t.state.load())}, cancel_kind::ask);
        return poll_result::pending;
      },
      {.with_join_handle = false, .home = 0, .kind = {.graceful = true}});
  shop.run_all();
  CHECK(told == std::vector<bool>{false, true});
}

TEST_CASE("a graceful task that does not stop is ended by force") {
  workshop shop;
  const key task =
      shop.spawn(always(poll_result::pending), {.with_join_handle = false, .home = 0, .kind = {.graceful = true}});
  shop.run_all();
  cancel(task, cancel_kind::ask);
  shop.run_all();
  CHECK(shop.drops == 0);
  cancel(task, cancel_kind::force);
  shop.run_all();
  CHECK(shop.drops == 1);
}

TEST_CASE("a body may wake, cancel and ask for its own task while it is destroyed") {
  workshop shop;
  shop.on_drop = [&](header& t) {
    const key me{&t, basic_state<real_policy>::generation_of(t.state.load())};
    wake(me);
    cancel(me, cancel_kind::force);
  };
  shop.spawn(always(poll_result::ready));
  const key cancelled = shop.spawn(always(poll_result::pending));
  cancel(cancelled, cancel_kind::ask);
  shop.run_all();
  CHECK(shop.scheduler.queue.empty());
  CHECK(shop.drops == 2);
  CHECK(shop.scheduler.freed == 2);
}

TEST_CASE("a stale key does nothing to the next task in its slot") {
  workshop shop;
  const key stale = shop.spawn(always(poll_result::ready));
  shop.run_all();
  const key fresh = shop.spawn(always(poll_result::pending));
  REQUIRE(fresh.task == stale.task);
  shop.run_all();
  wake(stale);
  cancel(stale, cancel_kind::force);
  CHECK(shop.scheduler.queue.empty());
  cancel(fresh, cancel_kind::ask);
  shop.run_all();
  CHECK(shop.drops == 2);
}

TEST_CASE("the registry shows live tasks with id and kind, and no others") {
  workshop shop;
  const key one = shop.spawn(always(poll_result::pending));
  shop.spawn(always(poll_result::ready));
  const key three = shop.spawn(always(poll_result::ready), with_join);
  shop.run_all();
  std::vector<sighting> seen;
  for_each_task(shop.heap(), [&](const sighting& s) { seen.push_back(s); });
  REQUIRE(seen.size() == 2);
  for (const auto& s : seen) {
    CHECK(s.about == &shop);
    CHECK(s.id == s.which.task->id.load(relaxed));
    CHECK((s.which == one || s.which == three));
    CHECK(basic_state<real_policy>::is_complete(s.word) == (s.which == three));
  }
  CHECK(seen[0].id != seen[1].id);
  CHECK(cancel_all(shop.heap(), cancel_kind::ask) == 1);
  CHECK(cancel_all(shop.heap(), cancel_kind::ask) == 0);
  shop.run_all();
  release_join(*three.task, shop.scheduler);
  for_each_task(shop.heap(), [&](const sighting&) { FAIL("a task is still shown as live"); });
}

TEST_CASE("a prepared task that is discarded leaves no trace") {
  workshop shop;
  static constexpr body_ops never_run{nullptr, nullptr};
  header& prepared = **prepare(shop.local(), never_run, nullptr, 100);
  const auto generation = prepared.state.prepared_generation();
  for_each_task(shop.heap(), [&](const sighting&) { FAIL("a prepared task is shown as live"); });
  discard(prepared, shop.local());
  header& again = **prepare(shop.local(), never_run, nullptr, 100);
  CHECK(&again == &prepared);
  CHECK(again.state.prepared_generation() == generation);
  discard(again, shop.local());
}

TEST_CASE("a walk beside a busy worker sees whole tasks only") {
  workshop shop;
  std::atomic<bool> over{false};
  std::thread worker([&] {
    for (int i = 0; i < 20'000; ++i) {
      shop.spawn(always(poll_result::ready));
      shop.spawn(always(poll_result::ready), with_join);
      header& joined = *shop.scheduler.queue.back();
      shop.run_all();
      release_join(joined, shop.scheduler);
    }
    over.store(true, release);
  });
  task_id newest = 0;
  int foreign = 0;
  while (!over.load(acquire)) {
    for_each_task(shop.heap(), [&](const sighting& s) {
      newest = std::max(newest, s.id);
      foreign += s.about != &shop || s.id == 0;
    });
  }
  worker.join();
  CHECK(foreign == 0);
  CHECK(newest <= 40'000);
}

TEST_CASE("a task without a body can still say why it panicked") {
  workshop shop;
  static constexpr body_ops ops{[](header&, context& cx) noexcept {
                                  cx.panic_message = "nothing to hold it";
                                  return poll_result::panicked;
                                },
                                [](header&) noexcept {}};
  header& task = **prepare(shop.local(), ops, nullptr, 0);
  spawn(task, 1, with_join);
  shop.scheduler.schedule(task);
  shop.run_all();
  CHECK(panic_message_of(task) == "nothing to hold it");
  release_join(task, shop.scheduler);
}

TEST_CASE("a task with a body of a megabyte lives like any other") {
  workshop shop;
  static constexpr body_ops ops{[](header& t, context&) noexcept {
                                  std::memset(body_of(t), 1, std::size_t{1} << 20);
                                  return poll_result::ready;
                                },
                                [](header&) noexcept {}};
  header& large = **prepare(shop.local(), ops, nullptr, std::size_t{1} << 20);
  const key stale = spawn(large, 1, {});
  shop.scheduler.schedule(large);
  shop.run_all();
  CHECK(shop.heap().charged_bytes() == 0);  // a run of this size is not kept
  wake(stale);
  CHECK(shop.scheduler.queue.empty());
}

TEST_CASE("ids are unique across cores") {
  id_source source;
  id_block one;
  id_block two;
  std::vector<task_id> seen;
  for (std::uint64_t i = 0; i < 2 * id_block::size + 1; ++i) {
    seen.push_back(one.take(source));
    seen.push_back(two.take(source));
  }
  std::sort(seen.begin(), seen.end());
  CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
  CHECK(seen.front() != 0);
}

TEST_CASE("a budget is spent one operation at a time and refilled whole") {
  coop_budget budget;
  for (int i = 0; i < coop_budget::full; ++i) REQUIRE(budget.spend());
  CHECK_FALSE(budget.spend());
  CHECK(budget.exhausted());
  budget.refill();
  CHECK(*budget.raw() == coop_budget::full);
  *budget.raw() = 0;
  CHECK_FALSE(budget.spend());
}
