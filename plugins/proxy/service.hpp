// What the connections and the health checks of one proxy share.
// Invariant: a metric says what the pool says: who changes the one changes the other.
// Threads:   [any] task of the instance; it outlives them all.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pool.hpp"
#include "tokio/plugin.hpp"

namespace proxy {

struct settings {
  std::string bind = "127.0.0.1";
  std::uint16_t port = 7009;
  std::vector<std::string> upstreams;
  std::uint32_t connections_max = 10'000;
  std::chrono::milliseconds connect_timeout{2000}, check_interval{1000}, drain{5000};
  thresholds limits;
};

class service {
 public:
  explicit service(const settings& with);

  // A connection for a client was made, or was not.
  void note(std::size_t upstream, bool reached);
  void count_turned_away() const { turned_away_.add(); }
  void count_forwarded(std::size_t upstream) const { of_[upstream].forwarded.add(); }
  // What `plugin.call upstreams` answers.
  [[nodiscard]] std::string report() const;

  const settings with;
  pool upstreams;

 private:
  struct metrics {
    tokio::metrics::gauge up;
    tokio::metrics::counter forwarded, failures;
  };
  std::vector<metrics> of_;
  tokio::metrics::counter turned_away_;
};

}  // namespace proxy
