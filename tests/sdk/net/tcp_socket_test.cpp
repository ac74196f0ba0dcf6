// TCP sockets before they are connected, readiness of streams, and descriptors that come and go, on a real host: rows
// NT-04, NT-09, NT-11, NT-15 to NT-18.
#include "tokio/net/tcp_socket.hpp"

#include <doctest/doctest.h>
#include <netinet/in.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "descriptors.hpp"
#include "on_host.hpp"
#include "tokio/io.hpp"
#include "tokio/time.hpp"

namespace {

using namespace tokio;
using namespace tokio::net;
using std::string;
using test::once;

const socket_address any_port{ip_address::loopback_v4(), 0};

struct connected {
  tcp_stream near, far;
};
task<connected> connect_pair() {
  auto listener = tcp_listener::bind_to(any_port).value();
  auto near = co_await tcp_stream::connect(listener.local_addr().value());
  auto far = co_await listener.accept();
  co_return connected{std::move(near.value()), std::move(far.value().first)};
}

// A listening socket as another library would make it.
owned_fd plain_listener(int flags) {
  owned_fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(fd.fd(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
  REQUIRE(::listen(fd.fd(), 8) == 0);
  return fd;
}

}  // namespace

TEST_CASE("[NT-04] a listening descriptor is taken, and given back non-blocking") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto fd = plain_listener(SOCK_NONBLOCK);
    const int number = fd.fd();
    auto listener = tcp_listener::from_fd(std::move(fd)).value();
    CHECK(listener.fd() == number);
    auto near = co_await tcp_stream::connect(listener.local_addr().value());
    auto far = co_await listener.accept();
    CHECK(far.has_value());
    CHECK(listener.set_ttl(44).has_value());
    CHECK(listener.ttl().value() == 44);
    CHECK_FALSE(listener.take_error().value().has_value());
    auto back = std::move(listener).into_fd().value();
    CHECK(back.fd() == number);
    CHECK((status_flags(number).value() & O_NONBLOCK) != 0);
    CHECK(tcp_listener::from_fd(std::move(back)).has_value());
    co_return 0;
  }());
}

TEST_CASE("[NT-04] [NT-15] a descriptor that blocks, or is something else, is refused with its reason") {
  test::on_host real;
  real.run([]() -> task<int> {
    CHECK(tcp_listener::from_fd(plain_listener(0)).error().message() ==
          "the descriptor would block: set O_NONBLOCK before it is given to the runtime");
    auto pair = test::socket_pair();
    CHECK(tcp_stream::from_fd(std::move(pair.first)).error().message() ==
          "the descriptor is a socket of another family");
    CHECK(tcp_stream::from_fd(owned_fd(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0))).error().message() ==
          "the descriptor is a socket of another type");
    CHECK(tcp_stream::from_fd(owned_fd()).error().raw_os_error() == EBADF);
    co_return 0;
  }());
}

TEST_CASE("[NT-04] [NT-15] without a runtime from_fd panics") {
  CHECK_THROWS_AS((void)tcp_listener::from_fd(plain_listener(SOCK_NONBLOCK)), panic_error);
}

TEST_CASE("[NT-15] a connection is given back with what it has not read, and taken again") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto pair = co_await connect_pair();
    auto sent = co_await pair.near.write_all("kept");
    CHECK(sent.has_value());
    auto raw = std::move(pair.far).into_fd().value();
    CHECK((status_flags(raw.fd()).value() & O_NONBLOCK) != 0);
    auto again = tcp_stream::from_fd(std::move(raw)).value();
    std::array<char, 4> room;
    auto got = co_await again.read_exact(room);
    CHECK(got.has_value());
    CHECK(string(room.data(), 4) == "kept");
    auto answered = co_await again.write_all("back");
    CHECK(answered.has_value());
    auto heard = co_await pair.near.read_exact(room);
    CHECK(heard.has_value());
    co_return 0;
  }());
}

TEST_CASE("[NT-09] the poll forms of readiness, each with its direction's own waker") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto pair = co_await connect_pair();
    const auto far = std::make_shared<tcp_stream>(std::move(pair.far));
    auto reads = spawn(
        [](std::shared_ptr<tcp_stream> of) -> task<bool> {
          auto readable = co_await poll_fn([&](context& cx) { return of->poll_read_ready(cx); });
          co_return readable.has_value();
        },
        far);
    co_await yield_now();
    auto writable = co_await poll_fn([&](context& cx) { return far->poll_write_ready(cx); });
    CHECK(writable.has_value());
    auto sent = co_await pair.near.write_all("x");
    CHECK(sent.has_value());
    CHECK((co_await reads).value());
    co_return 0;
  }());
}

