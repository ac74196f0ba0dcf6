#include "base/log_levels.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/glob.hpp"

namespace tokiod::log {
namespace {

constexpr std::array<std::string_view, 6> names = {"trace", "debug", "info", "warn", "error", "off"};
constexpr std::string_view wildcards = "*?";

std::size_t letters(std::string_view pattern) {
  return pattern.size() - static_cast<std::size_t>(std::ranges::count_if(
                              pattern, [](char c) { return wildcards.find(c) != std::string_view::npos; }));
}

void put(levels& to, const std::string& target, level l) {
  if (target == every_target || target.empty())
    to.base = l;
  else
    to.targets[target] = l;
}

}  // namespace

std::string_view name(level l) { return names[static_cast<std::size_t>(l)]; }

std::optional<level> level_named(std::string_view text) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == text) return static_cast<level>(i);
  return std::nullopt;
}

bool names_target(std::string_view pattern, std::string_view target) {
  if (pattern.find_first_of(wildcards) != std::string_view::npos) return matches(pattern, target);
  return target.starts_with(pattern) && (target.size() == pattern.size() || target[pattern.size()] == '.');
}

level levels::of(std::string_view target) const {
  level found = base;
  std::size_t most = 0;
  for (const auto& [pattern, l] : targets) {
    const std::size_t count = letters(pattern) + 1;  // a pattern of wildcards alone is still more than none
    if (count < most || !names_target(pattern, target)) continue;
    most = count;
    found = l;
  }
  return found;
}

level levels::lowest() const {
  level lowest = base;
  for (const auto& [target, l] : targets) lowest = std::min(lowest, l);
  return lowest;
}

void level_rules::reset(levels lasting) {
  lasting_ = std::move(lasting);
  lay_over();
}

void level_rules::set(const target_levels& changes) {
  for (const auto& [target, l] : changes) {
    std::erase_if(passing_, [&](const passing& each) { return each.target == target; });
    put(lasting_, target, l);
  }
  lay_over();
}

void level_rules::set_until(const target_levels& changes, instant_ns until) {
  for (const auto& [target, l] : changes) {
    // What ends before this one does is never in force again.
    std::erase_if(passing_, [&](const passing& each) { return each.target == target && each.until <= until; });
    passing_.push_back({target, l, until});
  }
  lay_over();
}

std::vector<level_rules::passing> level_rules::expire(instant_ns now) {
  std::vector<passing> over;
  std::erase_if(passing_, [&](const passing& each) {
    if (each.until > now) return false;
    over.push_back(each);
    return true;
  });
  if (!over.empty()) lay_over();
  return over;
}

instant_ns level_rules::next_end() const {
  instant_ns earliest = never;
  for (const auto& each : passing_) earliest = std::min(earliest, each.until);
  return earliest;
}

void level_rules::lay_over() {
  now_ = lasting_;
  for (const auto& each : passing_) put(now_, each.target, each.speaks);
}

}  // namespace tokiod::log
