// UDP over loopback on a real host: rows NU-01 to NU-07.
#include "tokio/net/udp_socket.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "on_host.hpp"
#include "tokio/net.hpp"
#include "tokio/time.hpp"

namespace {

using namespace tokio;
using namespace tokio::net;
using std::string;

udp_socket bound() { return udp_socket::bind_to({ip_address::loopback_v4(), 0}).value(); }

}  // namespace

TEST_CASE("[NU-02] a datagram goes to an address and comes with the sender's") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto a = bound();
    auto b = bound();
    auto sent = co_await a.send_to("hello", b.local_addr().value());
    CHECK(sent.value() == 5);
    std::array<char, 8> room;
    auto got = co_await b.recv_from(room);
    CHECK(got->first == 5);
    CHECK(got->second == a.local_addr().value());
    CHECK(string(room.data(), 5) == "hello");
    co_return 0;
  }());
}

TEST_CASE("[NU-01] a connected socket sends to its peer and hears nobody else") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto a = bound();
    auto b = bound();
    auto stranger = bound();
    auto connected = co_await a.connect(b.local_addr().value());
    CHECK(connected.has_value());
    CHECK(a.peer_addr().value() == b.local_addr().value());
    (void)co_await stranger.send_to("no", a.local_addr().value());
    (void)co_await b.send_to("yes", a.local_addr().value());
    std::array<char, 8> room;
    auto got = co_await a.recv(room);
    CHECK(string(room.data(), got.value()) == "yes");
    CHECK(a.try_recv(room).error().kind() == error_kind::would_block);
    (void)co_await a.send("to b");
    auto heard = co_await b.recv(room);
    CHECK(heard.value() == 4);
    co_return 0;
  }());
}

TEST_CASE("[NU-03] a datagram that does not fit is cut off, and the rest is gone") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto a = bound();
    auto b = bound();
    (void)co_await a.send_to("abcdef", b.local_addr().value());
    (void)co_await a.send_to("next", b.local_addr().value());
    std::array<char, 4> room;
    auto cut = co_await b.recv(room);
    CHECK(string(room.data(), cut.value()) == "abcd");
    auto next = co_await b.recv(room);
    CHECK(string(room.data(), next.value()) == "next");
    co_return 0;
  }());
}

TEST_CASE("[NU-04] peek leaves the datagram where it is") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto a = bound();
    auto b = bound();
    (void)co_await a.send_to("abc", b.local_addr().value());
    std::array<char, 8> room;
    auto seen = co_await b.peek_from(room);
    CHECK(seen->second == a.local_addr().value());
    CHECK(b.try_peek(room).value() == 3);
    CHECK(b.try_recv_from(room)->first == 3);
    CHECK(b.try_peek_from(room).error().kind() == error_kind::would_block);
    co_return 0;
  }());
}

TEST_CASE("[NU-05] readiness of both directions") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto a = bound();
    auto b = bound();
    auto can_write = co_await a.writable();
    CHECK(can_write->is_writable());
    auto silent = co_await time::timeout(std::chrono::milliseconds(1), b.readable());
    CHECK_FALSE(silent.has_value());
    CHECK(a.try_send_to("x", b.local_addr().value()).value() == 1);
    auto can_read = co_await b.readable();
    CHECK(can_read->is_readable());
    co_return 0;
  }());
}

TEST_CASE("[NU-06] options are set and read back, and groups are joined and left") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto a = udp_socket::bind_to({ip_address::any_v4(), 0}).value();
    CHECK(a.set_broadcast(true).has_value());
    CHECK(a.broadcast().value());
    CHECK(a.set_ttl(5).has_value());
    CHECK(a.ttl().value() == 5);
    CHECK(a.set_multicast_ttl(3).has_value());
    CHECK(a.multicast_ttl().value() == 3);
    CHECK(a.set_multicast_loop(false).has_value());
    CHECK_FALSE(a.multicast_loop().value());
    CHECK_FALSE(a.join_multicast(ip_address::loopback_v4()).has_value());  // is no group
    CHECK_FALSE(a.take_error().value().has_value());
    co_return 0;
  }());
}
