// What one instance holds and has done, counted where it happens: every core writes its own line, so no addition on a
// hot path touches a line that another core writes. A sum over the lines is exact once the writers stand still.
// Invariant: a line is written by the one thread that holds that core; the last line by everybody else, with RMWs. An
//            entry may be negative in one line (taken on one core, given back on another); the sum never is.
// Threads:   add [any, naming its own core]; sum [any].
// Model:     tests/model/unload_model.cpp
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/policy.hpp"

namespace tokiod::host {

enum class entry : std::uint8_t {
  // held: what stands between an instance and its end
  jobs,           // blocking jobs whose run or drop has not returned
  callbacks,      // calls into the plugin in progress or queued (methods)
  registrations,  // methods that the plugin registered and has not dropped
  calls,          // control requests that it has not answered
  sockets,
  timers,
  operations,
  children,  // handles of child processes
  signals,   // listeners
  files,
  metrics,
  leases,        // buffers of the host that it holds
  memory_bytes,  // mem_alloc and buffers
  // done: what it used
  panics,  // reported; a task that ends by one is counted by the runtime too
  misuses,
  read_bytes,
  written_bytes,
  job_cpu_ns,  // CPU time of its blocking jobs that have returned
};
inline constexpr std::size_t entry_count = static_cast<std::size_t>(entry::job_cpu_ns) + 1;

[[nodiscard]] std::string_view name(entry e);  // "sockets"

template <class P>
class basic_ledger {
 public:
  explicit basic_ledger(std::uint32_t cores) : shared_(cores), lines_(std::make_unique<line[]>(cores + 1)) {}

  // `core`: the core that this thread holds; anything else (-1, a retired core) means none.
  void add(std::int32_t core, entry what, std::int64_t by) {
    auto& value =
        lines_[core >= 0 && static_cast<std::uint32_t>(core) < shared_ ? static_cast<std::uint32_t>(core) : shared_]
            .values[static_cast<std::size_t>(what)];
    // Release: whoever sees a pin given back sees what was done under it; pairs with the acquire in sum(). A load and a
    // store on a core's own line, because nobody else writes it.
    if (core >= 0 && static_cast<std::uint32_t>(core) < shared_)
      value.store(value.load(relaxed) + by, release);
    else
      value.fetch_add(by, release);
  }

  [[nodiscard]] std::int64_t sum(entry what) const {
    std::int64_t total = 0;
    for (std::uint32_t i = 0; i <= shared_; ++i)
      total += lines_[i].values[static_cast<std::size_t>(what)].load(acquire);
    return total;
  }

 private:
  struct alignas(64) line {
    std::array<typename P::template atomic<std::int64_t>, entry_count> values{};
  };
  const std::uint32_t shared_;  // index of the line of those without a core
  const std::unique_ptr<line[]> lines_;
};

using ledger = basic_ledger<real_policy>;

}  // namespace tokiod::host
