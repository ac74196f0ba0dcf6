#include "ctl/top/feed.hpp"

#include <algorithm>
#include <utility>

#include "ctl/print.hpp"
#include "wire/get.hpp"
#include "wire/parse.hpp"

namespace tokiod::ctl {
namespace {

constexpr std::string_view told[] = {"console.state",     "daemon.state",    "plugin.fault",  "plugin.state",
                                     "runtime.recovered", "runtime.resized", "runtime.stuck", "tasks"};
constexpr std::size_t looked_at_once = 1000;
constexpr std::int64_t most_asked_for = 1000;  // in one answer, as the daemon allows

std::string count_text(const json& row, std::string_view pointer) { return cell(row, {"", pointer, format::count}); }

double number_at(const json& row, std::string_view pointer) {
  const json* value = value_at(row, pointer);
  return value != nullptr && value->is_number() ? value->get<double>() : 0;
}

// "7 127.0.0.1:80 < 127.0.0.1:40112"
std::string descriptor_text(const json& source) {
  auto text = count_text(source, "/fd");
  const auto local = wire::text_or(source, "local"), peer = wire::text_or(source, "peer");
  if (!local.empty()) text += " " + local;
  return peer.empty() ? text : text + " < " + peer;
}

// What the kernel says of it: "readable writable".
std::string readiness_text(const json& source) {
  std::string text;
  for (const std::string_view each : {"readable", "writable", "closed", "error"})
    if (wire::boolean_or(source, each, false)) text.append(text.empty() ? "" : " ").append(each);
  return text;
}

// A row of the tab timers/io, with the task that waits for it.
json waiting_row(json row, std::string_view kind, const json* waiter) {
  if (!kind.empty()) row["kind"] = kind;
  if (waiter == nullptr) return row;
  row["plugin"] = wire::text_or(*waiter, "plugin");
  row["waiter"] = json(*waiter);
  return row;
}

std::int64_t whole(double number) { return static_cast<std::int64_t>(std::clamp(number + 0.5, 0.0, 1e15)); }

}  // namespace

outcome<json> top_feed::ask(std::string_view method, const json& params, instant_ns deadline) {
  auto answer = daemon_.call(method, params, deadline);
  if (!answer) return std::unexpected(answer.error());
  if (!*answer) return refuse(kind::refused, method, " was refused: ", answer->error().message);
  return std::move(**answer);
}

outcome<void> top_feed::begin(instant_ns deadline) {
  const auto every = std::clamp<std::int64_t>(static_cast<std::int64_t>(interval_ / millisecond), 100, 60'000);
  const auto begun = ask("event.subscribe", {{"topics", told}, {"interval_ms", every}}, deadline);
  if (!begun) return std::unexpected(begun.error());
  return {};
}

outcome<void> top_feed::listen(instant_ns until) {
  for (std::size_t heard = 1;; ++heard) {
    if (heard % looked_at_once == 0 && steady_clock().now() >= until) return {};  // else a flood would keep us here
    auto next = daemon_.next(until);
    if (!next && next.error().why == kind::timeout) return {};
    if (!next) return std::unexpected(next.error());
    if (next->notification == "event" && next->what) take(*next->what);
  }
}

// An ended task is told once; what lives is in the list that is asked for.
void top_feed::take(const json& event) {
  const json* data = wire::find(event, "data");
  if (data == nullptr) return;
  const auto topic = wire::text_or(event, "topic");
  if (topic != "tasks") {
    events_.push_front(
        {{"time", time_text(wire::number_or(event, "ts", 0))}, {"topic", topic}, {"what", wire::dump(*data)}});
    if (events_.size() > most_events) events_.pop_back();
    return;
  }
  const json* all = wire::find(*data, "tasks");
  if (all == nullptr) return;
  for (const auto& task : *all)
    if (value_at(task, "/stats/dropped") != nullptr && ended_.size() < most_rows)
      ended_.insert_or_assign(wire::text_or(task, "id"), ended{task, steady_clock().now()});
}

void top_feed::forget_ended() {
  const auto now = steady_clock().now();
  std::erase_if(ended_, [&](const auto& each) { return now - each.second.since > ended_stay; });
}

outcome<json> top_feed::list(std::string_view method, std::string_view member, const json& params,
                             instant_ns deadline) {
  auto got = ask(method, params, deadline);
  if (!got) return got;
  const json* rows = wire::find(*got, member);
  if (rows == nullptr || !std::ranges::all_of(*rows, [](const json& row) { return row.is_object(); }))
    return refuse(kind::parse_error, method, " was answered without a list of ", member);
  return *rows;
}

outcome<json> top_feed::tasks(instant_ns deadline) {
  auto got = list("task.list", "tasks", {{"limit", most_asked_for}}, deadline);
  if (!got) return got;
  json rows = std::move(*got);
  for (const auto& task : rows) ended_.erase(wire::text_or(task, "id"));
  forget_ended();
  for (const auto& [id, each] : ended_) rows.push_back(each.row);
  for (auto& row : rows)
    if (const json* warnings = value_at(row, "/stats/warnings")) row["stats"]["warning_count"] = warnings->size();
  return rows;
}

outcome<json> top_feed::waiting(instant_ns deadline) {
  const json most = {{"limit", most_asked_for}};
  const auto timers = list("timer.list", "timers", most, deadline);
  const auto sources = list("io.list", "sources", most, deadline);
  const auto jobs = list("blocking.list", "jobs", most, deadline);
  for (const auto* each : {&timers, &sources, &jobs})
    if (!*each) return std::unexpected(each->error());
  json rows = json::array();
  for (const auto& timer : *timers) rows.push_back(waiting_row(timer, "timer", wire::find(timer, "waiter")));
  for (const auto& source : *sources) {
    const json* const reads = wire::find(source, "reader");
    json row = {
        {"kind", wire::text_or(source, "kind")}, {"what", descriptor_text(source)}, {"state", readiness_text(source)}};
    rows.push_back(waiting_row(std::move(row), {}, reads != nullptr ? reads : wire::find(source, "writer")));
  }
  for (const auto& job : *jobs) rows.push_back(waiting_row(job, "job", nullptr));
  return rows;
}

// Counters as what they grew by since the last sample.
void top_feed::add_rates(json& rows, std::string_view name, std::string_view polls, std::string_view busy,
                         std::string_view percent) {
  const auto now = steady_clock().now();
  for (auto& row : rows) {
    const std::string key = std::string(name) + cell(row, {"", name, format::plain});
    const counted is{number_at(row, polls), number_at(row, busy), now};
    if (const auto was = before_.find(key); was != before_.end() && now > was->second.at) {
      const double seconds = static_cast<double>(now - was->second.at) / 1e9;
      row["polls_per_second"] = whole((is.polls - was->second.polls) / seconds);
      row[std::string(percent)] = whole(100 * (is.busy - was->second.busy) / seconds);
    }
    before_.insert_or_assign(key, is);
  }
  std::erase_if(before_, [&](const auto& each) { return now - each.second.at > 60 * second; });
}

outcome<json> top_feed::sample(std::string_view shown, instant_ns deadline) {
  json all = json::object();
  auto info = ask("runtime.info", json::object(), deadline);
  auto workers = list("runtime.workers", "workers", json::object(), deadline);
  auto plugins = list("plugin.list", "plugins", json::object(), deadline);
  auto resources = list("resource.list", "resources", {{"limit", most_asked_for}}, deadline);
  auto found = list("diag.lint", "findings", json::object(), deadline);
  auto rows = tasks(deadline);
  auto waited = shown == "waiting" ? waiting(deadline) : outcome<json>(json::array());
  for (const auto* each : {&info, &workers, &plugins, &resources, &found, &rows, &waited})
    if (!*each) return std::unexpected(each->error());
  json instances = plugin_rows(*plugins);
  add_rates(*workers, "/worker", "/polls", "/busy_seconds", "busy_percent");
  add_rates(instances, "/instance", "/usage/polls", "/usage/poll_seconds", "cpu_percent");
  all["info"] = std::move(*info);
  all["workers"] = std::move(*workers);
  all["plugins"] = std::move(instances);
  all["resources"] = std::move(*resources);
  all["findings"] = std::move(*found);
  all["tasks"] = std::move(*rows);
  all["waiting"] = std::move(*waited);
  all["events"] = events_;
  return all;
}

}  // namespace tokiod::ctl
