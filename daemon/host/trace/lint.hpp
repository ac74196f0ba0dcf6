// What looks wrong with a task that is listened to.
// Invariant: a blocking job has no lints: it may last and it is not polled again.
// Threads:   pure functions.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "host/trace/task_record.hpp"

namespace tokiod::host::trace {

enum class lint : std::uint8_t { self_wakes, never_yielded, large_future };
inline constexpr lint all_lints[] = {lint::self_wakes, lint::never_yielded, lint::large_future};

[[nodiscard]] std::string_view name(lint which);
[[nodiscard]] std::optional<lint> lint_named(std::string_view text);

struct lint_options {
  std::vector<lint> allowed;                 // these are not looked for
  duration_ns never_yielded_after = second;  // a first poll that lasts that long
};

struct finding {
  lint what;
  std::string sentence;  // the fact and the limit
};

[[nodiscard]] std::vector<finding> findings_of(const task_record& task, instant_ns now, const lint_options& with);

}  // namespace tokiod::host::trace
