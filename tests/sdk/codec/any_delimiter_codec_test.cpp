// Pieces that end with any of a set of bytes: row CD-05.
#include "tokio/codec/any_delimiter_codec.hpp"

#include <doctest/doctest.h>

#include "sdk/codec/hand_codec.hpp"

namespace {

using namespace tokio;
using codec::any_delimiter_codec;

using hand = test::hand_codec<any_delimiter_codec>;

}  // namespace

TEST_CASE("[CD-05] any of the delimiters ends a piece, and what is left at the end is one") {
  hand pieces{any_delimiter_codec()};
  CHECK(pieces.decode("one,two;three\n\rfour\xff") == "<one>");
  CHECK(pieces.decode() == "<two>");
  CHECK(pieces.decode() == "<three>");
  CHECK(pieces.decode() == "<>");
  CHECK(pieces.decode() == "none");
  CHECK(pieces.at_end() == "<four\xff>");
  CHECK(pieces.at_end() == "none");
}

TEST_CASE("[CD-05] a piece that is too long is an error once, and dropped over many calls") {
  hand pieces{any_delimiter_codec::new_with_max_length(",;", "--", 4)};
  CHECK(pieces.by.max_length() == 4);
  CHECK(pieces.decode("four,fives;ok;") == "<four>");
  CHECK(pieces.decode() == "too long");
  CHECK(pieces.decode() == "<ok>");
  CHECK(pieces.decode("aaaaa") == "too long");
  CHECK(pieces.decode("bbbbbbbbb") == "none");
  CHECK(pieces.decode("c") == "none");
  CHECK(pieces.bytes.empty());
  CHECK(pieces.decode("d;e,f") == "<e>");
  CHECK(pieces.at_end() == "<f>");
}

TEST_CASE("[CD-05] what is written gets the sequence behind it") {
  codec::buffer bytes;
  any_delimiter_codec by(";", "--");
  CHECK(by.encode("one", bytes).has_value());
  CHECK(by.encode("two", bytes).has_value());
  CHECK(bytes.text() == "one--two--");
}

TEST_CASE("[CD-05] what was dropped ends with the stream: later bytes are not a part of it, whatever ends a piece") {
  hand pieces{any_delimiter_codec::new_with_max_length("\n", "", 4)};
  CHECK(pieces.decode("far too long") == "too long");
  CHECK(pieces.at_end() == "none");
  CHECK(pieces.decode("new\n") == "<new>");
}
