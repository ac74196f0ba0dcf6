#include "app/passing_settings.hpp"

#include <algorithm>
#include <utility>

namespace tokiod::app {
namespace {

using wire::json;

// The single values that a patch says, by their paths.
std::vector<std::pair<std::string, json>> values_in(const json& patch) {
  std::vector<std::pair<std::string, json>> values;
  const json flat = patch.flatten();
  for (const auto& [path, value] : flat.items()) values.emplace_back(path, value);
  return values;
}

}  // namespace

outcome<void> passing_settings::can_end() {
  const std::lock_guard hold(mutex_);
  const auto next = std::ranges::min_element(all_, {}, &passing_setting::until);
  // The first one starts the thread, for whatever will come.
  return timer_.arm(next == all_.end() ? time_.now() + 86'400 * second : next->until);
}

void passing_settings::begin(const json& patch, const json& before, duration_ns lasts) {
  const std::lock_guard hold(mutex_);
  for (auto& [path, said] : values_in(patch)) {
    const auto known = std::ranges::find(all_, path, &passing_setting::path);
    if (known != all_.end()) {
      known->said = std::move(said);
      known->until = time_.now() + lasts;
      continue;
    }
    const json::json_pointer at(path);
    all_.push_back(
        {path, std::move(said), before.contains(at) ? std::optional(before[at]) : std::nullopt, time_.now() + lasts});
  }
  arm(0);
}

void passing_settings::forget(const json& patch) {
  const std::lock_guard hold(mutex_);
  for (const auto& [path, said] : values_in(patch))
    std::erase_if(all_, [&](const auto& one) { return one.path == path; });
}

void passing_settings::forget(const std::vector<passing_setting>& ended) {
  const std::lock_guard hold(mutex_);
  for (const auto& gone : ended)
    std::erase_if(all_, [&](const auto& one) { return one.path == gone.path && one.until == gone.until; });
}

std::vector<passing_setting> passing_settings::all() const {
  const std::lock_guard hold(mutex_);
  return all_;
}

std::vector<passing_setting> passing_settings::over() const {
  const std::lock_guard hold(mutex_);
  std::vector<passing_setting> ended;
  std::ranges::copy_if(all_, std::back_inserter(ended),
                       [now = time_.now()](const auto& one) { return now >= one.until; });
  return ended;
}

void passing_settings::wait(duration_ns before_trying_again) {
  const std::lock_guard hold(mutex_);
  arm(time_.now() + before_trying_again);
}

std::optional<duration_ns> passing_settings::left(std::string_view path) const {
  const std::lock_guard hold(mutex_);
  const auto found = std::ranges::find(all_, path, &passing_setting::path);
  if (found == all_.end()) return std::nullopt;
  const instant_ns now = time_.now();
  return found->until > now ? found->until - now : 0;
}

// A daemon that drains has no thread for it any more: the next start knows nothing of what was for a time.
void passing_settings::arm(instant_ns not_before) {
  const instant_ns now = time_.now();
  instant_ns next = never;
  for (const auto& one : all_) next = std::min(next, one.until > now ? one.until : std::max(one.until, not_before));
  (void)timer_.arm(next);
}

}  // namespace tokiod::app
