// Handles, the current runtime of a thread, and what may not be nested.
#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <thread>

#include "flavors.hpp"
#include "tokio/sync.hpp"
#include "tokio/time.hpp"

using namespace std::chrono_literals;
using tokio::spawn;
using tokio::task;
using tokio::runtime::handle;
using tokio::test::both;
using tokio::test::make;
using tokio::test::on_both;

TEST_CASE("[RR-14] the current handle is that of the task, of the guard; without one current() panics at its caller") {
  CHECK_FALSE(handle::try_current().has_value());
  CHECK(handle::try_current().error().is_missing_context());
  CHECK_FALSE(handle::try_current().error().is_thread_local_destroyed());
  std::uint_least32_t line = 0;
  try {
    line = __LINE__ + 1;
    (void)handle::current();
    FAIL("it must panic");
  } catch (const tokio::panic_error& panicked) {
    CHECK(panicked.where().line() == line);
  }
  on_both([](auto& rt, bool) {
    const auto id = rt.handle().id();
    CHECK(rt.block_on([]() -> task<tokio::runtime::id> { co_return handle::current().id(); }) == id);
    auto spawned = rt.spawn([]() -> task<tokio::runtime::id> { co_return handle::current().id(); });
    CHECK(rt.block_on(spawned).value() == id);
    auto job = rt.spawn_blocking([] { return handle::current().id(); });
    CHECK(rt.block_on(job).value() == id);
    const auto inside = rt.enter();
    CHECK(handle::current().id() == id);
  });
  CHECK_FALSE(handle::try_current().has_value());
}

TEST_CASE("[RR-05] enter makes a runtime the current one until its guard ends, innermost first") {
  auto one = make(both(true));
  auto two = make(both(false));
  {
    const auto outer = one.enter();
    {
      const auto inner = two.enter();
      CHECK(handle::current().id() == two.handle().id());
      auto there = spawn([]() -> task<tokio::runtime::id> { co_return handle::current().id(); });
      CHECK(two.block_on(there).value() == two.handle().id());
    }
    CHECK(handle::current().id() == one.handle().id());
    auto timer = tokio::time::sleep(1ms);  // a timer may be made here, and belongs to whoever polls it
    two.block_on(timer);
  }
  CHECK_FALSE(handle::try_current().has_value());
}

TEST_CASE("[RR-05] guards that end out of order panic, and the thread can enter a runtime afterwards") {
  std::thread([] {
    auto rt = make(both(false));
    auto one = std::make_unique<std::optional<int>>();
    alignas(tokio::runtime::enter_guard) unsigned char room[2][sizeof(tokio::runtime::enter_guard)];
    auto* first = ::new (room[0]) tokio::runtime::enter_guard(rt.enter());
    auto* second = ::new (room[1]) tokio::runtime::enter_guard(rt.enter());
    CHECK_THROWS_AS(first->~enter_guard(), tokio::panic_error);
    {
      const auto again = rt.enter();
      CHECK(handle::try_current().has_value());
    }
    second->~enter_guard();
  }).join();
}

TEST_CASE("[RR-05] the runtime of a guard that ended too early is not current again when the others end") {
  std::thread([] {
    auto one = make(both(true));
    auto two = make(both(true));
    auto three = make(both(true));
    alignas(tokio::runtime::enter_guard) unsigned char room[3][sizeof(tokio::runtime::enter_guard)];
    auto* first = ::new (room[0]) tokio::runtime::enter_guard(one.enter());
    auto* second = ::new (room[1]) tokio::runtime::enter_guard(two.enter());
    auto* third = ::new (room[2]) tokio::runtime::enter_guard(three.enter());
    CHECK_THROWS_AS(second->~enter_guard(), tokio::panic_error);
    CHECK(handle::current().id() == three.handle().id());
    CHECK_THROWS_AS(first->~enter_guard(), tokio::panic_error);
    CHECK(handle::current().id() == three.handle().id());
    third->~enter_guard();
    CHECK_FALSE(handle::try_current().has_value());
  }).join();
}

TEST_CASE("[RR-05] while an exception unwinds, a guard that ends too early is silent, and is forgotten all the same") {
  std::thread([] {
    auto one = make(both(true));
    auto two = make(both(true));
    alignas(tokio::runtime::enter_guard) unsigned char room[2][sizeof(tokio::runtime::enter_guard)];
    auto* first = ::new (room[0]) tokio::runtime::enter_guard(one.enter());
    auto* second = ::new (room[1]) tokio::runtime::enter_guard(two.enter());
    struct ends_it {
      ~ends_it() { which->~enter_guard(); }
      tokio::runtime::enter_guard* which;
    };
    try {
      const ends_it at_the_end{first};
      throw std::runtime_error("on purpose");
    } catch (const std::runtime_error&) {
      CHECK(handle::current().id() == two.handle().id());
    }
    second->~enter_guard();
    CHECK_FALSE(handle::try_current().has_value());
  }).join();
}

