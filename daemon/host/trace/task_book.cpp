#include "host/trace/task_book.hpp"

#include <algorithm>
#include <utility>

namespace tokiod::host::trace {
namespace {

std::optional<duration_ns> waited_for(instant_ns since, const std::optional<run_up>& before, instant_ns now) {
  if (since != 0) return now - std::min(since, now);
  return before ? std::optional(before->runnable) : std::nullopt;
}

void end_poll(task_record& of, instant_ns begun, instant_ns now, bool yielded) {
  ++of.polls;
  of.busy += now - begun;
  of.poll_times.record(now - begun);
  of.last_poll_ended = now;
  of.in_poll = false;
  of.yielded = yielded;
}

}  // namespace

void task_book::begin(const birth& of, instant_ns now) {
  (void)all_.begin(of.id, [&](task_record& fresh) {
    fresh.parent = of.parent;
    fresh.kind = of.kind;
    fresh.seen_from_birth = of.seen;
    fresh.line = of.line;
    fresh.column = of.column;
    fresh.function.set(of.function);
    fresh.bytes = of.bytes;
    fresh.least_bytes = of.least_bytes;
    fresh.instance.set(of.instance);
    fresh.name.set(of.name);
    fresh.file.set(of.file);
    fresh.created = now;
  });
}

// Wakes by timers, sockets and other tasks' ends come from the host itself, which tells nobody: they are found here.
bool task_book::poll_begins(task::task_id id, instant_ns now, const std::optional<run_up>& before) {
  return all_.change(id, [&](task_record& of) {
    const bool first = std::exchange(of.first_poll, of.first_poll != 0 ? of.first_poll : now) == 0;
    if (const auto waited = waited_for(std::exchange(of.runnable_since, 0), before, now)) {
      of.scheduled += *waited;
      of.scheduled_times.record(*waited);
      if (!first && of.unpolled_wakes == 0) {
        ++of.wakes;
        of.self_wakes += of.yielded ? 1 : 0;  // a merged wake may be anybody's
        of.last_wake = now - std::min(*waited, now);
      }
    }
    of.unpolled_wakes = 0;
    of.last_poll_started = now;
    of.in_poll = true;
  });
}

void task_book::poll_ends(task::task_id id, instant_ns begun, instant_ns now, bool yielded) {
  (void)all_.must_change(id, [&](task_record& of) { end_poll(of, begun, now, yielded); });
}

void task_book::local_poll_ends(task::task_id id, instant_ns now, bool yielded) {
  (void)all_.must_change(id, [&](task_record& of) {
    if (of.in_poll) end_poll(of, of.last_poll_started, now, yielded);
  });
}

void task_book::woken(task::task_id id, bool by_itself, instant_ns now) {
  (void)all_.change(id, [&](task_record& of) {
    ++of.wakes;
    ++of.unpolled_wakes;
    of.self_wakes += by_itself ? 1 : 0;
    of.last_wake = now;
  });
}

void task_book::runnable(task::task_id id, instant_ns now) {
  (void)all_.change(id, [&](task_record& of) {
    if (of.runnable_since == 0) of.runnable_since = now;
  });
}

void task_book::ends(task::task_id id, task_end how, instant_ns now) {
  (void)all_.must_change(id, [&](task_record& of) {
    if (of.dropped != 0) return;
    of.dropped = now;
    of.end = how;
    of.in_poll = false;
  });
}

}  // namespace tokiod::host::trace
