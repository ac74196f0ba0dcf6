#include "app/live/task.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "app/show.hpp"
#include "base/log.hpp"
#include "control/task_page.hpp"
#include "control/view/task.hpp"
#include "host/task_dump.hpp"

namespace tokiod::app {
namespace {

control::task_info info_of(const task_view& t, host::task_label label) {
  control::task_info i;
  i.id = t.id;
  i.plugin = std::move(label.instance);
  i.name = std::move(label.name);
  if (!label.file.empty()) i.location = label.file + ":" + std::to_string(label.line);
  i.state = state_name(t.state);
  i.cancelled = t.cancelled;
  i.worker = t.worker;
  i.running_seconds = seconds(t.running_for);
  return i;
}

// Of one that is not among the runtime's tasks any more, or is a blocking job.
control::task_info info_of(const host::trace::task_record& from) {
  control::task_info i;
  i.id = from.id;
  i.plugin = from.instance.view();
  i.name = from.name.view();
  if (!from.file.view().empty()) i.location = std::string(from.file.view()) + ":" + std::to_string(from.line);
  i.state = from.dropped != 0 ? "done" : from.in_poll ? "running" : "queued";
  return i;
}

// Of a record whose task is not among those of the runtime: it is told of when its end has been written down.
bool ended_unseen(const task_console& console, const host::trace::task_record& record) {
  const bool unseen = record.dropped == 0 && record.kind != host::trace::task_kind::blocking;
  if (unseen) console.has_ended(record.id);
  return unseen;
}

constexpr duration_ns walk_patience = second;  // for all that one call asks

std::string why_untold(const task_view& view, const host::task_dump& seen) {
  if (seen.late)
    return "its plugin has not told within " + std::to_string(walk_patience / second) +
           " s where it waits: the thread that asked is left behind, and the task stands still meanwhile";
  if (!seen.asked) return "it was not asked: another task's plugin did not tell in time, or there was no thread";
  if (!seen.held && view.state == task_state::running)
    return "it is being polled: diag.stacks shows what its worker does";
  if (!seen.held) return "it is runnable, or somebody else reads it just now";
  if (!seen.walks) return "its plugin tells nothing of where a task waits; those of the C++ SDK do";
  if (seen.places.empty()) return "it has not been polled yet";
  return {};
}

control::task_trace trace_of(const task_console& console, const task_view& view, host::task_label label,
                             host::task_dump seen) {
  if (seen.late)
    log::warn("host", "a plugin has not told where its task waits",
              {{"instance", label.instance}, {"task", control::task_id_text(view.id)}, {"name", label.name}});
  control::task_trace told;
  told.task = info_of(view, std::move(label));
  if (const auto record = console.find(view.id)) told.task.stats = console.stats_of(*record);
  told.cut = seen.cut;
  told.unsupported = why_untold(view, seen);
  for (auto& at : seen.places) told.places.push_back({std::move(at.function), std::move(at.file), at.line, at.depth});
  return told;
}

}  // namespace

// The runtime's own, and what is written down of others: jobs, and what has ended. The records come first: what lives
// then and is not among the tasks afterwards has ended.
std::vector<control::task_info> live_task::known_tasks() const {
  const auto records = parts_.console.changed_since(0);
  auto views = parts_.rt.tasks(nullptr, SIZE_MAX);
  std::ranges::sort(views, {}, &task_view::id);
  auto labels = parts_.plugins.label(views);
  std::vector<control::task_info> all;
  for (std::size_t n = 0; n < views.size(); ++n) all.push_back(info_of(views[n], std::move(labels[n])));
  const std::size_t live = all.size();
  for (const auto& record : records) {
    const auto end = all.begin() + static_cast<std::ptrdiff_t>(live);
    auto known = std::ranges::lower_bound(all.begin(), end, record.id, {}, &control::task_info::id);
    if (known == end || known->id != record.id) {
      if (ended_unseen(parts_.console, record)) continue;
      known = all.insert(all.end(), info_of(record));
    }
    known->stats = parts_.console.stats_of(record);
  }
  std::ranges::sort(all, {}, &control::task_info::id);
  return all;
}

control::task_page live_task::tasks(const control::task_query& query) const {
  return control::page_of(known_tasks(), query);
}

std::optional<control::task_info> find_task(const live_parts& parts, std::uint64_t id) {
  const auto record = parts.console.find(id);
  auto views = parts.rt.tasks(nullptr, SIZE_MAX);
  std::erase_if(views, [&](const task_view& t) { return t.id != id; });
  std::optional<control::task_info> found;
  if (!views.empty()) found = info_of(views.front(), std::move(parts.plugins.label(views).front()));
  if (!found && record && !ended_unseen(parts.console, *record)) found = info_of(*record);
  if (found && record) found->stats = parts.console.stats_of(*record);
  return found;
}

std::optional<control::task_info> live_task::task(std::uint64_t id) const { return find_task(parts_, id); }

control::page_facts facts_now(const task_console& console, const control::change_query& query) {
  control::page_facts facts;
  facts.began = query.after_id == 0 ? steady_clock().now() : query.began;
  facts.paused = console.paused();
  facts.listening = console.listening();
  facts.dropped = console.dropped();
  return facts;
}

// A round goes by id, so that who changes all the time does not wait behind who changes seldom.
control::task_changes live_task::changes(const control::change_query& query) const {
  control::task_changes seen{facts_now(parts_.console, query), {}};
  auto records = parts_.console.changed_since(query.since);
  std::erase_if(records, [&](const auto& one) { return one.id <= query.after_id; });
  seen.more = records.size() > query.limit;
  if (seen.more) records.resize(query.limit);
  std::map<std::uint64_t, std::string> states;
  for (const task_view& t : parts_.rt.tasks(nullptr, SIZE_MAX)) states.emplace(t.id, state_name(t.state));
  for (const auto& record : records) {
    seen.last_id = record.id;
    const auto live = states.find(record.id);
    if (live == states.end() && ended_unseen(parts_.console, record)) continue;
    auto& told = seen.tasks.emplace_back(info_of(record));
    if (live != states.end()) told.state = live->second;
    told.stats = parts_.console.stats_of(record);
  }
  return seen;
}

outcome<void> live_task::cancel_task(std::uint64_t id) {
  for (const task_view& t : parts_.rt.tasks(nullptr, SIZE_MAX)) {
    if (t.id != id) continue;
    tokiod::runtime::abort(t.which);
    return {};
  }
  return refuse(kind::not_found, "there is no task t-", id, "; it may have ended");
}

outcome<void> live_task::wake_task(std::uint64_t id) {
  for (const task_view& t : parts_.rt.tasks(nullptr, SIZE_MAX)) {
    if (t.id != id) continue;
    tokiod::runtime::wake(t.which);
    return {};
  }
  return refuse(kind::not_found, "there is no task t-", id, "; it may have ended");
}

control::trace_page live_task::traces(const control::task_query& query) const {
  auto views = parts_.rt.tasks(nullptr, SIZE_MAX);
  std::ranges::sort(views, {}, &task_view::id);
  auto labels = parts_.plugins.label(views);
  control::trace_page page;
  std::vector<task_view> asked;
  std::vector<host::task_label> theirs;
  for (std::size_t n = 0; n < views.size(); ++n) {
    const bool wanted = (query.plugin.empty() || labels[n].instance == query.plugin) &&
                        (query.state.empty() || state_name(views[n].state) == query.state);
    if (!wanted || views[n].owner == 0) continue;
    ++page.total;
    if (views[n].id <= query.after_id || asked.size() == query.limit) continue;
    asked.push_back(views[n]);
    theirs.push_back(std::move(labels[n]));
  }
  auto seen = parts_.plugins.dump(asked, walk_patience);
  for (std::size_t n = 0; n < asked.size(); ++n)
    page.tasks.push_back(trace_of(parts_.console, asked[n], std::move(theirs[n]), std::move(seen[n])));
  return page;
}

std::optional<control::task_trace> live_task::trace(std::uint64_t id) const {
  auto views = parts_.rt.tasks(nullptr, SIZE_MAX);
  std::erase_if(views, [&](const task_view& t) { return t.id != id; });
  if (views.empty()) return std::nullopt;
  views.resize(1);
  auto label = std::move(parts_.plugins.label(views).front());
  return trace_of(parts_.console, views.front(), std::move(label),
                  std::move(parts_.plugins.dump(views, walk_patience).front()));
}

}  // namespace tokiod::app
