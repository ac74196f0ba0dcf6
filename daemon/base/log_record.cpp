#include "base/log_record.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <utility>

#include "base/clock.hpp"
#include "base/log_catalogue.hpp"
#include "base/utf8.hpp"

namespace tokiod::log {
namespace {

void append_escaped(std::string& to, std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      to += "\\n";
    } else if (c == '"' || c == '\\') {
      to.push_back('\\');
      to.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      char code[5];
      std::snprintf(code, sizeof code, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      to += code;
    } else {
      to.push_back(c);
    }
  }
}

bool needs_quotes(std::string_view value) {
  return value.empty() || std::any_of(value.begin(), value.end(), [](char c) {
           return static_cast<unsigned char>(c) <= 0x20 || c == '"' || c == '\\' || c == '=' || c == 0x7f;
         });
}

// A message is not quoted, so only what would break the line is escaped in it.
void append_message(std::string& to, std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      append_escaped(to, {&c, 1});
    } else {
      to.push_back(c);
    }
  }
}

// Where every form begins: "2026-01-31T12:00:00.123Z".
std::string stamp_of(const record& r) {
  const std::time_t seconds = static_cast<std::time_t>(r.wall_ns / static_cast<std::int64_t>(second));
  const auto millis = static_cast<int>(r.wall_ns % static_cast<std::int64_t>(second) / static_cast<int>(millisecond));
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char stamp[64];
  const std::size_t used = std::strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(stamp + used, sizeof stamp - used, ".%03dZ", millis);
  return stamp;
}

// A JSON string. Bytes that are no UTF-8 become U+FFFD: who reads lines as JSON stops at the first that is none.
void append_json(std::string& to, std::string_view text) {
  to.push_back('"');
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const auto c = static_cast<unsigned char>(text.front());
    if (length == 0) {
      to += utf8_replacement;
    } else if (c == '"' || c == '\\') {
      to.push_back('\\');
      to.push_back(text.front());
    } else if (c < 0x20) {
      char code[7];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(c));
      to += code;
    } else {
      to += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  to.push_back('"');
}

void append_member(std::string& to, std::string_view key, std::string_view value) {
  append_json(to, key);
  to.push_back(':');
  append_json(to, value);
}

// Of two fields with one key the later one is left out, for a reader to whom an object's keys are different.
void append_fields(std::string& to, const std::vector<field>& fields) {
  to.push_back('{');
  for (auto f = fields.begin(); f != fields.end(); ++f) {
    if (f->key == id_key) continue;
    if (std::find_if(fields.begin(), f, [&](const field& earlier) { return earlier.key == f->key; }) != f) continue;
    if (to.back() != '{') to.push_back(',');
    append_member(to, f->key, f->value);
  }
  to.push_back('}');
}

constexpr std::string_view plugin_prefix = "plugin.";

}  // namespace

std::string text_of(const record& r) {
  std::string line = stamp_of(r);
  line.append(" ").append(name(r.severity)).append(" ").append(r.target).append(": ");
  append_message(line, r.message);
  for (const field& f : r.fields) {
    if (f.key == id_key) continue;  // for programs
    line.append(" ").append(f.key).append("=");
    if (!needs_quotes(f.value)) {
      line += f.value;
      continue;
    }
    line.push_back('"');
    append_escaped(line, f.value);
    line.push_back('"');
  }
  return line;
}

std::string json_of(const record& r) {
  std::string line = "{";
  append_member(line, "ts", stamp_of(r));
  for (const auto& [key, value] : {std::pair<std::string_view, std::string_view>("level", name(r.severity)),
                                   {"target", r.target},
                                   {"message", r.message},
                                   {"file", r.file}}) {
    line.push_back(',');
    append_member(line, key, value);
  }
  line.append(",\"line\":").append(std::to_string(r.line));
  if (const auto id = message_id(r); !id.empty()) {
    line.push_back(',');
    append_member(line, "message_id", id);
  }
  line += ",\"fields\":";
  append_fields(line, r.fields);
  return line + "}";
}

std::string_view message_id(const record& r) {
  for (const field& f : r.fields)
    if (f.key == id_key) return f.value;
  return {};
}

std::string_view plugin_of(const record& r) {
  const std::string_view target = r.target;
  return target.starts_with(plugin_prefix) ? target.substr(plugin_prefix.size()) : std::string_view();
}

}  // namespace tokiod::log
