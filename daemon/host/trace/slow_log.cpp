#include "host/trace/slow_log.hpp"

#include <algorithm>
#include <utility>

namespace tokiod::host::trace {
namespace {

constexpr duration_ns least_job = 10 * millisecond;

void cut(std::string& text) {
  if (text.size() > slow_log::most_text) text.resize(slow_log::most_text);
}

}  // namespace

void slow_log::add(slow_entry one) {
  for (auto* const text : {&one.what, &one.instance, &one.location, &one.stack}) cut(*text);
  const std::lock_guard hold(mutex_);
  if (one.lasted < bar_.load(relaxed)) return;
  if (all_.size() == room) drop_fastest();
  all_.push_back(std::move(one));
  if (all_.size() == room) bar_.store(std::ranges::min(all_, {}, &slow_entry::lasted).lasted, relaxed);
}

void slow_log::drop_fastest() { all_.erase(std::ranges::min_element(all_, {}, &slow_entry::lasted)); }

std::vector<slow_entry> slow_log::slowest() const {
  std::vector<slow_entry> copy;
  {
    const std::lock_guard hold(mutex_);
    copy = all_;
  }
  std::ranges::sort(copy, [](const auto& a, const auto& b) { return a.lasted > b.lasted; });
  return copy;
}

void slow_log::clear() {
  const std::lock_guard hold(mutex_);
  all_.clear();
  bar_.store(least_, relaxed);
}

slow_log& slow_jobs() {
  static slow_log& all = *new slow_log(least_job);  // for ever: a job may end after main has
  return all;
}

}  // namespace tokiod::host::trace
