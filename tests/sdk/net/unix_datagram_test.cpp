// Unix datagrams and sockets that are made step by step, on a real host: rows NX-05 and NX-06.
#include "tokio/net/unix_datagram.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>

#include "descriptors.hpp"
#include "on_host.hpp"
#include "support/temp_dir.hpp"
#include "tokio/io.hpp"
#include "tokio/net/udp_socket.hpp"
#include "tokio/net/unix_socket.hpp"
#include "tokio/time.hpp"

namespace {

using namespace tokio;
using namespace tokio::net;
using std::string;
using test::once;

unix_address abstract(const string& name) {
  return unix_address::from_abstract_name("tokiod-" + name + "-" + std::to_string(::getpid())).value();
}

}  // namespace

TEST_CASE("[NX-05] datagrams go between paths, with the sender's; who has no name is unnamed") {
  tokiod::test::temp_dir dir;
  test::on_host real;
  real.run([](string a, string b) -> task<int> {
    auto left = unix_datagram::bind(a).value();
    auto right = unix_datagram::bind(b).value();
    CHECK(unix_datagram::bind(a).error().kind() == error_kind::addr_in_use);
    CHECK(left.local_addr()->as_pathname() == a);
    auto sent = co_await left.send_to("hello", b);
    CHECK(sent.value() == 5);
    std::array<char, 8> room;
    auto got = co_await right.recv_from(room);
    CHECK(got->first == 5);
    CHECK(got->second.as_pathname() == a);
    auto nameless = unix_datagram::unbound().value();
    CHECK(nameless.local_addr()->is_unnamed());
    CHECK(nameless.connect(b).has_value());
    CHECK(nameless.peer_addr()->as_pathname() == b);
    auto again = co_await nameless.send("x");
    CHECK(again.value() == 1);
    auto from = co_await right.recv_from(room);
    CHECK(from->second.is_unnamed());
    co_return 0;
  }(dir / "a", dir / "b"));
}

TEST_CASE("[NX-05] a path that is wrong or not there is an error of the send") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto sends = unix_datagram::unbound().value();
    auto invalid = co_await sends.send_to("x", string(200, 'p'));
    CHECK(invalid.error().kind() == error_kind::invalid_input);
    auto none = co_await sends.send_to("x", "/nonexistent/socket");
    CHECK(none.error().kind() == error_kind::not_found);
    auto unconnected = co_await sends.send("x");
    CHECK(unconnected.error().kind() == error_kind::not_connected);
    CHECK(sends.connect("/nonexistent/socket").error().kind() == error_kind::not_found);
    CHECK_FALSE(sends.take_error().value().has_value());
    co_return 0;
  }());
}

TEST_CASE("[NX-05] abstract names, buffers that grow, and looks that take nothing") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto hears = unix_datagram::bind_addr(abstract("hears")).value();
    auto sends = unix_datagram::bind_addr(abstract("sends")).value();
    CHECK(sends.connect_addr(abstract("hears")).has_value());
    for (const char* word : {"first", "second", "third"}) {
      auto sent = co_await sends.send(word);
      CHECK(sent.has_value());
    }
    auto sender = co_await hears.peek_sender();
    CHECK(sender.value() == abstract("sends"));
    std::array<char, 8> room;
    auto seen = co_await hears.peek_from(room);
    CHECK(seen->first == 5);
    string all = "so: ";
    auto one = co_await hears.recv_buf(all);
    CHECK(one.value() == 5);
    CHECK(all == "so: first");
    auto two = co_await hears.recv_buf_from(all);
    CHECK(two->second == abstract("sends"));
    CHECK(all == "so: firstsecond");
    CHECK(hears.try_recv_buf(all).value() == 5);
    CHECK(hears.try_recv_buf_from(all).error().kind() == error_kind::would_block);
    CHECK(all == "so: firstsecondthird");
    co_return 0;
  }());
}

