// The loop of a worker, as a list of verbs over one core: maintain, take the next task, poll it, search, park.
// Invariant: a worker parks only after it announced that and then looked at every queue, shard and order once more. It
//            leaves there what is not worth its help (core::offers), of cores that are awake; the monitor makes up for
//            it where that was wrong.
// Threads:   the thread that holds the core.
#pragma once
#include "runtime/sched/core.hpp"
#include "runtime/sched/engine.hpp"
#include "runtime/task/poll.hpp"

namespace tokiod::sched {

class worker {
 public:
  worker(core& of, thread& on) : core_(of), all_(of.all), thread_(on) {}

  // Until an order says to leave, or the core was taken away during a poll.
  void loop();
  [[nodiscard]] bool holds() const { return thread_.held == &core_; }

  // ---- the verbs, also for a driver that is not a thread of its own (current_thread)
  void tick();
  [[nodiscard]] bool ordered() const { return core_.tenure.ordered(); }
  [[nodiscard]] task::header* next();
  bool poll(task::header& task);  // false: the core was taken away meanwhile
  [[nodiscard]] task::header* search();
  void park(instant_ns deadline = never);
  void look();  // at the own sockets and timers, without waiting

 private:
  static instant_ns steady_now() { return steady_clock().now(); }
  bool timed_poll(task::header& task);
  bool traced_poll(task::header& task);
  void mind_long_poll(duration_ns lasted);
  void maintain();
  void tune(instant_ns now);
  [[nodiscard]] bool take_turn_of_oldest();
  void mind_spilled(instant_ns steady);
  void learn_of_help(duration_ns one, duration_ns whole, instant_ns now);
  void share_what_lasts(instant_ns now);
  [[nodiscard]] task::header* next_injected();
  void look_again_after_turn();
  [[nodiscard]] task::header* take_injected(shard::shard& from, std::uint32_t limit, queue::pop_order first);
  [[nodiscard]] task::header* take_own_injected(std::uint32_t limit, queue::pop_order first);
  task::header* adopt(const task_chain& tasks);
  [[nodiscard]] task::header* stop_searching(task::header* found);
  void found_while_searching();
  [[nodiscard]] task::header* take_from_others(bool everything);
  [[nodiscard]] task::header* steal(bool everything);
  [[nodiscard]] task::header* take_foreign_injected(bool everything);
  [[nodiscard]] task::header* turn_late_shards();
  [[nodiscard]] task::header* take_from_stuck();
  [[nodiscard]] std::size_t room_for_events() const;
  bool turn(shard::shard& which);
  void turn_adopted(bool told);
  [[nodiscard]] instant_ns adopted_deadline() const;
  [[nodiscard]] bool linger();
  void learn_of_wake(instant_ns slept_since);
  [[nodiscard]] bool hook_made_work();
  void stay_awake();
  [[nodiscard]] bool reason_to_stay_awake();
  void sleep(instant_ns limit);

  core& core_;
  engine& all_;
  thread& thread_;
};

[[gnu::always_inline]] inline void worker::tick() {
  if (--core_.until_maintenance == 0) [[unlikely]]
    maintain();
}

[[gnu::always_inline]] inline task::header* worker::next() {
  task::header* task = nullptr;
  if (--core_.until_injector == 0) [[unlikely]]
    task = next_injected();
  if (task == nullptr) [[likely]]
    task = core_.next_local(thread_.budget);
  if (core_.searching) [[unlikely]]
    if (task != nullptr) found_while_searching();
  return task;
}

// One poll, all of it in the loop: what a task costs that does nothing is the registers of every call on the way.
[[gnu::always_inline]] inline bool worker::poll(task::header& task) {
  core& on = core_;
  on.running.store(&task, relaxed);
  on.work.polls.add();
  if (--on.until_sample == 0) [[unlikely]]
    return timed_poll(task);
  if (!task::run(task, thread_.cx, on)) [[unlikely]]
    return false;
  on.running.store(nullptr, relaxed);
  return true;
}

}  // namespace tokiod::sched
