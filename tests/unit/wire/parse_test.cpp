#include "wire/parse.hpp"

#include <doctest/doctest.h>

#include <string>

#include "wire/get.hpp"

using namespace tokiod;
using namespace tokiod::wire;

namespace {

kind why(std::string_view text, const parse_limits& limits = {}) {
  const auto parsed = parse(text, limits);
  REQUIRE_FALSE(parsed);
  return parsed.error().why;
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST_CASE("a document survives parse and dump with its order of keys") {
  const std::string text = R"({"b":1,"a":[true,null,-2,1.5,"x\u00e9"],"c":{"z":{},"y":[]}})";
  const auto parsed = parse(text);
  REQUIRE(parsed);
  CHECK(dump(*parsed) == R"({"b":1,"a":[true,null,-2,1.5,"xé"],"c":{"z":{},"y":[]}})");
}

TEST_CASE("depth is counted while reading: the limit passes, one level more does not") {
  CHECK(parse(nested(64)));
  CHECK(why(nested(65)) == kind::too_deep);
  CHECK(why(std::string(1'000'000, '[')) == kind::too_deep);
  CHECK(why(std::string(100, '{')) == kind::parse_error);
}

TEST_CASE("values and keys are counted while reading") {
  const parse_limits three{64, 3, false};
  CHECK(parse("[1,2]", three));
  CHECK(why("[1,2,3]", three) == kind::too_large);
  CHECK(parse(R"({"a":1})", three));
  CHECK(why(R"({"a":1,"b":2})", three) == kind::too_large);
}

TEST_CASE("a key twice in one object is refused, narrow or wide, and allowed in two objects") {
  CHECK(why(R"({"a":1,"a":2})") == kind::parse_error);
  CHECK(parse(R"([{"a":1},{"a":2},{"b":{"a":1},"a":2}])"));
  std::string wide = "{";
  for (int i = 0; i < 100; ++i) wide += "\"k" + std::to_string(i) + "\":0,";
  CHECK(parse(wide + "\"last\":0}"));
  CHECK(why(wide + "\"k3\":0}") == kind::parse_error);
  CHECK(why(wide + "\"k99\":0}") == kind::parse_error);
}

TEST_CASE("what is not UTF-8, a byte order mark, trailing text and comments are refused") {
  CHECK(why("\"\xff\"") == kind::parse_error);
  CHECK(why("\"\xc3\"") == kind::parse_error);
  CHECK(why("\"\xed\xa0\x80\"") == kind::parse_error);
  CHECK(why("\xEF\xBB\xBF{}") == kind::parse_error);
  CHECK(why("{} {}") == kind::parse_error);
  CHECK(why("{} // no") == kind::parse_error);
  CHECK(parse("{} // yes", {64, 100, true}));
  CHECK(why("") == kind::parse_error);
  CHECK(why("[1,]") == kind::parse_error);
}

TEST_CASE("an integer past 64 bits is refused instead of becoming a fraction") {
  CHECK(parse("18446744073709551615")->get<std::uint64_t>() == UINT64_MAX);
  CHECK(why("18446744073709551616") == kind::parse_error);
  CHECK(why("-9223372036854775809") == kind::parse_error);
  CHECK(why("1e999") == kind::parse_error);
  CHECK(parse("1e300")->is_number_float());
}

TEST_CASE("a parse error repeats little of a client's text") {
  const auto parsed = parse("[" + std::string(10000, 'x'));
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().sentence.size() < 200);
}

TEST_CASE("dump replaces what is not UTF-8 and never throws") {
  const json broken = std::string("a\xff\xc3(");
  CHECK(parse(dump(broken)));
  CHECK(dump(json::object()).find('\n') == std::string::npos);
}

TEST_CASE("checked getters refuse what get<int>() would bend") {
  CHECK(get_integer(json(5), "x", 1, 10) == 5);
  CHECK(get_integer(json(4294967297), "x", 0, 100).error().why == kind::out_of_range);
  CHECK(get_integer(json(UINT64_MAX), "x", 0, INT64_MAX).error().why == kind::out_of_range);
  CHECK(get_integer(json(1.9), "x", 0, 100).error().why == kind::wrong_type);
  CHECK(get_integer(json(true), "x", 0, 100).error().why == kind::wrong_type);
  CHECK(get_boolean(json(1), "x").error().why == kind::wrong_type);
  CHECK(get_string(json(nullptr), "x").error().why == kind::wrong_type);
  CHECK(get_number(json(2), "x", 0, 10) == 2.0);
  CHECK(get_number(json(11), "x", 0, 10).error().why == kind::out_of_range);
  CHECK(get_integer(json(0), "/worker_threads", 1, 1024).error().sentence == "/worker_threads must be 1..1024, got 0");
  CHECK(pointer("/a", "b/c~d") == "/a/b~1c~0d");
}
