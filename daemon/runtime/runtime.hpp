// The face of the machinery: the one header of runtime/ that host/, control/ and app/ include. Values and handles go in
// and out; what stands behind is the multi-thread or the current-thread scheduler on the same parts.
// Invariant: nothing here runs plugin code on the calling thread, except release_join (a result's destructor) and, on
//            the current-thread flavor, run_until().
// Threads:   every function is [any thread] unless its comment says otherwise. snapshot(), tasks() and the counters
//            are answered while every worker is stuck in a plugin: they read atomics and take only locks that are
//            never held while user code runs.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "runtime/sched/options.hpp"

namespace tokiod {

namespace task {
struct header;   // the 64 bytes in front of a body
struct waker;    // {header*, generation}: waker, join handle and abort handle
struct kind;     // what the body is: poll, destroy, name
struct context;  // what a poll receives
class owner;     // whom tasks are charged to: one per plugin instance
}  // namespace task

namespace io {
class source;
}
namespace time {
class timer_entry;
}
namespace blocking {
class job;
}

using sched::flavor;
using runtime_options = sched::options;

struct owner_options {
  std::string name;                      // for task lists and messages
  std::uint64_t max_tasks = UINT64_MAX;  // a spawn past it is refused
  std::uint64_t max_bytes = UINT64_MAX;  // of task and frame slabs
};

enum class task_state : std::uint8_t { idle, queued, running, done };

struct task_view {
  std::uint64_t id = 0;
  const task::owner* owner = nullptr;
  const task::kind* kind = nullptr;  // name, file and line; in the plugin's image: read only while it is loaded
  task_state state = task_state::idle;
  bool cancelled = false;
  std::uint64_t polls = 0;
  std::int32_t worker = -1;     // the worker that runs it now
  duration_ns running_for = 0;  // and since when, to the monitor's precision (1 ms)
};

struct worker_view {
  std::uint32_t index = 0;
  bool parked = false;
  bool searching = false;
  std::uint64_t task_id = 0;  // running now; 0 = none
  const task::owner* owner = nullptr;
  duration_ns running_for = 0;
  std::uint32_t queue_depth = 0;     // run queue and private batch
  std::uint32_t injector_depth = 0;  // of its own shards
  std::int32_t os_thread = 0;        // gettid() of the thread that holds the core now
  std::uint64_t ticks = 0;           // polls begun; a core whose ticks stand still while it is not parked is stuck
  std::uint64_t polls = 0, parks = 0, wakeups_for_nothing = 0;
  std::uint64_t steals = 0, stolen_tasks = 0, overflows = 0;
  std::uint64_t local_schedules = 0, remote_schedules = 0, forced_yields = 0;
  duration_ns busy = 0;       // time not parked
  duration_ns mean_poll = 0;  // moving average
};

struct runtime_view {
  flavor kind = flavor::multi_thread;
  std::vector<worker_view> workers;
  std::uint64_t spawned = 0, completed = 0, live = 0;
  std::uint64_t remote_schedules = 0;  // from threads that are no workers
  std::uint32_t blocking_threads = 0, blocking_idle = 0, blocking_queue = 0;
  std::uint64_t sources = 0, timers = 0;
  bool stopping = false;
};

enum class stop_result : std::uint8_t {
  drained,   // every task ended, every thread is gone
  deadline,  // some polls or blocking jobs did not return: their threads are left behind, and named in the log
};

class runtime {
 public:
  // Starts workers (multi_thread) or nothing (current_thread: run_until drives). Refuses with the sentence when a
  // descriptor or a thread cannot be had.
  [[nodiscard]] static outcome<std::unique_ptr<runtime>> start(runtime_options options);
  runtime(const runtime&) = delete;
  runtime& operator=(const runtime&) = delete;
  ~runtime();  // stops now, unless stopped already

  // ---- owners
  [[nodiscard]] outcome<task::owner*> add_owner(owner_options options);
  // Only once live() is 0 and nobody holds a join handle of it: the slabs go back.
  void remove_owner(task::owner& owner);
  [[nodiscard]] std::uint64_t live(const task::owner& owner) const;
  void close_owner(task::owner& owner);  // allocate() refuses from now on
  void abort_all(task::owner& owner);    // every live task of it ends at its next poll edge
  [[nodiscard]] std::vector<task_view> tasks(const task::owner* owner_or_null, std::size_t limit) const;

  // ---- tasks. allocate -> (write the body) -> spawn | discard.
  [[nodiscard]] result<task::header*> allocate(task::owner& owner, const task::kind& kind, std::size_t body_bytes);
  void discard(task::header& task);
  // `front`: the LIFO slot of the current worker, as a wake would use. With `join` the waker is a join handle too.
  task::waker spawn(task::header& task, bool join, bool front);
  void wake(task::waker waker);
  void abort(task::waker waker);
  // True when done; else `waiter` is woken when it is. The newest waiter replaces an earlier one.
  [[nodiscard]] bool poll_join(task::waker handle, task::waker waiter);
  void release_join(task::waker handle);
  [[nodiscard]] bool is_finished(task::waker waker) const;

  // ---- where am I
  struct place {
    std::int32_t worker = -1;      // index, or -1 on blocking and foreign threads
    task::header* task = nullptr;  // being polled on this thread
    task::owner* owner = nullptr;  // whose code is running on this thread
    bool blocking = false;         // a thread of the blocking pool
  };
  [[nodiscard]] static place here();

  // ---- time
  [[nodiscard]] const clock& time() const;
  [[nodiscard]] instant_ns now() const;

  // Arms on the current worker's shard (else on a shard chosen in turn): the waker is woken at or after the deadline.
  // Arming an armed entry moves it. disarm() returns when the entry is free again; it never waits for a wake.
  void arm(time::timer_entry& entry, instant_ns deadline, task::waker waiter);
  void disarm(time::timer_entry& entry);

  // ---- sockets: a registered non-blocking descriptor. The source owns no descriptor; deregister before closing it.
  [[nodiscard]] result<io::source*> register_fd(task::owner& owner, int fd);
  void deregister_fd(io::source& source);

  // ---- blocking jobs
  [[nodiscard]] result<void> submit(blocking::job& job);

  // ---- a callback on a worker, for the control plane: a small task of the runtime itself, charged to `owner_or_null`
  // while it runs. False once the runtime stops.
  [[nodiscard]] bool run_on_worker(task::owner* owner_or_null, std::function<void()> call);

  // ---- threads
  // Replaces every OS thread that runs workers or blocking jobs; cores, queues and tasks stay. Waits until the old ones
  // have ended, at most until `deadline`; false names a thread that did not come back from its poll or job.
  [[nodiscard]] bool rotate_threads(instant_ns deadline);

  // ---- the end
  // Numbered steps, see sched/multi_thread/shutdown.hpp. A second call from another thread shortens the deadline.
  stop_result stop(instant_ns deadline);

  // ---- looking
  [[nodiscard]] runtime_view snapshot() const;

  // ---- current_thread only: runs tasks, timers and sockets on the calling thread until done() or the deadline.
  // done() is looked at after every poll. `idle` is called when the thread is about to sleep, with the next deadline;
  // it returns true when it changed something (a test's clock moved on), and then the thread does not sleep.
  using idle_hook = std::function<bool(instant_ns next_deadline)>;
  bool run_until(const std::function<bool()>& done, instant_ns deadline, const idle_hook& idle = nullptr);

 private:
  runtime();
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace tokiod
