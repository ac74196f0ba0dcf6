// How often one call site may speak. A table of fixed size, which no number of sites grows: a site has a row of its own
// while it speaks, found among the few rows its key points at; where all are taken, it goes on with the row whose
// window began first, and with what that site has used of it: a record may be lost, but nobody speaks without a limit.
// Threads: one at a time (the logger's lock).
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"

namespace tokiod::log {

class rate_limit {
 public:
  struct verdict {
    bool pass;
    std::uint32_t suppressed;  // records this site lost in the window that has just ended
  };
  // A site may write `burst` records per `window`; 0 = any number.
  verdict ask(std::size_t site, instant_ns now, std::uint32_t burst, duration_ns window) {
    row& r = row_of(site, now, window);
    std::uint32_t suppressed = 0;
    if (now - r.since >= window) {
      if (burst != 0 && r.count > burst) suppressed = r.count - burst;
      r = {site, now, 0};
    }
    ++r.count;
    return {burst == 0 || r.count <= burst, suppressed};
  }

 private:
  struct row {
    std::size_t site = 0;
    instant_ns since = 0;
    std::uint32_t count = 0;
  };
  using few = std::array<row, 4>;

  row& row_of(std::size_t site, instant_ns now, duration_ns window) {
    few& rows = rows_[site % rows_.size()];
    const auto own = std::ranges::find_if(rows, [&](const row& r) { return r.count > 0 && r.site == site; });
    if (own != rows.end()) return *own;
    row& oldest = *std::ranges::min_element(rows, {}, &row::since);
    if (oldest.count == 0 || now - oldest.since >= window) oldest = {site, now, 0};
    oldest.site = site;
    return oldest;
  }

  std::array<few, 127> rows_;
};

}  // namespace tokiod::log
