#include "runtime/sched/engine.hpp"

#include <sys/timerfd.h>

#include <algorithm>
#include <ctime>

#include "base/assert.hpp"
#include "base/os_thread.hpp"
#include "runtime/sched/stamp.hpp"
#include "runtime/task/handles.hpp"
#include "runtime/task/poll.hpp"

namespace tokiod::sched {

[[gnu::tls_model("initial-exec")]] constinit thread_local thread* this_thread = nullptr;

namespace {

constexpr std::uint64_t worth_giving_back = 1 << 20;      // bytes of one owner; what is less is not worth a walk
constexpr duration_ns begins_within = 100 * millisecond;  // else at its next sampled poll

std::uint32_t cores_of(const options& with) { return with.kind == flavor::current_thread ? 1 : with.worker_threads; }

options checked(options with) {
  // A current_thread runtime keeps Tokio's order: first in, first out.
  if (with.kind == flavor::current_thread) with.lifo_slot = with.in_depth = false;
  return with;
}

}  // namespace

outcome<void> engine::check_workers(std::uint32_t workers) {
  if (workers != 0 && workers <= max_workers) return {};
  return refuse(kind::out_of_range, "worker_threads must be 1..", max_workers, ", got ", workers);
}

std::vector<std::uint32_t> engine::retiring() const {
  std::vector<std::uint32_t> all;
  for_each_thread([&](const thread& one) {
    if (one.stuck_in.load(acquire) == nullptr) return;  // pairs with take_from_holder()
    const std::uint32_t from = one.stuck_from.load(relaxed);
    if (from >= active() && std::ranges::find(all, from) == all.end()) all.push_back(from);
  });
  return all;
}

outcome<void> engine::check_intervals(const options& with) {
  if (with.event_interval != 0) return {};
  return refuse(kind::out_of_range, "event_interval must be at least 1, got 0");
}

outcome<std::unique_ptr<engine>> engine::create(const options& with) {
  if (auto fits = check_workers(with.worker_threads); !fits) return std::unexpected(fits.error());
  if (auto fits = check_intervals(with); !fits) return std::unexpected(fits.error());
  if (with.io_events_per_turn == 0) return refuse(kind::out_of_range, "io_events_per_turn must be at least 1, got 0");
  if (!prepare_heavy_barrier())
    return refuse(kind::unsupported, "membarrier(2) is not available here (", error::last("membarrier").text(),
                  "): the runtime needs it to take tasks from a stuck worker");
  std::shared_ptr<memory::arena> memory = with.memory;
  if (memory == nullptr) {
    auto own = memory::arena::create();
    if (!own) return refuse(kind::io_error, "cannot reserve memory for tasks: ", own.error().text());
    memory = std::move(*own);
  }
  std::unique_ptr<engine> made(new engine(checked(with), std::move(memory)));
  if (auto built = made->build(); !built)
    return refuse(kind::io_error, "cannot start a runtime with ", cores_of(with), " workers: ", built.error().text());
  return made;
}

engine::engine(options given, std::shared_ptr<memory::arena> from)
    : with(std::move(given)),
      time(with.time != nullptr ? *with.time : system_clock()),
      memory(std::move(from)),
      idle(cores_of(with)),
      files(with.file_ring),
      seed_(with.seed != 0 ? with.seed : steady_clock().now()) {}

result<void> engine::build() {
  watch_timer.reset(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
  if (!watch_timer) return std::unexpected(error::last("timerfd_create"));
  while (cores.size() < active())
    if (auto added = add_core(); !added) return added;
  owners[0] = std::make_unique<owner>(*memory, memory::owner_id{0}, "runtime", memory::no_limit, door());
  return {};
}

result<void> engine::add_core() {
  const std::uint32_t index = cores.size();
  auto made = shard::shard::create(index, time, with.time == nullptr, with.io_events_per_turn);
  if (!made) return std::unexpected(made.error());
  auto fresh = std::make_unique<core>(*this, index, **made, seed_ + index);
  const auto locked = lock_cores();
  shards.add(std::move(*made));
  cores.add(std::move(fresh));
  return {};
}

// Whoever has it may be waiting for the core of this thread.
std::unique_lock<real_policy::mutex> engine::lock_cores() {
  std::unique_lock locked(cores_mutex_, std::try_to_lock);
  while (!locked.owns_lock()) {
    pause_outside();
    (void)locked.try_lock();
  }
  return locked;
}

// The cores' shares give back what they hold to the owners, so they go first.
engine::~engine() { cores.clear(); }

// ---- the abstract door

void engine::schedule(task::header& task) noexcept {
  if (core* const on = here()) return on->schedule(task);
  if (memory::slab_of(&task).door != door()) [[unlikely]]
    return task::scheduler_of(task).schedule(task);  // whoever waited for a task of ours
  const visit_of_waker inside(*this);
  count(task, &metrics::task_counters::wakes);
  inject(task);
}

void engine::requeue(task::header& task) noexcept {
  if (core* const on = here()) return on->requeue(task);
  inject(task, true);
}

void engine::resume(task::header& task) noexcept {
  core* const on = here();
  if (on == nullptr) return inject(task);
  on->count_runnable(task, false);
  on->run_later(task);
}

void engine::free(task::header& task) noexcept {
  if (core* const on = here()) return on->free(task);
  foreign_share& from = owners[task::owner_of(task)]->foreign();
  const hold lock(from.lock);
  from.part.tasks.freed.add();
  from.part.heap.free(&task);
}

void engine::count(task::header& task, metrics::counter metrics::task_counters::* what) noexcept {
  if (core* const on = here()) return (on->part_of(task).tasks.*what).add();
  foreign_share& from = owners[task::owner_of(task)]->foreign();
  const hold lock(from.lock);
  (from.part.tasks.*what).add();
}

void engine::came_back(task::header& task) noexcept {
  foreign_share& from = owners[task::owner_of(task)]->foreign();
  const instant_ns begun = this_thread->lost_core_at, now = steady_clock().now();
  const hold lock(from.lock);
  from.part.tasks.poll_ns.add(now - begun);
  // With a clock that others move a poll has taken no time that we know of.
  if (from.part.limit != nullptr && with.time == nullptr) from.part.limit->spend(begun, now);
}

void engine::inject(task::header& task, bool again) noexcept {
  if (task.kind.timed || with.track_waits || is_sampled(remote_schedules.load(relaxed))) {
    task.kind.again = again;
    task::stamp(task, stamp_at(time.now()));
  }
  task.next.set(nullptr);
  inject(task_chain{&task, &task, 1});
}

void engine::inject(task_chain tasks) noexcept {
  if (tasks.count == 0) return;
  shard::shard& to = *shards[tasks.first->home % shards.size()];
  const bool open = to.injector.push_chain(tasks);
  TOKIOD_ASSERT(open);                               // injectors close with the engine, when nothing runs any more
  remote_schedules.fetch_add(tasks.count, relaxed);  // a sum, and the lock of the injector costs more
  notify(to.owner());
  became_active();  // or nobody sees it wait, should the wake-up be lost
}

bool engine::notify(std::uint32_t near) noexcept {
  const std::uint32_t woken = idle.notify(near);
  if (woken == idle.nobody) return false;
  const instant_ns begun = steady_clock().now();
  cores[woken]->woken_at.store(begun, relaxed);
  cores[woken]->home.wake();
  price.sent(steady_clock().now() - begun);
  return true;
}

void engine::unpark_all() noexcept {
  for (auto& one : cores) one->home.wake();
}

std::uint64_t engine::polls() const {
  std::uint64_t sum = 0;
  for (const auto& one : cores) sum += one->work.polls.read();
  return sum;
}

// Injectors first: their lengths are seq_cst, partners of inject(). A local push may be missed here (idle.hpp says who
// covers that).
bool engine::work_visible() const {
  for (const auto& one : shards)
    if (one->injector.length() != 0) return true;
  for (const auto& one : cores)
    if (one->queued() != 0) return true;
  return false;
}

// Injectors first, as above. What a core brought to its own is not lost beside a sleeping worker: that core is awake,
// and looks there before it sleeps.
bool engine::work_to_share() const {
  for (const auto& one : shards)
    if (shares_injected(*one)) return true;
  for (const auto& one : cores)
    if (one->offers(one->queued())) return true;
  return false;
}

// ---- owners

outcome<owner*> engine::add_owner(std::string name, std::uint64_t max_bytes, task::scheduler* to) {
  const hold keep(owners_mutex);
  for (std::uint32_t tried = 1; tried < max_owners; ++tried) {
    // In turn, not the lowest: who saw a task of an owner that is gone since must not take it for the next one's.
    const std::uint32_t id = last_owner % (max_owners - 1) + 1;
    last_owner = id;
    if (owners[id] != nullptr) continue;
    owners[id] = std::make_unique<owner>(*memory, static_cast<memory::owner_id>(id), std::move(name), max_bytes,
                                         to != nullptr ? to : door());
    return owners[id].get();
  }
  return refuse(kind::quota_exceeded, "cannot add ", name, ": there are ", max_owners - 1, " owners already");
}

void engine::close_owner(owner& of) {
  const auto locked = lock_cores();
  of.close();
  // A spawn that read `closed` before we wrote it is inside host code on its core, or holds the foreign lock. After
  // each of them was passed once, every later spawn sees the store.
  (void)pass_all_guards(never);
  {
    const hold lock(of.foreign().lock);
  }
  if (of.limited()) end_quota(of);
}

// What was kept is polled now, and the keeper ends.
void engine::end_quota(owner& of) {
  inject(of.quota->end(time.now()));
  if (const task::key keeper = of.quota->keeper()) task::wake(keeper);
}

void engine::limit_cpu(owner& of, std::uint32_t percent) {
  if (!of.limited()) {
    if (percent == 0) return;
    ask_before_polls(of);
  }
  inject(of.quota->allow(percent, time.now()));
}

void engine::ask_before_polls(owner& of) {
  const auto locked = lock_cores();
  of.set_limited();
  // A core that made its share before we wrote that is passed after it, and later ones have seen it.
  for (auto& one : cores)
    (void)with_core(*one, never, [&] {
      if (share* const part = one->shares[of.id()].load(relaxed)) part->limit = of.quota.get();
    });
  const hold lock(of.foreign().lock);
  of.foreign().part.limit = of.quota.get();
}

bool engine::memory_lies_idle() const {
  bool some = false;
  for_each_owner([&](owner& of) { some = of.heap().newly_idle_bytes() >= worth_giving_back || some; });
  return some;
}

bool engine::memory_is_unwanted() const {
  bool some = false;
  for_each_owner([&](owner& of) { some = of.heap().unwanted_bytes() >= worth_giving_back || some; });
  return some;
}

void engine::give_memory_back() {
  const hold none_is_removed(trim_mutex_);
  for (auto& one : owners) {
    owner* of = nullptr;
    {
      const hold keep(owners_mutex);
      of = one.get();
    }
    if (of != nullptr && of->heap().newly_idle_bytes() >= worth_giving_back) (void)of->heap().trim();
  }
}

owner_totals engine::totals(const owner& of) const {
  owner_totals sum;
  const auto add = [&sum](const share& part) { sum.tasks += part.tasks.read(); };
  for (const auto& one : cores)
    if (const share* part = one->peek_share(of.id())) add(*part);
  add(of.foreign().part);
  // What began is read after what ended, so that the difference is never too small.
  sum.tasks.spawned = sum.allocated = 0;
  const auto begin = [&sum](const share& part) {
    sum.tasks.spawned += part.tasks.spawned.read();
    sum.allocated += part.allocated.read();
  };
  for (const auto& one : cores)
    if (const share* part = one->peek_share(of.id())) begin(*part);
  begin(of.foreign().part);
  return sum;
}

metrics::distribution engine::schedule_latency(const owner& of) const {
  metrics::octave_sum all;
  all.add(of.foreign().part.schedule_latency_ns);
  for (const auto& one : cores)
    if (const share* part = one->peek_share(of.id())) all.add(part->schedule_latency_ns);
  return all.spread();
}

void engine::count_slow_poll(memory::owner_id id) {
  const hold keep(owners_mutex);  // it may have been removed meanwhile
  if (id < max_owners && owners[id] != nullptr) owners[id]->slow_polls.add();
}

outcome<void> engine::remove_owner(owner& gone) {
  TOKIOD_ASSERT(gone.closed());
  (void)pass_all_guards(never);  // a worker counts a task as ended before it gives back the slot
  const hold nobody_trims(trim_mutex_);
  const hold keep(owners_mutex);
  const owner_totals left = totals(gone);
  if (left.outstanding() != 0)
    return refuse(kind::in_use, gone.name(), " still holds ", left.outstanding(), " task slots, ", left.tasks.live(),
                  " of them of live tasks");
  for (auto& one : cores)
    with_core(*one, never, [&] {
      const share* const part = one->shares[gone.id()].exchange(nullptr, relaxed);
      if (one->charged == part) one->charged = nullptr;
      delete part;
    });
  owners[gone.id()].reset();
  return {};
}

// The cores first: a thread that loses its core before that is found without one afterwards; if it loses it later, it
// is outside host code then.
bool engine::pass_all_guards(instant_ns deadline) {
  if (!std::ranges::all_of(cores, [&](auto& one) { return with_core(*one, deadline, [] {}); })) return false;
  while (!pass_coreless()) {
    if (steady_clock().now() >= deadline) return false;
    pause_outside();
  }
  return true;
}

// All at this moment. Nobody else takes the guard of a thread without a core but who has just taken its core: he holds
// the lock of that core's tenure until he is done.
bool engine::pass_coreless() {
  const hold keep(threads_mutex_);
  return std::ranges::all_of(threads_, [this](thread* one) {
    // Acquire pairs with the release at the end of the poll: what followed from it has happened; and with the taker's,
    // who wrote before which core it was.
    if (one == this_thread || one->stuck_in.load(acquire) == nullptr) return true;
    const hold one_taker(cores[one->stuck_from.load(relaxed)]->tenure.lock());
    const bool outside = one->entry.revoke();
    if (outside) one->entry.restore();
    return outside;
  });
}

void engine::watch_every(duration_ns interval) noexcept {
  const timespec span{static_cast<time_t>(interval / second), static_cast<long>(interval % second)};
  const itimerspec periodic{span, span};
  const int set = timerfd_settime(watch_timer.get(), 0, &periodic, nullptr);
  TOKIOD_ASSERT(set == 0);
}

// ---- threads

void engine::enlist(thread& on) {
  on.os_id.store(current_thread_id(), relaxed);
  this_thread = &on;
  const hold keep(threads_mutex_);
  threads_.push_back(&on);
}

void engine::discharge(thread& on) {
  {
    const hold keep(threads_mutex_);
    std::erase(threads_, &on);
  }
  this_thread = nullptr;
}

void engine::take_core(core& of, thread& on) {
  of.tenure.take(on, [&] {
    on.held = &of;
    of.begin_busy(steady_clock().now());
    on.cx.core = &of;
    on.cx.now = time.now();
  });
  became_active();
}

namespace {
// Until somebody takes it, it is nobody's time.
void let_go(core& of, thread& on) {
  of.count_busy_until(of.charge_to(nullptr));
  of.thief_backlog.store(1, relaxed);  // nobody comes round to what is here until somebody holds it
  on.held = nullptr;
}
}  // namespace

bool engine::leave_core(core& of, thread& on) {
  return of.tenure.leave([&] { let_go(of, on); });
}

void engine::give_core(core& of, thread& on) {
  of.tenure.give_up([&] { let_go(of, on); });
}

bool engine::take_from_holder(core& of, std::uint64_t poll) {
  // Its thread stays out of host code until we are done, so what we see here holds.
  const auto still = [&] { return of.running.load(relaxed) != nullptr && of.work.polls.read() == poll; };
  return of.tenure.take_away(this_thread, still, [&](thread& from) {
    from.stuck_from.store(of.index, relaxed);
    from.stuck_since.store(of.poll_since.load(relaxed), relaxed);
    from.stuck_blocks.store(of.blocks(), relaxed);
    from.stuck_in.store(of.running.load(relaxed), release);  // pairs with pass_coreless()
    let_go(of, from);
    from.lost_core_at = of.active_since;
    of.running.store(nullptr, relaxed);
    of.stuck.store(false, relaxed);
    (of.blocks() ? of.work.handed_over : of.work.takeovers).add();
    of.end_blocking();
    of.trace({trace_kind::takeover, steady_clock().now(), 0, from.stuck_in.load(relaxed)->id.load(relaxed)});
  });
}

bool engine::begin_trace(std::size_t events) {
  for (auto& one : cores)
    if (one->is_traced()) return false;
  trace_rings_.resize(std::max<std::size_t>(trace_rings_.size(), cores.size()));
  for (std::size_t i = 0; i < cores.size(); ++i) {
    if (trace_rings_[i] == nullptr) trace_rings_[i] = std::make_unique<trace_ring>(events);
    core& of = *cores[i];
    of.traced.store(trace_rings_[i].get(), release);                 // pairs with core::trace()
    (void)with_core(of, steady_clock().now() + begins_within, [&] {  // from the next poll on
      of.publish_schedules();
      of.until_sample = of.until_stamp = of.published = 1;
    });
  }
  return true;
}

bool engine::stop_trace(instant_ns deadline, std::vector<const trace_ring*>& rings) {
  for (auto& one : cores) one->traced.store(nullptr, relaxed);
  for (const auto& one : trace_rings_) rings.push_back(one.get());
  return pass_all_guards(deadline);  // who wrote has written
}

// A thread that waits for another core must not keep others from its own.
void engine::pause_outside() noexcept {
  thread* const on = this_thread;
  if (on != nullptr) on->entry.leave();
  const timespec moment{0, 20'000};
  nanosleep(&moment, nullptr);
  if (on != nullptr) on->entry.enter();
}

}  // namespace tokiod::sched
