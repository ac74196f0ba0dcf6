// The errors of a method as its callers see them, by name and code: the kinds of its row, and the names that are no
// kind of the whole program's but of a few methods. What every method may refuse with stands apart.
// Threads: pure functions and constants [any].
#pragma once
#include <string_view>
#include <vector>

#include "wire/method.hpp"

namespace tokiod::wire {

struct named_error {
  std::string_view name;
  int code = 0;
};

// daemon.upgrade's own: it has begun, and the successor does not come.
inline constexpr named_error upgrade_failed{"upgrade_failed", 1110};
// The conflict with expect_revision, which other conflicts share a code with.
inline constexpr named_error revision_conflict{"revision_conflict", 1002};

[[nodiscard]] std::vector<named_error> errors_of(const method& row);
// What the protocol refuses with, whatever the method: for the request, its caller, or its moment.
[[nodiscard]] std::vector<named_error> general_errors();
[[nodiscard]] constexpr bool is_general(int code) { return code < 0; }
// Every name that there is.
[[nodiscard]] std::vector<named_error> all_errors();

}  // namespace tokiod::wire
