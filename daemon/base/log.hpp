// One line per record: time, level, target, message, key=value. A record that passes its level and its rate is copied
// into a bounded ring; one writer thread hands it to the sink, so no caller waits for a terminal or for journald.
// Before start() and after stop() a record is written at once by its caller.
// Invariant: the ring never grows past its bound; every record that finds it full is counted, and the count is logged.
// Threads:   write, enabled, set_levels, levels, flush [any]; start, stop [one thread].
#pragma once
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
#include <type_traits>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace tokiod::log {

enum class level : std::uint8_t { trace, debug, info, warn, error, off };
[[nodiscard]] std::string_view name(level l);  // "warn"
[[nodiscard]] std::optional<level> level_named(std::string_view text);

// A key and its value as text. Keys are lower case words: they become journal fields TOKIOD_<KEY>.
struct field {
  std::string key;
  std::string value;

  field(std::string_view k, std::string_view v) : key(k), value(v) {}
  field(std::string_view k, const char* v) : key(k), value(v) {}
  field(std::string_view k, const std::string& v) : key(k), value(v) {}
  template <class Number>
    requires std::is_arithmetic_v<Number>
  field(std::string_view k, Number v) : key(k), value(std::to_string(v)) {}
  field(std::string_view k, bool v) : key(k), value(v ? "true" : "false") {}
};

struct record {
  std::int64_t wall_ns = 0;  // Unix time
  level severity = level::info;
  std::string target;  // who speaks: "host", "control", "plugin.echo"
  std::string message;
  std::vector<field> fields;
  const char* file = "";
  std::uint32_t line = 0;
};

// "2026-01-31T12:00:00.123Z info plugin.echo: listening address=127.0.0.1:7007", on one line whatever the values hold.
[[nodiscard]] std::string text_of(const record& r);

// Which targets speak from which level on. The longest matching prefix wins: "plugin" also covers "plugin.echo".
struct levels {
  level base = level::info;
  std::map<std::string, level, std::less<>> targets;

  [[nodiscard]] level of(std::string_view target) const;
  friend bool operator==(const levels&, const levels&) = default;
};

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
  const clock* time = &system_clock();     // that windows are measured with, until stop()
  std::size_t ring_records = 4096;         // records that wait for the writer; more are dropped and counted
};

// Starts the writer thread. Until then records go to standard error from their callers.
void start(options how, std::unique_ptr<sink> where);
void stop();   // writes what is queued, then ends the writer
void flush();  // waits until everything queued so far was handed to the sink

// No target speaks below this level. A plain word at a fixed address, because plugins read it inline; written as an
// atomic.
extern constinit std::uint32_t lowest_level;

[[nodiscard]] bool enabled(level severity, std::string_view target);
void set_levels(levels speak);
[[nodiscard]] levels current_levels();
[[nodiscard]] std::uint64_t dropped();  // records lost to a full ring or a sink that refused, since the process began

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
