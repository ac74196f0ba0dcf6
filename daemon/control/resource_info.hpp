// Resources and operations that wait for them, while somebody listens, as values and as the JSON that methods answer
// with.
// Threads:   values; pure functions [any].
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "wire/json.hpp"

namespace tokiod::control {

struct attribute_info {
  std::string name, unit;
  std::variant<std::uint64_t, std::int64_t, double, bool> value;
};

// Moments are Unix seconds; 0 is never.
struct resource_info {
  std::uint64_t id = 0, parent = 0;  // parent 0: a part of none
  std::string plugin, type, kind;
  std::string location;     // file:line, where known
  bool internal = false;    // its user does not see it
  bool from_birth = false;  // false: it was there before anybody listened
  double created = 0, dropped = 0, total_seconds = 0;
  std::vector<attribute_info> attributes;
  bool more_attributes = false;  // than are kept
};

struct async_op_info {
  std::uint64_t id = 0, resource = 0, parent = 0, task = 0;  // task 0: a thread waits
  std::string plugin, source, poll_name;
  bool in_poll = false, ready = false;
  std::uint64_t polls = 0;
  double created = 0, dropped = 0, last_poll_started = 0, last_poll_ended = 0;
  double total_seconds = 0, busy_seconds = 0, idle_seconds = 0;
};

struct resource_query {
  std::string plugin, kind, type;  // empty: all
  bool dropped = false;            // those that are gone, else those that are there
  std::uint64_t after_id = 0;
  std::size_t limit = 100;
};
struct resource_page {
  std::vector<resource_info> resources;  // by id, those above after_id
  std::uint64_t total = 0;               // that match, on all pages
  bool more = false;
};
struct resource_detail {
  resource_info resource;
  std::vector<async_op_info> ops;  // by id
  bool more = false;               // than most_ops
  static constexpr std::size_t most_ops = 500;
};

// Of a page of what changed.
struct page_facts {
  std::uint64_t last_id = 0;  // to go on after
  instant_ns began = 0;
  bool more = false;
  bool listening = false, paused = false;
  std::uint64_t dropped = 0;  // what was not written down, or gave way unseen, in all
};
struct resource_changes : page_facts {
  std::vector<resource_info> resources;
};
struct async_op_changes : page_facts {
  std::vector<async_op_info> ops;
};

[[nodiscard]] std::string resource_id_text(std::uint64_t id);                      // "r-12"
[[nodiscard]] std::optional<std::uint64_t> resource_id_of(std::string_view text);  // 12

[[nodiscard]] wire::json view(const resource_info& resource);
[[nodiscard]] wire::json view(const async_op_info& op);
[[nodiscard]] wire::json view(const resource_detail& detail);
[[nodiscard]] wire::json view(const resource_changes& seen, std::int64_t wall_ns);
[[nodiscard]] wire::json view(const async_op_changes& seen, std::int64_t wall_ns);

}  // namespace tokiod::control
