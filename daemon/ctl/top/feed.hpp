// Where `tokioctl top` has its rows from: listens to the daemon's tasks and events over one connection, and asks for
// everything else once a round. What ends stays in sight for a while.
// Invariant: holds at most `most_rows` ended tasks and `most_events` events, however long it runs.
// Threads:   one owner.
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "ctl/client.hpp"

namespace tokiod::ctl {

class top_feed {
 public:
  static constexpr std::size_t most_rows = 1000, most_events = 500;
  static constexpr duration_ns ended_stay = 6 * second;

  top_feed(client& daemon, duration_ns interval) : daemon_(daemon), interval_(interval) {}

  // Begins to listen. Fails as client::call does; what the daemon refuses is a refusal, too.
  [[nodiscard]] outcome<void> begin(instant_ns deadline);
  // Takes what was sent until then. Fails: io_error, the daemon is gone.
  [[nodiscard]] outcome<void> listen(instant_ns until);
  // One sample: {"info", "workers", "tasks", "plugins", "resources", "events", "findings"}, and "waiting" for the tab
  // that shows it: timers, descriptors and jobs, which the others need not be asked for.
  [[nodiscard]] outcome<json> sample(std::string_view rows, instant_ns deadline);
  // One answer, as an object. What the daemon refuses is a refusal.
  [[nodiscard]] outcome<json> ask(std::string_view method, const json& params, instant_ns deadline);

 private:
  void take(const json& event);
  void forget_ended();
  [[nodiscard]] outcome<json> tasks(instant_ns deadline);
  [[nodiscard]] outcome<json> waiting(instant_ns deadline);
  [[nodiscard]] outcome<json> list(std::string_view method, std::string_view member, const json& params,
                                   instant_ns deadline);
  void add_rates(json& rows, std::string_view name, std::string_view polls, std::string_view busy,
                 std::string_view percent);

  struct counted {
    double polls, busy;
    instant_ns at;
  };
  struct ended {
    json row;
    instant_ns since;
  };

  client& daemon_;
  duration_ns interval_;
  std::map<std::string, ended, std::less<>> ended_;
  std::deque<json> events_;  // the newest first
  std::map<std::string, counted, std::less<>> before_;
};

}  // namespace tokiod::ctl
