// The face of the machinery: the one header of runtime/ that host/, control/ and app/ include. Behind it stands the
// multi-thread or the current-thread scheduler, on the same parts. The hot words are inline; the rest are values.
// Invariant: nothing here runs plugin code on the calling thread, except release_join() and discard of what a plugin
//            left (a destructor), and run_until() on the current_thread flavor.
// Threads:   every function is [any] unless its comment says otherwise. snapshot(), tasks(), threads() and metrics()
// are
//            answered while every worker is stuck in a plugin: they read atomics and take only locks that are never
//            held while user code runs. A plugin's call into the host is wrapped in sched::host_entry, the host's call
//            into a plugin in sched::plugin_call (sched/thread.hpp).
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/cpu_list.hpp"
#include "base/error.hpp"
#include "runtime/blocking/job.hpp"
#include "runtime/io/reactor.hpp"
#include "runtime/io/source.hpp"
#include "runtime/metrics/snapshot.hpp"
#include "runtime/sched/current_thread/scheduler.hpp"
#include "runtime/sched/engine.hpp"
#include "runtime/sched/root.hpp"
#include "runtime/sched/shutdown.hpp"
#include "runtime/task/handles.hpp"
#include "runtime/task/hold_still.hpp"
#include "runtime/task/join.hpp"
#include "runtime/task/spawn.hpp"
#include "runtime/time/timer_queue.hpp"

namespace tokiod {

namespace blocking {
struct job_view;
struct pool_counts;
struct pool_times;
}  // namespace blocking

using sched::flavor;
using runtime_options = sched::options;
using runtime_owner = sched::owner;

enum class task_state : std::uint8_t { idle, queued, running, done };

struct task_view {
  task::key which;
  task::task_id id = 0;
  memory::owner_id owner = 0;
  const void* about = nullptr;  // as given to allocate(): in the plugin's image, so read it only while that is loaded
  task_state state = task_state::idle;
  bool cancelled = false;
  std::int32_t worker = -1;     // that polls it now, or polled it until the worker was taken over
  duration_ns running_for = 0;  // this poll, to the monitor's precision (1 ms); 0 when shorter
  bool blocks = false;          // this poll has said that it may
};

// The tasks of one kind of one owner that have not ended, by what they do.
struct task_group {
  memory::owner_id owner = 0;
  const void* about = nullptr;  // as in a task_view
  std::uint64_t idle = 0, queued = 0, running = 0;
};

struct worker_view {
  std::uint32_t index = 0;
  metrics::worker_state state = metrics::worker_state::parked;  // stuck: two looks of the monitor met the same poll
  int os_thread = 0;                                            // gettid() of the thread that holds the core; 0 = none
  task::task_id task = 0;                                       // polled now; 0 = none
  memory::owner_id owner = sched::no_owner;                     // whose
  duration_ns running_for = 0;
  std::uint32_t queued = 0;    // in the run queue
  std::uint32_t injected = 0;  // in the injector of its shard
  std::uint64_t ticks = 0;     // polls begun
  duration_ns mean_poll = 0;   // a moving average
};

// A timer that is armed.
struct timer_view {
  instant_ns deadline = 0;  // by time()
  task::key waiter;         // as it was: id_of() says whether it still is
};

struct runtime_view {
  flavor kind = flavor::multi_thread;
  bool stopping = false;
  std::uint32_t active_workers = 0;  // the first ones; the others are retired
  std::vector<worker_view> workers;
};

struct thread_view {
  sched::thread_kind kind = sched::thread_kind::worker;
  int os_thread = 0;
  sched::inside inside;  // whose code runs on it now
};

enum class stop_result : std::uint8_t {
  drained,    // every task ended, every thread is gone
  abandoned,  // a poll or a blocking job did not return in time; its thread and all that it may touch stay for ever
};

class runtime {
 public:
  // Starts the workers (multi_thread), one thread (current_thread with own_thread), or nothing yet (current_thread:
  // run_until() drives). Refuses with the sentence when a number is out of range or a descriptor, memory or a thread
  // cannot be had.
  // `before` is called when everything is there but the threads.
  using prepare = std::function<outcome<void>(runtime&)>;
  [[nodiscard]] static outcome<std::unique_ptr<runtime>> start(const runtime_options& options,
                                                               const prepare& before = nullptr);
  runtime(const runtime&) = delete;
  runtime& operator=(const runtime&) = delete;
  ~runtime();  // unless stopped already: stops, and waits as long as it takes

