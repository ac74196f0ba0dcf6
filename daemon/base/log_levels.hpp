// Which targets speak from which level on, and for how long: what the configuration and the operator set stays, what
// is set for a time gives way to what is beneath it when its time is over.
// Invariant: of the settings for one target that are for a time, each later one ends before the earlier ones do; the
//            last of them is in force, and a setting without a time ends them all.
// Threads:   values; one at a time (the logger's lock).
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace tokiod::log {

enum class level : std::uint8_t { trace, debug, info, warn, error, off };
[[nodiscard]] std::string_view name(level l);  // "warn"
[[nodiscard]] std::optional<level> level_named(std::string_view text);

// "plugin" names itself and all that is below it: plugin.echo, plugin.echo.conn. With `*` or `?` it is a glob of the
// whole name.
[[nodiscard]] bool names_target(std::string_view pattern, std::string_view target);

using target_levels = std::map<std::string, level, std::less<>>;

// Of several patterns that name a target, the one with the most letters decides; a glob's wildcards are no letters.
struct levels {
  level base = level::info;
  target_levels targets;

  [[nodiscard]] level of(std::string_view target) const;
  [[nodiscard]] level lowest() const;
  friend bool operator==(const levels&, const levels&) = default;
};

inline constexpr std::string_view every_target = "*";  // as a target it stands for the base

class level_rules {
 public:
  struct passing {
    std::string target;
    level speaks = level::info;
    instant_ns until = 0;
  };

  // What is beneath is other now; what is set for a time stays.
  void reset(levels lasting);
  void set(const target_levels& changes);
  void set_until(const target_levels& changes, instant_ns until);
  // Ends what is over. Gives it, for who tells of it.
  std::vector<passing> expire(instant_ns now);

  [[nodiscard]] const levels& now() const { return now_; }
  [[nodiscard]] const std::vector<passing>& for_a_time() const { return passing_; }
  [[nodiscard]] instant_ns next_end() const;  // never: there is none
  [[nodiscard]] std::size_t size() const { return lasting_.targets.size() + passing_.size(); }

 private:
  void lay_over();

  levels lasting_, now_;
  std::vector<passing> passing_;  // in the order in which they were set
};

}  // namespace tokiod::log
