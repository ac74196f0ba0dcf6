// `task_tracker`: waits until tasks are gone, for an orderly end. Keeps none of their values, and costs nothing for
// those that have ended. Answers to tokio_util::task::TaskTracker.
//   task_tracker all;  all.spawn(serve(...));  ...  all.close();  co_await all.wait();
// Invariant: wait() is ready once the tracker was closed and empty at one instant after wait() was called, whatever
//            came later. A task counts until its future is destroyed; closing stops nobody from spawning.
// Threads: everything [any]; copies mean the same tracker. spawn needs a thread that works for an instance.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "tokio/sync/notify.hpp"
#include "tokio/task/beside.hpp"
#include "tokio/task/blocking.hpp"

namespace tokio {

// internal: what a tracker, its tokens and its waits share.
class tracker_state {
 public:
  std::size_t len() const noexcept {
    const lock_scope scope(lock_);
    return count_;
  }
  bool is_closed() const noexcept {
    const lock_scope scope(lock_);
    return closed_;
  }
  bool is_over() const noexcept {
    const lock_scope scope(lock_);
    return closed_ && count_ == 0;
  }
  void add() noexcept {
    const lock_scope scope(lock_);
    ++count_;
  }
  void remove() noexcept {
    const lock_scope scope(lock_);
    if (--count_ == 0 && closed_) over_.notify_waiters();
  }
  // True when this call changed it.
  bool set_closed(bool closed) noexcept {
    const lock_scope scope(lock_);
    if (std::exchange(closed_, closed) == closed) return false;
    if (closed && count_ == 0) over_.notify_waiters();
    return true;
  }
  sync::notify_core<sync::policy>& over() noexcept { return over_; }

 private:
  mutable spin_lock lock_;
  std::size_t count_ = 0;
  bool closed_ = false;
  // Told under the lock: a wait that is made after the instant is not told of it.
  sync::notify_core<sync::policy> over_;
};

// Counts as a task for as long as it lives.
class [[nodiscard]] task_tracker_token {
 public:
  explicit task_tracker_token(std::shared_ptr<tracker_state> of) noexcept : of_(std::move(of)) { of_->add(); }
  task_tracker_token(const task_tracker_token& other) noexcept : of_(other.of_) {
    if (of_) of_->add();
  }
  task_tracker_token(task_tracker_token&&) noexcept = default;
  task_tracker_token& operator=(task_tracker_token other) noexcept {
    std::swap(of_, other.of_);
    return *this;
  }
  ~task_tracker_token() {
    if (of_) of_->remove();
  }

 private:
  std::shared_ptr<tracker_state> of_;
};

// Cancel safe: but the instant that a dropped one has waited for may be over, and a new one waits for the next.
class [[nodiscard]] tracker_wait {
 public:
  using output = void;
  explicit tracker_wait(std::shared_ptr<tracker_state> of) noexcept
      : of_(std::move(of)), wait_(of_->over()), over_(of_->is_over()) {}

  tokio::poll<void> poll(context& cx) {
    if (!cx.proceed()) return pending;
    if (over_ || wait_.poll(cx.waker())) return ready();
    cx.restore();
    return pending;
  }

 private:
  std::shared_ptr<tracker_state> of_;
  sync::notify_wait<sync::policy> wait_;
  bool over_;
};

class task_tracker {
 public:
  task_tracker() : state_(std::make_shared<tracker_state>()) {}

  // As tokio::spawn() and tokio::spawn_blocking(). A task that the host refuses counts no more when they return.
  template <task_name Name = "", class F>
  auto spawn(F&& future, call_site at = call_site::current()) const {
    return spawn_beside<Name>(at, token(), std::forward<F>(future));
  }
  template <task_name Name = "", class Fn, class First, class... Args>
  auto spawn(Fn&& fn, First&& first, Args&&... args) const {
    return spawn_beside<Name>({}, token(), std::forward<Fn>(fn), std::forward<First>(first),
                              std::forward<Args>(args)...);
  }
  template <task_name Name = "blocking", class Fn>
  blocking_handle<Fn> spawn_blocking(Fn&& fn, call_site at = call_site::current()) const {
    auto counted = token();
    auto job = start_blocking<Name>(std::forward<Fn>(fn), at);
    if (!job) return {};
    return spawn_beside<Name>(at, std::move(counted), *std::move(job));
  }
  // The future, counted until it is destroyed; for code that polls it by itself.
  template <pollable F>
  accompanied<F, task_tracker_token> track_future(F future) const {
    return accompanied<F, task_tracker_token>(token(), std::move(future));
  }
  task_tracker_token token() const noexcept { return task_tracker_token(state_); }

  // True when this call changed it.
  bool close() const noexcept { return state_->set_closed(true); }
  bool reopen() const noexcept { return state_->set_closed(false); }
  bool is_closed() const noexcept { return state_->is_closed(); }
  std::size_t len() const noexcept { return state_->len(); }
  bool is_empty() const noexcept { return len() == 0; }
  tracker_wait wait() const noexcept { return tracker_wait(state_); }

  // Whether both are the same tracker.
  friend bool operator==(const task_tracker& a, const task_tracker& b) noexcept = default;

 private:
  std::shared_ptr<tracker_state> state_;
};

}  // namespace tokio
