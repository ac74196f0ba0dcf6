// What was published, for those who come later: the newest events of all topics but the pages of metrics and tasks.
// Every event of the daemon has the next number of one sequence, so that who comes back says which he had.
// Invariant: at most max_messages and max_bytes are kept, the newest; their numbers rise.
// Threads:   one owner [control].
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

namespace tokiod::control {

struct logged_event {
  std::uint64_t seq = 0;
  std::int64_t wall_ns = 0;
  std::string topic;
  std::shared_ptr<const std::string> data;  // JSON text, shared by all who get this event
};

class event_log {
 public:
  event_log(std::size_t max_messages, std::size_t max_bytes) : max_messages_(max_messages), max_bytes_(max_bytes) {}

  void bound(std::size_t max_messages, std::size_t max_bytes) {
    max_messages_ = max_messages;
    max_bytes_ = max_bytes;
    shorten();
  }
  // Records of the log are many, and are kept by the log itself.
  [[nodiscard]] static bool keeps(std::string_view topic) { return topic != "log"; }
  // A number for an event that is not kept.
  std::uint64_t take_number() { return next_seq_++; }
  const logged_event& append(std::string_view topic, std::int64_t wall_ns, std::shared_ptr<const std::string> data);

  [[nodiscard]] std::uint64_t next_seq() const { return next_seq_; }
  // The first that is kept and later than `seq`; null: there is none.
  [[nodiscard]] const logged_event* after(std::uint64_t seq) const;
  // Whether one that is later than `seq` was kept and had to go since.
  [[nodiscard]] bool has_lost_after(std::uint64_t seq) const { return lost_upto_ > seq; }
  [[nodiscard]] const std::deque<logged_event>& all() const { return kept_; }

 private:
  void shorten();

  std::size_t max_messages_, max_bytes_;
  std::deque<logged_event> kept_;
  std::size_t bytes_ = 0;
  std::uint64_t next_seq_ = 1;
  std::uint64_t lost_upto_ = 0;  // the number of the last one that went
};

}  // namespace tokiod::control
