// What block_on waits for: a task that no core ever holds. The thread that waits polls it, between other things it may
// have to do; its key is like any other, so timers, sockets and tasks wake it without knowing the difference.
// Invariant: the task word decides who may poll (task/state.hpp): the thread has S from start() on, gives it away with
//            a poll that ends pending, and has it back from taken() on. A waker that made the task runnable is out of
//            the bell before taken() says so, and the slot goes back only then.
// Threads:   the thread that waits; ring(), nudge() [any].
// No model: who may poll is task/state.hpp, and how it is told is bell.hpp; both have one.
#pragma once
#include <functional>
#include <optional>

#include "runtime/sched/bell.hpp"
#include "runtime/sched/core.hpp"
#include "runtime/sched/engine.hpp"
#include "runtime/task/budget.hpp"

namespace tokiod::sched {

// One poll of what is waited for: its key, the budget of this poll. The poll wakes nobody's core and may take its time.
using root_poll = std::function<task::poll_result(task::key self, task::coop_budget& budget)>;

class root;

// Where woken roots go.
class root_door final : public task::scheduler {
 public:
  void schedule(task::header& task) noexcept override;
  void requeue(task::header& task) noexcept override;
  void free(task::header&) noexcept override {}  // the thread that waits gives the slot back
  void count(task::header&, metrics::counter metrics::task_counters::*) noexcept override {}
  void came_back(task::header&) noexcept override {}
};

class root {
 public:
  // `whose`: an owner whose door is a root_door. ENOMEM.
  [[nodiscard]] static result<void> run_with(engine& all, owner& whose, const std::function<void(root&)>& use);
  root(const root&) = delete;
  root& operator=(const root&) = delete;

  // It is this thread's turn to poll. wait(): or somebody nudged; it says whether it is the turn.
  [[nodiscard]] bool taken();
  bool wait();
  // One poll, when it is the turn. True: it is ready. False: wait, or take the next turn at once if taken() says so.
  [[nodiscard]] bool poll(const root_poll& poll);
  [[nodiscard]] bool yielded() const { return yielded_; }  // the last poll gave its turn away

  // As core::delay_of(), of a root. Nothing also: it is none. [in its poll]
  [[nodiscard]] static std::optional<core::delay> delay_of(task::header& task) noexcept;

  void ring() noexcept;   // [the waker that made it runnable]
  void nudge() noexcept;  // ends a wait()

 private:
  explicit root(engine& all) : all_(all) {}
  void end(task::header& task, owner& whose);
  void runnable(bool again) noexcept;  // from now on, if that is measured
  void begin_delay() noexcept;

  engine& all_;
  task::key self_;
  bool mine_ = true;  // S
  bool yielded_ = false;
  // Like the word, of who has S.
  std::optional<instant_ns> runnable_since_;
  bool again_ = false;                // it became that in a poll of its own
  std::optional<core::delay> delay_;  // before the poll that is going on
  bell bell_;
};

}  // namespace tokiod::sched
