// Children that nobody waits for any more: one thread of the process, made at the first spawn, waits for all of them by
// what tells of their ends and reaps each as it ends. It belongs to no runtime, so it outlives them all.
// Invariant: only processes that were given here are reaped here, never "any child": the others are somebody else's.
// Threads:   [any].
#pragma once
#include <cstddef>

#include "base/error.hpp"
#include "host/child_process.hpp"

namespace tokiod::host::orphans {

// What a later add() needs, so that it cannot fail for want of a thread or a descriptor. EMFILE, EAGAIN.
[[nodiscard]] result<void> prepare();
// A child that nobody has reaped. After prepare().
void add(child_process child) noexcept;
[[nodiscard]] std::size_t count();  // those that still run

}  // namespace tokiod::host::orphans
