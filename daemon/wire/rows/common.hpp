// What the rows of several groups are made of.
#pragma once
#include <string_view>

#include "wire/method.hpp"

namespace tokiod::wire::rows {

using enum param_type;
using sv = std::string_view;

inline constexpr double most_seconds = 86400;
inline constexpr double most_count = 9'007'199'254'740'992;  // up to it a JSON number is exact

inline constexpr param deadline = {
    "deadline_s", number, false, "how long tasks may take to end; absent: as configured", "", 0, most_seconds};
// Of every operation, that is of every method that may take longer than its caller likes to wait.
inline constexpr param wait = {"wait", boolean, false, "answer when it has ended; false: at once, with operation_id",
                               "true"};
inline constexpr param patience_s = {
    "patience_s", number, false, "how long to wait for its end; it goes on after that", "", 0, most_seconds};
inline constexpr param reason = {"reason", text, false, "goes to the log"};
inline constexpr kind e_found[] = {kind::not_found};

}  // namespace tokiod::wire::rows
