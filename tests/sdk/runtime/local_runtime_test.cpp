// A runtime that belongs to one thread.
#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "flavors.hpp"
#include "tokio/time.hpp"

using namespace std::chrono_literals;
using tokio::task;
using tokio::runtime::builder;
using tokio::test::both;
using tokio::test::make;

namespace {

// What only one thread may touch, and says so.
class of_one_thread {
 public:
  explicit of_one_thread(std::vector<std::thread::id>& seen) : seen_(&seen) {}
  of_one_thread(of_one_thread&& other) noexcept : seen_(std::exchange(other.seen_, nullptr)) {}
  ~of_one_thread() {
    if (seen_) touch();
  }
  void touch() const { seen_->push_back(std::this_thread::get_id()); }

 private:
  std::vector<std::thread::id>* seen_;
};

task<> touches(of_one_thread what) {
  for (int i = 0; i < 3; ++i) {
    what.touch();
    co_await tokio::time::sleep(1ms);
  }
}

task<> waits(of_one_thread) { co_await tokio::time::sleep(1h); }

}  // namespace

TEST_CASE("[RB-36] [RR-19] a local runtime has one thread, and what is spawned locally lives and dies there") {
  CHECK_THROWS_AS((void)both(false).build_local(), tokio::panic_error);
  std::vector<std::thread::id> seen;
  {
    auto rt = both(true).build_local();
    REQUIRE(rt);
    auto joined = rt->spawn_local(touches, of_one_thread(seen));
    CHECK(rt->block_on(joined).has_value());
    rt->spawn_local(waits, of_one_thread(seen)).detach();
    rt->block_on(tokio::yield_now());  // the second one waits when the runtime ends
  }
  CHECK(seen.size() == 5);
  for (const auto& id : seen) CHECK(id == std::this_thread::get_id());
}

TEST_CASE("[RR-20] its handle goes to other threads, which may not drive it, enter it or spawn locally") {
  auto rt = both(true).build_local();
  REQUIRE(rt);
  tokio::join_handle<std::thread::id> remote;
  std::thread([&, handle = rt->handle()] {
    remote = handle.spawn([]() -> task<std::thread::id> { co_return std::this_thread::get_id(); });
    CHECK_THROWS_AS(rt->block_on(tokio::yield_now()), tokio::panic_error);
    CHECK_THROWS_AS((void)rt->spawn_local([]() -> task<> { co_return; }), tokio::panic_error);
    CHECK_THROWS_AS((void)rt->enter(), tokio::panic_error);
    CHECK_THROWS_AS(std::move(*rt).shutdown_background(), tokio::panic_error);
  }).join();
  CHECK(rt->block_on(remote).value() == std::this_thread::get_id());
}

TEST_CASE("[RR-21] spawn_blocking, enter and the ends of a local runtime; tasks end before shutdown returns") {
  std::vector<std::thread::id> seen;
  std::atomic<bool> entered = false, open = false;
  {
    auto rt = both(true).build_local();
    REQUIRE(rt);
    {
      const auto inside = rt->enter();
      tokio::spawn(waits, of_one_thread(seen)).detach();
    }
    auto job = rt->spawn_blocking([] { return 5; });
    CHECK(rt->block_on(job).value() == 5);
    rt->spawn_blocking([&] {
        entered = true;
        while (!open) std::this_thread::yield();
      }).detach();
    while (!entered) std::this_thread::yield();
    const auto before = seen.size();
    std::move(*rt).shutdown_timeout(1ms);
    CHECK(seen.size() == before + 1);  // the destructor of what waited, here
    CHECK(seen.back() == std::this_thread::get_id());
    const auto metrics = rt->metrics();
    open = true;
    while (metrics.num_blocking_threads() != 0) std::this_thread::yield();
  }
  auto again = both(true).build_local();
  REQUIRE(again);
  std::move(*again).shutdown_background();
}

TEST_CASE("[RR-19] [RR-21] its tasks end on its thread also where that belongs to another runtime") {
  std::vector<std::thread::id> seen;
  std::thread::id owner;
  auto outer = make(both(false));
  auto job = outer.spawn_blocking([&] {
    owner = std::this_thread::get_id();
    auto rt = both(true).build_local();
    REQUIRE(rt);
    rt->spawn_local(waits, of_one_thread(seen)).detach();
    rt->block_on(tokio::yield_now());
  });
  REQUIRE(outer.block_on(job).has_value());
  CHECK(seen == std::vector{owner});

  seen.clear();
  auto rt = both(true).build_local();
  REQUIRE(rt);
  rt->spawn_local(waits, of_one_thread(seen)).detach();
  rt->block_on(tokio::yield_now());
  auto driver = make(both(true));
  driver.block_on([&]() -> task<> {
    std::move(*rt).shutdown_background();
    CHECK(seen == std::vector{std::this_thread::get_id()});  // before it returns
    co_return;
  });
}

TEST_CASE("[RR-19] destroyed on another thread it panics, and its tasks are not touched there") {
  std::vector<std::thread::id> seen;
  alignas(tokio::runtime::local_runtime) unsigned char room[sizeof(tokio::runtime::local_runtime)];
  auto* const rt = ::new (room) tokio::runtime::local_runtime(make(both(true)));
  rt->spawn_local(waits, of_one_thread(seen)).detach();
  rt->block_on(tokio::yield_now());
  std::thread([&] { CHECK_THROWS_AS(rt->~local_runtime(), tokio::panic_error); }).join();
  CHECK(seen.empty());
}
