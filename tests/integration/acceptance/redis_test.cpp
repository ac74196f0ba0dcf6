// The redis plugin in a running daemon, with the clients that Debian's redis-tools bring.
#include <doctest/doctest.h>

#include <optional>
#include <sstream>

#include "acceptance/instances.hpp"
#include "acceptance/tcp_client.hpp"
#include "support/daemon_process.hpp"
#include "support/eventually.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

std::string redis_config(const reserved_port& port, int max_clients) {
  return R"({"plugins": {"instances": {"redis": {"plugin": "redis", "config": {"port": )" + port.text() +
         R"(, "max_clients": )" + std::to_string(max_clients) + "}}}}}";
}

// A daemon with one redis.
struct bench {
  explicit bench(int max_clients = 100) : daemon(redis_config(port, max_clients)) {
    auto control = daemon.connect();
    wait_until_runs(control, "redis");
  }

  // redis-cli with these words; `input` is what it reads instead of a terminal.
  finished cli(const std::string& words, const std::string& input = "") const {
    const auto file = daemon.dir().write("input", input);
    return run(daemon.dir(), {"/bin/sh", "-c", "exec redis-cli -p " + port.text() + " " + words + " <" + file});
  }

  reserved_port port;
  daemon_process daemon;
};

}  // namespace

TEST_CASE("redis-cli runs a script of commands: options of SET, wrong arity, wrong type, unknown names") {
  bench b;
  const auto got = b.cli("--no-raw",
                         "PING\nECHO hello\nSET k v EX 100\nTTL k\nSET k w NX\nGET k\nSET k x XX KEEPTTL GET\nTTL k\n"
                         "SET k y EX 0\nSET k y NX XX\nINCR n\nINCR k\nINCRBY n 41\nGET\nSET k\nNOSUCH a b\n"
                         "MSET a 1 b 2\nMGET a b none\nAPPEND a 23\nSTRLEN a\nGETDEL a\nEXISTS a b none\nDEL a b\n"
                         "TYPE k\nPERSIST k\nTTL k\nTTL none\nSELECT 0\nSELECT 1\nHELLO 3\nFLUSHALL\nDBSIZE\n");
  CHECK(got.code == 0);
  CHECK(got.out ==
        "PONG\n\"hello\"\nOK\n(integer) 100\n(nil)\n\"v\"\n\"v\"\n(integer) 100\n"
        "(error) ERR invalid expire time in 'set' command\n(error) ERR syntax error\n(integer) 1\n"
        "(error) ERR value is not an integer or out of range\n(integer) 42\n"
        "(error) ERR wrong number of arguments for 'get' command\n"
        "(error) ERR wrong number of arguments for 'set' command\n"
        "(error) ERR unknown command 'NOSUCH', with args beginning with: 'a' 'b' \n"
        "OK\n1) \"1\"\n2) \"2\"\n3) (nil)\n(integer) 3\n(integer) 3\n\"123\"\n(integer) 1\n(integer) 1\n"
        "string\n(integer) 1\n(integer) -1\n(integer) -2\nOK\n(error) ERR DB index is out of range\n"
        "(error) NOPROTO unsupported protocol version\nOK\n(integer) 0\n");
}

TEST_CASE("a key with an expiry goes by itself, and nobody has to ask for it") {
  bench b;
  CHECK(b.cli("SET brief v PX 50").out == "OK\n");
  eventually("the key is dropped", [&] { return b.cli("DBSIZE").out == "0\n"; });
}

TEST_CASE("redis-cli --pipe sends ten thousand commands without waiting, each is answered") {
  bench b;
  std::string commands;
  for (int i = 0; i < 10'000; ++i) {
    const auto n = std::to_string(i);
    commands += "SET key:" + n + " value:" + n + "\r\n";
  }
  const auto got = b.cli("--pipe", commands);
  CHECK(got.code == 0);
  CHECK(got.out.find("errors: 0, replies: 10000\n") != std::string::npos);
  CHECK(b.cli("DBSIZE").out == "10000\n");
  CHECK(b.cli("GET key:9999").out == "value:9999\n");
}

TEST_CASE("what one client publishes, another that has subscribed receives") {
  bench b;
  process subscriber(b.daemon.dir(), {"/usr/bin/redis-cli", "-p", b.port.text(), "SUBSCRIBE", "news", "other"});
  process by_pattern(b.daemon.dir(), {"/usr/bin/redis-cli", "-p", b.port.text(), "PSUBSCRIBE", "n*s"});
  eventually("both listen", [&] { return b.cli("PUBLISH news first").out == "2\n"; });
  CHECK(b.cli("PUBLISH nothing unheard").out == "0\n");
  eventually("the subscriber prints it",
             [&] { return subscriber.out().find("message\nnews\nfirst\n") != std::string::npos; });
  eventually("the pattern's subscriber prints it",
             [&] { return by_pattern.out().find("pmessage\nn*s\nnews\nfirst\n") != std::string::npos; });
  CHECK(b.daemon.stop() == 0);  // with both still connected
}

TEST_CASE("QUIT is answered and the connection closed; so is one that breaks the protocol") {
  bench b;
  tcp_client polite(b.port.number());
  CHECK(polite.send("PING\r\nQUIT\r\nPING\r\n"));
  CHECK(polite.read_to_end() == "+PONG\r\n+OK\r\n");
  tcp_client rude(b.port.number());
  CHECK(rude.send("*1\r\n+PING\r\n"));
  const auto told = rude.read_to_end();
  REQUIRE(told);
  CHECK(told->starts_with("-ERR Protocol error: expected '$', got '+'"));
  tcp_client browser(b.port.number());
  CHECK(browser.send("GET / HTTP/1.0\r\nHost: x\r\nSET a 1\r\n"));
  CHECK(browser.read_to_end() == "");
}

TEST_CASE("a client beyond max_clients is told so and closed; one that leaves makes room") {
  bench b(2);
  const auto sits = [&](tcp_client& client) {
    return client.send("PING\r\n") && client.read_until("\r\n") == "+PONG\r\n";
  };
  const auto seat = [&] {
    std::optional<tcp_client> client;
    eventually("a seat is free", [&] { return sits(client.emplace(b.port.number())); });
    return std::move(*client);
  };
  const auto first = seat();
  std::optional<tcp_client> second(seat());
  tcp_client third(b.port.number());
  CHECK(third.read_to_end() == "-ERR max number of clients reached\r\n");
  second.reset();
  CHECK(seat().connected());
}

TEST_CASE("redis-benchmark finishes without an error") {
  bench b;
  const auto got = run(b.daemon.dir(), {"/usr/bin/redis-benchmark", "-p", b.port.text(), "-t", "ping,set,get,incr,mset",
                                        "-n", "20000", "-c", "20", "-P", "16", "-q"});
  CHECK(got.code == 0);
  CHECK(got.err.find("rror") == std::string::npos);
  CHECK(got.out.find("rror") == std::string::npos);
  for (const char* const test : {"PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "MSET (10 keys)"})
    CHECK_MESSAGE(got.out.find(std::string(test) + ": ") != std::string::npos, test);
  std::istringstream lines(got.out);
  for (std::string line; std::getline(lines, line);)
    if (!line.empty()) MESSAGE(line.substr(line.rfind('\r') + 1));  // the progress before the return is for terminals
  auto control = b.daemon.connect();
  CHECK(usage_of(control, "redis").at("tasks_panicked") == 0);
}
