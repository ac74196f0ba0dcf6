#include "app/diag/runtime_lints.hpp"

#include <algorithm>
#include <utility>

#include "app/diag/lint_rows.hpp"
#include "app/show.hpp"
#include "control/view/task.hpp"
#include "host/texts.hpp"

namespace tokiod::app {
namespace {

using control::lint_info;
using found = std::vector<lint_info>;
using host::seconds_text;

std::string worker_text(std::uint32_t index) { return "worker-" + std::to_string(index); }

const runtime_look::worker* same_worker(const runtime_look& in, const runtime_look::worker& as) {
  const auto at = std::ranges::find(in.workers, as.index, &runtime_look::worker::index);
  return at == in.workers.end() ? nullptr : &*at;
}

void long_polls(const runtime_look& now, found& into) {
  for (const auto& w : now.workers) {
    if (w.task == 0 || w.blocks || w.running_for < host::trace::long_poll_after) continue;
    auto one = lint_about("long_poll", control::task_id_text(w.task),
                          "its poll has lasted for " + seconds_text(w.running_for) + " on worker " +
                              std::to_string(w.index) + ", the limit is " + seconds_text(host::trace::long_poll_after),
                          seconds(w.running_for));
    one.task = one.subject;
    one.plugin = w.plugin;
    into.push_back(std::move(one));
  }
}

// Also of a worker whose queue others could have emptied.
void untouched_queues(const runtime_look& before, const runtime_look& now, found& into) {
  for (const auto& w : now.workers) {
    const auto* const was = same_worker(before, w);
    if (was == nullptr || w.retired || now.at - before.at < untouched_after) continue;
    if (w.waiting == 0 || was->waiting == 0 || w.polls != was->polls || w.waiting < was->waiting) continue;
    into.push_back(lint_about("starving", worker_text(w.index),
                              std::to_string(w.waiting) + " tasks wait for worker " + std::to_string(w.index) +
                                  ", which has begun no poll for " + seconds_text(now.at - before.at),
                              seconds(now.at - before.at)));
  }
}

bool somebody_sleeps(const runtime_look& in) {
  return std::ranges::any_of(in.workers, [](const auto& w) { return w.parked && !w.retired; });
}

void hoards(const runtime_look& before, const runtime_look& now, found& into) {
  if (!somebody_sleeps(before) || !somebody_sleeps(now)) return;
  for (const auto& w : now.workers) {
    const auto* const was = same_worker(before, w);
    if (was == nullptr || w.queued < hoard_tasks || was->queued < hoard_tasks) continue;
    into.push_back(lint_about("hoarding_worker", worker_text(w.index),
                              std::to_string(w.queued) + " tasks wait on worker " + std::to_string(w.index) +
                                  " while another one sleeps, the limit is " + std::to_string(hoard_tasks),
                              static_cast<double>(w.queued)));
  }
}

bool saturated(const runtime_look& in) {
  return in.jobs_queued != 0 && in.blocking_idle == 0 && in.blocking_threads >= in.blocking_max;
}

void blocking_pool(const runtime_look& before, const runtime_look& now, found& into) {
  if (!saturated(before) || !saturated(now)) return;
  into.push_back(lint_about("blocking_pool_saturated", "blocking",
                            std::to_string(now.jobs_queued) + " blocking jobs wait, and all " +
                                std::to_string(now.blocking_threads) + " threads are busy",
                            static_cast<double>(now.jobs_queued)));
}

// Twice in a row, because a worker may have been without a processor for a moment.
void timers(const runtime_look& before, const runtime_look& now, found& into) {
  if (before.timer_late < timer_late_after || now.timer_late < timer_late_after) return;
  into.push_back(lint_about(
      "timer_late", "timers",
      "a timer has been due for " + seconds_text(now.timer_late) + ", the limit is " + seconds_text(timer_late_after),
      seconds(now.timer_late)));
}

void storms(const runtime_look& before, const runtime_look& now, found& into) {
  const double apart = seconds(now.at - before.at);
  for (const auto& o : now.owners) {
    const auto was = std::ranges::find(before.owners, o.name, &runtime_look::owner::name);
    if (was == before.owners.end() || apart <= 0 || o.live <= was->live) continue;
    const double more = static_cast<double>(o.live - was->live) / apart;
    if (more < static_cast<double>(storm_per_second)) continue;
    auto one = lint_about("spawn_storm", o.name,
                          "it spawns " + std::to_string(static_cast<std::uint64_t>(more)) +
                              " tasks a second more than end, and " + std::to_string(o.live) + " live",
                          more);
    one.plugin = o.name;
    into.push_back(std::move(one));
  }
}

void leaks(const runtime_look& now, found& into) {
  for (const auto& o : now.owners) {
    if (!o.over || o.live == 0) continue;
    auto one = lint_about("leaked_tasks", o.name, std::to_string(o.live) + " tasks of it live on, though it has ended",
                          static_cast<double>(o.live));
    one.plugin = o.name;
    into.push_back(std::move(one));
  }
}

}  // namespace

lint_info lint_about(std::string_view lint, std::string subject, std::string sentence, double measured) {
  const lint_row& row = row_of(lint);
  lint_info one;
  one.id = std::string(lint) + ":" + subject;
  one.lint = lint;
  one.severity = name(row.how_bad);
  one.subject = std::move(subject);
  one.sentence = std::move(sentence);
  one.hint = row.hint;
  one.measured = measured;
  one.threshold = row.threshold;
  one.unit = row.unit;
  return one;
}

std::vector<lint_info> lints_of(const runtime_look& before, const runtime_look& now) {
  found all;
  long_polls(now, all);
  leaks(now, all);
  if (before.at == 0) return all;
  if (!before.paused && !now.paused) {  // else what waits does so because somebody wants it to
    timers(before, now, all);
    untouched_queues(before, now, all);
    hoards(before, now, all);
  }
  blocking_pool(before, now, all);
  storms(before, now, all);
  return all;
}

}  // namespace tokiod::app
