// How long something took (polls, waits for them), for each worker in buckets that the program has chosen.
// Invariant: each is counted once, in the bucket whose range has it.
// Threads:   [any].
// No model: sums that order nothing. A poll that lost its core counts beside the core's next holder, hence additions.
#pragma once
#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/policy.hpp"

namespace tokiod::embed {

class worker_histogram {
 public:
  struct bucket {
    duration_ns from = 0, until = never;
    std::uint64_t count = 0;
  };

  worker_histogram(std::vector<duration_ns> bounds, std::size_t workers)
      : bounds_(std::move(bounds)),
        workers_(workers),
        counts_(std::make_unique<std::atomic<std::uint64_t>[]>(workers * buckets())) {}

  [[nodiscard]] std::size_t buckets() const { return bounds_.size() + 1; }

  void record(std::size_t worker, duration_ns lasted) {
    const auto above = std::ranges::upper_bound(bounds_, lasted);
    const auto number = static_cast<std::size_t>(above - bounds_.begin());
    counts_[worker * buckets() + number].fetch_add(1, relaxed);
  }

  // Nothing: there is no such worker or bucket.
  [[nodiscard]] std::optional<bucket> read(std::size_t worker, std::size_t number) const {
    if (worker >= workers_ || number >= buckets()) return std::nullopt;
    bucket seen;
    if (number != 0) seen.from = bounds_[number - 1];
    if (number != bounds_.size()) seen.until = bounds_[number];
    seen.count = counts_[worker * buckets() + number].load(relaxed);
    return seen;
  }

 private:
  const std::vector<duration_ns> bounds_;
  const std::size_t workers_;
  const std::unique_ptr<std::atomic<std::uint64_t>[]> counts_;
};

}  // namespace tokiod::embed
