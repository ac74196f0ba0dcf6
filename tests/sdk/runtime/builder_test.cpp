// What a builder chooses, and what it refuses.
#include <doctest/doctest.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "flavors.hpp"
#include "support/temp_dir.hpp"
#include "tokio/fs.hpp"
#include "tokio/net.hpp"
#include "tokio/task/join_set.hpp"
#include "tokio/time.hpp"

using namespace std::chrono_literals;
using tokio::spawn;
using tokio::task;
using tokio::runtime::builder;
using tokio::test::both;
using tokio::test::make;
using tokio::test::on_both;

namespace {

std::string name_of_this_thread() {
  char name[16] = {};
  ::pthread_getname_np(::pthread_self(), name, sizeof name);
  return name;
}

// TOKIO_WORKER_THREADS for as long as this lives.
class variable {
 public:
  explicit variable(const char* value) { ::setenv("TOKIO_WORKER_THREADS", value, 1); }
  ~variable() { ::unsetenv("TOKIO_WORKER_THREADS"); }
};

std::vector<int> random_branches(tokio::runtime::runtime& rt, int count) {
  return rt.block_on([count]() -> task<std::vector<int>> {
    std::vector<int> won;
    for (int i = 0; i < count; ++i) {
      auto first = co_await tokio::select(tokio::yield_now(), tokio::yield_now(), tokio::yield_now());
      won.push_back(static_cast<int>(first.index()));
    }
    co_return won;
  });
}

}  // namespace

TEST_CASE("[RB-08] the number of workers: as told, none is refused, and it beats the variable") {
  CHECK_THROWS_AS(builder::new_multi_thread().worker_threads(0), tokio::panic_error);
  CHECK_THROWS_AS(builder::new_multi_thread().worker_threads(1025), tokio::panic_error);
  const variable set("1");
  CHECK(make(builder::new_multi_thread().worker_threads(3)).metrics().num_workers() == 3);
  CHECK(make(builder::new_current_thread().worker_threads(3)).metrics().num_workers() == 1);
}

TEST_CASE("[RB-09] TOKIO_WORKER_THREADS is the default, and what is no number panics at build()") {
  {
    const variable set("3");
    CHECK(make(builder::new_multi_thread()).metrics().num_workers() == 3);
  }
  CHECK(make(builder::new_multi_thread()).metrics().num_workers() >= 1);
  for (const char* bad : {"0", "two", "", "-1", "3 ", "1025", "\xff"}) {
    const variable set(bad);
    CAPTURE(bad);
    const auto said = "TOKIO_WORKER_THREADS must be a number from 1 to 1024, got '" + std::string(bad) + "'";
    CHECK_THROWS_WITH_AS((void)builder::new_multi_thread().build(), said.c_str(), tokio::panic_error);
    CHECK(builder::new_current_thread().build().has_value());  // which has no workers to count
  }
}

TEST_CASE("[RB-04] [RB-05] without their drivers a timer panics, a socket is an error, and both say what to call") {
  auto none = make(builder::new_current_thread());
  CHECK_THROWS_WITH_AS(none.block_on([] { return tokio::time::sleep(1h); }), doctest::Contains("enable_time()"),
                       tokio::panic_error);
  const auto bind = []() -> task<bool> {
    auto made = co_await tokio::net::tcp_listener::bind("127.0.0.1:0");
    if (!made) CHECK(made.error().kind() == tokio::error_kind::unsupported);
    if (!made) CHECK(made.error().message().find("enable_io()") != std::string_view::npos);
    co_return made.has_value();
  };
  const auto names_it = [](const auto& made) {
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().message().find("enable_io()") != std::string_view::npos);
  };
  {
    const auto inside = none.enter();
    names_it(tokio::net::unix_stream::pair());
    names_it(tokio::net::tcp_socket::new_v4());
    names_it(tokio::net::async_fd<int>::make(0));
  }
  CHECK_FALSE(none.block_on(bind));
  auto timed = make(builder::new_current_thread().enable_time());
  timed.block_on([] { return tokio::time::sleep(1ms); });
  CHECK_FALSE(timed.block_on(bind));
  auto wired = make(builder::new_multi_thread().worker_threads(1).enable_io());
  CHECK(wired.block_on(bind));
}

