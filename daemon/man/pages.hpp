// The four manual pages, made from what the programs themselves are made from: the parsers of the command lines, the
// table of settings, the tables of methods, their results and topics.
// Threads: pure functions [any].
#pragma once
#include <string>
#include <string_view>

namespace tokiod::man {

[[nodiscard]] std::string tokiod_8(std::string_view date);
[[nodiscard]] std::string tokioctl_1(std::string_view date);
[[nodiscard]] std::string tokiod_json_5(std::string_view date);
[[nodiscard]] std::string tokiod_control_7(std::string_view date);

}  // namespace tokiod::man
