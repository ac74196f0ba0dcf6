// A scheduler slot: the run queue, the LIFO slot, the budget, the free lists and the counters that one thread at a time
// uses without atomic operations. The thread that holds a core may change (rotation, takeover); the core stays.
// Invariant: everything here is touched by the thread that holds the core, inside host code, or by whoever passed its
//            guard, and a holder may change whenever plugin code ran: who comes back from there asks lost(); the
//            exceptions are the ring's stealing side, the counters and `running`, which any thread reads.
// Threads:   [holder] unless said otherwise.
// No model: hints for observers and the monitor; a share is published by one release store. Who holds the core, and who
//           may touch the rest, is tenure.hpp and guard.hpp, which have models.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/aside.hpp"
#include "base/cache_line.hpp"
#include "base/clock.hpp"
#include "base/policy.hpp"
#include "base/random.hpp"
#include "runtime/metrics/worker_metrics.hpp"
#include "runtime/queue/run_queue.hpp"
#include "runtime/sched/bell.hpp"
#include "runtime/sched/help.hpp"
#include "runtime/sched/owner.hpp"
#include "runtime/sched/tenure.hpp"
#include "runtime/sched/thread.hpp"
#include "runtime/sched/trace_ring.hpp"
#include "runtime/sched/wake_price.hpp"
#include "runtime/shard/shard.hpp"
#include "runtime/task/body.hpp"
#include "runtime/task/budget.hpp"
#include "runtime/task/header.hpp"
#include "runtime/task/scheduler.hpp"
#include "runtime/task/spawn.hpp"

namespace tokiod::sched {

using run_queue = queue::run_queue<real_policy, task::header>;
using task_chain = queue::chain<task::header>;

class alignas(cache_line) core {
 public:
  // Three in a row and then one from the queue: a pair of tasks that wake each other keeps its locality and does not
  // starve the others.
  static constexpr std::uint32_t lifo_in_a_row = 3;
  static constexpr std::uint64_t no_sample = UINT64_MAX;
  static constexpr duration_ns not_tracked = UINT64_MAX;
  static constexpr std::uint32_t no_backlog = wake_price::no_backlog;  // nobody to wake

  core(engine& all, std::uint32_t index, shard::shard& home, std::uint64_t seed);
  core(const core&) = delete;
  core& operator=(const core&) = delete;
  ~core();

  // ---- the door of the tasks that run here (task/scheduler.hpp)

  // A woken task: the LIFO slot, so that what woke it is still warm; nobody is notified for it.
  [[gnu::always_inline]] void schedule(task::header& task) noexcept {
    const memory::slab_header& slab = memory::slab_of(&task);
    if (slab.door != door) [[unlikely]]
      return schedule_elsewhere(task);  // of another runtime in this process
    share_of(slab.owner).tasks.wakes.add();
    count_runnable(task, false);
    run_next(task);
  }
  // A task that ran: behind everything that waits. Nobody is notified: this core looks at its queue at once.
  void requeue(task::header& task) noexcept {
    count_runnable(task, true);
    if (later.count != 0) [[unlikely]]
      return put_behind(task);
    ring.push(&task, *this);
  }
  // It waits from now on. One in thirty-two on average, at random, gets a stamp, for the histogram of waits; where all
  // are tracked, each does, and so does each that somebody looks at closely.
  void count_runnable(task::header& task, bool again) noexcept {
    if (--until_stamp == 0 || task.kind.timed) [[unlikely]]
      stamp(task, again);
  }
  // A task with a stamp is polled.
  void waited(std::uint32_t since, share& of) noexcept;
  // How long the task that is polled now has waited; not_tracked: nobody asked for it. Asked once, by that poll.
  [[nodiscard]] duration_ns take_wait() noexcept { return std::exchange(last_wait, not_tracked); }
  struct delay {
    duration_ns lasted = 0;  // from when it became runnable
    bool again = false;      // which it became in a poll of its own
  };
  // Before the poll that is going on; nothing: that was not measured, or it is not polled on this core. From now on it
  // is measured for each of its polls. [in that poll, inside host code]
  [[nodiscard]] std::optional<delay> delay_of(task::header& task) noexcept;
  [[gnu::always_inline]] void free(task::header& task) noexcept { free(task, part_of(task)); }
  [[gnu::always_inline]] void free(task::header& task, share& of) noexcept {
    of.tasks.freed.add();
    of.heap.free(&task);
  }
  [[nodiscard]] share& part_of(const task::header& task) noexcept { return share_of(task::owner_of(task)); }
  // The owner whose task is polled next. The clock is read only when that is another one than before, and at
  // maintenance.
  [[nodiscard]] share& enter(const task::header& task) noexcept {
    share& of = part_of(task);
    if (&of != charged) [[unlikely]]
      charge_to(&of);
    return of;
  }
  // True: its owner has used up its time, and the task waits with the quota for more (quota.hpp).
  [[nodiscard]] bool keeps(task::header& task, share& of) noexcept { return of.limit != nullptr && keep(task, of); }
  // Charges the time since the last call to whoever was charged, and goes on with `next`; returns the time now.
  instant_ns charge_to(share* next) noexcept;
  // While a body's code ran, the core went to another thread. [the thread that polls here, inside host code]
  [[nodiscard]] bool lost() const noexcept { return this_thread->held != this; }
  // The newer half of a full ring goes to the own shard's injector: behind the others there, or, of who spawns faster
  // than the core runs, before them. A current_thread core keeps it instead, and its order: first in, first out.
  void overflow(task_chain tasks) noexcept { send_away(tasks, false); }
  void spill(task_chain tasks) noexcept;

