#include "runtime/sched/worker.hpp"

#include <algorithm>

#include "runtime/sched/stamp.hpp"

namespace tokiod::sched {

namespace {

using enum queue::pop_order;

// So often some of what was spilled first are taken: where the queue runs dry now and then, and where it does not.
constexpr duration_ns oldest_taken_every = 4 * millisecond;
constexpr duration_ns oldest_taken_unless_dry = millisecond;
constexpr std::uint32_t injected_at_once = real_policy::ring_capacity / 2;
// What a claim may hide from thieves, and how long events and injected tasks wait behind a queue: estimates from the
// mean poll, so that long polls make all three short.
constexpr duration_ns hidden_for = 50 * microsecond;
constexpr duration_ns looked_for_every = 200 * microsecond;
constexpr duration_ns looked_for_at_most_every = 10 * microsecond;
constexpr duration_ns shared_after = millisecond;  // as the monitor, who covers what a queue's owner does not see

std::uint32_t polls_in(duration_ns span, duration_ns mean, std::uint32_t least, std::uint32_t most) {
  return static_cast<std::uint32_t>(std::clamp<duration_ns>(span / std::max<duration_ns>(mean, 1), least, most));
}

}  // namespace

void worker::loop() {
  bool held = holds();
  while (held && !ordered()) {
    tick();
    task::header* task = next();
    if (task == nullptr) [[unlikely]]
      task = search();
    if (task != nullptr) [[likely]] {
      held = poll(*task);
    } else {
      park();
      held = holds();
    }
  }
  if (held && core_.searching) found_while_searching();  // whoever relied on this search must not wait for it
}

// For the histogram: one poll in thirty-two on average, at random, so that no pattern of tasks hides from it.
// Of a core that is traced each one is timed, and one in thirty-two counted still.
bool worker::timed_poll(task::header& task) {
  if (core_.is_traced()) [[unlikely]]
    return traced_poll(task);
  core_.until_sample = 1 + core_.random.below(2 * sampled_one_in - 1);
  const instant_ns before = steady_now();
  if (!task::run(task, thread_.cx, core_)) return false;
  core_.running.store(nullptr, relaxed);
  const duration_ns lasted = steady_now() - before;
  core_.work.poll_time_ns.record(lasted);
  mind_long_poll(lasted);
  return true;
}

// What was learnt of short polls keeps others from helping, and is looked at again after so many of them.
void worker::mind_long_poll(duration_ns lasted) {
  if (lasted >= looked_for_every && all_.with.time == nullptr) core_.until_maintenance = 1;
}

bool worker::traced_poll(task::header& task) {
  core_.until_sample = 1;
  const task::task_id id = task.id.load(relaxed);
  const instant_ns before = steady_now();
  if (!task::run(task, thread_.cx, core_)) return false;  // who took the core has written that down
  core_.running.store(nullptr, relaxed);
  const duration_ns lasted = steady_now() - before;
  core_.trace({trace_kind::poll, before, lasted, id});
  if (core_.random.below(sampled_one_in) == 0) core_.work.poll_time_ns.record(lasted);
  mind_long_poll(lasted);
  return true;
}

// Behind a queue that never runs dry tasks from outside must not wait for ever: they get a fair part of its room. Nor
// must what was spilled, see mind_spilled(); it may push others of the queue out, who come back from outside.
task::header* worker::next_injected() {
  core_.until_injector = core_.injector_interval;
  if (take_turn_of_oldest()) return take_own_injected(injected_at_once, overdue);
  const std::uint32_t room = real_policy::ring_capacity - core_.ring.length();
  task::header* const first = take_own_injected(std::clamp(room / 2, 1u, injected_at_once), outside);
  if (first != nullptr && !all_.injector_interval()) look_again_after_turn();
  return first;
}

// Where more waits in the injector than was taken, the next look is when as many were polled as wait here now, and
// never before one of them was.
void worker::look_again_after_turn() {
  if (core_.home.injector.length() == 0) return;
  const std::uint32_t front = core_.lifo.load(relaxed) != nullptr ? 1 : 0;
  const std::uint32_t here = core_.ring.length() + core_.ring.claimed() + front;
  core_.until_injector = std::clamp(here + 1, 2u, core_.injector_interval);
}

// Never twice in a row: between them it is the turn of those from outside.
bool worker::take_turn_of_oldest() {
  core_.oldest_was_due = !core_.oldest_was_due && std::exchange(core_.oldest_is_due, false);
  if (core_.oldest_was_due) core_.oldest_taken_at = core_.queue_time(core_.maintained_at);
  return core_.oldest_was_due;
}

// The oldest of what was spilled is mostly the beginning of a tree, and each that begins leaves behind what it spawns.
// So while the queue runs dry now and then, and goes on with the newest, it is seldom the turn of the oldest.
void worker::mind_spilled(instant_ns steady) {
  const instant_ns now = core_.queue_time(steady);
  if (std::exchange(core_.ran_dry, false)) core_.dry_at = now;
  core_.oldest_is_due = now - std::max(core_.dry_at, core_.oldest_taken_at) >= oldest_taken_unless_dry ||
                        now - core_.oldest_taken_at >= oldest_taken_every;
}

// ---- looking for work elsewhere

task::header* worker::search() {
  core_.ran_dry = true;
  if (core_.later.count != 0) return adopt(core_.take_behind());
  if (task::header* task = take_own_injected(injected_at_once, take_turn_of_oldest() ? overdue : newest))
    return stop_searching(task);
  core_.has_run_out = true;
  if (all_.shards.size() == 1) return nullptr;
  if (!core_.searching) core_.searching = all_.idle.begin_search();
  if (!core_.searching) return nullptr;  // enough of them search; park() looks once more
  task::header* task = take_from_others(false);
  if (task == nullptr && std::exchange(core_.was_sent, false)) task = take_from_others(true);
  if (task == nullptr) task = turn_late_shards();
  if (task == nullptr) task = take_from_stuck();
  return stop_searching(task);
}

task::header* worker::stop_searching(task::header* found) {
  if (found != nullptr && core_.searching) found_while_searching();
  return found;
}

// Submitters that saw us searching woke nobody. The last one to leave makes up for it.
void worker::found_while_searching() {
  core_.searching = core_.was_sent = false;
  if (all_.idle.leave_search() && all_.work_to_share()) core_.notify();
}

// The first is returned, the others are queued here: a fair part of what waits, so that the other workers find
// something too.
task::header* worker::take_injected(shard::shard& from, std::uint32_t limit, queue::pop_order first) {
  const std::uint32_t waiting = from.injector.length();
  if (waiting == 0) {
    if (&from == &core_.home) core_.learn_of_more(false);
    return nullptr;
  }
  const task_chain taken = from.injector.pop(std::min(limit, waiting / all_.active() + 1), first);
  if (taken.count == 0) return nullptr;
  core_.work.injected_taken.add(taken.count);
  if (&from == &core_.home) core_.learn_of_more(from.injector.length() != 0);
  return core_.later.count != 0 ? core_.put_behind(taken) : adopt(taken);
}

// Of all shards that are ours to serve, beginning with another one each time; what is overdue is mostly our own.
task::header* worker::take_own_injected(std::uint32_t limit, queue::pop_order first) {
  if (core_.adopted.empty()) [[likely]]
    return take_injected(core_.home, limit, first);
  const std::size_t shards = core_.adopted.size() + 1;
  for (std::size_t i = 0; i < shards; ++i) {
    const std::size_t at = first == overdue ? i : core_.injector_turn++ % shards;
    if (task::header* task = take_injected(at == 0 ? core_.home : *core_.adopted[at - 1], limit, first)) return task;
  }
  return nullptr;
}

// The first, which is to run now; the others stand behind what is queued here, in order.
task::header* worker::adopt(const task_chain& tasks) {
  for (task::header* task = tasks.first->next.get(); task != nullptr;) {
    task::header* const rest = task->next.get();
    core_.ring.push(task, core_);
    task = rest;
  }
  return tasks.first;
}

// What is no work for two is for those alone whom somebody has sent, see core::offers(), and only if there is no other.
task::header* worker::take_from_others(bool everything) {
  task::header* const task = steal(everything);
  return task != nullptr ? task : take_foreign_injected(everything);
}

task::header* worker::steal(bool everything) {
  const std::uint32_t cores = all_.cores.size();
  const std::uint32_t start = core_.random.below(cores);
  for (std::uint32_t i = 0; i < cores; ++i) {
    core& victim = *all_.cores[(start + i) % cores];
    if (&victim == &core_ || !(everything || victim.offers(victim.ring.length()))) continue;
    const std::uint32_t before = core_.ring.length();
    if (task::header* task = core_.ring.steal_from(victim.ring)) {
      core_.work.steals.add();
      const std::uint64_t stolen = 1 + core_.ring.length() - before;
      core_.work.stolen_tasks.add(stolen);
      if (core_.is_traced()) core_.trace({trace_kind::steal, steady_now(), 0, stolen});
      return task;
    }
  }
  if (!everything) core_.work.steal_misses.add();  // once for each search
  return nullptr;
}

task::header* worker::take_foreign_injected(bool everything) {
  const std::uint32_t shards = all_.shards.size();
  const std::uint32_t start = core_.random.below(shards);
  for (std::uint32_t i = 0; i < shards; ++i) {
    shard::shard& one = *all_.shards[(start + i) % shards];
    if (!(everything || all_.shares_injected(one))) continue;
    if (task::header* task = take_injected(one, injected_at_once, oldest)) return task;
  }
  return nullptr;
}

// A worker in a long poll looks neither at its sockets nor at its timers; we do it, and run here what they wake. One
// that sleeps is woken by all of them.
task::header* worker::turn_late_shards() {
  const instant_ns now = steady_now();
  for (auto& other : all_.shards)
    if (other->owner() != core_.index && !all_.idle.parked(other->owner()) && other->right.is_late(now) && turn(*other))
      if (task::header* task = core_.next_local(thread_.budget)) return task;
  return nullptr;
}

// The LIFO slot and the claimed batch of a core whose poll does not end, see monitor.hpp.
task::header* worker::take_from_stuck() {
  for (auto& other : all_.cores) {
    if (other.get() == &core_ || !other->hides_work()) continue;
    task_chain taken;
    all_.try_with_core(*other, [&] { taken = other->drain(); });
    if (taken.count == 0) continue;
    core_.work.stolen_tasks.add(taken.count);
    return adopt(taken);
  }
  return nullptr;
}

// ---- sockets and timers

// So many that what they wake does not push others out of the queue, who would then run after those that wait in the
// kernel still: there they keep their order for nothing. Some always, or a full queue would keep its core from them.
std::size_t worker::room_for_events() const {
  constexpr std::uint32_t least = real_policy::ring_capacity / 8;
  return std::max(least, real_policy::ring_capacity - core_.ring.length());
}

// False: somebody else turns it now. What it wakes stands in our queue; one decision about waking others for it.
bool worker::turn(shard::shard& which) {
  if (!which.right.try_take()) return false;
  core_.begin_batch();
  const auto wake = [&](task::key waiter) { task::wake(waiter, core_); };
  const bool ours = which.owner() == core_.index;
  const std::size_t most = room_for_events();
  const io::turn_report report = ours ? which.turn(wake, most) : which.turn_for_owner(wake, most);
  if (report.adopted) all_.files.reap();  // in the batch, too
  if (&which == &core_.home) turn_adopted(report.adopted);
  core_.end_batch();
  thread_.cx.now = all_.time.now();  // not before the timers that just fired
  which.right.give_back(steady_now());
  return true;
}

// In a batch. `told`: the home's reactor says that one of theirs has events, but not whose.
void worker::turn_adopted(bool told) {
  const auto wake = [&](task::key waiter) { task::wake(waiter, core_); };
  for (shard::shard* const one : core_.adopted) {
    if (!told && !one->has_due_timers()) continue;
    if (!one->right.try_take()) continue;  // a searcher turns it, and wakes us again if a wake-up was among its events
    if (told) one->reactor->turn(0, wake);
    one->fire_timers(wake);
    one->right.give_back(steady_now());
  }
}

instant_ns worker::adopted_deadline() const {
  instant_ns next = never;
  for (const shard::shard* const one : core_.adopted) next = std::min(next, one->timers.next_deadline());
  return next;
}

void worker::look() { (void)turn(core_.home); }

// Polls of a few nanoseconds come round in a microsecond, and a look at the kernel costs a tenth of that: not so often.
// With a clock that others move there is no such shortcut, so that virtual time stays a function of the polls.
void worker::maintain() {
  core_.until_maintenance = core_.maintenance_interval;
  const instant_ns now = core_.charge_to(core_.charged);
  core_.count_busy_until(now);
  core_.publish_schedules();
  mind_spilled(now);
  if (all_.with.time != nullptr || now - core_.home.right.last_turn() >= looked_for_at_most_every) look();
  tune(now);
  share_what_lasts(now);
}

// What is too little to be worth a wake-up, or too short, is worth it when it does not end: a core that has not run out
// of tasks for so long has no burst, and the helper stays for as long as it finds some. But not a few tasks whose polls
// take hardly longer than to move them: they mostly wait for each other, and two workers then wait, too.
void worker::share_what_lasts(instant_ns now) {
  const std::uint32_t waiting = core_.ring.length();
  if (core_.ran_out() || (waiting == 0 && !core_.more_outside)) core_.crowded_since = now;
  if (all_.single()) {
    core_.wake_backlog = core::no_backlog;
    return;
  }
  const bool wanted = !core_.helped.is_unwanted(now);
  const duration_ns poll = core_.helped.price_of_poll(core_.mean_poll.load(relaxed), now);
  const bool worth_it = waiting >= real_policy::steal_max || poll > 2 * wake_price::move;
  const bool lasts = wanted && worth_it && now - core_.crowded_since >= shared_after;
  core_.wake_backlog = wanted ? all_.price.backlog(poll) : core::no_backlog;
  core_.thief_backlog.store(lasts ? 1 : wanted ? wake_price::for_thief(poll) : core::no_backlog, relaxed);
  if (!lasts)
    core_.notify_before_next();
  else if (core_.behind_next() != 0 && core_.worth_a_look())
    core_.notify();
}

// A stretch counts as alone if the others slept at both ends, and we woke nobody between them; who was woken by others
// and sleeps again has hardly been there.
void worker::learn_of_help(duration_ns one, duration_ns whole, instant_ns now) {
  const std::uint32_t awake = all_.idle.awake();
  const std::uint64_t sent = core_.work.unparks_sent.read();
  const bool alone = awake <= 1, was_alone = std::exchange(core_.was_alone, alone);
  const bool nobody_sent = std::exchange(core_.sent_then, sent) == sent;
  if (!alone && !was_alone)
    core_.helped.learn_helped(one, whole, awake, now, [&] { return all_.polls(); });
  else if (alone && was_alone && nobody_sent)
    core_.helped.learn_alone(one, now);
  else
    core_.helped.forget_stretch();
}

// What a mean poll takes decides how often to look at injector and events, and how many tasks to claim at once.
void worker::tune(instant_ns now) {
  const std::uint64_t polls = core_.work.polls.read();
  if (polls != core_.polls_then && core_.maintained_at != 0) {
    // With a clock that others move a poll takes what is assumed of it: all that follows is then a function of the
    // polls.
    const duration_ns one = all_.with.time == nullptr ? (now - core_.maintained_at) / (polls - core_.polls_then)
                                                      : core_.queue_time(now) / polls;
    const duration_ns mean = (7 * core_.mean_poll.load(relaxed) + one) / 8;
    learn_of_help(one, one * (polls - core_.polls_then), now);
    core_.mean_poll.store(mean, relaxed);  // for observers
    core_.claim_limit = polls_in(hidden_for, mean, 1, real_policy::claim_max);
    core_.maintenance_interval = polls_in(looked_for_every, mean, 1, all_.live.event_interval.load(relaxed));
    core_.injector_interval = all_.injector_interval().value_or(polls_in(looked_for_every, mean, 2, 127));
    core_.until_injector = std::min(core_.until_injector, core_.injector_interval);
  }
  core_.polls_then = polls;
  core_.maintained_at = now;
}

}  // namespace tokiod::sched
