// Frames over UDP: row CD-07.
#include "tokio/codec/udp_framed.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "sdk/net/on_host.hpp"
#include "tokio/codec.hpp"
#include "tokio/time.hpp"

namespace {

using namespace tokio;
using codec::lines_codec;
using codec::udp_framed;
using net::udp_socket;

struct two_ends {
  udp_socket a;
  udp_socket b;
  net::socket_address at_b;
};
task<two_ends> on_loopback() {
  auto a = (co_await udp_socket::bind("127.0.0.1:0")).value();
  auto b = (co_await udp_socket::bind("127.0.0.1:0")).value();
  auto at_b = b.local_addr().value();
  co_return two_ends{std::move(a), std::move(b), at_b};
}

// The next frame or error, as text.
template <class F>
task<std::string> next_of(F& frames) {
  auto got = co_await frames.next();
  if (!got) co_return "none";
  if (!*got) co_return "error: " + std::string(got->error().message());
  co_return (*got)->first;
}

// Two bytes each; "xx" is an error that takes its bytes, and a single byte is one that decode_eof must take.
struct pairs {
  using item = std::string;
  result<std::optional<std::string>> decode(codec::buffer& from) {
    if (from.size() < 2) return std::nullopt;
    auto two = from.take(2);
    if (two == "xx") return std::unexpected(error(error_kind::invalid_data, "xx"));
    return two;
  }
  result<std::optional<std::string>> decode_eof(codec::buffer& from) {
    auto next = decode(from);
    if (!next || *next || from.empty()) return next;
    from.clear();
    return std::unexpected(error(error_kind::invalid_data, "half a pair"));
  }
  result<> encode(const std::string& text, codec::buffer& to) {
    if (text.empty()) return std::unexpected(error(error_kind::invalid_input, "nothing"));
    to.append(text);
    return {};
  }
};

}  // namespace

TEST_CASE("[CD-07] frames go to an address, and come with the one they are from") {
  test::on_host on;
  on.run([]() -> task<int> {
    auto ends = co_await on_loopback();
    const auto at_a = ends.a.local_addr().value();
    udp_framed out(std::move(ends.a), lines_codec());
    udp_framed in(std::move(ends.b), lines_codec());
    CHECK((co_await out.send(std::pair(std::string("hello"), ends.at_b))).has_value());
    auto got = co_await in.next();
    CHECK((*got)->first == "hello");
    CHECK((*got)->second == at_a);
    co_return 0;
  }());
}

TEST_CASE("[CD-07] a datagram may hold several frames, and its end ends the last of them") {
  test::on_host on;
  on.run([]() -> task<int> {
    auto ends = co_await on_loopback();
    udp_framed in(std::move(ends.b), lines_codec());
    CHECK((co_await ends.a.send_to("one\ntwo\nthr", ends.at_b)).has_value());
    CHECK((co_await ends.a.send_to("ee\n", ends.at_b)).has_value());
    CHECK(co_await next_of(in) == "one");
    CHECK(co_await next_of(in) == "two");
    CHECK(co_await next_of(in) == "thr");
    CHECK(co_await next_of(in) == "ee");
    co_return 0;
  }());
}

TEST_CASE("[CD-07] a decoder that fails and takes the bytes goes on, in this datagram and in the next") {
  test::on_host on;
  on.run([]() -> task<int> {
    auto ends = co_await on_loopback();
    udp_framed in(std::move(ends.b), pairs());
    CHECK((co_await ends.a.send_to("abxxcde", ends.at_b)).has_value());
    CHECK((co_await ends.a.send_to("fg", ends.at_b)).has_value());
    CHECK(co_await next_of(in) == "ab");
    CHECK(co_await next_of(in) == "error: xx");
    CHECK(co_await next_of(in) == "cd");
    CHECK(co_await next_of(in) == "error: half a pair");
    CHECK(co_await next_of(in) == "fg");
    co_return 0;
  }());
}

TEST_CASE("[CD-07] one socket may be borrowed by two of them, and an empty datagram has no frame") {
  test::on_host on;
  on.run([]() -> task<int> {
    auto ends = co_await on_loopback();
    udp_framed in(ends.b, lines_codec());
    udp_framed out(ends.b, codec::bytes_codec());
    const auto at_a = ends.a.local_addr().value();
    CHECK((co_await out.send(std::pair(std::string("raw"), at_a))).has_value());
    std::array<char, 8> room;
    CHECK((co_await ends.a.recv(room)).value() == 3);
    CHECK((co_await ends.a.send_to("", ends.at_b)).has_value());
    CHECK((co_await ends.a.send_to("x\n", ends.at_b)).has_value());
    CHECK(co_await next_of(in) == "x");
    co_return 0;
  }());
}

