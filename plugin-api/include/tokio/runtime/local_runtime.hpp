// `local_runtime`: a current_thread runtime that belongs to the thread that made it. What is spawned with spawn_local
// may use what only that thread may touch: it is polled there and destroyed there.
// Invariant: only the thread that made it drives it, spawns locally and ends it; elsewhere these panic, the destructor
//            too. Handles go to any thread, and what they spawn runs on this one, too.
// Threads:   the one that made it; handle() [any].
#pragma once

#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "tokio/runtime/builder.hpp"

namespace tokio::runtime {

class [[nodiscard]] local_runtime {
 public:
  // Of a current_thread runtime that nobody else owns; see builder::build_local().
  explicit local_runtime(runtime made) : all_(std::move(made)) {}
  local_runtime(const local_runtime&) = delete;
  local_runtime& operator=(const local_runtime&) = delete;
  // On another thread it panics, and ends nothing: what only its own thread may touch stays where it is, for ever.
  ~local_runtime() noexcept(false) {
    if (!all_.owned_ || is_here()) return;
    abandon(std::move(all_));
    if (std::uncaught_exceptions() == 0) panic(elsewhere);
  }

  template <class F>
  auto block_on(F&& future, call_site at = call_site::current()) {
    check(at);
    return all_.block_on(std::forward<F>(future), at);
  }
  template <task_name Name = "", class F>
  auto spawn_local(F&& future, call_site at = call_site::current()) const {
    check(at);
    return all_.spawn<Name>(std::forward<F>(future), at);
  }
  template <task_name Name = "", class Fn, class First, class... Args>
  auto spawn_local(Fn&& fn, First&& first, Args&&... args) const {
    check({});
    return all_.spawn<Name>(std::forward<Fn>(fn), std::forward<First>(first), std::forward<Args>(args)...);
  }
  template <task_name Name = "blocking", class Fn>
  blocking_handle<Fn> spawn_blocking(Fn&& fn, call_site at = call_site::current()) const {
    return all_.spawn_blocking<Name>(std::forward<Fn>(fn), at);
  }
  enter_guard enter(call_site at = call_site::current()) const {
    check(at);
    return all_.enter();
  }
  const tokio::runtime::handle& handle() const noexcept { return all_.handle(); }
  tokio::runtime::metrics metrics() const noexcept { return all_.metrics(); }

  // Tasks end here and now; only blocking jobs may be left to themselves.
  void shutdown_timeout(std::chrono::nanoseconds limit, call_site at = call_site::current()) && {
    check(at);
    std::move(all_).shutdown_timeout(limit, at);
  }
  void shutdown_background(call_site at = call_site::current()) && {
    check(at);
    std::move(all_).shutdown_background();
  }

 private:
  static constexpr const char* elsewhere = "a local_runtime is used on another thread than its own";

  bool is_here() const noexcept { return std::this_thread::get_id() == owner_; }
  void check(call_site at) const {
    if (!is_here()) panic(elsewhere, at);
  }
  // Where nobody finds it; never destroyed.
  static void abandon(runtime&& left) {
    static auto* const all = new std::pair<std::mutex, std::deque<runtime>>;
    const std::lock_guard hold(all->first);
    all->second.push_back(std::move(left));
  }

  std::thread::id owner_ = std::this_thread::get_id();
  runtime all_;
};

inline result<local_runtime> builder::build_local(call_site at) const {
  if (raw_.flavor != TOKIO_RT_CURRENT_THREAD)
    panic("build_local: a local_runtime has one thread: new_current_thread()", at);
  auto made = build(at);
  if (!made) return std::unexpected(made.error());
  return result<local_runtime>(std::in_place, *std::move(made));
}

}  // namespace tokio::runtime
