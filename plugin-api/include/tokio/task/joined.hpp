// internal to task/: what the collections of tasks give, and what they do in the same way once they can poll for the
// next task that has ended.
// Threads: [task].
#pragma once

#include <expected>
#include <optional>
#include <utility>
#include <vector>

#include "tokio/task/awaitable.hpp"
#include "tokio/task/join_handle.hpp"

namespace tokio {

template <class T>
using joined_value = std::expected<T, join_error>;
// An error has the id by itself.
template <class T>
using joined_with_id = std::expected<std::pair<task_id, non_void<T>>, join_error>;

template <class T>
joined_with_id<T> with_id(task_id id, joined_value<T>&& how) {
  if (!how) return joined_with_id<T>(std::unexpect, std::move(how.error()));
  if constexpr (std::is_void_v<T>)
    return joined_with_id<T>(std::in_place, id, unit());
  else
    return joined_with_id<T>(std::in_place, id, *std::move(how));
}

// All values in the order in which `tasks` gives them. The first failed task ends it: the rest is aborted, and its
// exception is thrown, or a panic when it was cancelled.
template <class T, class Tasks>
auto join_all_of(Tasks tasks) {
  using all_values = std::vector<non_void<T>>;
  return poll_fn([tasks = std::move(tasks), values = all_values()](context& cx) mutable -> tokio::poll<all_values> {
    while (true) {
      auto polled = tasks.poll_join_next(cx);
      if (polled.is_pending()) return pending;
      auto& one = polled.value();
      if (!one) return std::move(values);
      if (!*one) {
        tasks.abort_all();
        if (one->error().is_cancelled()) panic("join_all: a task was cancelled");
        one->error().rethrow();
      }
      if constexpr (std::is_void_v<T>)
        values.emplace_back();
      else
        values.push_back(*std::move(*one));
    }
  });
}

// Aborts all, and waits until they are gone, however they end. Cancel safe: what is left stays in the collection, and
// another one waits for it.
template <class Tasks>
auto shut_down(Tasks& tasks) noexcept {
  return poll_fn([&tasks, told = false](context& cx) mutable -> tokio::poll<void> {
    if (!std::exchange(told, true)) tasks.abort_all();
    while (true) {
      auto polled = tasks.poll_join_next(cx);
      if (polled.is_pending()) return pending;
      if (!polled.value()) return ready();
    }
  });
}

}  // namespace tokio
