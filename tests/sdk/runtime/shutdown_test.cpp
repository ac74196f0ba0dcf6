// How a runtime ends: what is waited for, what is destroyed, what is answered afterwards.
#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "flavors.hpp"
#include "support/eventually.hpp"
#include "support/temp_dir.hpp"
#include "tokio/fs.hpp"
#include "tokio/net.hpp"
#include "tokio/sync.hpp"
#include "tokio/time.hpp"

using namespace std::chrono_literals;
using tokio::spawn;
using tokio::task;
using tokio::test::both;
using tokio::test::make;
using tokio::test::on_both;
using tokiod::test::becomes_true;

namespace {

// Counts those alive, on any thread.
struct counted {
  explicit counted(std::atomic<int>& alive) : alive_(&alive) { ++*alive_; }
  counted(const counted& other) : alive_(other.alive_) { ++*alive_; }
  counted& operator=(const counted&) = delete;
  ~counted() { --*alive_; }
  std::atomic<int>* alive_;
};

task<> wait_for_ever(counted) { co_await tokio::time::sleep(1h); }
task<> yield_for_ever(counted) {
  for (;;) co_await tokio::yield_now();
}

// Lets blocking jobs go on when the test says so.
struct gate {
  std::atomic<bool> open{false}, entered{false};
  void pass() {
    entered = true;
    while (!open) std::this_thread::yield();
  }
};

}  // namespace

TEST_CASE("[RR-06] the end of a runtime destroys its tasks: those that wait, yield, and were never polled") {
  for (const bool one_thread : {true, false}) {
    CAPTURE(one_thread);
    std::atomic<int> alive = 0;
    {
      auto rt = make(both(one_thread));
      for (int i = 0; i < 100; ++i) {
        rt.spawn(wait_for_ever, counted(alive)).detach();
        rt.spawn(yield_for_ever, counted(alive)).detach();
      }
      rt.block_on(tokio::yield_now());
      rt.spawn(wait_for_ever, counted(alive)).detach();
      CHECK(alive > 0);
    }
    CHECK(alive == 0);
  }
}

TEST_CASE("[RR-06] it waits for a blocking job that has begun and gives its value, and drops the one that has not") {
  for (const bool one_thread : {true, false}) {
    CAPTURE(one_thread);
    std::atomic<bool> entered = false, never = false;
    auto witness = std::make_shared<int>(1);
    const std::weak_ptr<int> unstarted = witness;
    tokio::join_handle<int> first;
    tokio::join_handle<void> second;
    {
      auto rt = make(both(one_thread).max_blocking_threads(1));
      first = rt.spawn_blocking([&] {
        entered = true;
        while (!unstarted.expired()) std::this_thread::yield();  // until the other one was dropped
        return 7;
      });
      while (!entered) std::this_thread::yield();
      second = rt.spawn_blocking([&never, mine = std::move(witness)] { never = true; });
    }
    auto other = make(both(true));
    CHECK(other.block_on(first).value() == 7);
    CHECK(other.block_on(second).error().is_cancelled());
    CHECK_FALSE(never);
  }
}

TEST_CASE("[FS-01] [FS-04] [FS-06] it does the writes that files have taken, and drops what else was asked of files") {
  for (const bool one_thread : {true, false}) {
    CAPTURE(one_thread);
    const tokiod::test::temp_dir dir;
    std::atomic<bool> entered = false;
    auto witness = std::make_shared<int>(1);
    const std::weak_ptr<int> unstarted = witness;
    {
      auto rt = make(both(one_thread).max_blocking_threads(1));
      auto file = rt.block_on(
          [&]() -> task<tokio::fs::file> { co_return (co_await tokio::fs::file::create(dir / "a")).value(); });
      rt.spawn_blocking([&] {
          entered = true;
          while (!unstarted.expired()) std::this_thread::yield();  // until what waits was dropped
        }).detach();
      while (!entered) std::this_thread::yield();
      rt.block_on([&]() -> task<> {
        auto making = tokio::fs::create_dir(dir / "b");
        co_await tokio::poll_fn([&](tokio::context& cx) -> tokio::poll<bool> { return making.poll(cx).is_pending(); });
        CHECK(co_await file.write("promised") == 8u);
      });
      rt.spawn_blocking([mine = std::move(witness)] {}).detach();
    }
    CHECK(std::filesystem::file_size(dir / "a") == 8);
    CHECK_FALSE(std::filesystem::exists(dir / "b"));
  }
}

