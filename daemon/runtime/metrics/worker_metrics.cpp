#include "runtime/metrics/worker_metrics.hpp"

namespace tokiod::metrics {

namespace {

template <class Totals, class Counters>
Totals copy_of(const Counters& counters) {
  Totals copy;
  each_number([](std::uint64_t& to, const counter& from) { to = from.read(); }, copy, counters);
  return copy;
}

template <class Totals>
Totals& add(Totals& sum, const Totals& other) {
  each_number([](std::uint64_t& to, std::uint64_t by) { to += by; }, sum, other);
  return sum;
}

}  // namespace

task_totals& task_totals::operator+=(const task_totals& other) { return add(*this, other); }
worker_totals& worker_totals::operator+=(const worker_totals& other) { return add(*this, other); }

task_totals task_counters::read() const { return copy_of<task_totals>(*this); }
worker_totals worker_counters::read() const { return copy_of<worker_totals>(*this); }

}  // namespace tokiod::metrics
