// What the control plane counts of itself.
// Invariant: counters only grow.
// Threads:   any; one lock, held for a few instructions, or while families() copies.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "control/metric_family.hpp"
#include "host/trace/slow_log.hpp"

namespace tokiod::control {

class statistics {
 public:
  void connected(const std::string& socket);
  void disconnected(const std::string& socket);
  void rejected(std::string_view reason);
  void received(std::size_t bytes);
  void sent(std::size_t bytes);
  // `code` is 0 for a result, else the error's. Unknown methods are counted under one name: clients choose names.
  void answered(std::string_view method, int code, duration_ns took);
  void subscribed(int by);
  void dropped(std::string_view topic, std::uint64_t events);
  void lagged(duration_ns by);
  void scraped(duration_ns took);

  [[nodiscard]] host::trace::slow_log& slow() { return slow_; }
  [[nodiscard]] const host::trace::slow_log& slow() const { return slow_; }
  [[nodiscard]] duration_ns lag() const;
  [[nodiscard]] std::vector<metric_family> families() const;

 private:
  static constexpr std::array<duration_ns, 7> bounds_ = {
      100 * microsecond, millisecond, 5 * millisecond, 10 * millisecond, 100 * millisecond, second, 10 * second};
  struct spread {
    std::array<std::uint64_t, bounds_.size()> upto{};
    std::uint64_t count = 0;
    duration_ns sum = 0;
  };

  static constexpr duration_ns slow_call_ = millisecond;
  host::trace::slow_log slow_{slow_call_};

  using guard = std::lock_guard<std::mutex>;
  mutable std::mutex mutex_;  // for everything below
  std::map<std::string, std::uint64_t> connections_total_, connections_, rejected_, dropped_;
  std::map<std::pair<std::string, int>, std::uint64_t> requests_;
  std::map<std::string, spread, std::less<>> took_;
  std::uint64_t bytes_in_ = 0, bytes_out_ = 0;
  std::int64_t subscriptions_ = 0;
  duration_ns lag_ = 0, scrape_ = 0;
};

}  // namespace tokiod::control
