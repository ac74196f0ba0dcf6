#include "runtime/sched/core.hpp"

#include "runtime/sched/engine.hpp"
#include "runtime/sched/stamp.hpp"
#include "runtime/task/handles.hpp"
#include "runtime/task/poll.hpp"

namespace tokiod::sched {

namespace {
constexpr std::uint32_t first_injector_interval = 61;  // until poll times are known; then see worker::tune()
constexpr duration_ns assumed_poll = 100;
constexpr duration_ns quota_charged_every = 50 * microsecond;  // what a limited owner may use unseen on each core
}  // namespace

core::core(engine& of, std::uint32_t number, shard::shard& shard, std::uint64_t seed)
    : all(of),
      door(of.door()),
      index(number),
      home(shard),
      lifo_open(of.with.lifo_slot),
      until_maintenance(of.live.event_interval.load(relaxed)),
      until_injector(of.injector_interval().value_or(first_injector_interval)),
      wake_backlog(of.with.kind == flavor::current_thread ? no_backlog : 1),
      random(seed),
      injector_interval(until_injector),
      maintenance_interval(until_maintenance) {}

instant_ns core::queue_time(instant_ns steady) const noexcept {
  return all.with.time == nullptr ? steady : work.polls.read() * assumed_poll;
}

core::~core() {
  for (auto& one : shares) delete one.load(relaxed);  // the engine ends alone
}

void core::spill(task_chain tasks) noexcept { send_away(tasks, all.with.in_depth); }

void core::send_away(task_chain tasks, bool newest_first) noexcept {
  work.overflows.add();
  if (all.with.kind == flavor::current_thread) {  // all of it is older than what stands there
    queue::append(tasks, std::exchange(later, {}));
    later = tasks;
    later_length.store(later.count, relaxed);
    return;
  }
  // Injectors are closed only when no worker runs any more.
  const bool open =
      newest_first ? home.injector.spill(tasks) : home.injector.push_chain(tasks, queue::brought_by::core);
  TOKIOD_ASSERT(open);
  learn_of_more(true);
}

void core::put_behind(task::header& task) noexcept {
  queue::append(later, task);
  later_length.store(later.count, relaxed);
}

task::header* core::put_behind(task_chain tasks) noexcept {
  task::header* const first = queue::cut(tasks, 1).first;
  queue::append(later, tasks);
  later_length.store(later.count, relaxed);
  return first;
}

task_chain core::take_behind() noexcept {
  const task_chain taken = queue::cut(later, real_policy::ring_capacity / 2);
  later_length.store(later.count, relaxed);
  return taken;
}

void core::give_order(std::uint32_t order) {
  tenure.order(order);
  all.gate.look_again();
  home.wake();
}

void core::notify() noexcept {
  if (all.notify(index)) work.unparks_sent.add();
}

instant_ns core::charge_to(share* next) noexcept {
  const instant_ns now = steady_clock().now();
  const instant_ns quota_now = all.with.time == nullptr ? now : all.time.now();
  if (charged != nullptr) {
    charged->tasks.poll_ns.add(now - charged_since);
    if (charged->limit != nullptr) charged->limit->spend(quota_since, quota_now);
  }
  charged = next;
  charged_since = now;
  quota_since = quota_now;
  return now;
}

// What was told to end does not wait. Time is charged now and then also while nobody else is polled.
bool core::keep(task::header& task, share& of) noexcept {
  const instant_ns now = all.time.now();
  if (now - quota_since >= quota_charged_every) (void)charge_to(&of);
  if (!of.limit->over() || (task.state.load() & task::basic_state<real_policy>::cancelled) != 0) return false;
  const cpu_quota::kept kept = of.limit->keep(task, now);
  if (kept == cpu_quota::kept::first) task::wake(of.limit->keeper(), *this);
  return kept != cpu_quota::kept::no;
}

void core::stamp(task::header& task, bool again) noexcept {
  if (until_stamp == 0) {
    publish_schedules();
    until_stamp = published = all.with.track_waits || is_traced() ? 1 : 1 + random.below(2 * sampled_one_in - 1);
  }
  if (is_traced()) trace({trace_kind::wake, steady_clock().now(), 0, task.id.load(relaxed)});
  task.kind.again = again;
  task::stamp(task, stamp_at(all.time.now()));
}

void core::waited(std::uint32_t since, share& of) noexcept {
  const duration_ns lasted = time_since(since, all.time.now());
  if (all.with.track_waits) last_wait = lasted;
  work.schedule_latency_ns.record(lasted);
  of.schedule_latency_ns.record(lasted);
  this_thread->cx.waited = lasted;
  this_thread->cx.waited_in = work.polls.read();
}

std::optional<core::delay> core::delay_of(task::header& task) noexcept {
  if (running.load(relaxed) != &task) return std::nullopt;
  task.kind.timed = true;
  const task::context& cx = this_thread->cx;
  if (cx.waited_in != work.polls.read()) return std::nullopt;
  return delay{cx.waited, task.kind.again};
}

void core::end_batch() noexcept {
  in_batch = false;
  lifo_open = all.with.lifo_slot;
}

task_chain core::drain() {
  task_chain everything = ring.drain();
  queue::append(everything, std::exchange(later, {}));
  later_length.store(0, relaxed);
  task::header* const front = lifo.load(relaxed);
  if (front == nullptr) return everything;
  lifo.store(nullptr, relaxed);
  front->next.set(everything.first);
  return {front, everything.last != nullptr ? everything.last : front, everything.count + 1};
}

void core::flush_heaps() {
  for (auto& one : shares)
    if (share* const part = one.load(relaxed)) part->heap.flush();
}

// The core meets the owner for the first time. The owner is in its place: it has a task here.
share& core::new_share(memory::owner_id id) noexcept {
  auto* fresh = new share(*all.owners[id]);
  shares[id].store(fresh, release);  // pairs with peek_share(): the counters are there
  return *fresh;
}

}  // namespace tokiod::sched
