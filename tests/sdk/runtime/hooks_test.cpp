// What a program hears of the threads and the tasks of its runtime.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "flavors.hpp"
#include "support/eventually.hpp"
#include "tokio/sync.hpp"
#include "tokio/time.hpp"

using namespace std::chrono_literals;
using tokio::spawn;
using tokio::task;
using tokio::runtime::handle;
using tokio::runtime::task_meta;
using tokio::test::both;
using tokio::test::make;
using tokio::test::on_both;

namespace {

// What was heard, in order.
class diary {
 public:
  void note(const char* what, const task_meta& about) {
    const std::lock_guard hold(lock_);
    lines_.push_back(std::string(what) + " " + std::to_string(about.id.value));
  }
  std::vector<std::string> of(tokio::task_id id) const {
    const std::lock_guard hold(lock_);
    std::vector<std::string> found;
    for (const auto& line : lines_)
      if (line.ends_with(" " + std::to_string(id.value))) found.push_back(line.substr(0, line.find(' ')));
    return found;
  }

 private:
  mutable std::mutex lock_;
  std::vector<std::string> lines_;
};

auto writing(diary& into, const char* what) {
  return [&into, what](const task_meta& about) { into.note(what, about); };
}

task<> waits() { co_await tokio::time::sleep(1h); }

}  // namespace

TEST_CASE("[RB-15] a callback at the start and at the end of every worker and blocking thread, inside the runtime") {
  for (const bool one_thread : {true, false}) {
    CAPTURE(one_thread);
    std::atomic<int> started = 0, stopped = 0, inside = 0;
    {
      auto with = both(one_thread);
      with.on_thread_start([&] { FAIL("the last one wins"); });
      with.on_thread_start([&] {
        ++started;
        if (handle::try_current()) ++inside;
      });
      with.on_thread_stop([&] { ++stopped; });
      auto rt = make(with);
      auto job = rt.spawn_blocking([] {});
      CHECK(rt.block_on(job).has_value());
    }
    CHECK(started == (one_thread ? 1 : 3));
    CHECK(inside == started);
    CHECK(stopped == started);
  }
}

TEST_CASE("[RB-16] [RB-17] callbacks around the sleep of a worker, of which the first may make work") {
  on_both([](auto&, bool one_thread) {
    std::atomic<int> parked = 0, woken = 0, ran = 0;
    std::atomic<bool> armed = false;
    auto with = both(one_thread);
    with.on_thread_park([&] {
      ++parked;
      if (armed.exchange(false))
        spawn(
            [](std::atomic<int>& count) -> task<> {
              ++count;
              co_return;
            },
            std::ref(ran))
            .detach();
    });
    with.on_thread_unpark([&] { ++woken; });
    auto rt = make(with);
    rt.block_on([]() -> task<> { co_await tokio::time::sleep(1ms); });
    armed = true;
    // Timers are looked at although the callback kept the worker awake.
    rt.block_on([]() -> task<> {
      auto timed = spawn([]() -> task<> { co_await tokio::time::sleep(1ms); });
      (void)co_await timed;
    });
    // On a busy machine both sleeps above may have been over before anybody parked.
    CHECK(tokiod::test::becomes_true([&] {
      rt.block_on([]() -> task<> { co_await tokio::time::sleep(1ms); });
      return ran == 1;
    }));
    CHECK(parked > 0);
    CHECK(woken > 0);
  });
}

TEST_CASE("[RB-16] a callback that wakes a task at every turn stops neither timers nor the end") {
  on_both([](auto&, bool one_thread) {
    tokio::sync::notify again;
    auto with = both(one_thread);
    with.on_thread_park([&] { again.notify_one(); });
    auto rt = make(with);
    rt.spawn(
          [](tokio::sync::notify& from) -> task<> {
            for (;;) co_await from.notified();
          },
          std::ref(again))
        .detach();
    rt.block_on([]() -> task<> {
      auto timed = spawn([]() -> task<> { co_await tokio::time::sleep(2ms); });
      (void)co_await timed;
    });
  });
}

TEST_CASE("[RB-16] a callback that wakes who waits in block_on does not let him sleep") {
  on_both([](auto&, bool one_thread) {
    tokio::sync::notify bell;
    std::atomic<int> parked = 0;
    auto with = both(one_thread);
    with.on_thread_park([&] {
      if (++parked == 1) bell.notify_one();
    });
    auto rt = make(with);
    const auto before = std::chrono::steady_clock::now();
    rt.block_on([&]() -> task<> { (void)co_await tokio::time::timeout(20s, bell.notified()); });
    CHECK(std::chrono::steady_clock::now() - before < 20s);  // else it was the timer that woke a thread that slept
  });
}

