#include "wire/method.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "wire/get.hpp"
#include "wire/parse.hpp"

using namespace tokiod;
using namespace tokiod::wire;

namespace {

refusal check(std::string_view method, std::string_view params) {
  const auto checked = check_params(*find_method(method), *parse(params));
  REQUIRE_FALSE(checked);
  return checked.error();
}

}  // namespace

TEST_CASE("every row of the method table can be found, has words, and an example that fits its own rules") {
  for (const auto& row : methods()) {
    CAPTURE(row.name);
    CHECK(find_method(row.name) == &row);
    CHECK_FALSE(row.summary.empty());
    CHECK_FALSE(row.result.empty());
    const auto example = parse(row.example);
    REQUIRE(example);
    CHECK(check_params(row, *example));
    std::set<std::string_view> names;
    for (const auto& rule : row.params) {
      CHECK(names.insert(rule.name).second);
      CHECK_FALSE(rule.doc.empty());
      if (!rule.fallback.empty()) {
        const auto fallback = parse(rule.fallback);
        REQUIRE(fallback);
        CHECK_FALSE(rule.required);
        // A default obeys the rule it belongs to; an empty text says "none".
        json only = {{std::string(rule.name), *fallback}};
        for (const auto& other : row.params)
          if (other.required) only[std::string(other.name)] = (*example)[std::string(other.name)];
        CHECK(check_params(row, only));
      }
    }
  }
  CHECK(find_method("nope") == nullptr);
}

TEST_CASE("parameters are checked by name, presence, type, range and choice") {
  CHECK(check("control.ping", R"({"ecko":1})").why == kind::unknown_param);
  CHECK(check("control.ping", R"({"ecko":1})").hint == "did you mean echo?");
  CHECK(check("control.ping", R"({"ecko":1})").path == "/ecko");
  CHECK(check("plugin.info", "{}").why == kind::missing_param);
  CHECK(check("plugin.info", R"({"plugin":7})").why == kind::wrong_type);
  CHECK(check("plugin.info", R"({"plugin":""})").why == kind::out_of_range);
  CHECK(check("plugin.info", R"({"plugin":"a\u0000b"})").why == kind::out_of_range);
  CHECK(check("task.list", R"({"limit":0})").why == kind::out_of_range);
  CHECK(check("task.list", R"({"limit":1001})").sentence == "limit must be 1..1000, got 1001");
  CHECK(check("task.list", R"({"limit":1.5})").why == kind::wrong_type);
  CHECK(check("task.list", R"({"limit":4294967297})").why == kind::out_of_range);
  CHECK(check("daemon.shutdown", R"({"mode":"slow"})").why == kind::bad_enum);
  CHECK(check("daemon.shutdown", R"({"deadline_s":-1})").why == kind::out_of_range);
  CHECK(check("plugin.load", R"({"plugin":"echo","config":[]})").why == kind::wrong_type);
  CHECK(check("event.subscribe", R"({"topics":[]})").why == kind::out_of_range);
  CHECK(check("event.subscribe", R"({"topics":["a",1]})").why == kind::wrong_type);
  CHECK(check("config.reload", R"({"wait":"yes"})").why == kind::wrong_type);
}

TEST_CASE("absent parameters take their defaults") {
  const auto checked = check_params(*find_method("task.list"), json::object());
  REQUIRE(checked);
  CHECK(integer_or(*checked, "limit", 0) == 100);
  CHECK(find(*checked, "plugin") == nullptr);
}

TEST_CASE("a near name is suggested, a far one is not") {
  CHECK(nearest_method("plugin.lod") == "plugin.load");
  CHECK(nearest_method("plugin_list") == "plugin.list");
  CHECK_FALSE(nearest_method("completely.different"));
  CHECK_FALSE(nearest_method(std::string(100'000, 'a')));
}

TEST_CASE("the OpenRPC document has every method with its parameters, level and errors") {
  const auto document = openrpc_document("1.2.3");
  CHECK(document["info"]["version"] == "1.2.3");
  REQUIRE(document["methods"].size() == methods().size());
  for (const auto& row : document["methods"]) {
    CHECK(find_method(text_or(row, "name")));
    CHECK(level_named(text_or(row, "x-level")));
    CHECK(row["params"].is_array());
    CHECK(row["examples"].size() == 1);
  }
  const auto& list = document["methods"][static_cast<std::size_t>(find_method("task.list") - methods().data())];
  const auto limit = std::ranges::find_if(list["params"], [](const json& each) { return each["name"] == "limit"; });
  REQUIRE(limit != list["params"].end());
  CHECK((*limit)["schema"] == json{{"type", "integer"}, {"minimum", 1}, {"maximum", 1000}, {"default", 100}});
}
