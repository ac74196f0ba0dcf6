// The tabs of `tokioctl top`: which rows each shows, in which columns, and what names a row.
// Threads: constants [any].
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "ctl/verb.hpp"

namespace tokiod::ctl {

struct tab {
  std::string_view title;
  std::string_view rows;  // the member of the sample
  std::span<const column> columns;
  std::string_view sorted_by;  // at first, a column's title
  bool descending = false;
};

[[nodiscard]] std::span<const tab> tabs();
[[nodiscard]] std::optional<std::size_t> tab_named(std::string_view title);
// By its title, in any case. Null: there is none.
[[nodiscard]] const column* column_named(const tab& of, std::string_view title);

}  // namespace tokiod::ctl
