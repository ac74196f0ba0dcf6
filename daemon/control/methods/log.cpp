#include "base/log.hpp"

#include "control/methods/methods.hpp"
#include "wire/get.hpp"

namespace tokiod::control {
namespace {

answer show() {
  const auto speak = log::current_levels();
  json targets = json::object();
  for (const auto& [target, level] : speak.targets) targets[target] = name(level);
  return json{{"level", name(speak.base)}, {"targets", std::move(targets)}, {"dropped", log::dropped()}};
}

answer log_get(const call_site&, const json&) { return show(); }

answer log_set(const call_site&, const json& params) {
  auto speak = log::current_levels();
  const auto level = log::level_named(wire::text_or(params, "level")).value_or(log::level::info);
  if (const auto target = wire::text_or(params, "target"); target.empty())
    speak.base = level;
  else
    speak.targets[target] = level;
  log::set_levels(std::move(speak));
  return show();
}

}  // namespace

std::span<const binding> log_methods() {
  static constexpr binding bindings[] = {
      {"log.get", quick(log_get)},
      {"log.set", quick(log_set)},
  };
  return bindings;
}

}  // namespace tokiod::control