TEST_CASE("[NT-09] of two that ask in poll form the newer is woken") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto pair = co_await connect_pair();
    auto ask = [&](context& cx) { return pair.far.poll_read_ready(cx); };
    auto older = poll_fn(ask), newer = poll_fn(ask);
    CHECK_FALSE((co_await once(older)).has_value());
    CHECK_FALSE((co_await once(newer)).has_value());
    (void)pair.near.try_write("x");
    CHECK((co_await newer).has_value());
    co_return 0;
  }());
}

TEST_CASE("[NT-11] try_io runs its operation only when it is ready, and clears when it would block") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto pair = co_await connect_pair();
    auto& far = pair.far;
    int calls = 0;
    const auto take = [&] {
      ++calls;
      return test::take(far.fd());
    };
    CHECK(far.try_io(interest::readable(), take).error().kind() == error_kind::would_block);
    CHECK(calls == 0);
    auto sent = co_await pair.near.write_all("abc");
    CHECK(sent.has_value());
    auto readable = co_await far.readable();
    CHECK(readable.has_value());
    CHECK(far.try_io(interest::readable(), take).value() == "abc");
    CHECK(far.try_io(interest::readable(), take).error().kind() == error_kind::would_block);
    CHECK(calls == 2);
    CHECK(far.try_io(interest::readable(), take).error().kind() == error_kind::would_block);
    CHECK(calls == 2);
    co_return 0;
  }());
}

TEST_CASE("[NT-11] async_io asks again until the operation does not block, also from a half") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto pair = co_await connect_pair();
    auto halves = std::move(pair.far).into_split();
    const int fd = halves.first.raw_socket().fd();
    auto waits = halves.first.async_io(interest::readable(), [fd] { return test::take(fd); });
    CHECK_FALSE((co_await once(waits)).has_value());
    auto sent = co_await pair.near.write_all("later");
    CHECK(sent.has_value());
    CHECK((co_await waits).value() == "later");
    int tries = 0;
    auto wrote = co_await halves.second.async_io(interest::writable(), [&]() -> result<int> {
      ++tries;
      return 3;
    });
    CHECK(wrote.value() == 3);
    CHECK(tries == 1);
    auto failed = co_await halves.second.async_io(interest::writable(), []() -> result<int> {
      return std::unexpected(error(error_kind::other, "of one's own"));
    });
    CHECK(failed.error().message() == "of one's own");
    co_return 0;
  }());
}

TEST_CASE("[NT-03] any number of tasks accept, and one that gives up takes no connection with it") {
  test::on_host real;
  real.run([]() -> task<int> {
    const auto listener = std::make_shared<tcp_listener>(tcp_listener::bind_to(any_port).value());
    std::vector<join_handle<bool>> accepting;
    for (int i = 0; i < 8; ++i)
      accepting.push_back(spawn(
          [](std::shared_ptr<tcp_listener> at) -> task<bool> {
            auto got = co_await at->accept();
            co_return got.has_value();
          },
          listener));
    co_await yield_now();
    accepting[3].abort();
    std::vector<tcp_stream> clients;
    for (int i = 0; i < 8; ++i)
      clients.push_back((co_await tcp_stream::connect(listener->local_addr().value())).value());
    int served = 0;
    for (int i = 0; i < 8; ++i)
      if (i != 3) served += (co_await accepting[static_cast<std::size_t>(i)]).value();
    CHECK(served == 7);
    co_return 0;
  }());
}

