// Every lint there is: how bad it is, where its limit lies, and what to do about it.
// Invariant: the lints of host/trace/lint.hpp and those of diag/runtime_lints.hpp, each once; a test compares.
// Threads:   constants [any].
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "host/trace/lint.hpp"

namespace tokiod::app {

enum class severity : std::uint8_t { info, warning, error };

[[nodiscard]] constexpr std::string_view name(severity s) {
  constexpr std::string_view names[] = {"info", "warning", "error"};
  return names[static_cast<unsigned>(s)];
}

// Limits of the lints that are about the runtime as a whole.
inline constexpr std::uint64_t hoard_tasks = 64;  // in one queue while another worker sleeps
inline constexpr duration_ns untouched_after = second;
inline constexpr duration_ns timer_late_after = 100 * millisecond;
inline constexpr std::uint64_t storm_per_second = 10'000;  // more tasks spawned than ended
inline constexpr duration_ns lost_after = 60 * second;

struct lint_row {
  std::string_view name;
  severity how_bad;
  double threshold;
  std::string_view unit;
  std::string_view hint;
};

[[nodiscard]] constexpr double whole_seconds(duration_ns ns) { return static_cast<double>(ns) / 1e9; }

inline constexpr auto lint_rows = std::to_array<lint_row>({
    {"blocking_pool_saturated", severity::warning, 0, "jobs",
     "raise runtime.max_blocking_threads, or find the jobs that take long: tokioctl slow --kind blocking"},
    {"hoarding_worker", severity::warning, hoard_tasks, "tasks",
     "its poll may hide the queue: tokioctl stacks --scope workers"},
    {"hot_task", severity::warning, host::trace::hot_percent, "percent",
     "move the computation into a blocking job, or split it over several tasks"},
    {"large_future", severity::info, host::trace::large_bytes, "bytes",
     "keep large buffers on the heap, so that spawning does not copy them"},
    {"leaked_tasks", severity::error, 0, "tasks",
     "the plugin ended and tasks of it live on: tokioctl plugin info says what they hold"},
    {"long_poll", severity::warning, whole_seconds(host::trace::long_poll_after), "seconds",
     "it holds up its worker: tokioctl stacks shows where; use spawn_blocking or block_in_place"},
    {"lost_waker", severity::error, whole_seconds(lost_after), "seconds",
     "nothing is known that would wake it: tokioctl task wake shows whether a wake was lost"},
    {"never_polled_again", severity::error, whole_seconds(host::trace::never_polled_after), "seconds",
     "a wake led to no poll: report this, with tokioctl bundle"},
    {"never_yielded", severity::warning, whole_seconds(second), "seconds",
     "it has no await that waits: use spawn_blocking, or yield_now in its loop"},
    {"self_wakes", severity::warning, host::trace::most_self_wakes_percent, "percent",
     "it polls itself instead of waiting: register with what it waits for"},
    {"spawn_storm", severity::warning, storm_per_second, "tasks per second",
     "bound what is spawned with a semaphore, or set max_tasks of the instance"},
    {"starving", severity::warning, whole_seconds(host::trace::starving_after), "seconds",
     "the workers are busy, or its instance has used up its CPU quota: tokioctl worker list"},
    {"timer_late", severity::warning, whole_seconds(timer_late_after), "seconds",
     "no worker looks at the timers: tokioctl stacks --scope workers"},
});
static_assert(std::ranges::is_sorted(lint_rows, {}, &lint_row::name));

// The name is one of them.
[[nodiscard]] constexpr const lint_row& row_of(std::string_view lint) {
  return *std::ranges::lower_bound(lint_rows, lint, {}, &lint_row::name);
}

}  // namespace tokiod::app
