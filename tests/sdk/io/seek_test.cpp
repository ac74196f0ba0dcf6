// Streams with a position: rows IO-04, IO-14, IO-15, IO-23.
#include "tokio/io/seek.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tokio/io.hpp"
#include "tokio/io/either.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using io::seek_from;
using test::hand_poll;

// Notes where it is sent, and gets there with the second poll. Refuses to be sent twice at once, and can fail.
struct slow_seeker : io::seek_methods<slow_seeker>, io::reader_methods<slow_seeker> {
  slow_seeker() = default;
  std::vector<seek_from> sent;
  int polls_left = 0;
  std::uint64_t at = 0;
  bool fails = false;
  result<> start_seek(seek_from to) {
    if (polls_left != 0) return std::unexpected(error(error_kind::other, "busy"));
    if (fails) return std::unexpected(error(error_kind::invalid_input, "nowhere"));
    sent.push_back(to);
    polls_left = 1;
    at += 100;
    return {};
  }
  poll<result<std::uint64_t>> poll_complete(context& cx) {
    if (polls_left != 0) return --polls_left, cx.waker().wake(), pending;
    return result<std::uint64_t>(at);
  }
  poll<result<std::size_t>> poll_read(context&, io::byte_span into) {
    std::ranges::fill(into, std::byte{'r'});
    return result<std::size_t>(into.size());
  }
  poll<result<std::size_t>> poll_write(context&, io::byte_view from) {
    written += from.text();
    return result<std::size_t>(from.size());
  }
  poll<result<>> poll_flush(context&) { return result<>(); }
  poll<result<>> poll_shutdown(context&) { return result<>(); }
  std::string written;
};

// A cursor that gets where it is sent with the second poll, and cannot be read before.
struct late_cursor : io::cursor<std::string> {
  using cursor::cursor;
  int polls_left = 0;
  result<> start_seek(seek_from to) {
    polls_left = 2;
    return cursor::start_seek(to);
  }
  poll<result<std::uint64_t>> poll_complete(context& cx) {
    if (polls_left != 0 && --polls_left != 0) return cx.waker().wake(), pending;
    return cursor::poll_complete(cx);
  }
  poll<result<std::size_t>> poll_read(context& cx, io::byte_span into) {
    if (polls_left != 0) return result<std::size_t>(std::unexpect, error_kind::other, "busy");
    return cursor::poll_read(cx, into);
  }
};

}  // namespace

TEST_CASE("[IO-23] seek gives the new position, from the start, the end and where one is") {
  test::fake_host fake;
  io::cursor text(std::string("0123456789"));
  CHECK(test::block_on(text.seek(seek_from::start(4))).value() == 4);
  CHECK(test::block_on(text.seek(seek_from::current(-3))).value() == 1);
  CHECK(test::block_on(text.seek(seek_from::end(-2))).value() == 8);
  CHECK(test::block_on(text.stream_position()).value() == 8);
  std::array<char, 4> room;
  CHECK(test::block_on(text.read(room)).value() == 2);
  CHECK(test::block_on(text.rewind()).has_value());
  CHECK(test::block_on(text.stream_position()).value() == 0);
}

TEST_CASE("[IO-23] a position before the start is an error, one behind the end is not") {
  test::fake_host fake;
  io::cursor text(std::string("abc"));
  CHECK(test::block_on(text.seek(seek_from::current(-1))).error().kind() == error_kind::invalid_input);
  CHECK(test::block_on(text.seek(seek_from::end(-4))).error().kind() == error_kind::invalid_input);
  CHECK(test::block_on(text.seek(seek_from::start(UINT64_MAX))).value() == UINT64_MAX);
  CHECK(test::block_on(text.seek(seek_from::current(1))).error().kind() == error_kind::invalid_input);
  CHECK(test::block_on(text.seek(seek_from::end(2))).value() == 5);
  std::array<char, 4> room;
  CHECK(test::block_on(text.read(room)).value() == 0);
  CHECK(test::block_on(text.write_all("x")).has_value());
  CHECK(text.get() == std::string("abc\0\0x", 6));
}

TEST_CASE("[IO-23] a cursor writes over what is there, and one over a span takes what fits") {
  test::fake_host fake;
  io::cursor text(std::string("abcd"));
  text.set_position(2);
  CHECK(test::block_on(text.write_all("XYZ")).has_value());
  CHECK(text.get() == "abXYZ");
  std::array<char, 3> room{};
  io::cursor fixed{io::byte_span(room)};
  CHECK(test::block_on(fixed.write("12345")).value() == 3);
  CHECK(test::block_on(fixed.write_all("6")).error().kind() == error_kind::write_zero);
  static_assert(!io::async_writer<io::cursor<io::byte_view>>);
  static_assert(io::async_buf_reader<io::cursor<io::byte_view>>);
}

TEST_CASE("[IO-23] a write further than the buffer can grow is an error and changes nothing") {
  test::fake_host fake;
  io::cursor text(std::string("abc"));
  for (const std::uint64_t at : {UINT64_MAX, std::uint64_t{text.get().max_size()}}) {
    text.set_position(at);
    CHECK(test::block_on(text.write_all("xy")).error().kind() == error_kind::invalid_input);
    CHECK(text.position() == at);
    CHECK(text.get() == "abc");
  }
}

TEST_CASE("[IO-23] a seek waits for one that was dropped, and then begins its own") {
  test::fake_host fake;
  slow_seeker stream;
  {
    hand_poll dropped(stream.seek(seek_from::start(1)));
    CHECK(dropped.poll().is_pending());
  }
  stream.polls_left = 1;  // still on its way
  hand_poll next(stream.seek(seek_from::start(2)));
  CHECK(next.poll().is_pending());
  CHECK(stream.sent == std::vector{seek_from::start(1)});
  CHECK(next.poll_until_idle().value().value() == 200);
  CHECK(stream.sent == std::vector{seek_from::start(1), seek_from::start(2)});
}

