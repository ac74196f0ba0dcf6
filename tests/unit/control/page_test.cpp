// The page and what it draws, over the read-only socket and over a port of the loopback; and who is turned away.
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <string>

#include "base/log_sink.hpp"
#include "base/loopback.hpp"
#include "control/listen_socket.hpp"
#include "control/page/page.hpp"
#include "support/control_fixture.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

std::string get(const std::string& path, const std::string& headers = {}) {
  return "GET " + path + " HTTP/1.1\r\n" + headers + "\r\n";
}

std::string body_of(const std::string& answer) {
  const auto at = answer.find("\r\n\r\n");
  return at == std::string::npos ? std::string() : answer.substr(at + 4);
}

std::string status_of(const std::string& answer) { return answer.substr(0, 12); }

// What a port answers before it closes.
std::string ask(const std::string& address, const std::string& request) {
  sockaddr_storage to;
  const auto bytes = fill(to, *loopback_named(address));
  const unique_fd fd(::socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), bytes) != 0) return "no connection";
  if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return "nothing sent";
  std::string all;
  std::array<char, 65536> chunk{};
  for (;;) {
    pollfd at{fd.get(), POLLIN, 0};
    if (::poll(&at, 1, 20'000) != 1) return all + "TIMEOUT";
    const auto n = ::recv(fd.get(), chunk.data(), chunk.size(), 0);
    if (n <= 0) return all;
    all.append(chunk.data(), static_cast<std::size_t>(n));
  }
}

// A daemon whose page is on a port of the loopback.
struct page_on_port {
  explicit page_on_port(std::string_view at = "127.0.0.1:0") {
    log::start({.burst = 0}, std::make_unique<log::buffer_sink>(lines));
    daemon = std::make_unique<control_fixture>([&](control::server_options& o) {
      control::socket_options page;
      page.label = "page";
      page.ceiling = control::level::observe;
      page.loopback = *loopback_named(at);
      o.sockets.push_back(std::move(page));
    });
    log::flush();
    for (const auto& each :
         log::recent({.least = log::level::info, .target = "control", .text = "the page is served"}, 1))
      for (const auto& f : each->fields)
        if (f.key == "address") address = f.value;
  }
  ~page_on_port() {
    daemon.reset();
    log::stop();
  }
  std::shared_ptr<log::buffer_sink::store> lines = std::make_shared<log::buffer_sink::store>();
  std::unique_ptr<control_fixture> daemon;
  std::string address;
};

}  // namespace

TEST_CASE("loopback addresses are read and written, and others are none") {
  for (const auto* const text : {"127.0.0.1:9465", "127.1.2.3:0", "[::1]:65535"}) {
    CAPTURE(text);
    REQUIRE(loopback_named(text));
    CHECK(text_of(*loopback_named(text)) == text);
  }
  for (const auto* const text : {"", "127.0.0.1", "0.0.0.0:80", "10.0.0.1:80", "[::]:80", "::1:80", "[::1]", "[::1]80",
                                 "127.0.0.1:65536", "127.0.0.1:", "127.0.0.1:8o", "localhost:80", "127.0.0.1:80:80"}) {
    CAPTURE(text);
    CHECK_FALSE(loopback_named(text));
  }
}

TEST_CASE("a host is ours when only this machine resolves it to itself") {
  for (const auto* const host : {"127.0.0.1", "127.0.0.1:9465", "127.9.9.9", "[::1]", "[::1]:80", "localhost",
                                 "LocalHost:80", "tokiod.localhost"}) {
    CAPTURE(host);
    CHECK(is_loopback_host(host));
  }
  for (const auto* const host : {"", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "notlocalhost",
                                 "[::2]", "128.0.0.1", "localhost:port", ".localhost.x", "127.0.0.1:80.evil"}) {
    CAPTURE(host);
    CHECK_FALSE(is_loopback_host(host));
  }
}

