#include "runtime/sched/pause_gate.hpp"

#include "runtime/sched/core.hpp"
#include "runtime/sched/engine.hpp"

namespace tokiod::sched {
namespace {

// To others it sleeps, but is not among those who may be woken for work.
void lie_down(core& of, thread& on, instant_ns& since) {
  of.work.parks.add();
  of.work.park_unparks.add();
  of.publish_schedules();
  since = of.charge_to(nullptr);
  of.count_busy_until(since);
  of.paused.store(true, relaxed);
  on.entry.leave();
}

void get_up(core& of, thread& on, instant_ns since) {
  on.entry.enter();
  of.paused.store(false, relaxed);
  of.begin_busy(steady_clock().now());
  of.work.parked_ns.add(of.active_since - since);
  of.work.park_unparks.add();
  on.cx.now = of.all.time.now();
}

}  // namespace

void stand_at_gate(core& of, const std::function<bool()>& called_away) {
  thread& on = *this_thread;
  instant_ns since = 0;
  of.all.gate.pass(called_away, [&] { lie_down(of, on, since); }, [&] { (void)of.tenure.withdraw(order_pause); });
  if (since != 0) get_up(of, on, since);
}

}  // namespace tokiod::sched
