// A reactor on the kernel, a pair of sockets, and waiters that are only names, for the tests of the reactor.
// Threads: the test's.
#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "runtime/io/reactor.hpp"

namespace tokiod::test {

using namespace tokiod::io;

inline task::key waiter(std::uintptr_t n) { return {reinterpret_cast<task::header*>(n * 64), n}; }

struct connected {
  unique_fd near, far;
  connected() {
    int fds[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
    near.reset(fds[0]);
    far.reset(fds[1]);
  }
  void send(const std::string& text) const {
    REQUIRE(write_some(far.get(), std::as_bytes(std::span(text))).value() == text.size());
  }
};

inline std::unique_ptr<reactor> make_reactor() {
  auto made = reactor::create();
  REQUIRE(made.has_value());
  return std::move(*made);
}

// Turns without waiting; what became runnable.
inline std::vector<task::key> turn(reactor& r) {
  std::vector<task::key> woken;
  const turn_report report = r.turn(0, [&](task::key k) { woken.push_back(k); });
  CHECK(report.failed.code == 0);
  return woken;
}

}  // namespace tokiod::test
