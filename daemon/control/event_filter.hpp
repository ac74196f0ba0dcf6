// Which events a subscription wants, beside their topics, and how many of them.
// Invariant: an event that cannot be read passes no filter but an empty one.
// Threads:   values; one owner [control].
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/log_recent.hpp"
#include "wire/json.hpp"

namespace tokiod::control {

// Members of an event's data and the globs that their values match: all of them. What is no text is compared as JSON.
// Of the topic log, `level` is the least severe and `target` names those below it too.
class event_filter {
 public:
  // Fails: wrong_type, a pattern that is no text.
  [[nodiscard]] static outcome<event_filter> read(const wire::json& wanted);
  [[nodiscard]] static event_filter of_log(log::record_filter wanted);

  // `data` is JSON text.
  [[nodiscard]] bool passes(std::string_view topic, const std::string& data) const;

 private:
  std::vector<std::pair<std::string, std::string>> members_;
  log::record_filter records_;
  bool of_log_ = false;  // `records_` says it, and members_ nothing
};

// A bucket of as many events as may come in a second, which fills as fast.
class event_rate {
 public:
  explicit event_rate(std::uint32_t per_second = 0) : per_second_(per_second), left_(per_second) {}
  [[nodiscard]] bool pass(instant_ns now);  // 0 a second: always

 private:
  std::uint32_t per_second_;
  double left_;
  instant_ns looked_ = 0;
};

}  // namespace tokiod::control
