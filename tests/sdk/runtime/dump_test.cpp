// Dumps of all tasks of a runtime: rows RD-02, RD-03 and RD-06.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "flavors.hpp"
#include "support/eventually.hpp"
#include "tokio/sync.hpp"
#include "tokio/task/scope.hpp"
#include "tokio/time.hpp"

using namespace std::chrono_literals;
using tokio::spawn;
using tokio::task;
using tokio::runtime::dump;
using tokio::test::both;
using tokio::test::make;
using tokio::test::on_both;
using tokiod::test::becomes_true;

namespace {

using receiver = tokio::sync::oneshot::receiver<int>;
using state = dump::task_state;

// Each writes the line of its co_await to its place, on any worker.
struct lines {
  std::atomic<unsigned> inner{0}, outer{0}, branch{0}, both{0};
};
task<> inner(receiver from, lines& at) {
  at.inner = __LINE__ + 1;
  (void)co_await from;
}
task<> outer(receiver from, lines& at) {
  at.outer = __LINE__ + 1;
  co_await inner(std::move(from), at);
}
task<> branch(lines& at) {
  at.branch = __LINE__ + 1;
  co_await tokio::time::sleep(1h);
}

std::optional<dump::task> find(const dump& all, std::string_view name) {
  const auto found = std::ranges::find(all.tasks(), name, &dump::task::name);
  return found == all.tasks().end() ? std::nullopt : std::optional(*found);
}

std::vector<unsigned> lines_of(const dump::backtrace& line) {
  std::vector<unsigned> all;
  for (const auto& place : line) {
    CHECK(place.file == __FILE__);
    all.push_back(place.line);
  }
  return all;
}
using several = std::vector<std::vector<unsigned>>;
several lines_of(const dump::task& of) {
  several all;
  for (const auto& line : of.backtraces()) all.push_back(lines_of(line));
  return all;
}

// A dump in which the task waits at so many leaves.
dump::task idle(tokio::runtime::runtime& rt, std::string_view name, std::size_t leaves) {
  std::optional<dump::task> found;
  REQUIRE(becomes_true([&] {
    rt.block_on(tokio::yield_now());  // which drives those that have no thread
    found = find(rt.handle().dump(), name);
    return found && found->state() == state::idle && found->backtraces().size() == leaves;
  }));
  return *found;
}

}  // namespace

TEST_CASE("[RD-02] [RD-03] [RD-06] a dump has every task, and of one that waits the awaits of its coroutines") {
  on_both([](auto& rt, bool) {
    auto [tx, rx] = tokio::sync::oneshot::channel<int>();
    lines at;
    unsigned spawned = 0;
    std::optional<tokio::join_handle<void>> waiting;
    rt.block_on([&]() -> task<> {
      auto future = outer(std::move(rx), at);
      spawned = __LINE__ + 1;
      waiting = spawn<"waits">(std::move(future));
      while (at.inner == 0) co_await tokio::yield_now();
    });
    const auto seen = idle(rt, "waits", 1);
    CHECK(seen.id() == waiting->id());
    CHECK(seen.spawned_at()->line == spawned);
    CHECK(lines_of(seen) == several{{at.inner, at.outer}});
    CHECK(seen.backtraces()[0][0].function.find("inner") != std::string_view::npos);
    CHECK(seen.trace()[0].depth == 1);
    (void)std::move(tx).send(1);
    CHECK(rt.block_on(*waiting).has_value());
    CHECK_FALSE(find(rt.handle().dump(), "waits").has_value());
  });
}

TEST_CASE("[RD-03] [RD-06] the branches of select, join, timeout and scope are lines of their own") {
  on_both([](auto& rt, bool) {
    lines at;
    std::vector<tokio::abort_handle> all;
    rt.block_on([&]() -> task<> {
      all.push_back(spawn<"join">(
                        [](lines& to) -> task<> {
                          to.both = __LINE__ + 1;
                          (void)co_await tokio::join(branch(to), tokio::time::sleep(1h), branch(to));
                        },
                        std::ref(at))
                        .abort_handle());
      co_await tokio::yield_now();
    });
    CHECK(lines_of(idle(rt, "join", 3)) == several{{at.branch, at.both}, {at.both}, {at.branch, at.both}});

    lines of_select, of_scope;
    rt.block_on([&]() -> task<> {
      all.push_back(spawn<"select">(
                        [](lines& to) -> task<> {
                          auto timed = tokio::time::timeout(1h, branch(to));
                          to.both = __LINE__ + 1;
                          (void)co_await tokio::select(tokio::biased, timed, branch(to));
                        },
                        std::ref(of_select))
                        .abort_handle());
      all.push_back(spawn<"scope">(
                        [](lines& to) -> task<> {
                          const auto body = [&](tokio::scope_children& children) -> task<> {
                            children.spawn(branch(to)).detach();
                            to.outer = __LINE__ + 1;
                            co_await tokio::time::sleep(1h);
                          };
                          to.both = __LINE__ + 1;
                          co_await tokio::scope(body);
                        },
                        std::ref(of_scope))
                        .abort_handle());
      co_await tokio::yield_now();
    });
    CHECK(lines_of(idle(rt, "select", 2)) ==
          several{{of_select.branch, of_select.both}, {of_select.branch, of_select.both}});
    CHECK(lines_of(idle(rt, "scope", 2)) == several{{of_scope.outer, of_scope.both}, {of_scope.branch, of_scope.both}});
    for (auto& one : all) one.abort();
  });
}

