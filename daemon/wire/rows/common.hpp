// What the rows of several groups are made of.
#pragma once
#include <string_view>

#include "wire/method.hpp"

namespace tokiod::wire::rows {

using enum param_type;
using sv = std::string_view;

inline constexpr double most_seconds = 86400;

inline constexpr param deadline = {
    "deadline_s", number, false, "how long tasks may take to end; absent: as configured", "", 0, most_seconds};
inline constexpr param reason = {"reason", text, false, "goes to the log"};
inline constexpr kind e_found[] = {kind::not_found};

}  // namespace tokiod::wire::rows
