// `handle`: spawns into a runtime and enters it, from any thread; copied freely. It does not keep the runtime alive:
// once that has ended, what is spawned resolves as cancelled.
// Threads:   [any].
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "tokio/runtime/block_on.hpp"
#include "tokio/runtime/dump.hpp"
#include "tokio/runtime/enter.hpp"
#include "tokio/runtime/metrics.hpp"
#include "tokio/runtime/resize.hpp"
#include "tokio/task/blocking.hpp"

namespace tokio::runtime {

enum class flavor : std::uint32_t { multi_thread = TOKIO_RT_MULTI_THREAD, current_thread = TOKIO_RT_CURRENT_THREAD };

// Of a runtime; not given to another one in this process.
struct id {
  std::uint64_t value = 0;
  friend constexpr auto operator<=>(const id&, const id&) noexcept = default;
};

// Why there is no current runtime.
class try_current_error {
 public:
  static constexpr bool is_missing_context() noexcept { return true; }
  // What this thread works for is plain data, which is there until its very end.
  static constexpr bool is_thread_local_destroyed() noexcept { return false; }
  static constexpr std::string_view message() noexcept { return text; }
  static constexpr const char* text =
      "there is no runtime here: handle::current() needs a task, a callback, or an enter_guard";
};

class handle {
 public:
  explicit handle(reference to) noexcept : to_(std::move(to)) {}

  // Of the runtime that this thread works for. Panics where there is none.
  static handle current(call_site at = call_site::current()) {
    return handle(reference::share(current_instance_at(at)));
  }
  static std::expected<handle, try_current_error> try_current() noexcept {
    if (!this_thread.instance) return std::unexpected(try_current_error{});
    return handle(reference::share(this_thread.instance));
  }

  // As tokio::spawn() and its kin, into this runtime, wherever the caller is: also in a task of another one.
  template <task_name Name = "", class F>
  auto spawn(F&& future, call_site at = call_site::current()) const {
    return spawn_from<Name>(at, std::forward<F>(future));
  }
  template <task_name Name = "", class Fn, class First, class... Args>
  auto spawn(Fn&& fn, First&& first, Args&&... args) const {
    return spawn_from<Name>({}, std::forward<Fn>(fn), std::forward<First>(first), std::forward<Args>(args)...);
  }
  template <task_name Name = "", class F>
  auto try_spawn(F&& future, call_site at = call_site::current()) const {
    return try_spawn_from<Name>(at, std::forward<F>(future));
  }
  template <task_name Name = "", class Fn, class First, class... Args>
  auto try_spawn(Fn&& fn, First&& first, Args&&... args) const {
    return try_spawn_from<Name>({}, std::forward<Fn>(fn), std::forward<First>(first), std::forward<Args>(args)...);
  }
  template <task_name Name = "blocking", class Fn>
  blocking_handle<Fn> spawn_blocking(Fn&& fn, call_site at = call_site::current()) const {
    const instance_scope inside(to_.get());
    return tokio::spawn_blocking<Name>(std::forward<Fn>(fn), at);
  }
  template <task_name Name = "blocking", class Fn>
  result<blocking_handle<Fn>> try_spawn_blocking(Fn&& fn, call_site at = call_site::current()) const {
    const instance_scope inside(to_.get());
    return tokio::try_spawn_blocking<Name>(std::forward<Fn>(fn), at);
  }
  // Waits on this thread, and does nothing else meanwhile: on a current_thread runtime, timers and sockets stand still
  // unless another thread is in tokio::runtime::block_on. Panics in a task; legal in block_in_place and spawn_blocking.
  template <class F>
  auto block_on(F&& future, call_site at = call_site::current()) const {
    return tokio::runtime::block_on(to_.get(), 0, std::forward<F>(future), at);
  }
  enter_guard enter() const noexcept { return enter_guard(to_); }
  tokio::runtime::metrics metrics() const noexcept { return tokio::runtime::metrics(to_); }
  // All tasks that have not ended, at once; from any thread, also of a task of this runtime.
  tokio::runtime::dump dump(call_site at = call_site::current()) const { return tokio::runtime::dump::of(to_, at); }

  // Another number of worker threads, 1 to 1024, while tasks run; gives how many there were before.
  //   auto before = co_await handle::current().resize(4);
  // Workers are started, or those with the highest numbers are retired: what they had queued, their sockets and their
  // timers go on elsewhere, and nothing is lost. A worker in a poll is waited for, at most `limit` and a minute; then
  // the error is of the kind timed_out, and some of the change may be done. From any thread and from tasks; one at a
  // time: another one meanwhile is an error with TOKIO_EBUSY. A future that is destroyed after its first poll has not
  // undone it. A program may resize its own runtimes; a plugin may not resize the daemon (permission_denied), unless
  // `may_resize` is set in the configuration of its instance. invalid_input: not 1 to 1024. unsupported: the runtime is
  // a current_thread one. shutdown: it ends. `metrics().num_workers()` is the number at this moment.
  resize_future resize(std::size_t workers, std::chrono::nanoseconds limit = std::chrono::seconds(10)) const {
    return {to_, workers, limit};
  }

  flavor runtime_flavor() const { return static_cast<flavor>(info().flavor); }
  tokio::runtime::id id() const { return {info().id}; }
  // Valid as long as this handle.
  std::optional<std::string_view> name() const {
    const auto name = to_view(info().name);
    return name.empty() ? std::nullopt : std::optional<std::string_view>(name);
  }

 private:
  friend class runtime;
  template <task_name Name, class... Args>
  auto spawn_from(call_site at, Args&&... args) const {
    const instance_scope inside(to_.get());
    return tokio::spawn_from<Name>(at, std::forward<Args>(args)...);
  }
  template <task_name Name, class... Args>
  auto try_spawn_from(call_site at, Args&&... args) const {
    const instance_scope inside(to_.get());
    return tokio::try_spawn_from<Name>(at, std::forward<Args>(args)...);
  }
  static tokio_plugin* current_instance_at(call_site at) {
    if (!this_thread.instance) panic(try_current_error::text, at);
    return this_thread.instance;
  }
  tokio_runtime_info info() const {
    tokio_runtime_info seen{};
    seen.size = sizeof seen;
    (void)to_.table({}).info(to_.get(), &seen);
    return seen;
  }

  reference to_;
};

// This error was made by a runtime that has ended, and not by one that looks like it.
inline bool is_rt_shutdown_err(const error& what) noexcept {
  return what.kind() == error_kind::shutdown && (what.code() == TOKIO_ESHUTDOWN || what.code() == TOKIO_EGONE);
}

// The worker that polls on this thread now; the same number as in metrics. It may be another one after a co_await.
inline std::optional<std::size_t> worker_index() noexcept {
  const auto* cx = this_thread.cx;
  if (!cx || cx->worker == TOKIO_WORKER_NONE) return std::nullopt;
  return cx->worker;
}

}  // namespace tokio::runtime
