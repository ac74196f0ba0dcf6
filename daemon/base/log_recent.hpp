// The newest records, for who asks later (log.tail), and what he wants of them.
// Invariant: at most max_records and max_bytes are kept, the newest; their numbers rise.
// Threads:   add [one at a time]; newest, visit_newest [any]; one lock, which no caller of the log takes.
#pragma once
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

class recent_records {
 public:
  explicit recent_records(std::size_t max_records = 2000, std::size_t max_bytes = 1 << 20)
      : max_records_(max_records), max_bytes_(max_bytes) {}

  void add(kept_record r);
  // At most `most` that pass, the oldest of them first.
  [[nodiscard]] std::vector<kept_record> newest(const record_filter& wanted, std::size_t most) const;
  // The same of all, without allocating and without waiting for the lock: false if somebody holds it.
  template <class Visit>
  bool visit_newest(std::size_t most, Visit visit) const {
    const std::unique_lock hold(mutex_, std::try_to_lock);
    if (!hold) return false;
    for (std::size_t i = kept_.size() - std::min(most, kept_.size()); i < kept_.size(); ++i) visit(*kept_[i]);
    return true;
  }

 private:
  const std::size_t max_records_, max_bytes_;
  mutable std::mutex mutex_;  // for what follows
  std::deque<kept_record> kept_;
  std::size_t bytes_ = 0;
};

}  // namespace tokiod::log
