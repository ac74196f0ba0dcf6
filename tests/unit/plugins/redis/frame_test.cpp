#include "frame.hpp"

#include <doctest/doctest.h>

using namespace redis;
using std::string_view;

namespace {

std::vector<std::string> parsed(request_parser& parser, string_view input) {
  REQUIRE(parser.next(input) == parse_result::request);
  return {parser.args().begin(), parser.args().end()};
}

std::string fault(string_view input, frame_limits limits = {}) {
  request_parser parser(limits);
  REQUIRE(parser.next(input) == parse_result::protocol_error);
  return parser.fault();
}

using words = std::vector<std::string>;

}  // namespace

TEST_CASE("an array of bulk strings is one request, and what follows is left alone") {
  request_parser parser;
  const string_view input = "*2\r\n$3\r\nGET\r\n$4\r\na\r\nb\r\n*1\r\n";
  CHECK(parsed(parser, input) == words{"GET", "a\r\nb"});
  CHECK(input.substr(parser.consumed()) == "*1\r\n");
}

TEST_CASE("a request that arrives byte by byte is complete exactly at its last byte") {
  const std::string whole = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$10\r\n0123456789\r\n";
  request_parser parser;
  for (std::size_t n = 1; n < whole.size(); ++n)
    CHECK(parser.next(string_view(whole).substr(0, n)) == parse_result::need_more);
  CHECK(parsed(parser, whole) == words{"SET", "k", "0123456789"});
  CHECK(parser.consumed() == whole.size());
}

TEST_CASE("an empty array, a null array and an empty line are requests without arguments") {
  request_parser parser;
  CHECK(parsed(parser, "*0\r\n").empty());
  CHECK(parsed(parser, "*-1\r\n").empty());
  CHECK(parsed(parser, "\r\n").empty());
  CHECK(parser.consumed() == 2);
}

TEST_CASE("inline commands know quotes, escapes and both line ends") {
  request_parser parser;
  CHECK(parsed(parser, "set key  value\r\n") == words{"set", "key", "value"});
  CHECK(parsed(parser, "PING\n") == words{"PING"});
  CHECK(parsed(parser, "set \"a b\\n\\x41\" 'it\\'s'\r\n") == words{"set", "a b\nA", "it's"});
  CHECK(parsed(parser, "set \"\" x\n") == words{"set", "", "x"});
}

TEST_CASE("what is no request is answered with the sentence that Redis gives") {
  CHECK(fault("*x\r\n") == "invalid multibulk length");
  CHECK(fault("*1048577\r\n") == "invalid multibulk length");
  CHECK(fault("*1\r\n:5\r\n") == "expected '$', got ':'");
  CHECK(fault("*1\r\n$-1\r\n") == "invalid bulk length");
  CHECK(fault("*1\r\n$101\r\n", {.bulk_bytes = 100}) == "invalid bulk length");
  CHECK(fault("get \"a\r\n") == "unbalanced quotes in request");
  CHECK(fault("get \"a\"b\r\n") == "unbalanced quotes in request");
  CHECK(fault(std::string(70'000, 'x')) == "too big inline request");
  CHECK(fault("*" + std::string(70'000, '1')) == "too big mbulk count string");
  CHECK(fault("*1\r\n$" + std::string(70'000, '1')) == "too big bulk count string");
}

TEST_CASE("arguments are views: a bulk string is not copied") {
  request_parser parser;
  const std::string input = "*1\r\n$4\r\nping\r\n";
  REQUIRE(parser.next(input) == parse_result::request);
  CHECK(parser.args()[0].data() == input.data() + 8);
}
