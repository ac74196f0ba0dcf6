// TCP over loopback on a real host: rows NT-01 to NT-18.
#include "tokio/net/tcp_stream.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "on_host.hpp"
#include "tokio/io.hpp"
#include "tokio/net.hpp"
#include "tokio/stream/of_io.hpp"
#include "tokio/sync/oneshot.hpp"
#include "tokio/time.hpp"

namespace {

using namespace tokio;
using namespace tokio::net;
using std::string;

struct connected {
  tcp_stream near, far;
};
task<connected> connect_pair() {
  auto listener = tcp_listener::bind_to({ip_address::loopback_v4(), 0}).value();
  auto near = co_await tcp_stream::connect(listener.local_addr().value());
  auto far = co_await listener.accept();
  co_return connected{std::move(near.value()), std::move(far.value().first)};
}

// The text of a failed result, so that a test that fails says why.
template <class T>
string why(const result<T>& outcome) {
  return outcome ? string("ok") : string(outcome.error().message());
}

}  // namespace

TEST_CASE("[NT-02] a listener on port 0 says which port it got") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto listener = co_await tcp_listener::bind("127.0.0.1:0");
    CHECK(listener->local_addr()->port() != 0);
    CHECK(listener->set_ttl(33).has_value());
    CHECK(listener->ttl().value() == 33);
    co_return 0;
  }());
}

TEST_CASE("[NT-02] binding a port that is in use says so, and of several addresses the first that works is taken") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto first = co_await tcp_listener::bind("127.0.0.1:0");
    const auto taken = first->local_addr().value();
    auto second = co_await tcp_listener::bind(taken);
    CHECK(second.error().kind() == error_kind::addr_in_use);
    std::vector<socket_address> choice{taken, socket_address(ip_address::loopback_v4(), 0)};
    auto third = co_await tcp_listener::bind(choice);
    CHECK(why(third) == "ok");
    co_return 0;
  }());
}

TEST_CASE("[NT-03] accept gives the stream and the peer's address, and can be cancelled") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto listener = tcp_listener::bind_to({ip_address::loopback_v4(), 0}).value();
    auto nobody = co_await time::timeout(std::chrono::milliseconds(1), listener.accept());
    CHECK_FALSE(nobody.has_value());
    auto client = co_await tcp_stream::connect(listener.local_addr().value());
    auto accepted = co_await listener.accept();
    CHECK(accepted->second == client->local_addr().value());
    CHECK(accepted->first.peer_addr().value() == client->local_addr().value());
    co_return 0;
  }());
}

TEST_CASE("[NT-05] connecting to a closed port is refused; a later address of a list is tried") {
  test::on_host real;
  real.run([]() -> task<int> {
    socket_address closed;
    {
      auto listener = tcp_listener::bind_to({ip_address::loopback_v4(), 0}).value();
      closed = listener.local_addr().value();
    }
    auto refused = co_await tcp_stream::connect(closed);
    CHECK(refused.error().kind() == error_kind::connection_refused);
    auto open = tcp_listener::bind_to({ip_address::loopback_v4(), 0}).value();
    std::vector<socket_address> both{closed, open.local_addr().value()};
    auto second = co_await tcp_stream::connect(both);
    CHECK(why(second) == "ok");
    co_return 0;
  }());
}

TEST_CASE("[NT-01] a name is looked up on the host") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto found = co_await lookup_host("localhost:80");
    CHECK(why(found) == "ok");
    if (found) CHECK(found->front().ip().is_loopback());
    auto none = co_await lookup_host(std::string(64, 'a') + ".invalid:80");  // a label has 63: nobody else is asked
    CHECK_FALSE(none.has_value());
    co_return 0;
  }());
}

