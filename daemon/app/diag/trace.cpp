#include "app/diag/trace.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <set>
#include <thread>
#include <utility>

#include "control/view/task.hpp"

namespace tokiod::app {
namespace {

using sched::trace_event;
using sched::trace_kind;
using wire::json;

constexpr std::size_t most_ring_bytes = std::size_t{64} << 20;  // of all workers
constexpr std::size_t event_bytes = 24;
constexpr std::size_t most_ring_events = 1 << 15, least_ring_events = 1 << 10;

double microseconds(duration_ns ns) { return static_cast<double>(ns) / 1e3; }

std::size_t events_per_worker(std::size_t workers) {
  return std::bit_floor(std::clamp(most_ring_bytes / event_bytes / std::max<std::size_t>(workers, 1), least_ring_events,
                                   most_ring_events));
}

std::string name_of(const trace_event& one, const std::map<std::uint64_t, std::string>& names) {
  switch (one.kind) {
    case trace_kind::park: return "park";
    case trace_kind::steal: return "steal " + std::to_string(one.subject);
    case trace_kind::poll:
    case trace_kind::wake:
    case trace_kind::takeover: break;
  }
  const auto known = names.find(one.subject);
  const auto id = control::task_id_text(one.subject);
  return known == names.end() ? id : known->second + " " + id;
}

std::string_view category_of(trace_kind kind) {
  constexpr std::string_view names[] = {"poll", "park", "wake", "steal", "takeover"};
  return names[static_cast<unsigned>(kind)];
}

json event_of(const trace_event& one, std::uint32_t worker, instant_ns begun,
              const std::map<std::uint64_t, std::string>& names) {
  const bool lasts = one.kind == trace_kind::poll || one.kind == trace_kind::park;
  json event = {{"name", name_of(one, names)},
                {"cat", category_of(one.kind)},
                {"ph", lasts ? "X" : "i"},
                {"ts", microseconds(one.at - std::min(one.at, begun))},
                {"pid", 1},
                {"tid", worker}};
  if (lasts)
    event["dur"] = microseconds(one.lasted);
  else
    event["s"] = "t";
  return event;
}

// The newest of all workers together.
std::size_t keep_newest(std::vector<traced_worker>& workers, std::size_t most) {
  std::vector<instant_ns> moments;
  for (const auto& w : workers)
    for (const auto& e : w.events) moments.push_back(e.at);
  if (moments.size() <= most) return 0;
  std::ranges::sort(moments);
  const instant_ns oldest = moments[moments.size() - most];
  std::size_t left_out = 0;
  for (auto& w : workers) left_out += std::erase_if(w.events, [=](const trace_event& e) { return e.at < oldest; });
  return left_out;
}

std::map<std::uint64_t, std::string> names_of(const std::vector<traced_worker>& workers, const tokiod::runtime& rt,
                                              const host::registry& plugins) {
  std::set<std::uint64_t> wanted;
  for (const auto& w : workers)
    for (const auto& e : w.events)
      if (e.kind != trace_kind::park && e.kind != trace_kind::steal) wanted.insert(e.subject);
  auto views = rt.tasks(nullptr, SIZE_MAX);
  std::erase_if(views, [&](const task_view& t) { return !wanted.contains(t.id); });
  const auto labels = plugins.label(views);
  std::map<std::uint64_t, std::string> names;
  for (std::size_t i = 0; i < views.size(); ++i)
    if (!labels[i].name.empty()) names.emplace(views[i].id, labels[i].instance + "/" + labels[i].name);
  return names;
}

}  // namespace

json chrome_trace(std::vector<traced_worker> workers, instant_ns begun, std::size_t most,
                  const std::map<std::uint64_t, std::string>& names) {
  const std::size_t left_out = keep_newest(workers, most);
  json events = json::array();
  for (const auto& w : workers) {
    events.push_back({{"name", "thread_name"},
                      {"ph", "M"},
                      {"pid", 1},
                      {"tid", w.index},
                      {"args", {{"name", "worker " + std::to_string(w.index)}}}});
    for (const auto& one : w.events) events.push_back(event_of(one, w.index, begun, names));
  }
  return {{"traceEvents", std::move(events)}, {"displayTimeUnit", "ns"}, {"otherData", {{"left_out", left_out}}}};
}

void sleep_until(instant_ns end, const std::function<bool()>& given_up) {
  for (instant_ns now = steady_clock().now(); now < end && !(given_up && given_up()); now = steady_clock().now())
    std::this_thread::sleep_for(std::chrono::nanoseconds(std::min<duration_ns>(end - now, 20 * millisecond)));
}

outcome<json> trace_scheduler(tokiod::runtime& rt, const host::registry& plugins, duration_ns length, std::size_t most,
                              const std::function<bool()>& given_up) {
  const instant_ns begun = steady_clock().now();
  if (!rt.engine().begin_trace(events_per_worker(rt.snapshot().workers.size())))
    return refuse(kind::busy, "the scheduler is traced already");
  sleep_until(begun + length, given_up);
  std::vector<const sched::trace_ring*> rings;
  // One that is in a poll which does not end holds nothing up; what cannot be passed writes one event at most.
  (void)rt.engine().stop_trace(steady_clock().now() + second, rings);
  std::vector<traced_worker> workers;
  for (std::size_t i = 0; i < rings.size(); ++i)
    if (rings[i] != nullptr) workers.push_back({static_cast<std::uint32_t>(i), rings[i]->read(begun)});
  const auto names = names_of(workers, rt, plugins);
  return chrome_trace(std::move(workers), begun, most, names);
}

}  // namespace tokiod::app