TEST_CASE("[NX-05] a full queue of the peer blocks nobody, and a send goes on when there is room") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto pair = unix_datagram::pair().value();
    int queued = 0;
    while (pair.first.try_send("datagram")) ++queued;
    CHECK(queued > 0);
    CHECK(pair.first.try_send("datagram").error().kind() == error_kind::would_block);
    auto waits = pair.first.send("late");
    CHECK_FALSE((co_await once(waits)).has_value());
    std::array<char, 16> room;
    for (int i = 0; i < queued; ++i) CHECK(pair.second.try_recv(room).value() == 8);
    CHECK((co_await waits).value() == 4);
    auto got = co_await pair.second.recv(room);
    CHECK(string(room.data(), got.value()) == "late");
    co_return 0;
  }());
}

TEST_CASE(
    "[NX-05] a send to a full queue of a peer that it is not connected to asks rarely, and goes when there is room") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto receives = unix_datagram::bind_addr(abstract("full")).value();
    auto sends = unix_datagram::unbound().value();
    const auto to = receives.local_addr().value();
    int queued = 0;
    while (sends.try_send_to("datagram", to)) ++queued;
    CHECK(queued > 0);
    int polls = 0;
    auto waits = sends.send_to("late", to);
    auto counted = poll_fn([&](context& cx) {
      ++polls;
      return waits.poll(cx);
    });
    CHECK_FALSE((co_await time::timeout(std::chrono::milliseconds(100), std::move(counted))).has_value());
    CHECK(polls > 1);
    CHECK(polls < 100);
    std::array<char, 16> room;
    for (int i = 0; i < queued; ++i) CHECK(receives.try_recv(room).value() == 8);
    CHECK((co_await waits).value() == 4);
    auto got = co_await receives.recv(room);
    CHECK(string(room.data(), got.value()) == "late");
    co_return 0;
  }());
}

TEST_CASE("[NX-05] sends and receives that are dropped at any poll lose nothing") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto pair = unix_datagram::pair().value();
    std::array<char, 16> room;
    for (int polls = 1; polls < 4; ++polls) {
      auto dropped = pair.second.recv_from(room);
      for (int i = 0; i < polls; ++i) CHECK_FALSE((co_await once(dropped)).has_value());
    }
    auto sent = co_await pair.first.send("kept");
    CHECK(sent.has_value());
    auto got = co_await pair.second.recv_from(room);
    CHECK(got->first == 4);
    int queued = 0;
    while (pair.first.try_send("x")) ++queued;
    {
      auto dropped = pair.first.send("never sent");
      CHECK_FALSE((co_await once(dropped)).has_value());
    }
    for (int i = 0; i < queued; ++i) CHECK(pair.second.try_recv(room).value() == 1);
    CHECK(pair.second.try_recv(room).error().kind() == error_kind::would_block);
    co_return 0;
  }());
}

TEST_CASE("[NX-05] one object serves several tasks, both ways at once") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto pair = unix_datagram::pair().value();
    const auto shared = std::make_shared<unix_datagram>(std::move(pair.second));
    const auto receive = [](std::shared_ptr<unix_datagram> on) -> task<int> {
      std::array<char, 8> room;
      auto got = co_await on->recv(room);
      co_return static_cast<int>(got.value());
    };
    auto one = spawn(receive, shared), two = spawn(receive, shared), three = spawn(receive, shared);
    co_await yield_now();
    for (const char* word : {"a", "bb", "ccc"}) {
      auto sent = co_await pair.first.send(word);
      CHECK(sent.has_value());
    }
    auto back = co_await shared->send("back");
    CHECK(back.has_value());
    const int total = (co_await one).value() + (co_await two).value() + (co_await three).value();
    CHECK(total == 6);
    co_return 0;
  }());
}

