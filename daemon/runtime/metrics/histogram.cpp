#include "runtime/metrics/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace tokiod::metrics {

namespace {
constexpr std::uint64_t split = std::uint64_t{1} << histogram_split_bits;
}

// Values below `split` have a bucket each. Above, the bucket is the position of the highest bit and the next
// histogram_split_bits bits.
std::size_t bucket_of(std::uint64_t value) {
  if (value < split) return static_cast<std::size_t>(value);
  const auto width = static_cast<unsigned>(std::bit_width(value));
  if (width > histogram_max_bits) return histogram_buckets - 1;
  const unsigned shift = width - 1 - histogram_split_bits;
  const std::uint64_t within = (value >> shift) & (split - 1);
  return static_cast<std::size_t>((shift + 1) * split + within);
}

std::uint64_t lower_bound(std::size_t bucket) {
  if (bucket < split) return bucket;
  const std::uint64_t shift = bucket / split - 1;
  return (split + bucket % split) << shift;
}

std::uint64_t distribution::total() const { return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}); }

std::uint64_t distribution::quantile(double fraction) const {
  const auto all = static_cast<double>(total());
  const auto wanted = static_cast<std::uint64_t>(std::ceil(std::clamp(fraction, 0.0, 1.0) * all));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    seen += counts[i];
    if (counts[i] != 0 && seen >= wanted) return lower_bound(i);
  }
  return 0;
}

void distribution::merge(const distribution& other) {
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
  sum += other.sum;
}

distribution histogram::read() const {
  distribution copy;
  for (std::size_t i = 0; i < counts_.size(); ++i) copy.counts[i] = counts_[i].read();
  copy.sum = sum_.read();
  return copy;
}

void octave_histogram::record(std::uint64_t value) {
  counts_[std::min<std::size_t>(static_cast<std::size_t>(std::bit_width(value)), counts_.size() - 1)].add();
  sum_.add(value);
}

distribution octave_histogram::read() const {
  octave_sum only;
  only.add(*this);
  return only.spread();
}

void octave_sum::add(const octave_histogram& one) {
  for (std::size_t bits = 0; bits < counts_.size(); ++bits) counts_[bits] += one.counts_[bits].read();
  sum_ += one.sum_.read();
}

distribution octave_sum::spread() const {
  distribution all;
  for (std::size_t bits = 0; bits < counts_.size(); ++bits)
    all.counts[bucket_of((std::uint64_t{1} << bits) - 1)] += counts_[bits];
  all.sum = sum_;
  return all;
}

}  // namespace tokiod::metrics
