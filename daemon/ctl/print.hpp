// Results for people: tables for lists, name and value for records. Text that came from plugins cannot move the cursor.
// Invariant: what is printed ends with a line feed, and holds no control character but that.
// Threads:   pure functions [any].
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "ctl/verb.hpp"
#include "wire/json.hpp"
#include "wire/rpc.hpp"

namespace tokiod::ctl {

using wire::json;

struct print_style {
  bool color = false;
};

[[nodiscard]] std::string table(const json& rows, std::span<const column> columns, const print_style& style);
[[nodiscard]] std::string record(const json& object, const print_style& style);
// A whole result, as its verb shows it.
[[nodiscard]] std::string result_text(const verb& shown, const json& result, const print_style& style);
// The same for programs that read lines: the cells of a row, or a name and its value, divided by tabulators; no titles,
// no padding, numbers and times as the daemon gave them.
[[nodiscard]] std::string plain_text(const verb& shown, const json& result);
[[nodiscard]] std::string error_text(const wire::rpc_error& error, const print_style& style);
[[nodiscard]] std::string seconds_text(double seconds);    // 350us, 12.5ms, 3.2s, 4m05s, 2h03m, 3d04h
[[nodiscard]] std::string time_text(double unix_seconds);  // 2026-01-31T12:00:00Z
[[nodiscard]] std::string clean(std::string_view text);    // without control characters
[[nodiscard]] std::size_t width(std::string_view text);    // columns of a terminal

// What a column shows of a row. Null: the row has no such member.
[[nodiscard]] const json* value_at(const json& row, std::string_view pointer);
[[nodiscard]] std::string cell(const json& row, const column& shown);
// Images with their instances as one row for each instance.
[[nodiscard]] json plugin_rows(const json& plugins);

}  // namespace tokiod::ctl
