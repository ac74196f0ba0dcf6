// What one instance publishes through tokio.metrics/1. Every core adds to a line of its own; a reader sums.
// Invariant: two metrics of one instance differ in name or labels, and are of one kind where they share a family.
// Threads:   add, record [any, naming its core]; create, drop, read [any].
// No model: counters and levels, relaxed, nothing else is published.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "host/handle_pool.hpp"
#include "host/registry_views.hpp"
#include "tokio/abi/metrics.h"

namespace tokiod::host {

// A histogram's or a counter's part of one core. The last line is everybody else's, written with RMWs.
struct metric_lines {
  metric_lines(std::uint32_t cores, std::size_t words);
  std::uint32_t cores;
  std::size_t stride;  // words of one line, rounded up to a cache line
  std::unique_ptr<std::atomic<std::uint64_t>[]> words;

  void add(std::int32_t core, std::size_t word, std::uint64_t by);
  void add_double(std::int32_t core, std::size_t word, double by);
  [[nodiscard]] std::uint64_t sum(std::size_t word) const;
  [[nodiscard]] double sum_double(std::size_t word) const;
};

}  // namespace tokiod::host

struct tokio_metric final : tokiod::host::pooled<tokio_metric> {
  std::uint32_t kind = 0;
  std::string name, help, unit;
  std::vector<std::pair<std::string, std::string>> labels;  // sorted
  std::vector<double> bounds;                               // histogram: upper bounds, ascending
  std::unique_ptr<tokiod::host::metric_lines> lines;  // counter: [0]; histogram: [0] count, [1] sum, [2..] buckets
  std::atomic<double> level{0};                       // gauge

  void record(std::int32_t core, double value);
};

namespace tokiod::host {

class metric_table {
 public:
  metric_table(tokio_plugin& of, std::uint32_t cores) : of_(of), cores_(cores) {}
  // `d` keeps the rules (metric_rules.hpp). EEXIST, ENOMEM.
  [[nodiscard]] tokio_status create(const tokio_metric_desc& d, tokio_metric** out);
  void drop(tokio_metric& metric);
  std::uint64_t take_back();
  void read(std::vector<metric_sample>& into) const;

 private:
  tokio_plugin& of_;
  const std::uint32_t cores_;
  mutable std::mutex mutex_;
  std::vector<tokio_metric*> all_;
};

}  // namespace tokiod::host