  // ---- owners: whom tasks are charged to, one per plugin instance

  [[nodiscard]] outcome<runtime_owner*> add_owner(std::string name, std::uint64_t max_bytes = memory::no_limit) {
    return engine_.add_owner(std::move(name), max_bytes);
  }
  // Refuses while a task lives, or one that ended still waits for its join handle to be released.
  [[nodiscard]] outcome<void> remove_owner(runtime_owner& gone) { return engine_.remove_owner(gone); }
  [[nodiscard]] std::string owner_name(memory::owner_id id) const;  // empty: it is gone
  void close_owner(runtime_owner& of) { engine_.close_owner(of); }  // no spawn of it succeeds after this returns
  // Percent of one CPU that its tasks may use, see sched/quota.hpp; 0: any amount. Until it is closed, and by one
  // caller at a time. Refuses when there is no memory for the task that this takes.
  [[nodiscard]] outcome<void> limit_cpu(runtime_owner& of, std::uint32_t percent);
  // A blocking job of it used so much CPU time between two moments of now().
  static void charge_job(runtime_owner& of, instant_ns from, instant_ns to, duration_ns used) {
    if (of.limited()) of.quota->spend(from, to, used);
  }
  // Asks every task of it: `ask` reaches graceful ones gently. Repeat until live() is 0; close first.
  std::size_t abort_all(runtime_owner& of, task::cancel_kind how = task::cancel_kind::force);
  [[nodiscard]] metrics::task_totals totals(const runtime_owner& of) const { return engine_.totals(of).tasks; }
  [[nodiscard]] std::uint64_t live(const runtime_owner& of) const { return totals(of).live(); }
  [[nodiscard]] std::vector<task_view> tasks(const runtime_owner* owner_or_null, std::size_t limit) const;
  // All tasks, without a word about each: as long as there are kinds of them.
  [[nodiscard]] std::vector<task_group> task_groups() const;

  // ---- tasks: allocate, write the body, then spawn or discard. On a core's own thread these are the core's words.

  // Also of a closed owner, whose tasks may need memory to end. EDQUOT: over its limit. ENOMEM. E2BIG: one block cannot
  // be that large.
  [[nodiscard]] result<task::header*> allocate(runtime_owner& of, const task::body_ops& ops, const void* about,
                                               std::size_t body_bytes);
  void discard(task::header& task);
  // ESHUTDOWN: the task is still the caller's, to destroy its body and discard it. `front`: the LIFO slot of this
  // worker.
  [[nodiscard]] result<task::key> spawn(task::header& task, task::spawn_options options, bool front);
  [[nodiscard]] static error error_of(memory::shortage why);
  static void wake(task::key waker) { task::wake(waker); }
  static void abort(task::key which, task::cancel_kind how = task::cancel_kind::force) { task::cancel(which, how); }
  // complete: task::end_of() and, for completed, the body may be read. pending: `waiter` is woken.
  [[nodiscard]] static task::join_poll poll_join(task::key handle, task::key waiter) {
    return task::poll_join(*handle.task, waiter, task::scheduler_of(*handle.task));
  }
  static void release_join(task::key handle) { task::release_join(*handle.task, task::scheduler_of(*handle.task)); }
  // look(header&) of a task that waits, which is not polled meanwhile; see task/hold_still.hpp. False: it does not, or
  // another thread looks. Inside of a host_entry.
  template <class Look>
  static bool hold_still(task::key which, Look&& look) {
    return task::hold_still(which, look,
                            [](task::header& t) { static_cast<sched::engine&>(task::scheduler_of(t)).resume(t); });
  }
  [[nodiscard]] static bool is_finished(task::key which);     // or gone
  [[nodiscard]] static task::task_id id_of(task::key which);  // 0: gone

