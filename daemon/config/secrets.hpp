// What of a configuration is shown, and to whom. A setting may be marked as secret; what a plugin is configured with is
// secret as far as the plugin's own schema does not say otherwise.
//   a key that its schema marks with "secret": true     nobody sees its value
//   a key of the schema without that mark               everybody does
//   a key that no schema tells of                       who may change the configuration does
// Invariant: a value that is not shown leaves as `hidden`, never in part; names of keys are always shown.
// Threads:   pure functions [any].
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diff.hpp"
#include "wire/json.hpp"

namespace tokiod::config {

inline constexpr std::string_view hidden = "***";

enum class audience : std::uint8_t {
  everybody,  // also what is written down: plans, logs
  admin,      // who may change the configuration
};

// The JSON Schema of the configuration of a plugin that is named as in /plugins/instances/*/plugin; null where it gives
// none or is not loaded.
using schema_source = std::function<wire::json(const std::string& plugin)>;

// The configuration of one instance.
[[nodiscard]] wire::json shown_config(const wire::json& config, const wire::json& schema, audience to);
// A whole one.
[[nodiscard]] wire::json shown_document(const wire::json& document, const schema_source& schemas, audience to);
// What changes, for everybody.
[[nodiscard]] std::vector<change> shown_changes(std::vector<change> changes, const schema_source& schemas);

}  // namespace tokiod::config