TEST_CASE("GET / gives one page that needs nothing beside it, under a policy that lets nothing else run") {
  control_fixture daemon;
  const auto answer = daemon.http(get("/"));
  CHECK(status_of(answer) == "HTTP/1.1 200");
  CHECK(body_of(answer) == control::page_text);
  for (const auto* const header :
       {"Content-Type: text/html; charset=utf-8\r\n",
        "Content-Security-Policy: default-src 'none'; connect-src 'self';", "X-Content-Type-Options: nosniff\r\n",
        "X-Frame-Options: DENY\r\n", "frame-ancestors 'none'", "script-src 'sha256-"})
    CHECK_MESSAGE(answer.find(header) != std::string::npos, header);
  CHECK(answer.find("Access-Control-") == std::string::npos);
  CHECK(answer.find("unsafe-inline") == std::string::npos);
  const std::string page(control::page_text);
  for (const auto* const forbidden : {"src=", "https://", "innerHTML", "eval("})
    CHECK_MESSAGE(page.find(forbidden) == std::string::npos, forbidden);
  CHECK(page.size() < 24'000);
}

TEST_CASE("GET /page.json gives the numbers of workers, instances and tasks, and no configuration") {
  control_fixture daemon;
  const auto answer = daemon.http(get("/page.json"));
  CHECK(answer.find("Content-Type: application/json\r\n") != std::string::npos);
  const auto seen = wire::parse(body_of(answer));
  REQUIRE(seen);
  CHECK((*seen)["version"] == "9.9.9");
  CHECK((*seen)["ready"] == true);
  CHECK((*seen)["workers"].size() == (*seen)["workers_total"]);
  CHECK((*seen)["plugins"][0]["instance"] == "echo");
  CHECK((*seen)["tasks"].contains("shown"));
  CHECK((*seen)["queues"].contains("local"));
  CHECK(answer.find("planted-") == std::string::npos);
  CHECK(daemon.http("HEAD /page.json HTTP/1.1\r\n\r\n").ends_with("\r\n\r\n"));
  CHECK(status_of(daemon.http("POST /page.json HTTP/1.1\r\n\r\n")) == "HTTP/1.1 405");
}

TEST_CASE("the page's data is bounded, whatever there is") {
  control_fixture daemon;
  daemon.backend.have_tasks(500);
  const auto seen = wire::parse(body_of(daemon.http(get("/page.json"))));
  REQUIRE(seen);
  CHECK((*seen)["tasks"]["shown"].size() == 50);
}

TEST_CASE("a page of another site is given nothing, under its name or under ours") {
  control_fixture daemon;
  const auto status = [&](const char* path, const char* headers) { return status_of(daemon.http(get(path, headers))); };
  CHECK(status("/page.json", "Host: evil.example\r\n") == "HTTP/1.1 421");
  CHECK(status("/", "Host: evil.example:9464\r\n") == "HTTP/1.1 421");
  CHECK(status("/page.json", "Host: 127.0.0.1:9464\r\n") == "HTTP/1.1 200");
  CHECK(status("/page.json", "Host: tokiod\r\n") == "HTTP/1.1 200");  // curl --unix-socket
  CHECK(status("/page.json", "Host: localhost\r\nSec-Fetch-Site: cross-site\r\n") == "HTTP/1.1 403");
  CHECK(status("/page.json", "Host: localhost\r\nSec-Fetch-Site: same-site\r\n") == "HTTP/1.1 403");
  CHECK(status("/page.json", "Host: localhost\r\nSec-Fetch-Site: same-origin\r\n") == "HTTP/1.1 200");
  CHECK(status("/metrics", "Host: server.example:9464\r\n") == "HTTP/1.1 200");  // a scraper, through a proxy
}

TEST_CASE("a port of the loopback serves HTTP to everybody, and only under names of the loopback") {
  const page_on_port at;
  REQUIRE(at.address.starts_with("127.0.0.1:"));
  CHECK(status_of(ask(at.address, get("/", "Host: " + at.address + "\r\n"))) == "HTTP/1.1 200");
  CHECK(status_of(ask(at.address, get("/page.json", "Host: localhost\r\n"))) == "HTTP/1.1 200");
  CHECK(status_of(ask(at.address, get("/livez"))) == "HTTP/1.1 200");  // no browser
  CHECK(status_of(ask(at.address, get("/metrics", "Host: evil.example\r\n"))) == "HTTP/1.1 421");
  CHECK(status_of(ask(at.address, get("/", "Host: tokiod\r\n"))) == "HTTP/1.1 421");
}

TEST_CASE("a port of the loopback speaks no JSON-RPC, not even to root") {
  const page_on_port at;
  const auto answer = ask(at.address, R"({"jsonrpc":"2.0","id":1,"method":"daemon.shutdown"})"
                                      "\n");
  CHECK(status_of(answer) == "HTTP/1.1 400");
  CHECK_FALSE(at.daemon->backend.ordered());
  auto client = at.daemon->client();
  CHECK(client.call("event.recent", {{"topic", "control.client"}})["result"]["events"].dump().find("page") ==
        std::string::npos);
}

TEST_CASE("a port that is taken is a refusal with its address") {
  control::socket_options options;
  options.label = "page";
  options.loopback = *loopback_named("127.0.0.1:0");
  const auto first = control::listen_socket::open(std::move(options));
  REQUIRE(first);
  CHECK(first->http_only());
  control::socket_options same;
  same.label = "page";
  same.loopback = *loopback_named(first->path());
  const auto another = control::listen_socket::open(std::move(same));
  REQUIRE_FALSE(another);
  CHECK(another.error().sentence.find(first->path()) != std::string::npos);
}
