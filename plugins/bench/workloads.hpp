// What is measured: small loops over one operation each, run as one task of the plugin. The programs of
// tests/bench/peers run the same shapes under the same names. Invariant: a workload does `count` operations, or fails
// by throwing; what it sets up and tears down is not in its total. Threads: constant.
#pragma once
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "tokio/task.hpp"

namespace bench {

struct load {
  std::uint64_t count;  // operations, a multiple of the workload's step
  unsigned workers;     // of the runtime, for workloads that keep all of them busy
};

struct workload {
  std::string_view name;
  std::uint64_t step;                       // operations that only come together
  tokio::task<std::uint64_t> (*run)(load);  // gives the total, in `unit`, of all operations
  std::string_view unit = "ns";
};

using workload_list = std::span<const workload>;

[[nodiscard]] workload_list scheduling();  // spawn.cpp
[[nodiscard]] workload_list remote();      // remote.cpp
[[nodiscard]] workload_list channels();    // channels.cpp
[[nodiscard]] workload_list fan_out();     // fan_out.cpp
[[nodiscard]] workload_list locks();       // locks.cpp
[[nodiscard]] workload_list timers();      // timers.cpp
[[nodiscard]] workload_list memory();      // memory.cpp
[[nodiscard]] workload_list network();     // network.cpp
[[nodiscard]] workload_list files();       // files.cpp

// What a driver may ask for; each answer is one JSON object.
[[nodiscard]] std::string list_answer();
// Runs `asked` operations as whole steps, one at least. The error is a sentence.
[[nodiscard]] tokio::task<std::expected<std::string, std::string>> run_answer(std::string name, load asked);
// Starts a TCP echo server that is loaded from outside, and tells its port.
[[nodiscard]] std::string serve_answer();  // network.cpp

}  // namespace bench
