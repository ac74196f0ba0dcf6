// internal to task/: a spawned future that carries something which is destroyed right after it: the note of a
// join_set, the token of a task_tracker.
// Invariant: what is carried goes after the future, and before the host learns that the task is over.
// Threads: spawn_beside [any] that works for an instance.
#pragma once

#include <utility>

#include "tokio/task/spawn.hpp"

namespace tokio {

// A future beside something that is destroyed after it, when the task ends.
template <class F, class Beside>
class [[nodiscard]] accompanied {
 public:
  using output = output_of<F>;
  static constexpr std::uint32_t task_flags = task_flags_of<F>();

  template <class... Args>
  explicit accompanied(Beside beside, Args&&... args)
      : beside_(std::move(beside)), future_(std::forward<Args>(args)...) {}

  tokio::poll<output> poll(context& cx) { return future_.poll(cx); }
  bool reported_cancelled() const noexcept
    requires requires(const F& future) { future.reported_cancelled(); }
  {
    return future_.reported_cancelled();
  }
  void drop()
    requires drops_aloud<F>
  {
    future_.drop();
  }
  void walk(walker& to) const noexcept
    requires walkable<F>
  {
    future_.walk(to);
  }

 private:
  Beside beside_;
  F future_;
};
template <class F, class Beside>
constexpr bool drops_aloud<accompanied<F, Beside>> = drops_aloud<F>;

template <class First, class... Args>
struct spawned_future {
  using type = call<std::decay_t<First>, std::decay_t<Args>...>;
};
template <pollable F>
struct spawned_future<F> {
  using type = std::remove_cvref_t<F>;
};

// As spawn(), for a future that carries something. What was given is destroyed when the host refuses.
template <task_name Name, class Beside, class... Args>
auto spawn_beside(call_site at, Beside beside, Args&&... args) {
  static_assert(spawnable<Args...>,
                "spawn takes a task (moved in), or a function and its arguments that together give a task.");
  using whole = accompanied<typename spawned_future<Args...>::type, Beside>;
  tokio_waker key{};
  (void)start_boxed<whole, Name>(for_this_instance(TOKIO_SPAWN_JOIN, &key, at), std::move(beside),
                                 std::forward<Args>(args)...);
  return join_handle<spawned_output<Args...>>(key);
}

}  // namespace tokio
