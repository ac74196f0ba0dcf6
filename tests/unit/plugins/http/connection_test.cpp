// A connection, polled by hand: keep-alive, pipelining, chunks, limits, timeouts, and its end.
#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>

#include "bench.hpp"
#include "date.hpp"

using namespace http;
using namespace std::chrono_literals;

namespace {

const std::string health = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string post = "POST /echo HTTP/1.1\r\nHost: a\r\n";

settings with(std::size_t pipelined_max, std::uint64_t body_bytes = 1024 * 1024) {
  settings made;
  made.pipelined_max = pipelined_max;
  made.allowed.body_bytes = body_bytes;
  return made;
}

}  // namespace

TEST_CASE("on a script: a request gets its answer, byte for byte, and the end of the client is the end") {
  tokio::test::fake_host host;
  service shared{settings{}};
  add_routes(shared.routes);
  const auto date = "Date: " + date_text(tokio::host.core->wall_ns(tokio::this_thread.instance) / 1'000'000'000);
  channel_over client(tokio::test::scripted_stream(
      tokio::test::script()
          .read("GET /hea")
          .read("lth HTTP/1.1\r\nHost: a\r\n\r\n")
          .write("HTTP/1.1 200 OK\r\nServer: tokiod\r\n" + date +
                 "\r\n"
                 "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\n\r\nok\n")
          .read(health + "HEAD /health HTTP/1.1\r\nHost: a\r\n\r\n")
          .write("HTTP/1.1 200 OK\r\nServer: tokiod\r\n" + date +
                 "\r\n"
                 "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\n\r\nok\n"
                 "HTTP/1.1 200 OK\r\nServer: tokiod\r\n" +
                 date +
                 "\r\n"
                 "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\n\r\n")));
  tokio::test::block_on(converse(shared, client, {}));
}

TEST_CASE("a connection answers as many requests as the client likes, one after the other") {
  bench b;
  for (int i = 0; i < 3; ++i) {
    const auto got = only_answer(b.ask(health));
    CHECK(got.status == 200);
    CHECK(got.body == "ok\n");
    CHECK_FALSE(says(got, "Connection: close"));
  }
  CHECK_FALSE(b.over());
  b.leave();
  CHECK(b.over());
}

TEST_CASE("what is pipelined is answered in order, in one write") {
  bench b;
  const auto heard =
      b.ask(health + post + "Content-Length: 3\r\n\r\nabc" + "GET /none HTTP/1.1\r\nHost: a\r\n\r\n" + health);
  std::string_view rest = heard;
  CHECK(take_answer(rest).body == "ok\n");
  CHECK(take_answer(rest).body == "abc");
  CHECK(take_answer(rest).status == 404);
  CHECK(only_answer(rest).body == "ok\n");
  CHECK(b.channel_.writes == 1);
}

TEST_CASE("answers are sent when as many are gathered as the configuration says") {
  bench b(with(2));
  std::string five;
  for (int i = 0; i < 5; ++i) five += health;
  const auto heard = b.ask(five);
  std::string_view rest = heard;
  for (int i = 0; i < 5; ++i) CHECK(take_answer(rest).status == 200);
  CHECK(rest.empty());
  CHECK(b.channel_.writes == 3);
}

TEST_CASE("a body in chunks comes back in chunks while it arrives") {
  bench b;
  auto heard = b.ask(post + "Content-Type: a/b\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  CHECK(heard.ends_with("\r\n\r\n5\r\nhello\r\n"));
  heard += b.ask("7;x=y\r\n, world\r\n0\r\nTrailer: x\r\n\r\n");
  const auto got = only_answer(heard);
  CHECK(got.body == "hello, world");
  CHECK(says(got, "Content-Type: a/b"));
  CHECK(only_answer(b.ask(health)).status == 200);
}

TEST_CASE("a body with a length comes back with one") {
  bench b;
  auto heard = b.ask(post + "Content-Length: 10\r\n\r\n01234");
  heard += b.ask("56789");
  CHECK(says(only_answer(heard), "Content-Length: 10"));
  CHECK(only_answer(b.ask(post + "Content-Length: 0\r\n\r\n")).body.empty());
}

TEST_CASE("who waits for a word before the body gets it") {
  bench b;
  CHECK(b.ask(post + "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(only_answer(b.ask("ab")).body == "ab");
  CHECK(only_answer(b.ask(post + "Content-Length: 2\r\nExpect: 100-continue\r\n\r\ncd")).body == "cd");  // did not wait
  CHECK(only_answer(b.ask(post + "Content-Length: 2\r\nExpect: more\r\n\r\n")).status == 417);
}

TEST_CASE("an answer whose length nobody knows goes out in chunks, and to HTTP/1.0 until the connection ends") {
  bench b;
  std::string wanted;
  for (int i = 1; i <= 20'000; ++i) wanted += std::to_string(i) + "\n";
  CHECK(only_answer(b.ask("GET /count/20000 HTTP/1.1\r\nHost: a\r\n\r\n")).body == wanted);
  const auto head = only_answer(b.ask("HEAD /count/20000 HTTP/1.1\r\nHost: a\r\n\r\n"), true);
  CHECK(says(head, "Transfer-Encoding: chunked"));
  CHECK(only_answer(b.ask("GET /count/x HTTP/1.1\r\nHost: a\r\n\r\n")).status == 400);
  const auto old = b.ask("GET /count/3 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(old.ends_with("Connection: close\r\n\r\n1\n2\n3\n"));
  CHECK(old.find("chunked") == std::string::npos);
  CHECK(b.closed);
}

TEST_CASE("who wants the connection to end gets the whole answer, whatever it still sends") {
  for (const char* const bytes :
       {"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET /health HTTP/1.0\r\n\r\n"}) {
    bench b;
    const auto got = only_answer(b.ask(bytes));
    CHECK(got.body == "ok\n");
    CHECK(says(got, "Connection: close"));
    CHECK(b.closed);
    CHECK_FALSE(b.over());  // it still reads: a reset would take the answer with it
    b.say("\r\n");
    b.leave();
    CHECK(b.over());
  }
}

TEST_CASE("HTTP/1.0 ends with its answer, unless it asks to stay") {
  bench b;
  CHECK(says(only_answer(b.ask("GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")), "Connection: keep-alive"));
  CHECK(says(only_answer(b.ask("GET /health HTTP/1.0\r\n\r\n")), "Connection: close"));
  CHECK(b.closed);
  bench old;  // does not know what it expects
  CHECK(only_answer(old.ask("GET /health HTTP/1.0\r\nExpect: more\r\n\r\n")).status == 200);
}

TEST_CASE("what cannot be answered is said, with the connection kept where that is safe") {
  bench b;
  CHECK(only_answer(b.ask("GET /none HTTP/1.1\r\nHost: a\r\n\r\n")).status == 404);
  const auto not_allowed = only_answer(b.ask("DELETE /echo HTTP/1.1\r\nHost: a\r\n\r\n"));
  CHECK(not_allowed.status == 405);
  CHECK(says(not_allowed, "Allow: POST"));
  CHECK(only_answer(b.ask("BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n")).status == 501);
  CHECK(b.closed);
  bench other;
  CHECK(only_answer(other.ask("GET /../etc HTTP/1.1\r\nHost: a\r\n\r\n")).status == 400);
}

TEST_CASE("an OPTIONS for the whole server is answered, whatever is served, and a star is no path for anything else") {
  bench b;
  const auto whole = only_answer(b.ask("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"));
  CHECK(whole.status == 204);
  CHECK(whole.body.empty());
  CHECK_FALSE(says(whole, "Connection: close"));
  CHECK(only_answer(b.ask(health)).status == 200);
  CHECK(only_answer(b.ask("GET * HTTP/1.1\r\nHost: a\r\n\r\n")).status == 400);
}

TEST_CASE("a request that could be two is refused, and what follows is not taken for another one") {
  bench b;
  const auto got =
      only_answer(b.ask(post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + health));
  CHECK(got.status == 400);
  CHECK(says(got, "Connection: close"));
  CHECK(b.closed);
}

TEST_CASE("a body that is too large is refused with an answer that arrives, and what still comes is read") {
  bench b(with(16, 4));
  const auto got = only_answer(b.ask(post + "Content-Length: 5\r\n\r\n"));
  CHECK(got.status == 413);
  CHECK(b.closed);
  CHECK_FALSE(b.over());
  b.say("12345");  // it is read, so that no reset takes the answer with it
  b.leave();
  CHECK(b.over());
  bench chunks(with(16, 4));
  CHECK(only_answer(chunks.ask(post + "Transfer-Encoding: chunked\r\n\r\n5\r\n12345")).status == 413);
}

TEST_CASE("a body that outgrows the limit after its answer has begun cuts the answer off") {
  bench b(with(16, 4));
  const auto heard = b.ask(post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n") + b.ask("3\r\ndef\r\n");
  CHECK(heard.ends_with("3\r\nabc\r\n"));
  CHECK(b.closed);
}

TEST_CASE("a body that nobody wants is passed over when it is there, and ends the connection when it is not") {
  bench b;
  CHECK(only_answer(b.ask("POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")).status == 404);
  CHECK(only_answer(b.ask(health)).status == 200);
  const auto got = only_answer(b.ask("POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"));
  CHECK(says(got, "Connection: close"));
  CHECK(b.closed);
}

TEST_CASE("a head, a body and a pause each have their time") {
  bench slow_head;
  slow_head.say("GET / HTTP/1.1\r\n");
  slow_head.clock.advance(9s);
  slow_head.say("Host: a\r\n");  // no more time for that
  slow_head.clock.advance(999ms);
  CHECK(slow_head.hear().empty());
  slow_head.clock.advance(2ms);
  CHECK(only_answer(slow_head.hear()).status == 408);
  CHECK(slow_head.closed);

  bench slow_body;
  slow_body.say(post + "Content-Length: 5\r\n\r\n");
  slow_body.clock.advance(29s);
  CHECK(slow_body.hear().empty());
  slow_body.clock.advance(2s);
  CHECK(only_answer(slow_body.hear()).status == 408);

  bench idle;
  CHECK(only_answer(idle.ask(health)).status == 200);
  idle.clock.advance(59s);
  CHECK(only_answer(idle.ask(health)).status == 200);
  idle.clock.advance(61s);
  CHECK(idle.hear().empty());
  CHECK(idle.over());

  bench late;  // the first request's time begins with the connection
  late.host.run_until_stalled();
  late.clock.advance(9s);
  late.say("GET / HTTP/1.1\r\n");
  late.clock.advance(2s);
  CHECK(only_answer(late.hear()).status == 408);

  bench blank;  // an empty line is the begin of something
  CHECK(only_answer(blank.ask(health)).status == 200);
  blank.say("\r\n");
  blank.clock.advance(11s);
  CHECK(only_answer(blank.hear()).status == 408);

  bench silent;
  silent.host.run_until_stalled();
  silent.clock.advance(11s);
  CHECK(silent.hear().empty());
  CHECK(silent.over());
}

TEST_CASE("a client that does not read is let go") {
  bench b({}, 1024);
  b.say("GET /count/20000 HTTP/1.1\r\nHost: a\r\n\r\n");
  b.clock.advance(29s);
  CHECK_FALSE(b.over());
  b.clock.advance(2s);
  CHECK(b.over());
}

TEST_CASE("a client that reads slowly is served as long as it reads") {
  bench b({}, 1024);
  b.say("GET /count/20000 HTTP/1.1\r\nHost: a\r\n\r\n");
  for (int i = 0; i < 5; ++i) {
    b.clock.advance(20s);
    char chunk[512];
    tokio::test::hand_poll read(b.client->read(tokio::io::byte_span(chunk, sizeof chunk)));
    CHECK(read.poll().is_ready());
    b.host.run_until_stalled();
  }
  CHECK_FALSE(b.over());
}

TEST_CASE("a client that does not end is not waited for longer than a moment") {
  bench b(with(16, 4));
  CHECK(only_answer(b.ask(post + "Content-Length: 5\r\n\r\n")).status == 413);
  b.clock.advance(3s);
  CHECK(b.over());
}

TEST_CASE("a stop ends a connection that is idle at once, and one that is busy with its answer") {
  bench idle;
  CHECK(only_answer(idle.ask(health)).status == 200);
  idle.stop.cancel();
  CHECK(idle.hear().empty());
  CHECK(idle.over());

  bench busy;
  busy.say(post + "Content-Length: 2\r\n\r\n");
  busy.stop.cancel();
  CHECK(busy.hear().empty());
  CHECK_FALSE(busy.closed);
  const auto got = only_answer(busy.ask("ab" + health));
  CHECK(got.body == "ab");
  CHECK(says(got, "Connection: close"));
  CHECK(busy.closed);
}

TEST_CASE("a stop lets a head that has begun come to its end") {
  bench b;
  b.say("GET /health HT");
  b.stop.cancel();
  CHECK(b.hear().empty());
  CHECK_FALSE(b.closed);
  const auto got = only_answer(b.ask("TP/1.1\r\nHost: a\r\n\r\n"));
  CHECK(got.status == 200);
  CHECK(says(got, "Connection: close"));
}

TEST_CASE("a stop while an answer goes out ends the connection behind it, whatever was pipelined") {
  bench b;
  auto heard = b.ask(post + "Content-Length: 4\r\n\r\nab");
  b.stop.cancel();
  heard += b.ask("cd" + health);
  CHECK(only_answer(heard).body == "abcd");
  CHECK(b.closed);
}

TEST_CASE("who does not finish in the time to drain is cut off") {
  bench b;
  b.say(post + "Content-Length: 2\r\n\r\n");
  b.stop.cancel();
  b.host.run_until_stalled();
  b.clock.advance(4s);
  CHECK_FALSE(b.over());
  b.clock.advance(2s);
  CHECK(b.over());
}

TEST_CASE("a handler that throws, or says nothing, gives a 500; half an answer is cut off") {
  bench b;
  b.shared.routes.add(method::get, "/throws", [](exchange&) -> tokio::task<> {
    throw std::runtime_error("on purpose");
    co_return;
  });
  b.shared.routes.add(method::get, "/throws_one", [](exchange&) -> tokio::task<> {
    throw 1;
    co_return;
  });
  b.shared.routes.add(method::get, "/silent", [](exchange&) -> tokio::task<> { co_return; });
  b.shared.routes.add(method::get, "/half", [](exchange& to) -> tokio::task<> {
    to.begin(200, "a/b", 10);
    (void)co_await to.send("12345");
    to.end();
  });
  CHECK(only_answer(b.ask("GET /throws HTTP/1.1\r\nHost: a\r\n\r\n")).status == 500);
  CHECK(only_answer(b.ask("GET /throws_one HTTP/1.1\r\nHost: a\r\n\r\n")).status == 500);
  CHECK(only_answer(b.ask("GET /silent HTTP/1.1\r\nHost: a\r\n\r\n")).status == 500);
  const auto heard = b.ask(health + "GET /half HTTP/1.1\r\nHost: a\r\n\r\n" + health);
  std::string_view rest = heard;
  CHECK(take_answer(rest).body == "ok\n");
  CHECK(rest.ends_with("Content-Length: 10\r\n\r\n12345"));
  CHECK(b.closed);
}

TEST_CASE("a handler that answers before it reads is told that the body is lost, and never gets a part of it") {
  bench b;
  bool lost = false;
  b.shared.routes.add(method::post, "/early", [&lost](exchange& to) -> tokio::task<> {
    to.begin(200, "a/b", std::nullopt);
    const auto part = co_await to.read();
    lost = part.lost;
    (void)co_await to.send(part.bytes);
    to.end();
  });
  const auto got = only_answer(b.ask("POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"));
  CHECK(got.body.empty());
  CHECK(lost);
  CHECK(only_answer(b.ask(health)).status == 200);
}

TEST_CASE("an answer without a body has none, nor has one to HEAD that expected to send something") {
  bench b;
  b.shared.routes.add(method::get, "/nothing", [](exchange& to) -> tokio::task<> {
    to.answer(204, "", "not sent");
    co_return;
  });
  const auto got = only_answer(b.ask("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n"), true);
  CHECK(got.status == 204);
  CHECK(got.head.find("Content-Length") == std::string::npos);
  const auto head = "HEAD /health HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
  CHECK(says(only_answer(b.ask(head), true), "Connection: close"));
}

TEST_CASE("a handler can send what it has so far") {
  bench b;
  b.shared.routes.add(method::get, "/slow", [](exchange& to) -> tokio::task<> {
    to.begin(200, "a/b", std::nullopt);
    (void)co_await to.send("first");
    (void)co_await to.flush();
    co_await tokio::time::sleep(1s);
    (void)co_await to.send("second");
    to.end();
  });
  auto heard = b.ask("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(heard.ends_with("5\r\nfirst\r\n"));
  b.clock.advance(1s);
  heard += b.hear();
  CHECK(only_answer(heard).body == "firstsecond");
}

TEST_CASE(
    "much at once goes out behind what was gathered, with a length and in chunks, and never more than was promised") {
  bench b;
  const std::string much(200'000, 'x');
  const auto send_much = [&much](std::optional<std::uint64_t> length) {
    return [&much, length](exchange& to) -> tokio::task<> {
      to.begin(200, "a/b", length);
      (void)co_await to.send("first");
      (void)co_await to.send(much);
      (void)co_await to.send("last");
      to.end();
    };
  };
  b.shared.routes.add(method::get, "/sized", send_much(much.size() + 9));
  b.shared.routes.add(method::get, "/chunked", send_much(std::nullopt));
  b.shared.routes.add(method::get, "/short", send_much(much.size() + 5));
  for (const char* const path : {"/sized", "/chunked"})
    CHECK(only_answer(b.ask("GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n")).body ==
          "first" + much + "last");
  CHECK(only_answer(b.ask("GET /short HTTP/1.1\r\nHost: a\r\n\r\n")).body == "first" + much);
  CHECK(only_answer(b.ask("HEAD /sized HTTP/1.1\r\nHost: a\r\n\r\n"), true).status == 200);
}
