// Tasks polled by hand: real headers in real slabs, a scheduler that is a plain queue, and bodies that are lambdas.
// Invariant: at the end of a workshop every slot is back; the heap asserts it.
// Threads:   one.
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "runtime/memory/heap.hpp"
#include "runtime/task/poll.hpp"
#include "runtime/task/spawn.hpp"

namespace tokiod::test {

// What the door was asked to do, and the queue that poll-by-hand runs.
class fake_scheduler final : public task::scheduler {
 public:
  void schedule(task::header& t) noexcept override {
    queue.push_back(&t);
    ++scheduled;
  }
  void requeue(task::header& t) noexcept override {
    queue.push_back(&t);
    ++requeued;
  }
  void free(task::header& t) noexcept override {
    heap->free(&t);
    ++freed;
  }
  void count(task::header&, metrics::counter metrics::task_counters::* what) noexcept override {
    (mine.tasks.*what).add();
  }

  void came_back(task::header&) noexcept override {}

  // Everything that a door keeps for an owner, and this one has only one.
  struct part {
    metrics::task_counters tasks;
    void* user = nullptr;
  };
  part& part_of(task::header&) noexcept { return mine; }
  part& enter(task::header&) noexcept { return mine; }
  void free(task::header& t, part&) noexcept { free(t); }

  std::deque<task::header*> queue;
  memory::local_heap* heap = nullptr;
  part mine;
  int scheduled = 0;
  int requeued = 0;
  int freed = 0;
};

using poll_function = std::function<task::poll_result(task::header&, task::context&)>;

class workshop {
 public:
  workshop() : arena_(std::move(*memory::arena::create({.reserve_bytes = std::size_t{64} << 20}))) {
    heap_ = std::make_unique<memory::owner_heap>(*arena_, memory::owner_id{7}, memory::no_limit,
                                                 static_cast<task::scheduler*>(&scheduler));
    local_ = std::make_unique<memory::local_heap>(*heap_);
    scheduler.heap = local_.get();
  }

  // A spawned task, not yet scheduled. `drops` counts how often its body is destroyed.
  task::key make(poll_function poll, task::spawn_options options = {}) {
    task::header& fresh = **task::prepare(*local_, ops, this, sizeof(body));
    new (task::body_of(fresh)) body{std::move(poll), this};
    return task::spawn(fresh, ids_.take(id_source_), options);
  }
  task::key spawn(poll_function poll, task::spawn_options options = {}) {
    const task::key made = make(std::move(poll), options);
    scheduler.schedule(*made.task);
    return made;
  }

  // Polls the oldest task in the queue; false: there is none.
  bool step() {
    if (scheduler.queue.empty()) return false;
    task::header* next = scheduler.queue.front();
    scheduler.queue.pop_front();
    budget.refill();
    context.budget = &budget;
    (void)task::run(*next, context, scheduler);
    return true;
  }
  void run_all() {
    while (step()) {
    }
  }

  [[nodiscard]] memory::owner_heap& heap() { return *heap_; }
  [[nodiscard]] memory::local_heap& local() { return *local_; }

  fake_scheduler scheduler;
  task::context context;
  task::coop_budget budget;
  int drops = 0;
  std::function<void(task::header&)> on_drop;

 private:
  struct body {
    poll_function poll;
    workshop* made_by;
  };

  static task::poll_result poll_body(task::header& t, task::context& cx) noexcept {
    return static_cast<body*>(task::body_of(t))->poll(t, cx);
  }
  static void drop_body(task::header& t) noexcept {
    auto* gone = static_cast<body*>(task::body_of(t));
    workshop& shop = *gone->made_by;
    ++shop.drops;
    if (shop.on_drop) shop.on_drop(t);
    gone->~body();
  }
  static constexpr task::body_ops ops{poll_body, drop_body};

  std::unique_ptr<memory::arena> arena_;
  std::unique_ptr<memory::owner_heap> heap_;
  std::unique_ptr<memory::local_heap> local_;
  task::id_source id_source_;
  task::id_block ids_;
};

}  // namespace tokiod::test