TEST_CASE("[RB-17] whoever was told of a sleep is told of its end, also when the first callback kept it awake") {
  std::atomic<int> parked = 0, woken = 0;
  auto with = both(true);
  with.on_thread_park([&] {
    ++parked;
    spawn([]() -> task<> { co_return; }).detach();
  });
  with.on_thread_unpark([&] { ++woken; });
  auto rt = make(with);
  rt.block_on([]() -> task<> { co_await tokio::time::sleep(2ms); });
  CHECK(parked > 0);
  CHECK(woken == parked);
  CHECK(rt.metrics().worker_park_count(0) == static_cast<std::uint64_t>(parked));
  CHECK(rt.metrics().worker_park_unpark_count(0) == 2 * static_cast<std::uint64_t>(parked));
}

TEST_CASE("[RR-02] [RR-06] a hook may not wait for a runtime, nor say that it blocks, nor drop one") {
  on_both([](auto& other, bool one_thread) {
    std::atomic<int> refused = 0;
    std::optional<handle> own;
    const auto attempts = [&] {
      const auto counts = [&](auto call) {
        try {
          call();
        } catch (const tokio::panic_error&) {
          ++refused;
        }
      };
      counts([&] { own->block_on(tokio::yield_now()); });
      counts([&] { other.block_on(tokio::yield_now()); });
      counts([&] { tokio::block_in_place([] {}); });
      counts([] { auto dropped = make(both(true)); });
    };
    std::atomic<bool> armed = false;
    auto with = both(one_thread);
    with.on_before_task_poll([&](const task_meta&) {
      if (armed.exchange(false)) attempts();
    });
    auto rt = make(with);
    own = rt.handle();
    armed = true;
    auto polled = rt.spawn([]() -> task<> { co_return; });
    CHECK(rt.block_on(polled).has_value());
    CHECK(refused == 4);
    rt.block_on(tokio::yield_now());  // after the hook it is legal again
  });
}

TEST_CASE("[RB-18] [RB-19] [RB-20] [RD-01] hooks of a task: before its spawn, around each poll, at its end; one id") {
  on_both([](auto&, bool one_thread) {
    diary heard;
    auto with = both(one_thread);
    with.on_task_spawn(writing(heard, "spawn")).on_task_terminate(writing(heard, "end"));
    with.on_before_task_poll(writing(heard, "before")).on_after_task_poll(writing(heard, "after"));
    auto rt = make(with);
    auto twice = rt.spawn([]() -> task<> { co_await tokio::yield_now(); });
    const auto id = twice.id();
    CHECK(rt.block_on(twice).has_value());
    CHECK(heard.of(id) == std::vector<std::string>{"spawn", "before", "after", "before", "after", "end"});

    auto panics = rt.spawn([]() -> task<> {
      throw std::runtime_error("on purpose");
      co_return;
    });
    const auto second = panics.id();
    CHECK(rt.block_on(panics).error().is_panic());
    CHECK(heard.of(second) == std::vector<std::string>{"spawn", "before", "after", "end"});

    auto aborted = rt.spawn(waits());
    const auto third = aborted.id();
    aborted.abort();
    CHECK(rt.block_on(aborted).error().is_cancelled());
    CHECK(heard.of(third).front() == "spawn");
    CHECK(heard.of(third).back() == "end");
  });
}

TEST_CASE("[RD-01] a hook is told where a task was spawned, when its line is known, and also after its end") {
  on_both([](auto&, bool one_thread) {
    std::mutex lock;
    std::vector<std::pair<std::string, unsigned>> heard;
    const auto note = [&](const task_meta& about) {
      const std::lock_guard hold(lock);
      if (about.name == "placed") CHECK(about.spawned_at->file == std::string_view(__FILE__));
      heard.emplace_back(std::string(about.name), about.spawned_at ? about.spawned_at->line : 0);
    };
    auto with = both(one_thread);
    with.on_task_spawn(note).on_before_task_poll(note).on_after_task_poll(note).on_task_terminate(note);
    auto rt = make(with);
    unsigned line = 0;
    const auto never = [](tokio::context&) -> tokio::poll<void> { return tokio::pending; };
    rt.block_on([&]() -> task<> {
      line = __LINE__ + 1;
      (void)co_await spawn<"placed">([]() -> task<> { co_return; });
      auto aborted = spawn<"boxed">(tokio::poll_fn(never));
      aborted.abort();
      (void)co_await aborted;
      (void)co_await spawn<"args">([](int) -> task<> { co_return; }, 1);
    });
    const std::lock_guard hold(lock);
    const auto all_of = [&](std::string_view name) {
      std::vector<unsigned> lines;
      for (const auto& [who, at] : heard)
        if (who == name) lines.push_back(at);
      return lines;
    };
    CHECK(all_of("placed") == std::vector<unsigned>(4, line));
    const auto boxed = all_of("boxed");
    CHECK(boxed.size() >= 2);
    CHECK(boxed == std::vector<unsigned>(boxed.size(), line + 1));
    CHECK(all_of("args") == std::vector<unsigned>(4, 0));
  });
}

