// The verbs of config.*. Part of ctl/verb.cpp. `config edit` is one of tokioctl's own: edit.hpp.
#pragma once
#include <array>

#include "ctl/verbs/common.hpp"

namespace tokiod::ctl::rows {

inline constexpr sv by_document[] = {"document"};
inline constexpr sv by_patch[] = {"patch"};
inline constexpr sv by_value[] = {"path", "value"};
inline constexpr sv by_ends[] = {"from", "to"};
inline constexpr sv by_target[] = {"to"};
inline constexpr sv by_revision[] = {"revision"};
inline constexpr sv by_instance_patch[] = {"instance", "patch"};
inline constexpr column problem_columns[] = {
    {"WHERE", "/source"}, {"PATH", "/path"}, {"KIND", "/kind"}, {"PROBLEM", "/message"}, {"HINT", "/hint"}};
inline constexpr column plan_columns[] = {
    {"APPLY", "/apply"}, {"PATH", "/path"}, {"FROM", "/from"}, {"TO", "/to"}, {"WHY NOT", "/why"}};
inline constexpr column history_columns[] = {{"REVISION", "/revision"}, {"TIME", "/time", format::time},
                                             {"HOW", "/how"},           {"BY", "/by"},
                                             {"REASON", "/reason"},     {"CHANGED", "/summary"}};
inline constexpr column layer_columns[] = {
    {"LAYER", "/layer"}, {"SOURCE", "/source"}, {"LOADED", "/loaded_at", format::time}, {"SHA256", "/sha256"}};

inline constexpr auto config = std::to_array<verb>({
    {"config apply", "config.apply", by_patch, "plan", plan_columns},
    {"config check", "config.check", by_document, "problems", problem_columns},
    {"config confirm", "config.confirm", by_revision},
    {"config diff", "config.diff", by_ends},
    {"config drift", "config.drift"},
    {"config get", "config.get", by_path},
    {"config history", "config.history", {}, "revisions", history_columns},
    {"config layers", "config.layers", {}, "layers", layer_columns},
    {"config reload", "config.reload"},
    {"config rollback", "config.rollback", by_target, "plan", plan_columns, "go back to the configuration of revision"},
    {"config save", "config.save"},
    {"config schema", "config.schema", by_path},
    {"config set", "config.set", by_value, "plan", plan_columns},
    {"config status", "config.status"},
    {"config unset", "config.unset", by_path, "plan", plan_columns},
    {"plugin config", "plugin.config", by_instance_patch, "plan", plan_columns},
});

}  // namespace tokiod::ctl::rows
