#include "control/event_filter.hpp"

#include <algorithm>

#include "base/glob.hpp"
#include "wire/get.hpp"
#include "wire/parse.hpp"

namespace tokiod::control {
namespace {

using wire::json;

std::string plain_text(const json& value) { return value.is_string() ? value.get<std::string>() : wire::dump(value); }

log::record record_of(const json& data) {
  log::record r;
  r.severity = log::level_named(wire::text_or(data, "level")).value_or(log::level::trace);
  r.target = wire::text_or(data, "target");
  r.message = wire::text_or(data, "message");
  if (const auto* const fields = wire::find(data, "fields"); fields && fields->is_object())
    for (const auto& [key, value] : fields->items()) r.fields.emplace_back(key, plain_text(value));
  return r;
}

}  // namespace

outcome<event_filter> event_filter::read(const json& wanted) {
  event_filter made;
  for (const auto& [member, pattern] : wanted.items()) {
    auto text = wire::get_string(pattern, wire::pointer("/filter", member));
    if (!text) return std::unexpected(std::move(text.error()));
    made.members_.emplace_back(member, std::move(*text));
  }
  return made;
}

event_filter event_filter::of_log(log::record_filter wanted) {
  event_filter made;
  made.records_ = std::move(wanted);
  made.of_log_ = true;
  return made;
}

bool event_filter::passes(std::string_view topic, const std::string& data) const {
  if (!of_log_ && members_.empty()) return true;
  const auto read = wire::parse(data);
  if (!read) return false;
  if (of_log_) return records_.passes(record_of(*read));
  return std::ranges::all_of(members_, [&](const auto& wanted) {
    const auto& [member, pattern] = wanted;
    const auto* const value = wire::find(*read, member);
    if (!value) return false;
    const auto least = topic == "log" && member == "level" ? log::level_named(pattern) : std::nullopt;
    if (least) return log::level_named(plain_text(*value)).value_or(log::level::off) >= *least;
    if (topic == "log" && member == "target") return log::names_target(pattern, plain_text(*value));
    return matches(pattern, plain_text(*value));
  });
}

bool event_rate::pass(instant_ns now) {
  if (per_second_ == 0) return true;
  const double most = per_second_;
  if (looked_ != 0 && now > looked_)
    left_ = std::min(most, left_ + most * static_cast<double>(now - looked_) / static_cast<double>(second));
  looked_ = now;
  if (left_ < 1) return false;
  left_ -= 1;
  return true;
}

}  // namespace tokiod::control
