#include "host/metric_table.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "host/metric_rules.hpp"
#include "host/plugin.hpp"
#include "host/texts.hpp"

namespace tokiod::host {
namespace {

using labels = decltype(tokio_metric::labels);

constexpr std::size_t line_words = 8;  // of 64 bytes

// 1, 2, 5 per power of ten from a microsecond to a thousand seconds.
std::vector<double> default_bounds() {
  std::vector<double> bounds;
  for (int power = -6; power < 3; ++power)
    for (const double step : {1.0, 2.0, 5.0}) bounds.push_back(step * std::pow(10.0, power));
  bounds.push_back(1000);
  return bounds;
}

// Two metrics of an instance that cannot both be: the same samples, or two kinds of one family.
bool clash(const tokio_metric& has, const tokio_metric_desc& wanted, std::string_view name, const labels& with) {
  if (family_of(has.kind, has.name) != family_of(wanted.kind, name)) return false;
  return has.kind != wanted.kind || has.labels == with;
}

}  // namespace

metric_lines::metric_lines(std::uint32_t cores_, std::size_t words_)
    : cores(cores_),
      stride((words_ + line_words - 1) / line_words * line_words),
      words(std::make_unique<std::atomic<std::uint64_t>[]>((cores_ + 1) * stride)) {}

// Relaxed throughout: sums of counts order nothing. A core's own line has one writer, the last line many.
void metric_lines::add(std::int32_t core, std::size_t word, std::uint64_t by) {
  const bool own = core >= 0 && static_cast<std::uint32_t>(core) < cores;
  auto& value = words[(own ? static_cast<std::uint32_t>(core) : cores) * stride + word];
  if (own)
    value.store(value.load(relaxed) + by, relaxed);
  else
    value.fetch_add(by, relaxed);
}

void metric_lines::add_double(std::int32_t core, std::size_t word, double by) {
  const bool own = core >= 0 && static_cast<std::uint32_t>(core) < cores;
  auto& value = words[(own ? static_cast<std::uint32_t>(core) : cores) * stride + word];
  auto seen = value.load(relaxed);
  const auto next = [&] { return std::bit_cast<std::uint64_t>(std::bit_cast<double>(seen) + by); };
  if (own) return value.store(next(), relaxed);
  while (!value.compare_exchange_weak(seen, next(), relaxed, relaxed)) {
  }
}

std::uint64_t metric_lines::sum(std::size_t word) const {
  std::uint64_t total = 0;
  for (std::uint32_t line = 0; line <= cores; ++line) total += words[line * stride + word].load(relaxed);
  return total;
}

double metric_lines::sum_double(std::size_t word) const {
  double total = 0;
  for (std::uint32_t line = 0; line <= cores; ++line)
    total += std::bit_cast<double>(words[line * stride + word].load(relaxed));
  return total;
}

}  // namespace tokiod::host

void tokio_metric::record(std::int32_t core, double value) {
  const auto bucket = static_cast<std::size_t>(std::ranges::lower_bound(bounds, value) - bounds.begin());
  lines->add(core, 0, 1);
  lines->add_double(core, 1, value);
  lines->add(core, 2 + bucket, 1);
}

namespace tokiod::host {

tokio_status metric_table::create(const tokio_metric_desc& d, tokio_metric** out) {
  labels with;
  for (std::size_t i = 0; i < d.nlabels; ++i) with.emplace_back(text_of(d.labels[i].key), text_of(d.labels[i]));
  std::ranges::sort(with);
  auto name = text_of(d.name), help = text_of(d.help), unit = text_of(d.unit);
  auto bounds = d.buckets == nullptr ? default_bounds() : std::vector<double>(d.buckets, d.buckets + d.nbuckets);
  if (d.kind != TOKIO_METRIC_HISTOGRAM) bounds.clear();
  auto lines = std::make_unique<metric_lines>(cores_, 3 + bounds.size());
  const std::lock_guard hold(mutex_);
  if (std::ranges::any_of(all_, [&](const auto* m) { return clash(*m, d, name, with); })) return TOKIO_EEXIST;
  all_.reserve(all_.size() + 1);
  // From here on nothing throws: a handle that was taken is counted, or given back.
  auto* made = handle_pool<tokio_metric>::take(&of_);
  if (made == nullptr) return TOKIO_ENOMEM;
  made->kind = d.kind;
  made->name = std::move(name);
  made->help = std::move(help);
  made->unit = std::move(unit);
  made->labels = std::move(with);
  made->level.store(0, relaxed);
  made->bounds = std::move(bounds);
  made->lines = std::move(lines);
  all_.push_back(made);
  of_.count(entry::metrics, 1);
  *out = made;
  return TOKIO_OK;
}

void metric_table::drop(tokio_metric& metric) {
  const std::lock_guard hold(mutex_);
  std::erase(all_, &metric);
  metric.lines.reset();
  of_.count(entry::metrics, -1);
  handle_pool<tokio_metric>::give(metric);
}

std::uint64_t metric_table::take_back() {
  std::uint64_t count = 0;
  handle_pool<tokio_metric>::for_each_of(&of_, [&](tokio_metric& metric) {
    drop(metric);
    ++count;
  });
  return count;
}

namespace {
metric_sample sample_of(const tokio_metric& m, const std::string& instance) {
  metric_sample s;
  s.instance = instance;
  s.name = m.name;
  s.help = m.help;
  s.unit = m.unit;
  s.labels = m.labels;
  s.kind = static_cast<metric_sample::type>(m.kind - TOKIO_METRIC_COUNTER);
  s.value = m.kind == TOKIO_METRIC_COUNTER ? static_cast<double>(m.lines->sum(0)) : m.level.load(relaxed);
  if (m.kind != TOKIO_METRIC_HISTOGRAM) return s;
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < m.bounds.size(); ++i) s.buckets.emplace_back(m.bounds[i], below += m.lines->sum(2 + i));
  s.count = m.lines->sum(0);
  s.sum = m.lines->sum_double(1);
  return s;
}
}  // namespace

void metric_table::read(std::vector<metric_sample>& into) const {
  const std::lock_guard hold(mutex_);
  for (const auto* m : all_) into.push_back(sample_of(*m, of_.instance));
}

}  // namespace tokiod::host