  // ---- where am I

  struct place {
    bool ours = false;                         // a thread of the runtime
    std::int32_t worker = -1;                  // its index; -1 on blocking and foreign threads
    bool blocking = false;                     // a thread of the blocking pool
    memory::owner_id owner = sched::no_owner;  // whose code runs on this thread
  };
  [[nodiscard]] static place here();
  // The cooperative budget and the like of the poll that is going on; cx.core as a worker index.
  [[nodiscard]] static std::uint32_t worker_of(const task::context& cx) {
    return static_cast<const sched::core*>(cx.core)->index;
  }
  // How long its task has waited for it; sched::core::not_tracked: not known. Asked once, before the body's code runs.
  [[nodiscard]] static duration_ns wait_of(const task::context& cx) {
    return static_cast<sched::core*>(cx.core)->take_wait();
  }

  // ---- time, sockets, blocking jobs

  [[nodiscard]] const clock& time() const { return engine_.time; }
  [[nodiscard]] instant_ns now() const { return engine_.time.now(); }
  // On the current worker's shard, or the next one in turn. The waiter is woken at or after the deadline; arming an
  // armed entry moves it.
  void arm(time::timer_queue::entry& entry, instant_ns deadline, task::key waiter);
  static void disarm(time::timer_queue::entry& entry) { time::timer_queue::disarm(entry); }

  // A non-blocking descriptor, which stays the caller's; deregister it before it is closed.
  [[nodiscard]] result<io::source*> register_fd(int fd, io::interest what = io::interest::both,
                                                io::ready assume = io::ready::none) {
    return shard_here().reactor->add(fd, what, assume);
  }
  // Wakes who waits for it, in this runtime or another: it is taken away from under them.
  static void hang_up(io::source& source) {
    source.home().hang_up(source, [](task::key waiter) { wake(waiter); });
  }
  [[nodiscard]] static result<void> renew(io::source& source, io::interest what) {
    return source.home().renew(source, what, [](task::key waiter) { wake(waiter); });
  }
  static void deregister_fd(io::source& source) {
    source.home().remove(source, [](task::key waiter) { wake(waiter); });
  }

  [[nodiscard]] result<void> submit(blocking::job& job);
  bool cancel(blocking::job& job);  // true: it had not started, and its drop() has run
  // The same for all jobs of somebody that nobody promised; what he has in the ring is ended as far as it may be.
  void drop_jobs_of(const void* of);
  // The kernel's ring for files; null: without options::file_ring, or where the kernel has none for us. Who is refused
  // there makes it a blocking job.
  [[nodiscard]] uring::ring* files() { return engine_.files.get(*engine_.shards[0]->reactor); }
  void complete_files() { engine_.files.reap(); }  // those that the kernel has answered
  [[nodiscard]] std::optional<error> why_no_files() const { return engine_.files.why_not(); }

  // ---- a call on a worker, for the control plane: a small task of the runtime itself. ESHUTDOWN, ENOMEM.
  [[nodiscard]] result<void> run_on_worker(std::function<void()> call);

  // ---- threads

