// What the files that export metrics share. Internal to app/.
// Threads: pure functions [any].
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "control/metric_family.hpp"

namespace tokiod::app {

[[nodiscard]] inline double number(std::uint64_t value) { return static_cast<double>(value); }

// A family of one sample without labels.
[[nodiscard]] inline control::metric_family single(const char* name, control::metric_type type, const char* unit,
                                                   const char* help, double value) {
  return {name, type, unit, help, {{{}, value, {}}}};
}

// One family of a table: what it is, and how it is read from each of those that have it.
template <class Of>
struct metric_row {
  const char* name;
  const char* unit;
  const char* help;
  double (*read)(const Of&);
  control::metric_type type = control::metric_type::counter;
};

// Of whom the numbers are, and what they are read from.
template <class Of>
using metric_owners = std::vector<std::pair<control::labels, const Of*>>;

template <class Of, std::size_t Count>
void add_rows(std::vector<control::metric_family>& to, const metric_row<Of> (&rows)[Count],
              const metric_owners<Of>& owners) {
  for (const auto& row : rows) {
    control::metric_family f{row.name, row.type, row.unit, row.help, {}};
    for (const auto& [with, from] : owners) f.samples.push_back({with, row.read(*from), {}});
    to.push_back(std::move(f));
  }
}

}  // namespace tokiod::app
