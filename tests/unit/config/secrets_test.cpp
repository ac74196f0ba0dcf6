#include "config/secrets.hpp"

#include <doctest/doctest.h>

#include "config/load.hpp"
#include "config/setting.hpp"
#include "wire/parse.hpp"

using namespace tokiod;
using config::audience;
using wire::json;

namespace {

json shown(const char* config, const char* schema, audience to = audience::everybody) {
  return config::shown_config(*wire::parse(config), *wire::parse(schema), to);
}

config::schema_source nobody() {
  return [](const std::string&) { return json(); };
}

}  // namespace

TEST_CASE("a marked key is shown to nobody, with all that is below it") {
  const auto* const schema = R"({"properties": {"port": {}, "password": {"secret": true}, "tls": {"secret": true}}})";
  const auto* const text = R"({"port": 7, "password": "pa55", "tls": {"key": "k3y"}})";
  for (const auto to : {audience::everybody, audience::admin}) {
    const auto seen = shown(text, schema, to);
    CHECK(seen == json({{"port", 7}, {"password", "***"}, {"tls", "***"}}));
  }
}

TEST_CASE("a value that no schema tells of is for administrators, its key for everybody") {
  const auto* const text = R"({"a": "one", "list": ["two", {"b": null}], "port": 7})";
  const auto* const schema = R"({"properties": {"port": {"type": "integer"}}})";
  CHECK(shown(text, schema) == json({{"a", "***"}, {"list", {"***", {{"b", "***"}}}}, {"port", 7}}));
  CHECK(shown(text, schema, audience::admin) == *wire::parse(text));
  CHECK(shown(text, "null") == json({{"a", "***"}, {"list", {"***", {{"b", "***"}}}}, {"port", "***"}}));
}

TEST_CASE("a mark holds through whatever a schema is composed of") {
  const auto* const text = R"({"login": {"user": "u", "word": "pa55"}})";
  const auto secret_word = [&](const char* schema) {
    return shown(text, schema, audience::admin)["login"]["word"] == "***";
  };
  CHECK(secret_word(R"({"$defs": {"l": {"properties": {"word": {"secret": true}}}},
                        "properties": {"login": {"$ref": "#/$defs/l"}}})"));
  CHECK(secret_word(R"({"properties": {"login": {"anyOf": [{"properties": {"word": {}}},
                                                           {"properties": {"word": {"secret": true}}}]}}})"));
  CHECK(secret_word(R"({"allOf": [{"properties": {"login": {"additionalProperties": {"secret": true}}}}]})"));
  CHECK(secret_word(R"({"properties": {"login": {"patternProperties": {"^w": {"secret": true}}}}})"));
  CHECK(shown(R"({"words": ["a", "b"]})", R"({"properties": {"words": {"items": {"secret": true}}}})",
              audience::admin) == json({{"words", {"***", "***"}}}));
}

TEST_CASE("a schema that refers to itself, or to nowhere, is read to its end") {
  const auto* const text = R"({"next": {"next": {"word": "pa55"}}})";
  const auto* const loop = R"({"properties": {"next": {"$ref": "#"}, "word": {"secret": true}}})";
  CHECK(shown(text, loop, audience::admin) == json({{"next", {{"next", {{"word", "***"}}}}}}));
  CHECK(shown(text, R"({"$ref": "#/$defs/none"})")["next"]["next"]["word"] == "***");
  CHECK(shown(text, R"({"$ref": "#anchor"})")["next"]["next"]["word"] == "***");
  CHECK(shown(text, R"({"$ref": "#", "allOf": [{"$ref": "#"}]})")["next"]["next"]["word"] == "***");
}

TEST_CASE("in a whole configuration only what is marked is hidden, by the schema of the plugin that is named there") {
  const auto loaded = config::load_text("test", R"({"plugins": {"instances": {
    "a": {"plugin": "known", "config": {"port": 7, "word": "pa55"}},
    "b": {"plugin": "other", "config": {"port": 8}}}}})");
  REQUIRE(loaded);
  const auto schemas = [](const std::string& plugin) {
    return plugin == "known" ? json({{"properties", {{"port", json::object()}}}}) : json();
  };
  const auto seen = config::shown_document(loaded->document, schemas, audience::everybody);
  const auto& instances = seen["plugins"]["instances"];
  CHECK(instances["a"]["config"] == json({{"port", 7}, {"word", "***"}}));
  CHECK(instances["b"]["config"] == json({{"port", "***"}}));
  CHECK(instances["a"]["plugin"] == "known");
  CHECK(seen["runtime"] == loaded->document["runtime"]);
  CHECK(config::shown_document(loaded->document, schemas, audience::admin) == loaded->document);
}

TEST_CASE("a plan names what changes of a secret, and neither its old nor its new value") {
  const auto with = [](const char* word) {
    auto made = config::load_text("test", std::string(R"({"plugins": {"instances": {"a": {"plugin": "p", "config": {
      "word": ")") + word + R"("}}}}})");
    REQUIRE(made);
    return std::move(*made);
  };
  const auto before = with("old-pa55"), after = with("new-pa55");
  const auto plan = config::shown_changes(config::diff(before, after), nobody());
  REQUIRE(plan.size() == 1);
  CHECK(plan[0].path == "/plugins/instances/a");
  CHECK(plan[0].from["config"]["word"] == "***");
  CHECK(plan[0].to["config"]["word"] == "***");
  CHECK(plan[0].to["plugin"] == "p");
}

TEST_CASE("a fault in a secret setting says what it is, not what it holds") {
  const auto loaded =
      config::load_text("test", R"({"plugins": {"instances": {"a": {"plugin": "p", "config": "pa55"}}}})");
  REQUIRE_FALSE(loaded);
  for (const auto& fault : loaded.error()) {
    CHECK(text_of(fault).find("pa55") == std::string::npos);
    CHECK(fault.got.find("pa55") == std::string::npos);
  }
  CHECK(loaded.error().front().got == "a string");
}
