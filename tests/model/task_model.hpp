// What the models of a task share: real headers and real run() under the explorer, and a door without a queue: whoever
// is handed a runnable task runs it there and then. That is stricter than any scheduler, because only the state word
// orders one poll after the other.
// Invariant: one world per execution; it checks at the end that every body was destroyed once and every slot freed
//            once.
// Threads:   the fibers of one execution.
#pragma once
#include <array>
#include <functional>
#include <utility>

#include "explorer/explorer.hpp"
#include "explorer/model_policy.hpp"
#include "runtime/task/hold_still.hpp"
#include "runtime/task/poll.hpp"
#include "runtime/task/spawn.hpp"

namespace tokiod::model {

struct task_policy : model_policy {
  static constexpr std::uint32_t generation_bits = 2;    // 1, 2, 3, 1: a slot's fourth tenant looks like its first
  static constexpr std::uint32_t join_version_bits = 2;  // three waiters, then the handle polls by itself
};

using task_header = task::basic_header<task_policy>;
using task_key = task::basic_key<task_header>;
using task_state = task::basic_state<task_policy>;
using task::poll_result;

// A task's body: one line of code and the proof that it is never used by two at once nor after its end.
struct model_body {
  std::function<poll_result(task_header&, task::context&)> poll;
  cell<int> polls{0};  // written by every poll and by the destruction: a race is two of them at once
  cell<int> drops{0};
  cell<int> held{0};              // written by the join handle before its release and by the freeing of the slot
  cell<std::uint32_t> stamps{0};  // given; each is told once, to the poll that follows
  cell<std::uint32_t> told{0};
  std::function<void()> on_drop = [] {};
  atomic<int> frees{0};
};

class task_world {
 public:
  struct slot {
    task_header header{};
    model_body body;
  };

  // Runs the task here; its counters do without a core.
  struct door {
    task_world* world;
    task_header* again = nullptr;
    task_header* polled = nullptr;
    void schedule(task_header& t) noexcept {
      world->stamp(t);
      world->run(t);
    }
    void requeue(task_header& t) noexcept {
      world->stamp(t);
      again = &t;
    }
    void waited(std::uint32_t since, task::no_part&) noexcept {
      model_body& b = world->body_of(*polled);
      b.told.set(b.told.get() + 1);
      check(since == b.stamps.get(), "another stamp than the last was told");
    }
    void free(task_header& t) noexcept {
      (void)world->body_of(t).held.ref();
      world->body_of(t).frees.fetch_add(1, relaxed);
    }
  };

  task_world() { current_ = this; }
  ~task_world() { current_ = nullptr; }

  // A task in slot `index`, spawned and not yet run: the caller holds S.
  task_key spawn(std::size_t index, std::function<poll_result(task_header&, task::context&)> poll,
                 task::spawn_options options = {}) {
    slot& at = slots_[index];
    at.body.poll = std::move(poll);
    at.header.ops = &ops;
    if (at.header.state.prepared_generation() == 0) at.header.state.retire();      // what carving a slab does
    at.header.about.store(about(at.header.state.prepared_generation()), release);  // what prepare() does
    return task::spawn(at.header, 100 + at.header.state.prepared_generation(), options);
  }

  void run(task_header& t) {
    task::context cx;
    task_header* next = &t;
    for (int turns = 0; next != nullptr; ++turns) {
      if (turns > 3) task_policy::yield();  // a task that polls by itself until another thread has moved
      door d{this, nullptr, next};
      task::run(*std::exchange(next, nullptr), cx, d);
      next = d.again;
    }
  }
  void wake(task_key which) {
    door d{this};
    task::wake(which, d);
  }
  void cancel(task_key which, task::cancel_kind kind) {
    door d{this};
    task::cancel(which, kind, d);
  }
  // What a reader of the body sees is what a race would change under it.
  bool look(task_key which) {
    door d{this};
    const bool still = task::hold_still(
        which, [](task_header& t) { (void)body_of(t).polls.get(); }, [&d](task_header& t) { d.requeue(t); });
    if (d.again != nullptr) run(*d.again);
    return still;
  }
  task::join_poll poll_join(task_key which, task_key waiter) {
    door d{this};
    return task::poll_join(*which.task, waiter, d);
  }
  void release_join(task_key which) {
    body_of(*which.task).held.set(1);
    door d{this};
    task::release_join(*which.task, d);
  }

  // Every task that becomes runnable from now on gets a stamp.
  void stamp_all() { stamps_ = true; }
  // A different kind of body for each tenant.
  static const void* about(std::uint64_t generation) { return reinterpret_cast<const void*>(16 * generation); }

  model_body& body(std::size_t index) { return slots_[index].body; }
  static task_key key_of(task_header& t) { return {&t, task_state::generation_of(t.state.load())}; }

  // Its body was destroyed once and its slot freed once.
  void check_ended(std::size_t index, int tenants = 1) {
    check(body(index).drops.get() == tenants, "a body was destroyed twice, or never");
    check(body(index).frees.load(relaxed) == tenants, "a slot was freed twice, or never");
  }

 private:
  void stamp(task_header& t) {
    if (!stamps_) return;
    model_body& b = body_of(t);
    b.stamps.set(b.stamps.get() + 1);
    task::stamp(t, b.stamps.get());
  }
  static model_body& body_of(task_header& t) {
    for (slot& at : current_->slots_) {
      if (&at.header == &t) return at.body;
    }
    check(false, "a task outside its world");
    return current_->slots_[0].body;
  }
  static poll_result poll_body(task_header& t, task::context& cx) noexcept {
    model_body& b = body_of(t);
    b.polls.set(b.polls.get() + 1);
    return b.poll(t, cx);
  }
  static void drop_body(task_header& t) noexcept {
    model_body& b = body_of(t);
    (void)b.polls.ref();  // counts as a write
    b.on_drop();
    b.drops.set(b.drops.get() + 1);
  }

  static inline task_world* current_ = nullptr;
  static constexpr task::basic_body_ops<task_policy> ops{poll_body, drop_body};

  std::array<slot, 3> slots_;
  bool stamps_ = false;
};

}  // namespace tokiod::model
