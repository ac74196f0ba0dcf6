// The task word: wake, poll, cancel, join, detach and reuse, against each other.
#include "task_model.hpp"

#include <doctest/doctest.h>

#include "explorer/expect.hpp"
#include "runtime/task/registry.hpp"

using namespace tokiod;
using namespace tokiod::model;
using task::cancel_kind;
using task::end_kind;
using task::join_poll;

namespace {

constexpr bounds deep{.preemptions = 3, .stale_reads = 3};
constexpr task::spawn_options with_join{.with_join_handle = true, .home = 0, .kind = {}};
constexpr task::spawn_options graceful{.with_join_handle = false, .home = 0, .kind = {.graceful = true}};

// A runner and two wakers. Each waker leaves a note before its wake; the task is ready when it has seen both.
void two_wakes_in(task_world& world) {
  atomic<int> notes[2];
  const task_key subject = world.spawn(0, [&](task_header&, task::context&) {
    const bool both = notes[0].load(relaxed) == 1 && notes[1].load(relaxed) == 1;
    return both ? poll_result::ready : poll_result::pending;
  });
  const auto wake = [&](std::size_t note) {
    notes[note].store(1, relaxed);
    world.wake(subject);
  };
  thread one([&] { wake(0); });
  thread two([&] { wake(1); });
  world.run(*subject.task);
  one.join();
  two.join();
  world.check_ended(0);
}

void two_wakes() {
  task_world world;
  two_wakes_in(world);
}

// The same with a stamp for the task whenever it becomes runnable: the poll that follows is told of it, once. The last
// poll may be the one that a stamp announced, so every stamp is told when the task has ended.
void two_wakes_with_stamps() {
  task_world world;
  world.stamp_all();
  two_wakes_in(world);
  check(world.body(0).told.get() == world.body(0).stamps.get(), "a stamp was not told, or twice");
}

// A task that would wait for ever is cancelled while it is polled and woken. What the canceller did before is seen by
// the destruction of the body.
void cancel_against_poll_and_wake() {
  task_world world;
  cell<int> note{0};
  world.body(0).on_drop = [&] { check(note.get() == 1, "what came before the cancel is missing"); };
  const task_key subject = world.spawn(0, [](task_header&, task::context&) { return poll_result::pending; });
  thread canceller([&] {
    note.set(1);
    world.cancel(subject, cancel_kind::ask);
  });
  thread waker([&] { world.wake(subject); });
  world.run(*subject.task);
  canceller.join();
  waker.join();
  world.check_ended(0);
}

// It ends by itself or by the cancel, whichever is first, and the reason says which.
void cancel_against_completion() {
  task_world world;
  bool completed = false;
  const task_key subject = world.spawn(
      0,
      [&](task_header&, task::context&) {
        completed = true;
        return poll_result::ready;
      },
      with_join);
  thread canceller([&] { world.cancel(subject, cancel_kind::ask); });
  world.run(*subject.task);
  check((task::end_of(*subject.task) == end_kind::completed) == completed, "the reason is not what happened");
  world.release_join(subject);
  canceller.join();
  world.check_ended(0);
}

// Asked once, a graceful task goes on until it is woken; forced, it ends although nobody wakes it.
void graceful_then_forced() {
  task_world world;
  const task_key subject = world.spawn(0, [](task_header&, task::context&) { return poll_result::pending; }, graceful);
  thread asks([&] { world.cancel(subject, cancel_kind::ask); });
  thread forces([&] { world.cancel(subject, cancel_kind::force); });
  world.run(*subject.task);
  asks.join();
  forces.join();
  world.check_ended(0);
}

// A graceful task that is asked is polled once more and told so, however the ask meets its first poll.
void graceful_is_told() {
  task_world world;
  const task_key subject = world.spawn(
      0, [](task_header&, task::context& cx) { return cx.cancelled ? poll_result::ready : poll_result::pending; },
      graceful);
  thread asks([&] { world.cancel(subject, cancel_kind::ask); });
  world.run(*subject.task);
  asks.join();
  world.check_ended(0);
}

// The parent waits for the child's result and releases it.
poll_result await(task_world& world, task_key child, task_header& parent, cell<int>& result) {
  if (world.poll_join(child, task_world::key_of(parent)) == join_poll::pending) return poll_result::pending;
  check(task::end_of(*child.task) == end_kind::completed, "the end is missing");
  check(result.get() == 42, "the result is missing");
  world.release_join(child);
  return poll_result::ready;
}

void join_against_completion() {
  task_world world;
  cell<int> result{0};
  const task_key child = world.spawn(
      0,
      [&](task_header&, task::context&) {
        result.set(42);
        return poll_result::ready;
      },
      with_join);
  const task_key parent =
      world.spawn(1, [&](task_header& t, task::context&) { return await(world, child, t, result); });
  thread joins([&] { world.run(*parent.task); });
  world.run(*child.task);
  joins.join();
  world.check_ended(0);
  world.check_ended(1);
}

// The handle moves to another task after it waited: the completion must wake the second, and may wake the first.
void join_moves(int moves) {
  task_world world;
  cell<int> result{0};
  const task_key child = world.spawn(
      0,
      [&](task_header&, task::context&) {
        result.set(42);
        return poll_result::ready;
      },
      with_join);
  const task_key former = world.spawn(1, [](task_header&, task::context&) { return poll_result::pending; });
  const task_key latter =
      world.spawn(2, [&](task_header& t, task::context&) { return await(world, child, t, result); });
  thread joins([&] {
    for (int i = 0; i < moves; ++i) {
      if (world.poll_join(child, {former.task, former.generation + static_cast<std::uint64_t>(i % 2)}) ==
          join_poll::complete) {
        break;
      }
    }
    world.run(*latter.task);
  });
  world.run(*child.task);
  joins.join();
  world.check_ended(0);
  world.check_ended(2);
  world.run(*former.task);  // it still was queued; end it
  world.cancel(former, cancel_kind::ask);
  world.check_ended(1);
}

// The handle is released while the task ends: one of the two destroys the body, and sees it whole.
void detach_against_completion() {
  task_world world;
  const task_key subject = world.spawn(0, [](task_header&, task::context&) { return poll_result::ready; }, with_join);
  thread detaches([&] { world.release_join(subject); });
  world.run(*subject.task);
  detaches.join();
  world.check_ended(0);
}

void detach_against_cancel_and_completion() {
  task_world world;
  const task_key subject = world.spawn(0, [](task_header&, task::context&) { return poll_result::pending; }, with_join);
  thread detaches([&] { world.release_join(subject); });
  thread cancels([&] { world.cancel(subject, cancel_kind::ask); });
  world.run(*subject.task);
  detaches.join();
  cancels.join();
  world.check_ended(0);
}

// The slot has `tenants` tasks one after the other while keys of the first still wake and cancel.
void reuse_against_stale_keys(int tenants) {
  task_world world;
  const task_key stale = world.spawn(0, [](task_header&, task::context&) { return poll_result::ready; });
  thread wakes([&] { world.wake(stale); });
  thread cancels([&] { world.cancel(stale, cancel_kind::force); });
  world.run(*stale.task);
  for (int i = 1; i < tenants; ++i) {
    const int polls_before = world.body(0).polls.get();
    bool over = false;
    const task_key next = world.spawn(
        0, [&over](task_header&, task::context&) { return over ? poll_result::ready : poll_result::pending; });
    world.run(*next.task);
    check(world.body(0).drops.get() == i, "a stale key cancelled the next task");
    check(world.body(0).polls.get() == polls_before + 1, "a stale key woke the next task");
    over = true;
    world.wake(next);
  }
  wakes.join();
  cancels.join();
  world.check_ended(0, tenants);
}

// What a walker is told of a task was true of one task.
void walk_against_reuse() {
  task_world world;
  const auto one_poll = [](task_header&, task::context&) { return poll_result::ready; };
  const task_key tenant = world.spawn(0, one_poll);
  thread walks([&] {
    task::basic_sighting<task_policy> seen;
    if (!task::look_at(*tenant.task, seen)) return;
    check(seen.id == 100 + seen.which.generation, "the id of one task with the generation of another");
    check(seen.about == task_world::about(seen.which.generation),
          "the kind of one task with the generation of another");
  });
  world.run(*tenant.task);
  world.run(*world.spawn(0, one_poll).task);
  walks.join();
  world.check_ended(0, 2);
}

// The body of a task that waits is read while it is woken: no poll comes between, and no wake is lost.
void look_against_wake_and_poll() {
  task_world world;
  atomic<int> note{0};
  const task_key subject = world.spawn(0, [&](task_header&, task::context&) {
    return note.load(relaxed) == 1 ? poll_result::ready : poll_result::pending;
  });
  thread looks([&] { (void)world.look(subject); });
  thread wakes([&] {
    note.store(1, relaxed);
    world.wake(subject);
  });
  world.run(*subject.task);
  looks.join();
  wakes.join();
  world.check_ended(0);
}

// The same beside a cancel; a graceful task that knows of it is not told again by the reader.
void look_against_cancel(task::spawn_options options) {
  task_world world;
  const task_key subject = world.spawn(0, [](task_header&, task::context&) { return poll_result::pending; }, options);
  thread looks([&] { (void)world.look(subject); });
  thread cancels([&] { world.cancel(subject, cancel_kind::force); });
  world.run(*subject.task);
  looks.join();
  cancels.join();
  world.check_ended(0);
}

// Whoever looks for a task that has ended does not hold its slot's next tenant.
void look_against_reuse() {
  task_world world;
  const auto one_poll = [](task_header&, task::context&) { return poll_result::ready; };
  const task_key first = world.spawn(0, one_poll);
  thread looks([&] { check(!world.look(first), "a task that never waits was held"); });
  world.run(*first.task);
  bool over = false;
  const task_key next = world.spawn(
      0, [&over](task_header&, task::context&) { return over ? poll_result::ready : poll_result::pending; });
  world.run(*next.task);
  looks.join();
  over = true;
  world.wake(next);
  world.check_ended(0, 2);
}

// Two look at once while it is woken.
void two_looks() {
  task_world world;
  atomic<int> note{0};
  const task_key subject = world.spawn(0, [&](task_header&, task::context&) {
    return note.load(relaxed) == 1 ? poll_result::ready : poll_result::pending;
  });
  world.run(*subject.task);
  thread looks([&] { (void)world.look(subject); });
  thread wakes([&] {
    note.store(1, relaxed);
    world.wake(subject);
  });
  (void)world.look(subject);
  looks.join();
  wakes.join();
  world.check_ended(0);
}

// What was asked of a graceful task before is no news to whoever gives it back.
void look_after_ask() {
  task_world world;
  bool over = false;
  const task_key subject = world.spawn(
      0, [&](task_header&, task::context&) { return over ? poll_result::ready : poll_result::pending; }, graceful);
  world.run(*subject.task);
  world.cancel(subject, cancel_kind::ask);
  const int polls = world.body(0).polls.get();
  check(world.look(subject), "a task that waits is not idle");
  check(world.body(0).polls.get() == polls, "a look made a poll");
  over = true;
  world.wake(subject);
  check(!world.look(subject), "what is over was read");
  world.check_ended(0);
}

using change = mutant::change;

const equivalents same{
    {change::blind, "end_pending", "load", "a word of nothing is never there: the CAS behind it fails and reads again"},
    {change::blind, "release_join", "load",
     "a word of nothing is never there: the CAS behind it fails and reads again"},
};

}  // namespace

