// What every worker sees: cores, shards, who sleeps, the owners, and the abstract door by which a task without a core
// under its feet reaches them. Both flavors stand on it; they differ in who drives the cores.
// Invariant: cores and shards are created when they are first needed and live as long as the engine; those below
//            active() have a worker, the others are retired and empty. A shard has exactly one owner core, an active
//            one.
// Threads:   [any] unless said otherwise. Locks here are never held while user code runs.
// No model: a sum; the flag between workers and monitor is watch.hpp, which has a model.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/grow_list.hpp"
#include "runtime/memory/arena.hpp"
#include "runtime/sched/core.hpp"
#include "runtime/sched/free_cpus.hpp"
#include "runtime/sched/idle.hpp"
#include "runtime/sched/live_numbers.hpp"
#include "runtime/sched/options.hpp"
#include "runtime/sched/owner.hpp"
#include "runtime/sched/pause_gate.hpp"
#include "runtime/sched/thread.hpp"
#include "runtime/sched/wake_price.hpp"
#include "runtime/sched/watch.hpp"
#include "runtime/shard/shard.hpp"
#include "runtime/task/id.hpp"
#include "runtime/task/scheduler.hpp"
#include "runtime/uring/slot.hpp"

namespace tokiod::sched {

inline constexpr duration_ns watch_interval = millisecond;  // a poll of two of them is called long

class engine final : public task::scheduler {
 public:
  [[nodiscard]] static outcome<std::unique_ptr<engine>> create(const options& with);
  [[nodiscard]] static outcome<void> check_workers(std::uint32_t workers);
  [[nodiscard]] static outcome<void> check_intervals(const options& with);
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;
  ~engine();  // no worker runs any more

  // ---- the abstract door: for wakes that found only a task
  void schedule(task::header& task) noexcept override;
  void requeue(task::header& task) noexcept override;
  // One that was held still while it was woken: as requeue(), but others hear of it, because this thread goes on.
  void resume(task::header& task) noexcept;
  void free(task::header& task) noexcept override;
  void count(task::header& task, metrics::counter metrics::task_counters::* what) noexcept override;
  void came_back(task::header& task) noexcept override;

  // How many cores have a worker: those with the lowest numbers. Relaxed: who needs an order asks idle.workers().
  [[nodiscard]] std::uint32_t active() const { return idle.workers(relaxed); }
  [[nodiscard]] bool single() const { return active() == 1; }
  [[nodiscard]] void* door() { return static_cast<task::scheduler*>(this); }
  [[nodiscard]] bool owns(const thread* on) const { return on != nullptr && &on->runtime == this; }
  // The core under our feet; null on threads that hold none of ours.
  [[nodiscard]] core* here() const {
    thread* const on = this_thread;
    return on != nullptr && &on->runtime == this ? on->held : nullptr;
  }

  // Into the injector of the task's home shard, and one worker is woken for it. Not missed.
  void inject(task::header& task, bool again = false) noexcept;
  void inject(task_chain tasks) noexcept;  // of one owner
  // One parked worker, the nearest to `near`, unless somebody searches. True: it was woken.
  bool notify(std::uint32_t near) noexcept;
  void unpark_all() noexcept;

  [[nodiscard]] std::uint64_t polls() const;  // by all cores; a cache line of each
  // Something that a worker could take stands in a ring or an injector. seq_cst where it matters: injectors.
  [[nodiscard]] bool work_visible() const;
  // The same, as a worker sees it who looks for something to do: not what others will have done sooner by themselves.
  [[nodiscard]] bool work_to_share() const;
  // What waits in the injector of a shard is for others, too: what came from outside, and all of it if the shard's own
  // worker sleeps.
  [[nodiscard]] bool shares_injected(const shard::shard& of) const {
    const auto waiting = of.injector.waiting();
    const std::uint32_t owner = of.owner();
    return waiting.count != 0 && (waiting.from_others || idle.parked(owner) || cores[owner]->offers(waiting.count));
  }

