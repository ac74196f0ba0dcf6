#include "runtime/runtime.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>

#include "base/log.hpp"
#include "base/os_thread.hpp"
#include "runtime/blocking/pool.hpp"
#include "runtime/sched/current_thread/desk.hpp"
#include "runtime/sched/current_thread/driver.hpp"
#include "runtime/sched/multi_thread/scheduler.hpp"
#include "runtime/sched/shutdown.hpp"
#include "runtime/task/registry.hpp"

namespace tokiod {

struct runtime::parts {
  explicit parts(std::unique_ptr<sched::engine> made)
      : engine(std::move(made)), jobs(pool_options_of(*engine)), single(*engine), desk(single, *engine) {}

  [[nodiscard]] bool has_threads() const { return workers != nullptr || driver != nullptr; }
  [[nodiscard]] result<void> start_threads() {
    if (engine->with.kind == flavor::multi_thread) {
      workers = std::make_unique<sched::multi_thread::scheduler>(*engine);
      return workers->start();
    }
    if (!engine->with.own_thread) return {};
    driver = std::make_unique<sched::current_thread::driver>(*engine, single);
    return driver->start();
  }
  [[nodiscard]] result<void> rotate_threads(instant_ns deadline) {
    return workers != nullptr ? workers->rotate(deadline) : driver->rotate(deadline);
  }
  [[nodiscard]] bool stop_threads(const sched::moving_deadline& deadline) {
    return workers != nullptr ? workers->stop(deadline) : driver->stop(deadline);
  }

  // A pool thread is one of ours, too: it shows whose job it runs.
  static blocking::pool_options pool_options_of(sched::engine& all) {
    const runtime_options& with = all.with;
    return {.max_threads = with.max_blocking_threads,
            .keep_alive = with.thread_keep_alive,
            .thread_name = with.thread_name.substr(0, 11) + "-blk",
            .name_of_thread = with.name_of_thread,
            .stack_bytes = with.thread_stack_size,
            .on_thread_start =
                [&all] {
                  all.cpus.roam();
                  all.enlist(*new sched::thread(all, sched::thread_kind::blocking));
                  if (all.with.on_thread_start) all.with.on_thread_start();
                },
            .on_thread_stop =
                [&all] {
                  if (all.with.on_thread_stop) all.with.on_thread_stop();
                  sched::thread* const record = sched::this_thread;
                  all.discharge(*record);
                  delete record;
                },
            // Who drives a runtime without threads may wait for the last job with its hook, not for a task.
            .on_job_end = with.kind == flavor::current_thread && !with.own_thread
                              ? std::function<void()>([&all] { all.unpark_all(); })
                              : nullptr};
  }

  // Who comes before us may wait for a poll that does not end. Not owned: the patience was over before.
  [[nodiscard]] std::unique_lock<std::timed_mutex> take_turn(const sched::multi_thread::end_of_patience& until) {
    std::unique_lock turn(changes, std::defer_lock);
    while (!turn.try_lock_for(std::chrono::milliseconds(1)))
      if (until.is_over(steady_clock().now())) break;
    return turn;
  }

