#include "parser.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace http;
using std::string_view;

namespace {

// What one request of these bytes is: its head and body, or the status with which it is refused.
struct told {
  bool head = false, end = false;
  std::string body;
  int status = 0;
  std::size_t used = 0;
};

// Offers the bytes `step` at a time, as a connection does: what was not used is offered again with more.
told tell(request_parser& parser, string_view bytes, std::size_t step = SIZE_MAX) {
  told all;
  std::size_t offered = 0;
  while (!all.end && all.status == 0) {
    const auto got = parser.next(bytes.substr(all.used, offered - all.used));
    all.used += got.used;
    all.head = all.head || got.what == event::head;
    all.end = got.what == event::end;
    all.body += got.piece;
    all.status = got.status;
    if (got.what != event::need_more) continue;
    if (offered == bytes.size()) break;
    offered += std::min(step, bytes.size() - offered);
  }
  return all;
}

told tell(string_view bytes, const limits& with = {}) {
  request_parser parser(with);
  return tell(parser, bytes);
}

// The status of a request that must be refused, also when it comes byte by byte.
int refused(string_view bytes, const limits& with = {}) {
  const auto at_once = tell(bytes, with);
  request_parser parser(with);
  const auto slowly = tell(parser, bytes, 1);
  const bool waits = slowly.status == 0 && !bytes.contains("\r\n\r\n");  // for the end of the head
  CHECK_MESSAGE((waits || slowly.status == at_once.status), std::string(bytes));
  CHECK_FALSE(at_once.end);
  return at_once.status;
}

const std::string post = "POST /echo HTTP/1.1\r\nHost: a\r\n";
const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";

}  // namespace

TEST_CASE("a request is its method, its target and its fields; what follows is left alone") {
  request_parser parser({});
  const string_view bytes = "GET /a?b=c HTTP/1.1\r\nHost: x\r\nAccept: a, b\r\n\r\nGET /next";
  const auto got = tell(parser, bytes);
  CHECK(got.end);
  CHECK(bytes.substr(got.used) == "GET /next");
  const auto& head = parser.head();
  CHECK(head.verb == method::get);
  CHECK(head.target == "/a?b=c");
  CHECK(head.version == 11);
  CHECK(head.keep_alive);
  CHECK(head.find("host") == "x");
  CHECK(head.find("ACCEPT") == "a, b");
  CHECK_FALSE(head.find("Accep"));
}

TEST_CASE("two requests in one buffer are two requests, also byte by byte") {
  const std::string one = post + "Content-Length: 3\r\n\r\nabc", two = "HEAD / HTTP/1.0\r\n\r\n";
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, SIZE_MAX}) {
    request_parser parser({});
    const auto first = tell(parser, one + two, step);
    CHECK(first.body == "abc");
    CHECK(first.used == one.size());
    parser.reset();
    const auto second = tell(parser, two, step);
    CHECK(second.end);
    CHECK(parser.head().verb == method::head);
    CHECK(parser.head().version == 10);
    CHECK_FALSE(parser.head().keep_alive);
  }
}

TEST_CASE("chunks become a body, however they arrive; extensions and trailers tell nothing") {
  const std::string bytes = chunked + "5\r\nhello\r\n1;name=\"a b\"\r\n,\r\n006\r\n world\r\n0\r\nX-Sum: 1\r\n\r\nGET";
  for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{9}, SIZE_MAX}) {
    request_parser parser({});
    const auto got = tell(parser, bytes, step);
    CHECK(got.end);
    CHECK(got.body == "hello, world");
    CHECK(string_view(bytes).substr(got.used).substr(0, 3) == "GET");
    CHECK(parser.head().chunked);
    CHECK_FALSE(parser.head().find("X-Sum"));
  }
}

TEST_CASE("whether the connection stays is what the client says, or its version") {
  const auto keeps = [](const std::string& version, const std::string& fields) {
    request_parser parser({});
    REQUIRE(tell(parser, "GET / HTTP/" + version + "\r\nHost: a\r\n" + fields + "\r\n").end);
    return parser.head().keep_alive;
  };
  CHECK(keeps("1.1", ""));
  CHECK_FALSE(keeps("1.1", "Connection: x, CLOSE\r\n"));
  CHECK_FALSE(keeps("1.0", ""));
  CHECK(keeps("1.0", "Connection: Keep-Alive\r\n"));
}

