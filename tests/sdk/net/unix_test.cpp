// Unix listeners and streams on a real host: rows NX-01 to NX-04.
#include "tokio/net/unix_listener.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <string>

#include "on_host.hpp"
#include "support/temp_dir.hpp"
#include "tokio/io.hpp"
#include "tokio/net.hpp"
#include "tokio/stream/of_io.hpp"

namespace {

using namespace tokio;
using namespace tokio::net;
using std::string;

task<string> ask(unix_stream stream, string question) {
  (void)co_await stream.write_all(question);
  (void)co_await stream.shutdown();
  string answer;
  (void)co_await stream.read_to_string(answer);
  co_return answer;
}
task<> echo_once(unix_stream stream) {
  string heard;
  (void)co_await stream.read_to_string(heard);
  (void)co_await stream.write_all(heard);
}

}  // namespace

TEST_CASE("[NX-01] a listener on a path serves, leaves its file, and refuses a path that is taken") {
  tokiod::test::temp_dir dir;
  const string path = dir / "a.sock";
  test::on_host real;
  real.run([](string at) -> task<int> {
    auto listener = unix_listener::bind(at);
    CHECK(listener.has_value());
    CHECK(listener->local_addr()->as_pathname() == at);
    CHECK(unix_listener::bind(at).error().kind() == error_kind::addr_in_use);
    auto client = co_await unix_stream::connect(at);
    auto accepted = co_await listener->accept();
    CHECK(accepted->second.is_unnamed());
    auto serving = spawn(echo_once(std::move(accepted->first)));
    auto answer = co_await ask(std::move(client.value()), "hello");
    CHECK(answer == "hello");
    (void)co_await serving;
    co_return 0;
  }(path));
  CHECK(::access(path.c_str(), F_OK) == 0);
}

TEST_CASE("[NX-01] an abstract name needs no file") {
  test::on_host real;
  real.run([]() -> task<int> {
    const auto name = unix_address::from_abstract_name("tokiod-test-" + std::to_string(::getpid())).value();
    auto listener = unix_listener::bind_addr(name).value();
    CHECK(listener.local_addr().value() == name);
    auto client = co_await unix_stream::connect_addr(name);
    CHECK(client->peer_addr().value() == name);
    co_return 0;
  }());
}

TEST_CASE("[NX-02] connecting to a path that is not there, or is too long, is an error") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto none = co_await unix_stream::connect("/nonexistent/socket");
    CHECK(none.error().kind() == error_kind::not_found);
    const string long_path(200, 'x');
    auto invalid = co_await unix_stream::connect(long_path);
    CHECK(invalid.error().kind() == error_kind::invalid_input);
    co_return 0;
  }());
}

TEST_CASE("[NX-02] a pair is connected both ways, and its halves are those of any stream") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto pair = unix_stream::pair();
    auto halves = std::move(pair->first).into_split();
    (void)co_await halves.second.write_all("x");
    std::array<char, 2> room;
    auto got = co_await pair->second.read(room);
    CHECK(got.value() == 1);
    {
      auto gone = std::move(halves.second);
    }
    auto end = co_await pair->second.read(room);
    CHECK(end.value() == 0);
    co_return 0;
  }());
}

TEST_CASE("[NX-03] halves that borrow work both ways, and name their stream") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto pair = unix_stream::pair().value();
    auto [reader, writer] = pair.first.split();
    CHECK(&reader.stream() == &pair.first);
    auto sent = co_await writer.write_all("ab");
    CHECK(sent.has_value());
    std::array<char, 2> room;
    auto heard = co_await pair.second.read_exact(room);
    CHECK(heard.has_value());
    auto back = co_await pair.second.write_all("cd");
    CHECK(back.has_value());
    auto seen = co_await reader.peek(room);
    CHECK(seen.value() == 2);
    auto got = co_await reader.read_exact(room);
    CHECK(got.has_value());
    CHECK(string(room.data(), 2) == "cd");
    auto ended = co_await writer.shutdown();
    CHECK(ended.has_value());
    auto end = co_await pair.second.read(room);
    CHECK(end.value() == 0);
    co_return 0;
  }());
}

TEST_CASE(
    "[NX-03] owned halves: a write half that is dropped ends its direction only, one that is forgotten does not") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto pair = unix_stream::pair().value();
    std::array<char, 4> room;
    {
      auto [reader, writer] = std::move(pair.first).into_split();
      {
        const auto gone = std::move(writer);
      }
      auto end = co_await pair.second.read(room);
      CHECK(end.value() == 0);
      auto sent = co_await pair.second.write_all("on");
      CHECK(sent.has_value());
      auto got = co_await reader.read(room);
      CHECK(got.value() == 2);
    }
    auto other = unix_stream::pair().value();
    auto [reader, writer] = std::move(other.first).into_split();
    std::move(writer).forget();
    auto waits = other.second.read(io::byte_span(room));
    CHECK_FALSE((co_await test::once(waits)).has_value());
    {
      const auto gone = std::move(reader);
    }
    CHECK((co_await waits).value() == 0);
    co_return 0;
  }());
}

TEST_CASE("[NX-03] halves of one stream become it again, those of two come back") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto one = unix_stream::pair().value();
    auto two = unix_stream::pair().value();
    auto halves = std::move(one.first).into_split();
    auto others = std::move(two.first).into_split();
    auto wrong = std::move(halves.first).reunite(std::move(others.second));
    REQUIRE_FALSE(wrong.has_value());
    auto whole = std::move(wrong.error().reader).reunite(std::move(halves.second));
    REQUIRE(whole.has_value());
    auto sent = co_await whole->write_all("still");
    CHECK(sent.has_value());
    std::array<char, 5> room;
    auto got = co_await one.second.read_exact(room);
    CHECK(got.has_value());
    auto kept = co_await wrong.error().writer.write_all("open");
    CHECK(kept.has_value());
    co_return 0;
  }());
}

TEST_CASE("[NX-04] the peer's credentials are this process's own") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto pair = unix_stream::pair();
    const auto who = pair->first.peer_cred().value();
    CHECK(who.uid == ::getuid());
    CHECK(who.gid == ::getgid());
    CHECK(who.pid == ::getpid());
    co_return 0;
  }());
}

TEST_CASE("[ST-11] a listener on a path as a stream gives connections") {
  tokiod::test::temp_dir dir;
  test::on_host real;
  real.run([](string at) -> task<int> {
    auto connections = stream::of(unix_listener::bind(at).value());
    auto near = co_await unix_stream::connect(at);
    CHECK(near.has_value());
    auto far = co_await connections.next();
    REQUIRE(far);
    CHECK(far->has_value());
    co_return 0;
  }(dir / "a.sock"));
}
