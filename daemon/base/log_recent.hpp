// The newest records, for who asks later (log.tail), and what he wants of them.
// Invariant: at most max_records and max_bytes are kept, the newest; their numbers rise.
// Threads:   add [one at a time]; newest, visit_newest [any]; one lock, which no caller of the log takes.
#pragma once
#include <sched.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/log_record.hpp"

namespace tokiod::log {

struct record_filter {
  level least = level::trace;
  std::string target;  // as names_target() takes it; empty: any
  std::string text;    // that the message or the value of a field contains; empty: any

  [[nodiscard]] bool passes(const record& r) const;
};

// For a handler that must not wait for whom it may have interrupted: others get some time to let go.
[[nodiscard]] inline std::unique_lock<std::mutex> lock_soon(std::mutex& of) {
  std::unique_lock hold(of, std::try_to_lock);
  for (int tries = 0; !hold && tries < 100; ++tries) {
    ::sched_yield();
    (void)hold.try_lock();
  }
  return hold;
}

class recent_records {
 public:
  explicit recent_records(std::size_t max_records = 2000, std::size_t max_bytes = 1 << 20)
      : max_records_(max_records), max_bytes_(max_bytes) {}

  void add(kept_record r);
  // At most `most` that pass, the oldest of them first.
  [[nodiscard]] std::vector<kept_record> newest(const record_filter& wanted, std::size_t most) const;
  // The same of all whose number is below `before`, for a handler: without allocating, and nothing of it if the lock
  // cannot be had soon.
  template <class Visit>
  void visit_newest(std::size_t most, std::uint64_t before, Visit visit) const {
    const auto hold = lock_soon(mutex_);
    if (!hold) return;
    const auto is_older = [before](const kept_record& r) { return r->number < before; };
    const auto end = std::ranges::partition_point(kept_, is_older);
    const auto older = static_cast<std::size_t>(end - kept_.begin());
    for (std::size_t i = older - std::min(most, older); i < older; ++i) visit(*kept_[i]);
  }

 private:
  const std::size_t max_records_, max_bytes_;
  mutable std::mutex mutex_;  // for what follows
  std::deque<kept_record> kept_;
  std::size_t bytes_ = 0;
};

}  // namespace tokiod::log