TEST_CASE("[RR-06] dropping a runtime in a task panics, and it ends all the same") {
  on_both([](auto& rt, bool) {
    std::atomic<int> alive = 0;
    rt.block_on([&]() -> task<> {
      auto drop = [&] {
        auto doomed = make(both(false));
        doomed.spawn(wait_for_ever, counted(alive)).detach();
      };
      CHECK_THROWS_WITH_AS(drop(), doctest::Contains("Cannot drop a runtime"), tokio::panic_error);
      co_return;
    });
    CHECK(becomes_true([&] { return alive == 0; }));
  });
}

TEST_CASE("[RR-07] [RR-08] shutdown_timeout waits no longer, shutdown_background not at all; the rest ends by itself") {
  for (const bool one_thread : {true, false})
    for (const bool background : {true, false}) {
      CAPTURE(one_thread);
      CAPTURE(background);
      gate held;
      std::atomic<int> alive = 0;
      auto rt = make(both(one_thread));
      rt.spawn(wait_for_ever, counted(alive)).detach();
      rt.spawn_blocking([&held, mine = counted(alive)] { held.pass(); }).detach();
      while (!held.entered) std::this_thread::yield();
      if (background)
        std::move(rt).shutdown_background();
      else
        std::move(rt).shutdown_timeout(5ms);
      CHECK_FALSE(held.open);
      held.open = true;
      CHECK(becomes_true([&] { return alive == 0; }));
    }
}

TEST_CASE("[RR-07] the longest timeout that there is waits for what runs") {
  for (const bool one_thread : {true, false}) {
    CAPTURE(one_thread);
    gate held;
    std::atomic<bool> over = false;
    auto rt = make(both(one_thread));
    const auto handle = rt.handle();
    rt.spawn_blocking([&] {
        held.pass();
        over = true;
      }).detach();
    while (!held.entered) std::this_thread::yield();
    std::thread opens([&] {
      while (!handle.spawn([]() -> task<> { co_return; }).is_finished()) std::this_thread::yield();  // until it ends
      for (int i = 0; i < 1000; ++i) std::this_thread::yield();  // time enough to give up by mistake
      held.open = true;
    });
    std::move(rt).shutdown_timeout(std::chrono::nanoseconds::max());
    CHECK(over);
    opens.join();
  }
}

TEST_CASE("[RR-08] shutdown_background and a timeout of 0 are legal in a task, a longer one is not") {
  on_both([](auto& rt, bool) {
    rt.block_on([]() -> task<> {
      auto one = make(both(false));
      std::move(one).shutdown_background();
      auto two = make(both(true));
      std::move(two).shutdown_timeout(0ns);
      auto three = make(both(false));
      CHECK_THROWS_AS(std::move(three).shutdown_timeout(1s), tokio::panic_error);
      std::move(three).shutdown_background();
      co_return;
    });
  });
}

TEST_CASE("[RR-08] a task may end the runtime that it runs in") {
  std::atomic<int> alive = 0;
  auto rt = std::make_shared<std::optional<tokio::runtime::runtime>>(make(both(false)));
  const auto handle = (*rt)->handle();
  auto ends = [](std::shared_ptr<std::optional<tokio::runtime::runtime>> own, counted) -> task<> {
    std::move(**own).shutdown_background();
    co_await tokio::time::sleep(1h);
  };
  handle.spawn(ends, rt, counted(alive)).detach();
  CHECK(becomes_true([&] { return alive == 0; }));
}

