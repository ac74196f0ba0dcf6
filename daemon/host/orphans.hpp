// Children that nobody waits for any more: one thread of the process, made at the first spawn, waits for all of them by
// their descriptors and reaps each as it ends. It belongs to no runtime, so it outlives them all.
// Invariant: only processes that were given here are reaped here, never "any child": the others are somebody else's.
// Threads:   [any].
#pragma once
#include <cstddef>

#include "base/error.hpp"
#include "base/fd.hpp"

namespace tokiod::host::orphans {

// What a later add() needs, so that it cannot fail for want of a thread or a descriptor. EMFILE, EAGAIN.
[[nodiscard]] result<void> prepare();
// `child` is the descriptor of a child of this process that has not been reaped. After prepare().
void add(unique_fd child) noexcept;
[[nodiscard]] std::size_t count();  // those that still run

}  // namespace tokiod::host::orphans
