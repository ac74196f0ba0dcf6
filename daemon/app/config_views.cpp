#include "app/config_views.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

#include "base/digest.hpp"
#include "wire/get.hpp"
#include "wire/patch.hpp"

namespace tokiod::app {
namespace {

using wire::json;

json problem_of(const config::fault& f) {
  json p = {{"path", f.path}, {"source", f.source}, {"kind", name(f.why)}, {"message", f.sentence}};
  if (!f.expected.empty()) p["expected"] = f.expected;
  if (!f.got.empty()) p["got"] = f.got;
  if (!f.hint.empty()) p["hint"] = f.hint;
  return p;
}

// The value at a JSON Pointer that somebody typed; null when there is none.
const json* find(const json& root, const std::string& pointer) {
  try {
    const json::json_pointer where(pointer);
    return root.contains(where) ? &root[where] : nullptr;
  } catch (const json::exception&) {  // "/a~x" is no pointer
    return nullptr;
  }
}

json operation_of(const config::change& c) {
  if (c.to.is_null()) return {{"op", "remove"}, {"path", c.path}};
  return {{"op", c.from.is_null() ? "add" : "replace"}, {"path", c.path}, {"value", c.to}};
}

std::string lines_of(const config::change& c) {
  std::string text;
  if (!c.from.is_null()) text += "- " + c.path + ": " + wire::dump(c.from) + "\n";
  if (!c.to.is_null()) text += "+ " + c.path + ": " + wire::dump(c.to) + "\n";
  return text;
}

double unix_seconds(std::int64_t wall_ns) { return static_cast<double>(wall_ns) / 1e9; }

json layer_view(const config::layer& each, const config::schema_source& schemas, config::audience to) {
  return {{"layer", name(each.of)},
          {"source", each.text.name},
          {"loaded_at", unix_seconds(each.loaded_wall_ns)},
          {"sha256", sha256(wire::dump(each.text.value))},
          {"value", config::shown_document(each.text.value, schemas, to)}};
}

outcome<json> document_asked(const config::loaded& now, const get_query& asked) {
  if (asked.layer.empty()) return asked.defaults ? now.document : now.said;
  const auto of = config::level_named(asked.layer);
  if (!of) return refuse(kind::bad_enum, "there is no layer ", asked.layer);
  if (*of == config::level::defaults) return config::default_document();
  json said = json::object();
  for (const auto& each : now.layers)
    if (each.of == *of) said.update(each.text.value, true);
  return said;
}

json origins_below(const config::loaded& now, const std::string& pointer, bool single, bool levels) {
  const auto told = [&](const std::string& at) {
    return levels ? std::string(name(now.level_of(at))) : now.origin_of(at);
  };
  json all = json::object();
  for (const auto& [where, from] : now.origins)
    if (where == pointer || where.starts_with(pointer + "/")) all[where] = told(where);
  if (single) all[pointer] = told(pointer);
  return all;
}

}  // namespace

json problems_of(const config::faults& found) {
  json problems = json::array();
  for (const auto& f : found) problems.push_back(problem_of(f));
  return problems;
}

json plan_of(const std::vector<config::change>& changes, const std::vector<verdict>& verdicts,
             const config::schema_source& schemas) {
  json plan = json::array();
  const auto shown = config::shown_changes(changes, schemas);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const auto& c = shown[i];
    json entry = {{"path", c.path}, {"from", c.from}, {"to", c.to}, {"apply", verdicts[i].apply}, {"origin", c.origin}};
    if (verdicts[i].why) entry["why"] = verdicts[i].why->sentence;
    plan.push_back(std::move(entry));
  }
  return plan;
}

json paths_of(const std::vector<config::change>& changes) {
  json paths = json::array();
  for (const auto& each : changes) paths.push_back(each.path);
  return paths;
}

json report_of(const change_report& report, const config::schema_source& schemas) {
  json answer = {{"revision", report.revision},
                 {"applied", report.applied},
                 {"persisted", report.persisted},
                 {"plan", plan_of(report.changed, report.verdicts, schemas)},
                 {"needs_restart", report.needs_restart}};
  return answer;
}

json difference_of(const std::vector<config::change>& changes, const config::schema_source& schemas) {
  json patch = json::array();
  std::string text;
  for (const auto& each : config::shown_changes(changes, schemas)) {
    patch.push_back(operation_of(each));
    text += lines_of(each);
  }
  return {{"patch", std::move(patch)}, {"text", std::move(text)}};
}

json history_of(std::vector<revision> kept, std::size_t limit) {
  json list = json::array();
  for (const auto& each : kept | std::views::reverse | std::views::take(static_cast<std::ptrdiff_t>(limit))) {
    json entry = {{"revision", each.number},
                  {"time", unix_seconds(each.wall_ns)},
                  {"how", each.how},
                  {"by", each.by},
                  {"summary", each.changed}};
    if (!each.reason.empty()) entry["reason"] = each.reason;
    list.push_back(std::move(entry));
  }
  return list;
}

json layers_of(const config::loaded& now, const config::schema_source& schemas, config::audience to) {
  json list = json::array();
  config::layer defaults;
  defaults.of = config::level::defaults;
  defaults.text.name = "default";
  defaults.text.value = config::default_document();
  list.push_back(layer_view(defaults, schemas, to));
  list.back().erase("loaded_at");
  for (const auto& each : now.layers) list.push_back(layer_view(each, schemas, to));
  return list;
}

outcome<json> value_of(const config::loaded& now, const get_query& asked, const config::schema_source& schemas,
                       config::audience to) {
  const std::string pointer = wire::pointer_of(asked.path);
  const auto whole = document_asked(now, asked);
  if (!whole) return whole;
  const json document = config::shown_document(*whole, schemas, to);
  const json* const at = find(document, pointer);
  if (!at && !asked.layer.empty()) return refuse(kind::not_found, "the layer ", asked.layer, " does not say ", pointer);
  if (!at) return refuse(kind::not_found, "there is no setting ", pointer);
  json answer = {{"value", *at}};
  if (!asked.origin) return answer;
  answer["origins"] = origins_below(now, pointer, !at->is_structured(), false);
  answer["layers"] = origins_below(now, pointer, !at->is_structured(), true);
  return answer;
}

}  // namespace tokiod::app
