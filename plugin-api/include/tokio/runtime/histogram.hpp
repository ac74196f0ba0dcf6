// How the buckets of a histogram of poll times are chosen: of equal width, or growing with the value.
// Invariant: the bounds rise; the first bucket begins at 0 and the last has no end.
// Threads:   plain values.
#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <expected>
#include <vector>

#include "tokio/core/error.hpp"

namespace tokio::runtime {

// Buckets that are at most a fixed part of their value wide: each power of two is split into 2^precision of them.
class log_histogram {
 public:
  class builder;
  // The buckets that a limit does not allow.
  struct too_many_buckets {
    std::size_t needed;
  };
  log_histogram();  // 100 ns to 68 s, a quarter wide
  static builder configure() noexcept;

  std::size_t num_buckets() const noexcept { return buckets_; }
  std::vector<std::uint64_t> bounds_ns() const {
    std::vector<std::uint64_t> bounds;
    for (std::size_t i = 1; i < buckets_; ++i) bounds.push_back(lower_bound(i + skipped_, precision_));
    return bounds;
  }

 private:
  friend class builder;
  log_histogram(unsigned top_bit, unsigned precision, std::size_t skipped) noexcept
      : precision_(precision),
        skipped_(skipped),
        buckets_(((static_cast<std::size_t>(top_bit) - precision + 1) << precision) - skipped) {}

  static std::size_t bucket_of(std::uint64_t value, unsigned precision) noexcept {
    const auto top = static_cast<unsigned>(std::bit_width(value)) - 1;
    if (value == 0 || top <= precision) return value;
    const std::uint64_t below = value - (std::uint64_t{1} << top);
    return ((static_cast<std::size_t>(top) - precision + 1) << precision) + (below >> (top - precision));
  }
  static std::uint64_t lower_bound(std::size_t bucket, unsigned precision) noexcept {
    const std::size_t in_group = std::size_t{1} << precision;
    if (bucket < 2 * in_group) return bucket;
    const auto top = static_cast<unsigned>(bucket >> precision) + precision - 1;
    return (std::uint64_t{1} << top) + (static_cast<std::uint64_t>(bucket & (in_group - 1)) << (top - precision));
  }

  unsigned precision_;
  std::size_t skipped_;  // buckets below the smallest value that matters: one bucket has them all
  std::size_t buckets_;
};

class log_histogram::builder {
 public:
  using duration = std::chrono::nanoseconds;
  // Panics unless it lies between 0 and 1: the part of a value that a bucket may be wide.
  builder& max_error(double part, call_site at = call_site::current()) {
    if (!(part > 0.0 && part < 1.0)) panic("max_error must lie between 0 and 1, neither of them included", at);
    precision_ = least_precision;
    for (double width = 0.25; width > part && precision_ < most_precision; width /= 2) ++precision_;
    return *this;
  }
  // 2^bits buckets for each power of two.
  builder& precision_exact(unsigned bits, call_site at = call_site::current()) {
    if (bits > most_precision) panic("precision_exact: the precision may be 10 at most", at);
    precision_ = bits;
    return *this;
  }
  builder& min_value(duration least, call_site at = call_site::current()) {
    if (least.count() < 0) panic("min_value: a value is not negative", at);
    least_ = static_cast<std::uint64_t>(least.count());
    return *this;
  }
  builder& max_value(duration most, call_site at = call_site::current()) {
    if (most.count() <= 0) panic("max_value must be more than 0", at);
    most_ = static_cast<std::uint64_t>(most.count());
    return *this;
  }
  // As build(), unless it takes more buckets than that.
  std::expected<log_histogram, too_many_buckets> max_buckets(std::size_t limit) const noexcept {
    const log_histogram made = build();
    if (made.num_buckets() > limit) return std::unexpected(too_many_buckets{made.num_buckets()});
    return made;
  }
  log_histogram build() const noexcept {
    const auto top = static_cast<unsigned>(std::bit_width(std::bit_ceil(most_))) - 1;
    const std::size_t first = bucket_of(std::min(least_, most_), precision_);
    return {std::max(top, precision_), precision_, first == 0 ? 0 : first - 1};
  }

 private:
  static constexpr unsigned least_precision = 2, most_precision = 10;
  unsigned precision_ = least_precision;
  std::uint64_t least_ = 100;
  std::uint64_t most_ = 68'000'000'000;
};

inline log_histogram::builder log_histogram::configure() noexcept { return {}; }
inline log_histogram::log_histogram() : log_histogram(configure().build()) {}

class histogram_configuration {
 public:
  // `buckets` of them, each that wide; the last goes on.
  static histogram_configuration linear(std::chrono::nanoseconds width, std::size_t buckets,
                                        call_site at = call_site::current()) {
    if (width.count() <= 0 || buckets == 0) panic("a linear histogram needs a width and a number of buckets", at);
    if (buckets - 1 > UINT64_MAX / static_cast<std::uint64_t>(width.count()))
      panic("a linear histogram's last bound must fit into 64 bits of nanoseconds", at);
    std::vector<std::uint64_t> bounds;
    for (std::size_t i = 1; i < buckets; ++i) bounds.push_back(i * static_cast<std::uint64_t>(width.count()));
    return histogram_configuration(std::move(bounds));
  }
  static histogram_configuration log(const log_histogram& of) { return histogram_configuration(of.bounds_ns()); }

  const std::vector<std::uint64_t>& bounds_ns() const noexcept { return bounds_; }

 private:
  explicit histogram_configuration(std::vector<std::uint64_t> bounds) noexcept : bounds_(std::move(bounds)) {}
  std::vector<std::uint64_t> bounds_;
};

}  // namespace tokio::runtime
