// Runs a task of the SDK on a real host in this process, and gives its value to the test.
// Invariant: when the scope ends nothing of the plugin is left: sockets, tasks, leases; and no descriptor of the
// process. Threads: the test's.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "support/in_process_host.hpp"
#include "support/open_descriptors.hpp"
#include "tokio/task.hpp"

namespace tokio::test {

using tokiod::test::open_descriptors;

// Polls a future once and says what it answered: nothing while it is pending. The future stays, to be polled again or
// dropped at that edge.
template <class F>
auto once(F& future) {
  using output = output_of<F>;
  return poll_fn([&future](context& cx) -> tokio::poll<std::optional<output>> {
    auto got = future.poll(cx);
    return got.is_ready() ? std::optional<output>(std::move(got).value()) : std::nullopt;
  });
}

class on_host {
 public:
  explicit on_host(tokiod::test::host_options options = {}) : in_(std::move(options)) {
    bind_host(in_.plugin(), tokiod::test::in_process_host::table());
    scope_.emplace(in_.plugin());
  }
  ~on_host() {
    scope_.reset();
    const auto left = in_.stop();
    CHECK(left.leaked.empty());
    CHECK(left.refused.empty());
    CHECK(left.panics == 0);
  }

  std::uint64_t live_sources() const { return in_.live_sources(); }

  // What the task gives. Fails the test when it throws or takes longer than the limit.
  template <class T>
  T run(task<T> work, std::uint64_t limit_ms = 10'000) {
    auto out = std::make_shared<outcome<T>>();
    spawn(
        [](task<T> inner, std::shared_ptr<outcome<T>> to) -> task<> {
          try {
            to->value.emplace(co_await std::move(inner));
          } catch (...) {
            to->thrown = std::current_exception();
          }
          to->done.store(true, std::memory_order_release);  // publishes the value to the test's thread
        },
        std::move(work), out);
    REQUIRE(in_.run_until([&] { return out->done.load(std::memory_order_acquire); }, limit_ms));
    if (out->thrown) std::rethrow_exception(out->thrown);
    return std::move(*out->value);
  }

 private:
  // Lives longest, so that it counts when the host is gone.
  struct same_descriptors {
    std::ptrdiff_t before = (tokiod::test::in_process_host::make_what_stays(), open_descriptors());
    // Whoever reaps orphans may still hold the descriptor of one that has ended.
    ~same_descriptors() {
      for (int waits = 0; waits < 10'000 && open_descriptors() != before; ++waits)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      CHECK(open_descriptors() == before);
    }
  } kept_;
  template <class T>
  struct outcome {
    std::optional<T> value;
    std::exception_ptr thrown;
    std::atomic<bool> done{false};
  };
  tokiod::test::in_process_host in_;
  std::optional<instance_scope> scope_;
};

}  // namespace tokio::test
