// The one table of control methods, put together of the rows of its groups. A row and its example are enough for a
// client; control/methods/ binds the code.
#include <algorithm>
#include <array>

#include "wire/method.hpp"
#include "wire/rows/config.hpp"
#include "wire/rows/console.hpp"
#include "wire/rows/control.hpp"
#include "wire/rows/daemon.hpp"
#include "wire/rows/diag.hpp"
#include "wire/rows/event.hpp"
#include "wire/rows/log.hpp"
#include "wire/rows/metrics.hpp"
#include "wire/rows/operation.hpp"
#include "wire/rows/plugin.hpp"
#include "wire/rows/resource.hpp"
#include "wire/rows/runtime.hpp"
#include "wire/rows/task.hpp"
#include "wire/rows/waiting.hpp"
#include "wire/rows/watchdog.hpp"
#include "wire/sorted_rows.hpp"

namespace tokiod::wire {
namespace {

constexpr auto table = sorted_rows(&method::name, rows::config, rows::console, rows::control, rows::daemon, rows::diag,
                                   rows::event, rows::log, rows::metrics, rows::operation, rows::plugin, rows::resource,
                                   rows::runtime, rows::task, rows::waiting, rows::watchdog);

// Edits between two names, for did-you-mean; both are short. Two letters in the wrong order are one edit.
std::size_t distance(std::string_view a, std::string_view b) {
  std::string before(b.size() + 1, '\0'), above = before, row = before;
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<char>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = static_cast<char>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const int replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = static_cast<char>(std::min({replaced, above[j] + 1, row[j - 1] + 1}));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = static_cast<char>(std::min<int>(row[j], before[j - 2] + 1));
    }
  }
  return static_cast<std::size_t>(row[b.size()]);
}

}  // namespace

std::span<const method> methods() { return table; }

const method* find_method(std::string_view name) {
  const auto row = std::ranges::lower_bound(table, name, {}, &method::name);
  return row != table.end() && row->name == name ? &*row : nullptr;
}

std::optional<std::string_view> nearest(std::string_view name, std::span<const std::string_view> known) {
  constexpr std::size_t longest = 100;  // distance() counts in a char
  if (name.size() > longest) return std::nullopt;
  std::optional<std::string_view> best;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const auto each : known)
    if (const auto edits = distance(name, each); each.size() <= longest && edits < best_distance) {
      best = each;
      best_distance = edits;
    }
  return best;
}

std::optional<std::string_view> nearest_method(std::string_view name) {
  std::array<std::string_view, table.size()> names;
  std::ranges::transform(table, names.begin(), &method::name);
  return nearest(name, names);
}

}  // namespace tokiod::wire
