// Runs a future to its end on the innermost fake host, together with everything that was spawned, or a whole test on a
// fake host of its own.
// Threads: the one that made the fake host.
#pragma once

#include "tokio/task/root_future.hpp"
#include "tokio/test/fake_host.hpp"

namespace tokio::test {

template <pollable F>
class blocked_on {
 public:
  using output = output_of<F>;
  explicit blocked_on(F& future) : root_(future) {}

  output run() {
    auto& core = static_cast<fake_host&>(*fake_core::current);
    tokio_task* task = nullptr;
    if (core.alloc(this_thread.instance, sizeof(blocked_on*), 16, &task) != TOKIO_OK)
      fake_misuse("block_on: no memory");
    *static_cast<blocked_on**>(fake_core::body(fake_core::of(task))) = this;
    core.spawn(fake_core::of(task), &vt, 0, nullptr);
    --core.spawned_count;
    while (!root_.over())
      if (!core.step()) fake_misuse("block_on: every task waits, and no timer or job is left that could wake one");
    return root_.take();
  }

 private:
  static tokio_poll poll(void* body, tokio_cx* cx) noexcept {
    return (*static_cast<blocked_on**>(body))->root_.poll(cx);
  }
  static void destroy(void*) noexcept {}
  static constexpr tokio_task_vt vt{sizeof(tokio_task_vt), 0, poll, destroy, {}, {}, 0, 0, nullptr, nullptr};

  root_future<F> root_;
};

template <pollable F>
output_of<F> block_on(F&& future, call_site at = call_site::current()) {
  return blaming(at, [&] { return blocked_on<std::remove_reference_t<F>>(future).run(); });
}

// An asynchronous test: runs what `fn()` gives on a fresh fake host, whose clock is paused and goes on by itself, and
// destroys the tasks that are left. Answers to #[tokio::test].
//   TEST_CASE("a ping is answered") { tokio::test::run([]() -> tokio::task<> { ... }); }
template <class Fn>
auto run(Fn fn, std::uint64_t seed = 0, call_site at = call_site::current()) {
  fake_host fresh(seed);
  return block_on(fn(), at);
}

}  // namespace tokio::test