TEST_CASE("[NT-06] bytes pass both ways; shutdown ends one direction") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto pair = co_await connect_pair();
    auto sent = co_await pair.near.write_all("ping");
    CHECK(why(sent) == "ok");
    std::array<char, 4> room;
    auto got = co_await pair.far.read_exact(room);
    CHECK(why(got) == "ok");
    CHECK(string(room.data(), 4) == "ping");
    auto ended = co_await pair.near.shutdown();
    CHECK(why(ended) == "ok");
    auto end = co_await pair.far.read(room);
    CHECK(end.value() == 0);
    auto back = co_await pair.far.write_all("pong");
    CHECK(why(back) == "ok");
    auto answered = co_await pair.near.read_exact(room);
    CHECK(why(answered) == "ok");
    co_return 0;
  }());
}

TEST_CASE("[NT-06] a megabyte passes through, with vectored writes and reads") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto pair = co_await connect_pair();
    const string large(1 << 20, 'x');
    auto reading = spawn(
        [](tcp_stream from) -> task<std::size_t> {
          string all;
          auto n = co_await from.read_to_end(all);
          co_return n.value();
        },
        std::move(pair.far));
    const std::array<io::byte_view, 2> head{"ab", "cd"};
    auto first = co_await pair.near.write_vectored(head);
    CHECK(first.value() == 4);
    auto rest = co_await pair.near.write_all(large);
    CHECK(why(rest) == "ok");
    auto ended = co_await pair.near.shutdown();
    CHECK(why(ended) == "ok");
    auto total = co_await reading;
    CHECK(total.value() == large.size() + 4);
    co_return 0;
  }());
}

TEST_CASE("[NT-07] peek leaves the bytes where they are") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto pair = co_await connect_pair();
    (void)co_await pair.near.write_all("abc");
    std::array<char, 8> room;
    auto seen = co_await pair.far.peek(room);
    CHECK(seen.value() == 3);
    auto again = co_await pair.far.read(room);
    CHECK(again.value() == 3);
    co_return 0;
  }());
}

TEST_CASE("[NT-08] readiness can be waited for, and tells what is") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto pair = co_await connect_pair();
    auto writable = co_await pair.near.writable();
    CHECK(why(writable) == "ok");
    auto nothing = co_await time::timeout(std::chrono::milliseconds(1), pair.far.readable());
    CHECK_FALSE(nothing.has_value());
    (void)co_await pair.near.write_all("x");
    auto now = co_await pair.far.ready(interest::readable());
    CHECK(now->is_readable());
    {
      auto gone = std::move(pair.near);
    }
    std::array<char, 8> room;
    (void)co_await pair.far.read(room);
    auto end = co_await pair.far.read(room);
    CHECK(end.value() == 0);
    co_return 0;
  }());
}

TEST_CASE("[NT-10] the try forms never wait") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto pair = co_await connect_pair();
    std::array<char, 8> room;
    CHECK(pair.far.try_read(room).error().kind() == error_kind::would_block);
    auto writable = co_await pair.near.writable();
    CHECK(why(writable) == "ok");
    CHECK(pair.near.try_write("abc").value() == 3);
    while (true) {
      auto readable = co_await pair.far.readable();
      CHECK(why(readable) == "ok");
      auto got = pair.far.try_read(room);
      if (got) {
        CHECK(*got == 3);
        break;
      }
      CHECK(got.error().kind() == error_kind::would_block);
    }
    const string large(1 << 16, 'x');
    auto written = pair.near.try_write(large);
    while (written) written = pair.near.try_write(large);
    CHECK(written.error().kind() == error_kind::would_block);
    co_return 0;
  }());
}

TEST_CASE("[NT-12] options are set and read back") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto pair = co_await connect_pair();
    auto& stream = pair.near;
    CHECK(stream.set_nodelay(true).has_value());
    CHECK(stream.nodelay().value());
    CHECK(stream.set_nodelay(false).has_value());
    CHECK_FALSE(stream.nodelay().value());
    CHECK(stream.set_keepalive(77).has_value());
    CHECK(stream.keepalive().value() == 77);
    CHECK(stream.set_ttl(42).has_value());
    CHECK(stream.ttl().value() == 42);
    CHECK(stream.set_linger(2000).has_value());
    CHECK(stream.linger().value() == 2000);
    CHECK(stream.set_linger(std::nullopt).has_value());
    CHECK_FALSE(stream.linger().value().has_value());
    CHECK(stream.set_quickack(true).has_value());
    CHECK(stream.set_recv_buffer_size(100'000).has_value());
    CHECK(stream.recv_buffer_size().value() >= 100'000);
    CHECK_FALSE(stream.take_error().value().has_value());
    co_return 0;
  }());
}

