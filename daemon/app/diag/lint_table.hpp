// What is found wrong now, since when, and how often that has happened: tells of what comes and goes, once each.
// Invariant: as many entries as `most` at a time, however long it runs; what does not fit is counted and not told.
// Threads:   one at a time; the owner has a lock.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "app/diag/lint_rows.hpp"
#include "base/clock.hpp"
#include "control/backend/diag.hpp"
#include "control/metric_family.hpp"

namespace tokiod::app {

class lint_table {
 public:
  static constexpr std::size_t most = 1000;
  static constexpr std::size_t most_told = 100;  // at one look: the others are in diag.lint all the same
  using teller = std::function<void(const control::lint_info& what, bool raised)>;

  // Everything that is found at this moment, by Unix seconds. Ids are unique.
  void look(const std::vector<control::lint_info>& found, double now, const teller& tell);
  // 0: it was not found at the last look.
  [[nodiscard]] double since(const std::string& id) const;
  [[nodiscard]] std::size_t size() const { return known_.size(); }
  // tokiod_lint_findings and tokiod_lint_raised_total, of every lint, so that a graph has no gaps.
  [[nodiscard]] std::vector<control::metric_family> families() const;

 private:
  struct entry {
    control::lint_info what;
    bool seen = false;
  };
  std::map<std::string, entry, std::less<>> known_;
  std::array<std::uint64_t, lint_rows.size()> now_{}, raised_{};
};

// The worst first, and each subject of a lint once: the first that was given.
void put_in_order(std::vector<control::lint_info>& all);

}  // namespace tokiod::app
