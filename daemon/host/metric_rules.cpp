#include "host/metric_rules.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "host/texts.hpp"

namespace tokiod::host {
namespace {

bool reads_like_a_name(std::string_view name) {
  const auto good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && (name[0] < '0' || name[0] > '9') && std::ranges::all_of(name, good);
}

bool reads_like_a_label(std::string_view key) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !key.empty() && (key[0] < '0' || key[0] > '9') && !key.starts_with("__") && std::ranges::all_of(key, good);
}

// The host writes `instance`, a histogram `le`.
bool is_ours(std::string_view key) { return key == "instance" || key == "le" || key == "quantile"; }

std::string fault_of_name(std::uint32_t kind, std::string_view name, std::string_view unit) {
  if (!reads_like_a_name(name)) return "a name is made of a-z, 0-9 and _";
  if (kind == TOKIO_METRIC_COUNTER && (!name.ends_with("_total") || name == "_total"))
    return "the name of a counter ends in _total";
  constexpr std::string_view taken[] = {"_total", "_bucket", "_count", "_sum", "_created", "_info"};
  for (const auto suffix : taken)
    if (kind != TOKIO_METRIC_COUNTER && name.ends_with(suffix))
      return "only other kinds of metrics end in " + std::string(suffix);
  const auto family = family_of(kind, name);
  const bool in_name = family == unit || family.ends_with("_" + std::string(unit));
  return unit.empty() || in_name ? "" : "the name does not end in its unit, " + std::string(unit);
}

std::string fault_of_labels(std::span<const tokio_kv> labels) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto key = text_of(labels[i].key);
    if (!reads_like_a_label(key)) return "there can be no label of the name '" + key + "'";
    if (is_ours(key)) return "the label " + key + " is the host's";
    for (std::size_t before = 0; before < i; ++before)
      if (text_of(labels[before].key) == key) return "it has the label " + key + " twice";
  }
  return {};
}

std::string fault_of_buckets(std::span<const double> bounds) {
  if (!std::ranges::all_of(bounds, [](double b) { return std::isfinite(b); })) return "a bucket's bound is not finite";
  const bool rises = std::ranges::adjacent_find(bounds, [](double a, double b) { return a >= b; }) == bounds.end();
  return rises ? "" : "the bounds of its buckets do not rise";
}

}  // namespace

std::string_view family_of(std::uint32_t kind, std::string_view name) {
  if (kind == TOKIO_METRIC_COUNTER && name.ends_with("_total")) name.remove_suffix(6);
  return name;
}

std::string fault_of(const tokio_metric_desc& wanted) {
  auto why = fault_of_name(wanted.kind, text_of(wanted.name), text_of(wanted.unit));
  if (why.empty() && wanted.labels == nullptr && wanted.nlabels != 0) why = "its labels are missing";
  if (why.empty()) why = fault_of_labels({wanted.labels, wanted.nlabels});
  if (why.empty() && wanted.kind == TOKIO_METRIC_HISTOGRAM && wanted.buckets != nullptr)
    why = fault_of_buckets({wanted.buckets, wanted.nbuckets});
  return why;
}

}  // namespace tokiod::host
