// Internal to host/export: the functions of tokio/abi/task.h, as host.cpp lists them in the core table.
// Threads: as the contract tags them.
#pragma once
#include "tokio/abi/host.h"

namespace tokiod::host {

tokio_status task_alloc(tokio_plugin*, size_t body_size, size_t body_align, tokio_task** out) noexcept;
tokio_status task_spawn(tokio_task*, const tokio_task_vt*, uint32_t flags, tokio_waker* key) noexcept;
void task_discard(tokio_task*) noexcept;
void task_wake(tokio_waker) noexcept;
void task_abort(tokio_waker) noexcept;
tokio_res task_poll_join(tokio_waker handle, tokio_cx*, tokio_join* out) noexcept;
void task_release_join(tokio_waker handle) noexcept;
int32_t task_is_finished(tokio_waker) noexcept;
uint64_t task_id(tokio_waker) noexcept;
void coop_exhausted(tokio_cx*) noexcept;

}  // namespace tokiod::host