TEST_CASE("[RR-09] destructors of tasks run inside the runtime, and what they spawn is cancelled") {
  struct spawns_late {
    std::atomic<int>* seen;
    explicit spawns_late(std::atomic<int>& to) : seen(&to) {}
    spawns_late(spawns_late&& other) noexcept : seen(std::exchange(other.seen, nullptr)) {}
    ~spawns_late() {
      if (!seen) return;
      if (tokio::runtime::handle::try_current()) *seen += 1;
      auto late = spawn([]() -> task<> { co_return; });
      if (late.is_finished()) *seen += 10;
    }
  };
  for (const bool one_thread : {true, false}) {
    CAPTURE(one_thread);
    std::atomic<int> seen = 0;
    {
      auto rt = make(both(one_thread));
      rt.spawn([](spawns_late) -> task<> { co_await tokio::time::sleep(1h); }, spawns_late(seen)).detach();
      rt.block_on(tokio::yield_now());
    }
    CHECK(seen == 11);
  }
}

TEST_CASE("[RR-09] one task's destructor may complete what another one waits for") {
  for (const bool one_thread : {true, false}) {
    auto rt = make(both(one_thread));
    auto [tx, rx] = tokio::sync::oneshot::channel<int>();
    auto sends = [](tokio::sync::oneshot::sender<int>) -> task<> { co_await tokio::time::sleep(1h); };
    auto waits = [](tokio::sync::oneshot::receiver<int> from) -> task<> { (void)co_await from; };
    rt.spawn(sends, std::move(tx)).detach();
    rt.spawn(waits, std::move(rx)).detach();
    rt.block_on(tokio::yield_now());
  }
}

TEST_CASE(
    "[RR-10] [RR-16] after the end: spawn is cancelled, sockets are an error, timers panic, the rest still works") {
  for (const bool one_thread : {true, false}) {
    CAPTURE(one_thread);
    auto rt = make(both(one_thread));
    const auto handle = rt.handle();
    std::move(rt).shutdown_timeout(1s);
    auto late = handle.spawn([]() -> task<int> { co_return 1; });
    auto job = handle.spawn_blocking([] { return 1; });
    CHECK(handle.block_on(late).error().is_cancelled());
    CHECK(handle.block_on(job).error().is_cancelled());
    CHECK(handle.block_on([]() -> task<int> { co_return 3; }) == 3);
    CHECK_THROWS_AS(handle.block_on([] { return tokio::time::sleep(1ms); }), tokio::panic_error);
    const auto refused = handle.block_on([]() -> task<bool> {
      auto made = co_await tokio::net::tcp_listener::bind("127.0.0.1:0");
      co_return !made && tokio::runtime::is_rt_shutdown_err(made.error());
    });
    CHECK(refused);
  }
}

TEST_CASE("[RR-10] who waits for a socket of a runtime that ends, wherever he waits, is woken with an error") {
  for (const bool one_thread : {true, false}) {
    CAPTURE(one_thread);
    auto other = make(both(false));
    auto rt = make(both(one_thread));
    std::atomic<int> waiting = 0, told = 0;
    const auto hears = [&](auto polls) {
      return tokio::poll_fn([&, polls, asked = false](tokio::context& cx) mutable -> tokio::poll<void> {
        auto got = polls(cx);
        if (got.is_pending() && !std::exchange(asked, true)) ++waiting;
        if (got.is_pending()) return tokio::pending;
        CHECK(tokio::runtime::is_rt_shutdown_err(got.value().error()));
        ++told;
        return tokio::ready();
      });
    };
    using tokio::net::unix_stream;
    auto [one, two] =
        rt.block_on([]() -> task<std::pair<unix_stream, unix_stream>> { co_return *unix_stream::pair(); });
    auto listener = rt.block_on([]() -> task<tokio::net::tcp_listener> {
      co_return (co_await tokio::net::tcp_listener::bind("127.0.0.1:0")).value();
    });
    char byte = 0;
    const auto readable = [&](tokio::context& cx) { return one.poll_read_ready(cx); };
    const auto read = [&](tokio::context& cx) {
      return two.poll_read(cx, std::as_writable_bytes(std::span(&byte, 1)));
    };
    const auto accept = [&](tokio::context& cx) { return listener.poll_accept(cx); };
    const auto handle = rt.handle();
    std::thread on_its_own([&] { handle.block_on(hears(readable)); });
    rt.spawn_blocking([&] { handle.block_on(hears(read)); }).detach();
    auto elsewhere = other.spawn(hears(accept));
    CHECK(becomes_true([&] { return waiting == 3; }));
    std::move(rt).shutdown_timeout(std::chrono::nanoseconds::max());
    on_its_own.join();
    CHECK(other.block_on(elsewhere).has_value());
    CHECK(told == 3);
  }
}

