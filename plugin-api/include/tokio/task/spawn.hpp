// `spawn(future)` and `spawn(fn, args...)`: a new task of the current instance.
// Invariant: spawning a coroutine allocates nothing: its frame is a block of the host already. Any other future gets a
//            block; a callable and its arguments live in it, so captures and references to arguments stay valid.
// Threads: [any] that works for an instance: inside a task, a callback of the host, or an instance_scope.
#pragma once

#include <optional>
#include <tuple>

#include "tokio/task/join_handle.hpp"
#include "tokio/task/task.hpp"

namespace tokio {

// Runs `fn(args...)`, which gives a future, inside the task, and keeps both until that future is done.
template <class Fn, class... Args>
class call {
  using future = std::invoke_result_t<Fn&, Args&&...>;

 public:
  using output = output_of<future>;
  template <class F, class... As>
  explicit call(F&& fn, As&&... args) : fn_(std::forward<F>(fn)), args_(std::forward<As>(args)...) {}

  tokio::poll<output> poll(context& cx) {
    if (!future_) start();
    return future_->poll(cx);
  }

 private:
  // Builds the future in place: it need not be movable.
  struct starter {
    call& self;
    operator future() const {
      return std::apply([&](Args&... args) { return self.fn_(std::move(args)...); }, self.args_);
    }
  };
  void start() { future_.emplace(starter{*this}); }

  Fn fn_;
  std::tuple<Args...> args_;
  std::optional<future> future_;
};

// A callable that gives a future when it is called with these.
template <class Fn, class... Args>
concept task_function = !pollable<Fn> && requires(std::decay_t<Fn>& fn, std::decay_t<Args>&&... args) {
  { fn(std::move(args)...) } -> pollable;
};

// Hands a block to the host. On a refusal its future is destroyed already.
template <class Future, task_name Name>
result<join_handle<typename Future::output>> spawn_block(block_prefix& prefix) {
  prefix.has_future = true;
  tokio_waker key{};
  auto* task = tokio_body_task(host.core, &prefix);
  auto status = host.core->task_spawn(task, &task_body<Future, Name>::vt, TOKIO_SPAWN_JOIN, &key);
  if (status < 0) return std::unexpected(error::from_status(status));
  return join_handle<typename Future::output>(key);
}

template <class F, task_name Name, class... Args>
result<join_handle<output_of<F>>> spawn_boxed(tokio_plugin* instance, Args&&... args) {
  using layout = typename boxed_future<F>::layout;
  tokio_task* task = nullptr;
  if (auto status = host.core->task_alloc(instance, sizeof(layout), alignof(layout), &task); status < 0)
    return std::unexpected(error::from_status(status));
  auto& prefix = *::new (tokio_task_body(host.core, task)) block_prefix(instance);
  try {
    ::new (static_cast<void*>(&boxed_future<F>::at(prefix).future)) F(std::forward<Args>(args)...);
  } catch (...) {
    host.core->task_discard(task);
    throw;
  }
  return spawn_block<boxed_future<F>, Name>(prefix);
}

// A coroutine's frame is a block already; one that was made elsewhere, or that runs, is put into a block of its own.
template <class T, task_name Name>
result<join_handle<T>> spawn_framed(tokio_plugin* instance, task<T>&& whole) {
  bool started = whole.started();
  void* frame = whole.into_frame();
  if (!frame) panic("spawn: the task was moved from, or it is over");
  auto& prefix = prefix_of(frame);
  if (started || prefix.instance != instance) return spawn_boxed<task<T>, Name>(instance, task<T>::from_frame(frame));
  prefix.frame = frame;
  prefix.spawned = true;
  return spawn_block<framed_future<T>, Name>(prefix);
}

// As spawn(), but says why when the host refuses (memory, quota, shutdown).
template <task_name Name = "", pollable F>
  requires(!std::is_lvalue_reference_v<F>)
auto try_spawn(F&& future) {
  auto* instance = current_instance("there is no runtime here: spawn() needs a task, a callback or an instance_scope");
  using whole = std::remove_cvref_t<F>;
  if constexpr (std::same_as<whole, task<output_of<F>>>)
    return spawn_framed<output_of<F>, Name>(instance, std::move(future));
  else
    return spawn_boxed<whole, Name>(instance, std::forward<F>(future));
}
template <task_name Name = "", class Fn, class... Args>
  requires task_function<Fn, Args...>
auto try_spawn(Fn&& fn, Args&&... args) {
  auto* instance = current_instance("there is no runtime here: spawn() needs a task, a callback or an instance_scope");
  // Without captures and arguments there is nothing to keep beside the coroutine.
  if constexpr (std::is_empty_v<std::decay_t<Fn>> && sizeof...(Args) == 0)
    return try_spawn<Name>(fn());
  else
    return spawn_boxed<call<std::decay_t<Fn>, std::decay_t<Args>...>, Name>(instance, std::forward<Fn>(fn),
                                                                            std::forward<Args>(args)...);
}

// Starts a task, which never runs before spawn returns to the worker. A task that the host refuses resolves as
// cancelled. spawn<"name">(...) names it in task lists.
template <task_name Name = "", class First, class... Args>
auto spawn(First&& first, Args&&... args) {
  static_assert(
      (pollable<First> && sizeof...(Args) == 0 && !std::is_lvalue_reference_v<First>) || task_function<First, Args...>,
      "spawn takes a task (moved in), or a function and its arguments that together give a task.");
  auto spawned = try_spawn<Name>(std::forward<First>(first), std::forward<Args>(args)...);
  using handle = typename decltype(spawned)::value_type;
  return spawned ? std::move(*spawned) : handle();
}

// The task that this thread is polling or destroying now.
namespace this_task {
inline std::optional<task_id> try_id() noexcept {
  if (!this_thread.task.task) return std::nullopt;
  auto id = host.core->task_id(this_thread.task);
  if (id == 0) return std::nullopt;
  return task_id{id};
}
inline task_id id() {
  if (auto id = try_id()) return *id;
  panic("there is no task here: this_task::id() needs one");
}
}  // namespace this_task

}  // namespace tokio