TEST_CASE("two wakes during a poll are both seen") { passes(deep, two_wakes); }
TEST_CASE("a cancel ends a waiting task beside a poll and a wake") { passes(deep, cancel_against_poll_and_wake); }
TEST_CASE("a cancel and a completion agree on the end") { passes(cancel_against_completion); }
TEST_CASE("a graceful task is ended by force when it was only asked before") { passes(deep, graceful_then_forced); }
TEST_CASE("a graceful task is told that it was asked") { passes(graceful_is_told); }
TEST_CASE("a join sees the result and is woken") { passes(deep, join_against_completion); }
TEST_CASE("a stamp is told to the poll that follows, and no wake is lost for it") { passes(two_wakes_with_stamps); }
TEST_CASE("a join handle that moves wakes the task that waited last") {
  passes(deep, [] { join_moves(1); });
}
TEST_CASE("a join handle that moves more often than the word can count still ends") {
  passes(deep, [] { join_moves(4); });
}
TEST_CASE("a released handle and the completion destroy the body once") { passes(detach_against_completion); }
TEST_CASE("a released handle, a cancel and a poll destroy the body once") {
  passes(deep, detach_against_cancel_and_completion);
}
TEST_CASE("stale keys never reach the next tenants of a slot") {
  passes(deep, [] { reuse_against_stale_keys(2); });
  passes([] { reuse_against_stale_keys(3); });
}
TEST_CASE("a generation that wraps while a key is kept is what 48 bits are for") {
  fails("", [] { reuse_against_stale_keys(4); });  // woken, cancelled or polled twice at once, whichever comes first
}
TEST_CASE("a walker is told of one task at a time") { passes(walk_against_reuse); }