TEST_CASE("[NT-12] a zero linger resets the connection on close") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto pair = co_await connect_pair();
    CHECK(pair.near.set_zero_linger().has_value());
    {
      auto gone = std::move(pair.near);
    }
    std::array<char, 8> room;
    auto reset = co_await pair.far.read(room);
    CHECK(reset.error().kind() == error_kind::connection_reset);
    auto after = co_await pair.far.shutdown();
    CHECK(why(after) == "ok");
    co_return 0;
  }());
}

TEST_CASE("[NT-13] shutdown may be repeated") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto pair = co_await connect_pair();
    auto first = co_await pair.near.shutdown();
    auto second = co_await pair.near.shutdown();
    CHECK(why(first) == "ok");
    CHECK(why(second) == "ok");
    auto failed = co_await pair.near.write("x");
    CHECK(failed.error().kind() == error_kind::broken_pipe);
    co_return 0;
  }());
}

TEST_CASE("[NT-14] borrowed halves work at the same time") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto pair = co_await connect_pair();
    auto [reader, writer] = pair.near.split();
    std::array<char, 4> room;
    auto sent = co_await writer.write_all("ping");
    CHECK(why(sent) == "ok");
    (void)co_await pair.far.read_exact(room);
    (void)co_await pair.far.write_all("pong");
    auto got = co_await reader.read_exact(room);
    CHECK(why(got) == "ok");
    CHECK(string(room.data(), 4) == "pong");
    co_return 0;
  }());
}

TEST_CASE("[NT-14] owned halves go to two tasks; the write half's end is the stream's end for the peer") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto pair = co_await connect_pair();
    auto halves = std::move(pair.near).into_split();
    auto reading = spawn(
        [](owned_read_half<tcp_stream> from) -> task<string> {
          string all;
          (void)co_await from.read_to_string(all);
          co_return all;
        },
        std::move(halves.first));
    auto writing = spawn(
        [](owned_write_half<tcp_stream> to) -> task<bool> {
          auto sent = co_await to.write_all("from near");
          co_return sent.has_value();
        },
        std::move(halves.second));
    string heard;
    (void)co_await pair.far.read_to_string(heard);
    CHECK(heard == "from near");
    (void)co_await pair.far.write_all("from far");
    (void)co_await pair.far.shutdown();
    auto sent = co_await writing;
    CHECK(sent.value());
    auto all = co_await reading;
    CHECK(all.value() == "from far");
    co_return 0;
  }());
}

TEST_CASE("[NT-14] reunite gives the stream back, or both halves when they are of two streams; forget ends nothing") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto one = co_await connect_pair();
    auto two = co_await connect_pair();
    auto a = std::move(one.near).into_split();
    auto b = std::move(two.near).into_split();
    auto wrong = std::move(a.first).reunite(std::move(b.second));
    CHECK_FALSE(wrong.has_value());
    auto right = std::move(wrong.error().reader).reunite(std::move(a.second));
    CHECK(right.has_value());
    auto sent = co_await right->write_all("x");
    CHECK(why(sent) == "ok");
    std::move(wrong.error().writer).forget();
    std::array<char, 1> room;
    auto silent = co_await time::timeout(std::chrono::milliseconds(1), two.far.read(room));
    CHECK_FALSE(silent.has_value());
    co_return 0;
  }());
}