TEST_CASE("[NX-05] the poll forms, readiness and shutdown") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto pair = unix_datagram::pair().value();
    auto writable = co_await poll_fn([&](context& cx) { return pair.first.poll_send_ready(cx); });
    CHECK(writable.has_value());
    auto sent = co_await poll_fn([&](context& cx) { return pair.first.poll_send(cx, "x"); });
    CHECK(sent.value() == 1);
    auto readable = co_await poll_fn([&](context& cx) { return pair.second.poll_recv_ready(cx); });
    CHECK(readable.has_value());
    std::array<char, 8> room;
    auto got = co_await poll_fn([&](context& cx) { return pair.second.poll_recv_from(cx, room); });
    CHECK(got->first == 1);
    auto blocked = pair.second.try_io(interest::readable(),
                                      [] { return result<int>(std::unexpect, error_kind::would_block, "nothing"); });
    CHECK(blocked.error().kind() == error_kind::would_block);
    CHECK(pair.first.shutdown(TOKIO_SHUT_WR).has_value());
    auto lost = co_await pair.first.send("x");
    CHECK(lost.error().kind() == error_kind::broken_pipe);
    co_return 0;
  }());
}

TEST_CASE("[NX-05] a descriptor is taken when it is one of Unix datagrams, and given back") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto fds = test::socket_pair(SOCK_DGRAM);
    auto taken = unix_datagram::from_fd(std::move(fds.first)).value();
    auto sent = co_await taken.send("x");
    CHECK(sent.has_value());
    CHECK(test::take(fds.second.fd()) == "x");
    auto back = std::move(taken).into_fd().value();
    CHECK((status_flags(back.fd()).value() & O_NONBLOCK) != 0);
    auto streams = test::socket_pair();
    CHECK(unix_datagram::from_fd(std::move(streams.first)).error().message() ==
          "the descriptor is a socket of another type");
    CHECK(udp_socket::from_fd(std::move(fds.second)).error().message() ==
          "the descriptor is a socket of another family");
    co_return 0;
  }());
}

TEST_CASE("[NX-06] a stream socket is bound and listens, another connects") {
  tokiod::test::temp_dir dir;
  test::on_host real;
  real.run([](string path) -> task<int> {
    auto socket = unix_socket::new_stream().value();
    CHECK(socket.bind(path).has_value());
    CHECK(socket.local_addr()->as_pathname() == path);
    auto listener = std::move(socket).listen(8).value();
    auto connecting = unix_socket::new_stream().value();
    CHECK(connecting.bind_addr(abstract("from")).has_value());
    auto near = co_await std::move(connecting).connect(path);
    CHECK(near.has_value());
    auto far = co_await listener.accept();
    CHECK(far->second == abstract("from"));
    CHECK(near->try_write("x").value() == 1);
    std::array<char, 2> room;
    auto got = co_await far->first.read(room);
    CHECK(got.value() == 1);
    co_return 0;
  }(dir / "a.sock"));
}

TEST_CASE("[NX-06] the wrong kind, and what cannot be bound or reached, is an error") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto listens = unix_socket::new_datagram().value();
    CHECK(std::move(listens).listen(1).error().kind() == error_kind::invalid_input);
    auto connects = unix_socket::new_datagram().value();
    auto refused = co_await std::move(connects).connect_addr(abstract("nobody"));
    CHECK(refused.error().kind() == error_kind::invalid_input);
    auto streams = unix_socket::new_stream().value();
    CHECK(std::move(streams).datagram().error().message() == "a stream socket sends no datagrams");
    auto bound = unix_socket::new_stream().value();
    CHECK(bound.bind("/nonexistent/socket").error().kind() == error_kind::not_found);
    CHECK_FALSE(bound.take_error().value().has_value());
    auto nobody = co_await std::move(bound).connect("/nonexistent/socket");
    CHECK(nobody.error().kind() == error_kind::not_found);
    auto datagrams = unix_socket::new_datagram().value();
    CHECK(datagrams.bind_addr(abstract("datagram")).has_value());
    CHECK(std::move(datagrams).datagram()->local_addr().value() == abstract("datagram"));
    co_return 0;
  }());
}
