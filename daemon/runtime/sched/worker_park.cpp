// How a worker sleeps, and what it does before: nothing that waits for it may be there then.
#include <algorithm>

#include "runtime/sched/worker.hpp"

namespace tokiod::sched {

namespace {
// A sleep costs whoever ends it more than this, and the sleeper as much.
constexpr duration_ns lingers_for = 5 * microsecond;
}  // namespace

void worker::park(instant_ns limit) {
  if (core_.lingers && linger()) return;
  if (all_.with.on_thread_park && hook_made_work()) return stay_awake();
  core_.work.parks.add();
  core_.work.park_unparks.add();
  core_.publish_schedules();
  if (core_.polls_at_wake == core_.work.polls.read()) core_.work.spurious_unparks.add();
  const instant_ns before = core_.charge_to(nullptr);
  core_.count_busy_until(before);
  all_.idle.announce(core_.index, core_.searching);
  core_.searching = core_.was_sent = false;
  const bool work = reason_to_stay_awake();
  sleep(work ? 0 : limit);
  if (work && !core_.searching) {
    // We saw something, so we look for it whatever the limit on searchers says: it must not send the last one to sleep
    // that knows.
    all_.idle.join_search();
    core_.searching = true;
  }
  core_.begin_busy(steady_now());
  core_.work.park_unparks.add();
  learn_of_wake(before);
  core_.work.parked_ns.add(core_.active_since - before);
  if (core_.is_traced()) core_.trace({trace_kind::park, before, core_.active_since - before, 0});
  if (all_.with.on_thread_unpark) all_.with.on_thread_unpark();
  core_.notify_before_next();
}

// It may have woken a task here, or who waits in block_on on this thread. What comes from other threads is seen later.
bool worker::hook_made_work() {
  const bool rang = core_.root_rang.during(all_.with.on_thread_park);
  return rang || core_.queued() != 0 || core_.lifo.load(relaxed) != nullptr;
}

// A sleep that ends at once, for hooks and counters, too. Sockets and timers must not wait for what the hook made.
void worker::stay_awake() {
  core_.work.parks.add();
  core_.work.park_unparks.add();
  look();
  core_.work.park_unparks.add();
  if (all_.with.on_thread_unpark) all_.with.on_thread_unpark();
}

void worker::learn_of_wake(instant_ns slept_since) {
  const instant_ns sent = core_.woken_at.exchange(0, relaxed);
  if (sent == 0) return;
  if (core_.active_since > sent) all_.price.arrived(core_.active_since - sent);
  core_.lingers = sent < slept_since + lingers_for && all_.with.time == nullptr && all_.cpus.several();
}

// Where the last sleep was ended from outside before it had begun: a thread that spawns one task after the other would
// wake us for each. Until it pauses; and not where submitters do not see us look, and wake somebody else meanwhile.
bool worker::linger() {
  if (!core_.searching && !all_.single()) return false;
  instant_ns now = core_.charge_to(nullptr);
  const instant_ns until = now + lingers_for;
  do {
    real_policy::spin();
    core_.lingers = reason_to_stay_awake();
    now = steady_now();
  } while (!core_.lingers && now < until);
  core_.count_busy_until(now);
  core_.begin_busy(now);  // this was no poll
  return core_.lingers;
}

// Every queue, every order. After the announcement it is the partner of engine::inject() and idle::notify().
bool worker::reason_to_stay_awake() { return core_.tenure.ordered() || core_.queued() != 0 || all_.work_to_share(); }

// Until `limit`, the next timer, an event, or a wake-up. Asleep, the thread is outside its guard, so that others may
// empty the core or hand it over.
void worker::sleep(instant_ns limit) {
  const bool alone = core_.home.right.try_take();  // not if a searcher looks at it just now: then two wait for events
  bool up = false;
  const auto get_up = [&] {
    if (std::exchange(up, true)) return;
    thread_.entry.enter();
    // A token means that a notifier counted us as a searcher.
    core_.searching = core_.was_sent = all_.idle.retract(core_.index);
    core_.polls_at_wake = core_.searching ? core_.work.polls.read() : core::no_sample;
    all_.became_active();
    core_.begin_batch();
  };
  const instant_ns until = std::min(limit, adopted_deadline());
  thread_.entry.leave();
  const io::turn_report report = core_.home.sleep(until, [&](task::key waiter) {
    get_up();
    task::wake(waiter, core_);
  });
  get_up();
  core_.home.fire_timers([&](task::key waiter) { task::wake(waiter, core_); });
  if (report.adopted) all_.files.reap();  // in the batch, too
  turn_adopted(report.adopted);
  core_.end_batch();
  thread_.cx.now = all_.time.now();
  if (alone) core_.home.right.give_back(steady_now());
}

}  // namespace tokiod::sched
