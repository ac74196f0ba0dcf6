// The rows of event.*. Part of wire/method_table.cpp.
#pragma once
#include <array>

#include "wire/rows/common.hpp"
#include "wire/rows/topics.hpp"

namespace tokiod::wire::rows {

inline constexpr sv page_modes[] = {"full", "delta"};
inline constexpr param subscribe_params[] = {
    {"topics", texts, true, topic_list, "", 1, 16},
    {"interval_ms", integer, false, "how often metrics, tasks, resources and async_ops are sent", "1000", 100, 60000},
    {"match", text, false, "only metric families whose name matches", R"("*")"},
    {"mode", text, false, "of metrics: whole pages, or after the first only samples that have changed", R"("full")", 0,
     16, page_modes},
    {"filter", object, false,
     R"(only events whose data has members that match these globs: {"plugin":"web*"}; of log, level is the least)"},
    {"max_rate", integer, false, "at most so many events a second; others are dropped, and counted", "", 1, 100'000},
    {"task", text, false, "of which the topic task tells everything", "", 3, 32},
    {"since_seq", integer, false, "first what came after the event of that number, as far as it is kept", "", 0,
     most_count},
};
inline constexpr param recent_params[] = {
    {"topic", text, false, "only events of this topic; absent: of all that the caller may hear", R"("")", 0, 64},
    {"limit", integer, false, "at most this many, the newest", "100", 1, 1000},
};
inline constexpr param unsubscribe_params[] = {{"sub", text, true, "as event.subscribe gave it", "", 1, 32}};
inline constexpr kind e_topic[] = {kind::bad_enum, kind::wrong_type, kind::quota_exceeded, kind::permission_denied};

inline constexpr auto event = std::to_array<method>({
    {"event.recent", level::observe, always, recent_params,
     "Events that were published and are still kept, but for the pages of metrics and tasks; oldest first",
     "{events:[{seq, ts, topic, data}], seq}", e_topic, R"({"topic":"plugin.state","limit":10})"},
    {"event.subscribe", level::observe, always, subscribe_params,
     "Sends notifications `event` {sub, seq, ts, topic, data, dropped?} from now on", "{sub, seq, missed?}", e_topic,
     R"({"topics":["plugin.state"]})"},
    {"event.topics",
     level::observe,
     always,
     {},
     "What there are events about",
     "{topics:[{topic, level, doc}]}",
     {},
     "{}"},
    {"event.unsubscribe", level::observe, always, unsubscribe_params, "Ends a subscription of this connection", "{}",
     e_found, R"({"sub":"s-1"})"},
});

}  // namespace tokiod::wire::rows
