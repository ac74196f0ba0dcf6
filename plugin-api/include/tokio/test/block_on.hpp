// Runs a future to its end on the innermost fake host, together with everything that was spawned, or a whole test on a
// fake host of its own.
// Threads: the one that made the fake host.
#pragma once

#include "tokio/core/slot.hpp"
#include "tokio/task/awaitable.hpp"
#include "tokio/test/fake_host.hpp"

namespace tokio::test {

template <pollable F>
class blocked_on {
 public:
  using output = output_of<F>;
  explicit blocked_on(F& future) : future_(&future) {}

  output run() {
    auto& core = static_cast<fake_host&>(*fake_core::current);
    tokio_task* task = nullptr;
    if (core.alloc(this_thread.instance, sizeof(blocked_on*), 16, &task) != TOKIO_OK)
      fake_misuse("block_on: no memory");
    *static_cast<blocked_on**>(fake_core::body(fake_core::of(task))) = this;
    core.spawn(fake_core::of(task), &vt, 0, nullptr);
    --core.spawned_count;
    while (outcome_.empty())
      if (!core.step()) fake_misuse("block_on: every task waits, and no timer or job is left that could wake one");
    return outcome_.take();
  }

 private:
  // Not a task: this_task::try_id() is empty in it.
  static tokio_poll poll(void* body, tokio_cx* cx) noexcept {
    auto& self = **static_cast<blocked_on**>(body);
    auto before = std::exchange(this_thread, thread_state{cx->plugin, cx, {}, nullptr});
    context now(cx);
    auto answer = self.poll_future(now);
    this_thread = before;
    return answer;
  }
  tokio_poll poll_future(context& cx) noexcept {
    try {
      auto polled = future_->poll(cx);
      if (polled.is_pending()) return cx.yielded() ? TOKIO_POLL_YIELD : TOKIO_POLL_PENDING;
      if constexpr (std::is_void_v<output>)
        outcome_.emplace();
      else
        outcome_.emplace(std::move(polled).value());
    } catch (...) {
      outcome_.set_exception(std::current_exception());
    }
    return TOKIO_POLL_READY;
  }
  static void destroy(void*) noexcept {}
  static constexpr tokio_task_vt vt{sizeof(tokio_task_vt), 0, poll, destroy, {}, {}, 0, 0};

  F* future_;
  slot<output> outcome_;
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
