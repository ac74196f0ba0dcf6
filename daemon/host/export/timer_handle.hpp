// Internal to host/export: a plugin's timer.
// Threads: one at a time, as the contract says.
#pragma once
#include "base/clock.hpp"
#include "host/handle_pool.hpp"
#include "runtime/task/handles.hpp"
#include "runtime/time/timer_entry.hpp"
#include "tokio/abi/time.h"

struct tokio_timer final : tokiod::host::pooled<tokio_timer> {
  tokiod::time::timer_entry entry;
  tokiod::instant_ns deadline = 0;
  tokiod::duration_ns slack = 0;
  tokiod::task::key waiter;  // of the entry, while it is armed
};

namespace tokiod::host {
void free_timer(tokio_timer& timer, tokio_plugin& of);
}
