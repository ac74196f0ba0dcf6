// One reader behind another, and the beginning of one: row IO-09.
#include <doctest/doctest.h>

#include <array>
#include <string>

#include "tokio/io.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using test::hand_poll;
using test::script;
using test::scripted_stream;

std::string all_of(auto&& reader) {
  std::string text;
  CHECK(test::block_on(reader.read_to_end(text)).has_value());
  return text;
}

}  // namespace

TEST_CASE("[IO-09] a chain reads the second stream behind the end of the first") {
  test::fake_host fake;
  CHECK(all_of(io::chain(scripted_stream(script().read("ab").read("c")), scripted_stream(script().read("de")))) ==
        "abcde");
  auto by_member = scripted_stream(script().read("1")).chain(io::cursor(std::string("2")));
  CHECK(all_of(by_member) == "12");
  CHECK(std::move(by_member).into_inner().second.position() == 1);
}

TEST_CASE("[IO-09] a read without room does not take a chain to its second stream") {
  test::fake_host fake;
  auto [a, b] = io::duplex(8);
  auto both = io::chain(a, io::cursor(std::string("second")));
  CHECK(test::block_on(both.read(io::byte_span())).value() == 0);
  std::array<char, 8> room;
  hand_poll reading(both.read(room));
  CHECK(reading.poll().is_pending());  // it still waits for the first
  CHECK(test::block_on(b.write_all("1")).has_value());
  CHECK(reading.poll().value().value() == 1);
}

TEST_CASE("[IO-09] a chain of buffered streams is one, and a line may begin in the first and end in the second") {
  test::fake_host fake;
  auto both = io::chain(io::buf_reader(scripted_stream(script().read("one\ntw"))), io::cursor(std::string("o\nthree")));
  std::string text;
  CHECK(test::block_on(both.read_line(text)).value() == 4);
  CHECK(test::block_on(both.read_line(text)).value() == 4);
  CHECK(test::block_on(both.read_line(text)).value() == 5);
  CHECK(text == "one\ntwo\nthree");
}

TEST_CASE("[IO-09] an error of the first stream does not lead to the second") {
  test::fake_host fake;
  const error reset(error_kind::connection_reset, "reset");
  auto both = io::chain(scripted_stream(script().read_error(reset).read("1")), io::cursor(std::string("2")));
  std::array<char, 8> room;
  CHECK(test::block_on(both.read(room)).error() == reset);
  CHECK(all_of(both) == "12");
}

TEST_CASE("[IO-09] take gives so many bytes and then the end, and the rest stays in the stream") {
  test::fake_host fake;
  io::cursor text(std::string("hello world"));
  auto few = io::take(text, 5);
  CHECK(few.limit() == 5);
  std::array<char, 3> room;
  CHECK(test::block_on(few.read(room)).value() == 3);
  CHECK(few.limit() == 2);
  CHECK(all_of(few) == "lo");
  CHECK(few.limit() == 0);
  CHECK(text.position() == 5);
  few.set_limit(3);
  CHECK(all_of(few) == " wo");
}

TEST_CASE("[IO-09] at its limit take does not poll the stream, and the end of the stream may come before") {
  test::fake_host fake;
  auto none = scripted_stream(script()).take(0);
  CHECK(all_of(none) == "");
  auto [a, b] = io::duplex(8);
  CHECK(test::block_on(b.write_all("ab")).has_value());
  auto two = io::take(a, 2);
  CHECK(all_of(two) == "ab");  // the pipe is open: asking it again would be pending
  CHECK(all_of(scripted_stream(script().read("x")).take(9)) == "x");
}

TEST_CASE("[IO-09] take of a buffered stream shows and consumes no more than its limit") {
  test::fake_host fake;
  io::cursor text(std::string("one\ntwo\n"));
  auto few = io::take(text, 6);
  std::string line;
  CHECK(test::block_on(few.read_line(line)).value() == 4);
  CHECK(test::block_on(few.read_line(line)).value() == 2);
  CHECK(line == "one\ntw");
  few.set_limit(1);
  few.consume(100);
  CHECK(text.position() == 7);
}

TEST_CASE("[IO-09] take appends to a buffer that is filled in part") {
  test::fake_host fake;
  auto few = io::cursor(std::string("0123456789")).take(4);
  std::array<char, 8> room;
  auto into = io::read_buf::uninit(room);
  into.put_slice("ab");
  CHECK(test::block_on(few.read_buf(into)).has_value());
  CHECK(into.filled().text() == "ab0123");
  CHECK(std::move(few).into_inner().position() == 4);
}