TEST_CASE("[RB-32] [RD-01] the poll hooks are told how long the task was runnable, when that is tracked") {
  using std::chrono::nanoseconds;
  // Of this flavor, whose worker nobody takes away from a poll.
  std::mutex lock;
  std::vector<std::optional<nanoseconds>> before, after, others;
  const auto into = [&](std::vector<std::optional<nanoseconds>>& all) {
    return [&](const task_meta& about) {
      const std::lock_guard hold(lock);
      all.push_back(about.schedule_latency);
    };
  };
  auto with = both(true);
  with.on_task_spawn(into(others)).on_task_terminate(into(others));
  with.on_before_task_poll(into(before)).on_after_task_poll(into(after));
  auto silent = make(with);
  CHECK(silent.block_on(silent.spawn([]() -> task<> { co_return; })).has_value());
  CHECK(before == std::vector<std::optional<nanoseconds>>(1));
  before.clear(), after.clear();
  auto rt = make(with.track_task_schedule_latency());
  // The sleeper is woken, again and again, while another task keeps the only worker: it has waited since the first.
  std::atomic<bool> asleep = false;
  tokio::waker of_sleeper;
  rt.block_on([&]() -> task<> {
    auto sleeper = spawn(tokio::poll_fn([&](tokio::context& cx) -> tokio::poll<void> {
      if (asleep) return tokio::ready();
      of_sleeper = cx.waker();
      asleep = true;
      return tokio::pending;
    }));
    while (!asleep) co_await tokio::yield_now();
    auto keeps = spawn([&]() -> task<> {
      of_sleeper.wake();
      const auto until = std::chrono::steady_clock::now() + 3ms;
      while (std::chrono::steady_clock::now() < until) of_sleeper.wake();
      co_return;
    });
    (void)co_await keeps;
    (void)co_await sleeper;
  });
  const std::lock_guard hold(lock);
  CHECK(before == after);
  REQUIRE(before.size() == 3);
  CHECK(std::ranges::all_of(before, [](const auto& one) { return one.has_value(); }));
  CHECK(before.back() >= nanoseconds(3ms));
  CHECK(std::ranges::none_of(others, [](const auto& one) { return one.has_value(); }));
}

TEST_CASE("[RB-18] a hook may spawn, and hears of that task, too; names are told") {
  std::atomic<int> depth = 0;
  std::atomic<int> named = 0;
  auto with = both(true);
  with.on_task_spawn([&](const task_meta& about) {
    if (about.name == "first") ++named;
    if (++depth < 4) spawn([]() -> task<> { co_return; }).detach();
  });
  auto rt = make(with);
  auto first = rt.spawn<"first">([]() -> task<> { co_return; });
  CHECK(rt.block_on(first).has_value());
  CHECK(depth == 4);
  CHECK(named == 1);
}

TEST_CASE("[RB-19] the end of a task is told after its future is gone, also at the end of the runtime") {
  std::atomic<int> alive = 0, ended = 0;
  struct counted {
    explicit counted(std::atomic<int>& of) : alive(&of) { ++of; }
    counted(const counted& other) : alive(other.alive) { ++*alive; }
    ~counted() { --*alive; }
    std::atomic<int>* alive;
  };
  {
    auto with = both(false);
    with.on_task_terminate([&](const task_meta&) {
      CHECK(alive == 0);
      ++ended;
    });
    auto rt = make(with);
    rt.spawn([](counted) -> task<> { co_await tokio::time::sleep(1h); }, counted(alive)).detach();
  }
  CHECK(ended == 1);
}

TEST_CASE("[RB-20] a hook that throws is reported, and harms nobody") {
  on_both([](auto&, bool one_thread) {
    auto with = both(one_thread);
    const auto throws = [](const task_meta&) { throw std::runtime_error("a hook, on purpose"); };
    with.on_task_spawn(throws).on_task_terminate(throws).on_before_task_poll(throws).on_after_task_poll(throws);
    auto rt = make(with);
    auto value = rt.spawn([]() -> task<int> { co_return 3; });
    CHECK(rt.block_on(value).value() == 3);
  });
}
