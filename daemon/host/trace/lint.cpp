#include "host/trace/lint.hpp"

#include <algorithm>

#include "host/texts.hpp"

namespace tokiod::host::trace {
namespace {

constexpr std::uint64_t most_self_wakes_percent = 50;
constexpr std::uint64_t large_bytes = 1024;

std::optional<std::string> look_at(lint what, const task_record& task, instant_ns now, const lint_options& with) {
  switch (what) {
    case lint::self_wakes: {
      if (task.wakes == 0 || task.self_wakes * 100 <= task.wakes * most_self_wakes_percent) return std::nullopt;
      const std::uint64_t percent = task.self_wakes * 100 / task.wakes;
      return std::to_string(percent) + " % of its wakes come from itself, more than " +
             std::to_string(most_self_wakes_percent) + " %";
    }
    case lint::never_yielded: {
      const bool in_first = task.in_poll && task.polls == 0 && task.seen_from_birth;
      const duration_ns lasts = in_first ? now - std::min(now, task.last_poll_started) : 0;
      if (!in_first || lasts < with.never_yielded_after) return std::nullopt;
      return "its first poll has lasted for " + seconds_text(lasts) + ", at least " +
             seconds_text(with.never_yielded_after);
    }
    case lint::large_future:
      if (task.least_bytes < large_bytes) return std::nullopt;
      return "its future has at least " + std::to_string(task.least_bytes) + " bytes, the limit is " +
             std::to_string(large_bytes);
  }
  return std::nullopt;
}

}  // namespace

std::string_view name(lint which) {
  constexpr std::string_view names[] = {"self_wakes", "never_yielded", "large_future"};
  return names[static_cast<unsigned>(which)];
}

std::optional<lint> lint_named(std::string_view text) {
  for (const lint each : all_lints)
    if (name(each) == text) return each;
  return std::nullopt;
}

std::vector<finding> findings_of(const task_record& task, instant_ns now, const lint_options& with) {
  std::vector<finding> found;
  if (task.kind == task_kind::blocking || task.dropped != 0) return found;
  for (const lint each : all_lints) {
    if (std::ranges::find(with.allowed, each) != with.allowed.end()) continue;
    if (auto sentence = look_at(each, task, now, with)) found.push_back({each, std::move(*sentence)});
  }
  return found;
}

}  // namespace tokiod::host::trace
