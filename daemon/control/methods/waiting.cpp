#include "control/methods/methods.hpp"
#include "control/view/task.hpp"
#include "wire/get.hpp"

namespace tokiod::control {
namespace {

waiting_query waiting_query_of(const json& params) {
  return {wire::text_or(params, "plugin"), static_cast<std::size_t>(wire::integer_or(params, "limit", 100))};
}

void add(json& to, const char* name, const waiting_task& who) {
  if (who.id != 0) to[name] = {{"task", task_id_text(who.id)}, {"plugin", who.plugin}, {"name", who.name}};
}

json view(const timer_info& timer) {
  json shown = {{"due_in_seconds", timer.due_in_seconds}};
  add(shown, "waiter", timer.waiter);
  return shown;
}

json view(const source_info& source) {
  json shown = {
      {"fd", source.fd},         {"kind", source.kind},  {"readable", source.readable}, {"writable", source.writable},
      {"closed", source.closed}, {"error", source.error}};
  if (!source.local.empty()) shown["local"] = source.local;
  if (!source.peer.empty()) shown["peer"] = source.peer;
  add(shown, "reader", source.reader);
  add(shown, "writer", source.writer);
  return shown;
}

json view(const job_info& job) {
  json shown = {{"plugin", job.plugin}, {"state", job.tid != 0 ? "running" : "waiting"}, {"seconds", job.seconds}};
  if (job.tid != 0) shown["tid"] = job.tid;
  return shown;
}

template <class Info>
json view(const char* name, const waiting_page<Info>& page) {
  json list = json::array();
  for (const auto& each : page.all) list.push_back(view(each));
  return {{name, std::move(list)}, {"more", page.more}};
}

answer timer_list(const plane& shared, const json& params) {
  return view("timers", shared.daemon.timers(waiting_query_of(params)));
}
answer io_list(const plane& shared, const json& params) {
  return view("sources", shared.daemon.sources(waiting_query_of(params)));
}
answer blocking_list(const plane& shared, const json& params) {
  return view("jobs", shared.daemon.jobs(waiting_query_of(params)));
}

}  // namespace

std::span<const binding> waiting_methods() {
  static constexpr binding bindings[] = {
      {"blocking.list", reading(blocking_list)},
      {"io.list", reading(io_list)},
      {"timer.list", reading(timer_list)},
  };
  return bindings;
}

}  // namespace tokiod::control
