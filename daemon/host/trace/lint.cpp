#include "host/trace/lint.hpp"

#include <algorithm>

#include "host/texts.hpp"

namespace tokiod::host::trace {
namespace {

struct seen {
  std::string sentence;
  double measured;
};
using sight = std::optional<seen>;

double in_seconds(duration_ns ns) { return static_cast<double>(ns) / 1e9; }
duration_ns since(instant_ns then, instant_ns now) { return now - std::min(now, then); }

bool in_first_poll(const task_record& task) { return task.in_poll && task.polls == 0 && task.seen_from_birth; }

sight self_wakes(const task_record& task) {
  if (task.wakes == 0 || task.self_wakes * 100 <= task.wakes * most_self_wakes_percent) return std::nullopt;
  const std::uint64_t percent = task.self_wakes * 100 / task.wakes;
  return seen{std::to_string(percent) + " % of its wakes come from itself, more than " +
                  std::to_string(most_self_wakes_percent) + " %",
              static_cast<double>(percent)};
}

sight never_yielded(const task_record& task, instant_ns now, const lint_options& with) {
  const duration_ns lasts = in_first_poll(task) ? since(task.last_poll_started, now) : 0;
  if (!in_first_poll(task) || lasts < with.never_yielded_after) return std::nullopt;
  return seen{
      "its first poll has lasted for " + seconds_text(lasts) + ", at least " + seconds_text(with.never_yielded_after),
      in_seconds(lasts)};
}

sight large_future(const task_record& task) {
  if (task.least_bytes < large_bytes) return std::nullopt;
  return seen{"its future has at least " + std::to_string(task.least_bytes) + " bytes, the limit is " +
                  std::to_string(large_bytes),
              static_cast<double>(task.least_bytes)};
}

// At least so long, as far as the buckets tell.
duration_ns longest_of(const bounded_times& times) {
  if (times.longer != 0) return times.longest;
  for (std::size_t bucket = times.counted.counts.size(); bucket-- > 0;)
    if (times.counted.counts[bucket] != 0) return metrics::lower_bound(bucket);
  return 0;
}

// A first poll that goes on is never_yielded's.
sight long_poll(const task_record& task, instant_ns now) {
  const bool goes_on = task.in_poll && !in_first_poll(task);
  const duration_ns longest =
      std::max(longest_of(task.poll_times), goes_on ? since(task.last_poll_started, now) : duration_ns{0});
  if (longest < long_poll_after) return std::nullopt;
  return seen{"a poll of it took " + seconds_text(longest) + ", the limit is " + seconds_text(long_poll_after),
              in_seconds(longest)};
}

sight starving(const task_record& task, instant_ns now) {
  const duration_ns waits = task.runnable_since != 0 && !task.in_poll ? since(task.runnable_since, now) : 0;
  if (waits < starving_after) return std::nullopt;
  return seen{
      "it has waited for its poll for " + seconds_text(waits) + ", the limit is " + seconds_text(starving_after),
      in_seconds(waits)};
}

// Woken, and neither polled nor waiting for a poll.
sight never_polled_again(const task_record& task, instant_ns now) {
  const bool left = task.unpolled_wakes != 0 && !task.in_poll && task.runnable_since == 0;
  const duration_ns waits = left ? since(task.last_wake, now) : 0;
  if (waits < never_polled_after) return std::nullopt;
  return seen{"it was woken " + seconds_text(waits) + " ago and has not been polled since", in_seconds(waits)};
}

sight hot_task(const task_record& task, instant_ns now) {
  const duration_ns life = task.total(now);
  if (life < hot_life) return std::nullopt;
  const std::uint64_t percent = task.busy_until(now) / (life / 100);
  if (percent < hot_percent) return std::nullopt;
  return seen{"it was polled for " + std::to_string(percent) + " % of its life, the limit is " +
                  std::to_string(hot_percent) + " %",
              static_cast<double>(percent)};
}

sight look_at(lint what, const task_record& task, instant_ns now, const lint_options& with) {
  switch (what) {
    case lint::self_wakes: return self_wakes(task);
    case lint::never_yielded: return never_yielded(task, now, with);
    case lint::large_future: return large_future(task);
    case lint::long_poll: return long_poll(task, now);
    case lint::starving: return starving(task, now);
    case lint::never_polled_again: return never_polled_again(task, now);
    case lint::hot_task: return hot_task(task, now);
    case lint::lost_waker: break;
  }
  return std::nullopt;
}

}  // namespace

std::string_view name(lint which) {
  constexpr std::string_view names[] = {"self_wakes", "never_yielded",      "large_future", "long_poll",
                                        "starving",   "never_polled_again", "hot_task",     "lost_waker"};
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
    if (auto found_so = look_at(each, task, now, with))
      found.push_back({each, std::move(found_so->sentence), found_so->measured});
  }
  return found;
}

}  // namespace tokiod::host::trace
