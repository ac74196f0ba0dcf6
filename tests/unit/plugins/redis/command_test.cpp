#include <cstdlib>

#include "command/table.hpp"

#include <doctest/doctest.h>

#include "frame.hpp"

using namespace redis;

namespace {

struct inbox : subscriber {
  void push(message bytes) override { got += *bytes; }
  std::string got;
};

// A server, a connection, and a clock that the test moves.
struct bench {
  bench() { client.listener = &box; }

  std::string operator()(std::string line) {
    std::string out;
    line += "\r\n";
    request_parser parser;
    REQUIRE(parser.next(line) == parse_result::request);
    call one{server, client, parser.args(), now, reply(out)};
    execute(one);
    return out;
  }

  shared server;
  session client;
  inbox box;
  unix_ms now = 1'000'000;
};

}  // namespace

TEST_CASE("strings are set, read, removed and counted") {
  bench run;
  CHECK(run("get a") == "$-1\r\n");
  CHECK(run("set a 1") == "+OK\r\n");
  CHECK(run("GET a") == "$1\r\n1\r\n");
  CHECK(run("append a 23") == ":3\r\n");
  CHECK(run("strlen a") == ":3\r\n");
  CHECK(run("getdel a") == "$3\r\n123\r\n");
  CHECK(run("exists a") == ":0\r\n");
  CHECK(run("mset a 1 b 2 c 3") == "+OK\r\n");
  CHECK(run("mget a x c") == "*3\r\n$1\r\n1\r\n$-1\r\n$1\r\n3\r\n");
  CHECK(run("exists a b a nope") == ":3\r\n");
  CHECK(run("del a b nope") == ":2\r\n");
  CHECK(run("dbsize") == ":1\r\n");
  CHECK(run("type c") == "+string\r\n");
  CHECK(run("type a") == "+none\r\n");
  CHECK(run("flushall async") == "+OK\r\n");
  CHECK(run("dbsize") == ":0\r\n");
}

TEST_CASE("SET keeps its conditions, and GET with them answers the old value") {
  bench run;
  CHECK(run("set a 1 xx") == "$-1\r\n");
  CHECK(run("set a 1 nx") == "+OK\r\n");
  CHECK(run("set a 2 nx") == "$-1\r\n");
  CHECK(run("set a 2 xx get") == "$1\r\n1\r\n");
  CHECK(run("set a 3 nx get") == "$1\r\n2\r\n");
  CHECK(run("get a") == "$1\r\n2\r\n");
  CHECK(run("set b 1 get") == "$-1\r\n");
  CHECK(run("set a 1 nx xx") == "-ERR syntax error\r\n");
  CHECK(run("set a 1 ex 10 keepttl") == "-ERR syntax error\r\n");
  CHECK(run("set a 1 ex 10 px 10") == "-ERR syntax error\r\n");
  CHECK(run("set a 1 ex") == "-ERR syntax error\r\n");
  CHECK(run("set a 1 ex 0") == "-ERR invalid expire time in 'set' command\r\n");
  CHECK(run("set a 1 ex 9223372036854775807") == "-ERR invalid expire time in 'set' command\r\n");
  CHECK(run("set a 1 ex ten") == "-ERR value is not an integer or out of range\r\n");
}

