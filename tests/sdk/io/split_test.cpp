// Halves of any stream: row IO-19.
#include "tokio/io/split.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "tokio/io.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using test::hand_poll;

}  // namespace

TEST_CASE("[IO-19] halves read and write the same stream and know each other") {
  test::fake_host fake;
  auto [a, b] = io::duplex(8);
  auto [reader, writer] = io::split(std::move(a));
  CHECK(reader.is_pair_of(writer));
  CHECK(writer.is_pair_of(reader));
  std::array<char, 8> room;
  hand_poll reading(reader.read(room));
  CHECK(reading.poll().is_pending());
  CHECK(test::block_on(writer.write_all("out")).has_value());
  CHECK(test::block_on(b.read(room)).value() == 3);
  CHECK(test::block_on(b.write_all("in")).has_value());
  CHECK(reading.is_woken());
  CHECK(reading.poll().value().value() == 2);
}

TEST_CASE("[IO-19] unsplit gives the stream back, and panics for halves of two streams") {
  test::fake_host fake;
  auto [a, b] = io::duplex(8);
  auto [reader, writer] = io::split(std::move(a));
  auto [other_reader, other_writer] = io::split(std::move(b));
  CHECK_FALSE(reader.is_pair_of(other_writer));
  CHECK_THROWS_AS((void)std::move(reader).unsplit(std::move(other_writer)), panic_error);
  auto whole = std::move(reader).unsplit(std::move(writer));
  CHECK(test::block_on(whole.write_all("x")).has_value());
}

TEST_CASE("[IO-19] the stream lives until both halves are gone") {
  test::fake_host fake;
  auto [a, b] = io::duplex(8);
  auto halves = std::make_optional(io::split(std::move(a)));
  std::array<char, 8> room;
  {
    auto reader = std::move(halves->first);
    auto writer = std::move(halves->second);
    halves.reset();
    {
      auto gone = std::move(reader);
    }
    CHECK(test::block_on(writer.write_all("x")).has_value());
  }
  CHECK(test::block_on(b.read(room)).value() == 1);
  CHECK(test::block_on(b.read(room)).value() == 0);
}