  // Replaces every thread that runs workers or blocking jobs; cores, queues, sockets and timers stay. Returns when the
  // old ones have ended. ETIMEDOUT: one did not come back from its poll or job by `deadline` (CLOCK_MONOTONIC); it is
  // replaced when it does. EAGAIN: no thread can be had. ENOTSUP: current_thread on the caller's thread.
  [[nodiscard]] result<void> rotate_threads(instant_ns deadline);
  // Starts workers or retires the last ones, while tasks run: what a retired worker had in its queue, its sockets and
  // its timers go on elsewhere, and nothing is lost. Worker numbers are stable. Not from a worker. Refuses numbers
  // outside 1..1024, the current_thread flavor, a runtime that stops, and when a thread, a descriptor or `deadline`
  // (CLOCK_MONOTONIC) is in the way, or `given_up` (null: never), which is asked while it waits; the sentence then says
  // how many workers run. `made` (may be null): what was changed, also by a refusal; untouched when it had no turn.
  // Retiring: gone, but for a thread that is still in the poll over which it lost the worker.
  struct worker_change {
    std::uint32_t before = 0, after = 0;
    std::vector<std::uint32_t> retiring{};
  };
  [[nodiscard]] outcome<void> resize(std::uint32_t workers, instant_ns deadline,
                                     const std::function<bool()>& given_up = nullptr, worker_change* made = nullptr);
  // Which CPUs a worker runs on from now on, also after a rotation or a takeover, and what they were; nothing: all
  // again. Threads that it makes by itself, and processes, have them too; those of the blocking pool do not. Fails:
  // out_of_range, busy, unsupported (the current_thread flavor, too).
  struct pinned {
    cpu_list before, after;
  };
  [[nodiscard]] outcome<pinned> pin(std::uint32_t worker, const std::optional<cpu_list>& cpus);
  [[nodiscard]] std::vector<thread_view> threads() const;

  // No worker takes a task after the poll that it is in until `until` (CLOCK_MONOTONIC), or resume(); sockets and
  // timers wait, too, and blocking jobs go on. Another call changes until when. A runtime that stops goes on. Fails:
  // wrong_state (it stops), unsupported (no threads of its own).
  [[nodiscard]] outcome<void> pause_until(instant_ns until);
  bool resume() { return engine_.gate.open(); }                                          // true: it was paused
  [[nodiscard]] instant_ns paused_until() const { return engine_.gate.closed_until(); }  // 0: it is not

  // ---- other numbers than it was started with

  // Of blocking threads, 1 or more, and how long an idle one lives. More than that end when they have no job.
  void limit_blocking(std::uint32_t max_threads, duration_ns keep_alive);
  // Those of sched/live_numbers.hpp, which says from when on. Refuses an event_interval of 0.
  [[nodiscard]] outcome<void> follow(const runtime_options& with);

  // ---- whose code runs where

  // Threads that are inside the code which the host names so (sched::plugin_call). Exact for code that nobody enters.
  [[nodiscard]] std::size_t threads_inside(const void* code) const;
  // Every thread that was in host code when this began has left it once: what it read before is not used any more.
  // Returns false when `deadline` (CLOCK_MONOTONIC) comes first.
  [[nodiscard]] bool pass_all_guards(instant_ns deadline) { return engine_.pass_all_guards(deadline); }

  // ---- the end: the steps of sched/shutdown.hpp. A call during another one moves its deadline nearer and waits for
  // it. Not from a worker.
  stop_result stop(instant_ns deadline);
  [[nodiscard]] bool stopping() const;
  // Whoever waits for a socket or a timer from outside of its tasks is woken, and finds them gone. stop() does it when
  // all tasks have ended; this is for whoever ends them himself.
  void stop_drivers() { sched::stop_drivers(engine_); }
  // Acquire: who finds a source or a timer closed sees this.
  [[nodiscard]] bool drivers_gone() const { return engine_.drivers_gone.load(acquire); }

  // ---- looking
  [[nodiscard]] runtime_view snapshot() const;
  [[nodiscard]] std::uint32_t most_workers_ever() const noexcept { return engine_.cores.size(); }
  // What a worker polls now, which goes on meanwhile; null: nothing, or there was never such a worker. [any, also in a
  // signal handler]
  [[nodiscard]] task::header* polled_on(std::uint32_t worker) const noexcept {
    return worker < most_workers_ever() ? engine_.cores[worker]->running.load(relaxed) : nullptr;
  }
  [[nodiscard]] metrics::runtime_snapshot metrics() const;
  // So many at most of each shard: its earliest timers, its first sources. Brief locks, so `most` is a few thousand.
  [[nodiscard]] std::vector<timer_view> timers(std::size_t most) const;
  [[nodiscard]] std::vector<io::source_view> sources(std::size_t most) const;
  // All that run, and then so many at most that wait.
  [[nodiscard]] std::vector<blocking::job_view> jobs(std::size_t most_waiting) const;

