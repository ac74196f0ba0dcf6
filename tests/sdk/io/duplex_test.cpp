// In-memory streams: row IO-18.
#include "tokio/io/duplex.hpp"

#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <string>
#include <thread>

#include "tokio/io.hpp"
#include "tokio/task.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using test::hand_poll;

}  // namespace

TEST_CASE("[IO-18] bytes pass both ways, in order, round the ring") {
  test::fake_host fake;
  auto [a, b] = io::duplex(5);
  std::array<char, 8> room;
  for (int i = 0; i < 20; ++i) {
    CHECK(test::block_on(a.write_all("abc")).has_value());
    CHECK(test::block_on(b.read(room)).value() == 3);
    CHECK(std::string(room.data(), 3) == "abc");
    CHECK(test::block_on(b.write_all("de")).has_value());
    CHECK(test::block_on(a.read(room)).value() == 2);
  }
}

TEST_CASE("[IO-18] a full pipe makes the writer wait until something was read") {
  test::fake_host fake;
  auto [a, b] = io::duplex(2);
  CHECK(test::block_on(a.write("abc")).value() == 2);
  hand_poll waiting(a.write("c"));
  CHECK(waiting.poll().is_pending());
  std::array<char, 1> room;
  CHECK(test::block_on(b.read(room)).value() == 1);
  CHECK(waiting.is_woken());
  CHECK(waiting.poll().value().value() == 1);
}

TEST_CASE("[IO-18] a peer that is gone ends reads after the rest and breaks writes") {
  test::fake_host fake;
  auto [a, b] = io::duplex(8);
  std::array<char, 8> room;
  CHECK(test::block_on(b.write_all("rest")).has_value());
  hand_poll writing(a.write("x"));
  {
    auto gone = std::move(b);
  }
  CHECK(test::block_on(a.read(room)).value() == 4);
  CHECK(test::block_on(a.read(room)).value() == 0);
  CHECK(test::block_on(a.write("x")).error().kind() == error_kind::broken_pipe);
  CHECK(test::block_on(a.write("")).value() == 0);
}

TEST_CASE("[IO-18] waiting readers and writers are woken when the peer goes") {
  test::fake_host fake;
  auto [a, b] = io::duplex(1);
  CHECK(test::block_on(a.write("x")).value() == 1);
  std::array<char, 1> room;
  hand_poll reading(a.read(room));
  hand_poll writing(a.write("y"));
  CHECK(reading.poll().is_pending());
  CHECK(writing.poll().is_pending());
  {
    auto gone = std::move(b);
  }
  CHECK(reading.is_woken());
  CHECK(writing.is_woken());
  CHECK(reading.poll().value().value() == 0);
  CHECK(writing.poll().value().error().kind() == error_kind::broken_pipe);
}

TEST_CASE("[IO-18] shutdown ends one direction only, and later writes fail") {
  test::fake_host fake;
  auto [a, b] = io::duplex(8);
  CHECK(test::block_on(a.shutdown()).has_value());
  std::array<char, 8> room;
  CHECK(test::block_on(b.read(room)).value() == 0);
  CHECK(test::block_on(b.write_all("ok")).has_value());
  CHECK(test::block_on(a.read(room)).value() == 2);
  CHECK(test::block_on(a.write("x")).error().kind() == error_kind::broken_pipe);
}

TEST_CASE("[IO-18] reads of nothing are ready and are not the end; a pipe without room panics") {
  test::fake_host fake;
  auto [a, b] = io::duplex(8);
  CHECK(test::block_on(a.read(io::byte_span())).value() == 0);
  CHECK_THROWS_AS(io::duplex(0), panic_error);
  CHECK_THROWS_AS(io::simplex(0), panic_error);
}

TEST_CASE("[IO-18] the pipe spends budget when it moves bytes and none while it waits") {
  test::fake_host fake;
  auto [reader, writer] = io::simplex(8);
  std::array<char, 8> room;
  hand_poll reading(reader.read(room));
  CHECK(reading.poll_with_budget(2).is_pending());
  CHECK(reading.budget_left() == 2);
  hand_poll writing(writer.write("x"));
  CHECK(writing.poll_with_budget(1).is_ready());
  CHECK(writing.budget_left() == 0);
  CHECK(reading.poll_with_budget(0).is_pending());
  CHECK(reading.poll_with_budget(2).is_ready());
  CHECK(reading.budget_left() == 1);
}

TEST_CASE("[IO-18] two tasks play ping-pong through a small pipe") {
  test::fake_host fake;
  auto [a, b] = io::duplex(3);
  auto echo = spawn(
      [](io::duplex_stream stream) -> task<> {
        std::array<char, 5> room;
        while ((co_await stream.read_exact(room)).has_value()) {
          auto sent = co_await stream.write_all(room);
          if (!sent) co_return;
        }
      },
      std::move(b));
  auto client = [](io::duplex_stream stream) -> task<int> {
    std::array<char, 5> room;
    int rounds = 0;
    for (; rounds < 50; ++rounds) {
      if (!(co_await stream.write_all("hello")).has_value()) break;
      if (!(co_await stream.read_exact(room)).has_value()) break;
    }
    co_return rounds;
  };
  CHECK(test::block_on(client(std::move(a))) == 50);
}
