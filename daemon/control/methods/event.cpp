#include <ranges>

#include "control/methods/methods.hpp"
#include "control/view/task.hpp"
#include "control/view/time.hpp"
#include "wire/get.hpp"
#include "wire/parse.hpp"
#include "wire/topic.hpp"

namespace tokiod::control {
namespace {

bool may_hear(const call_site& site, const std::string& topic) { return !site.rights.deaf_to(topic); }

answer event_subscribe(const call_site& site, const json& params) {
  subscribe_order order;
  for (const auto& topic : *wire::find(params, "topics")) order.topics.push_back(topic.get<std::string>());
  for (const auto& topic : order.topics)
    if (const auto why = site.rights.deaf_to(topic)) return refused(refuse(kind::permission_denied, *why).error());
  order.interval = static_cast<duration_ns>(wire::integer_or(params, "interval_ms", 1000)) * millisecond;
  order.match = wire::text_or(params, "match", "*");
  order.only_changes = wire::text_or(params, "mode") == "delta";
  order.max_rate = static_cast<std::uint32_t>(wire::integer_or(params, "max_rate", 0));
  if (const auto* const wanted = wire::find(params, "filter")) {
    auto filter = event_filter::read(*wanted);
    if (!filter) return refused(filter.error());
    order.filter = std::move(*filter);
  }
  if (const auto named = wire::text_or(params, "task"); !named.empty()) {
    const auto task = task_id_of(named);
    if (!task) return refused({kind::out_of_range, "task is not an id of task.list", "/task", {}});
    order.task = *task;
  }
  if (wire::find(params, "since_seq"))
    order.since_seq = static_cast<std::uint64_t>(wire::integer_or(params, "since_seq", 0));
  const auto opened = site.subs.add(order);
  if (!opened) return refused(opened.error());
  json shown = {{"sub", opened->sub}, {"seq", opened->next_seq}};
  if (order.since_seq) shown["missed"] = opened->missed;
  return shown;
}

answer event_topics(const call_site&, const json&) {
  json list = json::array();
  for (const auto& row : wire::topics())
    list.push_back({{"topic", row.name}, {"level", name(row.needs)}, {"doc", row.doc}});
  return json{{"topics", std::move(list)}};
}

json event_view(const logged_event& event) {
  return {{"seq", event.seq},
          {"ts", seconds_of(event.wall_ns)},
          {"topic", event.topic},
          {"data", wire::parse(*event.data).value_or(json())}};
}

// The newest ones, the oldest of them first.
answer event_recent(const call_site& site, const json& params) {
  const auto topic = wire::text_or(params, "topic");
  if (!topic.empty() && !wire::find_topic(topic)) return refused(no_topic(topic, "/topic"));
  if (const auto why = site.rights.deaf_to(topic)) return refused(refuse(kind::permission_denied, *why).error());
  const auto most = static_cast<std::size_t>(wire::integer_or(params, "limit", 100));
  std::vector<const logged_event*> newest;
  const auto& kept = site.shared.events.all();
  for (auto event = kept.rbegin(); event != kept.rend() && newest.size() < most; ++event)
    if (topic.empty() ? may_hear(site, event->topic) : event->topic == topic) newest.push_back(&*event);
  json list = json::array();
  for (const auto* const event : newest | std::views::reverse) list.push_back(event_view(*event));
  return json{{"events", std::move(list)}, {"seq", site.shared.events.next_seq()}};
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
      {"event.recent", quick(event_recent)},
      {"event.subscribe", quick(event_subscribe)},
      {"event.topics", quick(event_topics)},
      {"event.unsubscribe", quick(event_unsubscribe)},
  };
  return bindings;
}

}  // namespace tokiod::control
