// What waits for one subscription. A client that reads too slowly loses the oldest events, and is told how many.
// Invariant: at most max_messages and max_bytes wait; each event has the next number, so a gap shows what was lost.
// Threads:   one owner [control].
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tokiod::control {

class event_ring {
 public:
  event_ring(std::string sub, std::size_t max_messages, std::size_t max_bytes)
      : sub_(std::move(sub)), max_messages_(max_messages), max_bytes_(max_bytes) {}

  // `data` is JSON text, shared by all who get this event. Gives how many events had to go.
  std::uint64_t push(std::string_view topic, std::int64_t wall_ns, std::shared_ptr<const std::string> data);
  [[nodiscard]] std::optional<std::string> pop();  // the oldest as a whole line
  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  [[nodiscard]] std::uint64_t next_seq() const { return next_seq_; }

 private:
  struct event {
    std::uint64_t seq;
    std::int64_t wall_ns;
    std::string topic;
    std::shared_ptr<const std::string> data;
  };
  [[nodiscard]] bool too_full() const { return waiting_.size() > max_messages_ || bytes_ > max_bytes_; }

  std::string sub_;
  std::size_t max_messages_, max_bytes_;
  std::deque<event> waiting_;
  std::size_t bytes_ = 0;
  std::uint64_t next_seq_ = 1;
  std::uint64_t dropped_ = 0;  // since the last pop
};

}  // namespace tokiod::control
