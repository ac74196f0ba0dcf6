#include "app/diag/slow_polls.hpp"

#include <algorithm>
#include <utility>

namespace tokiod::app {
namespace {

template <class All>
auto find_poll(All& all, std::uint32_t worker, std::uint64_t poll) {
  return std::ranges::find_if(all, [=](const auto& one) { return one.worker == worker && one.poll == poll; });
}

}  // namespace

void slow_polls::found(std::uint32_t worker, std::uint64_t poll, bool taken_over, host::trace::slow_entry what) {
  const std::lock_guard hold(mutex_);
  const auto over = find_poll(ended_, worker, poll);
  if (over == ended_.end()) {
    std::erase_if(open_, [&](const open& one) { return one.worker == worker && one.poll == poll; });
    if (open_.size() == most_open) open_.erase(open_.begin());
    open_.push_back({worker, poll, steady_clock().now() - what.lasted, taken_over, std::move(what)});
    return;
  }
  what.lasted = std::max(what.lasted, over->lasted);
  what.at_least = taken_over;
  ended_.erase(over);
  log_.add(std::move(what));
}

void slow_polls::over(std::uint32_t worker, std::uint64_t poll, duration_ns lasted) {
  const std::lock_guard hold(mutex_);
  const auto known = find_poll(open_, worker, poll);
  if (known == open_.end()) {
    if (ended_.size() == most_open) ended_.erase(ended_.begin());
    ended_.push_back({worker, poll, lasted});
    return;
  }
  known->what.lasted = std::max(known->what.lasted, lasted);
  known->what.at_least = known->taken_over;
  log_.add(std::move(known->what));
  open_.erase(known);
}

std::vector<host::trace::slow_entry> slow_polls::slowest() const {
  auto all = log_.slowest();
  {
    const instant_ns now = steady_clock().now();
    const std::lock_guard hold(mutex_);
    for (const auto& one : open_) {
      auto& shown = all.emplace_back(one.what);
      shown.lasted = std::max(shown.lasted, now - std::min(now, one.since));
      shown.at_least = true;
    }
  }
  std::ranges::sort(all, [](const auto& a, const auto& b) { return a.lasted > b.lasted; });
  if (all.size() > host::trace::slow_log::room) all.resize(host::trace::slow_log::room);
  return all;
}

void slow_polls::clear() {
  log_.clear();
  const std::lock_guard hold(mutex_);
  ended_.clear();
}

}  // namespace tokiod::app
