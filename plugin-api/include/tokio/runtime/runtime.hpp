// `runtime`: owns a runtime and ends it. Its destructor waits for what runs: polls, and blocking jobs that have begun.
// Invariant: one owner. Where a thread may not block, the destructor ends it in the background and panics.
// Threads:   [any]; a current_thread runtime does its work inside block_on.
#pragma once

#include <chrono>
#include <exception>

#include "tokio/runtime/handle.hpp"

namespace tokio::runtime {

class [[nodiscard]] runtime {
 public:
  // Of an instance that libtokio.so gave; see builder.
  explicit runtime(reference made) noexcept : handle_(made), owned_(std::move(made)) {}
  runtime(runtime&& other) noexcept : handle_(other.handle_), owned_(std::exchange(other.owned_, std::nullopt)) {}
  runtime& operator=(runtime&& other) {
    if (this == &other) return *this;
    end();
    handle_ = other.handle_;
    owned_ = std::exchange(other.owned_, std::nullopt);
    return *this;
  }
  ~runtime() noexcept(false) { end(); }

  // Several workers, all drivers.
  static result<runtime> create(call_site at = call_site::current());

  // Waits on this thread for a future, or for what a function without parameters gives. On a current_thread runtime
  // this thread does all its work meanwhile, in turns with others that wait. Panics in a task.
  template <class F>
  auto block_on(F&& future, call_site at = call_site::current()) {
    return tokio::runtime::block_on(instance(at), TOKIO_ROOT_DRIVES, std::forward<F>(future), at);
  }
  template <task_name Name = "", class F>
  auto spawn(F&& future, call_site at = call_site::current()) const {
    return handle_.spawn_from<Name>(at, std::forward<F>(future));
  }
  template <task_name Name = "", class Fn, class First, class... Args>
  auto spawn(Fn&& fn, First&& first, Args&&... args) const {
    return handle_.spawn<Name>(std::forward<Fn>(fn), std::forward<First>(first), std::forward<Args>(args)...);
  }
  template <task_name Name = "blocking", class Fn>
  blocking_handle<Fn> spawn_blocking(Fn&& fn, call_site at = call_site::current()) const {
    return handle_.spawn_blocking<Name>(std::forward<Fn>(fn), at);
  }
  enter_guard enter() const noexcept { return handle_.enter(); }
  const tokio::runtime::handle& handle() const noexcept { return handle_; }
  tokio::runtime::metrics metrics() const noexcept { return handle_.metrics(); }

  // As the destructor, but waits no longer than that; what is late is left to itself.
  void shutdown_timeout(std::chrono::nanoseconds limit, call_site at = call_site::current()) && {
    if (limit.count() > 0 && in_async_context()) panic(no_drop_here, at);
    stop(limit.count() > 0 ? static_cast<std::uint64_t>(limit.count()) : 0);
  }
  void shutdown_background() && { stop(0); }

 private:
  friend class local_runtime;

  static constexpr const char* no_drop_here =
      "Cannot drop a runtime in a context where blocking is not allowed: this thread polls a task or calls a hook";

  tokio_plugin* instance(call_site at) const {
    if (!owned_) panic("this runtime was moved from, or was told to end", at);
    return owned_->get();
  }
  void stop(std::uint64_t wait_ns) noexcept {
    const own_stretches of_its_tasks;  // they may end here
    if (const auto mine = std::exchange(owned_, std::nullopt)) (void)mine->table({}).shutdown(mine->get(), wait_ns);
  }
  void end() {
    if (!owned_) return;
    const bool may_wait = !in_async_context();
    stop(may_wait ? UINT64_MAX : 0);
    if (!may_wait && std::uncaught_exceptions() == 0) panic(no_drop_here);
  }

  tokio::runtime::handle handle_;
  std::optional<reference> owned_;
};

}  // namespace tokio::runtime
