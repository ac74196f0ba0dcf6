// internal to test/: the fake host's tasks. One thread, one queue, virtual time; memory of a task is really freed, so a
// sanitizer sees what a real host's slabs would forgive.
// Invariant: a task is in the queue at most once, and never while it is polled.
// Threads: the one that made the host.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tokio/core/host.hpp"

namespace tokio::test {

class fake_core;

struct fake_instance {
  fake_core* core;
  std::string failed;  // reason given to instance_fail
  int finished = -1;   // status given to instance_finish
  std::string config = "{}";
};

struct alignas(16) fake_task {
  fake_core* core;
  tokio_plugin* owner;
  const tokio_task_vt* vt;
  std::uint64_t generation;
  std::size_t align;
  bool spawned = false, queued = false, running = false, woken = false, cancel = false, handle = false, done = false;
  bool by_hand = false;  // polled by the test, not by the loop
  std::uint32_t outcome = 0;
  std::uint64_t wakes = 0, polls = 0;
  std::string message{};
  tokio_waker joiner{};
  std::optional<std::uint64_t> runnable_ns{};    // since when it has been; none: it is not
  bool again = false;                            // it became that in a poll
  tokio_delay delay{sizeof(tokio_delay), 0, 0};  // of the poll that is going on

  void becomes_runnable(std::uint64_t now_ns) {
    if (runnable_ns) return;
    runnable_ns = now_ns;
    again = running;
  }
  void begin_poll(std::uint64_t now_ns) {
    delay.flags = runnable_ns ? TOKIO_DELAY_MEASURED | (again ? TOKIO_DELAY_AGAIN : 0u) : 0u;
    delay.runnable_ns = runnable_ns ? now_ns - *runnable_ns : 0;
    runnable_ns.reset();
    woken = false;
    running = true;
  }
};

// Says what is wrong with the test and ends the program: a fake host has no other way out of a C function.
[[noreturn]] inline void fake_misuse(const char* sentence) {
  std::fprintf(stderr, "fake host: %s\n", sentence);
  std::abort();
}

class fake_core {
 public:
  static constexpr std::size_t body_offset = (sizeof(fake_task) + 63) / 64 * 64;

  fake_core() { instances_.push_back(std::make_unique<fake_instance>(fake_instance{this, {}, -1, "{}"})); }
  fake_core(const fake_core&) = delete;
  fake_core& operator=(const fake_core&) = delete;

  // The innermost fake host: a stale waker says nothing about where its task lived.
  static inline constinit fake_core* current = nullptr;

  static fake_core& of(tokio_plugin* instance) { return *reinterpret_cast<fake_instance*>(instance)->core; }
  static fake_instance& instance_of(tokio_plugin* instance) { return *reinterpret_cast<fake_instance*>(instance); }
  static fake_task& of(tokio_task* task) { return *reinterpret_cast<fake_task*>(task); }
  static tokio_task* raw(fake_task& task) { return reinterpret_cast<tokio_task*>(&task); }
  static void* body(fake_task& task) { return reinterpret_cast<char*>(&task) + body_offset; }

  tokio_plugin* instance() { return reinterpret_cast<tokio_plugin*>(instances_.front().get()); }
  tokio_plugin* add_instance(std::string config) {
    instances_.push_back(std::make_unique<fake_instance>(fake_instance{this, {}, -1, std::move(config)}));
    return reinterpret_cast<tokio_plugin*>(instances_.back().get());
  }

  // nullptr once the task is gone: stale wakers do nothing.
  fake_task* find(tokio_waker key) {
    auto found = tasks_.find(key.generation);
    return found != tasks_.end() && raw(*found->second) == key.task ? found->second : nullptr;
  }
  static tokio_waker key_of(fake_task& task) { return {raw(task), task.generation}; }

  tokio_status alloc(tokio_plugin* owner, std::size_t size, std::size_t align, tokio_task** out) {
    if (fail_alloc_after == 0) return TOKIO_ENOMEM;
    if (fail_alloc_after > 0) --fail_alloc_after;
    auto whole = std::max<std::size_t>(align, 64);
    void* block = ::operator new(body_offset + size, std::align_val_t(whole));
    auto* task = ::new (block) fake_task{this, owner, nullptr, ++generations_, whole};
    tasks_.emplace(task->generation, task);
    *out = raw(*task);
    return TOKIO_OK;
  }
  void free(fake_task& task) {
    tasks_.erase(task.generation);
    auto align = task.align;
    task.~fake_task();
    ::operator delete(&task, std::align_val_t(align));
  }
  tokio_status spawn(fake_task& task, const tokio_task_vt* vt, std::uint32_t flags, tokio_waker* key) {
    task.vt = vt;
    if (refuse_spawn || closed) {
      task.vt->destroy(body(task));
      free(task);
      return TOKIO_ESHUTDOWN;
    }
    task.spawned = true;
    task.handle = (flags & TOKIO_SPAWN_JOIN) != 0;
    if (key) *key = key_of(task);
    ++spawned_count;
    schedule(task);
    return TOKIO_OK;
  }
  void wake(tokio_waker key) {
    auto* task = find(key);
    if (!task || task->done) return;
    ++task->wakes;
    task->becomes_runnable(now_ns);
    if (task->running || task->by_hand)
      task->woken = true;
    else
      schedule(*task);
  }
  void abort(tokio_waker key) {
    auto* task = find(key);
    if (!task || task->done) return;
    task->cancel = true;
    if (!task->running) schedule(*task);
  }

