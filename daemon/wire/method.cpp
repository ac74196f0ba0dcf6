#include "wire/method.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "wire/get.hpp"
#include "wire/parse.hpp"

namespace tokiod::wire {
namespace {

std::unexpected<refusal> at(std::string_view param_name, std::unexpected<refusal> no, std::string hint = {}) {
  no.error().path = pointer("", param_name);
  if (!hint.empty()) no.error().hint = std::move(hint);
  return no;
}

std::string list(std::span<const std::string_view> words) {
  std::string text;
  for (const auto word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

const param* find_param(const method& row, std::string_view name) {
  const auto found = std::ranges::find(row.params, name, &param::name);
  return found == row.params.end() ? nullptr : &*found;
}

outcome<void> refuse_unknown(const method& row, const std::string& name) {
  std::vector<std::string_view> names;
  for (const auto& each : row.params) names.push_back(each.name);
  const auto meant = nearest(name, names);
  auto hint = names.empty() ? std::string("it takes none") : "it takes " + list(names);
  if (meant) hint = "did you mean " + std::string(*meant) + "?";
  return at(name, refuse(kind::unknown_param, row.name, " has no parameter ", name), hint);
}

outcome<void> check_text(const param& rule, const json& value, std::string_view path) {
  const auto text = get_string(value, path);
  if (!text) return std::unexpected(text.error());
  if (!rule.choices.empty()) {
    if (std::ranges::find(rule.choices, *text) != rule.choices.end()) return {};
    return refuse(kind::bad_enum, path, " must be one of ", list(rule.choices), ", got ", text->substr(0, 40));
  }
  const auto bytes = static_cast<double>(text->size());
  if (bytes < rule.min || bytes > rule.max)
    return refuse(kind::out_of_range, path, " must have ", rule.min, "..", rule.max, " bytes, got ", text->size());
  // A path with a NUL inside would be cut there by the operating system.
  if (text->find('\0') != std::string::npos) return refuse(kind::out_of_range, path, " must not contain a NUL byte");
  return {};
}

outcome<void> check_texts(const param& rule, const json& value, std::string_view path) {
  const bool strings =
      value.is_array() && std::ranges::all_of(value, [](const json& each) { return each.is_string(); });
  if (!strings) return refuse(kind::wrong_type, path, " must be a list of strings, got ", type_name(value));
  const auto count = static_cast<double>(value.size());
  if (count < rule.min || count > rule.max)
    return refuse(kind::out_of_range, path, " must have ", rule.min, "..", rule.max, " members, got ", value.size());
  return {};
}

template <class Value>
outcome<void> only_whether(const outcome<Value>& checked) {
  if (!checked) return std::unexpected(checked.error());
  return {};
}

outcome<void> check_value(const param& rule, const json& value) {
  const auto path = rule.name;
  switch (rule.type) {
    case param_type::text: return check_text(rule, value, path);
    case param_type::texts: return check_texts(rule, value, path);
    case param_type::boolean: return only_whether(get_boolean(value, path));
    case param_type::number: return only_whether(get_number(value, path, rule.min, rule.max));
    case param_type::integer:
      return only_whether(
          get_integer(value, path, static_cast<std::int64_t>(rule.min), static_cast<std::int64_t>(rule.max)));
    case param_type::object:
      if (value.is_object()) return {};
      return refuse(kind::wrong_type, path, " must be an object, got ", type_name(value));
    case param_type::any: return {};
  }
  return {};
}

}  // namespace

std::string_view name(level l) {
  switch (l) {
    case level::none: return "none";
    case level::observe: return "observe";
    case level::operate: return "operate";
    case level::admin: return "admin";
  }
  return "none";
}

std::optional<level> level_named(std::string_view text) {
  for (const auto each : {level::none, level::observe, level::operate, level::admin})
    if (name(each) == text) return each;
  return std::nullopt;
}

std::string_view name(daemon_state s) {
  switch (s) {
    case daemon_state::starting: return "starting";
    case daemon_state::running: return "running";
    case daemon_state::draining: return "draining";
  }
  return "draining";
}

std::string_view json_type(param_type t) {
  switch (t) {
    case param_type::text: return "string";
    case param_type::integer: return "integer";
    case param_type::number: return "number";
    case param_type::boolean: return "boolean";
    case param_type::object: return "object";
    case param_type::texts: return "array";
    case param_type::any: return "";
  }
  return "";
}

outcome<json> check_params(const method& row, json params) {
  for (const auto& [name, value] : params.items()) {
    const param* rule = find_param(row, name);
    if (!rule) return std::unexpected(refuse_unknown(row, name).error());
    if (const auto checked = check_value(*rule, value); !checked)
      return at(name, std::unexpected(checked.error()), std::string(rule->doc));
  }
  for (const auto& rule : row.params) {
    if (find(params, rule.name)) continue;
    if (rule.required)
      return at(rule.name, refuse(kind::missing_param, row.name, " needs the parameter ", rule.name),
                std::string(rule.doc));
    if (!rule.fallback.empty()) params[std::string(rule.name)] = *parse(rule.fallback);
  }
  return params;
}

}  // namespace tokiod::wire
