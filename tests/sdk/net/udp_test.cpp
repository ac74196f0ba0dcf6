// UDP over loopback on a real host: rows NU-01 to NU-07.
#include "tokio/net/udp_socket.hpp"

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "on_host.hpp"
#include "tokio/net.hpp"
#include "tokio/task.hpp"
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
    auto can_write = co_await a.ready(interest::writable());
    CHECK(can_write->is_writable());
    auto silent = co_await time::timeout(std::chrono::milliseconds(1), b.readable());
    CHECK_FALSE(silent.has_value());
    CHECK(a.try_send_to("x", b.local_addr().value()).value() == 1);
    auto can_read = co_await b.ready(interest::readable());
    CHECK(can_read->is_readable());
    co_return 0;
  }());
}

TEST_CASE("[NU-05] [NX-16] an error of one datagram is no end of the socket") {
  test::on_host real;
  real.run([]() -> task<int> {
    const auto gone = bound().local_addr().value();
    auto sends = bound();
    REQUIRE((co_await sends.connect(gone)).has_value());
    CHECK((co_await sends.send("nobody")).has_value());
    CHECK((co_await sends.ready(interest::error()))->is_error());
    const auto seen = co_await sends.ready(interest::error() | interest::writable());
    CHECK(seen->is_error());
    CHECK(seen->is_writable());
    CHECK_FALSE(seen->is_write_closed());
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

TEST_CASE("[NU-07] a round of a send and a receive costs two units, so 1024 rounds use up 16 turns") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto socket = bound();
    const auto to = socket.local_addr().value();
    const auto round = [](udp_socket& with, socket_address at) -> task<> {
      std::array<char, 4> room;
      auto sent = co_await with.send_to("ping", at);
      CHECK(sent.value() == 4);
      auto got = co_await with.recv_from(room);
      CHECK(got->first == 4);
    };
    co_await round(socket, to);  // the first receive waits for the driver
    co_await yield_now();        // and then this task has a whole budget
    int forced = 0;
    auto rounds = [](udp_socket& with, socket_address at, auto each) -> task<> {
      for (int i = 0; i < 1024; ++i) co_await each(with, at);
      co_await coop::consume_budget();  // the last round took the last unit
    }(socket, to, round);
    co_await poll_fn([&](context& cx) {
      auto polled = rounds.poll(cx);
      if (polled.is_pending() && !coop::has_budget_remaining()) ++forced;
      return polled;
    });
    CHECK(forced == 16);
    co_return 0;
  }());
}

TEST_CASE("[NU-03] any number of tasks receive from one socket") {
  test::on_host real;
  real.run([]() -> task<int> {
    const auto shared = std::make_shared<udp_socket>(bound());
    const auto to = shared->local_addr().value();
    std::vector<join_handle<std::size_t>> receiving;
    for (int i = 0; i < 5; ++i)
      receiving.push_back(spawn(
          [](std::shared_ptr<udp_socket> from) -> task<std::size_t> {
            string into;
            auto got = co_await from->recv_buf(into);
            co_return into.size() == got.value() ? *got : 0;
          },
          shared));
    co_await yield_now();
    std::size_t total = 0;
    for (int i = 0; i < 5; ++i) CHECK((co_await shared->send_to("abc", to)).value() == 3);
    for (auto& one : receiving) total += (co_await one).value();
    CHECK(total == 15);
    co_return 0;
  }());
}

TEST_CASE("[NU-01] a descriptor is taken and given back, and a device is bound by name") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto socket = bound();
    const auto at = socket.local_addr().value();
    CHECK_FALSE(socket.device().value().has_value());
    auto again = udp_socket::from_fd(std::move(socket).into_fd().value()).value();
    CHECK(again.local_addr().value() == at);
    co_return 0;
  }());
}