TEST_CASE("[RD-02] [RD-06] a dump polls nothing, and says of what runs or is queued that it does") {
  auto rt = make(both(true));
  auto runs = rt.spawn<"runs">([]() -> task<> {
    auto queued = spawn<"queued">([]() -> task<> { co_return; });
    const auto rt = tokio::runtime::handle::current();
    const auto polls = rt.metrics().worker_poll_count(0);
    const auto seen = rt.dump();
    CHECK(rt.metrics().worker_poll_count(0) == polls);
    const auto running = find(seen, "runs"), waits = find(seen, "queued");
    const bool both = running.has_value() && waits.has_value();
    CHECK(both);
    if (!both) co_return;
    CHECK(running->state() == state::running);
    CHECK(running->trace().empty());
    CHECK(waits->state() == state::queued);
    CHECK(waits->trace().empty());
    co_await std::move(queued);
  });
  CHECK(rt.block_on(runs).has_value());
}

TEST_CASE("[RD-03] what waits and is no coroutine is a line all the same, and a task that waits at too much says so") {
  on_both([](auto& rt, bool) {
    const auto never = [](tokio::context&) -> tokio::poll<void> { return tokio::pending; };
    auto plain = rt.template spawn<"plain">(tokio::poll_fn(never));
    CHECK(lines_of(idle(rt, "plain", 1)) == several{{}});
    auto many = rt.template spawn<"many">([&]() -> task<> {
      co_await tokio::scope([&](tokio::scope_children& children) -> task<> {
        for (int i = 0; i < 5000; ++i) children.spawn(tokio::poll_fn(never)).detach();
        co_return;
      });
    });
    std::optional<dump::task> found;
    CHECK(becomes_true([&] {
      rt.block_on(tokio::yield_now());
      found = find(rt.handle().dump(), "many");
      return found && found->is_cut();
    }));
    plain.abort();
    many.abort();
  });
}

TEST_CASE("[RD-02] a task may dump the runtime that it runs in, and finds itself running") {
  on_both([](auto& rt, bool) {
    auto dumps = rt.template spawn<"dumps">([]() -> task<bool> {
      const auto seen = tokio::runtime::handle::current().dump();
      const auto self = find(seen, "dumps");
      co_return self && self->id() == tokio::this_task::id() && self->state() != state::idle;
    });
    CHECK(rt.block_on(dumps).value());
  });
}

TEST_CASE("[RD-06] no wake is lost to a dump: tasks that ping each other go on while they are dumped") {
  on_both([](auto& rt, bool) {
    constexpr int rounds = 2000;
    std::atomic<bool> over = false;
    std::thread dumps([&, handle = rt.handle()] {
      while (!over) (void)handle.dump();
    });
    auto [to_pong, in_pong] = tokio::sync::mpsc::channel<int>(1);
    auto [to_ping, in_ping] = tokio::sync::mpsc::channel<int>(1);
    const auto echo = [](auto from, auto to) -> task<> {
      while (auto got = co_await from.recv()) (void)co_await to.send(*got + 1);
    };
    auto pong = rt.spawn(echo, std::move(in_pong), std::move(to_ping));
    auto ping = rt.spawn(
        [](auto from, auto to) -> task<int> {
          int last = 0;
          for (int i = 0; i < rounds; ++i) {
            (void)co_await to.send(last);
            last = *co_await from.recv();
          }
          co_return last;
        },
        std::move(in_ping), std::move(to_pong));
    CHECK(rt.block_on(ping).value() == rounds);
    CHECK(rt.block_on(pong).has_value());
    over = true;
    dumps.join();
  });
}

TEST_CASE("[RD-02] a task that is aborted, or whose runtime ends, while it is dumped is destroyed all the same") {
  for (int round = 0; round < 20; ++round) {
    std::atomic<bool> over = false;
    std::optional<std::thread> dumps;
    {
      lines at;  // outlives the runtime: a task may begin after the last line below
      auto rt = make(both(round % 2 == 0));
      for (int i = 0; i < 50; ++i) rt.spawn(branch(at)).detach();
      rt.block_on(tokio::yield_now());
      dumps.emplace([&, handle = rt.handle()] {
        while (!over) (void)handle.dump();
      });
      auto aborted = rt.spawn(branch(at));
      aborted.abort();
      CHECK(rt.block_on(aborted).error().is_cancelled());
    }
    over = true;
    dumps->join();
  }
}
