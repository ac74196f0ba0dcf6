#include "ctl/print.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <vector>

#include "ctl/stack_text.hpp"
#include "wire/get.hpp"
#include "wire/parse.hpp"

namespace tokiod::ctl {
namespace {

constexpr std::size_t widest_column = 200;
constexpr double exact_integers = 9007199254740992.0;  // 2^53: up to here a double holds every integer

enum class tint : std::uint8_t { none, good, bad, busy, faint };

std::string paint(std::string_view text, tint how, const print_style& style) {
  if (!style.color || how == tint::none) return std::string(text);
  constexpr std::array<std::string_view, 5> codes = {"", "\x1b[32m", "\x1b[31m", "\x1b[33m", "\x1b[2m"};
  return std::string(codes[static_cast<std::size_t>(how)]).append(text).append("\x1b[0m");
}

tint tint_of(std::string_view state) {
  for (const auto good : {"running", "loaded", "ok", "true"})
    if (state == good) return tint::good;
  for (const auto bad : {"failed", "quarantined", "stuck", "false"})
    if (state == bad) return tint::bad;
  for (const auto busy : {"starting", "draining", "unloading", "loading", "resident"})
    if (state == busy) return tint::busy;
  return tint::none;
}

std::string cell(const json* value, format shown_as);

// "permits=3 duration=20ms"
std::string attributes_text(const json& all) {
  std::string text;
  for (const auto& each : all) {
    if (!text.empty()) text += ' ';
    text.append(clean(wire::text_or(each, "name"))).append("=").append(cell(wire::find(each, "value"), format::count));
    text.append(clean(wire::text_or(each, "unit")));
  }
  return text.empty() ? "-" : text;
}

std::string cell(const json* value, format shown_as) {
  if (!value || value->is_null()) return "-";
  if (value->is_string()) {
    const auto text = clean(value->get_ref<const std::string&>());
    return text.empty() ? "-" : text;
  }
  if (shown_as == format::attributes && value->is_array()) return attributes_text(*value);
  if (shown_as == format::seconds && value->is_number()) return seconds_text(value->get<double>());
  if (shown_as == format::time && value->is_number()) return time_text(value->get<double>());
  if (value->is_boolean()) return value->get<bool>() ? "true" : "false";
  // Counters come as fractions, because Prometheus has no other numbers; 3.0 is three.
  if (value->is_number_float() && std::floor(value->get<double>()) == value->get<double>() &&
      std::abs(value->get<double>()) < exact_integers)
    return std::to_string(static_cast<std::int64_t>(value->get<double>()));
  return clean(wire::dump(*value));
}

void put(std::string& line, std::string_view text, std::size_t wide, format shown_as, tint how,
         const print_style& style) {
  const auto padded = std::min(wide, widest_column);  // one long cell does not make every line as long
  const std::string gap(padded - std::min(padded, width(text)), ' ');
  if (!line.empty()) line += "  ";
  if (shown_as == format::plain || shown_as == format::attributes)
    line.append(paint(text, how, style)).append(gap);
  else
    line.append(gap).append(paint(text, how, style));
}

void finish_line(std::string& text, std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  text.append(line).append("\n");
}

// {"a":{"b":1}} as a.b = 1. Lists of plain values stay on one line, lists of records become one record per element.
void flatten(const json& value, const std::string& name, std::vector<std::pair<std::string, const json*>>& into) {
  const bool nested = value.is_object() ||
                      (value.is_array() &&
                       std::any_of(value.begin(), value.end(), [](const json& each) { return each.is_structured(); }));
  if (!nested) {
    into.emplace_back(name, &value);
    return;
  }
  for (const auto& [key, each] : value.items()) flatten(each, name.empty() ? key : name + "." + key, into);
}

// Members that hold a moment, in Unix seconds.
bool is_time(std::string_view name) {
  const auto last = name.substr(name.rfind('.') + 1);
  for (const auto moment : {"started", "since", "now", "time"})
    if (last == moment) return true;
  return false;
}

std::string value_text(const json& value, std::string_view name) {
  if (value.is_array()) {
    std::string list;
    for (const auto& each : value) list.append(list.empty() ? "" : ", ").append(cell(&each, format::plain));
    return list.empty() ? "-" : list;
  }
  if (is_time(name) && value.is_number()) return time_text(value.get<double>());
  return cell(&value, name.ends_with("_seconds") ? format::seconds : format::plain);
}

std::string labels_text(const json& sample) {
  const json* labels = wire::find(sample, "labels");
  if (!labels) return {};
  std::string text;
  for (const auto& [key, value] : labels->items())
    text.append(text.empty() ? "{" : ", ").append(clean(key)).append("=").append(cell(&value, format::plain));
  return text + "}";
}

std::string metrics_text(const json& families) {
  std::string text;
  for (const auto& family : families)
    for (const auto& sample : *wire::find(family, "samples")) {
      const json* value = wire::find(sample, "value");
      const auto shown = value ? cell(value, format::plain)
                               : "count " + std::to_string(wire::integer_or(sample, "count", 0)) + ", sum " +
                                     cell(wire::find(sample, "sum"), format::plain);
      text.append(clean(wire::text_or(family, "name")))
          .append(labels_text(sample))
          .append(" ")
          .append(shown)
          .append("\n");
    }
  return text.empty() ? "none\n" : text;
}

json rows_of(const verb& shown, const json& result, const json& list) {
  if (shown.method == "plugin.list") return plugin_rows(list);
  json rows = list;
  // What was found and what was turned away, in one table.
  if (const json* rejected = wire::find(result, "rejected"); shown.method == "plugin.scan" && rejected)
    for (const auto& each : *rejected) rows.push_back(each);
  return rows;
}

// What a list's result says beside its rows: totals, the next page, ready or not.
std::string remainder(const verb& shown, const json& result, const print_style& style) {
  json rest = json::object();
  for (const auto& [key, value] : result.items())
    if (key != shown.list && key != "rejected") rest[key] = value;
  return rest.empty() ? std::string() : record(rest, style);
}

// Lines of - and +, after them what keeps the files from being read.
std::string difference_text(const json& result, const print_style& style) {
  std::string text;
  const std::string lines = wire::text_or(result, "text");
  for (std::string_view rest = lines; !rest.empty();) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    text += paint(clean(line), line.starts_with('-') ? tint::bad : tint::good, style) + "\n";
  }
  if (const json* const problems = wire::find(result, "problems")) text += record({{"problems", *problems}}, style);
  return text.empty() ? "no difference\n" : text;
}

}  // namespace