namespace {

// Of this kernel, to this process: many a sandbox has none.
bool kernel_has_a_ring() {
  unsigned params[30]{};  // struct io_uring_params
  const auto fd = ::syscall(SYS_io_uring_setup, 1, params);
  if (fd >= 0) ::close(static_cast<int>(fd));
  return fd >= 0;
}

}  // namespace

TEST_CASE("[RB-06] files go through the kernel's ring, and make no blocking thread, where that is asked for") {
  const tokiod::test::temp_dir dir;
  on_both([&](auto&, bool one_thread) {
    const auto write_and_read = [&](tokio::runtime::runtime& rt) {
      rt.block_on([path = dir / "a"]() -> task<> {
        CHECK(co_await tokio::fs::write(path, "through the ring"));
        CHECK((co_await tokio::fs::read_to_string(path)).value() == "through the ring");
        CHECK((co_await tokio::fs::metadata(path)).value().len() == 16);
      });
      return rt.metrics().num_blocking_threads();
    };
    auto jobs = make(both(one_thread));
    CHECK(write_and_read(jobs) != 0);
    auto ring = make(both(one_thread).enable_io_uring());
    CHECK((write_and_read(ring) == 0) == kernel_has_a_ring());
  });
}

TEST_CASE("[RB-07] with one event per look at the kernel every socket is served all the same") {
  CHECK_THROWS_AS(builder::new_multi_thread().max_io_events_per_tick(0), tokio::panic_error);
  on_both([](auto&, bool one_thread) {
    auto rt = make(both(one_thread).max_io_events_per_tick(1));
    rt.block_on([]() -> task<> {
      tokio::join_set<bool> echoes;
      for (int i = 0; i < 20; ++i) {
        auto [near, far] = tokio::net::unix_stream::pair().value();
        echoes.spawn(
            [](tokio::net::unix_stream to) -> task<bool> { co_return (co_await to.write_all("ping")).has_value(); },
            std::move(near));
        echoes.spawn(
            [](tokio::net::unix_stream from) -> task<bool> {
              std::string got(4, ' ');
              co_return (co_await from.read_exact(std::as_writable_bytes(std::span(got)))).has_value() && got == "ping";
            },
            std::move(far));
      }
      while (auto one = co_await echoes.join_next()) CHECK(one->value());
    });
  });
}

TEST_CASE("[RB-10] no more blocking threads than told, the rest waits in line; none is refused") {
  CHECK_THROWS_AS(builder::new_multi_thread().max_blocking_threads(0), tokio::panic_error);
  on_both([](auto&, bool one_thread) {
    auto rt = make(both(one_thread).max_blocking_threads(2));
    std::atomic<int> inside = 0, most = 0;
    std::vector<tokio::join_handle<void>> jobs;
    for (int i = 0; i < 50; ++i)
      jobs.push_back(rt.spawn_blocking([&] {
        const int now = ++inside;
        int seen = most;
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        --inside;
      }));
    for (auto& one : jobs) CHECK(rt.block_on(one).has_value());
    CHECK(most <= 2);
    CHECK(rt.metrics().num_blocking_threads() <= 2);
  });
}

TEST_CASE("[RB-11] an idle blocking thread ends after its time") {
  auto rt = make(both(false).thread_keep_alive(1ms));
  auto job = rt.spawn_blocking([] {});
  CHECK(rt.block_on(job).has_value());
  while (rt.metrics().num_blocking_threads() != 0) std::this_thread::sleep_for(1ms);
}

TEST_CASE("[RB-12] threads have the name that was given, or one by one that of a function; the last call wins") {
  auto name = []() -> task<std::string> { co_return name_of_this_thread(); };
  const auto names = [&](builder& with) {
    auto rt = make(with);
    auto worker = rt.spawn(name());
    auto job = rt.spawn_blocking(name_of_this_thread);
    return std::pair(rt.block_on(worker).value(), rt.block_on(job).value());
  };
  auto with = both(false);
  CHECK(names(with) == std::pair<std::string, std::string>("tokio-rt-worker", "tokio-rt-worker"));
  CHECK(names(with.thread_name("reader")) == std::pair<std::string, std::string>("reader", "reader"));
  std::atomic<int> asked = 0;
  with.thread_name_fn([&] { return "pool-" + std::to_string(asked++); });
  const auto [worker, job] = names(with);
  CHECK(worker.starts_with("pool-"));
  CHECK(job.starts_with("pool-"));
  CHECK(worker != job);
  CHECK(asked == 3);
  CHECK(names(with.thread_name("last")).first == "last");
}

