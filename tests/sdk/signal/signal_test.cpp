// Signals: rows SG-01 to SG-05. Each test has signals of its own, because the first listener changes the process for
// good. The tasks run on the test's own thread, where raise() has called the handler when it returns.
#include "tokio/signal.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "sdk/task/bound_host.hpp"
#include "support/descriptor_hog.hpp"
#include "support/in_child.hpp"
#include "support/open_descriptors.hpp"
#include "tokio/stream/of_io.hpp"
#include "tokio/time.hpp"

namespace {

using namespace std::chrono_literals;
using sdk_test::bound_host;
using tokio::error_kind;
using tokio::task;
using tokio::signal::ctrl_c;
using tokio::signal::listener;
using tokio::signal::signal_kind;

// The body of a test, on a host that this thread drives.
template <class Fn>
void on_this_thread(Fn body) {
  bound_host real({.workers = 0});
  real.run(body);
  real.end();
}

listener listen(int number) {
  auto made = tokio::signal::signal(signal_kind::from_raw(number));
  REQUIRE(made.has_value());
  return *std::move(made);
}
task<bool> hears_nothing(listener& from) { co_return !(co_await tokio::time::timeout(1ms, from.recv())).has_value(); }
using tokiod::test::open_descriptors;

std::atomic<int> handled_before = 0;

}  // namespace

TEST_CASE("[SG-01] [SG-03] a signal is heard by who listens, and ends nothing") {
  on_this_thread([]() -> task<> {
    auto usr1 = tokio::signal::signal(signal_kind::user_defined1());
    CHECK(usr1.has_value());
    for (int i = 0; i < 3; ++i) {
      std::raise(SIGUSR1);
      co_await usr1->recv();
    }
    CHECK(co_await hears_nothing(*usr1));
    usr1 = std::unexpected(tokio::error(error_kind::other, "closed"));
    std::raise(SIGUSR1);  // the default action is gone for good
  });
}

TEST_CASE("[SG-01] what cannot be listened to is refused with the reason") {
  on_this_thread([]() -> task<> {
    const auto refused = [](int number) {
      auto made = tokio::signal::signal(signal_kind::from_raw(number));
      CHECK(made.error().kind() == error_kind::invalid_input);
      return std::string(tokio::to_view(tokio::host.core->last_error()));
    };
    CHECK(refused(SIGKILL) == "signal 9 cannot be handled");
    CHECK(refused(SIGSTOP) == "signal 19 cannot be handled");
    for (const int number : {SIGILL, SIGFPE, SIGSEGV})
      CHECK(refused(number) ==
            "signal " + std::to_string(number) + " comes from an error of the code, which a listener does not end");
    for (const int number : {-1, 0, SIGRTMAX + 1, 1000})
      CHECK(refused(number) == "there is no signal " + std::to_string(number) + "; they are numbered 1 to 64");
    CHECK(refused(SIGRTMIN - 1) == "signal 33 belongs to the C library");
    co_return;
  });
}

TEST_CASE("[SG-01] outside of a runtime it panics, and names the line") {
  const auto here = std::source_location::current().line() + 2;
  try {
    (void)tokio::signal::signal(signal_kind::hangup());
    FAIL("it did not panic");
  } catch (const tokio::panic_error& panicked) {
    CHECK(std::string(panicked.what()).find("no reactor running") != std::string::npos);
    CHECK(panicked.where().line() == here);
  }
}

TEST_CASE("[SG-01] a handler that was there before is still called") {
  struct sigaction ours{}, before{};
  ours.sa_handler = [](int) { ++handled_before; };
  REQUIRE(::sigaction(SIGUSR2, &ours, &before) == 0);
  on_this_thread([]() -> task<> {
    auto usr2 = listen(SIGUSR2);
    std::raise(SIGUSR2);
    co_await usr2.recv();
    CHECK(handled_before == 1);
  });
  std::raise(SIGUSR2);
  CHECK(handled_before == 2);
}

TEST_CASE("[SG-02] kinds have their numbers, and are equal when those are") {
  const std::pair<signal_kind, int> named[] = {{signal_kind::alarm(), SIGALRM},
                                               {signal_kind::child(), SIGCHLD},
                                               {signal_kind::hangup(), SIGHUP},
                                               {signal_kind::interrupt(), SIGINT},
                                               {signal_kind::io(), SIGIO},
                                               {signal_kind::pipe(), SIGPIPE},
                                               {signal_kind::quit(), SIGQUIT},
                                               {signal_kind::terminate(), SIGTERM},
                                               {signal_kind::user_defined1(), SIGUSR1},
                                               {signal_kind::user_defined2(), SIGUSR2},
                                               {signal_kind::window_change(), SIGWINCH}};
  for (const auto& [kind, number] : named) {
    CHECK(kind.as_raw_value() == number);
    CHECK(kind == signal_kind::from_raw(number));
    CHECK(kind != signal_kind::from_raw(number + 1));
  }
}

