// The event subscriptions of one connection: their rings, and the timers that feed metrics and tasks into them.
// Invariant: a topic is one of wire::topics(); what is not taken in time is dropped and counted, never kept without
// bound. Threads:   [control].
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/asio.hpp"
#include "control/event_filter.hpp"
#include "control/event_ring.hpp"
#include "control/plane.hpp"

namespace tokiod::control {

// Of a topic that does not exist; `path`: where it was named.
[[nodiscard]] refusal no_topic(std::string_view topic, std::string path);

struct subscribe_order {
  std::vector<std::string> topics;
  duration_ns interval = second;  // of metrics and tasks
  std::string match = "*";
  bool only_changes = false;               // of metrics, after the first page
  event_filter filter;                     // of what is published; pages have `match`
  std::uint32_t max_rate = 0;              // of the same, a second; 0: any
  std::uint64_t task = 0;                  // of the topic task
  std::optional<std::uint64_t> since_seq;  // first what came after that one and is still kept
};

class subscriptions {
 public:
  // `wake` is called when there is something to pop. `client`: whose they are, so that its pages take their turn.
  subscriptions(plane& shared, std::function<void()> wake, std::uint64_t client = 0)
      : shared_(shared), wake_(std::move(wake)), client_(client) {}
  ~subscriptions() { clear(); }
  subscriptions(const subscriptions&) = delete;
  subscriptions& operator=(const subscriptions&) = delete;

  struct opened {
    std::string sub;
    std::uint64_t next_seq;  // of the daemon
    bool missed = false;     // some of what came after since_seq is not kept any more
  };
  // Fails: bad_enum, missing_param, quota_exceeded
  [[nodiscard]] outcome<opened> add(const subscribe_order& order);
  [[nodiscard]] bool remove(std::string_view sub);
  void clear();
  // Of every other topic nothing more is told, not even what waits; a subscription to such topics alone ends.
  void keep(const std::function<bool(std::string_view topic)>& may_hear);
  [[nodiscard]] bool empty() const { return all_.empty(); }
  [[nodiscard]] std::size_t count() const { return all_.size(); }

  void publish(const logged_event& event);
  [[nodiscard]] std::optional<std::string> pop();  // the next event of the next subscription that has one

 private:
  struct one;
  void tick(const std::shared_ptr<one>& each);      // waits for the interval, then collects
  void collect(const std::shared_ptr<one>& each);   // one page of each
  bool push(one& into, const logged_event& event);  // false: something had to go
  [[nodiscard]] std::optional<std::string> replayed(
      one& to);  // the next of the log; ends the replay when there is none

  plane& shared_;
  std::function<void()> wake_;
  const std::uint64_t client_;
  std::vector<std::shared_ptr<one>> all_;
  std::size_t turn_ = 0;  // so that a busy subscription does not hide the others
  std::uint64_t last_id_ = 0;
};

}  // namespace tokiod::control
