// Frames of a stream, dropped at every edge: what has come of the next one stays, and a send loses its own frame only.
#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sdk/drop_edges.hpp"
#include "tokio/codec.hpp"
#include "tokio/io.hpp"
#include "tokio/task.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using sdk_test::nothing_is_lost_wherever_it_is_dropped;
using test::hand_poll;

struct reads_a_frame {
  decltype(io::duplex(16)) ends = io::duplex(16);
  decltype(codec::framed_read(std::move(ends.first), codec::lines_codec())) of{std::move(ends.first),
                                                                               codec::lines_codec()};
  reads_a_frame() {
    put("half a ");
    CHECK(hand_poll(of.next()).poll().is_pending());
  }
  void put(std::string_view text) { CHECK(hand_poll(ends.second.write(text)).poll().value() == text.size()); }
  auto begin() { return of.next(); }
  void give() { put("frame\nmore"); }
  static void has(const std::optional<result<std::string>>& got) { CHECK(got.value() == "half a frame"); }
};
// There is room for two bytes in the pipe, and one frame is on its way.
struct flushes {
  decltype(io::duplex(2)) ends = io::duplex(2);
  decltype(codec::framed_write(std::move(ends.first), codec::lines_codec())) of{std::move(ends.first),
                                                                                codec::lines_codec()};
  flushes() {
    CHECK(hand_poll(of.feed(std::string("abc"))).poll().value().has_value());
    CHECK(hand_poll(of.flush()).poll().is_pending());
  }
  std::string take() {
    std::array<char, 8> room{};
    const auto n = hand_poll(ends.second.read(room)).poll().value();
    return std::string(room.data(), n.value());
  }
  auto begin() { return of.flush(); }
  void give() { CHECK(take() == "ab"); }
  template <class Sent>
  static void has(const Sent& done) {
    CHECK(done.has_value());
  }
  void after() { CHECK(take() == "c\n"); }
};

}  // namespace

TEST_CASE("[CD-03] a frame that has come in part is there for the next one, and a flush goes on where it was") {
  nothing_is_lost_wherever_it_is_dropped<reads_a_frame>();
  nothing_is_lost_wherever_it_is_dropped<flushes>();
}