TEST_CASE("[SG-02] real-time signals, too") {
  on_this_thread([]() -> task<> {
    auto first = listen(SIGRTMIN), other = listen(SIGRTMIN + 1);
    std::raise(SIGRTMIN);
    co_await first.recv();
    CHECK(co_await hears_nothing(other));
    std::raise(SIGRTMIN + 1);
    co_await other.recv();
    CHECK(co_await hears_nothing(first));
  });
}

TEST_CASE("[SG-03] several deliveries between two receives are one; what comes after the last is another") {
  on_this_thread([]() -> task<> {
    auto many = listen(SIGRTMIN + 2);
    for (int i = 0; i < 5; ++i) std::raise(SIGRTMIN + 2);
    co_await many.recv();
    CHECK(co_await hears_nothing(many));
    std::raise(SIGRTMIN + 2);
    co_await many.recv();
  });
}

TEST_CASE("[SG-03] a receive that is dropped loses nothing") {
  on_this_thread([]() -> task<> {
    auto one = listen(SIGWINCH);
    CHECK(co_await hears_nothing(one));
    std::raise(SIGWINCH);
    CHECK_FALSE(co_await hears_nothing(one));
    CHECK(co_await hears_nothing(one));
  });
}

TEST_CASE("[SG-03] all listeners hear of it, from when they began; the end of one changes nothing for the others") {
  on_this_thread([]() -> task<> {
    auto first = listen(SIGURG);
    std::raise(SIGURG);
    auto second = listen(SIGURG);
    CHECK(co_await hears_nothing(second));
    co_await first.recv();
    std::optional<listener> third(listen(SIGURG));
    std::raise(SIGURG);
    third.reset();
    co_await first.recv();
    co_await second.recv();
    auto moved = std::move(first);
    std::raise(SIGURG);
    co_await moved.recv();
  });
}

TEST_CASE("[SG-05] a signal wakes tasks that wait on workers, however many") {
  bound_host real;
  std::atomic<int> waiting = 0, heard = 0;
  for (int i = 0; i < 50; ++i)
    tokio::spawn(
        [](std::atomic<int>& begun, std::atomic<int>& ended) -> task<> {
          auto one = listen(SIGRTMIN + 4);
          ++begun;
          co_await one.recv();
          ++ended;
        },
        std::ref(waiting), std::ref(heard))
        .detach();
  REQUIRE(real.real.run_until([&] { return waiting == 50; }));
  CHECK(::kill(::getpid(), SIGRTMIN + 4) == 0);
  CHECK(real.real.run_until([&] { return heard == 50; }));
  real.end();
}

TEST_CASE("[SG-05] listeners leave no descriptor, and one without a descriptor is refused") {
  on_this_thread([]() -> task<> {
    {
      auto first = listen(SIGRTMIN + 5);
    }
    const auto before = open_descriptors();
    {
      std::vector<listener> many;
      for (int i = 0; i < 100; ++i) many.push_back(listen(SIGRTMIN + 5));
    }
    CHECK(open_descriptors() == before);
    {
      tokiod::test::descriptor_hog hog;
      for (const int number : {SIGRTMIN + 5, SIGRTMIN + 6}) {
        auto none = tokio::signal::signal(signal_kind::from_raw(number));
        CHECK(none.error().kind() == error_kind::resource_exhausted);
      }
    }
    struct sigaction now{};
    CHECK(::sigaction(SIGRTMIN + 6, nullptr, &now) == 0);
    CHECK((now.sa_handler == SIG_DFL));  // what was refused has changed nothing
    CHECK(open_descriptors() == before);
    auto again = listen(SIGRTMIN + 6);
    std::raise(SIGRTMIN + 6);
    co_await again.recv();
  });
}

TEST_CASE("internal: ctrl_c" * doctest::skip()) {
  tokiod::test::child_begins();
  std::signal(SIGINT, SIG_DFL);
  on_this_thread([]() -> task<> {
    const auto handled = [] {
      struct sigaction now{};
      CHECK(::sigaction(SIGINT, nullptr, &now) == 0);
      return now.sa_handler != SIG_DFL;
    };
    auto waits = ctrl_c();
    CHECK_FALSE(handled());
    auto early = co_await tokio::time::timeout(1ms, tokio::by_ref(waits));
    CHECK_FALSE(early.has_value());
    CHECK(handled());
    std::raise(SIGINT);
    const auto came = co_await tokio::by_ref(waits);
    CHECK(came.has_value());
    std::raise(SIGINT);  // nobody listens, and it does not kill
  });
}

TEST_CASE("[SG-04] ctrl_c listens from its first poll on, and SIGINT never kills again") {
  CHECK(tokiod::test::passes_in_child("internal: ctrl_c"));
}

TEST_CASE("[ST-11] a listener as a stream gives an item for each time that the signal was heard, and does not end") {
  on_this_thread([]() -> task<> {
    auto heard = tokio::stream::of(listen(SIGRTMIN + 9));
    for (int i = 0; i < 3; ++i) {
      std::raise(SIGRTMIN + 9);
      CHECK((co_await heard.next()).has_value());
    }
    CHECK_FALSE((co_await tokio::time::timeout(1ms, heard.next())).has_value());
    auto plain = std::move(heard).into_inner();
    CHECK(co_await hears_nothing(plain));
  });
}