  // ---- the life of a task begins here (runtime.hpp says what each does)

  [[nodiscard]] std::expected<task::header*, memory::shortage> allocate(share& part, const task::body_ops& ops,
                                                                        const void* about, std::size_t body_bytes) {
    const auto made = task::prepare(part.heap, ops, about, body_bytes);
    if (made) [[likely]]
      part.allocated.add();
    return made;
  }
  void discard(task::header& task) {
    share& part = part_of(task);
    part.tasks.freed.add();
    task::discard(task, part.heap);
  }
  [[nodiscard]] task::task_id next_id() noexcept;
  // The owner is not closed.
  [[gnu::always_inline]] task::key spawn(task::header& task, share& part, task::spawn_options options, bool front) {
    options.home = static_cast<std::uint16_t>(home.id());
    const task::key made = task::spawn(task, options.id != 0 ? options.id : next_id(), options);
    part.tasks.spawned.add();  // before it can run, and so before it can end
    count_runnable(task, false);
    if (front) {
      run_next(task);
    } else {
      spilling full{*this};
      run_later(task, full);
    }
    return made;
  }

  // ---- what the worker and the face use

  [[gnu::always_inline]] void run_next(task::header& task) noexcept {
    task::header* behind = &task;
    if (lifo_open) {
      behind = lifo.load(relaxed);
      lifo.store(&task, relaxed);
    }
    if (behind != nullptr) run_later(*behind);
  }
  [[gnu::always_inline]] void run_later(task::header& task) noexcept { run_later(task, *this); }
  // Wakes another worker, unless one searches already.
  TOKIOD_ASIDE void notify() noexcept;
  // Somebody sleeps, and nobody searches.
  [[nodiscard]] bool worth_a_look() const noexcept;
  // Wakes another worker if there is one to wake, and enough waits here to pay for it.
  void notify_if_useful() noexcept {
    if (ring.length() >= wake_backlog && worth_a_look()) [[unlikely]]
      notify();
  }

  // The same between two polls, when the next task is taken from here at once.
  void notify_before_next() noexcept {
    if (behind_next() >= wake_backlog && worth_a_look()) notify();
  }
  // So many tasks a thief may see even then.
  [[nodiscard]] std::uint32_t behind_next() const noexcept {
    const std::uint32_t waiting = ring.length();
    const bool next_is_there = waiting != 0 && lifo.load(relaxed) == nullptr && ring.claimed() == 0;
    return waiting - (next_is_there ? 1 : 0);
  }

  [[nodiscard]] share& share_of(memory::owner_id id) noexcept {
    // Relaxed: only the holder, which we are, stores it; others acquire.
    share* const known = shares[id].load(relaxed);
    return known != nullptr ? *known : new_share(id);
  }

  // `budget` is that of the thread that holds the core.
  [[nodiscard]] task::header* next_local(task::coop_budget& budget) noexcept {
    task::header* const front = lifo.load(relaxed);
    if (front != nullptr && lifo_streak < lifo_in_a_row && !budget.exhausted()) {
      ++lifo_streak;
      work.lifo_polls.add();
      lifo.store(nullptr, relaxed);
      return front;
    }
    lifo_streak = 0;
    budget.refill();
    if (task::header* const task = ring.take(claim_limit)) return task;
    lifo.store(nullptr, relaxed);
    return front;
  }

  // Whether tasks wait in the own shard's injector, as far as the core knows.
  void learn_of_more(bool more) noexcept {
    // In the order of events: a ring that is empty while more waits outside has not run out, and is filled from there.
    if (more != more_outside && ring.ran_empty() && more) has_run_out = true;
    more_outside = more;
  }
  // Nothing was left for others at some moment since the last call.
  [[nodiscard]] bool ran_out() noexcept {
    const bool empty = ring.ran_empty();
    return std::exchange(has_run_out, false) || (empty && !more_outside);
  }

