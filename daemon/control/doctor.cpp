#include "control/doctor.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace tokiod::control {
namespace {

using findings = std::vector<doctor_finding>;

constexpr duration_ns slow_loop = 100 * millisecond;
constexpr double most_of_descriptors = 0.8;
constexpr std::uint64_t deep_queue_per_worker = 1000;

int rank(std::string_view severity) { return severity == "error" ? 2 : severity == "warning" ? 1 : 0; }

std::string number_text(double value) { return std::to_string(static_cast<std::int64_t>(value)); }

// ---- lints

std::string subjects_of(const std::vector<const lint_info*>& same) {
  constexpr std::size_t most_named = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(same.size(), most_named); ++i) {
    const auto& one = *same[i];
    text += (i == 0 ? "" : ", ") + one.subject;
    if (!one.name.empty()) text += " (" + one.name + ")";
  }
  return same.size() > most_named ? text + " and " + std::to_string(same.size() - most_named) + " more" : text;
}

std::string command_for(const lint_info& one) {
  if (one.lint == "long_poll" || one.lint == "never_yielded" || one.lint == "timer_late" || one.lint == "starving")
    return "tokioctl stacks";
  if (one.lint == "blocking_pool_saturated") return "tokioctl slow blocking";
  if (one.lint == "leaked_tasks") return "tokioctl plugin info " + one.plugin;
  if (one.lint == "hoarding_worker") return "tokioctl worker list";
  if (one.lint == "lost_waker" || one.lint == "never_polled_again") return "tokioctl task dump " + one.subject;
  return one.task.empty() ? "tokioctl task list --plugin " + one.plugin : "tokioctl task show " + one.task;
}

// One finding for each lint and plugin; the worst measure is the evidence.
void add_lints(const std::vector<lint_info>& lints, findings& into) {
  std::map<std::pair<std::string, std::string>, std::vector<const lint_info*>> groups;
  for (const auto& one : lints) groups[{one.lint, one.plugin}].push_back(&one);
  for (auto& [of, same] : groups) {
    std::ranges::sort(same, [](const auto* a, const auto* b) {
      return a->measured != b->measured ? a->measured > b->measured : a->subject < b->subject;
    });
    const lint_info& worst = *same.front();
    into.push_back({worst.severity, of.first + (of.second.empty() ? "" : " in " + of.second) + ": " + subjects_of(same),
                    worst.sentence + "; " + worst.hint, command_for(worst)});
  }
}

// ---- checks

void add_checks(const std::vector<health_check>& checks, findings& into) {
  for (const auto& one : checks)
    if (!one.ok)
      into.push_back({one.vital ? "error" : "warning", "the check " + one.name + " fails", one.detail,
                      one.name == "plugins"  ? "tokioctl plugin list"
                      : one.name == "config" ? "tokioctl config status"
                      : one.name == "pause"  ? "tokioctl worker resume"
                                             : "tokioctl health"});
}

// ---- numbers

const metric_family* family(const doctor_facts& facts, std::string_view name) {
  const auto found = std::ranges::find(facts.metrics, name, &metric_family::name);
  return found == facts.metrics.end() ? nullptr : &*found;
}

std::optional<double> value_of(const doctor_facts& facts, std::string_view name) {
  const auto* const found = family(facts, name);
  if (found == nullptr || found->samples.empty()) return std::nullopt;
  return found->samples.front().value;
}

void add_descriptors(const doctor_facts& facts, findings& into) {
  const auto open = value_of(facts, "process_open_fds"), most = value_of(facts, "process_max_fds");
  if (!open || !most || *most <= 0 || *open < *most * most_of_descriptors) return;
  into.push_back({"warning", "the process is about to run out of descriptors",
                  number_text(*open) + " of " + number_text(*most) + " are open", "tokioctl io list"});
}

void add_panics(const doctor_facts& facts, findings& into) {
  const auto* const ended = family(facts, "tokiod_tasks_completed_total");
  if (ended == nullptr) return;
  for (const auto& one : ended->samples) {
    const auto label = [&](std::string_view name) {
      const auto at = std::ranges::find(one.with, name, &std::pair<std::string, std::string>::first);
      return at == one.with.end() ? std::string() : at->second;
    };
    if (one.value <= 0 || label("outcome") != "panicked") continue;
    into.push_back({"warning", "tasks of " + label("plugin") + " ended with an exception or a panic",
                    number_text(one.value) + " since the start", "tokioctl plugin info " + label("plugin")});
  }
}

void add_scheduler(const doctor_facts& facts, findings& into) {
  const auto& r = facts.runtime;
  if (r.stuck != 0)
    into.push_back({r.stuck >= r.workers ? "error" : "warning",
                    r.stuck >= r.workers ? "every worker is in a poll that lasts" : "a worker is in a poll that lasts",
                    std::to_string(r.stuck) + " of " + std::to_string(r.workers) + " workers", "tokioctl stacks"});
  if (r.global_queue_depth > deep_queue_per_worker * std::max(r.workers, 1u))
    into.push_back({"warning", "more work comes than the workers do",
                    std::to_string(r.global_queue_depth) + " tasks wait in the global queue", "tokioctl worker list"});
  if (r.idle_backlogs != 0)
    into.push_back({"warning", "work waited although a worker slept, which the scheduler promises not to happen",
                    std::to_string(r.idle_backlogs) + " times since the start: please report this",
                    "tokioctl runtime"});
}

void add_control(const doctor_facts& facts, findings& into) {
  if (facts.loop_lag < slow_loop) return;
  into.push_back({"warning", "the control thread gets too little of the processor",
                  "its loop was late by " + std::to_string(facts.loop_lag / millisecond) + " ms",
                  "tokioctl slow control"});
}

}  // namespace

std::vector<doctor_finding> diagnose(const doctor_facts& facts) {
  findings all;
  add_lints(facts.lints, all);
  add_checks(facts.checks, all);
  add_scheduler(facts, all);
  add_descriptors(facts, all);
  add_panics(facts, all);
  add_control(facts, all);
  std::ranges::sort(all, [](const auto& a, const auto& b) {
    const int one = rank(a.severity), other = rank(b.severity);
    return one != other ? one > other : a.finding < b.finding;
  });
  return all;
}

std::string worst_of(const std::vector<doctor_finding>& all) {
  const auto worst =
      std::ranges::max_element(all, [](const auto& a, const auto& b) { return rank(a.severity) < rank(b.severity); });
  return worst == all.end() ? std::string() : worst->severity;
}

}  // namespace tokiod::control
