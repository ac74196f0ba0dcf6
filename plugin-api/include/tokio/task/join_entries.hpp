// internal to task/: what join_set and join_map share, a number of tasks and a queue of those that have ended. A future
// that is spawned into it carries a note, which enters its task into the queue when the future is destroyed; so who
// waits asks the host about tasks that are over, however many are not.
// Invariant: a note is delivered at most once, and never after its task was let go. The queue outlives the collection
//            for as long as a future carries a note.
// Threads: the collection one at a time; notes [any]. What both touch is under the queue's lock.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "tokio/core/lock.hpp"
#include "tokio/task/beside.hpp"
#include "tokio/task/blocking.hpp"
#include "tokio/task/joined.hpp"

namespace tokio {

// One task of a collection, linked while it waits in the queue.
struct join_note {
  enum class place { outside, queued, let_go };
  join_note* next = nullptr;
  place at = place::outside;
};

// First in, first out. The one who waits is the one that polled last.
class join_notes {
 public:
  void deliver(join_note& note) noexcept {
    const lock_scope scope(lock_);
    if (note.at != join_note::place::outside) return;
    push_back(note);
    std::exchange(waits_, waker()).wake();  // legal under the lock: a waker holds no user code
  }
  // Back to the front: the task is not quite over, or there was no budget to ask.
  void put_back(join_note& note) noexcept {
    const lock_scope scope(lock_);
    note.at = join_note::place::queued;
    note.next = first_;
    first_ = &note;
    if (!note.next) last_ = &note;
  }
  void put_last(join_note& note) noexcept {
    const lock_scope scope(lock_);
    push_back(note);
  }
  // Of a task that was never started: delivered or not, nobody hears of it.
  void withdraw(join_note& note) noexcept {
    const lock_scope scope(lock_);
    join_note* before = nullptr;
    for (auto* at = first_; at && at != &note; at = at->next) before = at;
    if (note.at == join_note::place::queued) {
      (before ? before->next : first_) = note.next;
      if (last_ == &note) last_ = before;
    }
    note.at = join_note::place::let_go;
  }
  // nullptr: nothing is there, and `task` is woken when something is.
  join_note* take(waker task) noexcept {
    const lock_scope scope(lock_);
    if (!first_) waits_ = task;
    return pop();
  }
  // As take(), but whoever waits goes on waiting.
  join_note* try_take() noexcept {
    const lock_scope scope(lock_);
    return pop();
  }
  // Nothing of these tasks is delivered any more.
  template <class Entries>
  void let_go(const Entries& entries) noexcept {
    const lock_scope scope(lock_);
    for (auto& entry : entries) entry->at = join_note::place::let_go;
    first_ = last_ = nullptr;
  }

 private:
  void push_back(join_note& note) noexcept {
    note.at = join_note::place::queued;
    note.next = nullptr;
    (last_ ? last_->next : first_) = &note;
    last_ = &note;
  }
  join_note* pop() noexcept {
    auto* note = first_;
    if (!note) return nullptr;
    first_ = note->next;
    if (!first_) last_ = nullptr;
    note->at = join_note::place::let_go;
    return note;
  }

  spin_lock lock_;
  join_note* first_ = nullptr;
  join_note* last_ = nullptr;
  waker waits_;
};

// What a future carries, to say when it is gone.
class join_note_carrier {
 public:
  join_note_carrier(std::shared_ptr<join_notes> to, std::shared_ptr<join_note> note) noexcept
      : to_(std::move(to)), note_(std::move(note)) {}
  join_note_carrier(join_note_carrier&&) noexcept = default;
  join_note_carrier& operator=(join_note_carrier&&) = delete;
  ~join_note_carrier() {
    if (note_) to_->deliver(*note_);
  }

 private:
  std::shared_ptr<join_notes> to_;
  std::shared_ptr<join_note> note_;
};

// The tasks. Extra is what a collection keeps with each of them.
template <class T, class Extra>
class join_entries {
 public:
  struct entry : join_note {
    join_handle<T> handle;
    task_id id{};
    std::size_t index = 0;  // in entries_
    [[no_unique_address]] Extra extra{};
  };
  using joined = joined_value<T>;
  struct ended {
    std::shared_ptr<entry> of;  // not in the collection any more
    joined outcome;
  };
  using outcome = std::optional<ended>;  // none: the collection is empty
  struct ignore_lost {
    void operator()(entry&) const noexcept {}
  };

  join_entries() noexcept = default;
  join_entries(join_entries&& other) noexcept
      : queue_(std::move(other.queue_)), entries_(std::exchange(other.entries_, {})) {}
  join_entries& operator=(join_entries&& other) noexcept {
    join_entries before(std::move(*this));
    queue_ = std::move(other.queue_);
    entries_ = std::exchange(other.entries_, {});
    return *this;
  }
  ~join_entries() {
    abort_all();
    detach_all();
  }

