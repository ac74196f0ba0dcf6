// Shards change their owner core: a core that retires leaves its sockets, timers and injector to an active one, and a
// core that comes back gets its own again. Nothing moves inside a shard: the adopter's reactor watches the adopted one.
// Invariant: at every moment some core that has or had a worker serves the shard; for a moment two may.
// Threads:   one at a time, on a thread without a core.
#pragma once
#include "base/error.hpp"
#include "runtime/sched/engine.hpp"

namespace tokiod::sched {

// Of the first `among` cores the one with the fewest shards.
[[nodiscard]] core& heir_among(engine& all, std::uint32_t among);

// Everything that `from` serves becomes `to`'s. Then `from` may go on, but must not sleep on. ENOMEM, ENOSPC: nothing
// has changed.
[[nodiscard]] result<void> bequeath(core& from, core& to);

// The core's own shard comes back from its adopter, if it has one.
void reclaim_home(core& of);

}  // namespace tokiod::sched