TEST_CASE("[NT-16] a tcp_socket carries options into listeners and connections") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto server = tcp_socket::new_v4().value();
    CHECK(server.set_reuseaddr(true).has_value());
    CHECK(server.bind({ip_address::loopback_v4(), 0}).has_value());
    auto listener = std::move(server).listen(16).value();
    auto client = tcp_socket::new_v4().value();
    CHECK(client.set_nodelay(true).has_value());
    CHECK(client.set_ttl(9).has_value());
    auto stream = co_await std::move(client).connect(listener.local_addr().value());
    CHECK(stream->nodelay().value());
    CHECK(stream->ttl().value() == 9);
    co_return 0;
  }());
}

TEST_CASE("[IO-13] an echo server of lines serves several clients") {
  test::on_host real;
  const int served = real.run([]() -> task<int> {
    auto listener = tcp_listener::bind_to({ip_address::loopback_v4(), 0}).value();
    const auto at = listener.local_addr().value();
    auto server = spawn(
        [](tcp_listener from) -> task<> {
          while (true) {
            auto accepted = co_await from.accept();
            if (!accepted) co_return;
            spawn(
                [](tcp_stream stream) -> task<> {
                  auto [reader, writer] = stream.split();
                  io::lines lines{io::buf_reader(std::move(reader))};
                  while (true) {
                    auto line = co_await lines.next_line();
                    if (!line || !*line) co_return;
                    auto answer = **line + "\n";
                    auto sent = co_await writer.write_all(answer);
                    if (!sent) co_return;
                  }
                },
                std::move(accepted->first))
                .detach();
          }
        },
        std::move(listener));
    int right = 0;
    for (int client = 0; client < 20; ++client) {
      auto stream = co_await tcp_stream::connect(at);
      io::buf_reader reader(std::move(stream.value()));
      const auto text = "line " + std::to_string(client) + "\n";
      (void)co_await reader.write_all(text);
      string back;
      (void)co_await reader.read_line(back);
      right += back == text;
    }
    server.abort();
    auto ended = co_await server;
    CHECK(ended.error().is_cancelled());
    co_return right;
  }());
  CHECK(served == 20);
}

TEST_CASE("[ST-11] a TCP listener as a stream gives connections") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto connections = stream::of(tcp_listener::bind_to({ip_address::loopback_v4(), 0}).value());
    const auto here = connections.get().local_addr().value();
    for (int i = 0; i < 3; ++i) {
      auto near = co_await tcp_stream::connect(here);
      auto far = co_await connections.try_next();
      REQUIRE(far);
      REQUIRE(*far);
      CHECK((*far)->peer_addr().value() == near.value().local_addr().value());
    }
    auto listener = std::move(connections).into_inner();
    CHECK(listener.local_addr().value() == here);
    co_return 0;
  }());
}

TEST_CASE(
    "[NT-03] [NT-07] [NT-08] an accept, a peek and a wait for readiness that are dropped at any poll take nothing") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto listener = tcp_listener::bind_to({ip_address::loopback_v4(), 0}).value();
    for (int polls = 1; polls < 4; ++polls) {
      auto dropped = listener.accept();
      for (int i = 0; i < polls; ++i) CHECK_FALSE((co_await test::once(dropped)).has_value());
    }
    auto near = co_await tcp_stream::connect(listener.local_addr().value());
    auto accepted = co_await listener.accept();
    auto far = std::move(accepted->first);
    std::array<char, 8> room;
    for (int polls = 1; polls < 4; ++polls) {
      auto peeks = far.peek(room);
      auto waits = far.readable();
      auto reads = far.read(room);
      for (int i = 0; i < polls; ++i) {
        CHECK_FALSE((co_await test::once(peeks)).has_value());
        CHECK_FALSE((co_await test::once(waits)).has_value());
        CHECK_FALSE((co_await test::once(reads)).has_value());
      }
    }
    CHECK((co_await near->write_all("kept")).has_value());
    CHECK((co_await far.readable()).has_value());
    CHECK(co_await far.peek(room) == 4u);
    CHECK(co_await far.read(room) == 4u);
    co_return 0;
  }());
}