TEST_CASE("[RR-02] [RR-15] block_on in a task panics at its caller, in the root and in what is spawned") {
  on_both([](auto& rt, bool) {
    auto nested = [](auto& inner) -> task<> {
      const auto line = std::source_location::current().line() + 2;
      try {
        inner.block_on(tokio::yield_now());
        FAIL("it must panic");
      } catch (const tokio::panic_error& panicked) {
        CHECK(std::string_view(panicked.what()).find("Cannot start a runtime from within a runtime") == 0);
        CHECK(panicked.where().line() == line);
        CHECK(std::string_view(panicked.where().file_name()).ends_with("handle_test.cpp"));
      }
      co_return;
    };
    rt.block_on(nested(rt));
    auto other = make(both(false));
    rt.block_on(nested(other));  // of another runtime as well
    const auto mine = rt.handle();
    rt.block_on(nested(mine));
    auto spawned = rt.spawn(nested(other));
    CHECK(rt.block_on(spawned).has_value());
  });
}

TEST_CASE("[RR-15] block_on of a handle is legal in block_in_place and in spawn_blocking, with any runtime") {
  auto rt = make(both(false));
  auto small = make(both(true));
  const auto mine = rt.handle();
  auto work = [](const handle& own, tokio::runtime::runtime& other) -> task<int> {
    const auto before = tokio::this_task::try_id();  // none in a block_on
    const int sum = tokio::block_in_place([&] {
      auto value = [](int of) -> task<int> {
        co_await tokio::time::sleep(1ms);
        co_return of;
      };
      return own.block_on(value(1)) + other.block_on(value(2));
    });
    CHECK(tokio::this_task::try_id() == before);
    CHECK_THROWS_AS(own.block_on(tokio::yield_now()), tokio::panic_error);  // after it no more
    co_return sum;
  };
  for (int i = 0; i < 20; ++i) {
    auto spawned = rt.spawn(work, std::cref(mine), std::ref(small));
    CHECK(rt.block_on(spawned).value() == 3);
  }
  CHECK(rt.block_on(work(mine, small)) == 3);
  auto job = rt.spawn_blocking([&] { return mine.block_on([]() -> task<int> { co_return 4; }); });
  CHECK(rt.block_on(job).value() == 4);
}

TEST_CASE("[RR-15] what block_on inside block_in_place polls may not block again without saying so") {
  auto rt = make(both(false));
  const auto mine = rt.handle();
  auto spawned = rt.spawn(
      [](const handle& own) -> task<> {
        tokio::block_in_place([&] {
          own.block_on([&]() -> task<> {
            CHECK_THROWS_AS(own.block_on(tokio::yield_now()), tokio::panic_error);
            co_return;
          });
        });
        co_return;
      },
      std::cref(mine));
  CHECK(rt.block_on(spawned).has_value());
}

TEST_CASE("[RR-15] block_on of a handle does not drive a current_thread runtime: tasks stand still") {
  auto rt = make(both(true));
  std::atomic<bool> ran = false;
  rt.spawn(
        [](std::atomic<bool>& flag) -> task<> {
          flag = true;
          co_return;
        },
        std::ref(ran))
      .detach();
  rt.handle().block_on([]() -> task<> {
    for (int i = 0; i < 100; ++i) co_await tokio::yield_now();
  });
  CHECK_FALSE(ran);
  rt.block_on(tokio::yield_now());
  CHECK(ran);
}

TEST_CASE("[RR-16] a handle spawns from a worker of another runtime, and from any thread") {
  auto rt = make(both(false));
  auto other = make(both(false));
  const auto to = rt.handle();
  auto there = other.spawn(
      [](handle target) -> task<tokio::runtime::id> {
        co_return (co_await target.spawn([]() -> task<tokio::runtime::id> {
          co_return handle::current().id();
        })).value();
      },
      to);
  CHECK(other.block_on(there).value() == rt.handle().id());
}

TEST_CASE("[RB-13] [RR-17] flavor, id and name of a runtime, read from its handle") {
  auto named = make(both(true).name("reader"));
  auto plain = make(both(false));
  CHECK(named.handle().name() == "reader");
  CHECK_FALSE(plain.handle().name().has_value());
  CHECK(named.handle().runtime_flavor() == tokio::runtime::flavor::current_thread);
  CHECK(plain.handle().runtime_flavor() == tokio::runtime::flavor::multi_thread);
  CHECK(named.handle().id() != plain.handle().id());
  CHECK(handle(named.handle()).id() == named.handle().id());
  CHECK_THROWS_AS(both(true).name(" \t"), tokio::panic_error);
}

TEST_CASE("[RR-18] the worker's index: a number on workers, 0 on current_thread, none on other threads") {
  CHECK_FALSE(tokio::runtime::worker_index().has_value());
  on_both([](auto& rt, bool one_thread) {
    auto index = []() -> task<std::optional<std::size_t>> { co_return tokio::runtime::worker_index(); };
    const auto root = rt.block_on(index());
    CHECK(root.has_value() == one_thread);
    auto spawned = rt.spawn(index());
    const auto worker = rt.block_on(spawned).value();
    REQUIRE(worker.has_value());
    CHECK(*worker < rt.metrics().num_workers());
    auto job = rt.spawn_blocking([] { return tokio::runtime::worker_index(); });
    CHECK_FALSE(rt.block_on(job).value().has_value());
  });
}

TEST_CASE("[RR-18] no worker's index in block_on of a handle inside block_in_place") {
  auto rt = make(both(false));
  auto spawned = rt.spawn([]() -> task<bool> {
    co_return tokio::block_in_place([] {
      return handle::current().block_on([]() -> task<bool> { co_return tokio::runtime::worker_index().has_value(); });
    });
  });
  CHECK(rt.block_on(spawned).value() == false);
}
