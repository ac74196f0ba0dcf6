// The rows of config.*. Part of wire/method_table.cpp.
#pragma once
#include <array>

#include "wire/rows/common.hpp"

namespace tokiod::wire::rows {

inline constexpr param config_get_params[] = {
    {"path", text, false, "JSON Pointer or dotted name of one setting; absent: everything", R"("")"},
    {"origin", boolean, false, "also which layer and line each value came from", "false"},
};
inline constexpr param config_check_params[] = {{"document", object, true, "a whole configuration document"}};
inline constexpr param config_schema_params[] = {{"path", text, false, "one setting; absent: everything", R"("")"}};
inline constexpr param config_reload_params[] = {
    wait,
    patience_s,
    {"reason", text, false, "goes to the log"},
};
inline constexpr kind e_reload[] = {kind::invalid_config, kind::busy};

inline constexpr auto config = std::to_array<method>({
    {"config.check",
     level::observe,
     always,
     config_check_params,
     "Checks a configuration document without applying it",
     "{valid, problems:[{path, source, kind, message, hint}]}",
     {},
     R"({"document":{}})"},
    {"config.get", level::observe, always, config_get_params, "The configuration in force, or one setting of it",
     "{revision, value, origins?}", e_found, R"({"path":"/runtime"})"},
    {"config.reload", level::operate, while_running, config_reload_params,
     "Reads the configuration files again; a faulty one leaves the old in force", "{revision, changed, needs_restart}",
     e_reload, R"({"wait":true})"},
    {"config.schema", level::observe, always, config_schema_params, "Every setting with its type, bounds and default",
     "JSON Schema", e_found, "{}"},
});

}  // namespace tokiod::wire::rows