TEST_CASE("a length that two servers could read differently is refused") {
  CHECK(refused(post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") == 400);
  CHECK(refused(post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n") == 400);
  CHECK(refused(post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc") == 400);
  CHECK(refused(post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc") == 400);
  CHECK(refused(post + "Content-Length: 3, 3\r\n\r\nabc") == 400);
  for (const char* const length : {"+3", "-3", "0x3", "3 3", "", "a", "3a", "99999999999999999999"})
    CHECK_MESSAGE(refused(post + "Content-Length: " + length + "\r\n\r\nabc") == 400, std::string(length));
}

TEST_CASE("an encoding that is not exactly chunked is not implemented, and HTTP/1.0 has none") {
  for (const char* const coding :
       {"gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked", "xchunked", "identity", "chunked;a=b",
        "\x0b"
        "chunked"}) {
    const int status = refused(post + "Transfer-Encoding: " + coding + "\r\n\r\n0\r\n\r\n");
    CHECK_MESSAGE((status == 501 || status == 400), coding, " gave ", status);
  }
  CHECK(refused(post + "Transfer-Encoding: gzip\r\n\r\n") == 501);
  CHECK(refused(post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") == 400);
  CHECK(refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") == 400);
}

TEST_CASE("a chunk that is not exactly one is refused") {
  for (const char* const body : {"5\r\nhelloXX0\r\n\r\n",
                                 "5\r\nhello\n0\r\n\r\n",
                                 "5\nhello\r\n0\r\n\r\n",
                                 "5\rXhello\r\n0\r\n\r\n",
                                 "x\r\nhello\r\n0\r\n\r\n",
                                 "0x5\r\nhello\r\n0\r\n\r\n",
                                 "-5\r\nhello\r\n0\r\n\r\n",
                                 "+5\r\nhello\r\n0\r\n\r\n",
                                 " 5\r\nhello\r\n0\r\n\r\n",
                                 "5 \r\nhello\r\n0\r\n\r\n",
                                 "5;\r\nhello\r\n0\r\n\r\n",
                                 "\r\nhello\r\n0\r\n\r\n",
                                 "5;a\nb\r\nhello\r\n0\r\n\r\n",
                                 "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n",
                                 "5;a=\"x\n0\n\n\"\r\nhello\r\n0\r\n\r\n",
                                 "5;a=\"\x01\"\r\nhello\r\n0\r\n\r\n",
                                 "5\r\nhello\r\n0;a=\"\n\"\r\n\r\n",
                                 "00000000000000005\r\nhello\r\n0\r\n\r\n",
                                 "5\r\nhello\r\n0\r\nContent-Length: 3\r\n\r\n",
                                 "5\r\nhello\r\n0\r\nX: a\r\n b\r\n\r\n"})
    CHECK_MESSAGE(refused(chunked + body) == 400, std::string(body));
  CHECK_FALSE(tell(chunked + "5;a=\"b\r\nhello\r\n0\r\n\r\n").end);  // waits for the end of the quoted text
  CHECK(refused(chunked + "5;a=\"" + '\0' + "\"\r\nhello\r\n0\r\n\r\n") == 400);
  CHECK(tell(chunked + "0000000000000005\r\nhello\r\n0\r\n\r\n").body == "hello");
  CHECK(refused(chunked + "ffffffffffffffff\r\nhello") == 413);
  CHECK(refused(chunked + "11111111111111111\r\nhello") == 400);  // it has more bits than a length
}

TEST_CASE("line ends are CR LF, a field is one line, and a name ends at its colon") {
  for (const char* const bytes :
       {"GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost: a\n\r\n", "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX:\r\n c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n \r\n\r\n", "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\x01: b\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "GET /\r\nHost: a\r\n\r\n",
        "G(T / HTTP/1.1\r\nHost: a\r\n\r\n"})
    CHECK_MESSAGE(refused(bytes) == 400, std::string(bytes));
  CHECK(refused(std::string("GET / HTTP/1.1\r\nHost: a\r\nX: b") + '\0' + "c\r\n\r\n") == 400);
  CHECK(refused(std::string("GET /") + '\0' + " HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
}

TEST_CASE("a request says which host it means, once") {
  CHECK(refused("GET / HTTP/1.1\r\n\r\n") == 400);
  CHECK(refused("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n") == 400);
  CHECK(tell("GET / HTTP/1.0\r\n\r\n").end);
}

TEST_CASE("other versions are not supported, and what is none is no request") {
  CHECK(refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n") == 505);
  CHECK(refused("GET / HTTP/0.9\r\nHost: a\r\n\r\n") == 505);
  CHECK(refused("GET / HTTP/1.1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(refused("GET / HTTQ/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(refused("\x16\x03\x01\x02\r\n\r\n") == 400);  // a client that speaks TLS
}

TEST_CASE("what is over a limit is refused, what is at it is not") {
  const limits small{.request_line = 32, .head_bytes = 96, .fields = 3, .body_bytes = 4};
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n";
  CHECK(refused("GET /" + std::string(33, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", small) == 414);
  CHECK(refused("GET /" + std::string(200, 'a'), small) == 414);
  CHECK(tell(get + "X: " + std::string(62, 'a') + "\r\n\r\n", small).end);
  CHECK(refused(get + "X: " + std::string(68, 'a') + "\r\n\r\n", small) == 431);
  CHECK(refused(get + "X: " + std::string(500, 'a'), small) == 431);
  CHECK(tell(get + "A: 1\r\nB: 2\r\n\r\n", small).end);
  CHECK(refused(get + "A: 1\r\nB: 2\r\nC: 3\r\n\r\n", small) == 431);
  CHECK(tell(post + "Content-Length: 4\r\n\r\nabcd", small).end);
  CHECK(refused(post + "Content-Length: 5\r\n\r\nabcde", small) == 413);
  CHECK(tell(chunked + "2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n", small).body == "abcd");
  CHECK(refused(chunked + "2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n", small) == 413);
}

TEST_CASE("lines of chunks and trailers have limits too") {
  const limits small{.request_line = 32, .head_bytes = 96, .fields = 5, .body_bytes = 1000};
  CHECK(refused(chunked + "1;" + std::string(200, 'a'), small) == 400);
  CHECK(refused(chunked + "0\r\nX: " + std::string(200, 'a'), small) == 400);
  CHECK(refused(chunked + "1;" + std::string(200, 'a') + "\r\nx\r\n0\r\n\r\n", small) == 400);
  CHECK(refused(chunked + "0\r\nX: " + std::string(200, 'a') + "\r\n\r\n", small) == 400);
  std::string many = chunked;
  for (int i = 0; i < 10; ++i) many += "1;" + std::string(20, 'a') + "\r\nx\r\n";
  CHECK(refused(many + "0\r\n\r\n", small) == 400);
  CHECK(refused(chunked + "0\r\nA: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\n\r\n", small) == 431);
}

TEST_CASE("some empty lines before a request are passed over, many are no request") {
  CHECK(tell("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").end);
  request_parser parser({});
  CHECK(tell(parser, "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 1).end);
  CHECK(refused("\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
}

TEST_CASE("a chunk that is larger than a head may be comes in whatever pieces") {
  const limits small{.request_line = 64, .head_bytes = 256, .fields = 8, .body_bytes = 10'000};
  const std::string bytes = chunked + "1800\r\n" + std::string(6144, 'x') + "\r\n0\r\n\r\n";
  for (const std::size_t step : {std::size_t{1}, std::size_t{64}, SIZE_MAX}) {
    request_parser parser(small);
    const auto got = tell(parser, bytes, step);
    CHECK(got.end);
    CHECK(got.body.size() == 6144);
  }
}

namespace {

// Up to three bytes are lost or come from somewhere else.
std::string damaged(std::string bytes, std::mt19937& random) {
  constexpr std::string_view odd = "\r\n\t :;,\"\0f5";
  for (auto damage = 1 + random() % 3; damage > 0; --damage) {
    const auto at = random() % bytes.size();
    if (random() % 2 == 0) bytes.erase(at, 1 + random() % 3);
    bytes.insert(std::min<std::size_t>(at, bytes.size()), 1, odd[random() % odd.size()]);
  }
  return bytes;
}

// Two ways of the same bytes to arrive: whoever gets to a head, an end or a refusal both ways must get to the same one.
// What is refused at once may still wait for the end of its line when it comes slowly, and what is too long when it
// comes at once may be seen to be wrong before that.
bool agree(const told& one, const told& other) {
  if (one.end || other.end)
    return one.end && other.end && one.used == other.used && one.body == other.body && one.head && other.head;
  const auto too_long = [](const told& what) { return what.status == 413 || what.status == 414 || what.status == 431; };
  return one.status == other.status || one.status == 0 || other.status == 0 || too_long(one) || too_long(other);
}

}  // namespace

TEST_CASE("twenty thousand damaged requests, cut anywhere, are taken the same way however they arrive") {
  const std::string whole[] = {
      "GET /a HTTP/1.1\r\nHost: x\r\nAccept: b\r\n\r\nGET",
      post + "Content-Length: 11\r\nExpect: 100-continue\r\n\r\nhello world",
      chunked + "5\r\nhello\r\n1;a=\"b\"\r\n,\r\n6\r\n world\r\n0\r\nX: y\r\n\r\nPOST",
      chunked + "0\r\n\r\n",
      chunked + "190\r\n" + std::string(400, 'x') + "\r\n0\r\n\r\n",
  };
  std::mt19937 random(1);  // the same ones each time
  for (const limits& with : {limits{}, limits{.request_line = 64, .head_bytes = 256, .fields = 8, .body_bytes = 1000}})
    for (int i = 0; i < 10'000; ++i) {
      const auto bytes = damaged(whole[random() % std::size(whole)], random);
      request_parser parser(with);
      CHECK_MESSAGE(agree(tell(bytes, with), tell(parser, bytes, 1 + random() % 7)), bytes);
    }
}
