// The times of what is polled, a task or an operation on a resource, from its record to the form in which it is shown.
// Threads: pure functions [any].
#pragma once
#include "app/show.hpp"

namespace tokiod::app {

template <class Record, class Shown>
void show_poll_times(const Record& from, const moments& at, Shown& to) {
  to.polls = from.polls;
  to.created = at.of(from.created);
  to.dropped = at.of(from.dropped);
  to.last_poll_started = at.of(from.last_poll_started);
  to.last_poll_ended = at.of(from.last_poll_ended);
  to.total_seconds = seconds(from.total(at.now));
  to.busy_seconds = seconds(from.busy_until(at.now));
  to.idle_seconds = seconds(from.idle(at.now));
}

}  // namespace tokiod::app
