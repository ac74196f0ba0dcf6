// Frames that begin with their length: row CD-06.
#include "tokio/codec/length_delimited_codec.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "tokio/codec.hpp"
#include "tokio/io.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using codec::length_delimited_codec;
using builder = length_delimited_codec::builder;
using namespace std::string_literals;

// What the codec gives for these bytes, as text.
std::string text_of(const result<std::optional<std::string>>& got) {
  if (!got)
    return got.error().kind() == error_kind::invalid_data    ? "too long"
           : got.error().kind() == error_kind::invalid_input ? "overflow"
                                                             : "other";
  return *got ? "<" + **got + ">" : "none";
}
std::string decoded(length_delimited_codec by, const std::string& bytes) {
  codec::buffer from;
  from.append(bytes);
  return text_of(by.decode(from));
}
std::string encoded(length_delimited_codec by, std::string_view frame) {
  codec::buffer to;
  auto done = by.encode(frame, to);
  if (done) return std::string(to.text());
  return done.error().message().contains("overflow") ? "overflow" : "too long";
}

}  // namespace

TEST_CASE("[CD-06] by default the length has four bytes, big-endian, and a limit of 8 MiB") {
  length_delimited_codec by;
  CHECK(by.max_frame_length() == 8 * 1024 * 1024);
  CHECK(decoded(by, "\0\0\0\3abcd"s) == "<abc>");
  CHECK(decoded(by, "\0\0\0\0x"s) == "<>");
  CHECK(decoded(by, "\x00\x80\x00\x01"s) == "too long");
  CHECK(encoded(by, "abc") == "\0\0\0\3abc"s);
  CHECK(encoded(by, "") == "\0\0\0\0"s);
}

TEST_CASE("[CD-06] a header and a frame may come byte by byte") {
  length_delimited_codec by;
  codec::buffer from;
  const std::string bytes = "\0\0\0\2ab\0\0\0\1c"s;
  std::string seen;
  for (const char one : bytes) {
    from.append(std::string_view(&one, 1));
    if (auto next = by.decode(from).value()) seen += "<" + *next + ">";
  }
  CHECK(seen == "<ab><c>");
  CHECK(from.empty());
}

TEST_CASE("[CD-06] the length has one to eight bytes, in either order") {
  CHECK(decoded(builder().length_field_length(1).new_codec(), "\3abc"s) == "<abc>");
  CHECK(decoded(builder().length_field_length(2).new_codec(), "\0\3abc"s) == "<abc>");
  CHECK(decoded(builder().length_field_length(3).little_endian().new_codec(), "\3\0\0abc"s) == "<abc>");
  CHECK(decoded(builder().length_field_length(8).new_codec(), "\0\0\0\0\0\0\0\3abc"s) == "<abc>");
  CHECK(encoded(builder().length_field_length(1).new_codec(), "abc") == "\3abc"s);
  CHECK(encoded(builder().length_field_length(2).little_endian().new_codec(), "abc") == "\3\0abc"s);
  CHECK(encoded(builder().length_field_length(8).big_endian().new_codec(), "abc") == "\0\0\0\0\0\0\0\3abc"s);
  const std::uint16_t three = 3;
  std::string native(reinterpret_cast<const char*>(&three), 2);
  CHECK(encoded(builder().length_field_type<std::uint16_t>().native_endian().new_codec(), "abc") == native + "abc");
  CHECK(builder().length_field_type<std::uint64_t>().length_field_length() == 8);
  CHECK_THROWS_AS(builder().length_field_length(0), panic_error);
  CHECK_THROWS_AS(builder().length_field_length(9), panic_error);
}

TEST_CASE("[CD-06] bytes before the length are skipped with it") {
  const auto by = builder().length_field_length(2).length_field_offset(4).new_codec();
  CHECK(decoded(by, "head\0\2abc"s) == "<ab>");
  CHECK(decoded(by, "head\0"s) == "none");
}

TEST_CASE("[CD-06] num_skip says what of the header the frame keeps") {
  auto whole = builder().length_field_length(2).length_adjustment(2).num_skip(0);
  CHECK(decoded(whole.new_codec(), "\0\3abcd"s) == "<\0\3abc>"s);
  CHECK(whole.num_skip() == 0);
  CHECK(builder().length_field_length(2).length_field_offset(3).num_skip() == 5);
  // A header that goes on behind the length: its end is skipped too, and all of it must be there first.
  const auto longer = builder().length_field_length(2).num_skip(4).new_codec();
  CHECK(decoded(longer, "\0\2x"s) == "none");
  CHECK(decoded(longer, "\0\2xyab"s) == "<ab>");
}

TEST_CASE("[CD-06] a length that counts its header, or leaves out the end of the frame, is adjusted") {
  const auto counts_header = builder().length_field_length(2).length_adjustment(-2).new_codec();
  CHECK(decoded(counts_header, "\0\5abc"s) == "<abc>");
  CHECK(encoded(counts_header, "abc") == "\0\5abc"s);
  CHECK(decoded(counts_header, "\0\1abc"s) == "overflow");
  const auto leaves_out = builder().length_field_length(2).length_adjustment(2).new_codec();
  CHECK(decoded(leaves_out, "\0\1abcd"s) == "<abc>");
  CHECK(encoded(leaves_out, "abc") == "\0\1abc"s);
  CHECK(encoded(leaves_out, "a") == "overflow");
  const auto far = builder().length_field_length(8).max_frame_length(UINT64_MAX).length_adjustment(1).new_codec();
  CHECK(decoded(far, "\xff\xff\xff\xff\xff\xff\xff\xff"s) == "overflow");
}

