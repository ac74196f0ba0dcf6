#include "wire/topic.hpp"

#include <algorithm>

#include "wire/rows/topics.hpp"

namespace tokiod::wire {

std::span<const topic> topics() { return rows::topics; }

const topic* find_topic(std::string_view name) {
  const auto row = std::ranges::lower_bound(rows::topics, name, {}, &topic::name);
  return row != rows::topics.end() && row->name == name ? &*row : nullptr;
}

std::string_view topic_list() { return rows::topic_list; }

}  // namespace tokiod::wire
