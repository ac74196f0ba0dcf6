// Lines: row CD-05.
#include "tokio/codec/lines_codec.hpp"

#include <doctest/doctest.h>

#include "sdk/codec/hand_codec.hpp"
#include "tokio/codec/framed.hpp"
#include "tokio/io.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using codec::lines_codec;

using hand = test::hand_codec<lines_codec>;

}  // namespace

TEST_CASE("[CD-05] lines come without their end, with or without a carriage return") {
  hand lines{lines_codec()};
  CHECK(lines.decode("one\ntwo\r\n\n\r\nthr") == "<one>");
  CHECK(lines.decode() == "<two>");
  CHECK(lines.decode() == "<>");
  CHECK(lines.decode() == "<>");
  CHECK(lines.decode() == "none");
  CHECK(lines.decode("ee\n") == "<three>");
  CHECK(lines.decode() == "none");
}

TEST_CASE("[CD-05] the last line needs no end, and a lonely carriage return is none") {
  hand lines{lines_codec()};
  CHECK(lines.decode("last") == "none");
  CHECK(lines.at_end() == "<last>");
  CHECK(lines.at_end() == "none");
  CHECK(lines.decode("again\nno\r") == "<again>");
  CHECK(lines.at_end() == "<no>");
  CHECK(lines.decode("\r") == "none");
  CHECK(lines.at_end() == "none");
}

TEST_CASE("[CD-05] a line as long as the limit is one, a longer one is an error once and then dropped") {
  hand lines{lines_codec::new_with_max_length(6)};
  CHECK(lines.by.max_length() == 6);
  CHECK(lines.decode("line 1\nline is too long\nline 3\nline 4") == "<line 1>");
  CHECK(lines.decode() == "too long");
  CHECK(lines.decode() == "<line 3>");
  CHECK(lines.decode() == "none");
  CHECK(lines.at_end() == "<line 4>");
}

TEST_CASE("[CD-05] a line that is too long is dropped over many calls, and may never end") {
  hand lines{lines_codec::new_with_max_length(6)};
  CHECK(lines.decode("line ") == "none");
  CHECK(lines.decode("too lo") == "too long");
  CHECK(lines.decode("n") == "none");
  CHECK(lines.bytes.empty());
  CHECK(lines.decode("g but still running") == "none");
  CHECK(lines.decode(" on\nline 2") == "none");
  CHECK(lines.decode("\nx") == "<line 2>");
  CHECK(lines.at_end() == "<x>");
  CHECK(lines.decode("never ends") == "too long");
  CHECK(lines.at_end() == "none");
  CHECK(lines.at_end() == "none");
}

TEST_CASE("[CD-05] each line that is too long is an error of its own") {
  hand lines{lines_codec::new_with_max_length(2)};
  CHECK(lines.decode("aaa\nbbb\nc\n") == "too long");
  CHECK(lines.decode() == "too long");
  CHECK(lines.decode() == "<c>");
  CHECK(lines.decode() == "none");
}

TEST_CASE("[CD-05] the end of a line that comes right behind the limit still belongs to it") {
  hand lines{lines_codec::new_with_max_length(6)};
  CHECK(lines.decode("line 1") == "none");
  CHECK(lines.decode("\n") == "<line 1>");
  CHECK(lines.decode("aaaaa\r") == "none");
  CHECK(lines.decode("\n") == "<aaaaa>");
}

TEST_CASE("[CD-05] text that is not UTF-8 is an error, and the next line is not") {
  hand lines{lines_codec()};
  CHECK(lines.decode("\xff\nok\n") == "the stream did not contain valid UTF-8");
  CHECK(lines.decode() == "<ok>");
}

TEST_CASE("[CD-05] what is written gets an end") {
  codec::buffer bytes;
  CHECK(lines_codec().encode("one", bytes).has_value());
  CHECK(lines_codec::new_with_max_length(1).encode("two", bytes).has_value());
  CHECK(bytes.text() == "one\ntwo\n");
}

TEST_CASE("[CD-05] a framed with lines survives one that is too long") {
  test::fake_host fake;
  test::scripted_stream stream(test::script().read("far too long").read(" a line\nok\nla").read("st"));
  codec::framed frames(std::move(stream), lines_codec::new_with_max_length(4));
  CHECK(test::block_on(frames.next()).value().error().is_max_length_exceeded());
  CHECK_FALSE(test::block_on(frames.next()).has_value());
  CHECK(test::block_on(frames.next()).value().value() == "ok");
  CHECK(test::block_on(frames.next()).value().value() == "last");
  CHECK_FALSE(test::block_on(frames.next()).has_value());
}

TEST_CASE("[CD-05] what was dropped ends with the stream: later bytes are not a part of it") {
  hand pieces{lines_codec::new_with_max_length(4)};
  CHECK(pieces.decode("far too long") == "too long");
  CHECK(pieces.at_end() == "none");
  CHECK(pieces.decode("new\n") == "<new>");
}