  // ---- owners
  // `door`: where woken tasks of it go; null: to the workers.
  [[nodiscard]] outcome<owner*> add_owner(std::string name, std::uint64_t max_bytes, task::scheduler* door = nullptr);
  // Refuses while a slot is out: a task that lives, or a join handle that was not released. Exact: the slot of a task
  // that is counted as ended has come back.
  [[nodiscard]] outcome<void> remove_owner(owner& gone);
  void close_owner(owner& of);  // exact: no spawn of it succeeds after this returns
  // Percent of one CPU that its tasks may use, by the runtime's clock; 0: any amount. It has a keeper, and is not
  // limited by somebody else at the same time. A closed owner has no limit any more.
  void limit_cpu(owner& of, std::uint32_t percent);
  // So much of an owner's memory lies idle that it is worth giving back: now, or since this was asked last. [one at a
  // time: the monitor]
  [[nodiscard]] bool memory_lies_idle() const;
  [[nodiscard]] bool memory_is_unwanted() const;
  void give_memory_back();  // takes a while; an owner is not removed meanwhile
  [[nodiscard]] owner_totals totals(const owner& of) const;
  [[nodiscard]] metrics::distribution schedule_latency(const owner& of) const;  // of its tasks, sampled
  void count_slow_poll(memory::owner_id id);
  [[nodiscard]] owner& system() { return *owners[0]; }
  // With the mutex that keeps owners and their shares in place.
  template <class Visit>
  void for_each_owner(Visit visit) const {
    const hold keep(owners_mutex);
    for (const auto& one : owners)
      if (one != nullptr) visit(*one);
  }

  // A core and its shard, without a thread. One at a time. EMFILE, ENFILE, ENOMEM.
  [[nodiscard]] result<void> add_core();

  // ---- threads. enlist makes it this thread's record; the lists of threads see it until it is discharged.
  void enlist(thread& on);
  void discharge(thread& on);
  void take_core(core& of, thread& on);
  void give_core(core& of, thread& on);
  // Leaves the core if an order says so still. False: it was withdrawn meanwhile.
  [[nodiscard]] bool leave_core(core& of, thread& on);
  // Takes the core away from the thread that is in poll number `poll` on it: that thread finishes its poll without one,
  // and somebody else may take_core(). False: the poll is over, or the thread is in host code just now.
  [[nodiscard]] bool take_from_holder(core& of, std::uint64_t poll);
  template <class Visit>
  void for_each_thread(Visit visit) const {
    const hold keep(threads_mutex_);
    for (const thread* one : threads_) visit(*one);
  }

  // Workers that are gone although a thread is still in the poll over which it lost the core, by number.
  [[nodiscard]] std::vector<std::uint32_t> retiring() const;

  // Runs `call` while nobody else touches the core: its thread is in plugin code, asleep, or between two holders.
  // Waits for that; false when `deadline` comes first. Not from inside another one.
  template <class Call>
  bool with_core(core& of, instant_ns deadline, Call call);
  // The same, but only if it is so right now.
  template <class Call>
  bool try_with_core(core& of, Call call);
  // From now on every core writes down what it does, in a ring of its own with room for so many events; a ring that a
  // core has already stays as it is. False: one of them is traced. stop_trace() gives the rings by core, which are not
  // written any more when it gives true, and stay for as long as the engine. [one at a time]
  [[nodiscard]] bool begin_trace(std::size_t events);
  bool stop_trace(instant_ns deadline, std::vector<const trace_ring*>& rings);

  // No worker polls after the poll that it is in, until `until` (CLOCK_MONOTONIC), or until gate.open().
  void pause_until(instant_ns until) {
    gate.close(until, [this] {
      for (auto& one : cores) one->order_to_gate();
    });
  }

  // Every thread that polls, also one that lost its core, was outside host code once: what it was doing there when this
  // began is done. False when `deadline` comes first.
  [[nodiscard]] bool pass_all_guards(instant_ns deadline);

  // The monitor's timer. Setting it is a system call and wakes nobody.
  void watch_every(duration_ns interval) noexcept;  // 0: not any more
  // A worker stopped sleeping, or work came from outside: the monitor looks from now on. One load, unless nobody was
  // active before.
  void became_active() noexcept {
    if (watch.wanted()) [[unlikely]]
      watch_every(watch_interval);
  }

