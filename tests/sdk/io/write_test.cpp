// Writing: rows IO-03, IO-10 to IO-12.
#include "tokio/io/write.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>

#include "tokio/io.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using test::hand_poll;
using test::script;
using test::scripted_stream;

// Takes nothing, as a stream that is full for ever.
struct full_stream : io::writer_methods<full_stream> {
  tokio::poll<result<std::size_t>> poll_write(context&, io::byte_view) { return result<std::size_t>(0); }
  tokio::poll<result<>> poll_flush(context&) { return result<>(); }
  tokio::poll<result<>> poll_shutdown(context&) { return result<>(); }
  full_stream() = default;
};

// Says that it has taken more than it was given, of several parts too.
struct boaster : io::writer_methods<boaster> {
  tokio::poll<result<std::size_t>> poll_write(context&, io::byte_view from) {
    return result<std::size_t>(from.size() + 1);
  }
  tokio::poll<result<>> poll_flush(context&) { return result<>(); }
  tokio::poll<result<>> poll_shutdown(context&) { return result<>(); }
  boaster() = default;
};
struct vectored_boaster : boaster {
  tokio::poll<result<std::size_t>> poll_write_vectored(context&, std::span<const io::byte_view> from) {
    std::size_t all = 1;
    for (const auto& part : from) all += part.size();
    return result<std::size_t>(all);
  }
};

}  // namespace

TEST_CASE("[IO-10] write takes as much as there is room for") {
  test::fake_host fake;
  auto [a, b] = io::duplex(4);
  CHECK(test::block_on(a.write("abcdef")).value() == 4);
  hand_poll waiting(a.write("ef"));
  CHECK(waiting.poll().is_pending());
}

TEST_CASE("[IO-03] a stream without vectored writes takes from the first part that is not empty") {
  test::fake_host fake;
  auto [a, b] = io::duplex(8);
  const std::array<io::byte_view, 3> parts{"", "ab", "cd"};
  CHECK(test::block_on(a.write_vectored(parts)).value() == 2);
  CHECK(test::block_on(a.write_vectored(std::span<const io::byte_view>())).value() == 0);
}

TEST_CASE("[IO-11] write_all goes on until everything is written") {
  test::fake_host fake;
  auto [a, b] = io::duplex(2);
  hand_poll writing(a.write_all("abcde"));
  std::string heard;
  std::array<char, 8> room;
  while (writing.poll().is_pending()) heard.append(room.data(), test::block_on(b.read(room)).value());
  heard.append(room.data(), test::block_on(b.read(room)).value());
  CHECK(heard == "abcde");
}

TEST_CASE("[IO-11] a writer that says it has taken more than it was given panics") {
  test::fake_host fake;
  boaster writer;
  CHECK_THROWS_AS((void)test::block_on(writer.write("ab")), panic_error);
  CHECK_THROWS_AS((void)test::block_on(writer.write_all("ab")), panic_error);
  vectored_boaster all_at_once;
  std::array<io::byte_view, 2> parts{"ab", "cd"};
  CHECK_THROWS_AS((void)test::block_on(io::write_all_vectored(all_at_once, parts)), panic_error);
}

TEST_CASE("[IO-11] a stream that takes nothing is an error, not a loop") {
  test::fake_host fake;
  full_stream full;
  CHECK(test::block_on(full.write_all("x")).error().kind() == error_kind::write_zero);
  CHECK(test::block_on(full.write_u16(0)).error().kind() == error_kind::write_zero);
  CHECK(test::block_on(full.write_all("")).has_value());
}

TEST_CASE("[IO-11] write_all_buf can be cancelled and taken up where it was") {
  test::fake_host fake;
  auto [a, b] = io::duplex(2);
  io::byte_view rest = "abcde";
  {
    hand_poll cancelled(a.write_all_buf(rest));
    CHECK(cancelled.poll().is_pending());
  }
  CHECK(rest.text() == "cde");
  std::array<char, 2> room;
  CHECK(test::block_on(b.read(room)).value() == 2);
  hand_poll again(a.write_all_buf(rest));
  CHECK(again.poll().is_pending());
  CHECK(rest.text() == "e");
}

TEST_CASE("[IO-12] numbers are written big-endian, or little-endian by name") {
  test::fake_host fake;
  scripted_stream stream(
      script().write(std::string("\x01\x02\x03\x04\x04\x03\x02\x01\xff\x3f\x80\x00\x00\xfe\xff", 15)));
  CHECK(test::block_on(stream.write_u32(0x01020304)).has_value());
  CHECK(test::block_on(stream.write_u32_le(0x01020304)).has_value());
  CHECK(test::block_on(stream.write_i8(-1)).has_value());
  CHECK(test::block_on(stream.write_f32(1.0F)).has_value());
  CHECK(test::block_on(stream.write_i16_le(-2)).has_value());
}

TEST_CASE("[IO-12] shutdown ends the writing direction") {
  test::fake_host fake;
  scripted_stream stream{script()};
  CHECK(test::block_on(stream.flush()).has_value());
  CHECK(test::block_on(stream.shutdown()).has_value());
  CHECK(stream.is_shut_down());
}

TEST_CASE("[IO-11] a write that is dropped while it waits has sent nothing, and a shutdown may be called again") {
  test::fake_host fake;
  auto [a, b] = io::duplex(2);
  CHECK(test::block_on(a.write_all("ab")).has_value());
  std::array<io::byte_view, 1> parts{"lost"};
  for (int polls = 1; polls < 4; ++polls) {
    hand_poll whole(a.write("lost"));
    hand_poll vectored(a.write_vectored(parts));
    for (int i = 0; i < polls; ++i) {
      CHECK(whole.poll().is_pending());
      CHECK(vectored.poll().is_pending());
    }
  }
  std::array<char, 8> room;
  CHECK(test::block_on(b.read(room)).value() == 2);
  CHECK(test::block_on(a.flush()).has_value());
  (void)a.shutdown();  // not polled: nothing is over
  CHECK(test::block_on(a.write("c")).value() == 1);
  for (int i = 0; i < 2; ++i) CHECK(test::block_on(a.shutdown()).has_value());
  CHECK(test::block_on(b.read(room)).value() == 1);
  CHECK(room[0] == 'c');
  CHECK(test::block_on(b.read(room)).value() == 0);
}
