// One record of the log, and the forms in which it is written down.
// Threads: plain values and pure functions [any].
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/log_levels.hpp"

namespace tokiod::log {

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
  std::uint64_t number = 0;  // counts the records of this process that were taken; 0: not yet
};
using kept_record = std::shared_ptr<const record>;

// "2026-01-31T12:00:00.123Z info plugin.echo: listening address=127.0.0.1:7007", on one line whatever the values hold.
[[nodiscard]] std::string text_of(const record& r);

// {"ts":"2026-01-31T12:00:00.123Z","level":"info","target":...,"message":...,"fields":{...},"file":...,"line":7}, on
// one line, in UTF-8 whatever the bytes were.
[[nodiscard]] std::string json_of(const record& r);

// The id under which a catalogue of messages knows it, 32 hexadecimal digits; empty: it has none.
[[nodiscard]] std::string_view message_id(const record& r);

// The instance of a record whose target is "plugin.<instance>"; else empty.
[[nodiscard]] std::string_view plugin_of(const record& r);

}  // namespace tokiod::log
