#include "app/task_console.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "app/poll_times.hpp"
#include "app/show.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "control/view/task.hpp"

namespace tokiod::app {
namespace {

namespace trace = host::trace;

control::times_info info_of(const trace::bounded_times& seen) {
  return {histogram_of(seen.counted), seen.longer, seconds(seen.longest)};
}

std::string name_of(trace::task_end how) {
  constexpr const char* names[] = {"", "completed", "cancelled", "panicked"};
  return names[static_cast<unsigned>(how)];
}

std::string name_of(trace::task_kind kind) {
  constexpr const char* names[] = {"task", "local", "blocking"};
  return names[static_cast<unsigned>(kind)];
}

std::string known_lints() {
  std::string text;
  for (const auto one : trace::all_lints) text.append(text.empty() ? "" : ", ").append(trace::name(one));
  return text;
}

}  // namespace

void task_console::set(const config::console_settings& with) {
  const std::lock_guard lock(mutex_);
  with_ = with;
  lints_ = {};
  lints_.never_yielded_after = with.never_yielded_ms * millisecond;
  for (const auto& name : with.allow) {
    const auto one = trace::lint_named(name);
    if (name == "all")
      lints_.allowed.assign(std::begin(trace::all_lints), std::end(trace::all_lints));
    else if (one)
      lints_.allowed.push_back(*one);
    else
      log::warn("console", "console.allow names no lint", {{"name", name}, {"known", "all, " + known_lints()}});
  }
  settle();
}

void task_console::listen(bool on) {
  const std::lock_guard lock(mutex_);
  if (on)
    ++listeners_;
  else if (listeners_ != 0)
    --listeners_;
  settle();
}

bool task_console::pause(bool on) {
  bool changes = false;
  {
    const std::lock_guard lock(mutex_);
    changes = std::exchange(paused_, on) != on;
    settle();
  }
  if (changes && tell_) tell_(on);
  return on;
}

void task_console::watch(task::task_id id, bool on) {
  const std::lock_guard lock(mutex_);
  const auto known = watched_.find(id);
  if (!on && known == watched_.end()) return;
  const bool changes = on ? ++watched_[id] == 1 : --known->second == 0;
  if (!on && changes) watched_.erase(known);
  if (changes && book_ != nullptr) book_->watch(id, on);
}

// A pause ends nothing: what was known goes on.
void task_console::settle() {
  const bool wanted = listeners_ != 0 || with_.always;
  if (!wanted)
    trace::ignore();
  else if (paused_)
    trace::pause();
  if (wanted && !paused_ && !trace::on()) {
    book_ = &trace::listen(with_.max_tasks, !known_);
    if (!known_)
      for (const auto& [id, by] : watched_) book_->watch(id, true);
  }
  known_ = wanted && (known_ || !paused_);
}

bool task_console::paused() const {
  const std::lock_guard lock(mutex_);
  return paused_;
}

// What stands there while nobody listens may be long over.
trace::task_book* task_console::book() const {
  const std::lock_guard lock(mutex_);
  return known_ ? book_ : nullptr;
}

std::uint64_t task_console::dropped() const {
  const auto* const from = book();
  return from == nullptr ? 0 : from->dropped() + trace::last_resources()->dropped();
}

std::optional<trace::task_record> task_console::find(task::task_id id) const {
  const auto* const from = book();
  return from == nullptr ? std::nullopt : from->find(id);
}

std::vector<trace::task_record> task_console::changed_since(instant_ns since) const {
  auto* const from = book();
  if (from == nullptr) return {};
  auto found = from->changed_since(since);
  const instant_ns now = steady_clock().now();
  const std::lock_guard lock(mutex_);
  const duration_ns kept = with_.retention_ms * millisecond;
  if (now > kept) from->forget_ended_before(now - kept);
  return found;
}

const trace::resource_book* task_console::resources() const {
  if (book() == nullptr) return nullptr;
  auto* const from = trace::last_resources();
  const instant_ns now = steady_clock().now();
  const std::lock_guard lock(mutex_);
  const duration_ns kept = with_.retention_ms * millisecond;
  if (now > kept) from->forget_ended_before(now - kept);
  return from;
}

void task_console::has_ended(task::task_id id) const {
  if (auto* const of = book()) of->ends(id, trace::task_end::none, steady_clock().now());
}

bool task_console::listening() const {
  const std::lock_guard lock(mutex_);
  return known_;
}

control::task_stats task_console::stats_of(const trace::task_record& from) const {
  const moments at;
  control::task_stats s;
  s.kind = name_of(from.kind);
  s.from_birth = from.seen_from_birth;
  if (from.parent != 0) s.parent = control::task_id_text(from.parent);
  s.function = from.function.view();
  s.column = from.column;
  s.bytes = from.bytes;
  s.last_wake = at.of(from.last_wake);
  s.first_poll = at.of(from.first_poll);
  s.end = name_of(from.end);
  s.scheduled_seconds = seconds(from.scheduled);
  show_poll_times(from, at, s);
  s.wakes = from.wakes;
  s.self_wakes = from.self_wakes;
  s.poll_times = info_of(from.poll_times);
  s.scheduled_times = info_of(from.scheduled_times);
  s.warnings = warnings_of(from, at.now);
  return s;
}

std::vector<control::task_warning> task_console::warnings_of(const trace::task_record& from, instant_ns now) const {
  std::vector<control::task_warning> all;
  const std::lock_guard lock(mutex_);
  for (auto& found : trace::findings_of(from, now, lints_))
    all.push_back({std::string(trace::name(found.what)), std::move(found.sentence), found.measured});
  return all;
}

bool task_console::looks_for(trace::lint which) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::find(lints_.allowed, which) == lints_.allowed.end();
}

}  // namespace tokiod::app