  // For scopes and inline words of the host: which runtime a thread belongs to.
  [[nodiscard]] sched::engine& engine() const { return engine_; }

  // ---- current_thread only, on a thread that drives no runtime: see current_thread/scheduler.hpp. A hook is asked
  // only while no blocking job is under way, so that virtual time does not overtake real work.
  bool run_until(const std::function<bool()>& done, instant_ns deadline = never,
                 const sched::current_thread::idle_hook& idle = nullptr);
  // The calling thread polls `poll` until it is ready: sched/root.hpp. `drive`: on the current_thread flavor it drives
  // everything else meanwhile, by turns with others that do so. False: `over` says that it is in vain, which is asked
  // between two polls and after a nudge(). ENOMEM. [any thread but a worker outside of plugin code]
  [[nodiscard]] result<bool> block_on(const sched::root_poll& poll, bool drive, const std::function<bool()>& over,
                                      const sched::current_thread::idle_hook& idle = nullptr);
  // The current_thread flavor, where nobody drives it until give_desk(). Without `wait`: false when somebody does.
  [[nodiscard]] bool take_desk(bool wait);
  void give_desk();
  // Sleepers look again: after a manual clock moved, or after what done() asks for changed.
  void nudge();

 private:
  struct parts;
  explicit runtime(std::unique_ptr<parts> made);
  [[nodiscard]] blocking::pool_counts job_counts() const;
  [[nodiscard]] blocking::pool_times job_times() const;
  [[nodiscard]] static bool end_files(parts& own, const sched::moving_deadline& deadline);
  [[nodiscard]] sched::stop_hooks hooks();
  [[nodiscard]] shard::shard& shard_here();
  [[nodiscard]] result<task::header*> allocate_outside(runtime_owner& of, const task::body_ops& ops, const void* about,
                                                       std::size_t body_bytes);
  [[nodiscard]] result<task::key> spawn_outside(task::header& task, task::spawn_options options);
  void discard_outside(task::header& task);
  [[nodiscard]] result<void> add_keeper(runtime_owner& of);
  [[nodiscard]] sched::current_thread::idle_hook hooked(const sched::current_thread::idle_hook& idle);

  std::unique_ptr<parts> parts_;
  sched::engine& engine_;
};

// An idle hook for run_until(): virtual time jumps to the next timer when nothing else can happen.
[[nodiscard]] inline sched::current_thread::idle_hook auto_advance(manual_clock& time) {
  return [&time](instant_ns next) {
    const instant_ns now = time.now();
    if (next == never) return false;
    if (next > now) time.advance(next - now);
    return true;
  };
}

// ---- the hot words

inline result<task::header*> runtime::allocate(runtime_owner& of, const task::body_ops& ops, const void* about,
                                               std::size_t body_bytes) {
  sched::core* const on = engine_.here();
  if (on == nullptr) return allocate_outside(of, ops, about, body_bytes);
  const auto made = on->allocate(on->share_of(of.id()), ops, about, body_bytes);
  if (!made) [[unlikely]]
    return std::unexpected(error_of(made.error()));
  return *made;
}

inline void runtime::discard(task::header& task) {
  sched::core* const on = engine_.here();
  if (on == nullptr) return discard_outside(task);
  on->discard(task);
}

inline result<task::key> runtime::spawn(task::header& task, task::spawn_options options, bool front) {
  sched::core* const on = engine_.here();
  if (on == nullptr) return spawn_outside(task, options);
  sched::share& part = on->part_of(task);
  if (part.whose.closed()) [[unlikely]]
    return std::unexpected(error{ESHUTDOWN, "spawn"});
  return on->spawn(task, part, options, front);
}

}  // namespace tokiod