  std::unique_ptr<sched::engine> engine;
  blocking::pool jobs;
  std::unique_ptr<sched::multi_thread::scheduler> workers;  // multi_thread
  sched::current_thread::scheduler single;                  // current_thread
  sched::current_thread::desk desk;                         // who drives it, when that is block_on
  std::unique_ptr<sched::current_thread::driver> driver;    // current_thread, with a thread of its own
  // No model: a flag, and whose turn it is among shards.
  std::atomic<std::uint32_t> next_shard{0};  // for threads without one; relaxed: any spread will do
  sched::moving_deadline stop_by;            // moved nearer by every stop()
  std::atomic<bool> stopping{false};
  std::timed_mutex changes;            // one rotation, resize or stop at a time
  std::optional<stop_result> stopped;  // under `changes`
  sched::root_door door;
  real_policy::mutex roots_mutex;
  runtime_owner* roots = nullptr;  // of what block_on waits for, once it was called; under its mutex
};

runtime::runtime(std::unique_ptr<parts> made) : parts_(std::move(made)), engine_(*parts_->engine) {}

outcome<std::unique_ptr<runtime>> runtime::start(const runtime_options& options, const prepare& before) {
  if (options.max_blocking_threads == 0)
    return refuse(kind::out_of_range, "max_blocking_threads must be at least 1, got 0");
  auto engine = sched::engine::create(options);
  if (!engine) return std::unexpected(engine.error());
  std::unique_ptr<runtime> made(new runtime(std::make_unique<parts>(std::move(*engine))));
  if (before)
    if (auto prepared = before(*made); !prepared) return std::unexpected(prepared.error());
  parts& own = *made->parts_;
  if (auto started = own.start_threads(); !started) {
    own.workers.reset();
    own.driver.reset();
    return refuse(kind::io_error, "cannot start ", options.worker_threads, " worker threads: ", started.error().text());
  }
  return made;
}

runtime::~runtime() {
  bool clean = stop(never) == stop_result::drained;
  engine_.for_each_owner([&](const runtime_owner& of) { clean = clean && engine_.totals(of).outstanding() == 0; });
  // What is still out may be touched by whoever holds it, so it stays for ever.
  if (!clean) (void)parts_.release();
}

std::string runtime::owner_name(memory::owner_id id) const {
  std::string name;
  engine_.for_each_owner([&](const runtime_owner& of) {
    if (of.id() == id) name = of.name();
  });
  return name;
}

// ---- tasks

std::size_t runtime::abort_all(runtime_owner& of, task::cancel_kind how) { return task::cancel_all(of.heap(), how); }

error runtime::error_of(memory::shortage why) {
  switch (why) {
    case memory::shortage::over_limit: return {EDQUOT, "allocate"};
    case memory::shortage::no_memory: return {ENOMEM, "allocate"};
    case memory::shortage::too_large: return {E2BIG, "allocate"};
  }
  return {ENOMEM, "allocate"};
}

result<task::header*> runtime::allocate_outside(runtime_owner& of, const task::body_ops& ops, const void* about,
                                                std::size_t body_bytes) {
  sched::foreign_share& from = of.foreign();
  const hold lock(from.lock);
  const auto made = task::prepare(from.part.heap, ops, about, body_bytes);
  if (!made) return std::unexpected(error_of(made.error()));
  from.part.allocated.add();
  return *made;
}

void runtime::discard_outside(task::header& task) {
  sched::foreign_share& from = engine_.owners[task::owner_of(task)]->foreign();
  const hold lock(from.lock);
  from.part.tasks.freed.add();
  task::discard(task, from.part.heap);
}

result<task::key> runtime::spawn_outside(task::header& task, task::spawn_options options) {
  sched::foreign_share& from = engine_.owners[task::owner_of(task)]->foreign();
  task::key made;
  {
    const hold lock(from.lock);
    if (from.part.whose.closed()) return std::unexpected(error{ESHUTDOWN, "spawn"});
    options.home = static_cast<std::uint16_t>(shard_here().id());
    made = task::spawn(task, options.id != 0 ? options.id : from.ids.take(engine_.ids), options);
    from.part.tasks.spawned.add();
  }
  engine_.inject(task);
  return made;
}

bool runtime::is_finished(task::key which) {
  using state = task::basic_state<real_policy>;
  const auto word = which.task->state.load();
  return !state::is_live(word) || state::generation_of(word) != which.generation || state::is_complete(word);
}

task::task_id runtime::id_of(task::key which) {
  task::sighting seen;
  return task::look_at(*which.task, seen) && seen.which == which ? seen.id : 0;
}

// ---- where am I

runtime::place runtime::here() {
  const sched::host_entry inside;  // the core stays this thread's until it is read
  const sched::thread* const on = sched::this_thread;
  if (on == nullptr) return {};
  return {.ours = true,
          .worker = on->held != nullptr ? static_cast<std::int32_t>(on->held->index) : -1,
          .blocking = on->kind == sched::thread_kind::blocking,
          .owner = on->inside_now().owner};
}

shard::shard& runtime::shard_here() {
  if (sched::core* const on = engine_.here()) return on->home;
  // Of an active core: what retired ones left becomes less, and a core that never got a thread has nothing. The number
  // is acquired: it publishes the shards below it.
  const std::uint32_t workers = engine_.idle.workers(acquire);
  return *engine_.shards[workers == 1 ? 0 : parts_->next_shard.fetch_add(1, relaxed) % workers];
}

// ---- time and jobs

void runtime::arm(time::timer_queue::entry& entry, instant_ns deadline, task::key waiter) {
  shard::shard& on = shard_here();
  on.arm(entry, deadline, waiter, engine_.here() != nullptr);
}

result<void> runtime::submit(blocking::job& job) { return parts_->jobs.submit(job); }
bool runtime::cancel(blocking::job& job) { return parts_->jobs.cancel(job); }
void runtime::drop_jobs_of(const void* of) {
  parts_->jobs.drop_jobs_of(of);
  if (uring::ring* const ring = engine_.files.peek()) ring->cancel_of(of);
}

namespace {

// A call for the control plane, as the body of a task of owner 0.
struct call_body {
  std::function<void()> call;
};

task::poll_result run_call(task::header& task, task::context&) noexcept {
  static_cast<call_body*>(task::body_of(task))->call();
  return task::poll_result::ready;
}
void drop_call(task::header& task) noexcept { static_cast<call_body*>(task::body_of(task))->~call_body(); }

constexpr task::body_ops call_ops{run_call, drop_call};

}  // namespace

result<void> runtime::run_on_worker(std::function<void()> call) {
  const auto made = allocate(engine_.system(), call_ops, nullptr, sizeof(call_body));
  if (!made) return std::unexpected(made.error());
  new (task::body_of(**made)) call_body{std::move(call)};
  const auto started = spawn(**made, {.kind = {.system = true}}, false);
  if (started) return {};
  drop_call(**made);
  discard(**made);
  return std::unexpected(started.error());
}

// ---- threads

result<void> runtime::rotate_threads(instant_ns deadline) {
  if (!parts_->has_threads()) return std::unexpected(error{ENOTSUP, "rotate_threads"});
  const std::function<bool()> nobody_gives_up;
  const auto one_at_a_time = parts_->take_turn({deadline, parts_->stopping, nobody_gives_up});
  if (parts_->stopping.load(acquire)) return std::unexpected(error{ESHUTDOWN, "rotate_threads"});
  if (!one_at_a_time.owns_lock()) return std::unexpected(error{ETIMEDOUT, "rotate_threads"});
  const auto workers = parts_->rotate_threads(deadline);
  const bool jobs = parts_->jobs.rotate(deadline);
  if (!workers) return workers;
  if (!jobs) return std::unexpected(error{ETIMEDOUT, "pthread_join"});
  return {};
}

outcome<void> runtime::resize(std::uint32_t workers, instant_ns deadline, const std::function<bool()>& given_up,
                              worker_change* made) {
  if (auto fits = sched::engine::check_workers(workers); !fits) return fits;
  if (parts_->workers == nullptr)
    return refuse(kind::unsupported, "the flavor current_thread has exactly one worker, which cannot be changed");
  const sched::multi_thread::end_of_patience until{deadline, parts_->stopping, given_up};
  const auto one_at_a_time = parts_->take_turn(until);
  if (stopping()) return refuse(kind::wrong_state, "the runtime stops, so its workers cannot be changed");
  if (!one_at_a_time.owns_lock())
    return refuse(kind::timeout,
                  "another change of the workers or their threads is under way; workers that run: ", engine_.active());
  const std::uint32_t before = engine_.active();
  auto done = parts_->workers->resize(workers, until);
  if (made != nullptr) *made = {before, engine_.active(), engine_.retiring()};
  return done;
}

outcome<runtime::pinned> runtime::pin(std::uint32_t worker, const std::optional<cpu_list>& cpus) {
  if (parts_->workers == nullptr)
    return refuse(kind::unsupported, "CPUs are chosen for workers of the multi_thread flavor only");
  const auto done = parts_->workers->pin(worker, cpus);
  if (!done) return std::unexpected(done.error());
  return pinned{done->before, done->after};
}

outcome<void> runtime::pause_until(instant_ns until) {
  if (!parts_->has_threads()) return refuse(kind::unsupported, "whoever drives this runtime may stop driving it");
  engine_.pause_until(until);
  if (!stopping()) return {};
  resume();  // stop() may have looked before
  return refuse(kind::wrong_state, "the runtime stops, so it cannot be paused");
}

std::vector<thread_view> runtime::threads() const {
  std::vector<thread_view> all;
  engine_.for_each_thread(
      [&](const sched::thread& one) { all.push_back({one.kind, one.os_id.load(relaxed), one.inside_now()}); });
  return all;
}

std::size_t runtime::threads_inside(const void* code) const {
  std::size_t count = 0;
  engine_.for_each_thread([&](const sched::thread& one) { count += one.inside_now().code == code ? 1 : 0; });
  return count;
}

// ---- the end

namespace {
// So that a deadline that is moved nearer is seen.
instant_ns moment() { return steady_clock().now() + millisecond; }
}  // namespace

bool runtime::stopping() const { return parts_->stopping.load(acquire); }

stop_result runtime::stop(instant_ns deadline) {
  parts& own = *parts_;
  own.stopping.store(true, release);
  resume();
  // A worker that is merely asleep needs a moment to wake up and leave, also when the deadline has passed.
  own.stop_by.bring_nearer(std::max(deadline, steady_clock().now() + 100 * millisecond));
  const hold one_at_a_time(own.changes);
  if (own.stopped) return *own.stopped;
  const bool clean = sched::stop(engine_, hooks(), own.stop_by);
  own.stopped = clean ? stop_result::drained : stop_result::abandoned;
  return *own.stopped;
}

bool runtime::end_files(parts& own, const sched::moving_deadline& deadline) {
  uring::ring* const ring = own.engine->files.peek();
  if (ring == nullptr) return true;
  while (!ring->try_stop(std::min(moment(), deadline.at())))
    if (deadline.passed()) return false;
  return true;
}

sched::stop_hooks runtime::hooks() {
  parts& own = *parts_;
  sched::stop_hooks with;
  with.stop_blocking = [&own](const sched::moving_deadline& deadline) {
    // The ring first: what it gives back goes to the pool.
    const bool files = end_files(own, deadline);
    while (!own.jobs.try_stop(std::min(moment(), deadline.at())))
      if (deadline.passed()) return own.jobs.stop(0) && files;
    return files;
  };
  if (own.has_threads()) {
    with.let_workers_run = [] { std::this_thread::sleep_for(std::chrono::microseconds(200)); };
    with.leave = [&own](const sched::moving_deadline& deadline) { return own.stop_threads(deadline); };
  } else {
    with.let_workers_run = [&own] {
      int polls = 0;
      own.single.run_until([&] { return ++polls > 1000 || !own.engine->work_visible(); }, never, nullptr);
    };
    with.leave = [](const sched::moving_deadline&) { return true; };
  }
  return with;
}

bool runtime::run_until(const std::function<bool()>& done, instant_ns deadline,
                        const sched::current_thread::idle_hook& idle) {
  TOKIOD_ASSERT(!parts_->has_threads());
  return parts_->single.run_until(done, deadline, hooked(idle));
}

sched::current_thread::idle_hook runtime::hooked(const sched::current_thread::idle_hook& idle) {
  if (!idle) return nullptr;
  return [this, &idle](instant_ns next) {
    const blocking::pool_counts jobs = parts_->jobs.counts();
    const uring::ring* const ring = engine_.files.peek();
    if (ring != nullptr && ring->in_flight() != 0) return false;
    // A job that has ended may have made a task runnable since the driver looked.
    return jobs.queued == 0 && jobs.ran == jobs.finished && !parts_->engine->work_visible() && idle(next);
  };
}

// ---- block_on

namespace {

// Without a scheduler to drive: poll, and sleep until somebody rings.
bool poll_here(sched::root& of, const sched::root_poll& poll, const std::function<bool()>& over) {
  while (!over()) {
    if (!of.wait()) continue;
    if (of.poll(poll)) return true;
    if (of.yielded()) std::this_thread::yield();
  }
  return false;
}

}  // namespace

result<bool> runtime::block_on(const sched::root_poll& poll, bool drive, const std::function<bool()>& over,
                               const sched::current_thread::idle_hook& idle) {
  parts& own = *parts_;
  {
    const hold one_at_a_time(own.roots_mutex);
    if (own.roots == nullptr) {
      const auto added = engine_.add_owner("block_on", memory::no_limit, &own.door);
      if (!added) return std::unexpected(error{ENOMEM, "block_on"});
      own.roots = *added;
    }
  }
  const bool drives = drive && engine_.with.kind == flavor::current_thread && !own.has_threads();
  bool ready = false;
  const auto ran = sched::root::run_with(engine_, *own.roots, [&](sched::root& of) {
    ready = drives ? own.desk.block_on(of, poll, hooked(idle), over) : poll_here(of, poll, over);
  });
  if (!ran) return std::unexpected(ran.error());
  return ready;
}

bool runtime::take_desk(bool wait) {
  if (!wait) return parts_->desk.try_sit();
  parts_->desk.sit();
  return true;
}
void runtime::give_desk() { parts_->desk.stand(); }

void runtime::nudge() { parts_->desk.nudge(); }

outcome<void> runtime::follow(const runtime_options& with) {
  if (auto fits = sched::engine::check_intervals(with); !fits) return fits;
  engine_.live.take(with);
  return {};
}

void runtime::limit_blocking(std::uint32_t max_threads, duration_ns keep_alive) {
  parts_->jobs.limit(max_threads, keep_alive);
}

std::vector<blocking::job_view> runtime::jobs(std::size_t most_waiting) const {
  return parts_->jobs.look(most_waiting);
}

blocking::pool_counts runtime::job_counts() const { return parts_->jobs.counts(); }
blocking::pool_times runtime::job_times() const { return parts_->jobs.times(); }

}  // namespace tokiod
