#include "target.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace http;

namespace {

std::string path(std::string_view text) {
  const auto got = parse_target(text);
  return got ? got->path : "refused";
}

}  // namespace

TEST_CASE("a target is a path and a query, also behind a scheme and a host") {
  const auto got = parse_target("/a/b.html?c=d?e");
  REQUIRE(got);
  CHECK(got->path == "/a/b.html");
  CHECK(got->query == "c=d?e");
  CHECK(path("http://host:80/a") == "/a");
  CHECK(path("https://host") == "/");
  CHECK(path("HTTP://host/a") == "/a");
  CHECK(path("http://host?q") == "/");
  CHECK(path("/?") == "/");
}

TEST_CASE("what is percent-encoded is decoded once") {
  CHECK(path("/a%20b%2e%C3%A4") == "/a b.\xc3\xa4");
  CHECK(path("/%2525") == "/%25");
  CHECK(path("/+") == "/+");
}

TEST_CASE("dots and empty segments are gone, and a slash at the end stays") {
  CHECK(path("/") == "/");
  CHECK(path("/a//b/./c") == "/a/b/c");
  CHECK(path("/a/b/../c/") == "/a/c/");
  CHECK(path("/a/..") == "/");
  CHECK(path("/a/.") == "/a/");
  CHECK(path("//host/a") == "/host/a");
  CHECK(path("/...") == "/...");
}

TEST_CASE("nothing above the root has a name") {
  for (const char* const text : {"/..", "/../a", "/a/../../b", "/%2e%2e/a", "/.%2e/", "/a/%2E%2E/%2e%2e/b"})
    CHECK_MESSAGE(path(text) == "refused", text);
}

TEST_CASE("what programs read differently is refused") {
  for (const char* const text :
       {"", "*", "a", "host:80", "http:///etc", "http://", "/%", "/%2", "/%zz", "/a%2fb", "/a%2Fb", "/a%00b"})
    CHECK_MESSAGE(path(text) == "refused", text);
}

TEST_CASE("a path in a header has no byte that could end it") {
  CHECK(encode_path("/a b/\xc3\xa4\r\n%") == "/a%20b/%C3%A4%0D%0A%25");
  CHECK(encode_path("/a-b_c.d~e/") == "/a-b_c.d~e/");
}
