// tokio.time/1. A timer is armed by the poll that finds it pending, on the core that polls; a timeout around something
// that is ready never touches a wheel.
#include "host/export/common.hpp"
#include "host/export/tables.hpp"
#include "host/export/timer_handle.hpp"
#include "runtime/time/wheel.hpp"

namespace tokiod::host {
namespace {

tokio_status timer_new(tokio_plugin* p, uint64_t deadline_ns, uint64_t slack_ns, tokio_timer** out) noexcept {
  if (p == nullptr || out == nullptr) return fail(TOKIO_EINVAL, "timer_new: a null pointer");
  if (const auto status = refused_new(*p); status != TOKIO_OK) return status;
  if (!p->has_time) return fail(TOKIO_ENOTSUP, "this runtime has no timers: enable_time() was not called");
  auto* timer = handle_pool<tokio_timer>::take(p);
  if (timer == nullptr) return fail(TOKIO_ENOMEM, "no memory for a timer");
  timer->deadline = deadline_ns;
  timer->slack = slack_ns;
  timer->waiter = {};
  p->count(entry::timers, 1);
  *out = timer;
  return TOKIO_OK;
}

void timer_reset(tokio_timer* timer, uint64_t deadline_ns) noexcept {
  auto* p = timer->owner.load(relaxed);
  if (p == nullptr) return;
  timer->deadline = deadline_ns;
  const sched::host_entry entry;
  // A poller that waits goes on waiting, for the new deadline.
  if (timer->entry.armed()) return p->rt.arm(timer->entry, time::coalesced(deadline_ns, timer->slack), timer->waiter);
  p->rt.disarm(timer->entry);  // one that fired is idle again
}

// The clock as the worker read it when this turn began is never ahead; near the deadline the real one decides.
bool due(const tokio_timer& timer, const tokio_cx& cx, const runtime& rt) {
  if (timer.deadline <= cx.now_ns) return true;
  return timer.deadline - cx.now_ns < millisecond && timer.deadline <= rt.now();
}

tokio_res timer_poll(tokio_timer* timer, tokio_cx* cx) noexcept {
  auto* p = timer->owner.load(relaxed);
  if (p == nullptr || cx == nullptr) return misuse(p, "timer_poll: the timer was freed, or there is no context");
  if (!tokio_coop(cx)) return TOKIO_PENDING;
  if (due(*timer, *cx, p->rt)) return TOKIO_OK;
  tokio_coop_restore(cx);
  const auto waiter = key_of(cx->waker);
  if (timer->entry.armed() && timer->waiter == waiter) return TOKIO_PENDING;
  timer->waiter = waiter;
  const sched::host_entry entry;
  p->rt.arm(timer->entry, time::coalesced(timer->deadline, timer->slack), waiter);
  if (!timer->entry.armed() && p->rt.drivers_gone()) [[unlikely]]
    return runtime_gone();  // else it has fired, and the waiter is woken
  return TOKIO_PENDING;
}

void timer_free(tokio_timer* timer) noexcept {
  if (timer == nullptr) return;
  auto* p = timer->owner.load(relaxed);
  if (p == nullptr) return (void)misuse(nullptr, "timer_free: the timer was freed before");
  const sched::host_entry entry;
  free_timer(*timer, *p);
}

}  // namespace

void free_timer(tokio_timer& timer, tokio_plugin& of) {
  of.rt.disarm(timer.entry);
  of.count(entry::timers, -1);
  handle_pool<tokio_timer>::give(timer);
}

const tokio_time_ext time_table = {
    .size = sizeof(tokio_time_ext),
    .flags = 0,
    .timer_new = timer_new,
    .timer_reset = timer_reset,
    .timer_poll = timer_poll,
    .timer_free = timer_free,
};

}  // namespace tokiod::host