TEST_CASE("[RB-14] the stack of workers and blocking threads is as large as told") {
  const auto bytes = [] {
    pthread_attr_t attributes;
    std::size_t size = 0;
    void* base = nullptr;
    REQUIRE(::pthread_getattr_np(::pthread_self(), &attributes) == 0);
    ::pthread_attr_getstack(&attributes, &base, &size);
    ::pthread_attr_destroy(&attributes);
    return size;
  };
  auto rt = make(both(false).thread_stack_size(64u << 20));
  auto worker = rt.spawn([bytes]() -> task<std::size_t> { co_return bytes(); });
  auto job = rt.spawn_blocking(bytes);
  for (const auto size : {rt.block_on(worker).value(), rt.block_on(job).value()}) CHECK(size >= 64u << 20);
}

TEST_CASE("[RB-21] [RB-22] [RB-23] intervals and the slot: 0 is refused, and work is done with each of them") {
  CHECK_THROWS_AS(builder::new_multi_thread().global_queue_interval(0), tokio::panic_error);
  CHECK_THROWS_AS(builder::new_multi_thread().event_interval(0), tokio::panic_error);
  on_both([](auto&, bool one_thread) {
    auto rt = make(both(one_thread).global_queue_interval(1).event_interval(1).disable_lifo_slot());
    CHECK(rt.block_on([]() -> task<int> {
      int sum = 0;
      for (int i = 0; i < 100; ++i) sum += (co_await spawn([]() -> task<int> { co_return 1; })).value();
      co_return sum;
    }) == 100);
  });
}

TEST_CASE("[RB-23] without the slot a woken task comes behind what is queued") {
  // A task that spawns two and lets the first wake the third: with the slot it would overtake the second.
  auto rt = make(both(false).worker_threads(1).disable_lifo_slot());
  std::mutex lock;
  std::vector<int> order;
  auto note = [](std::vector<int>& into, std::mutex& with, int what) -> task<> {
    const std::lock_guard hold(with);
    into.push_back(what);
    co_return;
  };
  auto all = rt.spawn([&]() -> task<> {
    std::vector<tokio::join_handle<void>> handles;
    for (int i = 0; i < 5; ++i) handles.push_back(spawn(note, std::ref(order), std::ref(lock), i));
    for (auto& one : handles) (void)co_await one;
  });
  CHECK(rt.block_on(all).has_value());
  CHECK(order == std::vector<int>{0, 1, 2, 3, 4});
}

TEST_CASE("[RB-24] a task that panics is no matter, or ends a current_thread runtime and all that waits in it") {
  CHECK_THROWS_AS(builder::new_multi_thread().unhandled_panic(tokio::runtime::unhandled_panic::shutdown_runtime),
                  tokio::panic_error);
  auto panics = []() -> task<> {
    co_await tokio::yield_now();
    throw std::runtime_error("on purpose");
  };
  auto ignores = make(both(true));
  ignores.spawn(panics).detach();
  ignores.block_on([]() -> task<> {
    for (int i = 0; i < 10; ++i) co_await tokio::yield_now();
  });

  auto with = both(true);
  with.unhandled_panic(tokio::runtime::unhandled_panic::shutdown_runtime);
  auto rt = make(with);
  auto alive = std::make_shared<int>(1);
  rt.spawn([](std::shared_ptr<int>) -> task<> { co_await tokio::time::sleep(1h); }, alive).detach();
  std::atomic<bool> waits = false;
  std::atomic<int> panicked = 0;
  const auto wait = [&]() -> task<> {
    waits = true;
    co_await tokio::time::sleep(1h);
  };
  std::thread other([&] {
    try {
      rt.block_on(wait);
    } catch (const tokio::panic_error&) {
      ++panicked;
    }
  });
  while (!waits) std::this_thread::yield();
  rt.spawn(panics).detach();
  CHECK_THROWS_AS(rt.block_on(wait), tokio::panic_error);
  other.join();
  CHECK(panicked == 1);
  CHECK_THROWS_AS(rt.block_on(tokio::yield_now()), tokio::panic_error);  // later ones as well
  CHECK(alive.use_count() == 1);
  CHECK(rt.spawn([]() -> task<> { co_return; }).is_finished());
}

