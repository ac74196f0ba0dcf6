// Reading: rows IO-05 to IO-08.
#include "tokio/io/read.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "tokio/io.hpp"
#include "tokio/task.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using test::hand_poll;
using test::script;
using test::scripted_stream;

const error reset(error_kind::connection_reset, "reset");

}  // namespace

TEST_CASE("[IO-05] read gives what is there, and 0 at the end") {
  test::fake_host fake;
  scripted_stream stream(script().read("hello"));
  std::array<char, 3> room;
  CHECK(test::block_on(stream.read(room)).value() == 3);
  CHECK(std::string(room.data(), 3) == "hel");
  CHECK(test::block_on(stream.read(room)).value() == 2);
  CHECK(test::block_on(stream.read(room)).value() == 0);
}

TEST_CASE("[IO-05] a read that is cancelled while it waits has taken nothing") {
  test::fake_host fake;
  auto [a, b] = io::duplex(8);
  std::array<char, 8> room;
  hand_poll waiting(a.read(room));
  CHECK(waiting.poll().is_pending());
  waiting.drop();
  CHECK(test::block_on(b.write_all("x")).has_value());
  CHECK(test::block_on(a.read(room)).value() == 1);
}

TEST_CASE("[IO-06] read_exact fills the span from several reads") {
  test::fake_host fake;
  scripted_stream stream(script().read("ab").read("cd").read("e"));
  std::array<char, 5> room;
  CHECK(test::block_on(stream.read_exact(room)).value() == 5);
  CHECK(std::string(room.data(), 5) == "abcde");
}

TEST_CASE("[IO-06] read_exact fails when the stream ends early") {
  test::fake_host fake;
  scripted_stream stream(script().read("ab"));
  std::array<char, 5> room;
  CHECK(test::block_on(stream.read_exact(room)).error().kind() == error_kind::unexpected_eof);
}

TEST_CASE("[IO-07] numbers are big-endian, or little-endian by name, in pieces too") {
  test::fake_host fake;
  scripted_stream stream(script()
                             .read(std::string("\x01\x02", 2))
                             .read(std::string("\x03\x04", 2))
                             .read(std::string("\x01\x02\x03\x04", 4))
                             .read("\xff")
                             .read(std::string("\x3f\x80\x00\x00", 4))
                             .read(std::string("\xfe\xff", 2)));
  CHECK(test::block_on(stream.read_u32()).value() == 0x01020304);
  CHECK(test::block_on(stream.read_u32_le()).value() == 0x04030201);
  CHECK(test::block_on(stream.read_i8()).value() == -1);
  CHECK(test::block_on(stream.read_f32()).value() == 1.0F);
  CHECK(test::block_on(stream.read_i16_le()).value() == -2);
  CHECK(test::block_on(stream.read_u64()).error().kind() == error_kind::unexpected_eof);
}

TEST_CASE("[IO-08] read_to_end appends everything and says how much") {
  test::fake_host fake;
  const std::string large(100'000, 'x');
  scripted_stream stream(script().read("ab").read(large).read("cd"));
  std::vector<char> all{'-'};
  CHECK(test::block_on(stream.read_to_end(all)).value() == large.size() + 4);
  CHECK(std::string(all.data(), all.size()) == "-ab" + large + "cd");
}

TEST_CASE("[IO-08] read_to_end does not grow a buffer that was sized exactly") {
  test::fake_host fake;
  scripted_stream stream(script().read(std::string(64, 'x')));
  std::vector<char> all;
  all.reserve(64);
  CHECK(test::block_on(stream.read_to_end(all)).value() == 64);
  CHECK(all.capacity() == 64);
}

TEST_CASE("[IO-08] read_to_end keeps what came before an error") {
  test::fake_host fake;
  scripted_stream stream(script().read("ab").read_error(reset));
  std::string all;
  CHECK(test::block_on(stream.read_to_end(all)).error() == reset);
  CHECK(all == "ab");
}

TEST_CASE("[IO-08] a stream that is longer than the limit is an error, one that is as long is not") {
  test::fake_host fake;
  scripted_stream exact(script().read("abc"));
  std::string all;
  CHECK(test::block_on(exact.read_to_end(all, 3)).value() == 3);
  scripted_stream longer(script().read("abcd"));
  CHECK(test::block_on(longer.read_to_end(all, 3)).error().kind() == error_kind::invalid_data);
}

TEST_CASE("[IO-08] read_to_string leaves the string alone on an error and on bad UTF-8") {
  test::fake_host fake;
  std::string text = "kept";
  scripted_stream bad(script().read("a\xff"));
  CHECK(test::block_on(bad.read_to_string(text)).error().kind() == error_kind::invalid_data);
  CHECK(text == "kept");
  scripted_stream failing(script().read("ab").read_error(reset));
  CHECK(test::block_on(failing.read_to_string(text)).error() == reset);
  CHECK(text == "kept");
  scripted_stream good(script().read("\xc3").read("\xa4"));
  CHECK(test::block_on(good.read_to_string(text)).value() == 2);
  CHECK(text == "kept\xc3\xa4");
}

TEST_CASE("[IO-08] UTF-8 is checked as the standard has it") {
  for (const char* good : {"", "a", "\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    CHECK(io::is_utf8(good));
  for (const char* bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xe2\x28\xa1"})
    CHECK_FALSE(io::is_utf8(bad));
}
