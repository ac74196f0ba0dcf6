#include "base/fd.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

using namespace tokiod;

TEST_CASE("a unique_fd closes what it holds, once") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  unique_fd reader(ends[0]);
  {
    const unique_fd writer(ends[1]);
    unique_fd moved(std::move(reader));
    CHECK(!reader);
    reader = std::move(moved);
  }
  CHECK(::fcntl(ends[1], F_GETFD) == -1);
  CHECK(::fcntl(ends[0], F_GETFD) != -1);
}

TEST_CASE("read_file refuses a file over the limit and reads one within it") {
  const auto big = read_file("/proc/self/maps", 10);
  REQUIRE(!big);
  CHECK(big.error().code == EFBIG);
  const auto comm = read_file("/proc/self/comm", 100);
  REQUIRE(comm);
  CHECK(!comm->empty());
  CHECK(read_file("/no/such/file", 10).error().code == ENOENT);
}
