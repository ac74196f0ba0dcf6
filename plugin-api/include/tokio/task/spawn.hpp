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
  void drop()
    requires drops_aloud<future>
  {
    if (future_) future_->drop();
  }
  void walk(walker& to) const noexcept
    requires walkable<future>
  {
    if (future_) future_->walk(to);
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

template <class Fn, class... Args>
constexpr bool drops_aloud<call<Fn, Args...>> = drops_aloud<std::invoke_result_t<Fn&, Args&&...>>;

// A callable that gives a future when it is called with these.
template <class Fn, class... Args>
concept task_function = !pollable<Fn> && requires(std::decay_t<Fn>& fn, std::decay_t<Args>&&... args) {
  { fn(std::move(args)...) } -> pollable;
};

// How a future is handed to the host: what it asks for (TOKIO_SPAWN_*) and where the key goes. `key` stays as it was
// when the host refuses; the future is destroyed then.
struct start_request {
  tokio_plugin* instance;
  std::uint32_t flags;
  tokio_waker* key;
  call_site at;
};

template <class Future, task_name Name>
tokio_status start_block(const start_request& how, block_prefix& prefix) noexcept {
  prefix.has_future = true;
  prefix.spawned_at = how.at;
  return host.core->task_spawn(tokio_body_task(host.core, &prefix), &task_body<Future, Name>::vt, how.flags, how.key);
}

template <class F, task_name Name, class... Args>
tokio_status start_boxed(const start_request& how, Args&&... args) {
  using layout = typename boxed_future<F>::layout;
  tokio_task* task = nullptr;
  if (auto status = host.core->task_alloc(how.instance, sizeof(layout), alignof(layout), &task); status < 0)
    return status;
  auto& prefix = *::new (tokio_task_body(host.core, task)) block_prefix(how.instance);
  try {
    ::new (static_cast<void*>(&boxed_future<F>::at(prefix).future)) F(std::forward<Args>(args)...);
  } catch (...) {
    host.core->task_discard(task);
    throw;
  }
  return start_block<boxed_future<F>, Name>(how, prefix);
}

// A coroutine's frame is a block already; one that was made elsewhere, or that runs, is put into a block of its own.
template <class T, task_name Name>
tokio_status start_framed(const start_request& how, task<T>&& whole) {
  bool started = whole.started();
  void* frame = whole.into_frame();
  if (!frame) panic("spawn: the task was moved from, or it is over", how.at);
  auto& prefix = prefix_of(frame);
  if (started || prefix.instance != how.instance) return start_boxed<task<T>, Name>(how, task<T>::from_frame(frame));
  prefix.spawned = true;
  return start_block<framed_future<T>, Name>(how, prefix);
}

template <task_name Name, pollable F>
tokio_status start(const start_request& how, F&& future) {
  using whole = std::remove_cvref_t<F>;
  if constexpr (std::same_as<whole, task<output_of<F>>>)
    return start_framed<output_of<F>, Name>(how, std::move(future));
  else
    return start_boxed<whole, Name>(how, std::forward<F>(future));
}
template <task_name Name, class Fn, class... Args>
  requires task_function<Fn, Args...>
tokio_status start(const start_request& how, Fn&& fn, Args&&... args) {
  // Without captures and arguments there is nothing to keep beside the coroutine.
  if constexpr (std::is_empty_v<std::decay_t<Fn>> && sizeof...(Args) == 0)
    return start<Name>(how, fn());
  else
    return start_boxed<call<std::decay_t<Fn>, std::decay_t<Args>...>, Name>(how, std::forward<Fn>(fn),
                                                                            std::forward<Args>(args)...);
}

inline start_request for_this_instance(std::uint32_t flags, tokio_waker* key, call_site at) {
  return {current_instance("there is no runtime here: spawn() needs a task, a callback or an instance_scope", at),
          flags, key, at};
}

template <class First, class... Args>
struct spawned {
  using output = output_of<std::invoke_result_t<std::decay_t<First>&, std::decay_t<Args>&&...>>;
};
template <pollable F>
struct spawned<F> {
  using output = output_of<F>;
};
template <class... Args>
using spawned_output = typename spawned<Args...>::output;

template <class First, class... Args>
constexpr bool spawnable =
    (pollable<First> && sizeof...(Args) == 0 && !std::is_lvalue_reference_v<First>) || task_function<First, Args...>;

// A function that would give a future if it were given these themselves: what a task is given it owns, and they are
// moved into it.
template <class First, class... Args>
consteval bool wants_references() {
  if constexpr (spawnable<First, Args...>)
    return false;  // what it would do with others must not even be looked at
  else
    return requires(std::decay_t<First>& fn, std::decay_t<Args>&... args) {
      { fn(args...) } -> pollable;
    };
}

// What spawn, try_spawn and spawn_detached do for the line `at`.
template <task_name Name, class... Args>
result<join_handle<spawned_output<Args...>>> try_spawn_from(call_site at, Args&&... args) {
  tokio_waker key{};
  const auto status = start<Name>(for_this_instance(TOKIO_SPAWN_JOIN, &key, at), std::forward<Args>(args)...);
  if (status < 0) return std::unexpected(error::from_status(status));
  return join_handle<spawned_output<Args...>>(key);
}
template <task_name Name, class... Args>
auto spawn_from(call_site at, Args&&... args) {
  static_assert(
      !wants_references<Args...>(),
      "spawn: the function takes an argument by reference, but a task owns its arguments: take it by value, or "
      "give it std::ref() of what outlives the task.");
  static_assert(spawnable<Args...>,
                "spawn takes a task (moved in), or a function and its arguments that together give a task.");
  tokio_waker key{};
  (void)start<Name>(for_this_instance(TOKIO_SPAWN_JOIN, &key, at), std::forward<Args>(args)...);
  return join_handle<spawned_output<Args...>>(key);
}
template <task_name Name, class... Args>
void spawn_detached_from(call_site at, Args&&... args) {
  static_assert(spawnable<Args...>,
                "spawn_detached takes a task (moved in), or a function and its arguments that together give a task.");
  (void)start<Name>(for_this_instance(0, nullptr, at), std::forward<Args>(args)...);
}

// A form with arguments for the function cannot know its caller's line: nothing may follow a pack. A panic of it names
// none.

// As spawn(), but says why when the host refuses (memory, quota, shutdown).
template <task_name Name = "", class F>
  requires(spawnable<F>)
result<join_handle<spawned_output<F>>> try_spawn(F&& future, call_site at = call_site::current()) {
  return try_spawn_from<Name>(at, std::forward<F>(future));
}
template <task_name Name = "", class Fn, class First, class... Args>
  requires(spawnable<Fn, First, Args...>)
result<join_handle<spawned_output<Fn, First, Args...>>> try_spawn(Fn&& fn, First&& first, Args&&... args) {
  return try_spawn_from<Name>({}, std::forward<Fn>(fn), std::forward<First>(first), std::forward<Args>(args)...);
}

// Starts a task, which never runs before spawn returns to the worker. A task that the host refuses resolves as
// cancelled. spawn<"name">(...) names it in task lists.
template <task_name Name = "", class F>
auto spawn(F&& future, call_site at = call_site::current()) {
  return spawn_from<Name>(at, std::forward<F>(future));
}
template <task_name Name = "", class Fn, class First, class... Args>
auto spawn(Fn&& fn, First&& first, Args&&... args) {
  return spawn_from<Name>({}, std::forward<Fn>(fn), std::forward<First>(first), std::forward<Args>(args)...);
}

// A task that nobody will wait for: what spawn(...).detach() does, for less. A task that the host refuses is destroyed.
template <task_name Name = "", class F>
void spawn_detached(F&& future, call_site at = call_site::current()) {
  spawn_detached_from<Name>(at, std::forward<F>(future));
}
template <task_name Name = "", class Fn, class First, class... Args>
void spawn_detached(Fn&& fn, First&& first, Args&&... args) {
  spawn_detached_from<Name>({}, std::forward<Fn>(fn), std::forward<First>(first), std::forward<Args>(args)...);
}

// The task that this thread is polling or destroying now.
namespace this_task {
inline std::optional<task_id> try_id() noexcept {
  if (!this_thread.task.task) return std::nullopt;
  auto id = host.core->task_id(this_thread.task);
  if (id == 0) return std::nullopt;
  return task_id{id};
}
inline task_id id(call_site at = call_site::current()) {
  if (auto id = try_id()) return *id;
  panic("there is no task here: this_task::id() needs one", at);
}
}  // namespace this_task

}  // namespace tokio
