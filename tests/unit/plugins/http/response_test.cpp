#include "response.hpp"

#include <doctest/doctest.h>

using namespace http;

TEST_CASE("a head says how long the body is, and whether the connection stays") {
  std::string out;
  append_head(out, {.status = 200, .type = "text/plain", .more = field_lines().add("X", "1"), .length = 7});
  CHECK(out ==
        "HTTP/1.1 200 OK\r\nServer: tokiod\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Type: text/plain\r\n"
        "X: 1\r\nContent-Length: 7\r\n\r\n");
  out.clear();
  append_head(out, {.status = 304, .more = {}, .body = framing::none, .close = true, .says_keep_alive = true});
  CHECK(out ==
        "HTTP/1.1 304 Not Modified\r\nServer: tokiod\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nConnection: "
        "close\r\n\r\n");
  out.clear();
  append_head(out, {.status = 404, .more = {}, .body = framing::chunked, .says_keep_alive = true});
  CHECK(out.ends_with("GMT\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n"));
}

TEST_CASE("a value cannot end its line") {
  CHECK(field_lines().add("Location", "/a\r\nSet-Cookie: b\x7f").text() == "Location: /a  Set-Cookie: b \r\n");
}

TEST_CASE("a chunk is its length and its bytes") {
  std::string out;
  append_chunk_begin(out, 16);
  ((out += "0123456789abcdef") += chunk_end) += last_chunk;
  CHECK(out == "10\r\n0123456789abcdef\r\n0\r\n\r\n");
}
