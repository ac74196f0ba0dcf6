#include "base/log.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "control/methods/methods.hpp"
#include "control/view/log.hpp"
#include "wire/get.hpp"
#include "wire/parse.hpp"

namespace tokiod::control {
namespace {

answer show() { return view(log::current_levels(), log::counts()); }

answer log_get(const call_site&, const json&) { return show(); }

// The levels that an order names, by target.
outcome<log::target_levels> named_levels(const json& params) {
  log::target_levels changes;
  if (const auto text = wire::text_or(params, "level"); !text.empty()) {
    const auto target = wire::text_or(params, "target");
    const auto level = log::level_named(text);
    if (level) changes[target.empty() ? std::string(log::every_target) : target] = *level;
  }
  const auto* const several = wire::find(params, "levels");
  if (several && several->is_object())
    for (const auto& [target, level] : several->items()) {
      const auto named = level.is_string() ? log::level_named(level.get<std::string>()) : std::nullopt;
      if (!named)
        return std::unexpected(refusal{kind::bad_enum, "the level of " + target.substr(0, 60) + " is none",
                                       wire::pointer("/levels", target),
                                       "levels are trace, debug, info, warn, error, off"});
      changes[target] = *named;
    }
  if (changes.empty())
    return std::unexpected(refusal{kind::missing_param, "neither level nor levels says what to change", "/level", {}});
  return changes;
}

answer log_set(const call_site&, const json& params) {
  const auto changes = named_levels(params);
  if (!changes) return refused(changes.error());
  std::optional<duration_ns> lasting;
  if (wire::find(params, "for_s"))
    lasting = static_cast<duration_ns>(std::llround(wire::number_or(params, "for_s", 0) * 1e9));
  if (!log::change_levels(*changes, lasting))
    return refused(refuse(kind::quota_exceeded, "at most ", log::max_target_levels, " levels can be set").error());
  return show();
}

// What observers, who may be everybody on this machine, are not shown: who called what, what plugins say of their
// users, and what a configuration says.
bool is_for_operators(const log::record& r) {
  constexpr std::string_view targets[] = {"config", "control", "plugin"};
  return std::ranges::any_of(targets, [&](std::string_view one) { return log::names_target(one, r.target); });
}

std::vector<log::kept_record> newest(const log::record_filter& wanted, std::size_t most, bool operates) {
  if (operates) return log::recent(wanted, most);
  auto all = log::recent(wanted, SIZE_MAX);
  std::erase_if(all, [](const log::kept_record& r) { return is_for_operators(*r); });
  if (all.size() > most) all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(most));
  return all;
}

// Subscribed first: a record that comes meanwhile is in both, with its number.
answer log_tail(const call_site& site, const json& params) {
  log::record_filter wanted;
  wanted.least = log::level_named(wire::text_or(params, "level")).value_or(log::level::trace);
  wanted.target = wire::text_or(params, "target");
  wanted.text = wire::text_or(params, "text");
  const bool operates = site.rights.has_or_names(level::operate, "log.tail");
  json shown = json::object();
  if (wire::boolean_or(params, "follow", false)) {
    if (!operates) return refused(refuse(kind::permission_denied, "to follow the log needs the level operate").error());
    subscribe_order order;
    order.topics = {"log"};
    order.filter = event_filter::of_log(wanted);
    const auto opened = site.subs.add(order);
    if (!opened) return refused(opened.error());
    shown["sub"] = opened->sub;
    shown["seq"] = opened->next_seq;
  }
  shown["lines"] = json::array();
  const auto most = static_cast<std::size_t>(wire::integer_or(params, "lines", 20));
  for (const auto& each : newest(wanted, most, operates)) shown["lines"].push_back(view(*each));
  return shown;
}

}  // namespace

std::span<const binding> log_methods() {
  static constexpr binding bindings[] = {
      {"log.get", quick(log_get)},
      {"log.set", quick(log_set)},
      {"log.tail", quick(log_tail)},
  };
  return bindings;
}

}  // namespace tokiod::control
