#include "base/fd.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/os_thread.hpp"

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

TEST_CASE("write_all writes all to a descriptor that somebody made non-blocking, once there is room") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
  const unique_fd reader(ends[0]), writer(ends[1]);
  REQUIRE(::fcntl(writer.get(), F_SETPIPE_SZ, 4096) == 4096);
  const std::string text(100'000, 'x');
  std::size_t received = 0;
  auto reading = os_thread::start({}, [&] {
    while (received < text.size()) {
      pollfd at{reader.get(), POLLIN, 0};
      std::byte chunk[1024];
      if (::poll(&at, 1, 20'000) != 1) return;
      received += read_some(reader.get(), chunk).value_or(0);
    }
  });
  REQUIRE(reading);
  CHECK(write_all(writer.get(), std::as_bytes(std::span(text))));
  reading->join();
  CHECK(received == text.size());
}

TEST_CASE("write_all gives up on a descriptor that never has room") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
  const unique_fd reader(ends[0]), writer(ends[1]);
  const std::string text(1 << 20, 'x');
  const auto written = write_all(writer.get(), std::as_bytes(std::span(text)));
  REQUIRE_FALSE(written);
  CHECK(written.error().code == EAGAIN);
}