TEST_CASE("expiry counts down, rounds to seconds, survives KEEPTTL and ends") {
  bench run;
  run("set a 1 px 1500");
  CHECK(run("pttl a") == ":1500\r\n");
  CHECK(run("ttl a") == ":2\r\n");
  run("set a 2 keepttl");
  CHECK(run("pttl a") == ":1500\r\n");
  run.now += 1499;
  CHECK(run("get a") == "$1\r\n2\r\n");
  run.now += 1;
  CHECK(run("get a") == "$-1\r\n");
  CHECK(run("ttl a") == ":-2\r\n");
  run("set a 1");
  CHECK(run("ttl a") == ":-1\r\n");
  CHECK(run("expire a 10") == ":1\r\n");
  CHECK(run("persist a") == ":1\r\n");
  CHECK(run("persist a") == ":0\r\n");
  CHECK(run("pexpire a 10 xx") == ":0\r\n");
  CHECK(run("pexpire a 10 nx") == ":1\r\n");
  CHECK(run("pexpire a 5 gt") == ":0\r\n");
  CHECK(run("pexpire a 5 lt") == ":1\r\n");
  CHECK(run("expire a -1") == ":1\r\n");
  CHECK(run("exists a") == ":0\r\n");
  CHECK(run("expire nope 10") == ":0\r\n");
  CHECK(run("expire a 9223372036854775807") == "-ERR invalid expire time in 'expire' command\r\n");
}

TEST_CASE("counters add, keep the expiry, and refuse what is no number or would overflow") {
  bench run;
  CHECK(run("incr n") == ":1\r\n");
  CHECK(run("incrby n 41") == ":42\r\n");
  CHECK(run("decr n") == ":41\r\n");
  CHECK(run("decrby n 41") == ":0\r\n");
  run("set n 9223372036854775807 px 500");
  CHECK(run("incr n") == "-ERR increment or decrement would overflow\r\n");
  CHECK(run("decr n") == ":9223372036854775806\r\n");
  CHECK(run("pttl n") == ":500\r\n");
  run("set s abc");
  CHECK(run("incr s") == "-ERR value is not an integer or out of range\r\n");
  for (const char* const odd : {"\" 1\"", "01", "-0", "+1", "-01", "\"\""}) {
    run(std::string("set s ") + odd);
    CHECK(run("incr s") == "-ERR value is not an integer or out of range\r\n");
  }
  CHECK(run("expire n 010") == "-ERR value is not an integer or out of range\r\n");
  CHECK(run("decrby n -9223372036854775808") == "-ERR decrement would overflow\r\n");
}

TEST_CASE("unknown commands and wrong arities are answered in Redis's words") {
  bench run;
  CHECK(run("nope a b") == "-ERR unknown command 'nope', with args beginning with: 'a' 'b' \r\n");
  CHECK(run("get") == "-ERR wrong number of arguments for 'get' command\r\n");
  CHECK(run("GET a b") == "-ERR wrong number of arguments for 'get' command\r\n");
  CHECK(run("mset a 1 b") == "-ERR wrong number of arguments for 'mset' command\r\n");
  CHECK(run("client nope") == "-ERR unknown subcommand 'nope'. Try CLIENT HELP.\r\n");
  CHECK(run("client help").starts_with("*5\r\n+CLIENT <subcommand>"));
  CHECK(run("config help").starts_with("*3\r\n+CONFIG <subcommand>"));
  CHECK(run("command help").starts_with("*5\r\n+COMMAND <subcommand>"));
  CHECK(run("select 1") == "-ERR DB index is out of range\r\n");
  CHECK(run("select 0") == "+OK\r\n");
}

TEST_CASE("a request of a browser cuts the connection: nothing of it is run or answered") {
  bench run;
  CHECK(run("post / HTTP/1.1").empty());
  CHECK(run.client.cut);
  CHECK(run("set a 1").empty());
  bench other;
  CHECK(other("Host: example").empty());
  CHECK(other.client.cut);
  CHECK(other.server.keys.size() == 0);
}

TEST_CASE("keys and scan find by pattern") {
  bench run;
  run("mset user:1 a user:2 b other c");
  CHECK(run("keys other") == "*1\r\n$5\r\nother\r\n");
  CHECK(run("keys nope*").starts_with("*0\r\n"));
  CHECK(run("scan 0 match other count 100") == "*2\r\n$1\r\n0\r\n*1\r\n$5\r\nother\r\n");
  CHECK(run("scan 0 type list count 100") == "*2\r\n$1\r\n0\r\n*0\r\n");
  CHECK(run("scan x") == "-ERR invalid cursor\r\n");
  CHECK(run("scan 0 count 0") == "-ERR syntax error\r\n");
}

