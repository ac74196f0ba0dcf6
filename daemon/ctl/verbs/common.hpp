// What the verbs of several groups are made of.
#pragma once
#include <string_view>

#include "ctl/verb.hpp"

namespace tokiod::ctl::rows {

using sv = std::string_view;

inline constexpr sv by_path[] = {"path"};
inline constexpr sv by_id[] = {"id"};
inline constexpr sv by_match[] = {"match"};

}  // namespace tokiod::ctl::rows
