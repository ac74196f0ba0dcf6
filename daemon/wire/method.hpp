// What a control method is, as data: its name, who may call it and when, its parameters, and what it may refuse with.
// The same rows check requests in the daemon, make rpc.discover, and give tokioctl its help and completion.
// Invariant: values only; the functions that carry a method out are bound by name in control/.
// Threads:   constants [any].
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "wire/json.hpp"

namespace tokiod::wire {

// Who may call. Each level may do what the one before it may.
enum class level : std::uint8_t { none, observe, operate, admin };
[[nodiscard]] std::string_view name(level l);
[[nodiscard]] std::optional<level> level_named(std::string_view text);

enum class daemon_state : std::uint8_t { starting, running, draining };
[[nodiscard]] std::string_view name(daemon_state s);

// When: a set of daemon states.
using state_set = std::uint8_t;
[[nodiscard]] constexpr state_set bit(daemon_state s) { return static_cast<state_set>(1u << static_cast<unsigned>(s)); }
inline constexpr state_set always = 7;
inline constexpr state_set while_running = bit(daemon_state::running);
inline constexpr state_set until_the_end = bit(daemon_state::running) | bit(daemon_state::draining);

enum class param_type : std::uint8_t { text, integer, number, boolean, object, texts, any };
[[nodiscard]] std::string_view json_type(param_type t);  // "string", "integer", ... ; empty for any

struct param {
  std::string_view name;
  param_type type = param_type::text;
  bool required = false;
  std::string_view doc;
  std::string_view fallback = {};  // what an absent one means, as JSON text; empty: nothing
  double min = 0;                  // of a number; of a text or list: its length
  double max = 4096;
  std::span<const std::string_view> choices = {};
};

struct method {
  std::string_view name;
  level needs = level::observe;
  state_set when = always;
  std::span<const param> params;
  std::string_view summary;
  std::string_view result;       // what the result holds, in one line
  std::span<const kind> errors;  // its own; every method may also give the general ones
  std::string_view example;      // params as JSON; a test executes each
  std::string_view since = "0.1.0";
};

// In alphabetical order of names.
[[nodiscard]] std::span<const method> methods();
[[nodiscard]] const method* find_method(std::string_view name);
// The method whose name is nearest, if it is near enough to be meant.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view name, std::span<const std::string_view> known);
[[nodiscard]] std::optional<std::string_view> nearest_method(std::string_view name);

// Checks params against the row and fills in the defaults of absent ones.
// Fails: unknown_param (with a hint), missing_param, wrong_type, out_of_range, bad_enum; path names the parameter.
[[nodiscard]] outcome<json> check_params(const method& row, json params);

// The OpenRPC document of all methods.
[[nodiscard]] json openrpc_document(std::string_view version);

}  // namespace tokiod::wire
