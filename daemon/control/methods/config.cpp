#include <cmath>

#include "control/methods/methods.hpp"
#include "control/view/daemon.hpp"
#include "wire/get.hpp"
#include "wire/parse.hpp"
#include "wire/patch.hpp"

namespace tokiod::control {
namespace {

answer passed_on(outcome<json> got) {
  if (!got) return refused(got.error());
  return std::move(*got);
}

config_order order_of(const json& params, std::string_view by) {
  config_order order;
  order.by = by;
  order.reason = wire::text_or(params, "reason");
  if (wire::find(params, "expect_revision"))
    order.expect_revision = static_cast<std::uint64_t>(wire::integer_or(params, "expect_revision", 0));
  order.dry_run = wire::boolean_or(params, "dry_run", false);
  order.persist = wire::boolean_or(params, "persist", false);
  order.confirm_within = static_cast<duration_ns>(std::llround(wire::number_or(params, "confirm_within_s", 0) * 1e9));
  return order;
}

std::uint64_t revision_in(const json& params, std::string_view name) {
  return static_cast<std::uint64_t>(wire::integer_or(params, name, 0));
}

answer config_get(const call_site& site, const json& params) {
  const std::string path = wire::text_or(params, "path"), layer = wire::text_or(params, "layer");
  config_query asked;
  asked.path = path;
  asked.layer = layer;
  asked.origin = wire::boolean_or(params, "origin", false);
  asked.defaults = wire::boolean_or(params, "defaults", true);
  return passed_on(site.shared.daemon.config_get(asked, audience_of(site)));
}

answer config_layers(const call_site& site, const json&) { return site.shared.daemon.config_layers(audience_of(site)); }

answer config_history(const call_site& site, const json& params) {
  return site.shared.daemon.config_history(static_cast<std::size_t>(wire::integer_or(params, "limit", 16)));
}

answer config_schema(const call_site& site, const json& params) {
  return passed_on(site.shared.daemon.config_schema(wire::text_or(params, "path")));
}

answer show_config_status(const plane& shared, const json&) { return shared.daemon.config_status_view(); }

// On a reader: names of users and groups are looked up, which may ask another machine.
answer config_check(const plane& shared, const json& params) {
  const json* const document = wire::find(params, "document");
  const json* const patch = wire::find(params, "patch");
  if ((document == nullptr) == (patch == nullptr))
    return refused(refuse(kind::missing_param, "give either a document or a patch").error());
  return shared.daemon.config_check(document ? *document : *patch, patch != nullptr);
}

// A revision may be given as a number or as its text.
std::string end_of(const json& params, const char* name) {
  const json* const end = wire::find(params, name);
  return end->is_string() ? end->get<std::string>() : wire::dump(*end);
}

answer config_diff(const plane& shared, const json& params) {
  return passed_on(shared.daemon.config_diff(end_of(params, "from"), end_of(params, "to")));
}

answer config_drift(const plane& shared, const json&) { return shared.daemon.config_drift(); }

answer config_apply(backend& daemon, const json& params, std::string_view by) {
  const json* const patch = wire::find(params, "patch");
  const json* const ops = wire::find(params, "ops");
  if ((patch == nullptr) == (ops == nullptr))
    return refused(refuse(kind::missing_param, "give either a patch or ops").error());
  const auto order = order_of(params, by);
  return patch ? daemon.config_patch(*patch, "apply", order) : daemon.config_operate(*ops, order);
}

// One setting as a patch of the whole.
answer set_at(backend& daemon, const std::string& path, const json& value, const config_order& order) {
  const auto built = wire::patch_at(path, value);
  if (!built) return refused(built.error());
  return daemon.config_patch(*built, "set", order);
}

answer config_set(backend& daemon, const json& params, std::string_view by) {
  return set_at(daemon, wire::text_or(params, "path"), *wire::find(params, "value"), order_of(params, by));
}

answer config_unset(backend& daemon, const json& params, std::string_view by) {
  return daemon.config_unset(wire::text_or(params, "path"), order_of(params, by));
}

answer config_rollback(backend& daemon, const json& params, std::string_view by) {
  return daemon.config_rollback(revision_in(params, "to"), order_of(params, by));
}

answer config_save(backend& daemon, const json& params, std::string_view by) {
  return daemon.config_save(order_of(params, by));
}

answer config_confirm(backend& daemon, const json& params) {
  const auto revision = revision_in(params, "revision");
  if (const auto done = daemon.config_confirm(revision); !done) return refused(done.error());
  return json{{"revision", revision}};
}

answer config_reload(backend& daemon, const json& params, std::string_view by) {
  return daemon.config_reload(order_of(params, by));
}

answer plugin_config(backend& daemon, const json& params, std::string_view by) {
  const std::string path = wire::pointer("/plugins/instances", wire::text_or(params, "instance")) + "/config";
  return set_at(daemon, path, *wire::find(params, "patch"), order_of(params, by));
}

}  // namespace

std::span<const binding> config_methods() {
  static constexpr binding bindings[] = {
      {"config.apply", attributed(config_apply)},    {"config.check", reading(config_check)},
      {"config.confirm", operation(config_confirm)}, {"config.diff", reading(config_diff)},
      {"config.drift", reading(config_drift)},       {"config.get", quick(config_get)},
      {"config.history", quick(config_history)},     {"config.layers", quick(config_layers)},
      {"config.reload", attributed(config_reload)},  {"config.rollback", attributed(config_rollback)},
      {"config.save", attributed(config_save)},      {"config.schema", quick(config_schema)},
      {"config.set", attributed(config_set)},        {"config.status", reading(show_config_status)},
      {"config.unset", attributed(config_unset)},    {"plugin.config", attributed(plugin_config)},
  };
  return bindings;
}

}  // namespace tokiod::control
