// What log.* answers with. Part of wire/results.cpp.
#pragma once
#include <array>

#include "wire/results.hpp"

namespace tokiod::wire::results {

inline constexpr auto log = std::to_array<result_shape>({
    {"log.get", "log_levels"},
    {"log.set", "log_levels"},
    {"log.tail", "{lines: [log_record], sub?: text, seq?: integer}"},
    {"log_levels",
     "{level: text, targets: {*: text}, for_a_time: [{target: text, level: text, left_seconds: number}], "
     "dropped: integer, suppressed: integer}"},
    {"log_record",
     "{number: integer, ts: number, level: text, target: text, message: text, fields: {*: text}, file: text, "
     "line: integer, message_id?: text}"},
});

}  // namespace tokiod::wire::results
