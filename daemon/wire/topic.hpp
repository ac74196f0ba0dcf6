// What events are about, as data: event.subscribe takes these names, and tokioctl completes them.
// Invariant: values only; who publishes an event names its topic here.
// Threads:   constants [any].
#pragma once
#include <span>
#include <string_view>

#include "wire/method.hpp"

namespace tokiod::wire {

struct topic {
  std::string_view name;
  std::string_view doc;  // when it is sent, and what its data holds
  level needs = level::observe;
};

// In alphabetical order of names.
[[nodiscard]] std::span<const topic> topics();
[[nodiscard]] const topic* find_topic(std::string_view name);
[[nodiscard]] std::string_view topic_list();  // all names, with commas

}  // namespace tokiod::wire
