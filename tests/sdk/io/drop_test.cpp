// What is cancel safe in tokio::io, dropped at every edge.
#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sdk/drop_edges.hpp"
#include "tokio/io.hpp"
#include "tokio/task.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using sdk_test::nothing_is_lost_wherever_it_is_dropped;
using test::hand_poll;

// Two ends of a pipe with room for `Room` bytes.
template <std::size_t Room>
struct piped {
  decltype(io::duplex(Room)) ends = io::duplex(Room);
  void put(std::string_view text) { CHECK(hand_poll(ends.second.write(text)).poll().value() == text.size()); }
  std::string take(std::size_t most) {
    std::array<char, 8> room{};
    const auto n = hand_poll(ends.second.read(io::byte_span(room.data(), most))).poll().value();
    return std::string(room.data(), n.value());
  }
};

struct reads : piped<8> {
  std::array<char, 8> room{};
  auto begin() { return ends.first.read(room); }
  void give() { put("abc"); }
  void has(const result<std::size_t>& n) const { CHECK(std::string_view(room.data(), n.value()) == "abc"); }
};
struct reads_the_end : reads {
  void give() { auto gone = std::move(ends.second); }
  static void has(const result<std::size_t>& n) { CHECK(n == 0); }
};
struct reads_a_number : piped<8> {
  auto begin() { return ends.first.read_u8(); }
  void give() { put("ab"); }
  static void has(const result<std::uint8_t>& got) { CHECK(got == 'a'); }
};
struct writes : piped<2> {
  writes() { CHECK(hand_poll(ends.first.write("ab")).poll().value() == 2); }
  auto begin() { return ends.first.write("c"); }
  void give() { CHECK(take(1) == "a"); }
  static void has(const result<std::size_t>& n) { CHECK(n == 1); }
  void after() { CHECK(take(8) == "bc"); }
};
// Taken up again with what its view says is left.
struct writes_the_rest : piped<2> {
  io::byte_view rest = "abcd";
  writes_the_rest() { CHECK(hand_poll(ends.first.write_all_buf(rest)).poll().is_pending()); }
  auto begin() { return ends.first.write_all_buf(rest); }
  void give() { CHECK(take(8) == "ab"); }
  void has(const result<>& done) const {
    CHECK(done);
    CHECK(rest.size() == 0);
  }
  void after() { CHECK(take(8) == "cd"); }
};
// Half of it is there already, and is in the reader's buffer.
struct reads_a_line : piped<16> {
  decltype(io::lines(io::buf_reader(std::move(ends.first)))) of{io::buf_reader(std::move(ends.first))};
  reads_a_line() {
    put("half a ");
    CHECK(hand_poll(of.next_line()).poll().is_pending());
  }
  auto begin() { return of.next_line(); }
  void give() { put("line\nmore"); }
  static void has(const result<std::optional<std::string>>& got) { CHECK(got.value() == "half a line"); }
};
struct reads_a_segment : piped<16> {
  decltype(io::segments(io::buf_reader(std::move(ends.first)), std::byte{';'})) of{
      io::buf_reader(std::move(ends.first)), std::byte{';'}};
  reads_a_segment() {
    put("half a ");
    CHECK(hand_poll(of.next_segment()).poll().is_pending());
  }
  auto begin() { return of.next_segment(); }
  void give() { put("piece;more"); }
  static void has(const result<std::optional<std::string>>& got) { CHECK(got.value() == "half a piece"); }
};

}  // namespace

TEST_CASE("[IO-05] [IO-07] a read that is dropped at any edge has taken nothing, and its end is seen by the next one") {
  nothing_is_lost_wherever_it_is_dropped<reads>();
  nothing_is_lost_wherever_it_is_dropped<reads_the_end>();
  nothing_is_lost_wherever_it_is_dropped<reads_a_number>();
}

TEST_CASE("[IO-10] [IO-11] a write that is dropped at any edge has written nothing, or says what is left") {
  nothing_is_lost_wherever_it_is_dropped<writes>();
  nothing_is_lost_wherever_it_is_dropped<writes_the_rest>();
}

TEST_CASE("[IO-13] lines and segments keep what they have of the next one") {
  nothing_is_lost_wherever_it_is_dropped<reads_a_line>();
  nothing_is_lost_wherever_it_is_dropped<reads_a_segment>();
}