TEST_CASE("a message reaches channels and patterns, and a listening connection may do little else") {
  bench run;
  CHECK(run("subscribe news") == "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n");
  CHECK(run("psubscribe n*") == "*3\r\n$10\r\npsubscribe\r\n$2\r\nn*\r\n:2\r\n");
  CHECK(run("get a").starts_with("-ERR Can't execute 'get'"));
  CHECK(run("ping hi") == "*2\r\n$4\r\npong\r\n$2\r\nhi\r\n");
  session other;
  inbox nobody;
  other.listener = &nobody;
  std::string out;
  const std::string_view words[] = {"publish", "news", "hello"};
  call one{run.server, other, words, run.now, reply(out)};
  execute(one);
  CHECK(out == ":2\r\n");
  CHECK(run.box.got ==
        "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n"
        "*4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$4\r\nnews\r\n$5\r\nhello\r\n");
  CHECK(run("unsubscribe") == "*3\r\n$11\r\nunsubscribe\r\n$4\r\nnews\r\n:1\r\n");
  CHECK(run("punsubscribe n*") == "*3\r\n$12\r\npunsubscribe\r\n$2\r\nn*\r\n:0\r\n");
  CHECK(run("unsubscribe") == "*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n");
  CHECK(run("get a") == "$-1\r\n");
  CHECK(run.server.channels.channels() == 0);
}

TEST_CASE("the connection tells who it is, and closes on QUIT") {
  bench run;
  run.client.id = 7;
  CHECK(run("client id") == ":7\r\n");
  CHECK(run("client getname") == "$-1\r\n");
  CHECK(run("client setname me") == "+OK\r\n");
  CHECK(run("client getname") == "$2\r\nme\r\n");
  CHECK(run("client setname \"a b\"").starts_with("-ERR Client names"));
  CHECK(run("hello 3") == "-NOPROTO unsupported protocol version\r\n");
  CHECK(run("hello 2").starts_with("*14\r\n$6\r\nserver\r\n"));
  CHECK(!run.client.closing);
  CHECK(run("quit") == "+OK\r\n");
  CHECK(run.client.closing);
}

TEST_CASE("tools get what they ask for: INFO, COMMAND, CONFIG GET") {
  bench run;
  run("set a 1");
  CHECK(run("info keyspace") == "$44\r\n# Keyspace\r\ndb0:keys=1,expires=0,avg_ttl=0\r\n\r\n");
  CHECK(run("info nope") == "$0\r\n\r\n");
  CHECK(run("command count") == ":" + std::to_string(commands().size()) + "\r\n");
  CHECK(run("command info get nope") == "*2\r\n*6\r\n$3\r\nget\r\n:2\r\n*1\r\n+readonly\r\n:1\r\n:1\r\n:1\r\n$-1\r\n");
  CHECK(run("command info mset").ends_with("*1\r\n+write\r\n:1\r\n:-1\r\n:2\r\n"));
  CHECK(run("command info ping").ends_with("*0\r\n:0\r\n:0\r\n:0\r\n"));
  CHECK(run("command docs get").starts_with("*2\r\n$3\r\nget\r\n"));
  CHECK(run("config get save") == "*2\r\n$4\r\nsave\r\n$0\r\n\r\n");
  CHECK(run("config get nope") == "*0\r\n");
  CHECK(run("config set save x") == "-ERR unknown subcommand 'set'. Try CONFIG HELP.\r\n");
}

TEST_CASE("every command in the table answers its own name with something") {
  for (const auto& one : commands()) {
    CAPTURE(one.name);
    bench run;
    std::string line(one.name);
    for (int i = 1; i < std::abs(one.arity); ++i) line += " 1";
    CHECK(!run(line).empty());
    CHECK(find_command(one.name) == &one);
  }
}
