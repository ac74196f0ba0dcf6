// The heavy half of an asymmetric barrier: membarrier(2), which makes every running thread of this process execute a
// full fence, so that the light half needs none. 0.2 us when the peers sleep, 17 us when they run: for rare events
// only. Threads: any.
#pragma once

namespace tokiod {

// Once per process, before the first heavy_barrier(). False when the kernel or a sandbox does not offer it.
[[nodiscard]] bool prepare_heavy_barrier() noexcept;
void heavy_barrier() noexcept;

}  // namespace tokiod
