// Checked getters: a member of a document, of the type and in the range that the caller names, or a refusal that says
// what was expected at which path. nlohmann's own get<int>() turns 4294967297 into 1 and true into 1 without a word.
// Threads: pure functions [any].
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "wire/json.hpp"

namespace tokiod::wire {

[[nodiscard]] const json* find(const json& object, std::string_view key);          // null: no object, or no such member
[[nodiscard]] std::string_view type_name(const json& value);                       // "integer", "string", "object" ...
[[nodiscard]] std::string pointer(std::string_view parent, std::string_view key);  // JSON Pointer, escaped

// Each names the value by `path`. Fails: wrong_type, out_of_range.
[[nodiscard]] outcome<std::int64_t> get_integer(const json& value, std::string_view path, std::int64_t min,
                                                std::int64_t max);
[[nodiscard]] outcome<double> get_number(const json& value, std::string_view path, double min, double max);
[[nodiscard]] outcome<bool> get_boolean(const json& value, std::string_view path);
[[nodiscard]] outcome<std::string> get_string(const json& value, std::string_view path);

// For members that were checked before, or whose absence means the fallback.
[[nodiscard]] std::string text_or(const json& object, std::string_view key, std::string_view fallback = {});
[[nodiscard]] std::int64_t integer_or(const json& object, std::string_view key, std::int64_t fallback);
[[nodiscard]] double number_or(const json& object, std::string_view key, double fallback);
[[nodiscard]] bool boolean_or(const json& object, std::string_view key, bool fallback);

}  // namespace tokiod::wire