TEST_CASE("[RB-25] the same seed gives the same choices, on both flavors and over several block_ons") {
  const auto seed = tokio::runtime::rng_seed::from_bytes(std::as_bytes(std::span("bytes")));
  std::vector<std::vector<int>> seen;
  for (const bool one_thread : {true, true, false}) {
    auto with = both(one_thread);
    with.seed(seed);
    auto rt = make(with);
    auto choices = random_branches(rt, 20);
    const auto more = random_branches(rt, 20);
    choices.insert(choices.end(), more.begin(), more.end());
    seen.push_back(choices);
  }
  CHECK(seen[0] == seen[1]);
  CHECK(seen[0] == seen[2]);
  auto with = both(true);
  with.seed(tokio::runtime::rng_seed(7));
  auto rt = make(with);
  CHECK(random_branches(rt, 40) != seen[0]);
}

TEST_CASE("[RB-26] a clock that stands jumps to the next timer, and only on current_thread") {
  auto paused = make(both(true).start_paused(true));
  const auto begun = std::chrono::steady_clock::now();
  const auto passed = paused.block_on([]() -> task<std::chrono::nanoseconds> {
    const auto before = tokio::time::instant::now();
    auto longer = spawn([]() -> task<> { co_await tokio::time::sleep(2h); });
    co_await tokio::time::sleep(1h);
    CHECK_FALSE(longer.is_finished());
    (void)co_await longer;
    co_return before.elapsed();
  });
  CHECK(passed >= 2h);
  CHECK(passed < 2h + 10ms);
  CHECK(std::chrono::steady_clock::now() - begun < 1h);
  CHECK_THROWS_AS((void)both(false).start_paused(true).build(), tokio::panic_error);
}

TEST_CASE(
    "[RB-27] a timer stays with the runtime that began to wait, also when another one is reset and awaited elsewhere") {
  auto first = make(both(false).enable_alt_timer());
  auto second = make(both(true));
  auto timer = first.block_on([]() -> task<std::unique_ptr<tokio::time::sleep_future>> {
    auto made = std::make_unique<tokio::time::sleep_future>(tokio::time::instant::now() + 1h);
    (void)co_await tokio::select(tokio::biased, tokio::by_ref(*made), tokio::yield_now());  // it has been polled
    co_return std::move(made);
  });
  second.block_on([&]() -> task<> {
    timer->reset(tokio::time::instant::now() + 2ms);
    co_await *timer;
  });
  CHECK(timer->is_elapsed());
}

TEST_CASE("[RB-28] a task that blocks the only worker on what a timer makes ready is rescued") {
  auto rt = make(builder::new_multi_thread().enable_all().worker_threads(1).enable_eager_driver_handoff());
  std::atomic<bool> ready = false;
  auto timed = rt.spawn(
      [](std::atomic<bool>& flag) -> task<> {
        co_await tokio::time::sleep(1ms);
        flag = true;
      },
      std::ref(ready));
  auto blocks = rt.spawn(
      [](std::atomic<bool>& flag) -> task<> {
        while (!flag) std::this_thread::yield();  // the driver's thread does not come back before that
        co_return;
      },
      std::ref(ready));
  CHECK(rt.block_on(blocks).has_value());
  CHECK(rt.block_on(timed).has_value());
}

TEST_CASE("[RB-35] a builder makes as many runtimes as one likes, each of its own") {
  auto with = both(false);
  with.name("twin");
  auto one = make(with);
  auto two = make(with);
  CHECK(one.handle().id() != two.handle().id());
  CHECK(one.block_on([]() -> task<int> { co_return 1; }) + two.block_on([]() -> task<int> { co_return 2; }) == 3);
}
