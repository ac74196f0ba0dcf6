#include "wire/results.hpp"

#include <doctest/doctest.h>

#include <set>

#include "support/json_schema.hpp"
#include "support/method_result.hpp"
#include "wire/get.hpp"
#include "wire/shape.hpp"

using namespace tokiod;
using namespace tokiod::wire;

namespace {

json schema_of(std::string_view shape) {
  const auto schema = schema_of_shape(shape, form_of_shape);
  REQUIRE_MESSAGE(schema, schema.error().sentence);
  return *schema;
}

// Every name that a schema refers to.
void collect_references(const json& schema, std::set<std::string>& into) {
  if (const auto to = text_or(schema, "$ref"); !to.empty()) into.insert(to.substr(to.rfind('/') + 1));
  if (!schema.is_structured()) return;
  for (const auto& each : schema) collect_references(each, into);
}

std::string what_to_add(std::string_view method) {
  const std::string group(method.substr(0, method.find('.')));
  return "the method " + std::string(method) + " says nothing of its result: add {\"" + std::string(method) +
         "\", \"{member: text, other?: integer}\"} to daemon/wire/results/" + group +
         ".hpp (daemon/wire/shape.hpp has the notation), and in a new group name its table in daemon/wire/results.cpp";
}

}  // namespace

TEST_CASE("every method says what its result looks like") {
  for (const auto& row : methods()) CHECK_MESSAGE(find_result_shape(row.name) != nullptr, what_to_add(row.name));
}

TEST_CASE("every shape can be read, belongs to a method or is used by one, and refers to what exists") {
  std::set<std::string> used = {"operation_begun"};
  for (const auto& row : result_shapes()) {
    CAPTURE(row.name);
    const auto schema = schema_of_shape(row.form, form_of_shape);
    REQUIRE_MESSAGE(schema, schema.error().sentence);
    collect_references(*schema, used);
    if (const auto dots = row.form.find("..."); dots != std::string_view::npos)
      used.emplace(row.form.substr(dots + 3, row.form.find_first_of(",}", dots) - dots - 3));
  }
  used.erase("");
  for (const auto& name : used) CHECK_MESSAGE(find_result_shape(name) != nullptr, name);
  for (const auto& row : result_shapes())
    CHECK_MESSAGE((find_method(row.name) || used.contains(std::string(row.name))), row.name,
                  " is the shape of no method and of no part");
}

TEST_CASE("a shape stands for its JSON Schema") {
  CHECK(schema_of("any") == json::object());
  CHECK(schema_of("text") == json{{"type", "string"}});
  CHECK(schema_of("[integer]") == json{{"type", "array"}, {"items", {{"type", "integer"}}}});
  CHECK(schema_of(R"("a" | "b")") == json{{"type", "string"}, {"enum", {"a", "b"}}});
  CHECK(schema_of("number | null")["anyOf"].size() == 2);
  CHECK(schema_of("{}") == json{{"type", "object"}, {"properties", json::object()}, {"additionalProperties", false}});
  CHECK(schema_of("{a: text, b?: boolean}")["required"] == json{"a"});
  CHECK_FALSE(schema_of("{a: text, ...}").contains("additionalProperties"));
  CHECK(schema_of("{*: number}")["additionalProperties"] == json{{"type", "number"}});
  CHECK(schema_of("task") == json{{"$ref", "#/components/schemas/task"}});
  const auto more = schema_of("{...operation_begun, when: number}");
  CHECK(more["properties"].size() == 3);
  CHECK(more["required"] == json{"accepted", "operation_id", "when"});
}

TEST_CASE("what is no shape is refused") {
  for (const auto* const bad : {"", "{", "{a}", "{a:}", "[text", "\"a", "{a: text, a: text}", "text text", "a |",
                                "{...nothing}", "{: text}", "{a: text b: text}"})
    CHECK_MESSAGE(!schema_of_shape(bad, form_of_shape), bad);
}

TEST_CASE("a result of another form is told from the right one") {
  const json good = {{"before", 1}, {"after", 2}, {"retiring", json::array()}};
  CHECK(test::faults_of_result("runtime.resize", good).empty());
  CHECK(test::faults_of_result("runtime.resize", {{"accepted", true}, {"operation_id", "op-1"}}).empty());
  for (const json& bad :
       {json{{"before", 1}}, json{{"before", 1}, {"after", "2"}, {"retiring", json::array()}}, json::array(),
        json{{"before", 1}, {"after", 2}, {"retiring", json::array()}, {"more", 3}}, json{{"accepted", true}}})
    CHECK_MESSAGE(!test::faults_of_result("runtime.resize", bad).empty(), bad.dump());
  CHECK_FALSE(test::faults_of_result("daemon.shutdown", {{"mode", "slow"}, {"state", "running"}}).empty());
  CHECK_FALSE(test::faults_of_result("task.list", {{"tasks", {{{"id", "t-1"}}}}, {"total", 1}}).empty());
  test::schema_check check(json::object());
  CHECK_FALSE(check.faults_of("x", {{"pattern", "y"}}).empty());
}

TEST_CASE("an error that a method's row does not name is told from those that it does, and from those of all methods") {
  const auto is_named = [](const char* method, int code, const char* kind) {
    return test::faults_of_error(method, {{"code", code}, {"data", {{"kind", kind}}}}).empty();
  };
  CHECK(is_named("config.set", 1003, "invalid_config"));
  CHECK(is_named("config.set", 1002, "revision_conflict"));
  CHECK(is_named("daemon.upgrade", 1110, "upgrade_failed"));
  CHECK(is_named("daemon.info", -32006, "rate_limited"));
  CHECK_FALSE(is_named("daemon.info", 1003, "invalid_config"));
  CHECK_FALSE(is_named("config.get", 1002, "revision_conflict"));
  CHECK_FALSE(is_named("config.set", 1110, "upgrade_failed"));
  CHECK_FALSE(is_named("config.set", 1003, "made_up"));
}

TEST_CASE("rpc.discover lists at each method all that it may refuse with, and once what any may") {
  const auto document = openrpc_document("9.9.9");
  for (const auto& shown : document["methods"]) {
    const auto* const row = find_method(shown["name"].get<std::string>());
    std::string names;
    for (const auto& each : shown["errors"]) names += each["message"].get<std::string>() + ", ";
    for (const auto& each : errors_of(*row))
      CHECK_MESSAGE(names.find(std::string(each.name) + ", ") != std::string::npos, row->name, " ", each.name);
  }
  CHECK(document["components"]["errors"]["rate_limited"]["code"] == -32006);
  CHECK_FALSE(document["components"]["errors"].contains("not_found"));
}
