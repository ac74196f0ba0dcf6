// The tabs of `tokioctl top`: which rows each shows, in which columns, and what names a row.
// Threads: constants [any].
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
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

// "tasks, workers, plugins": of tabs or of columns.
template <class Titled>
[[nodiscard]] std::string titles_of(std::span<const Titled> all) {
  std::string text;
  for (const auto& each : all) text.append(text.empty() ? "" : ", ").append(each.title);
  return text;
}

[[nodiscard]] std::span<const tab> tabs();
[[nodiscard]] std::optional<std::size_t> tab_named(std::string_view title);
// By its title, in any case. Null: there is none.
[[nodiscard]] const column* column_named(const tab& of, std::string_view title);

}  // namespace tokiod::ctl
