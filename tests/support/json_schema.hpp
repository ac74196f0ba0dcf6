// Whether a value is what a JSON Schema says, for the part of JSON Schema that rpc.discover uses; and what is wrong.
// A keyword that is not known here is a fault: else a schema could say what nobody checks.
// Threads: pure functions [any].
#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "wire/get.hpp"
#include "wire/json.hpp"
#include "wire/parse.hpp"

namespace tokiod::test {

using wire::json;

class schema_check {
 public:
  // `shared`: what #/components/schemas/ holds.
  explicit schema_check(const json& shared) : shared_(shared) {}

  // One sentence for each fault; empty: the value is as it should be.
  std::vector<std::string> faults_of(const json& value, const json& schema) {
    faults_.clear();
    check(value, schema, "");
    return faults_;
  }

 private:
  void check(const json& value, const json& schema, const std::string& at) {
    for (const auto& [keyword, rule] : schema.items()) check_keyword(keyword, value, rule, schema, at);
  }

  void check_keyword(std::string_view keyword, const json& value, const json& rule, const json& schema,
                     const std::string& at) {
    if (keyword == "type") {
      if (!is(value, rule.get<std::string>())) fault(at, "is not of the type " + rule.get<std::string>(), value);
    } else if (keyword == "enum") {
      if (std::ranges::find(rule, value) == rule.end()) fault(at, "is not one of " + rule.dump(), value);
    } else if (keyword == "$ref") {
      check_named(value, rule.get<std::string>(), at);
    } else if (keyword == "anyOf") {
      check_any(value, rule, at);
    } else if (keyword == "items") {
      if (value.is_array())
        for (std::size_t i = 0; i < value.size(); ++i) check(value[i], rule, at + "/" + std::to_string(i));
    } else if (keyword == "required") {
      for (const auto& name : rule)
        if (value.is_object() && !value.contains(name.get<std::string>())) fault(at, "lacks " + name.dump(), value);
    } else if (keyword == "properties") {
      for (const auto& [name, each] : rule.items())
        if (const json* member = wire::find(value, name)) check(*member, each, at + "/" + name);
    } else if (keyword == "additionalProperties") {
      check_others(value, rule, schema, at);
    } else {
      fault(at, "is under the keyword " + std::string(keyword) + ", which the check does not know", schema);
    }
  }

  void check_named(const json& value, const std::string& reference, const std::string& at) {
    constexpr std::string_view shared = "#/components/schemas/";
    const json* const named =
        reference.starts_with(shared) ? wire::find(shared_, reference.substr(shared.size())) : nullptr;
    if (named)
      check(value, *named, at);
    else
      fault(at, "has the form " + reference + ", which does not exist", value);
  }

  void check_any(const json& value, const json& forms, const std::string& at) {
    std::string why;
    for (const auto& form : forms) {
      const auto faults = schema_check(shared_).faults_of(value, form);
      if (faults.empty()) return;
      why += "; " + faults.front();
    }
    fault(at, "has none of " + std::to_string(forms.size()) + " forms" + why, value);
  }

  void check_others(const json& value, const json& rule, const json& schema, const std::string& at) {
    if (!value.is_object()) return;
    for (const auto& [name, member] : value.items()) {
      if (schema.contains("properties") && schema["properties"].contains(name)) continue;
      if (rule == false)
        fault(at + "/" + name, "is a member that the schema does not have", member);
      else
        check(member, rule, at + "/" + name);
    }
  }

  static bool is(const json& value, const std::string& type) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_boolean();
    if (type == "null") return value.is_null();
    if (type == "number") return value.is_number();
    return type == "integer" && value.is_number_integer();
  }

  void fault(const std::string& at, const std::string& what, const json& value) {
    faults_.push_back((at.empty() ? "the result" : at) + " " + what + ": " + value.dump().substr(0, 120));
  }

  const json& shared_;
  std::vector<std::string> faults_;
};

}  // namespace tokiod::test
