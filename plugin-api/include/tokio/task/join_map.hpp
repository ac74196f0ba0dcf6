// `join_map<K, V>`: tasks with keys, one for each key. Answers to tokio_util::task::JoinMap.
//   join_map<std::string, page> pages;  pages.spawn(url, load(url));
//   while (auto one = co_await pages.join_next()) use(one->first, one->second);  // std::expected<page, join_error>
// Invariant: a key names at most one task. Spawning under a key that is taken aborts the task that has it, and its
//            result is never given, even when it had ended. The end of the map aborts all tasks.
// Threads: one at a time; abort handles [any]. spawn needs a thread that works for an instance.
#pragma once

#include <algorithm>
#include <concepts>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tokio/task/join_entries.hpp"

namespace tokio {

template <class K, class V = void, class Hash = std::hash<K>, class Equal = std::equal_to<K>>
class join_map {
  using entries = join_entries<V, const K*>;  // nullptr: its key has another task now
  using entry = entries::entry;

 public:
  using joined = std::pair<K, joined_value<V>>;

  join_map() = default;
  join_map(join_map&&) noexcept = default;
  join_map& operator=(join_map&& other) noexcept {
    tasks_ = std::move(other.tasks_);
    keys_ = std::move(other.keys_);
    detached_ = std::move(other.detached_);
    return *this;
  }

  // Those that have ended count until they are joined.
  std::size_t len() const noexcept { return keys_.size(); }
  bool is_empty() const noexcept { return keys_.empty(); }
  bool contains_key(const K& key) const { return keys_.contains(key); }
  bool contains_task(task_id id) const noexcept {
    for (auto& [key, task] : keys_)
      if (task->id == id) return true;
    return false;
  }
  std::vector<K> keys() const {
    std::vector<K> all;
    for (auto& [key, task] : keys_) all.push_back(key);
    return all;
  }
  std::size_t capacity() const noexcept {
    return static_cast<std::size_t>(keys_.max_load_factor() * static_cast<float>(keys_.bucket_count()));
  }
  void reserve(std::size_t more) { keys_.reserve(len() + more); }
  void shrink_to_fit() { keys_.rehash(0); }

  // As tokio::spawn() and tokio::spawn_blocking(), under a key. A task that the host refuses is joined as cancelled.
  template <task_name Name = "", class F>
  abort_handle spawn(K key, F&& future, call_site at = call_site::current()) {
    return enter(std::move(key), [&](entry& made) { tasks_.template spawn<Name>(at, made, std::forward<F>(future)); });
  }
  template <task_name Name = "", class Fn, class First, class... Args>
  abort_handle spawn(K key, Fn&& fn, First&& first, Args&&... args) {
    return enter(std::move(key), [&](entry& made) {
      tasks_.template spawn<Name>({}, made, std::forward<Fn>(fn), std::forward<First>(first),
                                  std::forward<Args>(args)...);
    });
  }
  template <task_name Name = "blocking", class Fn>
  abort_handle spawn_blocking(K key, Fn&& fn, call_site at = call_site::current()) {
    return enter(std::move(key),
                 [&](entry& made) { tasks_.template spawn_blocking<Name>(at, made, std::forward<Fn>(fn)); });
  }

  // The key and the result of the next task that has ended; none when the map is empty. Costs a unit of budget, and may
  // be pending for want of it. Cancel safe. Of several that wait the newest is woken.
  auto join_next() noexcept {
    return poll_fn([this](context& cx) { return poll_join_next(cx); });
  }
  tokio::poll<std::optional<joined>> poll_join_next(context& cx) {
    while (true) {
      auto polled = tasks_.poll_next(cx, free_key());
      if (polled.is_pending()) return pending;
      auto& one = polled.value();
      if (!one) return std::optional<joined>();
      if (one->of->extra) return std::optional<joined>(take(*one));
    }
  }
  // A task that has ended; none when there is none now. Costs no budget.
  std::optional<joined> try_join_next() {
    while (auto one = tasks_.try_next(free_key()))
      if (one->of->extra) return take(*one);
    return std::nullopt;
  }

  // False when no task has the key. The task stays in the map until it is joined. Also reaches tasks that were
  // detached, as long as no other one was spawned under their key.
  bool abort(const K& key) const {
    if (auto live = keys_.find(key); live != keys_.end()) {
      live->second->handle.abort();
      return true;
    }
    auto found = detached_.find(key);
    if (found == detached_.end() || found->second.is_finished()) return false;
    found->second.abort();
    return true;
  }
  // `pred(key)` says which ones.
  template <std::predicate<const K&> Pred>
  void abort_matching(Pred pred) const {
    for (auto& [key, task] : keys_)
      if (pred(key)) task->handle.abort();
  }
  // They stay in the map until they are joined; those that have ended keep their values.
  void abort_all() const noexcept { tasks_.abort_all(); }
  // Aborts all, and waits until they are gone, however they end. Cancel safe: another one waits for what is left.
  auto shutdown() noexcept { return shut_down(*this); }
  // They leave the map, and go on.
  void detach_all() {
    std::erase_if(detached_, [](auto& each) { return each.second.is_finished(); });
    for (auto& [key, task] : keys_) detached_.insert_or_assign(key, task->handle.abort_handle());
    keys_.clear();
    tasks_.detach_all();
  }

 private:
  using keyed = std::unordered_map<K, entry*, Hash, Equal>;

  // A place for the key comes before the task: a hash that throws leaves no task without one. The task that had the key
  // goes once the new one is there.
  template <class Start>
  abort_handle enter(K&& key, Start start) {
    detached_.erase(key);
    auto& made = tasks_.add();
    const auto [place, is_new] = make_place(std::move(key), made);
    try {
      start(made);  // takes it out of the tasks when it throws
    } catch (...) {
      if (is_new) keys_.erase(place);
      throw;
    }
    if (!is_new) {
      auto& replaced = *std::exchange(place->second, &made);
      replaced.extra = nullptr;
      replaced.handle.abort();
    }
    made.extra = &place->first;
    return made.handle.abort_handle();
  }
  std::pair<typename keyed::iterator, bool> make_place(K&& key, entry& made) {
    try {
      return keys_.try_emplace(std::move(key), &made);
    } catch (...) {
      tasks_.remove(made);
      throw;
    }
  }
  joined take(entries::ended& one) {
    auto node = keys_.extract(place_of(*one.of));
    return joined(std::move(node.key()), std::move(one.outcome));
  }
  auto free_key() noexcept {
    return [this](entry& lost) {
      if (lost.extra) keys_.erase(place_of(lost));
    };
  }
  keyed::iterator place_of(const entry& task) {
    try {
      return keys_.find(*task.extra);
    } catch (...) {  // the task has left the collection, so that its key must be found, with or without a hash
      return std::ranges::find(keys_, &task, [](auto& each) { return each.second; });
    }
  }

  entries tasks_;
  keyed keys_;
  std::unordered_map<K, abort_handle, Hash, Equal> detached_;
};

}  // namespace tokio
