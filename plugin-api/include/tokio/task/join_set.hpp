// `join_set<T>`: tasks that each give a T, waited for in the order in which they end. Answers to tokio::task::JoinSet.
//   join_set<int> set;  set.spawn(f(1));  set.spawn<"second">(g, 2);
//   while (auto one = co_await set.join_next()) use(*one);          // std::expected<int, join_error>
// Invariant: a task is in the set until it was joined, detached, or the set goes, which aborts all that are in it.
// Threads: one at a time; abort handles [any]. spawn needs a thread that works for an instance.
#pragma once

#include <iterator>

#include "tokio/task/join_entries.hpp"
#include "tokio/task/joined.hpp"
#include "tokio/task/local_set.hpp"

namespace tokio {

template <class R>
concept range_of_futures = requires(R& range) {
  { *std::begin(range) } -> pollable;
};

// A runtime::handle: what is done while its guard lives is done for that runtime.
template <class Handle>
concept names_a_runtime = requires(const Handle& on) {
  on.enter();
  on.runtime_flavor();
};

template <class T = void>
class join_set {
  using entries = join_entries<T, unit>;
  using joined = joined_value<T>;

 public:
  join_set() = default;
  // A set of these futures, all spawned.
  template <range_of_futures R>
  explicit join_set(R&& futures, call_site at = call_site::current()) {
    extend(std::forward<R>(futures), at);
  }

  std::size_t len() const noexcept { return tasks_.size(); }
  bool is_empty() const noexcept { return len() == 0; }

  // As tokio::spawn(), into the set. A task that the host refuses is joined as cancelled.
  template <task_name Name = "", class F>
  abort_handle spawn(F&& future, call_site at = call_site::current()) {
    return tasks_.template spawn<Name>(at, tasks_.add(), std::forward<F>(future)).handle.abort_handle();
  }
  template <task_name Name = "", class Fn, class First, class... Args>
  abort_handle spawn(Fn&& fn, First&& first, Args&&... args) {
    return tasks_
        .template spawn<Name>({}, tasks_.add(), std::forward<Fn>(fn), std::forward<First>(first),
                              std::forward<Args>(args)...)
        .handle.abort_handle();
  }
  // The same in the runtime of a handle, which may be another one than the caller's.
  template <task_name Name = "", class Handle, class F>
    requires names_a_runtime<Handle>
  abort_handle spawn_on(const Handle& on, F&& future, call_site at = call_site::current()) {
    const auto inside = on.enter();
    return spawn<Name>(std::forward<F>(future), at);
  }
  template <task_name Name = "blocking", class Handle, class Fn>
    requires names_a_runtime<Handle>
  abort_handle spawn_blocking_on(const Handle& on, Fn&& fn, call_site at = call_site::current()) {
    const auto inside = on.enter();
    return spawn_blocking<Name>(std::forward<Fn>(fn), at);
  }
  // The same as local tasks of a local_set, the one that runs here or another one.
  template <task_name Name = "", class F>
  abort_handle spawn_local(F&& future, call_site at = call_site::current()) {
    return spawn<Name>(make_local(current_local_tasks(at), at, std::forward<F>(future)), at);
  }
  template <task_name Name = "", class F>
  abort_handle spawn_local_on(local_set& on, F&& future, call_site at = call_site::current()) {
    return spawn<Name>(on.local(std::forward<F>(future)).awaited(false), at);
  }
  // As tokio::spawn_blocking(), into the set. The end of the set does not stop one that runs.
  template <task_name Name = "blocking", class Fn>
  abort_handle spawn_blocking(Fn&& fn, call_site at = call_site::current()) {
    return tasks_.template spawn_blocking<Name>(at, tasks_.add(), std::forward<Fn>(fn)).handle.abort_handle();
  }
  // Spawns each future of the range, moved out of it.
  template <range_of_futures R>
  void extend(R&& futures, call_site at = call_site::current()) {
    for (auto&& each : futures) spawn(std::move(each), at);
  }

  // The next task that has ended; none when the set is empty. Costs a unit of budget, and may be pending for want of
  // it. Cancel safe. Of several that wait the newest is woken.
  auto join_next() noexcept {
    return poll_fn([this](context& cx) { return poll_join_next(cx); });
  }
  // Together with the task's id, which an error has by itself.
  auto join_next_with_id() noexcept {
    return poll_fn([this](context& cx) { return poll_join_next_with_id(cx); });
  }
  tokio::poll<std::optional<joined>> poll_join_next(context& cx) {
    auto polled = tasks_.poll_next(cx);
    if (polled.is_pending()) return pending;
    return value_of(std::move(polled).value());
  }
  tokio::poll<std::optional<joined_with_id<T>>> poll_join_next_with_id(context& cx) {
    auto polled = tasks_.poll_next(cx);
    if (polled.is_pending()) return pending;
    return with_id_of(std::move(polled).value());
  }
  // A task that has ended; none when there is none now. Costs no budget.
  std::optional<joined> try_join_next() { return value_of(tasks_.try_next()); }
  std::optional<joined_with_id<T>> try_join_next_with_id() { return with_id_of(tasks_.try_next()); }

  // All values, in the order in which the tasks ended. The first that failed ends it: its exception is thrown, or a
  // panic when it was cancelled, and the rest is aborted. Not cancel safe: dropping it aborts all.
  auto join_all() && { return join_all_of<T>(std::move(*this)); }
  // Aborts all, and waits until they are gone, however they end. Cancel safe: another one waits for what is left.
  auto shutdown() noexcept { return shut_down(*this); }

  // They stay in the set until they are joined; those that have ended keep their values.
  void abort_all() const noexcept { tasks_.abort_all(); }
  // They leave the set, and go on.
  void detach_all() noexcept { tasks_.detach_all(); }

 private:
  using ended = entries::outcome;

  static std::optional<joined> value_of(ended&& one) {
    if (!one) return std::nullopt;
    return std::move(one->outcome);
  }
  static std::optional<joined_with_id<T>> with_id_of(ended&& one) {
    if (!one) return std::nullopt;
    return with_id<T>(one->of->id, std::move(one->outcome));
  }

  entries tasks_;
};

}  // namespace tokio
