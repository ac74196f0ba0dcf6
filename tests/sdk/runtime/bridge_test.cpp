// Between runtimes and what is not theirs: blocking code, other executors, standard streams: rows IO-22, IO-25, IO-26.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <coroutine>
#include <exception>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "sdk/runtime/flavors.hpp"
#include "support/eventually.hpp"
#include "tokio/io.hpp"
#include "tokio/io/stdio.hpp"
#include "tokio/io/sync_io_bridge.hpp"
#include "tokio/runtime/wrap.hpp"
#include "tokio/time.hpp"

namespace {

using namespace tokio;
using namespace std::chrono_literals;
using runtime::builder;
using tokiod::test::eventually;

// A coroutine of nobody's: it runs at once, and tells the test's thread how it ended.
struct foreign {
  struct promise_type {
    std::promise<std::string> said;
    foreign get_return_object() { return {said.get_future()}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_value(std::string text) { said.set_value(std::move(text)); }
    void unhandled_exception() { said.set_exception(std::current_exception()); }
  };
  std::future<std::string> said;
};

// An executor of one job: the thread that calls run() is where the coroutine goes on.
class one_job {
 public:
  void post(std::coroutine_handle<> who) { due_.set_value(who); }
  void run() { due_.get_future().get().resume(); }

 private:
  std::promise<std::coroutine_handle<>> due_;
};

template <class F>
foreign ask(runtime::handle of, F future, one_job& back, std::thread::id& resumed_on) {
  auto got = co_await runtime::elsewhere(of, std::move(future), [&back](auto who) { back.post(who); });
  resumed_on = std::this_thread::get_id();
  if (got) co_return std::to_string(*got);
  co_return got.error().is_cancelled() ? "cancelled" : "panicked: " + std::string(got.error().message());
}
template <class F>
std::string asked(const runtime::handle& of, F future) {
  one_job back;
  std::thread::id resumed_on;
  auto talk = ask(of, std::move(future), back, resumed_on);
  back.run();
  CHECK(resumed_on == std::this_thread::get_id());
  return talk.said.get();
}

task<int> slow_seven() {
  co_await time::sleep(1ms);
  co_return 7;
}
task<int> thrower() {
  co_await time::sleep(1ms);
  panic("no seven");
}
task<int> never_ends() {
  co_await time::sleep(std::chrono::hours(1));
  co_return 0;
}

}  // namespace

TEST_CASE("[IO-25] the bridge makes a stream of a runtime one for blocking code") {
  auto rt = test::make(builder::new_multi_thread().enable_all().worker_threads(1));
  auto [near, far] = io::duplex(4);
  auto served = rt.spawn([](auto& end) -> task<std::string> {
    std::string all;
    (void)co_await end.read_to_end(all);
    co_return all;
  }(far));
  io::sync_io_bridge bridge(io::buf_reader(near), rt.handle());
  CHECK_FALSE(bridge.is_write_vectored());
  CHECK(bridge.write("ab").value() == 2);
  CHECK(bridge.write_all("cdefgh").has_value());
  CHECK(bridge.flush().has_value());
  CHECK(bridge.shutdown().has_value());
  CHECK(rt.block_on(served).value() == "abcdefgh");
  CHECK(&bridge.get().get() == &near);
  CHECK(&std::move(bridge).into_inner().get() == &near);
}

TEST_CASE(
    "[IO-25] a bridge that was made in a task works on a blocking thread and in block_in_place, not in the task") {
  auto rt = test::make(builder::new_multi_thread().enable_all().worker_threads(2));
  rt.block_on([]() -> task<> {
    auto lines = io::sync_io_bridge(io::cursor(std::string("one\ntwo\nthree")));
    std::string text;
    CHECK_THROWS_AS((void)lines.read_line(text), panic_error);
    CHECK(block_in_place([&] { return lines.read_line(text); }).value() == 4);
    auto rest = co_await spawn_blocking([bridge = std::move(lines)]() mutable {
      std::string all;
      CHECK(bridge.seek(io::seek_from::current(1)).value() == 5);
      CHECK(bridge.read_to_string(all).value() == 8);
      return all;
    });
    CHECK(rest.value() == "wo\nthree");
  });
}

TEST_CASE("[IO-26] a future under another runtime finds that one's timers, wherever it is polled") {
  auto with = test::make(builder::new_multi_thread().enable_all().worker_threads(1));
  auto without = test::make(builder::new_current_thread());
  const auto sleeps = []() -> task<int> {
    co_await time::sleep(1ms);
    co_return 1;
  };
  CHECK_THROWS_AS(without.block_on(sleeps()), panic_error);
  CHECK(without.block_on(runtime::wrap(with.handle(), sleeps())) == 1);
  auto spawned = without.spawn(runtime::wrap(with.handle(), sleeps()));
  CHECK(without.block_on(spawned).value() == 1);
}

TEST_CASE("[IO-26] a wrapped future sees its runtime as the current one, and what is around it stays as it was") {
  auto a = test::make(builder::new_multi_thread().enable_all().worker_threads(1).name("a"));
  auto b = test::make(builder::new_multi_thread().enable_all().worker_threads(1).name("b"));
  const auto name = [] { return std::string(runtime::handle::current().name().value()); };
  const auto seen = b.block_on([](auto who, runtime::handle in_a) -> task<std::string> {
    auto inside = [](auto self) -> task<std::string> {
      auto first = self();
      co_await yield_now();
      auto child = spawn([](auto me) -> task<std::string> { co_return me(); }, self);
      co_return first + self() + (co_await child).value();
    };
    auto text = co_await runtime::wrap(in_a, inside(who));
    co_return text + who();
  }(name, a.handle()));
  CHECK(seen == "aaab");
}

TEST_CASE("[IO-26] a coroutine of another library awaits a future of a runtime, and goes on where its executor says") {
  test::on_both([](runtime::runtime& rt, bool one_thread) {
    if (one_thread) return;  // it would run only while somebody is in block_on
    CHECK(asked(rt.handle(), slow_seven()) == "7");
    CHECK(asked(rt.handle(), thrower()) == "panicked: no seven");
  });
}

TEST_CASE("[IO-26] a future that its runtime gives up, or refuses, is cancelled for who awaits it elsewhere") {
  one_job back;
  std::thread::id resumed_on;
  std::optional<runtime::handle> ended;
  std::future<std::string> said;
  {
    auto rt = test::make(builder::new_multi_thread().enable_all().worker_threads(1));
    ended = rt.handle();
    said = ask(rt.handle(), never_ends(), back, resumed_on).said;
  }
  back.run();
  CHECK(said.get() == "cancelled");
  CHECK(asked(*ended, slow_seven()) == "cancelled");
}

TEST_CASE("[IO-22] a read that waits holds up the end of its runtime for as long as one lets it") {
  int fds[2];
  REQUIRE(::pipe2(fds, O_CLOEXEC) == 0);
  auto rt = test::make(builder::new_multi_thread().enable_all().worker_threads(1));
  const auto pool = rt.metrics();
  const auto read_one = [](int fd) -> task<std::size_t> {
    io::blocking_reader reader(fd);
    std::array<char, 1> room;
    co_return (co_await reader.read(room)).value_or(0);
  };
  REQUIRE(::write(fds[1], "x", 1) == 1);
  CHECK(rt.block_on(read_one(fds[0])) == 1);
  eventually("the blocking thread rests", [&] { return pool.num_idle_blocking_threads() == 1; });
  rt.spawn(read_one(fds[0])).detach();
  eventually("the read has begun",
             [&] { return pool.num_idle_blocking_threads() == 0 && pool.blocking_queue_depth() == 0; });
  const auto start = std::chrono::steady_clock::now();
  std::move(rt).shutdown_timeout(20ms);
  CHECK(std::chrono::steady_clock::now() - start >= 20ms);
  ::close(fds[1]);  // its end; the thread that was left behind goes
  ::close(fds[0]);
}