TEST_CASE("[RD-06] a body that waits is read without a poll, and neither a wake nor a cancel is lost for it") {
  passes(deep, look_against_wake_and_poll);
  passes(deep, [] { look_against_cancel({}); });
  passes(deep, [] { look_against_cancel(graceful); });
  passes(look_after_ask);
  passes(deep, look_against_reuse);
  passes(two_looks);
}

TEST_CASE("each order and each write of the task word is needed") {
  using enum mutant::change;
  catches({.how = weaken, .function = "begin_poll", .operation = "fetch_and"}, two_wakes);
  catches({.how = weaken, .function = "wake", .operation = "cas"}, two_wakes);
  catches({.how = drop_write, .function = "wake", .operation = "cas"}, two_wakes);
  catches({.how = drop_write, .function = "end_pending", .operation = "cas"}, two_wakes);
  catches({.how = split, .function = "end_pending", .operation = "cas"}, two_wakes);
  catches({.how = split, .function = "wake", .operation = "cas"}, two_wakes);
  catches({.how = weaken, .function = "end_pending", .operation = "cas"}, two_wakes);
  catches({.how = weaken, .function = "begin_poll", .operation = "load"}, cancel_against_poll_and_wake);
  catches({.how = weaken, .function = "end_pending", .operation = "load"}, cancel_against_poll_and_wake);
  catches({.how = drop_write, .function = "wake", .operation = "cas"}, two_wakes_with_stamps);
  catches({.how = weaken, .function = "wake", .operation = "cas"}, two_wakes_with_stamps);
  catches({.how = drop_write, .function = "cancel", .operation = "cas"}, cancel_against_poll_and_wake);
  catches({.how = split, .function = "cancel", .operation = "cas"}, cancel_against_poll_and_wake);
  catches({.how = weaken, .function = "cancel", .operation = "cas"}, cancel_against_poll_and_wake);
  catches({.how = weaken, .function = "finish", .operation = "cas"}, join_against_completion);
  catches({.how = weaken, .function = "finish", .operation = "load"}, detach_against_cancel_and_completion);
  catches({.how = split, .function = "finish", .operation = "cas"}, join_against_completion);
  catches({.how = weaken, .function = "set_waiting", .operation = "cas"}, join_against_completion);
  catches({.how = drop_write, .function = "set_waiting", .operation = "cas"}, join_against_completion);
  catches({.how = drop_write, .function = "set_waiting", .operation = "cas"}, [] { join_moves(1); });
  catches({.how = split, .function = "set_waiting", .operation = "cas"}, [] { join_moves(1); });
  catches({.how = weaken, .function = "register_join", .operation = "load"}, join_against_completion);
  catches({.how = weaken, .function = "release_join", .operation = "load"}, detach_against_completion);
  catches({.how = weaken, .function = "release_join", .operation = "cas"}, detach_against_cancel_and_completion);
  catches({.how = weaken, .function = "claim", .operation = "cas"}, look_against_wake_and_poll);
  catches({.how = drop_write, .function = "claim", .operation = "cas"}, look_against_wake_and_poll);
  catches({.how = split, .function = "claim", .operation = "cas"}, look_against_wake_and_poll);
  catches({.how = weaken, .function = "end_pending", .operation = "cas"}, look_against_wake_and_poll);
  catches({.how = drop_write, .function = "retire", .operation = "store"}, [] { reuse_against_stale_keys(2); });
  catches({.how = weaken, .function = "look_at", .operation = "load"}, walk_against_reuse);
  catches({.how = weaken, .function = "spawn", .operation = "store"}, walk_against_reuse);
}
