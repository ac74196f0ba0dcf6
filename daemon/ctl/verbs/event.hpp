// The verbs of event.*. Part of ctl/verb.cpp; `tokioctl events` is a word of its own.
#pragma once
#include <array>

#include "ctl/verbs/common.hpp"

namespace tokiod::ctl::rows {

inline constexpr sv by_topic[] = {"topic"};
inline constexpr column recent_columns[] = {
    {"SEQ", "/seq"},
    {"TIME", "/ts"},
    {"TOPIC", "/topic"},
    {"DATA", "/data"},
};
inline constexpr column topic_columns[] = {{"TOPIC", "/topic"}, {"LEVEL", "/level"}, {"WHEN AND WHAT", "/doc"}};

inline constexpr auto event = std::to_array<verb>({
    {"event recent", "event.recent", by_topic, "events", recent_columns},
    {"event topics", "event.topics", {}, "topics", topic_columns},
});

}  // namespace tokiod::ctl::rows
