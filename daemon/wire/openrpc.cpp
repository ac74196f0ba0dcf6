// The OpenRPC document of the method table.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "wire/get.hpp"
#include "wire/method.hpp"
#include "wire/named_error.hpp"
#include "wire/parse.hpp"
#include "wire/results.hpp"

namespace tokiod::wire {
namespace {

json schema_of(const param& rule) {
  json schema = json::object();
  if (const auto type = json_type(rule.type); !type.empty()) schema["type"] = type;
  if (rule.type == param_type::texts) {
    schema["items"] = {{"type", "string"}};
    schema["minItems"] = static_cast<std::int64_t>(rule.min);
    schema["maxItems"] = static_cast<std::int64_t>(rule.max);
  } else if (rule.type == param_type::text && rule.choices.empty()) {
    schema["minLength"] = static_cast<std::int64_t>(rule.min);
    schema["maxLength"] = static_cast<std::int64_t>(rule.max);
  } else if (rule.type == param_type::integer) {
    schema["minimum"] = static_cast<std::int64_t>(rule.min);
    schema["maximum"] = static_cast<std::int64_t>(rule.max);
  } else if (rule.type == param_type::number) {
    schema["minimum"] = rule.min;
    schema["maximum"] = rule.max;
  }
  for (const auto choice : rule.choices) schema["enum"].push_back(choice);
  if (!rule.fallback.empty()) schema["default"] = *parse(rule.fallback);
  return schema;
}

json describe(const param& rule) {
  return {{"name", rule.name}, {"description", rule.doc}, {"required", rule.required}, {"schema", schema_of(rule)}};
}

json example_of(const method& row) {
  json params = json::array();
  const auto example = parse(row.example);
  for (const auto& [name, value] : example->items()) params.push_back({{"name", name}, {"value", value}});
  return {{"name", std::string(row.name) + " example"}, {"params", std::move(params)}};
}

// One entry for each code, as OpenRPC wants it: kinds that share one are named in it together.
json shown(const std::vector<named_error>& all) {
  json errors = json::array();
  for (const auto& each : all) {
    const auto same = std::ranges::find_if(errors, [&](const json& one) { return one["code"] == each.code; });
    if (same == errors.end())
      errors.push_back({{"code", each.code}, {"message", each.name}});
    else
      (*same)["message"] = text_or(*same, "message") + ", " + std::string(each.name);
  }
  return errors;
}

json general() {
  json errors = json::object();
  for (const auto& each : general_errors())
    errors[std::string(each.name)] = {{"code", each.code}, {"message", each.name}};
  return errors;
}

json describe(const method& row) {
  json params = json::array(), states = json::array();
  for (const auto& each : row.params) params.push_back(describe(each));
  for (const auto each : {daemon_state::starting, daemon_state::running, daemon_state::draining})
    if (row.when & bit(each)) states.push_back(name(each));
  return {{"name", row.name},
          {"summary", row.summary},
          {"paramStructure", "by-name"},
          {"params", std::move(params)},
          {"result", {{"name", "result"}, {"description", row.result}, {"schema", result_schema(row)}}},
          {"errors", shown(errors_of(row))},
          {"examples", json::array({example_of(row)})},
          {"x-level", name(row.needs)},
          {"x-states", std::move(states)},
          {"x-since", row.since}};
}

}  // namespace

json openrpc_document(std::string_view version) {
  json all = json::array();
  for (const auto& row : methods()) all.push_back(describe(row));
  return {{"openrpc", "1.3.2"},
          {"info", {{"title", "tokiod control"}, {"version", version}}},
          {"methods", std::move(all)},
          {"components", {{"schemas", shared_schemas()}, {"errors", general()}}}};
}

}  // namespace tokiod::wire
