// What is measured: small loops over one operation each, run as one task of the plugin.
// Threads: constant.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "tokio/task.hpp"

namespace bench {

// Runs the operation `count` times.
using run_fn = tokio::task<> (*)(std::uint64_t count);

struct workload {
  std::string_view name;
  std::uint64_t count;  // operations of one measurement: some ten milliseconds
  run_fn run;
};

[[nodiscard]] std::span<const workload> workloads();

}  // namespace bench
