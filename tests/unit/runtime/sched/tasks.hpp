// Tasks made of functions, for tests of the whole runtime.
#pragma once
#include <atomic>
#include <functional>
#include <new>
#include <utility>

#include <doctest/doctest.h>

#include "runtime/runtime.hpp"

namespace tokiod::test {

using poll_function = std::function<task::poll_result(task::key self, task::context& cx)>;

struct function_body {
  poll_function run;
  memory::owner_id owner;
};

// As a plugin's poll is called: outside the guard.
inline task::poll_result poll_function_body(task::header& self, task::context& cx) noexcept {
  auto& body = *static_cast<function_body*>(task::body_of(self));
  const sched::plugin_call call(body.owner, nullptr);
  return body.run({&self, self.state.prepared_generation()}, cx);
}
inline void drop_function_body(task::header& self) noexcept {
  static_cast<function_body*>(task::body_of(self))->~function_body();
}
inline constexpr task::body_ops function_ops{poll_function_body, drop_function_body};

inline constexpr task::spawn_options joined{.with_join_handle = true, .home = 0, .kind = {}};

inline runtime_options never_taken_over(std::uint32_t workers) {
  runtime_options options;
  options.worker_threads = workers;
  options.stuck_after = 0;
  return options;
}

// A runtime and an owner; every call is wrapped as a plugin's would be.
class bench_runtime {
 public:
  explicit bench_runtime(runtime_options options = {}) {
    auto started = runtime::start(options);
    REQUIRE_MESSAGE(started, started.error().sentence);
    all = std::move(*started);
    mine = *all->add_owner("test", memory::no_limit);
  }
  explicit bench_runtime(std::uint32_t workers) : bench_runtime(with_workers(workers)) {}
  static runtime_options with_workers(std::uint32_t workers) {
    runtime_options options;
    options.worker_threads = workers;
    return options;
  }

  result<task::key> try_spawn(poll_function run, task::spawn_options options = {}, bool front = false) {
    return try_spawn_of(*mine, std::move(run), options, front);
  }
  result<task::key> try_spawn_of(runtime_owner& whose, poll_function run, task::spawn_options options = {},
                                 bool front = false) {
    const sched::host_entry entry;
    auto made = all->allocate(whose, function_ops, nullptr, sizeof(function_body));
    if (!made) return std::unexpected(made.error());
    new (task::body_of(**made)) function_body{std::move(run), whose.id()};
    auto started = all->spawn(**made, options, front);
    if (!started) {
      drop_function_body(**made);
      all->discard(**made);
    }
    return started;
  }
  task::key spawn(poll_function run, task::spawn_options options = {}, bool front = false) {
    auto started = try_spawn(std::move(run), options, front);
    REQUIRE(started);
    return *started;
  }
  // One poll, then done.
  task::key spawn_once(std::function<void()> run) {
    return spawn([run = std::move(run)](task::key, task::context&) {
      run();
      return task::poll_result::ready;
    });
  }
  // At the end of a test: its tasks refer to what goes out of scope before the runtime does.
  void end() { CHECK(all->stop(steady_clock().now() + 30 * second) == stop_result::drained); }
  void wake(task::key who) {
    const sched::host_entry entry;
    runtime::wake(who);
  }

  std::unique_ptr<runtime> all;
  runtime_owner* mine = nullptr;
};

inline instant_ns patience() { return steady_clock().now() + 30 * second; }

// Looks again and again until `is` holds; false after much too long. Never why a test is right: it bounds how long a
// broken one hangs.
template <class Condition>
bool eventually(Condition is) {
  for (const instant_ns until = patience(); steady_clock().now() < until;) {
    if (is()) return true;
    std::this_thread::yield();
  }
  return false;
}

// Called in a poll: holds its only worker until another task has run, which it can only when the worker is taken or
// given away.
inline void block_until_another_ran(bench_runtime& rt) {
  std::atomic<bool> ran{false};
  rt.spawn_once([&] { ran = true; });
  CHECK(eventually([&] { return ran.load(); }));
}

}  // namespace tokiod::test
