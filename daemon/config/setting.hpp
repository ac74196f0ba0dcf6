// One row per setting: the table from which parse, check, schema, print and diff are made.
// Invariant: a row's default is what a default-constructed config holds; a pattern is a JSON Pointer in which "*"
// stands
//            for any name of an object and "#" for any index of an array.
// Threads:   constant data.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "config/config.hpp"

namespace tokiod::config {

enum class type : std::uint8_t {
  integer,  // minimum..maximum
  boolean,
  text,        // minimum..maximum bytes
  choice,      // one of `choices`
  file_mode,   // "0660"
  text_list,   // an array of texts
  any_object,  // taken as it is
};

enum class apply : std::uint8_t { live, restart };
[[nodiscard]] std::string_view name(apply when);  // "live", "restart"

// The member of a config that a row fills: made from a lambda that returns a reference to it.
struct member {
  std::uint64_t& (*number)(config&) = nullptr;
  bool& (*flag)(config&) = nullptr;
  std::string& (*text)(config&) = nullptr;
  std::vector<std::string>& (*list)(config&) = nullptr;

  constexpr member() = default;
  template <class Get>
  constexpr member(Get get) {
    using value = std::remove_cvref_t<std::invoke_result_t<Get, config&>>;
    if constexpr (std::is_same_v<value, std::uint64_t>) number = get;
    if constexpr (std::is_same_v<value, bool>) flag = get;
    if constexpr (std::is_same_v<value, std::string>) text = get;
    if constexpr (std::is_same_v<value, std::vector<std::string>>) list = get;
  }
};

struct setting {
  std::string_view pattern;
  type what;
  std::uint64_t minimum, maximum;
  std::string_view choices;  // "a|b|c"
  std::string_view unit;     // "ms", "bytes"; empty: a plain value
  apply when;
  std::string_view doc;
  // Where the value lives; nothing for a row below a "*" or "#": parse.cpp reads those by section.
  member in = {};
  bool secret = false;  // its values are hidden as config/secrets.hpp says
};

// runtime.worker_threads alone may be null: "as many as this process may use".
inline constexpr std::string_view worker_threads_pattern = "/runtime/worker_threads";

[[nodiscard]] std::span<const setting> settings();
[[nodiscard]] const setting* find_setting(std::string_view pattern);
// Of a row, or of everything below a pattern that is none: live only if all of it is.
[[nodiscard]] apply apply_of(std::string_view pattern);

// Whether config.set takes it from who may operate, and not from administrators only: what he changes by other methods
// too. As apply_of(), of a pattern that is no row: only if all of it is.
[[nodiscard]] bool is_for_operators(std::string_view pattern);

// What lies below a pattern that is no row itself.
enum class section : std::uint8_t { none, object, array };
[[nodiscard]] section section_at(std::string_view pattern);

// The pattern of a child, or "" when nothing of that name is known there.
[[nodiscard]] std::string child_pattern(std::string_view pattern, std::string_view name);
// The pattern that governs a pointer: "/log/targets/plugin.echo" -> "/log/targets/*".
[[nodiscard]] std::string pattern_of(std::string_view pointer);
// The names that a section knows; none when any name will do.
[[nodiscard]] std::vector<std::string> names_below(std::string_view pattern);

// "an integer 1..1024", "one of multi_thread, current_thread"
[[nodiscard]] std::string expectation(const setting& row);

}  // namespace tokiod::config
