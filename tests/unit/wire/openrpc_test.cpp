// Whether rpc.discover's document has the structure that the OpenRPC specification 1.3 asks of one: which members each
// object must and may have, and what must be unique.
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "support/json_schema.hpp"
#include "wire/get.hpp"
#include "wire/method.hpp"
#include "wire/shape.hpp"

using namespace tokiod;
using namespace tokiod::wire;

namespace {

constexpr std::string_view schema_words[] = {"$ref",       "additionalProperties",
                                             "anyOf",      "default",
                                             "enum",       "items",
                                             "maxItems",   "maxLength",
                                             "maximum",    "minItems",
                                             "minLength",  "minimum",
                                             "properties", "required",
                                             "type"};

// Members whose names begin with x- are everybody's own.
json without_extensions(const json& object) {
  json rest = json::object();
  for (const auto& [name, value] : object.items())
    if (!name.starts_with("x-")) rest[name] = value;
  return rest;
}

void check_form(const json& object, std::string_view form) {
  const auto schema = schema_of_shape(form, [](std::string_view) { return std::string_view(); });
  REQUIRE(schema);
  const auto faults = test::schema_check(json::object()).faults_of(without_extensions(object), *schema);
  CHECK_MESSAGE(faults.empty(), (faults.empty() ? "" : faults.front()));
}

void check_schema(const json& schema, const json& components) {
  REQUIRE(schema.is_object());
  for (const auto& [word, value] : schema.items()) {
    CAPTURE(word);
    CHECK(std::ranges::find(schema_words, word) != std::end(schema_words));
    if (word == "items" || (word == "additionalProperties" && value.is_object())) check_schema(value, components);
    if (word == "anyOf" || word == "properties")
      for (const auto& each : value) check_schema(each, components);
    if (word == "$ref") {
      const json::json_pointer to(value.get<std::string>().substr(1));
      CHECK_MESSAGE(json({{"components", components}}).contains(to), value.get<std::string>());
    }
  }
}

void check_unique(const json& list, const char* member) {
  std::set<json> seen;
  for (const auto& each : list) CHECK_MESSAGE(seen.insert(each[member]).second, each[member].dump());
}

void check_method(const json& method, const json& components) {
  CAPTURE(method["name"]);
  check_form(method,
             "{name: text, summary: text, paramStructure: text, params: [object], "
             "result: object, errors: [object], examples: [object]}");
  CHECK(method["paramStructure"] == "by-name");
  CHECK_FALSE(method["name"].get<std::string>().empty());
  check_unique(method["params"], "name");
  check_unique(method["errors"], "code");
  for (const auto& param : method["params"]) {
    check_form(param, "{name: text, description: text, required: boolean, schema: object}");
    check_schema(param["schema"], components);
  }
  check_form(method["result"], "{name: text, description: text, schema: object}");
  check_schema(method["result"]["schema"], components);
  for (const auto& error : method["errors"]) check_form(error, "{code: integer, message: text}");
  for (const auto& example : method["examples"]) {
    check_form(example, "{name: text, params: [{name: text, value: any}]}");
    for (const auto& given : example["params"]) {
      const auto named = [&](const json& param) { return param["name"] == given["name"]; };
      CHECK(std::ranges::any_of(method["params"], named));
    }
  }
}

}  // namespace

TEST_CASE("rpc.discover's document is an OpenRPC document") {
  const auto document = openrpc_document("1.2.3");
  check_form(document,
             "{openrpc: text, info: {title: text, version: text}, methods: [object], "
             "components: {schemas: {*: object}, errors: {*: {code: integer, message: text}}}}");
  CHECK(document["openrpc"] == "1.3.2");
  check_unique(document["methods"], "name");
  for (const auto& [name, schema] : document["components"]["schemas"].items()) {
    CAPTURE(name);
    check_schema(schema, document["components"]);
  }
  for (const auto& method : document["methods"]) check_method(method, document["components"]);
}
