// How many CPUs this process may use: its affinity mask, narrowed by the CPU quota of its cgroup and of every cgroup
// above it (version 2 or 1). A quota of 1.5 CPUs counts as 2: rounding down would leave half a CPU unused.
// Threads: reads files; no state.
#pragma once
#include <cstdint>
#include <string>

namespace tokiod {

struct cpu_count {
  std::uint64_t count = 1;
  std::string reason;  // "2 CPUs by affinity, quota of 1.5 CPUs by /sys/fs/cgroup/app/cpu.max"
};

// `root` stands before /proc and /sys, so that a test can show another machine; empty on this one.
[[nodiscard]] cpu_count usable_cpus(const std::string& root = {});

}  // namespace tokiod
