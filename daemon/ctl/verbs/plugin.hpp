// The verbs of plugin.*. Part of ctl/verb.cpp.
#pragma once
#include <array>

#include "ctl/verbs/common.hpp"

namespace tokiod::ctl::rows {

inline constexpr sv by_plugin[] = {"plugin"};
inline constexpr sv by_instance[] = {"instance"};
inline constexpr sv by_call[] = {"instance", "method"};
inline constexpr column plugin_columns[] = {
    {"PLUGIN", "/plugin"},
    {"VERSION", "/version"},
    {"IMAGE", "/image_state"},
    {"INSTANCE", "/instance"},
    {"STATE", "/state"},
    {"TASKS", "/usage/tasks_live", format::count},
    {"FAULTS", "/faults", format::count},
    {"REASON", "/reason"},
};
inline constexpr column scan_columns[] = {
    {"NAME", "/name"}, {"VERSION", "/version"}, {"LOADED", "/loaded"}, {"PATH", "/path"}, {"WHY NOT", "/why"},
};

inline constexpr auto plugin = std::to_array<verb>({
    {"plugin call", "plugin.call", by_call},
    {"plugin clear-quarantine", "plugin.clear_quarantine", by_plugin},
    {"plugin disable", "plugin.disable", by_plugin, {}, {}, "stop the plugin's instances"},
    {"plugin enable", "plugin.enable", by_plugin},
    {"plugin info", "plugin.info", by_plugin},
    {"plugin inspect", "plugin.inspect", by_path},
    {"plugin list", "plugin.list", {}, "plugins", plugin_columns},
    {"plugin load", "plugin.load", by_plugin},
    {"plugin reload", "plugin.reload", by_plugin},
    {"plugin restart", "plugin.restart", by_instance},
    {"plugin scan", "plugin.scan", {}, "found", scan_columns},
    {"plugin start", "plugin.start", by_instance},
    {"plugin stop", "plugin.stop", by_instance, {}, {}, "stop the instance"},
    {"plugin unload", "plugin.unload", by_plugin, {}, {}, "unload the plugin"},
});

}  // namespace tokiod::ctl::rows
