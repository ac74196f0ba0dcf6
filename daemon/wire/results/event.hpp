// What event.* answers with. Part of wire/results.cpp.
#pragma once
#include <array>

#include "wire/results.hpp"

namespace tokiod::wire::results {

inline constexpr auto event = std::to_array<result_shape>({
    {"event.recent", "{events: [{seq: integer, ts: number, topic: text, data: any}], seq: integer}"},
    {"event.subscribe", "{sub: text, seq: integer, missed?: boolean}"},
    {"event.topics", "{topics: [{topic: text, level: access_level, doc: text}]}"},
    {"event.unsubscribe", "{}"},
});

}  // namespace tokiod::wire::results