  // By which spilled tasks wait. With a clock that others move it is a count of polls.
  [[nodiscard]] instant_ns queue_time(instant_ns steady) const noexcept;

  // What came before, sleep or another holder, is no poll time.
  void begin_busy(instant_ns now) noexcept {
    active_since = maintained_at = crowded_since = now;
    was_alone = false;
    helped.forget_stretch();
    dry_at = oldest_taken_at = queue_time(now);
    polls_then = work.polls.read();
  }
  void count_busy_until(instant_ns now) noexcept {
    work.busy_ns.add(now - active_since);
    active_since = now;
  }
  // So that observers see them: how many tasks became runnable here is counted by the distance to the next stamp.
  void publish_schedules() noexcept {
    work.local_schedules.add(published - until_stamp);
    published = until_stamp;
  }

  // Tasks from outside, where some stand behind the ring already: the first is to run now, the others stand there too,
  // or they would keep the ring from running empty.
  [[nodiscard]] task::header* put_behind(task_chain tasks) noexcept;
  // What stands behind the ring and fits into it, which is empty.
  [[nodiscard]] task_chain take_behind() noexcept;

  [[nodiscard]] bool just_maintained() const { return until_maintenance == maintenance_interval; }

  // While events are dispatched the tasks they wake stand in the ring, and nobody is notified for each of them.
  void begin_batch() noexcept {
    in_batch = true;
    lifo_open = false;
  }
  void end_batch() noexcept;

  // Everything this core has, LIFO slot first, as a chain: for whoever took it over or empties it.
  [[nodiscard]] task_chain drain();

  // Free slots go to the owners' depots, for the cores that go on.
  void flush_heaps();

  // The poll says that what follows may block. False: it had said so before.
  [[nodiscard]] bool begin_blocking() noexcept {
    const std::uint64_t poll = work.polls.read();
    if (blocking_poll.load(relaxed) == poll) return false;
    blocking_poll.store(poll, relaxed);
    return true;
  }
  void end_blocking() noexcept { blocking_poll.store(0, relaxed); }

  // ---- [any]
  // The monitor's verdict: this poll has lasted long, and the core holds tasks that no thief can reach.
  [[nodiscard]] bool hides_work() const {
    return stuck.load(relaxed) && (lifo.load(relaxed) != nullptr || ring.claimed() != 0);
  }
  // The poll that runs has said that it may block. A poll that forgot to say that this is over speaks for itself alone.
  [[nodiscard]] bool blocks() const {
    const std::uint64_t poll = blocking_poll.load(relaxed);
    return poll != 0 && poll == work.polls.read();
  }
  // So many tasks of this core are worth it that a worker takes some whom nobody has sent; or its holder does not come
  // round to them.
  [[nodiscard]] bool offers(std::uint32_t waiting) const {
    return waiting != 0 && (waiting >= thief_backlog.load(relaxed) || stuck.load(relaxed) || blocks());
  }
  [[nodiscard]] std::uint32_t queued() const { return ring.length() + later_length.load(relaxed); }
  [[nodiscard]] const share* peek_share(memory::owner_id id) const { return shares[id].load(acquire); }

  // Something to do before the next poll; the worker is woken for it, wherever it waits.
  void give_order(std::uint32_t order);
  // The same for order_pause, under the lock of the gate.
  void order_to_gate() {
    tenure.order(order_pause);
    home.wake();
  }

  engine& all;
  void* const door;  // what the slabs of our runtime's tasks say
  const std::uint32_t index;
  shard::shard& home;
  // Shards of cores that retired, which this one serves beside its own. Changed by adoption.hpp alone.
  std::vector<shard::shard*> adopted;
  std::size_t injector_turn = 0;  // whose injector is looked at first

  // The hot words of one turn.
  std::atomic<task::header*> lifo{nullptr};  // relaxed: one user at a time; atomic so that the monitor may peek
  bool lifo_open;         // wakes may use the slot: the option is on and no batch of events is dispatched
  bool in_batch = false;  // events are dispatched: one decision about waking others follows
  bool searching = false;
  rung_here root_rang;  // current_thread: who waits in block_on was woken on this thread
  std::uint32_t lifo_streak = 0;
  std::uint32_t until_maintenance;
  std::uint32_t until_injector;
  bool ran_dry = false;         // since the last maintenance
  bool oldest_is_due = false;   // of what was spilled; see worker::mind_spilled()
  bool oldest_was_due = false;  // at the last look
  std::uint32_t claim_limit = real_policy::claim_max;
  std::uint32_t wake_backlog;  // so many tasks in the ring are worth a wake-up; see worker::share_what_lasts()
  bool lingers = false;        // before it sleeps, see worker::linger()
  bool was_sent = false;       // woken by somebody who has work: takes it wherever it finds some
  task::id_block ids;
  fast_random random;

