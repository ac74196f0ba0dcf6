// The rows of config.*, and of plugin.config, which changes the configuration too. Part of wire/method_table.cpp.
#pragma once
#include <array>

#include "wire/rows/common.hpp"

namespace tokiod::wire::rows {

inline constexpr sv layer_choices[] = {"default",     "vendor",       "file",      "conf.d",
                                       "environment", "command_line", "persisted", "runtime"};
inline constexpr double most_revision = most_count;

// Of every change.
inline constexpr param expect_revision = {
    "expect_revision", integer, false, "refused when the configuration is at another revision", "", 1, most_revision};
inline constexpr param dry_run = {"dry_run", boolean, false, "only the plan: what would become of each change",
                                  "false"};
inline constexpr param persist = {"persist", boolean, false, "it outlives the process, in the state directory",
                                  "false"};
inline constexpr param confirm_within_s = {
    "confirm_within_s", number, false, "taken back after so long, unless config.confirm comes; 0: it stays", "0", 0,
    most_seconds};

inline constexpr param for_s = {
    "for_s", number, false,       "for how long; absent: until the daemon ends or it is changed again",
    "",      0.001,  most_seconds};

inline constexpr param config_get_params[] = {
    {"path", text, false, "JSON Pointer or dotted name of one setting; absent: everything", R"("")"},
    {"origin", boolean, false, "also which layer and line each value came from", "false"},
    {"layer", text, false, "what this layer says, instead of what is in force", "", 0, 16, layer_choices},
    {"defaults", boolean, false, "also settings that nobody set", "true"},
};
inline constexpr param config_check_params[] = {
    {"document", object, false, "a whole configuration document"},
    {"patch", object, false, "a change of what is in force (RFC 7396)"},
};
inline constexpr param config_schema_params[] = {{"path", text, false, "one setting; absent: everything", R"("")"}};
inline constexpr param config_reload_params[] = {wait, patience_s, reason};
inline constexpr param config_apply_params[] = {
    {"patch", object, false, "RFC 7396: objects merge, null goes back to the default, anything else replaces"},
    {"ops", any, false, "or operations (RFC 6902) on what config.get shows"},
    expect_revision,
    dry_run,
    persist,
    confirm_within_s,
    wait,
    patience_s,
    reason,
};
inline constexpr param config_set_params[] = {
    {"path", text, true, "JSON Pointer or dotted name of one setting"},
    {"value", any, true, "as config.schema says"},
    expect_revision,
    dry_run,
    persist,
    confirm_within_s,
    wait,
    patience_s,
    reason,
};
inline constexpr param config_unset_params[] = {
    {"path", text, true, "what was set at run time and is to be as the files say again"},
    expect_revision,
    dry_run,
    {"persist", boolean, false, "also where it was persisted", "false"},
    confirm_within_s,
    wait,
    patience_s,
    reason,
};
inline constexpr param config_rollback_params[] = {
    {"to", integer, true, "a revision of config.history", "", 1, most_revision},
    expect_revision,
    dry_run,
    persist,
    confirm_within_s,
    wait,
    patience_s,
    reason,
};
inline constexpr param config_confirm_params[] = {
    {"revision", integer, true, "the one that waits for it", "", 1, most_revision}, wait, patience_s, reason};
inline constexpr param config_diff_params[] = {
    {"from", any, false, "running, disk, default or a revision", R"("running")"},
    {"to", any, false, "the same", R"("disk")"},
};
inline constexpr param config_history_params[] = {{"limit", integer, false, "the newest first", "16", 1, 16}};
inline constexpr param config_save_params[] = {expect_revision, wait, patience_s, reason};
inline constexpr param plugin_config_params[] = {
    {"instance", text, true, "whose settings", "", 1, 64},
    {"patch", object, true, "RFC 7396, of what stands under config there"},
    expect_revision,
    dry_run,
    persist,
    confirm_within_s,
    wait,
    patience_s,
    reason,
};

inline constexpr kind e_change[] = {kind::invalid_config, kind::conflict, kind::refused,  kind::needs_restart,
                                    kind::io_error,       kind::busy,     kind::not_found};
// Of methods for single settings.
inline constexpr kind e_knob[] = {kind::missing_param, kind::invalid_config, kind::conflict,
                                  kind::refused,       kind::io_error,       kind::busy};
inline constexpr kind e_reload[] = {kind::invalid_config, kind::refused, kind::busy};
inline constexpr kind e_confirm[] = {kind::not_found, kind::io_error, kind::busy};
inline constexpr kind e_diff[] = {kind::not_found, kind::invalid_config};
inline constexpr kind e_save[] = {kind::conflict, kind::io_error, kind::busy};
inline constexpr sv change_result =
    "{revision, applied, persisted, plan:[{path, from, to, apply, origin, why?}], needs_restart, confirm_within_s?}";

inline constexpr auto config = std::to_array<method>({
    {"config.apply", level::admin, while_running, config_apply_params,
     "Changes the configuration: all of it or nothing, without touching a file of the administrator", change_result,
     e_change, R"({"patch":{"log":{"level":"info"}},"dry_run":true})"},
    {"config.check",
     level::observe,
     always,
     config_check_params,
     "Checks a configuration document or a change without applying it",
     "{valid, problems:[{path, source, kind, message, hint}], plan?}",
     {},
     R"({"document":{}})"},
    {"config.confirm", level::admin, while_running, config_confirm_params,
     "Keeps a change that was applied with confirm_within_s", "{revision}", e_confirm, R"({"revision":3})"},
    {"config.diff", level::observe, always, config_diff_params,
     "What is different between two revisions, what runs, what a restart would load, and the defaults",
     "{patch:[...], text}", e_diff, R"({"from":"default","to":"running"})"},
    {"config.drift",
     level::observe,
     always,
     {},
     "Whether a restart would load another configuration than the one that runs",
     "{drift, patch, text, problems?}",
     {},
     "{}"},
    {"config.get", level::observe, always, config_get_params, "The configuration in force, or one setting of it",
     "{revision, value, origins?, layers?}", e_found, R"({"path":"/runtime"})"},
    {"config.history",
     level::observe,
     always,
     config_history_params,
     "The last revisions: when, by whom and why",
     "{revisions:[{revision, time, how, by, reason?, summary}]}",
     {},
     "{}"},
    {"config.layers",
     level::observe,
     always,
     {},
     "What each layer of the configuration says",
     "{layers:[{layer, source, loaded_at, sha256, value}]}",
     {},
     "{}"},
    {"config.reload", level::operate, while_running, config_reload_params,
     "Reads the configuration files again; a faulty one leaves the old in force", "{revision, changed, needs_restart}",
     e_reload, R"({"wait":true})"},
    {"config.rollback", level::admin, while_running, config_rollback_params,
     "Makes an earlier revision the configuration in force again", change_result, e_change,
     R"({"to":1,"dry_run":true})"},
    {"config.save", level::admin, while_running, config_save_params,
     "Writes down what was applied at run time, in a file of the daemon's own, but for what is for a time",
     "{revision, path, sha256, left_out?}", e_save, "{}"},
    {"config.schema", level::observe, always, config_schema_params, "Every setting with its type, bounds and default",
     "JSON Schema", e_found, "{}"},
    {"config.set", level::operate, while_running, config_set_params,
     "Changes one setting; one that config.schema does not mark with x-level operate needs the level admin",
     change_result, e_change, R"({"path":"/log/level","value":"info","dry_run":true})"},
    {"config.status",
     level::observe,
     always,
     {},
     "The revision in force, the last reload, and what waits: for a confirmation, for a restart",
     "{revision, sha256, drift, needs_restart?, pending_confirm?, last_reload?}",
     {},
     "{}"},
    {"config.unset", level::operate, while_running, config_unset_params,
     "Takes back what was set at run time: the files say it again; needs the level that config.set does", change_result,
     e_change, R"({"path":"/log/level","dry_run":true})"},
    {"plugin.config", level::admin, while_running, plugin_config_params, "Changes what an instance is configured with",
     change_result, e_change, R"({"instance":"echo","patch":{},"dry_run":true})"},
});

}  // namespace tokiod::wire::rows
