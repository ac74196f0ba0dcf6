#include "control/id_text.hpp"
#include "control/methods/methods.hpp"
#include "control/view/time.hpp"
#include "wire/get.hpp"

namespace tokiod::control {
namespace {

json operation_view(const operation_record& one) {
  json shown = {{"id", operation_id_text(one.id)},
                {"method", one.row->name},
                {"about", one.about},
                {"state", name(one.state)},
                {"client", client_id_text(one.client)},
                {"uid", one.uid},
                {"asked", seconds_of(one.asked_wall_ns)}};
  if (one.began_wall_ns != 0) shown["began"] = seconds_of(one.began_wall_ns);
  if (one.ended_wall_ns != 0) shown["ended"] = seconds_of(one.ended_wall_ns);
  return shown;
}

refusal no_operation(const std::string& text) {
  return refuse(kind::not_found, "there is no operation ", text, ", or it ended long ago").error();
}

const operation_record* named(const call_site& site, const std::string& text) {
  const auto id = id_after("op-", text);
  return id ? site.shared.desk.find(*id) : nullptr;
}

// What it gave is for those who may ask for the like of it.
answer operation_get(const call_site& site, const json& params) {
  const auto text = wire::text_or(params, "id");
  const auto* const one = named(site, text);
  if (!one) return refused(no_operation(text));
  json shown = operation_view(*one);
  if (!one->has_ended() || !site.rights.may(*one->row)) return shown;
  if (one->what)
    shown["result"] = *one->what;
  else
    shown["error"] = {
        {"code", one->what.error().code}, {"message", one->what.error().message}, {"data", one->what.error().data}};
  return shown;
}

answer list_operations(const call_site& site, const json& params) {
  const auto state = wire::text_or(params, "state");
  const auto most = static_cast<std::size_t>(wire::integer_or(params, "limit", 100));
  json list = json::array();
  const auto& all = site.shared.desk.all();
  for (auto one = all.rbegin(); one != all.rend() && list.size() < most; ++one)
    if (state.empty() || state == name(one->state)) list.push_back(operation_view(*one));
  return json{{"operations", std::move(list)}};
}

answer operation_cancel(const call_site& site, const json& params) {
  const auto text = wire::text_or(params, "id");
  const auto* const one = named(site, text);
  if (!one) return refused(no_operation(text));
  if (!site.rights.may(*one->row))
    return refused(refuse(kind::permission_denied, "who may not call ", one->row->name, " cannot cancel it").error());
  const auto state = site.shared.desk.cancel(one->id);
  if (!state) return refused(state.error());
  return json{{"id", text}, {"state", name(*state)}};
}

}  // namespace

std::span<const binding> operation_methods() {
  static constexpr binding bindings[] = {
      {"operation.cancel", quick(operation_cancel)},
      {"operation.get", quick(operation_get)},
      {"operation.list", quick(list_operations)},
  };
  return bindings;
}

}  // namespace tokiod::control
