// What was measured, by how much: the buckets that counted something.
// Threads:   values.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace tokiod::control {

struct histogram_info {
  struct bucket {
    double from = 0;
    std::optional<double> to;  // below it; absent: any value
    std::uint64_t count = 0;
  };
  std::size_t num_buckets = 0;  // in all
  std::uint64_t count = 0;
  double sum_seconds = 0;
  double p50_seconds = 0, p99_seconds = 0;  // to the precision of the buckets
  std::vector<bucket> buckets;
};

}  // namespace tokiod::control