// Columns a terminal uses for a UTF-8 text: one per code point is right for names and paths.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

const json* value_at(const json& row, std::string_view pointer) {
  const json* here = &row;
  while (here && !pointer.empty()) {
    pointer.remove_prefix(1);
    const auto end = std::min(pointer.find('/'), pointer.size());
    here = wire::find(*here, pointer.substr(0, end));
    pointer.remove_prefix(end);
  }
  return here;
}

std::string cell(const json& row, const column& shown) { return cell(value_at(row, shown.pointer), shown.shown_as); }

json plugin_rows(const json& plugins) {
  json rows = json::array();
  for (const auto& image : plugins) {
    json head = {{"plugin", wire::text_or(image, "name")},
                 {"version", wire::text_or(image, "version")},
                 {"image_state", wire::text_or(image, "state")}};
    if (const json* reason = wire::find(image, "reason")) head["reason"] = *reason;
    const json* instances = wire::find(image, "instances");
    if (!instances || instances->empty()) {
      rows.push_back(std::move(head));
      continue;
    }
    for (const auto& instance : *instances) {
      json row = head;
      for (const auto& [key, value] : instance.items()) row[key] = value;
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::string clean(std::string_view text) {
  std::string clean_text;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    const bool upper_control = c == 0xC2 && next >= 0x80 && next < 0xA0;  // U+0080 to U+009F: some begin a sequence
    if (upper_control) ++i;
    clean_text += upper_control || c < 0x20 || c == 0x7f ? ' ' : static_cast<char>(c);
  }
  return clean_text;
}

std::string time_text(double unix_seconds) {
  const auto whole = static_cast<std::time_t>(unix_seconds);
  std::tm parts{};
  std::array<char, 32> text{};
  if (!::gmtime_r(&whole, &parts)) return "-";
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string seconds_text(double seconds) {
  std::array<char, 64> text{};
  const auto whole = static_cast<std::int64_t>(seconds);
  const auto print = [&](const char* how, auto... parts) {
    std::snprintf(text.data(), text.size(), how, parts...);
    return std::string(text.data());
  };
  if (seconds <= 0) return "0s";
  if (seconds < 1e-3) return print("%.0fus", seconds * 1e6);
  if (seconds < 1) return print("%.1fms", seconds * 1e3);
  if (seconds < 60) return print("%.1fs", seconds);
  if (whole < 3600)
    return print("%lldm%02llds", static_cast<long long>(whole / 60), static_cast<long long>(whole % 60));
  if (whole < 86400)
    return print("%lldh%02lldm", static_cast<long long>(whole / 3600), static_cast<long long>(whole / 60 % 60));
  return print("%lldd%02lldh", static_cast<long long>(whole / 86400), static_cast<long long>(whole / 3600 % 24));
}

std::string table(const json& rows, std::span<const column> columns, const print_style& style) {
  std::vector<std::vector<std::string>> cells;
  std::vector<std::size_t> wide;
  for (const auto& each : columns) wide.push_back(each.title.size());
  for (const auto& row : rows) {
    auto& line = cells.emplace_back();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      line.push_back(cell(row, columns[i]));
      wide[i] = std::max(wide[i], width(line.back()));
    }
  }
  std::string text, head;
  for (std::size_t i = 0; i < columns.size(); ++i)
    put(head, columns[i].title, wide[i], columns[i].shown_as, tint::faint, style);
  finish_line(text, head);
  for (const auto& row : cells) {
    std::string line;
    for (std::size_t i = 0; i < columns.size(); ++i)
      put(line, row[i], wide[i], columns[i].shown_as, tint_of(row[i]), style);
    finish_line(text, line);
  }
  return text;
}

std::string record(const json& object, const print_style& style) {
  std::vector<std::pair<std::string, const json*>> fields;
  flatten(object, "", fields);
  std::size_t wide = 0;
  for (const auto& [name, value] : fields) wide = std::max(wide, width(name));
  std::string text;
  for (const auto& [name, value] : fields) {
    std::string line;
    if (!name.empty()) put(line, clean(name), wide, format::plain, tint::faint, style);
    const auto shown = value_text(*value, name);
    put(line, shown, 0, format::plain, tint_of(shown), style);
    finish_line(text, line);
  }
  return text;
}

std::string result_text(const verb& shown, const json& result, const print_style& style) {
  if (shown.method == "metrics.get") return metrics_text(*wire::find(result, "families"));
  if (shown.method == "config.schema" || shown.method == "config.get") return wire::dump_indented(result) + "\n";
  if (shown.method == "config.diff" || shown.method == "config.drift") return difference_text(result, style);
  // Documents of other programs' formats, to be written into a file.
  if (shown.method == "diag.trace") return wire::dump(result) + "\n";
  if (shown.method == "diag.profile") return wire::text_or(result, "folded");
  if (shown.method == "diag.stacks") return stacks_text(result);
  if (shown.method == "task.dump") return traces_text(result);
  const json* list = shown.list.empty() ? nullptr : wire::find(result, shown.list);
  if (!list || !list->is_array()) return record(result, style);
  const auto rows = rows_of(shown, result, *list);
  const auto rest = remainder(shown, result, style);
  return rows.empty() ? (rest.empty() ? "none\n" : rest) : table(rows, shown.columns, style) + rest;
}

std::string plain_text(const verb& shown, const json& result) {
  const json* list = shown.list.empty() ? nullptr : wire::find(result, shown.list);
  std::string text;
  if (list && list->is_array()) {
    for (const auto& row : rows_of(shown, result, *list))
      for (const auto& each : shown.columns)
        text += cell(value_at(row, each.pointer), format::plain) + (&each == &shown.columns.back() ? "\n" : "\t");
    return text;
  }
  std::vector<std::pair<std::string, const json*>> fields;
  flatten(result, "", fields);
  for (const auto& [name, value] : fields)
    text += clean(name) + "\t" + (value->is_array() ? value_text(*value, "") : cell(value, format::plain)) + "\n";
  return text;
}

std::string error_text(const wire::rpc_error& error, const print_style& style) {
  auto text = paint("tokioctl: ", tint::bad, style) + clean(error.message);
  const auto hint = wire::text_or(error.data, "hint");
  const auto path = wire::text_or(error.data, "path");
  if (!path.empty()) text += " (" + clean(path) + ")";
  if (!hint.empty()) text += "\n  " + clean(hint);
  // What a configuration or a plugin has to say in more than one sentence.
  for (const auto member : {"problems", "blockers", "plugin_data"})
    if (const json* more = wire::find(error.data, member)) text += "\n" + record({{member, *more}}, style);
  while (text.ends_with('\n')) text.pop_back();
  return text + "\n";
}

}  // namespace tokiod::ctl
