// The real host in this process, for the SDK's task tests that need threads.
// Threads: the test's; counted [any].
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <optional>
#include <utility>

#include "support/in_process_host.hpp"
#include "tokio/task.hpp"

namespace sdk_test {

// Counts those alive, on any thread.
struct counted {
  explicit counted(std::atomic<int>& alive) : alive_(&alive) { ++*alive_; }
  counted(const counted& other) : alive_(other.alive_) { ++*alive_; }
  counted& operator=(const counted&) = delete;
  ~counted() { --*alive_; }
  std::atomic<int>* alive_;
};

// The real host, and this thread working for its instance.
struct bound_host {
  tokiod::test::in_process_host real;
  std::optional<tokio::instance_scope> scope;
  explicit bound_host(tokiod::test::host_options options = {.workers = 4}) : real(std::move(options)) {
    REQUIRE_MESSAGE(real.running(), real.refusal());
    tokio::bind_host(real.plugin(), tokiod::test::in_process_host::table());
    scope.emplace(real.plugin());
  }
  // Runs one task to its end.
  template <class Fn>
  void run(Fn fn) {
    std::atomic<bool> done = false;
    tokio::spawn(
        [](Fn& body, std::atomic<bool>& flag) -> tokio::task<> {
          co_await body();
          flag = true;
        },
        std::ref(fn), std::ref(done))
        .detach();
    REQUIRE(real.run_until([&] { return done.load(); }, 30'000));
  }
  void end() {
    scope.reset();
    auto left = real.stop();
    CHECK_MESSAGE(left.clean(), left.refused);
  }
};

}  // namespace sdk_test
