// How long something took (polls, waits for them), for each worker in buckets that the program has chosen.
// Invariant: each is counted once, in the bucket whose range has it. What a retired worker has counted stays.
// Threads:   make_room [one at a time, before the worker runs]; the rest [any].
// No model: sums that order nothing, in a list that has one. A poll that lost its core counts beside the core's next
//           holder, hence additions.
#pragma once
#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/grow_list.hpp"
#include "base/policy.hpp"
#include "runtime/sched/options.hpp"

namespace tokiod::embed {

class worker_histogram {
 public:
  struct bucket {
    duration_ns from = 0, until = never;
    std::uint64_t count = 0;
  };

  worker_histogram(std::vector<duration_ns> bounds, std::size_t workers) : bounds_(std::move(bounds)) {
    make_room(workers);
  }

  [[nodiscard]] std::size_t buckets() const { return bounds_.size() + 1; }

  // For workers with lower numbers than that, at most max_workers. Throws bad_alloc.
  void make_room(std::size_t workers) {
    while (rows_.size() < workers) rows_.add(std::make_unique<row>(buckets()));
  }

  void record(std::size_t worker, duration_ns lasted) {
    const auto above = std::ranges::upper_bound(bounds_, lasted);
    const auto number = static_cast<std::size_t>(above - bounds_.begin());
    (*rows_[worker])[number].fetch_add(1, relaxed);
  }

  // Nothing: there is no such worker or bucket.
  [[nodiscard]] std::optional<bucket> read(std::size_t worker, std::size_t number) const {
    if (worker >= rows_.size() || number >= buckets()) return std::nullopt;
    bucket seen;
    if (number != 0) seen.from = bounds_[number - 1];
    if (number != bounds_.size()) seen.until = bounds_[number];
    seen.count = (*rows_[worker])[number].load(relaxed);
    return seen;
  }

 private:
  using row = std::vector<std::atomic<std::uint64_t>>;

  const std::vector<duration_ns> bounds_;
  grow_list<row, sched::max_workers> rows_;
};

}  // namespace tokiod::embed
