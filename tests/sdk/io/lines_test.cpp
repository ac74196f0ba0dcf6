// Delimited reading: row IO-13.
#include "tokio/io/lines.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tokio/io.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using test::hand_poll;
using test::script;
using test::scripted_stream;

}  // namespace

TEST_CASE("[IO-13] read_until takes up to the delimiter, over the edges of reads, and the rest at the end") {
  test::fake_host fake;
  io::buf_reader reader(scripted_stream(script().read("ab").read("c;de").read(";f")));
  std::string piece;
  CHECK(test::block_on(reader.read_until(';', piece)).value() == 4);
  CHECK(piece == "abc;");
  CHECK(test::block_on(reader.read_until(';', piece)).value() == 3);
  CHECK(piece == "abc;de;");
  CHECK(test::block_on(reader.read_until(';', piece)).value() == 1);
  CHECK(test::block_on(reader.read_until(';', piece)).value() == 0);
  CHECK(piece == "abc;de;f");
}

TEST_CASE("[IO-13] read_line keeps the line's end, is 0 at the end, and leaves the string on bad UTF-8") {
  test::fake_host fake;
  io::buf_reader reader(scripted_stream(script().read("one\ntw").read("o\r\n\xff\nlast")));
  std::string line = ">";
  CHECK(test::block_on(reader.read_line(line)).value() == 4);
  CHECK(test::block_on(reader.read_line(line)).value() == 5);
  CHECK(line == ">one\ntwo\r\n");
  CHECK(test::block_on(reader.read_line(line)).error().kind() == error_kind::invalid_data);
  CHECK(line == ">one\ntwo\r\n");
  CHECK(test::block_on(reader.read_line(line)).value() == 4);
  CHECK(test::block_on(reader.read_line(line)).value() == 0);
}

TEST_CASE("[IO-13] lines come without their end, also \\r\\n, and the last one needs none") {
  test::fake_host fake;
  io::lines lines(io::buf_reader(scripted_stream(script().read("a\n\nb\r\nc"))));
  for (const char* expected : {"a", "", "b", "c"}) CHECK(test::block_on(lines.next_line()).value().value() == expected);
  CHECK_FALSE(test::block_on(lines.next_line()).value().has_value());
}

TEST_CASE("[IO-13] next_line is cancel safe: what was read of a line stays in the object") {
  test::fake_host fake;
  auto [a, b] = io::duplex(64);
  io::lines lines(io::buf_reader(std::move(a)));
  CHECK(test::block_on(b.write_all("hal")).has_value());
  {
    hand_poll cancelled(lines.next_line());
    CHECK(cancelled.poll().is_pending());
  }
  CHECK(test::block_on(b.write_all("f\n")).has_value());
  CHECK(test::block_on(lines.next_line()).value().value() == "half");
}

TEST_CASE("[IO-13] lines may borrow the reader and leave what follows in it") {
  test::fake_host fake;
  io::buf_reader reader(scripted_stream(script().read("head\nbody")));
  {
    io::lines lines(reader);
    CHECK(test::block_on(lines.next_line()).value().value() == "head");
  }
  CHECK(reader.buffer().text() == "body");
}

TEST_CASE("[IO-13] segments end at any byte and may be empty") {
  test::fake_host fake;
  io::segments pieces(io::buf_reader(scripted_stream(script().read("a||b"))), std::byte{'|'});
  for (const char* expected : {"a", "", "b"}) CHECK(test::block_on(pieces.next_segment()).value().value() == expected);
  CHECK_FALSE(test::block_on(pieces.next_segment()).value().has_value());
}
