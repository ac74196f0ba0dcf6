// The thread that looks at the workers while any of them is active: it finds polls that last long, and makes up for
// wake-ups that a local push was allowed to miss. It runs no task; it wakes a worker that sleeps, and that one
// searches, and where none sleeps it has a core taken over whose poll does not end, or has said that it blocks.
// Invariant: while a worker is active, or work waits, the monitor looks every millisecond; when all sleep with nothing
//            to do it sleeps, too, without a deadline. With a worker asleep and work that waited a whole look long, or
//            is hidden behind a long poll, one is woken at each look. A poll that blocks with notice is never called
//            stuck for it. A queue from which nothing is taken all the same, beside a worker that sleeps on and without
//            anybody on his way at two looks in a row, breaks the scheduler's promise, and is counted. Memory of tasks
//            that nobody has used for a second goes back to the system, by a thread of its own, so that nothing else
//            waits for that.
// Threads:   start, stop [the scheduler]; the rest is the monitor's own.
// No model: one flag that ends its thread, followed by a wake-up, and one that says that the other thread has ended.
#pragma once
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/os_thread.hpp"
#include "runtime/sched/engine.hpp"
#include "runtime/sched/multi_thread/waiting.hpp"

namespace tokiod::sched::multi_thread {

// A poll is long when two looks in a row meet it.
class monitor {
 public:
  // take_over(worker, number of its poll): gives the core to another thread; false: not now.
  using take_over_fn = std::function<bool(std::uint32_t worker, std::uint64_t poll)>;
  monitor(engine& of, take_over_fn take_over) : all_(of), take_over_(std::move(take_over)) {}

  [[nodiscard]] result<void> start();
  [[nodiscard]] bool started() const { return thread_.joinable(); }
  void stop();

  // One look; `now` by CLOCK_MONOTONIC. Public for tests.
  void look(instant_ns now);

 private:
  struct sight {
    std::uint64_t polls = 0;
    instant_ns at = 0;             // the running poll was first seen then
    instant_ns working = 0;        // the same, but a stretch of it that may block does not count
    waiting ring;                  // what thieves see of it
    instant_ns waits = never;      // the oldest in the core's queues was first seen then
    instant_ns untouched = never;  // the same of a queue from which nothing was taken since
    std::uint64_t sleep = 0;       // park_unparks
    bool told = false;             // on_stuck was called for this poll
    bool blocked = false;          // it blocked, with notice
  };

  // What on_stuck will be told, once the stack is there.
  struct report {
    stuck_poll found;
    stack_place* answers_at = nullptr;
    std::optional<stack_question> question;
    instant_ns asked_at = 0;
  };

  void loop();
  [[nodiscard]] bool may_rest() const;
  bool rest();
  void mind_memory(instant_ns now);
  void look_at_queues(instant_ns now);
  void check_backlog(instant_ns now);
  [[nodiscard]] bool sleeps_on(instant_ns now);
  [[nodiscard]] static bool is_lost(const core& of, instant_ns now);
  void watch(core& of, sight& last, instant_ns now);
  [[nodiscard]] bool needs_help(core& of, instant_ns now) const;
  [[nodiscard]] bool is_stuck(const sight& last, instant_ns now) const;
  void report_or_rescue(core& of, sight& last, instant_ns now, bool rescue);
  void hand_over(core& of, const sight& last);
  [[nodiscard]] static report describe(core& of, const sight& last, instant_ns now);
  void tell(instant_ns now);
  [[nodiscard]] bool is_complete(report& one, instant_ns now) const;
  [[nodiscard]] bool goes_on(const stuck_poll& poll) const;

  engine& all_;
  const take_over_fn take_over_;
  std::vector<sight> seen_;        // by core
  std::vector<waiting> injected_;  // by shard
  instant_ns last_look_ = 0;
  bool left_alone_ = false;  // what sleeps_on() said at the last look
  std::vector<report> reports_;
  std::atomic<bool> stopping_{false};
  os_thread thread_;

  instant_ns memory_looked_at_ = 0;
  std::atomic<bool> tidying_{false};
  os_thread tidier_;  // gives memory back
};

}  // namespace tokiod::sched::multi_thread
