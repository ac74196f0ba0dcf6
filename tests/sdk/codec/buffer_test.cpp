// The buffer between streams and codecs.
#include "tokio/codec/buffer.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <string>

namespace {

using tokio::codec::buffer;

}  // namespace

TEST_CASE("a codec's buffer is filled at its end and emptied at its front") {
  buffer bytes;
  bytes.append("hello ");
  bytes.append("world");
  CHECK(bytes.text() == "hello world");
  CHECK(bytes.take(6) == "hello ");
  bytes.consume(1);
  CHECK(bytes.text() == "orld");
  bytes.clear();
  CHECK(bytes.empty());
}

TEST_CASE("what was consumed makes room: a buffer in use does not grow") {
  buffer bytes(64);
  const std::string piece(24, 'x');
  for (int round = 0; round < 100; ++round) {
    bytes.append(piece);
    bytes.append("-");
    CHECK(bytes.take(25) == piece + "-");
  }
  CHECK(bytes.capacity() == 64);
}

TEST_CASE("room that was asked for is given behind the bytes, and counts once it is committed") {
  buffer bytes(8);
  bytes.append("abcdef");
  const auto room = bytes.prepare(10);
  REQUIRE(room.size() >= 10);
  CHECK(bytes.text() == "abcdef");
  std::memcpy(room.data(), "0123456789", 10);
  bytes.commit(10);
  CHECK(bytes.text() == "abcdef0123456789");
}

TEST_CASE("more than there is cannot be consumed, and more than there is room for cannot be committed") {
  buffer bytes(8);
  bytes.append("ab");
  CHECK_THROWS_AS(bytes.consume(3), tokio::panic_error);
  CHECK_THROWS_AS(bytes.commit(7), tokio::panic_error);
  CHECK(bytes.text() == "ab");
}

TEST_CASE("a buffer that was moved from is empty and usable") {
  buffer first;
  first.append("abc");
  buffer second(std::move(first));
  CHECK(second.text() == "abc");
  first.append("new");
  CHECK(first.text() == "new");
}
