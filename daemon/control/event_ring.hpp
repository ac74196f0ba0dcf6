// What waits for one subscription. A client that reads too slowly loses the oldest events, and is told how many.
// Invariant: at most max_messages and max_bytes wait, in the order of their numbers.
// Threads:   one owner [control].
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "control/event_log.hpp"

namespace tokiod::control {

// The notification to one subscription, as a whole line. `dropped`: how many before it were lost; 0 is not said.
[[nodiscard]] std::string event_line(const std::string& sub, const logged_event& event, std::uint64_t dropped);

class event_ring {
 public:
  event_ring(std::string sub, std::size_t max_messages, std::size_t max_bytes)
      : sub_(std::move(sub)), max_messages_(max_messages), max_bytes_(max_bytes) {}

  // Gives how many events had to go.
  std::uint64_t push(logged_event event);
  // An event that never came in is missing as well.
  void lose_one() { ++dropped_; }
  [[nodiscard]] std::optional<std::string> pop();  // the oldest as a whole line
  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  // The others go, uncounted: their reader is not to have them.
  void keep(const std::function<bool(const logged_event&)>& wanted);

 private:
  [[nodiscard]] bool too_full() const { return waiting_.size() > max_messages_ || bytes_ > max_bytes_; }

  std::string sub_;
  std::size_t max_messages_, max_bytes_;
  std::deque<logged_event> waiting_;
  std::size_t bytes_ = 0;
  std::uint64_t dropped_ = 0;  // since the last pop
};

}  // namespace tokiod::control
