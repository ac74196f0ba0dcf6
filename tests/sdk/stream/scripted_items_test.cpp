// The test kit's stream that plays a script, row TT-02.
#include "tokio/test/scripted_items.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <stdexcept>

#include "tokio/task.hpp"
#include "tokio/test.hpp"

using namespace std::chrono_literals;
using tokio::task;
using tokio::test::block_on;
using tokio::test::fake_host;
using tokio::test::hand_poll;
using tokio::test::item_script;
using tokio::test::scripted_items;

namespace {

// The signal that ends a process which runs `fn`; 0 when it ends by itself.
template <class Fn>
int signal_of(Fn fn) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::signal(SIGABRT, SIG_DFL);
    ::close(STDERR_FILENO);
    fn();
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

}  // namespace

TEST_CASE("[TT-02] items and pauses come in their order, in virtual time, and then there are none") {
  fake_host host;
  tokio::test::paused clock;
  scripted_items<int> numbers(item_script<int>().next(1).wait(5ms).wait(1ms).next(2));
  CHECK(hand_poll(numbers.next()).poll().value() == 1);
  hand_poll next(numbers.next());
  CHECK(next.poll().is_pending());
  clock.advance(5ms);
  CHECK(next.is_woken());
  CHECK(next.poll().is_pending());
  clock.advance(1ms);
  CHECK(next.poll().value() == 2);
  CHECK_FALSE(hand_poll(numbers.next()).poll().value().has_value());
}

TEST_CASE("[TT-02] a script of things that cannot be copied, and one that is moved before it is played") {
  fake_host host;
  item_script<std::unique_ptr<int>> script;
  script.next(std::make_unique<int>(7)).wait(1h);
  scripted_items<std::unique_ptr<int>> items(std::move(script));
  auto moved = std::move(items);
  auto drain = [](scripted_items<std::unique_ptr<int>> from) -> task<int> {
    int sum = 0;
    while (auto one = co_await from.next()) sum += **one;
    co_return sum;
  };
  CHECK(block_on(drain(std::move(moved))) == 7);
}

TEST_CASE("[TT-02] a task that throws may hold its script as a local, or get it by reference, but not as a parameter") {
  fake_host host;
  const auto unplayed = [] { return scripted_items<int>(item_script<int>().next(1)); };
  const auto ends_broken = [](task<> body) {
    auto handle = tokio::spawn(std::move(body));
    CHECK(block_on(handle).error().message() == "broken");
  };
  const auto local = [&]() -> task<> {
    const auto items = unplayed();
    throw std::runtime_error("broken");
    co_return;
  };
  const auto by_reference = [](scripted_items<int>&) -> task<> {
    throw std::runtime_error("broken");
    co_return;
  };
  const auto parameter = [](scripted_items<int>) -> task<> {
    throw std::runtime_error("broken");
    co_return;
  };
  ends_broken(local());
  auto items = unplayed();
  ends_broken(by_reference(items));
  CHECK(block_on(items.next()) == 1);
  CHECK(signal_of([&] { ends_broken(parameter(unplayed())); }) == SIGABRT);
}

TEST_CASE("[TT-02] a script that was not played to its end ends the program, unless an exception is on its way") {
  fake_host host;
  CHECK(signal_of([] { scripted_items<int> unplayed(item_script<int>().next(1)); }) == SIGABRT);
  CHECK(signal_of([] { scripted_items<int> unplayed(item_script<int>().wait(1ms)); }) == SIGABRT);
  CHECK(signal_of([] { scripted_items<int> nothing{item_script<int>()}; }) == 0);
  CHECK_THROWS_AS(
      [] {
        const scripted_items<int> unplayed(item_script<int>().next(1));
        throw std::runtime_error("on its way");
      }(),
      std::runtime_error);
}
