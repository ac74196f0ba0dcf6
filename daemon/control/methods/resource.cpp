#include "control/methods/methods.hpp"
#include "control/resource_info.hpp"
#include "wire/get.hpp"

namespace tokiod::control {
namespace {

answer resource_list(const plane& shared, const json& params) {
  resource_query query;
  query.plugin = wire::text_or(params, "plugin");
  query.kind = wire::text_or(params, "kind");
  query.type = wire::text_or(params, "type");
  query.dropped = wire::boolean_or(params, "dropped", false);
  query.limit = static_cast<std::size_t>(wire::integer_or(params, "limit", 100));
  if (const auto cursor = wire::text_or(params, "cursor"); !cursor.empty()) {
    const auto after = resource_id_of(cursor);
    if (!after) return refused({kind::out_of_range, "cursor is not a next_cursor of resource.list", "/cursor", {}});
    query.after_id = *after;
  }
  const auto page = shared.daemon.resources(query);
  json shown = {{"resources", json::array()}, {"total", page.total}};
  for (const auto& each : page.resources) shown["resources"].push_back(view(each));
  if (page.more && !page.resources.empty()) shown["next_cursor"] = resource_id_text(page.resources.back().id);
  return shown;
}

answer resource_get(const plane& shared, const json& params) {
  const auto text = wire::text_or(params, "id");
  const auto id = resource_id_of(text);
  const auto found = id ? shared.daemon.resource(*id) : std::nullopt;
  if (!found) return refused(refuse(kind::not_found, "no resource ", text.substr(0, 40), " is known").error());
  return view(*found);
}

}  // namespace

std::span<const binding> resource_methods() {
  static constexpr binding bindings[] = {
      {"resource.get", reading(resource_get)},
      {"resource.list", reading(resource_list)},
  };
  return bindings;
}

}  // namespace tokiod::control
