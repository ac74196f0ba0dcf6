// `join_queue<T>`: tasks whose results come in the order in which they were spawned. Answers to
// tokio_util::task::JoinQueue.
//   join_queue<page> pages;  for (auto& url : urls) pages.spawn(load(url));
//   while (auto page = co_await pages.join_next()) print(page->value());
// Invariant: a task that ended early waits for its turn, and counts until then. The end of the queue aborts all tasks.
// Threads: one at a time; abort handles [any]. spawn needs a thread that works for an instance.
#pragma once

#include <deque>
#include <utility>

#include "tokio/task/abort_on_drop.hpp"
#include "tokio/task/blocking.hpp"
#include "tokio/task/joined.hpp"

namespace tokio {

template <class T = void>
class join_queue {
  using joined = joined_value<T>;

 public:
  std::size_t len() const noexcept { return tasks_.size(); }
  bool is_empty() const noexcept { return tasks_.empty(); }

  // As tokio::spawn() and tokio::spawn_blocking(). A task that the host refuses is joined as cancelled, in its turn.
  template <task_name Name = "", class F>
  abort_handle spawn(F&& future, call_site at = call_site::current()) {
    return push(spawn_from<Name>(at, std::forward<F>(future)));
  }
  template <task_name Name = "", class Fn, class First, class... Args>
  abort_handle spawn(Fn&& fn, First&& first, Args&&... args) {
    return push(tokio::spawn<Name>(std::forward<Fn>(fn), std::forward<First>(first), std::forward<Args>(args)...));
  }
  template <task_name Name = "blocking", class Fn>
  abort_handle spawn_blocking(Fn&& fn, call_site at = call_site::current()) {
    return push(tokio::spawn_blocking<Name>(std::forward<Fn>(fn), at));
  }

  // The result of the oldest task; none when the queue is empty. Costs a unit of budget. Cancel safe.
  auto join_next() noexcept {
    return poll_fn([this](context& cx) { return poll_join_next(cx); });
  }
  tokio::poll<std::optional<joined>> poll_join_next(context& cx) {
    if (tasks_.empty()) return std::optional<joined>();
    first_task turn{tasks_};
    auto polled = tasks_.front().poll(cx);
    turn.over = polled.is_ready();
    if (!turn.over) return pending;
    return std::optional<joined>(std::move(polled).value());
  }
  // The same without waiting: none also when the oldest task is not over. Costs no budget, and leaves who waits.
  std::optional<joined> try_join_next() {
    if (tasks_.empty()) return std::nullopt;
    first_task turn{tasks_};
    auto got = tasks_.front().try_join();
    turn.over = got.has_value();
    return got;
  }
  // With the task's id, which an error has by itself.
  auto join_next_with_id() noexcept {
    return poll_fn([this](context& cx) { return poll_join_next_with_id(cx); });
  }
  tokio::poll<std::optional<joined_with_id<T>>> poll_join_next_with_id(context& cx) {
    const auto id = oldest();
    auto polled = poll_join_next(cx);
    if (polled.is_pending()) return pending;
    return with_id_of(id, std::move(polled).value());
  }
  std::optional<joined_with_id<T>> try_join_next_with_id() {
    const auto id = oldest();
    return with_id_of(id, try_join_next());
  }

  // All values in the order of spawning. The first failed one, in that order, ends it: its exception is thrown, or a
  // panic when it was cancelled, and the rest is aborted. Not cancel safe: dropping it aborts all.
  auto join_all() && { return join_all_of<T>(std::move(*this)); }
  // Aborts all, and waits until they are gone, however they end. Cancel safe: another one waits for what is left.
  auto shutdown() noexcept { return shut_down(*this); }
  void abort_all() const noexcept {
    for (auto& task : tasks_) task.abort();
  }
  // They leave the queue, and go on.
  void detach_all() noexcept {
    auto gone = std::exchange(tasks_, {});  // an output's destructor may spawn into the queue
    for (auto& task : gone) (void)std::move(task).detach();
  }

 private:
  using tasks = std::deque<abort_on_drop_handle<T>>;
  // Leaves the queue when it is over, also when its result throws on its way out.
  struct first_task {
    tasks& of;
    bool over = true;
    ~first_task() {
      if (over) of.pop_front();
    }
  };

  task_id oldest() const noexcept { return tasks_.empty() ? task_id() : tasks_.front().id(); }
  static std::optional<joined_with_id<T>> with_id_of(task_id id, std::optional<joined>&& one) {
    if (!one) return std::nullopt;
    return with_id<T>(id, *std::move(one));
  }
  abort_handle push(join_handle<T> task) {
    auto abort = task.abort_handle();
    tasks_.emplace_back(std::move(task));
    return abort;
  }

  tasks tasks_;
};

}  // namespace tokio
