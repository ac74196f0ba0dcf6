// The rows of log.*. Part of wire/method_table.cpp.
#pragma once
#include <array>

#include "wire/rows/common.hpp"

namespace tokiod::wire::rows {

inline constexpr sv log_levels[] = {"trace", "debug", "info", "warn", "error", "off"};
inline constexpr param log_set_params[] = {
    {"level", text, false, "the least severe record that is written", "", 0, 16, log_levels},
    {"target", text, false,
     "who speaks, as plugin.echo with all below it, or a glob; absent: everybody without a level of his own", R"("")",
     0, 128},
    {"levels", object, false, R"(several at once: {"plugin.echo":"debug", "*":"warn"})"},
    {"for_s", number, false, "for how long; absent: until the daemon ends or reloads", "", 0.001, most_seconds},
    reason,
};
inline constexpr param log_tail_params[] = {
    {"target", text, false, "only what it and those below it say, as plugin.echo, or a glob", R"("")", 0, 128},
    {"level", text, false, "only what is at least as severe", R"("trace")", 0, 16, log_levels},
    {"text", text, false, "only records whose message or a value contains it", R"("")", 0, 256},
    {"lines", integer, false, "at most this many, the newest", "20", 0, 1000},
    {"follow", boolean, false, "and then events of the topic log: those that come; needs operate", "false"},
};
inline constexpr kind e_log_set[] = {kind::bad_enum, kind::missing_param, kind::quota_exceeded};
inline constexpr kind e_log_tail[] = {kind::bad_enum, kind::permission_denied, kind::quota_exceeded};
inline constexpr sv log_levels_result =
    "{level, targets, for_a_time:[{target, level, left_seconds}], dropped, suppressed}";

inline constexpr auto log = std::to_array<method>({
    {"log.get", level::observe, always, {}, "Which targets speak from which level on", log_levels_result, {}, "{}"},
    {"log.set", level::operate, always, log_set_params,
     "Changes levels, until the daemon ends or reloads, or for a time; then the level beneath is in force again",
     log_levels_result, e_log_set, R"({"level":"info","target":"plugin.echo","for_s":300})"},
    {"log.tail", level::observe, always, log_tail_params,
     "The newest records of the log, oldest first; to an observer without those of plugins, calls and configurations",
     "{lines:[{number, ts, level, target, message, fields, file, line, message_id?}], sub?, seq?}", e_log_tail,
     R"({"lines":10,"level":"info"})"},
});

}  // namespace tokiod::wire::rows