  // One turn of the loop: polls one task. False when nothing is runnable.
  bool poll_one() {
    if (queue_.empty()) return false;
    auto at = queue_.begin() + static_cast<std::ptrdiff_t>(seeded_ ? random_() % queue_.size() : 0);
    auto& task = **at;
    queue_.erase(at);
    task.queued = false;
    poll(task);
    return true;
  }

  // Ends every task that is left, as a host does at the end of an instance's grace.
  void abort_all() {
    closed = true;
    while (auto* task = first_live(nullptr)) abort_now(*task);
  }
  void abort_tasks_of(tokio_plugin* owner) {
    while (auto* task = first_live(owner)) abort_now(*task);
  }

  void seed(std::uint64_t seed) {
    seeded_ = seed != 0;
    random_.seed(seed);
  }
  std::uint64_t random() { return random_(); }
  std::size_t live_tasks() const {
    std::size_t count = 0;
    for (auto& [generation, task] : tasks_) count += task->spawned;
    return count;
  }
  // Of the tasks alive, in the order in which they were made; empty for those without one.
  std::vector<std::string> task_names() const {
    std::vector<std::string> names;
    for (auto& [generation, task] : tasks_)
      if (task->spawned && !task->done) names.emplace_back(task->vt->name.ptr, task->vt->name.len);
    return names;
  }
  // Tasks, and the frames of coroutines that are not tasks.
  std::size_t live_blocks() const { return tasks_.size(); }
  void complete(fake_task& task, std::uint32_t outcome) {
    task.done = true;
    task.outcome = outcome;
    if (outcome == TOKIO_JOIN_CANCELLED) task.vt->destroy(body(task));
    if (!task.handle) return bury(task);
    wake(task.joiner);
  }
  // What an ended task left in its body is destroyed, and its block goes.
  void bury(fake_task& task) {
    const bool said_empty = task.outcome == TOKIO_JOIN_COMPLETED && (task.vt->flags & TOKIO_TF_READY_IS_EMPTY) != 0;
    if (task.outcome != TOKIO_JOIN_CANCELLED && !said_empty) task.vt->destroy(body(task));
    free(task);
  }
  void make_cx(fake_task& task, std::int32_t* left, tokio_cx* cx) {
    *cx = tokio_cx{sizeof(tokio_cx), 0, left, key_of(task), now_ns, host.core, task.owner, 0};
    if (task.cancel) cx->flags |= TOKIO_CX_CANCELLED;
  }

  std::uint64_t now_ns = 1'000'000'000;
  std::int32_t budget = 128;           // of each poll
  std::int64_t fail_alloc_after = -1;  // the n-th task_alloc from now and all later ones fail
  bool refuse_spawn = false, closed = false;
  std::uint64_t spawned_count = 0, poll_count = 0, forced_yields = 0;
  std::vector<std::string> panics;
  std::vector<std::string> panic_places;  // "file:line" of each, as far as it is known
  std::string panic_message;              // of the poll that is running

 private:
  void schedule(fake_task& task) {
    if (std::exchange(task.queued, true)) return;
    task.becomes_runnable(now_ns);
    queue_.push_back(&task);
  }
  fake_task* first_live(tokio_plugin* owner) {
    for (auto& [generation, task] : tasks_)
      if (task->spawned && !task->done && (!owner || task->owner == owner)) return task;
    return nullptr;
  }
  void abort_now(fake_task& task) {
    if (std::exchange(task.queued, false)) std::erase(queue_, &task);
    cancel(task);
  }
  static bool graceful(const fake_task& task) { return (task.vt->flags & TOKIO_TF_GRACEFUL) != 0; }
  void cancel(fake_task& task) { complete(task, TOKIO_JOIN_CANCELLED); }

  void poll(fake_task& task) {
    if (task.cancel && !graceful(task)) return cancel(task);
    std::int32_t left = budget;
    tokio_cx cx;
    make_cx(task, &left, &cx);
    task.begin_poll(now_ns);
    ++task.polls;
    ++poll_count;
    panic_message.clear();
    auto polled = task.vt->poll(body(task), &cx);
    if (polled == TOKIO_POLL_YIELD) task.becomes_runnable(now_ns);
    task.running = false;
    if (polled == TOKIO_POLL_READY) return complete(task, TOKIO_JOIN_COMPLETED);
    if (polled == TOKIO_POLL_PANIC) {
      task.message = panic_message;
      return complete(task, TOKIO_JOIN_PANICKED);
    }
    if (task.cancel && !graceful(task)) return cancel(task);
    if (polled == TOKIO_POLL_YIELD || task.woken) schedule(task);
  }

  std::vector<std::unique_ptr<fake_instance>> instances_;
  std::map<std::uint64_t, fake_task*> tasks_;  // by generation, so that every walk has the same order
  std::deque<fake_task*> queue_;
  std::uint64_t generations_ = 0;
  bool seeded_ = false;
  std::mt19937_64 random_{1};
};

}  // namespace tokio::test
