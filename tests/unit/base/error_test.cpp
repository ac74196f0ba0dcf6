#include "base/error.hpp"

#include <doctest/doctest.h>

using namespace tokiod;

TEST_CASE("a refusal streams its parts into one sentence and keeps its kind") {
  const outcome<int> got = refuse(kind::out_of_range, "worker_threads must be 1..1024, got ", 0);
  REQUIRE(!got);
  CHECK(got.error().why == kind::out_of_range);
  CHECK(got.error().sentence == "worker_threads must be 1..1024, got 0");
}

TEST_CASE("every kind has a name and the code of the control protocol") {
  CHECK(name(kind::parse_error) == "parse_error");
  CHECK(rpc_code(kind::parse_error) == -32700);
  CHECK(name(kind::unsupported) == "unsupported");
  CHECK(rpc_code(kind::unsupported) == 1200);
}

TEST_CASE("an error names the call and what the system said") {
  CHECK(error{EADDRINUSE, "bind"}.text() == "bind: Address already in use");
}