TEST_CASE("[CD-06] a frame that is longer than the limit is refused in both directions") {
  const auto by = builder().length_field_length(2).max_frame_length(3).new_codec();
  CHECK(decoded(by, "\0\4abcd"s) == "too long");
  CHECK(decoded(by, "\0\3abc"s) == "<abc>");
  CHECK(encoded(by, "abcd") == "too long");
  CHECK(encoded(by, "abc") == "\0\3abc"s);
}

TEST_CASE("[CD-06] the limit is the frame's, not the field's: what may be encoded may be decoded") {
  const auto counts_more = builder().length_field_length(1).length_adjustment(-5).new_codec();
  const std::string frame(250, 'x');
  CHECK(encoded(counts_more, frame) == "\xff" + frame);
  CHECK(decoded(counts_more, "\xff" + frame) == "<" + frame + ">");
  const auto counts_less = builder().length_field_length(1).length_adjustment(5).max_frame_length(6).new_codec();
  CHECK(encoded(counts_less, "seven b") == "too long");
  CHECK(decoded(counts_less, "\2seven b") == "too long");
  CHECK(decoded(counts_less, "\1six by") == "<six by>");
}

TEST_CASE("[CD-06] the limit is no more than the length field can say") {
  CHECK(builder().length_field_length(1).new_codec().max_frame_length() == 255);
  CHECK(builder().length_field_length(1).length_adjustment(5).new_codec().max_frame_length() == 260);
  CHECK(builder().length_field_length(1).length_adjustment(-5).new_codec().max_frame_length() == 250);
  CHECK(builder().length_field_length(8).max_frame_length(UINT64_MAX).new_codec().max_frame_length() == UINT64_MAX);
  CHECK(encoded(builder().length_field_length(1).new_codec(), std::string(256, 'x')) == "too long");
}

TEST_CASE("[CD-06] a limit that changes is in force from the next frame on, not for the one that comes in") {
  auto by = builder().length_field_length(1).max_frame_length(4).new_codec();
  codec::buffer from;
  from.append("\4ab"s);
  CHECK(text_of(by.decode(from)) == "none");
  by.set_max_frame_length(3);
  CHECK(by.max_frame_length() == 3);
  from.append("cd\4"s);
  CHECK(text_of(by.decode(from)) == "<abcd>");
  CHECK(text_of(by.decode(from)) == "too long");
  by.set_max_frame_length(4);
  from.append("efgh"s);
  CHECK(text_of(by.decode(from)) == "<efgh>");
}

TEST_CASE("[CD-06] a header alone does not take memory for all that it announces") {
  auto by = builder().length_field_length(8).max_frame_length(UINT64_MAX).new_codec();
  codec::buffer from;
  from.append("\x0f\xff\xff\xff\xff\xff\xff\xff"s);
  CHECK(text_of(by.decode(from)) == "none");
  CHECK(from.capacity() <= 2 * 1024 * 1024);
}

TEST_CASE("[CD-06] a stream that ends inside of a frame or of its header is an error") {
  test::fake_host fake;
  auto frames = builder().length_field_length(1).new_read(test::scripted_stream(test::script().read("\2ab\3c")));
  CHECK(test::block_on(frames.next()).value().value() == "ab");
  CHECK(test::block_on(frames.next()).value().error() == codec::bytes_left_over());
  auto headless = builder().length_field_length(2).new_read(test::scripted_stream(test::script().read("\1")));
  CHECK(test::block_on(headless.next()).value().error() == codec::bytes_left_over());
}

TEST_CASE("[CD-06] frames travel over a pipe that is smaller than they are") {
  test::fake_host fake;
  auto [a, b] = io::duplex(7);
  auto out = builder().length_field_type<std::uint32_t>().new_write(std::move(a));
  auto in = builder().length_field_type<std::uint32_t>().new_framed(std::move(b));
  const std::string large(1000, 'x');
  test::hand_poll sending(out.send(large));
  test::hand_poll receiving(in.next());
  bool sent = false;
  std::optional<std::string> got;
  for (int round = 0; round < 1000 && !got; ++round) {
    if (!sent) sent = sending.poll().is_ready();
    if (auto polled = receiving.poll(); polled.is_ready()) got = polled.value().value().value();
  }
  CHECK(sent);
  CHECK(got == large);
}

TEST_CASE("[CD-06] a stream that ends right behind a header is an error, and the header is forgotten") {
  auto by = builder().length_field_length(1).new_codec();
  codec::buffer from;
  from.append("\2"s);
  CHECK(by.decode_eof(from).error() == codec::bytes_left_over());
  CHECK(text_of(by.decode_eof(from)) == "none");
  from.append("\1ab"s);
  CHECK(text_of(by.decode_eof(from)) == "<a>");
}

TEST_CASE("[CD-06] a limit that is set later is no more than the length field can say, either") {
  auto by = builder().length_field_length(1).new_codec();
  by.set_max_frame_length(1000);
  CHECK(by.max_frame_length() == 255);
  CHECK(encoded(by, std::string(300, 'x')) == "too long");
}