TEST_CASE("[RR-10] what waits for a socket in block_in_place does not hold up the end of its runtime") {
  auto rt = make(both(false));
  std::atomic<bool> waiting = false, told = false;
  rt.spawn([&]() -> task<> {
      auto pair = *tokio::net::unix_stream::pair();
      tokio::block_in_place([&] {
        tokio::runtime::handle::current().block_on(tokio::poll_fn([&](tokio::context& cx) -> tokio::poll<void> {
          auto got = pair.first.poll_read_ready(cx);
          waiting = got.is_pending();
          if (got.is_pending()) return tokio::pending;
          told = tokio::runtime::is_rt_shutdown_err(got.value().error());
          return tokio::ready();
        }));
      });
      co_return;
    }).detach();
  CHECK(becomes_true([&] { return waiting.load(); }));
  std::move(rt).shutdown_timeout(std::chrono::nanoseconds::max());
  CHECK(told);
}

TEST_CASE("[RR-10] who waits for a timer of a runtime from outside is woken by its end, and panics") {
  for (const bool one_thread : {true, false}) {
    CAPTURE(one_thread);
    auto other = make(both(false));
    auto rt = make(both(one_thread));
    std::atomic<int> waiting = 0, panicked = 0;
    const auto outlives = [&](tokio::time::sleep_future& timer) {
      return tokio::poll_fn([&, asked = false](tokio::context& cx) mutable -> tokio::poll<void> {
        auto got = timer.poll(cx);
        if (got.is_pending() && !std::exchange(asked, true)) ++waiting;
        return got;
      });
    };
    const auto an_hour = [&] {
      const auto inside = rt.enter();
      return tokio::time::sleep(1h);
    };
    auto here = an_hour(), there = an_hour();
    tokio::time::sleep_future for_ever(tokio::time::instant::far_future());
    std::thread on_its_own([&, handle = rt.handle()] {
      CHECK_THROWS_AS(handle.block_on(outlives(here)), tokio::time::timer_error);
      ++panicked;
    });
    rt.spawn_blocking([&, handle = rt.handle()] {
        CHECK_THROWS_AS(handle.block_on(outlives(for_ever)), tokio::time::timer_error);
        ++panicked;
      }).detach();
    // A timer belongs to where it is polled first.
    rt.block_on(tokio::poll_fn([&](tokio::context& cx) -> tokio::poll<void> {
      CHECK(there.poll(cx).is_pending());
      return tokio::ready();
    }));
    auto elsewhere = other.spawn(outlives(there));
    CHECK(becomes_true([&] { return waiting == 3; }));
    std::move(rt).shutdown_timeout(std::chrono::nanoseconds::max());
    on_its_own.join();
    CHECK(panicked == 2);
    CHECK(other.block_on(elsewhere).error().is_panic());
  }
}

TEST_CASE(
    "[RR-09] [RR-10] a poll that computes while its runtime ends has its timers until it ends, and is cancelled then") {
  auto other = make(both(true));
  auto rt = make(both(false));
  std::atomic<bool> entered = false;
  auto computes = rt.spawn([&]() -> task<> {
    const auto until = std::chrono::steady_clock::now() + 30ms;
    entered = true;
    while (std::chrono::steady_clock::now() < until) std::this_thread::yield();
    co_await tokio::time::sleep(1h);
  });
  while (!entered) std::this_thread::yield();
  std::move(rt).shutdown_timeout(std::chrono::nanoseconds::max());
  CHECK(other.block_on(computes).error().is_cancelled());
}

