// Metrics on their way out, as values: what a backend and the control plane give, and what prometheus.hpp and
// metrics.get print.
// Invariant: names and units follow OpenMetrics: base units, _total on counters, _info on facts that are always 1.
// Threads:   plain values.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tokiod::control {

enum class metric_type : std::uint8_t { counter, gauge, histogram, info };

using labels = std::vector<std::pair<std::string, std::string>>;

// Counts per bucket, each for values up to and including its bound; `count` includes what lies past the last bound.
struct buckets {
  std::vector<std::pair<double, std::uint64_t>> upto;  // cumulative
  std::uint64_t count = 0;
  double sum = 0;
};

struct sample {
  labels with;
  double value = 0;
  buckets spread = {};  // of a histogram; `value` is unused then
};

struct metric_family {
  std::string name;
  metric_type type = metric_type::gauge;
  std::string unit;  // "seconds", "bytes" or empty
  std::string help;
  std::vector<sample> samples;
};

}  // namespace tokiod::control
