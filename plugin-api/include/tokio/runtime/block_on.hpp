// internal to runtime/: waits on this thread for a future that works for a runtime.
// Invariant: the future is polled on this thread alone. What it throws comes out here.
// Threads:   [any] that may block.
#pragma once

#include "tokio/runtime/own_stretches.hpp"
#include "tokio/runtime/reference.hpp"
#include "tokio/task/root_future.hpp"
#include "tokio/task/spawn.hpp"

namespace tokio::runtime {

template <pollable F>
output_of<F> wait_for(tokio_plugin* instance, std::uint32_t flags, F& future, call_site at) {
  root_future<F> waited(future);
  const tokio_root root{sizeof(tokio_root), flags, &waited,
                        [](void* user, tokio_cx* cx) noexcept { return static_cast<root_future<F>*>(user)->poll(cx); }};
  const auto status = runtime_table(at).block_on(instance, &root);
  if (status == TOKIO_ESHUTDOWN) panic("a task of this runtime panicked, and that has ended it", at);
  if (status < 0) panic("block_on: the host has no memory for it", at);
  return waited.take();
}

// A future, or a function without parameters that gives one, which lives as long as the wait.
template <class F>
concept waitable = pollable<F> || task_function<F>;

template <class F>
auto block_on(tokio_plugin* instance, std::uint32_t flags, F&& future, call_site at) {
  static_assert(waitable<F>, "block_on takes a future, or a function without parameters that gives one.");
  if (in_async_context())
    panic("Cannot start a runtime from within a runtime: this thread polls a task or calls a hook, and may not block",
          at);
  const instance_scope inside(instance);
  const own_stretches own;
  if constexpr (pollable<F>) {
    return wait_for(instance, flags, future, at);
  } else if constexpr (waitable<F>) {
    auto made = future();
    return wait_for(instance, flags, made, at);
  }
}

}  // namespace tokio::runtime
