// One of two: row IO-26.
#include "tokio/io/either.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "tokio/io.hpp"
#include "tokio/stream.hpp"
#include "tokio/task.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using cursor = io::cursor<std::string>;

}  // namespace

TEST_CASE("[IO-26] either of two streams of bytes is read, written, buffered and moved as the one that it is") {
  test::fake_host fake;
  using both = io::either<cursor, io::empty_stream>;
  auto text = both::left(cursor("one\ntwo"));
  CHECK(text.is_left());
  CHECK(text.get_right() == nullptr);
  std::string line;
  CHECK(test::block_on(text.read_line(line)).value() == 4);
  CHECK(test::block_on(text.seek(io::seek_from::current(-1))).value() == 3);
  CHECK(test::block_on(text.write_all("-")).has_value());
  const std::array<io::byte_view, 2> parts{"", "TWO"};
  CHECK(test::block_on(text.write_vectored(parts)).value() == 3);
  CHECK(test::block_on(text.flush()).has_value());
  CHECK(test::block_on(text.shutdown()).has_value());
  CHECK(text.get_left()->get() == "one-TWO");
  auto nothing = both::right(io::empty());
  CHECK_FALSE(nothing.is_left());
  CHECK(test::block_on(nothing.read_line(line)).value() == 0);
  CHECK(test::block_on(nothing.stream_position()).value() == 0);
}

TEST_CASE("[IO-26] either of two futures is a future, and either of two streams of items is a stream") {
  test::fake_host fake;
  const auto seven = [] { return poll_fn([](context&) { return poll<int>(7); }); };
  const auto work = []() -> task<int> { co_return 8; };
  using future = io::either<decltype(seven()), task<int>>;
  CHECK(test::block_on(future::left(seven())) == 7);
  CHECK(test::block_on(future::right(work())) == 8);
  using items = io::either<decltype(stream::iter(std::vector<int>())), decltype(stream::once(1))>;
  CHECK(test::block_on(items::left(stream::iter(std::vector{1, 2})).collect<std::vector<int>>()) == std::vector{1, 2});
  auto one = items::right(stream::once(3));
  CHECK(test::block_on(one.next()) == 3);
  CHECK_FALSE(test::block_on(one.next()).has_value());
}

TEST_CASE("[IO-26] what only one of the two can do, neither can") {
  using reader_or_writer = io::either<cursor, io::sink_stream>;
  static_assert(!io::async_reader<reader_or_writer>);
  static_assert(io::async_writer<reader_or_writer>);
  static_assert(!pollable<reader_or_writer>);
  static_assert(!stream::is_stream<reader_or_writer>);
}
