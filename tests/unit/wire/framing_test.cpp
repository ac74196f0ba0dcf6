#include "wire/framing.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using tokiod::wire::line_reader;

namespace {

std::vector<std::string> all(line_reader& reader) {
  std::vector<std::string> texts;
  while (auto line = reader.next()) texts.push_back(line->too_long ? "TOO LONG" : line->text);
  return texts;
}

}  // namespace

TEST_CASE("lines come out whole, however the stream was cut") {
  const std::string stream = "{\"a\":1}\r\n\n  \t\r\n[2]\nrest";
  for (std::size_t cut = 1; cut < stream.size(); ++cut) {
    line_reader reader(100);
    std::vector<std::string> texts;
    for (std::size_t at = 0; at < stream.size(); at += cut) {
      reader.feed(std::string_view(stream).substr(at, cut));
      for (auto& text : all(reader)) texts.push_back(text);
    }
    CHECK(texts == std::vector<std::string>{"{\"a\":1}", "[2]"});
    CHECK(reader.started());
    CHECK(reader.held_bytes() == 4);
  }
}

TEST_CASE("a line of exactly the limit passes, one byte more is refused once, and the next line is read") {
  line_reader reader(8);
  reader.feed("12345678\n123456789\nok\n");
  CHECK(all(reader) == std::vector<std::string>{"12345678", "TOO LONG", "ok"});
}

TEST_CASE("a line without end holds no more than its limit and one piece") {
  line_reader reader(64);
  const std::string piece(50, 'x');
  for (int i = 0; i < 1000; ++i) {
    reader.feed(piece);
    CHECK_FALSE(reader.next());
    CHECK(reader.held_bytes() <= 64);
  }
  CHECK(reader.started());
  reader.feed("\nafter\n");
  CHECK(all(reader) == std::vector<std::string>{"TOO LONG", "after"});
  CHECK_FALSE(reader.started());
}
