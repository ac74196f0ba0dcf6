#include "control/resource_info.hpp"

#include <utility>

#include "control/id_text.hpp"
#include "control/view/task.hpp"
#include "control/view/time.hpp"

namespace tokiod::control {
namespace {

std::string op_id_text(std::uint64_t id) { return "o-" + std::to_string(id); }

json view(const attribute_info& attribute) {
  json shown = {{"name", attribute.name}};
  std::visit([&](auto value) { shown["value"] = value; }, attribute.value);
  if (!attribute.unit.empty()) shown["unit"] = attribute.unit;
  return shown;
}

// What every page says, and `what` it is of.
json page(const page_facts& seen, std::int64_t wall_ns, std::string_view what) {
  return {
      {"now", seconds_of(wall_ns)}, {what, json::array()}, {"paused", seen.paused}, {"dropped_events", seen.dropped}};
}

}  // namespace

std::string resource_id_text(std::uint64_t id) { return "r-" + std::to_string(id); }
std::optional<std::uint64_t> resource_id_of(std::string_view text) { return id_after("r-", text); }

json view(const resource_info& resource) {
  json shown = {{"id", resource_id_text(resource.id)},
                {"plugin", resource.plugin},
                {"type", resource.type},
                {"kind", resource.kind},
                {"visibility", resource.internal ? "internal" : "public"},
                {"from_birth", resource.from_birth},
                {"location", resource.location},
                {"created", resource.created},
                {"total_seconds", resource.total_seconds},
                {"attributes", json::array()}};
  if (resource.parent != 0) shown["parent"] = resource_id_text(resource.parent);
  if (resource.dropped != 0) shown["dropped"] = resource.dropped;
  for (const auto& each : resource.attributes) shown["attributes"].push_back(view(each));
  if (resource.more_attributes) shown["more_attributes"] = true;
  return shown;
}

json view(const async_op_info& op) {
  json shown = {{"id", op_id_text(op.id)},
                {"plugin", op.plugin},
                {"resource", resource_id_text(op.resource)},
                {"source", op.source},
                {"poll", {{"name", op.poll_name}, {"is_ready", op.ready}, {"now", op.in_poll}}},
                {"polls", op.polls},
                {"created", op.created},
                {"total_seconds", op.total_seconds},
                {"busy_seconds", op.busy_seconds},
                {"idle_seconds", op.idle_seconds}};
  if (op.parent != 0) shown["parent"] = op_id_text(op.parent);
  if (op.task != 0) shown["task"] = task_id_text(op.task);
  for (const auto& [name, moment] :
       {std::pair("dropped", op.dropped), std::pair("last_poll_started", op.last_poll_started),
        std::pair("last_poll_ended", op.last_poll_ended)})
    if (moment != 0) shown[name] = moment;
  return shown;
}

json view(const resource_detail& detail) {
  json shown = view(detail.resource);
  shown["async_ops"] = json::array();
  for (const auto& each : detail.ops) shown["async_ops"].push_back(view(each));
  shown["more"] = detail.more;
  return shown;
}

json view(const resource_changes& seen, std::int64_t wall_ns) {
  json shown = page(seen, wall_ns, "resources");
  for (const auto& each : seen.resources) shown["resources"].push_back(view(each));
  return shown;
}

json view(const async_op_changes& seen, std::int64_t wall_ns) {
  json shown = page(seen, wall_ns, "async_ops");
  for (const auto& each : seen.ops) shown["async_ops"].push_back(view(each));
  return shown;
}

}  // namespace tokiod::control
