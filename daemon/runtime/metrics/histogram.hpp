// A log-linear histogram: every power of two is split in four equal buckets, so a bucket is at most 25 % wide.
// Invariant: bucket i counts the values in [lower_bound(i), lower_bound(i + 1)); the last bucket has no upper end.
// Threads:   record [the one writer]; read [any]; a distribution is a plain value.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "runtime/metrics/counter.hpp"

namespace tokiod::metrics {

inline constexpr unsigned histogram_split_bits = 2;  // buckets per power of two: 4
inline constexpr unsigned histogram_max_bits = 36;   // values from 2^36 (69 s in ns) on share the last bucket
inline constexpr std::size_t histogram_buckets =
    (histogram_max_bits - histogram_split_bits + 1) * (std::size_t{1} << histogram_split_bits);

[[nodiscard]] std::size_t bucket_of(std::uint64_t value);
[[nodiscard]] std::uint64_t lower_bound(std::size_t bucket);

// A copy of a histogram at one moment; several can be merged.
struct distribution {
  std::array<std::uint64_t, histogram_buckets> counts{};
  std::uint64_t sum = 0;  // of the recorded values

  [[nodiscard]] std::uint64_t total() const;
  // The lower bound of the bucket that holds the value at `fraction` (0.99 = p99) of the recorded ones; 0 when empty.
  [[nodiscard]] std::uint64_t quantile(double fraction) const;
  void merge(const distribution& other);
};

class histogram {
 public:
  void record(std::uint64_t value) {
    counts_[bucket_of(value)].add();
    sum_.add(value);
  }
  [[nodiscard]] distribution read() const;

 private:
  std::array<counter, histogram_buckets> counts_;
  counter sum_;
};

// The same with a bucket for each power of two: where there are many of them.
class octave_histogram {
 public:
  void record(std::uint64_t value);
  [[nodiscard]] distribution read() const;

 private:
  friend class octave_sum;
  std::array<counter, histogram_max_bits + 2> counts_;  // by the number of bits; the last for all that have more
  counter sum_;
};

// Several of them together, which is less to add than their distributions.
class octave_sum {
 public:
  void add(const octave_histogram& one);
  // Each value counts at the upper end of its power of two.
  [[nodiscard]] distribution spread() const;

 private:
  std::array<std::uint64_t, histogram_max_bits + 2> counts_{};
  std::uint64_t sum_ = 0;
};

}  // namespace tokiod::metrics
