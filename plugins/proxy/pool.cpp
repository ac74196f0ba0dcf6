#include "pool.hpp"

namespace proxy {

pool::pool(std::vector<std::string> addresses, thresholds limits)
    : addresses_(std::move(addresses)), limits_(limits), entries_(addresses_.size()) {}

std::optional<pool::lease> pool::pick(std::uint64_t tried) {
  const std::scoped_lock lock(lock_);
  std::optional<std::size_t> best;
  for (std::size_t step = 0; step < entries_.size(); ++step) {
    const std::size_t index = (next_ + step) % entries_.size();
    if (!entries_[index].up || (tried >> index & 1) != 0) continue;
    if (!best || entries_[index].active < entries_[*best].active) best = index;
  }
  if (!best) return std::nullopt;
  next_ = *best + 1;
  ++entries_[*best].active;
  ++entries_[*best].picked;
  return lease(*this, *best);
}

bool pool::note(std::size_t index, bool reached) {
  const std::scoped_lock lock(lock_);
  entry& one = entries_[index];
  if (!reached) ++one.failed;
  if (reached == one.up) {
    one.in_a_row = 0;
    return false;
  }
  if (++one.in_a_row < (one.up ? limits_.fall : limits_.rise)) return false;
  one.up = reached;
  one.in_a_row = 0;
  return true;
}

pool::state pool::of(std::size_t index) const {
  const std::scoped_lock lock(lock_);
  return entries_[index];
}

void pool::give_back(std::size_t index) {
  const std::scoped_lock lock(lock_);
  --entries_[index].active;
}

}  // namespace proxy
