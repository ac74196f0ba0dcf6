#include "control/metric_change.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace tokiod::control {
namespace {

// Where each sample is, by its family's name and its labels.
class directory {
 public:
  explicit directory(const std::vector<metric_family>& of) {
    for (const auto& family : of)
      for (const auto& each : family.samples) samples_.try_emplace({family.name, &each.with}, &each);
  }
  [[nodiscard]] const sample* find(const metric_family& family, const sample& like) const {
    const auto found = samples_.find({family.name, &like.with});
    return found == samples_.end() ? nullptr : found->second;
  }

 private:
  using key = std::pair<std::string_view, const labels*>;
  struct before {
    bool operator()(const key& a, const key& b) const {
      return a.first != b.first ? a.first < b.first : *a.second < *b.second;
    }
  };
  std::map<key, const sample*, before> samples_;
};

bool same(const sample& a, const sample& b) {
  return a.value == b.value && a.spread.count == b.spread.count && a.spread.sum == b.spread.sum;
}

std::uint64_t upto(const buckets& of, double bound) {
  std::uint64_t count = 0;
  for (const auto& [upper, below] : of.upto)
    if (upper <= bound) count = below;
  return count;
}

// A histogram that has fewer values than before was begun again.
void subtract(buckets& from, const buckets& before) {
  if (from.count < before.count) return;
  for (auto& [bound, count] : from.upto) {
    const auto was = upto(before, bound);
    count = count > was ? count - was : 0;
  }
  from.count -= before.count;
  from.sum = from.sum > before.sum ? from.sum - before.sum : 0;
}

}  // namespace

std::vector<metric_family> changed_since(const std::vector<metric_family>& now,
                                         const std::vector<metric_family>& before) {
  const directory known(before);
  std::vector<metric_family> changed;
  for (const auto& family : now) {
    metric_family part{family.name, family.type, family.unit, family.help, {}};
    for (const auto& each : family.samples) {
      const auto* const was = known.find(family, each);
      if (!was || !same(*was, each)) part.samples.push_back(each);
    }
    if (!part.samples.empty()) changed.push_back(std::move(part));
  }
  return changed;
}

std::vector<metric_family> grown_since(std::vector<metric_family> now, const std::vector<metric_family>& before) {
  const directory known(before);
  for (auto& family : now) {
    const bool grows = family.type == metric_type::counter || family.type == metric_type::histogram;
    for (auto& each : family.samples) {
      const auto* const was = grows ? known.find(family, each) : nullptr;
      if (!was) continue;
      subtract(each.spread, was->spread);
      if (each.value >= was->value) each.value -= was->value;
    }
  }
  return now;
}

}  // namespace tokiod::control
