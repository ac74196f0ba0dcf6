#include "app/live/config.hpp"

#include "base/log.hpp"
#include "config/reference.hpp"
#include "wire/parse.hpp"

namespace tokiod::app {
namespace {

using wire::json;

// The schema below a pointer: sections are in "properties", instances in "additionalProperties", items in "items".
const json* schema_at(const json& root, std::string_view pointer) {
  const json* at = &root;
  while (at && !pointer.empty()) {
    pointer.remove_prefix(1);
    const std::string token(pointer.substr(0, pointer.find('/')));
    pointer.remove_prefix(token.size());
    const json* const named = at->contains("properties") ? &(*at)["properties"] : nullptr;
    if (named && named->contains(token)) {
      at = &(*named)[token];
    } else if (at->contains("additionalProperties") && (*at)["additionalProperties"].is_object()) {
      at = &(*at)["additionalProperties"];
    } else {
      at = at->contains("items") ? &(*at)["items"] : nullptr;
    }
  }
  return at;
}

json paths_of(const std::vector<config::change>& changes) {
  json paths = json::array();
  for (const auto& each : changes) paths.push_back(each.path);
  return paths;
}

// Of what is loaded now. A plugin may be named by its file, its name or its id.
config::schema_source schemas_of(const host::registry& plugins) {
  return [images = plugins.list()](const std::string& plugin) -> json {
    for (const auto& image : images)
      if (!image.config_schema.empty() && (image.path == plugin || image.name == plugin || image.id == plugin))
        return wire::parse(image.config_schema).value_or(json());
    return nullptr;
  };
}

}  // namespace

control::config_status live_settings::config() const {
  const auto s = parts_.config.status();
  return {s.revision, s.reloaded, s.last_ok, s.last_wall_ns, s.last_problem};
}

outcome<json> live_settings::config_get(std::string_view path, bool origin, config::audience to) const {
  return parts_.config.get(path, origin, schemas_of(parts_.plugins), to);
}

json live_settings::config_check(const json& document) const {
  return parts_.config.check(document, schemas_of(parts_.plugins));
}

outcome<json> live_settings::config_schema(std::string_view path) const {
  const json whole = config::schema();
  const std::string pointer = pointer_of(path);
  const json* const part = schema_at(whole, pointer);
  if (!part) return refuse(kind::not_found, "there is no setting ", pointer);
  return *part;
}

outcome<json> live_settings::config_reload(std::string_view reason) {
  const auto report = reload_now(parts_, reason.empty() ? "config.reload" : reason);
  if (!report) return std::unexpected(report.error());
  return json{{"revision", report->revision},
              {"changed", plan_of(report->changed, schemas_of(parts_.plugins))},
              {"needs_restart", report->needs_restart}};
}

outcome<reload_report> reload_now(const live_parts& parts, std::string_view reason) {
  if (parts.life.state() == life::draining) return refuse(kind::draining, "the daemon is draining");
  log::info("config", "reloading", {{"reason", reason}});
  parts.manager.reloading();
  auto report = parts.config.reload(parts.apply);
  parts.manager.ready();
  if (report) {
    log::info("config", "reloaded", {{"revision", report->revision}, {"changes", report->changed.size()}});
    parts.tell("config.applied", {{"revision", report->revision},
                                  {"changed", paths_of(report->changed)},
                                  {"needs_restart", report->needs_restart}});
    for (const auto& path : report->needs_restart)
      log::warn("config", "a changed setting takes effect at the next start only", {{"path", path}});
  } else {
    log::error("config", "not reloaded; the old configuration stays in force", {{"why", report.error().sentence}});
    parts.tell("config.reload_failed", {{"message", report.error().sentence}, {"path", report.error().path}});
  }
  return report;
}

}  // namespace tokiod::app
