// Signals on runtimes of a program, which may be several: rows SG-01, SG-03 and SG-05.
#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <utility>

#include "flavors.hpp"
#include "tokio/signal.hpp"

namespace {

using namespace tokio::test;
using tokio::task;
using tokio::signal::listener;
using tokio::signal::signal_kind;

listener listen_in(tokio::runtime::runtime& rt, int number) {
  return rt.block_on(
      [=]() -> task<listener> { co_return tokio::signal::signal(signal_kind::from_raw(number)).value(); });
}
bool hears(tokio::runtime::runtime& rt, listener& from) {
  return rt.block_on([&]() -> task<bool> {
    co_await from.recv();
    co_return true;
  });
}

}  // namespace

TEST_CASE("[SG-01] without an I/O driver it panics, and says what to call") {
  auto timed = make(tokio::runtime::builder::new_current_thread().enable_time());
  const auto listens = []() -> task<bool> { co_return tokio::signal::signal(signal_kind::hangup()).has_value(); };
  CHECK_THROWS_WITH_AS(timed.block_on(listens), "there is no reactor running: enable_io() was not called",
                       tokio::panic_error);
}

TEST_CASE("[SG-03] [SG-05] listeners of all runtimes hear of a signal, and the end of one runtime is its own") {
  auto one = make(both(false)), other = make(both(true));
  std::optional gone(make(both(true)));
  auto first = listen_in(one, SIGUSR1), second = listen_in(other, SIGUSR1);
  {
    auto third = listen_in(*gone, SIGUSR1);
    CHECK(::kill(::getpid(), SIGUSR1) == 0);
    CHECK(hears(one, first));
    CHECK(hears(other, second));
    CHECK(hears(*gone, third));
  }
  gone.reset();
  CHECK(::kill(::getpid(), SIGUSR1) == 0);
  CHECK(hears(one, first));
  CHECK(hears(other, second));
}

TEST_CASE("[SG-01] a runtime that is made after all others have ended listens as well") {
  on_both([](tokio::runtime::runtime& rt, bool) {
    auto mine = listen_in(rt, SIGUSR2);
    CHECK(std::raise(SIGUSR2) == 0);
    CHECK(hears(rt, mine));
  });
}