  // As it was asked for; nothing: tuned while running.
  [[nodiscard]] std::optional<std::uint32_t> injector_interval() const {
    const std::uint32_t polls = live.global_queue_interval.load(relaxed);
    return polls != 0 ? std::optional(polls) : std::nullopt;
  }

  const options with;
  live_numbers live{with};
  const clock& time;
  const std::shared_ptr<memory::arena> memory;
  grow_list<shard::shard, max_workers> shards;
  grow_list<core, max_workers> cores;
  basic_idle<real_policy> idle;
  static inline task::id_source ids;               // of all runtimes of the process
  std::atomic<std::uint64_t> remote_schedules{0};  // written by threads without a core only
  // Threads that wake a task from outside: it may end, and so may the runtime, before such a thread is back. Whoever
  // destroys the engine waits for zero, if options::counts_wakers says that he does.
  std::atomic<std::uint64_t> wakers_outside{0};
  std::atomic<bool> drivers_gone{false};  // nobody waits for a socket or a timer any more, see shutdown.hpp
  basic_watch<real_policy> watch;
  uring::slot files;  // its ring is watched by the first shard, whose core is never retired
  wake_price price;
  free_cpus cpus;
  pause_gate gate;
  [[nodiscard]] std::string thread_name() const {
    return with.name_of_thread ? with.name_of_thread() : with.thread_name;
  }

  // What the monitor found broken, see multi_thread/monitor.hpp; it alone writes.
  metrics::counter idle_backlogs;
  metrics::gauge oldest_backlog_ns;
  unique_fd watch_timer;  // what the monitor sleeps on; set without waking anybody

  mutable real_policy::mutex owners_mutex;
  std::array<std::unique_ptr<owner>, max_owners> owners;
  std::uint32_t last_owner = 0;  // given away last; under the mutex too

 private:
  engine(options given, std::shared_ptr<memory::arena> from);
  [[nodiscard]] result<void> build();
  [[nodiscard]] std::unique_lock<real_policy::mutex> lock_cores();
  void ask_before_polls(owner& of);
  void end_quota(owner& of);
  void pause_outside() noexcept;
  [[nodiscard]] bool pass_coreless();

  std::vector<std::unique_ptr<trace_ring>> trace_rings_;  // by core, once one was wanted
  const std::uint64_t seed_;
  real_policy::mutex trim_mutex_;   // before the owners' mutex
  real_policy::mutex cores_mutex_;  // no core is added while an owner is closed: its worker might not see that
  mutable real_policy::mutex threads_mutex_;
  std::vector<thread*> threads_;
};

// ---- a core's words that need the engine

inline task::task_id core::next_id() noexcept { return ids.take(all.ids); }
inline bool core::worth_a_look() const noexcept { return all.idle.worth_a_look(); }

// ---- templates

template <class Call>
bool engine::try_with_core(core& of, Call call) {
  return of.tenure.try_inside(this_thread, call);
}

template <class Call>
bool engine::with_core(core& of, instant_ns deadline, Call call) {
  while (!try_with_core(of, call)) {
    if (steady_clock().now() >= deadline) return false;
    pause_outside();
  }
  return true;
}

// A thread that is not ours wakes a task of ours. A daemon does not end before its threads, and counts nobody.
class visit_of_waker {
 public:
  explicit visit_of_waker(engine& to) : count_(to.with.counts_wakers ? &to.wakers_outside : nullptr) {
    if (count_ != nullptr) count_->fetch_add(1, relaxed);  // the task that is woken keeps the engine until it is queued
  }
  visit_of_waker(const visit_of_waker&) = delete;
  visit_of_waker& operator=(const visit_of_waker&) = delete;
  ~visit_of_waker() {
    if (count_ != nullptr) count_->fetch_sub(1, release);  // nothing of the engine is touched after this
  }

 private:
  std::atomic<std::uint64_t>* count_;
};

}  // namespace tokiod::sched
