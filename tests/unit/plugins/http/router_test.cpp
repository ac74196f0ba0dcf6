#include "router.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using namespace http;

namespace {

router<std::string> some() {
  router<std::string> made;
  made.add(method::get, "/files/*path", "any file");
  made.add(method::get, "/users/:id", "user");
  made.add(method::get, "/users/me", "me");
  made.add(method::remove, "/users/:id", "remove");
  made.add(method::get, "/users/:id/posts/:post", "post");
  made.add(method::post, "/users", "make");
  made.add(method::get, "/", "root");
  return made;
}

std::string found(const router<std::string>& in, method verb, std::string_view path) {
  const auto got = in.find(verb, path);
  return got.handler ? *got.handler : "none";
}

}  // namespace

TEST_CASE("a route is found by method and path, and names its parameters") {
  const auto routes = some();
  CHECK(found(routes, method::get, "/") == "root");
  CHECK(found(routes, method::post, "/users") == "make");
  const auto got = routes.find(method::get, "/users/7/posts/a b");
  REQUIRE(got.handler);
  CHECK(*got.handler == "post");
  CHECK(got.named == router<std::string>::parameters{{"id", "7"}, {"post", "a b"}});
}

TEST_CASE("the pattern that names more wins, in whatever order they were added") {
  const auto routes = some();
  CHECK(found(routes, method::get, "/users/me") == "me");
  CHECK(found(routes, method::get, "/users/you") == "user");
  CHECK(found(routes, method::remove, "/users/me") == "remove");
  router<std::string> other;
  other.add(method::get, "/a/*rest", "rest");
  other.add(method::get, "/:x/b", "parameter");
  other.add(method::get, "/a/b", "text");
  CHECK(found(other, method::get, "/a/b") == "text");
  CHECK(found(other, method::get, "/a/c") == "rest");
  CHECK(found(other, method::get, "/c/b") == "parameter");
}

TEST_CASE("a star takes all that is left, and not nothing") {
  const auto routes = some();
  const auto got = routes.find(method::get, "/files/a/b.txt");
  REQUIRE(got.handler);
  CHECK(got.named.at(0).second == "a/b.txt");
  CHECK(found(routes, method::get, "/files/") == "none");
  CHECK(found(routes, method::get, "/files") == "none");
}

TEST_CASE("a parameter is one segment, and not an empty one") {
  const auto routes = some();
  CHECK(found(routes, method::get, "/users/") == "none");
  CHECK(found(routes, method::get, "/users/7/") == "none");
  CHECK(found(routes, method::get, "/users/7/posts") == "none");
}

TEST_CASE("HEAD goes where GET goes; another method is told which there are") {
  const auto routes = some();
  CHECK(found(routes, method::head, "/users/7") == "user");
  CHECK(found(routes, method::head, "/users") == "none");
  CHECK(routes.find(method::put, "/users/7").allowed == "GET, HEAD, DELETE");
  CHECK(routes.find(method::get, "/nothing").allowed.empty());
}

TEST_CASE("a route that makes no sense, or is there already, is a mistake") {
  auto routes = some();
  CHECK_THROWS_AS(routes.add(method::get, "users", ""), std::invalid_argument);
  CHECK_THROWS_AS(routes.add(method::get, "/a/*b/c", ""), std::invalid_argument);
  CHECK_THROWS_AS(routes.add(method::get, "/users/me", ""), std::invalid_argument);
}