  std::size_t size() const noexcept { return entries_.size(); }
  const std::vector<std::shared_ptr<entry>>& all() const noexcept { return entries_; }

  // Room for one more task, which is over until it is spawned.
  entry& add() {
    if (!queue_) queue_ = std::make_shared<join_notes>();
    entries_.push_back(std::make_shared<entry>());
    auto& made = *entries_.back();
    made.index = entries_.size() - 1;
    return made;
  }
  // Of one that is not spawned.
  void remove(entry& unused) noexcept {
    queue_->withdraw(unused);
    (void)take_out(unused);
  }
  // A task that the host refuses ends as cancelled. When the start throws, nothing was started, and the room is gone.
  template <task_name Name, class... Args>
  entry& spawn(call_site at, entry& into, Args&&... args) {
    static_assert(spawnable<Args...>,
                  "spawn takes a task (moved in), or a function and its arguments that together give a task.");
    if constexpr (spawnable<Args...>) {
      static_assert(std::same_as<spawned_output<Args...>, T>,
                    "a set, map or queue of tasks that give T was given a task of another type.");
      if constexpr (std::same_as<spawned_output<Args...>, T>)
        return start(into, [&](join_note_carrier note) {
          return spawn_beside<Name>(at, std::move(note), std::forward<Args>(args)...);
        });
    }
    return into;
  }
  template <task_name Name, class Fn>
  entry& spawn_blocking(call_site at, entry& into, Fn&& fn) {
    static_assert(std::same_as<blocking_handle<Fn>, join_handle<T>>,
                  "a set, map or queue of tasks that give T was given a task of another type.");
    return start(into, [&](join_note_carrier note) -> join_handle<T> {
      auto job = start_blocking<Name>(std::forward<Fn>(fn), at);
      if (!job) return {};
      return spawn_beside<Name>(at, std::move(note), *std::move(job));
    });
  }

  // The next task that has ended, in the order in which they did. Costs a unit of budget when it is ready. What is
  // thrown while its result is moved out comes in the place of the result, after lost(entry), which says that the task
  // has left the collection.
  template <class Lost = ignore_lost>
  tokio::poll<outcome> poll_next(context& cx, Lost lost = {}) {
    if (entries_.empty()) return outcome();
    auto* first = queue_->take(cx.waker());
    if (!first) return pending;
    auto& it = static_cast<entry&>(*first);
    // Its future is gone; the host wakes us if the task is not over yet.
    auto polled = ask(it, [&] { return it.handle.poll(cx); }, lost);
    if (polled.is_ready()) return given(it, std::move(polled).value());
    queue_->put_back(it);
    return pending;
  }
  // None when nothing has ended, or the collection is empty. Costs nothing, and wakes nobody.
  template <class Lost = ignore_lost>
  outcome try_next(Lost lost = {}) {
    for (auto left = entries_.size(); left != 0; --left) {
      auto* first = queue_->try_take();
      if (!first) break;
      auto& it = static_cast<entry&>(*first);
      if (auto joined = ask(it, [&] { return it.handle.try_join(); }, lost)) return given(it, *std::move(joined));
      queue_->put_last(it);  // its future is gone, and its task not quite over
    }
    return std::nullopt;
  }

  // Those that have ended keep their values.
  void abort_all() const noexcept {
    for (auto& each : entries_) each->handle.abort();
  }
  // They go on, and nobody hears of their ends.
  void detach_all() noexcept {
    auto gone = std::exchange(entries_, {});  // an output's destructor may spawn into the collection
    if (queue_) queue_->let_go(gone);
    for (auto& each : gone) each->handle.detach();
  }

 private:
  template <class Start>
  entry& start(entry& into, Start begin) {
    try {
      into.handle = begin(join_note_carrier(queue_, entries_[into.index]));
    } catch (...) {
      remove(into);
      throw;
    }
    into.id = into.handle.id();
    return into;
  }
  // A task whose result throws on its way out is over.
  template <class Poll, class Lost>
  auto ask(entry& it, Poll poll, Lost& lost) {
    try {
      return poll();
    } catch (...) {
      lost(*take_out(it));
      throw;
    }
  }
  outcome given(entry& gone, joined&& how) {
    auto mine = take_out(gone);
    return ended{std::move(mine), std::move(how)};
  }
  std::shared_ptr<entry> take_out(entry& gone) noexcept {
    const auto index = gone.index;
    auto mine = std::move(entries_[index]);
    if (index + 1 != entries_.size()) {
      entries_[index] = std::move(entries_.back());
      entries_[index]->index = index;
    }
    entries_.pop_back();
    return mine;
  }

  std::shared_ptr<join_notes> queue_;  // none before the first task
  std::vector<std::shared_ptr<entry>> entries_;
};

}  // namespace tokio