TEST_CASE("[RR-10] a task that ends another runtime in block_in_place wakes those of its own that wait there") {
  auto rt = make(both(false));
  for (int round = 0; round < 20; ++round) {
    std::optional<tokio::runtime::runtime> inner = make(both(true));
    std::atomic<int> waiting = 0, told = 0;
    using tokio::net::unix_stream;
    auto [one, two] =
        inner->block_on([]() -> task<std::pair<unix_stream, unix_stream>> { co_return *unix_stream::pair(); });
    const auto hears = [&](unix_stream& from) {
      return tokio::poll_fn([&, asked = false](tokio::context& cx) mutable -> tokio::poll<void> {
        auto got = from.poll_read_ready(cx);
        if (got.is_pending() && !std::exchange(asked, true)) ++waiting;
        if (got.is_pending()) return tokio::pending;
        told += tokio::runtime::is_rt_shutdown_err(got.value().error());
        return tokio::ready();
      });
    };
    auto waits = rt.spawn(hears(one));
    inner->spawn_blocking([&, handle = inner->handle()] { handle.block_on(hears(two)); }).detach();
    CHECK(becomes_true([&] { return waiting == 2; }));
    auto ends = rt.spawn([&]() -> task<> {
      tokio::block_in_place([&] { inner.reset(); });
      co_return;
    });
    CHECK(rt.block_on(ends).has_value());
    CHECK(rt.block_on(waits).has_value());
    CHECK(told == 2);
  }
}

TEST_CASE("[RR-11] the error of a runtime that has ended is told from those that look like it") {
  using tokio::runtime::is_rt_shutdown_err;
  CHECK(is_rt_shutdown_err(tokio::error::from_status(TOKIO_ESHUTDOWN)));
  CHECK_FALSE(is_rt_shutdown_err(tokio::error(tokio::error_kind::shutdown, "the instance or the host is stopping")));
  CHECK_FALSE(is_rt_shutdown_err(tokio::error::from_status(TOKIO_ECANCELED)));
  CHECK_FALSE(is_rt_shutdown_err(tokio::error(tokio::join_error::cancelled({}))));
}

TEST_CASE("[RR-13] what outlives its runtime is harmless: join handles, wakers, handles, unfinished futures") {
  for (const bool one_thread : {true, false}) {
    CAPTURE(one_thread);
    std::vector<tokio::join_handle<void>> left;
    std::optional<tokio::runtime::handle> handle;
    auto [tx, rx] = tokio::sync::oneshot::channel<int>();
    std::optional<task<int>> unfinished;
    std::atomic<int> alive = 0;
    {
      auto rt = make(both(one_thread));
      handle = rt.handle();
      for (int i = 0; i < 10; ++i) left.push_back(rt.spawn(wait_for_ever, counted(alive)));
      const auto inside = rt.enter();
      unfinished.emplace([](auto& from) -> task<int> { co_return (co_await from).value_or(0); }(rx));
      rt.block_on(tokio::yield_now());
    }
    for (auto& one : left) one.abort();
    auto other = make(both(true));
    for (auto& one : left) CHECK(other.block_on(one).error().is_cancelled());
    (void)std::move(tx).send(4);
    CHECK(other.block_on(*unfinished) == 4);
    CHECK(handle->spawn([]() -> task<> { co_return; }).is_finished());
  }
}

TEST_CASE("[RR-06] a thread that wakes the last task of a runtime may come back after its end") {
  for (int round = 0; round < 200; ++round) {
    auto [tx, rx] = tokio::sync::oneshot::channel<int>();
    std::thread sender([to = std::move(tx)]() mutable { (void)std::move(to).send(1); });
    {
      auto rt = make(both(round % 2 == 0));
      CHECK(rt.block_on(rx).value() == 1);
    }
    sender.join();
  }
}

TEST_CASE("[RR-06] ten thousand tasks that other threads complete while the runtime ends") {
  for (int round = 0; round < 3; ++round) {
    std::vector<tokio::sync::oneshot::sender<int>> senders;
    std::thread completes;
    {
      auto rt = make(both(false));
      for (int i = 0; i < 10'000; ++i) {
        auto [tx, rx] = tokio::sync::oneshot::channel<int>();
        senders.push_back(std::move(tx));
        rt.spawn([](tokio::sync::oneshot::receiver<int> from) -> task<> { (void)co_await from; }, std::move(rx))
            .detach();
      }
      completes = std::thread([&] {
        for (auto& one : senders) (void)std::move(one).send(1);
      });
    }
    completes.join();
  }
}
