#include "wire/patch.hpp"

#include <doctest/doctest.h>

#include "wire/parse.hpp"

using namespace tokiod;
using wire::json;

namespace {

json read(std::string_view text) { return *wire::parse(text); }

constexpr const char* documents[] = {
    R"({})",
    R"({"a": 1})",
    R"({"a": {"b": 1, "c": [1, {"d": 2}]}})",
    R"({"a": [1, 2], "b": {"c": {"d": {}}}})",
    R"({"a": {"b": {"x": "y"}}, "e/f": true, "g~": "h"})",
    R"({"b": false, "a": {"c": {"b": 1}}})",
};

}  // namespace

TEST_CASE("a merge patch does what the examples of RFC 7396 say") {
  const auto check = [](const char* target, const char* patch, const char* result) {
    CHECK_MESSAGE(wire::same(wire::merged(read(target), read(patch)), read(result)), target, " ", patch);
  };
  check(R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})");
  check(R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})");
  check(R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})");
  check(R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})");
  check(R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})");
  check(R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})");
  check(R"(["a","b"])", R"({"a":"b","c":null})", R"({"a":"b"})");
  check(R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})");
}

TEST_CASE("a difference, applied, makes the one of the other, for every pair") {
  for (const auto* const from : documents)
    for (const auto* const to : documents) {
      CAPTURE(from);
      CAPTURE(to);
      const json patch = wire::merge_diff(read(from), read(to));
      CHECK(wire::same(wire::merged(read(from), patch), read(to)));
      CHECK(patch.empty() == wire::same(read(from), read(to)));
    }
}

TEST_CASE("two patches as one keep the deletions of both") {
  const json both = wire::composed(read(R"({"a": null, "b": {"c": 1, "d": null}})"), read(R"({"b": {"c": null}})"));
  CHECK(both == read(R"({"a": null, "b": {"c": null, "d": null}})"));
}

TEST_CASE("a patch without another one loses what that one speaks of, and what becomes empty") {
  const json left =
      wire::without(read(R"({"a": {"b": 1}, "c": {"d": 1, "e": 2}})"), read(R"({"a": {"b": 3}, "c": {"d": null}})"));
  CHECK(left == read(R"({"c": {"e": 2}})"));
}

TEST_CASE("a path becomes a patch, by pointer as by dots") {
  CHECK(*wire::patch_at("a.b", 1) == read(R"({"a": {"b": 1}})"));
  CHECK(*wire::patch_at("/a/x.y", nullptr) == read(R"({"a": {"x.y": null}})"));
  CHECK(wire::patch_at("", 1).error().why == kind::invalid_params);
  CHECK(wire::patch_at("/a~x", 1).error().why == kind::invalid_params);
}

TEST_CASE("operations are carried out in order or refused as a whole") {
  const json target = read(R"({"a": [1, 2], "b": {"c": 1}})");
  const auto done = wire::operated(target, read(R"([{"op": "add", "path": "/a/-", "value": 3},
      {"op": "move", "from": "/b/c", "path": "/d"}, {"op": "test", "path": "/d", "value": 1}])"));
  REQUIRE(done);
  CHECK(wire::same(*done, read(R"({"a": [1, 2, 3], "b": {}, "d": 1})")));
  CHECK(wire::operated(target, read(R"([{"op": "test", "path": "/b/c", "value": 2}])")).error().why == kind::refused);
  CHECK(wire::operated(target, read(R"([{"op": "replace", "path": "/x", "value": 2}])")).error().why ==
        kind::not_found);
  CHECK(wire::operated(target, read("[7]")).error().why == kind::invalid_params);
}