TEST_CASE("[CD-07] a frame that is refused, or a datagram that is too large, is its sender's error alone") {
  test::on_host on;
  on.run([]() -> task<int> {
    auto ends = co_await on_loopback();
    udp_framed out(std::move(ends.a), pairs());
    udp_framed in(std::move(ends.b), pairs());
    CHECK((co_await out.send(std::pair(std::string(), ends.at_b))).error().message() == "nothing");
    CHECK_FALSE((co_await out.send(std::pair(std::string(70'000, 'a'), ends.at_b))).has_value());
    CHECK((co_await out.send(std::pair(std::string("ok"), ends.at_b))).has_value());
    CHECK(co_await next_of(in) == "ok");
    co_return 0;
  }());
}

TEST_CASE("[CD-07] a fed frame goes out with the next flush, and a next that loses a select has lost nothing") {
  test::on_host on;
  on.run([]() -> task<int> {
    auto ends = co_await on_loopback();
    udp_framed out(std::move(ends.a), lines_codec());
    udp_framed in(std::move(ends.b), lines_codec());
    auto lost = co_await select(in.next(), time::sleep(std::chrono::milliseconds(1)));
    CHECK(lost.index() == 1);
    CHECK((co_await out.feed(std::pair(std::string("a"), ends.at_b))).has_value());
    CHECK((co_await out.close()).has_value());
    CHECK(co_await next_of(in) == "a");
    co_return 0;
  }());
}

TEST_CASE("[CD-07] a datagram that is cut off is an error once, and takes nothing of the next one") {
  test::on_host on;
  on.run([]() -> task<int> {
    auto ends = co_await on_loopback();
    udp_framed in(std::move(ends.b), codec::length_delimited_codec());
    const std::string header_alone("\0\0\0\2", 4);
    CHECK((co_await ends.a.send_to(header_alone + "a", ends.at_b)).has_value());
    CHECK((co_await ends.a.send_to(header_alone, ends.at_b)).has_value());
    CHECK((co_await ends.a.send_to(header_alone + "ok", ends.at_b)).has_value());
    CHECK(co_await next_of(in) == "error: bytes remaining on stream");
    CHECK(co_await next_of(in) == "error: bytes remaining on stream");
    CHECK(co_await next_of(in) == "ok");
    co_return 0;
  }());
}

TEST_CASE("[CD-07] a decoder that fails and takes nothing loses its datagram, and not the next one") {
  struct picky {
    using item = std::string;
    result<std::optional<std::string>> decode(codec::buffer& from) {
      if (from.text().starts_with("bad")) return std::unexpected(error(error_kind::invalid_data, "bad"));
      if (from.empty()) return std::nullopt;
      return from.take(from.size());
    }
  };
  test::on_host on;
  on.run([]() -> task<int> {
    auto ends = co_await on_loopback();
    udp_framed in(std::move(ends.b), picky());
    CHECK((co_await ends.a.send_to("bad", ends.at_b)).has_value());
    CHECK((co_await ends.a.send_to("good", ends.at_b)).has_value());
    CHECK(co_await next_of(in) == "error: bad");
    CHECK(co_await next_of(in) == "good");
    co_return 0;
  }());
}

TEST_CASE("[CD-07] a next that is dropped at any poll has lost nothing") {
  test::on_host on;
  on.run([]() -> task<int> {
    auto ends = co_await on_loopback();
    udp_framed in(std::move(ends.b), lines_codec());
    for (int polls = 1; polls < 4; ++polls) {
      auto dropped = in.next();
      for (int i = 0; i < polls; ++i) CHECK_FALSE((co_await test::once(dropped)).has_value());
    }
    CHECK((co_await ends.a.send_to("one\ntwo\n", ends.at_b)).has_value());
    CHECK(co_await next_of(in) == "one");
    (void)in.next();
    CHECK(co_await next_of(in) == "two");
    co_return 0;
  }());
}

TEST_CASE("[CD-07] a flush and a close that are dropped at any poll send the frame all the same, once") {
  test::on_host on;
  on.run([]() -> task<int> {
    auto ends = co_await on_loopback();
    udp_framed out(std::move(ends.a), lines_codec());
    udp_framed in(std::move(ends.b), lines_codec());
    CHECK((co_await out.feed(std::pair(std::string("hello"), ends.at_b))).has_value());
    (void)out.flush();
    (void)out.close();
    CHECK((co_await out.flush()).has_value());
    CHECK((co_await out.close()).has_value());
    CHECK((co_await out.send(std::pair(std::string("last"), ends.at_b))).has_value());
    CHECK(co_await next_of(in) == "hello");
    CHECK(co_await next_of(in) == "last");
    co_return 0;
  }());
}
