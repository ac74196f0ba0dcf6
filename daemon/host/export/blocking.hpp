// Internal to host/export: a plugin's handle of a blocking job.
// Threads: one at a time.
#pragma once
#include "base/clock.hpp"
#include "host/handle_pool.hpp"
#include "tokio/abi/blocking.h"

namespace tokiod::host {
class plugin_job;
}

struct tokio_job final : tokiod::host::pooled<tokio_job> {
  tokiod::host::plugin_job* job = nullptr;
};

namespace tokiod::host {
void free_job(tokio_job& handle) noexcept;
void cancel_job(tokio_job& handle) noexcept;  // if it has not started
void abort_job(tokio_job& handle) noexcept;   // the same, unless it was promised to run
// By a thread of the pool at the end of a job: what it has used since its last job ended is `of`'s, so that what the
// pool did to come to this one is this one's.
void charge_job(tokio_plugin& of, instant_ns begun) noexcept;
}  // namespace tokiod::host
