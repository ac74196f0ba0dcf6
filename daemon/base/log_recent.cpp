#include "base/log_recent.hpp"

#include <algorithm>
#include <utility>

namespace tokiod::log {
namespace {

std::size_t bytes_of(const record& r) {
  std::size_t bytes = sizeof r + r.target.size() + r.message.size();
  for (const auto& f : r.fields) bytes += sizeof f + f.key.size() + f.value.size();
  return bytes;
}

}  // namespace

bool record_filter::passes(const record& r) const {
  if (r.severity < least || (!target.empty() && !names_target(target, r.target))) return false;
  const auto contains = [this](const std::string& in) { return in.find(text) != std::string::npos; };
  return contains(r.message) || std::ranges::any_of(r.fields, contains, &field::value);
}

void recent_records::add(kept_record r) {
  const std::lock_guard hold(mutex_);
  bytes_ += bytes_of(*r);
  kept_.push_back(std::move(r));
  while (kept_.size() > 1 && (kept_.size() > max_records_ || bytes_ > max_bytes_)) {
    bytes_ -= bytes_of(*kept_.front());
    kept_.pop_front();
  }
}

std::vector<kept_record> recent_records::newest(const record_filter& wanted, std::size_t most) const {
  std::vector<kept_record> found;
  {
    const std::lock_guard hold(mutex_);
    for (auto each = kept_.rbegin(); each != kept_.rend() && found.size() < most; ++each)
      if (wanted.passes(**each)) found.push_back(*each);
  }
  std::ranges::reverse(found);
  return found;
}

}  // namespace tokiod::log