TEST_CASE("[NT-17] options are set before there is a connection, and read back") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto socket = tcp_socket::new_v4().value();
    for (const bool on : {true, false}) {
      CHECK(socket.set_reuseaddr(on).has_value());
      CHECK(socket.reuseaddr().value() == on);
      CHECK(socket.set_reuseport(on).has_value());
      CHECK(socket.reuseport().value() == on);
      CHECK(socket.set_keepalive(on).has_value());
      CHECK(socket.keepalive().value() == on);
      CHECK(socket.set_nodelay(on).has_value());
      CHECK(socket.nodelay().value() == on);
    }
    CHECK(socket.set_recv_buffer_size(50'000).has_value());
    CHECK(socket.recv_buffer_size().value() == 100'000);  // Linux doubles
    CHECK(socket.set_send_buffer_size(50'000).has_value());
    CHECK(socket.send_buffer_size().value() == 100'000);
    CHECK_FALSE(socket.linger().value().has_value());
    CHECK(socket.set_linger(3000).has_value());
    CHECK(socket.linger().value() == 3000);
    CHECK(socket.set_zero_linger().has_value());
    CHECK(socket.linger().value() == 0);
    CHECK(socket.set_linger(std::nullopt).has_value());
    CHECK_FALSE(socket.linger().value().has_value());
    CHECK(socket.set_tos(16).has_value());
    CHECK(socket.tos().value() == 16);
    CHECK(socket.set_ttl(7).has_value());
    CHECK(socket.ttl().value() == 7);
    CHECK(socket.local_addr()->port() == 0);
    CHECK_FALSE(socket.take_error().value().has_value());
    auto six = tcp_socket::new_v6().value();
    CHECK(six.set_only_v6(true).has_value());
    CHECK(six.only_v6().value());
    CHECK(six.set_tos(32).has_value());  // the traffic class
    CHECK(six.tos().value() == 32);
    co_return 0;
  }());
}

TEST_CASE("[NT-17] a socket is bound to a device by name") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto socket = tcp_socket::new_v4().value();
    CHECK_FALSE(socket.device().value().has_value());
    CHECK(socket.bind_device(string(40, 'd')).error().kind() == error_kind::invalid_input);
    CHECK_FALSE(socket.bind_device("no-such-device").has_value());
    if (const auto bound = socket.bind_device("lo"); bound) {
      CHECK(socket.device().value() == "lo");
      CHECK(socket.bind_device("").has_value());
      CHECK_FALSE(socket.device().value().has_value());
    } else {
      CHECK(bound.error().kind() == error_kind::permission_denied);  // an old kernel wants a privilege
    }
    co_return 0;
  }());
}

TEST_CASE("[NT-18] a socket is bound and listens, another is bound and connects") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto server = tcp_socket::new_v4().value();
    CHECK(server.bind(any_port).has_value());
    const auto at = server.local_addr().value();
    CHECK(at.port() != 0);
    auto listener = std::move(server).listen(16).value();
    CHECK(listener.local_addr().value() == at);
    auto client = tcp_socket::new_v4().value();
    CHECK(client.set_nodelay(true).has_value());
    CHECK(client.bind(any_port).has_value());
    const auto from = client.local_addr().value();
    auto near = co_await std::move(client).connect(at);
    CHECK(near.has_value());
    CHECK(near->nodelay().value());
    CHECK(near->local_addr().value() == from);
    auto far = co_await listener.accept();
    CHECK(far->second == from);
    // What an unconnected socket says of itself, that it is hung up, is forgotten.
    auto early = near->readable();
    CHECK_FALSE((co_await once(early)).has_value());
    auto now = co_await near->ready(interest::writable());
    CHECK(now.value() == ready::writable());
    co_return 0;
  }());
}

TEST_CASE("[NT-18] two listeners share a port when both say so, and a taken one is refused") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto first = tcp_socket::new_v4().value();
    CHECK(first.set_reuseport(true).has_value());
    CHECK(first.bind(any_port).has_value());
    const auto at = first.local_addr().value();
    auto listens = std::move(first).listen(4);
    CHECK(listens.has_value());
    auto second = tcp_socket::new_v4().value();
    CHECK(second.bind(at).error().kind() == error_kind::addr_in_use);
    auto third = tcp_socket::new_v4().value();
    CHECK(third.set_reuseport(true).has_value());
    CHECK(third.bind(at).has_value());
    CHECK(std::move(third).listen(4).has_value());
    co_return 0;
  }());
}

TEST_CASE("[NT-18] a refused connection, a foreign family, and a connect that is dropped") {
  test::on_host real;
  real.run([]() -> task<int> {
    const auto closed = tcp_listener::bind_to(any_port)->local_addr().value();
    auto socket = tcp_socket::new_v4().value();
    auto refused = co_await std::move(socket).connect(closed);
    CHECK(refused.error().kind() == error_kind::connection_refused);
    auto six = tcp_socket::new_v6().value();
    CHECK_FALSE(six.bind(any_port).has_value());
    auto open = tcp_listener::bind_to(any_port).value();
    auto dropped = tcp_socket::new_v4().value();
    {
      auto connecting = std::move(dropped).connect(open.local_addr().value());
      (void)co_await once(connecting);
    }
    co_return 0;
  }());
}

TEST_CASE("[NT-18] a socket of another library is taken, and connects") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto listener = tcp_listener::bind_to(any_port).value();
    owned_fd plain(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    auto socket = tcp_socket::from_fd(std::move(plain)).value();
    auto near = co_await std::move(socket).connect(listener.local_addr().value());
    CHECK(near.has_value());
    co_return 0;
  }());
}
