// One line per record: time, level, target, message, key=value. A record that passes its level and its rate is copied
// into a bounded ring; one writer thread hands it to the sink, so no caller waits for a terminal or for journald.
// Before start() and after stop() a record is written at once by its caller.
// Invariant: the ring never grows past its bound; every record that finds it full is counted, and the count is logged.
// Threads:   all [any], but start, stop [one thread].
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/log_recent.hpp"

namespace tokiod::log {

// Where records go. Called by one thread at a time. False: this record could not be delivered.
class sink {
 public:
  virtual ~sink() = default;
  virtual bool write(const record& r) = 0;
};

struct options {
  levels speak = {};
  std::uint32_t burst = 200;  // records that one call site and target may write per `burst_window`; 0 = any
  duration_ns burst_window = 10 * second;  // afterwards the next record carries suppressed=n
  const clock* time = &system_clock();     // that windows and levels for a time are measured with, until stop()
  std::size_t ring_records = 4096;         // records that wait for the writer; more are dropped and counted
};

// Starts the writer thread. Until then records go to standard error from their callers.
void start(options how, std::unique_ptr<sink> where);
void stop();   // writes what is queued, for as long as the sink takes it, then ends the writer
void flush();  // waits until everything queued so far was handed to the sink
void flush_within(duration_ns at_most);  // but no longer than this: a sink may hang

// No target speaks below this level. A plain word at a fixed address, because plugins read it inline; written as an
// atomic.
extern constinit std::uint32_t lowest_level;

[[nodiscard]] bool enabled(level severity, std::string_view target);

// What the configuration says. Levels that were set for a time go on until it is over.
void set_levels(levels speak);
// As the operator says; "*" is every target without a level of its own. `lasting`: then the level beneath is in force
// again: that of an earlier change whose time is not over, else what stays. Several at once end each by itself; a
// change that stays ends those of its target. False: there would be too many, and nothing has changed.
[[nodiscard]] bool change_levels(const target_levels& changes, std::optional<duration_ns> lasting = {});
inline constexpr std::size_t max_target_levels = 256;

struct level_report {
  struct passing {
    std::string target;
    level speaks;
    duration_ns left;
  };
  levels now;
  std::vector<passing> for_a_time;  // in the order in which they were set
};
[[nodiscard]] level_report current_levels();
// Ends levels whose time is over. The writer does it in time; who moves the clock by hand asks for it.
void look_at_clock();

// What was taken: by target and level, the targets up to a bound, then as "other". And what was lost.
struct record_counts {
  std::map<std::string, std::array<std::uint64_t, 5>, std::less<>> by_target;
  std::uint64_t dropped = 0;     // lost to a full ring or a sink that refused, since the process began
  std::uint64_t suppressed = 0;  // over the rate of their call site
};
[[nodiscard]] record_counts counts();
[[nodiscard]] std::uint64_t dropped();

// The newest records that were taken, oldest first.
[[nodiscard]] std::vector<kept_record> recent(const record_filter& wanted, std::size_t most);
// The last ones, the oldest of them first, for who handles a fault: it allocates nothing and waits for no lock, and
// what a lock that is held guards is left out.
using record_visitor = void (*)(void* of, const record& r);
void visit_last(std::size_t most, record_visitor visit, void* of);
// Called with each record by the writer, who waits meanwhile; null: nobody. When it returns, the one before is not
// called any more.
void listen(std::function<void(const kept_record&)> listener);

void write(level severity, std::string_view target, std::string_view message, std::vector<field> fields,
           std::source_location at = std::source_location::current());

using field_list = std::initializer_list<field>;
inline void debug(std::string_view target, std::string_view message, field_list fields = {},
                  std::source_location at = std::source_location::current()) {
  write(level::debug, target, message, fields, at);
}
inline void info(std::string_view target, std::string_view message, field_list fields = {},
                 std::source_location at = std::source_location::current()) {
  write(level::info, target, message, fields, at);
}
inline void warn(std::string_view target, std::string_view message, field_list fields = {},
                 std::source_location at = std::source_location::current()) {
  write(level::warn, target, message, fields, at);
}
inline void error(std::string_view target, std::string_view message, field_list fields = {},
                  std::source_location at = std::source_location::current()) {
  write(level::error, target, message, fields, at);
}

}  // namespace tokiod::log
