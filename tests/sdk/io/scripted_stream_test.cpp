// The scripted stream of the test kit.
#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>

#include "tokio/test.hpp"

namespace {

using namespace tokio;
using namespace std::chrono_literals;
using test::hand_poll;
using test::script;
using test::scripted_stream;

}  // namespace

TEST_CASE("[TT-01] a read that comes before the expected write waits for it") {
  test::fake_host fake;
  scripted_stream stream(script().write("ask").read("answer"));
  std::array<char, 6> room;
  hand_poll reading(stream.read(room));
  CHECK(reading.poll().is_pending());
  CHECK(test::block_on(stream.write_all("ask")).has_value());
  CHECK(reading.is_woken());
  CHECK(reading.poll().value().value() == 6);
}

TEST_CASE("[TT-01] other bytes than expected panic, and so does a write that is not in the script") {
  test::fake_host fake;
  {
    scripted_stream stream(script().write("a"));
    CHECK_THROWS_AS((void)test::block_on(stream.write("b")), panic_error);
    CHECK(test::block_on(stream.write("a")).has_value());
  }
  scripted_stream stream{script()};
  CHECK_THROWS_AS((void)test::block_on(stream.write("b")), panic_error);
}

TEST_CASE("[TT-01] pauses pass in virtual time") {
  test::fake_host fake;
  scripted_stream stream(script().wait(5s).read("late"));
  std::array<char, 4> room;
  const auto before = fake.now_ns;
  CHECK(test::block_on(stream.read(room)).value() == 4);
  CHECK(fake.now_ns - before >= 5'000'000'000);
}

TEST_CASE("[TT-01] a reader and a writer that wait for the same pause are both woken by its end") {
  test::fake_host fake;
  scripted_stream stream(script().wait(5ms).read("x").write("y"));
  std::array<char, 1> room;
  hand_poll reading(stream.read(room));
  hand_poll writing(stream.write("y"));
  CHECK(reading.poll().is_pending());
  CHECK(writing.poll().is_pending());
  test::block_on(time::sleep(5ms));
  CHECK(writing.is_woken());
  CHECK(writing.poll().is_pending());  // the pause is over, and it is the reader's turn
  CHECK(reading.is_woken());
  CHECK(reading.poll().value().value() == 1);
  CHECK(writing.is_woken());
  CHECK(writing.poll().value().value() == 1);
}

TEST_CASE("[TT-01] a handle adds steps while the script plays, and its end is the end of the stream") {
  test::fake_host fake;
  scripted_stream stream{script()};
  std::array<char, 8> room;
  {
    auto more = stream.handle();
    hand_poll reading(stream.read(room));
    CHECK(reading.poll().is_pending());
    more.read("a").write("b");
    CHECK(reading.is_woken());
    CHECK(reading.poll().value().value() == 1);
    CHECK(test::block_on(stream.write("b")).value() == 1);
    hand_poll writing(stream.write("c"));
    CHECK(writing.poll().is_pending());  // the script may go on with it
    auto copy = more;
    copy.write("c");
    CHECK(writing.is_woken());
    CHECK(writing.poll().value().value() == 1);
  }
  hand_poll end(stream.read(room));
  CHECK(end.poll().value().value() == 0);
}

TEST_CASE("[TT-01] who waits is woken when the last handle goes") {
  test::fake_host fake;
  scripted_stream stream{script()};
  std::array<char, 8> room;
  auto more = std::make_optional(stream.handle());
  hand_poll reading(stream.read(room));
  CHECK(reading.poll().is_pending());
  more.reset();
  CHECK(reading.is_woken());
  CHECK(reading.poll().value().value() == 0);
}

TEST_CASE("[TT-01] a script's name stands in what is said of it") {
  test::fake_host fake;
  scripted_stream stream(script().name("the server").write("a"));
  CHECK_THROWS_WITH_AS((void)test::block_on(stream.write("b")),
                       "the server was given other bytes than the script expects", panic_error);
  CHECK(test::block_on(stream.write("a")).has_value());
  CHECK_THROWS_WITH_AS((void)test::block_on(stream.write("b")),
                       "the server was written to, and the script has no such step", panic_error);
}

TEST_CASE("[TT-01] a read without room gives nothing and leaves the script where it is") {
  test::fake_host fake;
  scripted_stream stream(script().read("x"));
  CHECK(test::block_on(stream.read(io::byte_span())).value() == 0);
  std::array<char, 1> room;
  CHECK(test::block_on(stream.read(room)).value() == 1);
}
