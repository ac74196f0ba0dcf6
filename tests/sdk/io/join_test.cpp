// A reader and a writer as one: row IO-20.
#include "tokio/io/join.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <utility>

#include "tokio/io.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using test::script;
using test::scripted_stream;

}  // namespace

TEST_CASE("[IO-20] a joined stream reads from the one and writes to the other") {
  test::fake_host fake;
  io::cursor out(std::string{});
  auto both = io::join(scripted_stream(script().read("in")), out);
  std::array<char, 4> room;
  CHECK(test::block_on(both.read(room)).value() == 2);
  CHECK(test::block_on(both.write_all("out")).has_value());
  CHECK(test::block_on(both.flush()).has_value());
  CHECK(out.get() == "out");
  CHECK(&both.writer() == &out);
}

TEST_CASE("[IO-20] it shuts the writer down, and gives both back") {
  test::fake_host fake;
  auto [near, far] = io::duplex(8);
  auto both = io::join(io::empty(), std::move(near));
  CHECK(test::block_on(both.shutdown()).has_value());
  std::array<char, 4> room;
  CHECK(test::block_on(far.read(room)).value() == 0);
  CHECK(test::block_on(far.write_all("x")).has_value());
  auto inner = std::move(both).into_inner();
  CHECK(test::block_on(inner.second.read(room)).value() == 1);
}

TEST_CASE("[IO-20] it is buffered when its reader is, and writes vectors when its writer does") {
  test::fake_host fake;
  auto both = io::join(io::cursor(std::string("line\nrest")), io::buf_writer(io::sink(), 8));
  static_assert(io::async_buf_reader<decltype(both)>);
  static_assert(io::vectored_writer<decltype(both)>);
  static_assert(!io::async_buf_reader<io::joined_stream<scripted_stream, scripted_stream>>);
  static_assert(!io::vectored_writer<io::joined_stream<scripted_stream, scripted_stream>>);
  std::string line;
  CHECK(test::block_on(both.read_line(line)).value() == 5);
  const std::array<io::byte_view, 2> parts{"ab", "cd"};
  CHECK(test::block_on(both.write_vectored(parts)).value() == 4);
  CHECK(both.writer().buffer().text() == "abcd");
}

TEST_CASE("[IO-20] what was split can be joined again") {
  test::fake_host fake;
  auto [near, far] = io::duplex(8);
  auto [reader, writer] = io::split(std::move(near));
  auto both = io::join(std::move(reader), std::move(writer));
  CHECK(test::block_on(both.write_all("1")).has_value());
  std::array<char, 4> room;
  CHECK(test::block_on(far.read(room)).value() == 1);
}
