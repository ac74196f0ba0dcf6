// The words of tokioctl, as data: which method each stands for, which parameters come without a name, and which columns
// of a list are worth a table. Options and help of a verb come from the method's row.
// Invariant: every method of the table has a verb, except those that verbs of their own use (rpc.discover,
//            event.unsubscribe); a test counts them.
// Threads:   constants [any].
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "wire/method.hpp"

namespace tokiod::ctl {

enum class format : std::uint8_t { plain, seconds, count, attributes, time };

struct column {
  std::string_view title;
  std::string_view pointer;  // into a row
  format shown_as = format::plain;
};

struct verb {
  std::string_view words;  // "plugin load"
  std::string_view method;
  std::span<const std::string_view> positional = {};
  std::string_view list = {};  // the member of the result that is a table's rows; empty: the result is one record
  std::span<const column> columns = {};
  std::string_view asks = {};  // on a terminal, before it is done: what cannot be taken back
};

[[nodiscard]] std::span<const verb> verbs();
[[nodiscard]] const verb* find_verb(std::string_view words);
// The option of a parameter: deadline_s becomes --deadline, its unit is in the help.
[[nodiscard]] std::string option_name(const wire::param& rule);

}  // namespace tokiod::ctl
