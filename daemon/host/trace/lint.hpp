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

enum class lint : std::uint8_t {
  self_wakes,
  never_yielded,
  large_future,
  long_poll,
  starving,
  never_polled_again,
  hot_task,
  lost_waker  // not in a record alone: who looks for it knows the task's instance, too
};
inline constexpr lint all_lints[] = {lint::self_wakes, lint::never_yielded,      lint::large_future, lint::long_poll,
                                     lint::starving,   lint::never_polled_again, lint::hot_task,     lint::lost_waker};

[[nodiscard]] std::string_view name(lint which);
[[nodiscard]] std::optional<lint> lint_named(std::string_view text);

struct lint_options {
  std::vector<lint> allowed;                 // these are not looked for
  duration_ns never_yielded_after = second;  // a first poll that lasts that long
};

// Limits that nobody sets.
inline constexpr std::uint64_t most_self_wakes_percent = 50;
inline constexpr std::uint64_t large_bytes = 1024;
inline constexpr duration_ns long_poll_after = 100 * millisecond;
inline constexpr duration_ns starving_after = second;
inline constexpr duration_ns never_polled_after = 10 * second;
inline constexpr std::uint64_t hot_percent = 80;  // of its life, where that is long enough to say so
inline constexpr duration_ns hot_life = 10 * second;

struct finding {
  lint what;
  std::string sentence;  // the fact and the limit
  double measured;       // the fact, in the unit of the limit: percent, bytes or seconds
};

[[nodiscard]] std::vector<finding> findings_of(const task_record& task, instant_ns now, const lint_options& with);

}  // namespace tokiod::host::trace
