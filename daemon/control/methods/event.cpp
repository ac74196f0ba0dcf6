#include "control/methods/methods.hpp"
#include "control/view/task.hpp"
#include "wire/get.hpp"
#include "wire/topic.hpp"

namespace tokiod::control {
namespace {

answer event_subscribe(const call_site& site, const json& params) {
  subscribe_order order;
  for (const auto& topic : *wire::find(params, "topics")) order.topics.push_back(topic.get<std::string>());
  for (const auto& topic : order.topics)
    if (const auto* const row = wire::find_topic(topic); row && row->needs > site.rights.has)
      return refused({kind::permission_denied,
                      "the topic " + topic + " needs the level " + std::string(name(row->needs)),
                      "/topics",
                      {}});
  order.interval = static_cast<duration_ns>(wire::integer_or(params, "interval_ms", 1000)) * millisecond;
  order.match = wire::text_or(params, "match", "*");
  if (const auto named = wire::text_or(params, "task"); !named.empty()) {
    const auto task = task_id_of(named);
    if (!task) return refused({kind::out_of_range, "task is not an id of task.list", "/task", {}});
    order.task = *task;
  }
  const auto opened = site.subs.add(order);
  if (!opened) return refused(opened.error());
  return json{{"sub", opened->sub}, {"seq", opened->next_seq}};
}

answer event_unsubscribe(const call_site& site, const json& params) {
  const auto sub = wire::text_or(params, "sub");
  if (!site.subs.remove(sub))
    return refused(refuse(kind::not_found, "this connection has no subscription ", sub).error());
  return json::object();
}

}  // namespace

std::span<const binding> event_methods() {
  static constexpr binding bindings[] = {
      {"event.subscribe", quick(event_subscribe)},
      {"event.unsubscribe", quick(event_unsubscribe)},
  };
  return bindings;
}

}  // namespace tokiod::control