TEST_CASE_TEMPLATE("[IO-04] a buffer that is sent on during a seek lets that end, and keeps what it was told last",
                   Buffered, io::buf_reader<slow_seeker&>, io::buf_writer<slow_seeker&>) {
  test::fake_host fake;
  slow_seeker stream;
  Buffered buffered(stream);
  CHECK(buffered.start_seek(seek_from::start(1)).has_value());
  hand_poll arriving(poll_fn([&](context& cx) { return buffered.poll_complete(cx); }));
  CHECK(arriving.poll().is_pending());
  CHECK(stream.sent == std::vector{seek_from::start(1)});
  CHECK(buffered.start_seek(seek_from::start(2)).has_value());  // the stream would refuse it now
  CHECK(buffered.start_seek(seek_from::start(3)).has_value());
  CHECK(arriving.poll_until_idle().value().value() == 200);
  CHECK(stream.sent == std::vector{seek_from::start(1), seek_from::start(3)});
}

TEST_CASE("[IO-04] an adapter that holds nothing hands on that the stream refuses a second seek") {
  test::fake_host fake;
  auto one = io::either<slow_seeker, slow_seeker>::right(slow_seeker());
  CHECK(one.start_seek(seek_from::start(1)).has_value());
  CHECK(one.start_seek(seek_from::start(2)).error().kind() == error_kind::other);
}

TEST_CASE("[IO-14] a seek of a buf_reader drops what was read ahead and counts from where its reader is") {
  test::fake_host fake;
  io::buf_reader reader(io::cursor(std::string("0123456789")), 6);
  std::array<char, 2> room;
  CHECK(test::block_on(reader.read(room)).value() == 2);
  CHECK(reader.buffer().size() == 4);
  CHECK(test::block_on(reader.stream_position()).value() == 2);
  CHECK(reader.buffer().empty());
  CHECK(test::block_on(reader.read(room)).value() == 2);
  CHECK(test::block_on(reader.seek(seek_from::current(1))).value() == 5);
  CHECK(test::block_on(reader.read(room)).value() == 2);
  CHECK(std::string(room.data(), 2) == "56");
  CHECK(test::block_on(reader.seek(seek_from::end(-1))).value() == 9);
  CHECK(test::block_on(reader.read(room)).value() == 1);
}

TEST_CASE("[IO-14] a way back that is not a number from where the stream is takes two seeks") {
  test::fake_host fake;
  constexpr auto lowest = std::numeric_limits<std::int64_t>::min();
  slow_seeker stream;
  io::buf_reader reader(stream, 8);
  std::array<char, 2> room;
  CHECK(test::block_on(reader.read(room)).value() == 2);
  CHECK(test::block_on(reader.seek(seek_from::current(lowest))).has_value());
  CHECK(stream.sent == std::vector{seek_from::current(-6), seek_from::current(lowest)});
  CHECK(test::block_on(reader.seek(seek_from::current(lowest))).has_value());
  CHECK(stream.sent.back() == seek_from::current(lowest));
  CHECK(stream.sent.size() == 3);
}

TEST_CASE("[IO-14] a seek that fails loses nothing of what was read ahead") {
  test::fake_host fake;
  slow_seeker stream;
  io::buf_reader reader(stream, 8);
  std::array<char, 2> room;
  CHECK(test::block_on(reader.read(room)).value() == 2);
  stream.fails = true;
  CHECK(test::block_on(reader.seek(seek_from::start(0))).error().kind() == error_kind::invalid_input);
  CHECK(reader.buffer().size() == 6);
}

TEST_CASE("[IO-14] a read behind a seek that was dropped begins where that leads, and loses nothing later") {
  test::fake_host fake;
  io::buf_reader reader(late_cursor("0123456789"), 4);
  std::array<char, 1> one;
  CHECK(test::block_on(reader.read(one)).value() == 1);
  {
    hand_poll dropped(reader.seek(seek_from::start(5)));
    CHECK(dropped.poll().is_pending());
  }
  CHECK(test::block_on(reader.read(one)).value() == 1);
  CHECK(one[0] == '5');
  CHECK(reader.buffer().text() == "678");
  CHECK(test::block_on(reader.stream_position()).value() == 6);
  std::string rest;
  CHECK(test::block_on(reader.read_to_end(rest)).value() == 4);
  CHECK(rest == "6789");
}

TEST_CASE("[IO-14] a large read, too, waits for a seek that was dropped") {
  test::fake_host fake;
  io::buf_reader reader(late_cursor("0123456789"), 4);
  {
    hand_poll dropped(reader.seek(seek_from::start(5)));
    CHECK(dropped.poll().is_pending());
  }
  std::array<char, 8> large;
  CHECK(test::block_on(reader.read(large)).value() == 5);
  CHECK(test::block_on(reader.seek(seek_from::current(-2))).value() == 8);
}

TEST_CASE("[IO-15] a buf_writer writes what it holds before it moves") {
  test::fake_host fake;
  io::buf_writer writer(io::cursor(std::string("----------")), 8);
  CHECK(test::block_on(writer.write_all("ab")).has_value());
  CHECK(test::block_on(writer.stream_position()).value() == 2);
  CHECK(test::block_on(writer.seek(seek_from::start(5))).value() == 5);
  CHECK(test::block_on(writer.write_all("cd")).has_value());
  CHECK(test::block_on(writer.rewind()).has_value());
  CHECK(writer.get().get() == "ab---cd---");
}
