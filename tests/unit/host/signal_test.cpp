// tokio.signal/1 by its table and the hub behind it: signals of the host, of the program, and handles that went.
#include <doctest/doctest.h>

#include <csignal>
#include <string>

#include "base/thread_stack.hpp"
#include "host/signal_hub.hpp"
#include "support/in_process_host.hpp"

using tokiod::test::in_process_host;

namespace hub = tokiod::host::signal_hub;

namespace {

const tokio_host* const host = in_process_host::table();

struct bench {
  in_process_host in;
  const tokio_signal_ext* signal = in.extension<tokio_signal_ext>(TOKIO_EXT_SIGNAL);
  tokio_signal* open(int number) const {
    tokio_signal* made = nullptr;
    REQUIRE(signal->open(in.plugin(), number, &made) == TOKIO_OK);
    return made;
  }
};

}  // namespace

TEST_CASE("[SG-01] the signal that asks for stacks is the host's own") {
  bench b;
  tokio_signal* made = nullptr;
  const int number = tokiod::stack_signal();
  REQUIRE(number != 0);
  CHECK(b.signal->open(b.in.plugin(), number, &made) == TOKIO_EINVAL);
  CHECK(std::string(host->last_error().ptr, host->last_error().len) ==
        "signal " + std::to_string(number) + " asks threads of this process for their stacks; take another one");
  CHECK(b.in.stop().clean());
}

TEST_CASE("[SG-01] what a program that many share keeps to itself is refused") {
  const int number = SIGRTMIN + 9;
  hub::refused_by_program({number});
  CHECK(hub::why_not(number) ==
        "signal " + std::to_string(number) + " is how this process ends when it is broken; nobody may listen to it");
  CHECK(hub::why_not(SIGABRT).empty());
}

TEST_CASE("[SG-05] a signal that the program takes itself is passed on by it, and keeps its action") {
  const int number = SIGRTMIN + 8;
  hub::owned_by_program({number});
  bench b;
  auto* const listener = b.open(number);
  struct sigaction now{};
  REQUIRE(::sigaction(number, nullptr, &now) == 0);
  CHECK((now.sa_handler == SIG_DFL));
  CHECK(b.signal->poll(listener, nullptr) == TOKIO_PENDING);
  hub::deliver(number);
  hub::deliver(number);
  CHECK(b.signal->poll(listener, nullptr) == TOKIO_OK);
  CHECK(b.signal->poll(listener, nullptr) == TOKIO_PENDING);
  b.signal->close(listener);
  CHECK(b.in.stop().clean());
}

TEST_CASE("[SG-03] a listener that was closed is an error value; one that is left open is taken back and named") {
  bench b;
  auto* const closed = b.open(SIGWINCH);
  auto* const left = b.open(SIGWINCH);
  b.signal->close(closed);
  CHECK(b.signal->poll(closed, nullptr) == TOKIO_EBADF);
  b.signal->close(nullptr);
  auto* const plugin = b.in.plugin();
  CHECK(b.in.stop().leaked == std::vector<std::string>{"1 signals"});
  CHECK(b.signal->poll(left, nullptr) == TOKIO_EBADF);
  tokio_signal* made = nullptr;
  CHECK(b.signal->open(plugin, SIGWINCH, &made) == TOKIO_EGONE);
  CHECK(b.signal->open(nullptr, SIGWINCH, &made) == TOKIO_EINVAL);
  std::raise(SIGWINCH);  // nobody listens, and nothing happens
}
