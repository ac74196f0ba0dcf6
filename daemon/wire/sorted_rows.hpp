// Tables that are written in groups, one file each, and searched as one.
// Threads: constants [any].
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>

namespace tokiod::wire {

// All rows of the groups in the order of their names; two rows of one name do not compile.
template <class Row, class Name, std::size_t... Sizes>
consteval auto sorted_rows(Name name, const std::array<Row, Sizes>&... groups) {
  std::array<Row, (Sizes + ...)> all;
  auto to = all.begin();
  ((to = std::ranges::copy(groups, to).out), ...);
  std::ranges::sort(all, {}, name);
  if (std::ranges::adjacent_find(all, {}, name) != all.end()) throw "two rows have one name";
  return all;
}

}  // namespace tokiod::wire
