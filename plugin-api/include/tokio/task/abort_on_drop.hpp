// `abort_on_drop_handle<T>`: a join handle whose end aborts its task. `abort_on_drop`: the same of an abort handle.
// Answers to tokio_util::task::AbortOnDropHandle and AbortOnDrop.
// Invariant: the task is aborted when the handle goes, unless it was detached, moved from, or joined before.
// Threads: abort_on_drop_handle one at a time; abort_on_drop [any].
#pragma once

#include <utility>

#include "tokio/task/join_handle.hpp"

namespace tokio {

template <class T>
class [[nodiscard]] abort_on_drop_handle {
 public:
  using output = join_handle<T>::output;
  explicit abort_on_drop_handle(join_handle<T> task) noexcept : task_(std::move(task)) {}
  abort_on_drop_handle(abort_on_drop_handle&&) noexcept = default;
  abort_on_drop_handle& operator=(abort_on_drop_handle&& other) noexcept {
    if (this != &other) {
      abort();
      task_ = std::move(other.task_);
    }
    return *this;
  }
  ~abort_on_drop_handle() { abort(); }

  // Await it by value or, cancel safe, by reference.
  tokio::poll<output> poll(context& cx) { return task_.poll(cx); }
  // What it would give if the task is over; none when it is not.
  std::optional<output> try_join() { return task_.try_join(); }

  // Also by hand; an end by itself makes it do nothing.
  void abort() const noexcept { task_.abort(); }
  bool is_finished() const noexcept { return task_.is_finished(); }
  task_id id() const noexcept { return task_.id(); }
  tokio::abort_handle abort_handle() const noexcept { return task_.abort_handle(); }
  // The plain handle: the task goes on when that one goes.
  join_handle<T> detach() && noexcept { return std::move(task_); }

 private:
  join_handle<T> task_;
};

class [[nodiscard]] abort_on_drop {
 public:
  explicit abort_on_drop(abort_handle task) noexcept : task_(task) {}
  abort_on_drop(abort_on_drop&& other) noexcept : task_(std::exchange(other.task_, {})) {}
  abort_on_drop& operator=(abort_on_drop&& other) noexcept {
    if (this != &other) {
      abort();
      task_ = std::exchange(other.task_, {});
    }
    return *this;
  }
  ~abort_on_drop() { task_.abort(); }

  void abort() const noexcept { task_.abort(); }
  bool is_finished() const noexcept { return task_.is_finished(); }
  task_id id() const noexcept { return task_.id(); }
  // The plain handle: its end aborts nothing.
  abort_handle detach() && noexcept { return std::exchange(task_, {}); }

 private:
  abort_handle task_;
};

}  // namespace tokio