  // Tuning, at every maintenance: how long polls take, and what follows.
  instant_ns maintained_at = 0;
  instant_ns dry_at = 0;
  instant_ns oldest_taken_at = 0;
  instant_ns crowded_since = 0;  // it has not run out of tasks since then
  std::uint64_t polls_then = 0;
  bool more_outside = false;
  bool has_run_out = false;  // before it knew of more outside
  bool was_alone = false;    // and the others slept
  std::uint64_t sent_then = 0;
  help helped;
  std::uint32_t injector_interval;
  std::uint32_t maintenance_interval;
  std::atomic<duration_ns> mean_poll{0};

  // Whose time it is. Null: nobody's, while the core looks for work or sleeps.
  share* charged = nullptr;
  instant_ns charged_since = 0;
  instant_ns quota_since = 0;               // the same by the runtime's clock
  std::uint32_t until_sample = 1;           // polls until one is timed for the histogram
  std::uint32_t until_stamp = 1;            // tasks that become runnable here until one is stamped
  std::uint32_t published = 1;              // until_stamp when it was published
  duration_ns last_wait = not_tracked;      // of the task that was polled last, where waits are tracked
  std::uint64_t polls_at_wake = no_sample;  // the core was woken for work, and has polled nothing since

  run_queue ring;
  // Of a current_thread core: what came while the ring was full, and everything since. The length: relaxed, for
  // observers.
  task_chain later;
  std::atomic<std::uint32_t> later_length{0};
  metrics::worker_counters work;
  std::atomic<task::header*> running{nullptr};  // relaxed: observers check the task's own words again
  // The number of the poll that said it may block (tokio::block_in_place); 0: none. Relaxed: a hint for the monitor,
  // who passes the guard before anything follows from it.
  std::atomic<std::uint64_t> blocking_poll{0};
  basic_tenure<real_policy, thread> tenure;  // who holds the core
  instant_ns active_since = 0;               // busy since then, and not counted yet

  // When a notifier woke the worker last; 0: it has been counted. Relaxed: only to learn what a wake-up takes.
  std::atomic<instant_ns> woken_at{0};

  std::atomic<bool> paused{false};  // its thread stands at the gate; relaxed: for observers

  // As wake_backlog, for thieves; not beside what the holder writes for each poll. Relaxed: a hint, which the monitor
  // corrects for a core whose polls are long.
  std::atomic<std::uint32_t> thief_backlog{1};
  // Written by the monitor, read by searchers and observers; relaxed: each is a hint that is checked again.
  std::atomic<bool> stuck{false};
  std::atomic<instant_ns> poll_since{0};  // the running poll was first seen then

  std::array<std::atomic<share*>, max_owners> shares{};

  // Null: nobody wants to see what the core does. Asked only where a poll is timed, a task stamped, or the core sleeps
  // or steals; while it is set every poll is timed and every task stamped. Acquire pairs with engine::begin_trace().
  std::atomic<trace_ring*> traced{nullptr};
  [[nodiscard]] bool is_traced() const noexcept { return traced.load(relaxed) != nullptr; }
  [[gnu::cold]] void trace(const trace_event& one) noexcept {
    if (trace_ring* const to = traced.load(acquire)) to->write(one);
  }

 private:
  struct spilling {
    core& of;
    void overflow(task_chain tasks) noexcept { of.spill(tasks); }
  };

  template <class Overflow>
  [[gnu::always_inline]] void run_later(task::header& task, Overflow& target) noexcept {
    if (later.count != 0) [[unlikely]]
      return put_behind(task);
    ring.push(&task, target);
    if (!in_batch) notify_if_useful();
  }
  void send_away(task_chain tasks, bool newest_first) noexcept;
  TOKIOD_ASIDE void put_behind(task::header& task) noexcept;
  TOKIOD_ASIDE static void schedule_elsewhere(task::header& task) noexcept { task::scheduler_of(task).schedule(task); }
  TOKIOD_ASIDE [[nodiscard]] share& new_share(memory::owner_id id) noexcept;
  [[nodiscard]] bool keep(task::header& task, share& of) noexcept;
  TOKIOD_ASIDE void stamp(task::header& task, bool again) noexcept;
};

}  // namespace tokiod::sched
