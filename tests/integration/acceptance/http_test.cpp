// The http plugin in a running daemon, asked by curl and by raw sockets.
#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "acceptance/footprint.hpp"
#include "acceptance/instances.hpp"
#include "acceptance/tcp_client.hpp"
#include "support/daemon_process.hpp"
#include "support/eventually.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

const std::string health = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n";

// Bytes that repeat themselves only after 251 * 256 of them.
std::string bytes(std::size_t count) {
  std::string made(count, '\0');
  for (std::size_t i = 0; i < count; ++i) made[i] = static_cast<char>((i % 251) ^ (i / 251 % 256));
  return made;
}

// A daemon with one http and a folder of files.
struct bench {
  explicit bench(const std::string& more = "", std::vector<std::string> words = {}, const std::string& runtime = "{}")
      : daemon(R"({"runtime": )" + runtime + R"(, "plugins": {"instances": {"http": {"plugin": "http", "config": )" +
                   config(more) + "}}}}",
               std::move(words)) {
    wait_until_runs(control, "http");
  }
  std::string config(const std::string& more) const {
    files.write("www/index.html", "<p>home</p>\n");
    files.write("www/small.txt", "0123456789");
    files.write("www/large.bin", large);
    files.write("secret.txt", "secret");
    REQUIRE(::symlink((files / "secret.txt").c_str(), (files / "www/leak").c_str()) == 0);
    return R"({"port": )" + port.text() + R"(, "root": ")" + (files / "www") + "\"" + more + "}";
  }
  [[nodiscard]] pid_t daemon_pid() { return daemon.child().pid(); }
  [[nodiscard]] std::string url(const std::string& path) const { return "http://127.0.0.1:" + port.text() + path; }
  // What curl prints, and how it ends.
  [[nodiscard]] finished curl(std::vector<std::string> words) const {
    words.insert(words.begin(), {"/usr/bin/curl", "-sS", "--max-time", "20", "--path-as-is"});
    return run(files, std::move(words));
  }
  // The status and the body.
  [[nodiscard]] std::string got(const std::string& path, std::vector<std::string> words = {}) const {
    words.insert(words.end(), {"-w", " %{http_code}", url(path)});
    return curl(std::move(words)).out;
  }

  temp_dir files;
  const std::string large = bytes(3'000'000);
  reserved_port port;
  daemon_process daemon;
  rpc_client control = daemon.connect();
};

// One answer with a Content-Length, whose body ends with its line, or without a body.
struct answer {
  std::string head, body;
};
std::optional<answer> hear(tcp_client& client) {
  auto head = client.read_until("\r\n\r\n");
  if (!head) return std::nullopt;
  const auto at = head->find("Content-Length: ");
  const std::size_t size = at == std::string::npos ? 0 : std::stoul(head->substr(at + 16));
  std::string body;
  while (body.size() < size) {
    auto line = client.read_until("\n");
    if (!line) return std::nullopt;
    body += *line;
  }
  return answer{*head, body};
}

}  // namespace

TEST_CASE("curl gets files whole, their heads, parts of them, and is told when it has them already") {
  const bench b;
  CHECK(b.got("/small.txt") == "0123456789 200");
  CHECK(b.got("/") == "<p>home</p>\n 200");
  const auto whole = b.curl({b.url("/large.bin")});
  CHECK(whole.code == 0);
  CHECK(whole.out == b.large);
  CHECK(b.curl({"-r", "1000000-1999999", b.url("/large.bin")}).out == b.large.substr(1'000'000, 1'000'000));
  CHECK(b.curl({"-r", "-5", b.url("/large.bin")}).out == b.large.substr(b.large.size() - 5));
  CHECK(b.got("/small.txt", {"-r", "100-"}) == " 416");
  const auto head = b.curl({"-I", b.url("/large.bin")});
  CHECK(head.out.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(head.out.find("Content-Length: 3000000\r\n") != std::string::npos);
  const auto tag = b.files / "tag";
  CHECK(b.got("/small.txt", {"--etag-save", tag}) == "0123456789 200");
  CHECK(b.got("/small.txt", {"--etag-compare", tag}) == " 304");
  CHECK(b.got("/small.txt", {"-z", b.files / "www/small.txt"}) == " 304");
}

TEST_CASE("what is not below the root is not there, whatever the path looks like") {
  const bench b;
  CHECK(b.got("/none").ends_with(" 404"));
  CHECK(b.got("/leak").ends_with(" 404"));
  for (const char* const path : {"/../secret.txt", "/%2e%2e/secret.txt", "/a/../../secret.txt", "/..%2fsecret.txt"})
    CHECK_MESSAGE(b.got(path).ends_with(" 400"), path);
  CHECK(b.got("/small.txt", {"-X", "DELETE"}).ends_with(" 405"));
}

TEST_CASE("curl keeps one connection for several requests") {
  const bench b;
  const auto got = b.curl({"-w", "%{num_connects}\n", "-o", "/dev/null", "-o", "/dev/null", "-o", "/dev/null",
                           b.url("/small.txt"), b.url("/health"), b.url("/large.bin")});
  CHECK(got.out == "1\n0\n0\n");
}

TEST_CASE("curl uploads in chunks and with a length, and gets the same bytes back") {
  const bench b(R"(, "body_bytes_max": 5000000)");
  b.files.write("upload", b.large);
  const auto upload = "@" + (b.files / "upload");
  const auto chunked =
      b.curl({"-H", "Transfer-Encoding: chunked", "--data-binary", upload, "-D", b.files / "head", b.url("/echo")});
  CHECK(chunked.code == 0);
  CHECK(chunked.out == b.large);
  CHECK(b.curl({"--data-binary", upload, b.url("/echo")}).out == b.large);  // waits for 100 Continue first
}

TEST_CASE("what is over a limit is refused with an answer that curl reads") {
  const bench b(R"(, "body_bytes_max": 1000, "head_bytes_max": 2048, "request_line_max": 512, "fields_max": 20)");
  b.files.write("upload", b.large.substr(0, 100'000));  // fits into the buffers of the system
  const auto upload = "@" + (b.files / "upload");
  CHECK(b.got("/echo", {"--data-binary", upload}).ends_with(" 413"));
  CHECK(b.got("/echo", {"-H", "Expect:", "--data-binary", upload}).ends_with(" 413"));  // sends it all at once
  CHECK(
      b.got("/echo", {"-H", "Transfer-Encoding: chunked", "-H", "Expect:", "--data-binary", upload}).ends_with(" 413"));
  CHECK(b.got("/" + std::string(600, 'a')).ends_with(" 414"));
  CHECK(b.got("/", {"-H", "X: " + std::string(3000, 'a')}).ends_with(" 431"));
  std::vector<std::string> fields;
  for (int i = 0; i < 30; ++i) fields.insert(fields.end(), {"-H", "X" + std::to_string(i) + ": 1"});
  CHECK(b.got("/", fields).ends_with(" 431"));
  CHECK(b.got("/", {"-X", "BREW"}).ends_with(" 501"));
  CHECK(b.got("/health") == "ok\n 200");
}

TEST_CASE("a hundred requests in one packet get a hundred answers, in order") {
  const bench b;
  tcp_client client(b.port.number());
  std::string all;
  for (int i = 0; i < 50; ++i) all += health + "GET /small.txt HTTP/1.1\r\nHost: a\r\nRange: bytes=1-3\r\n\r\n";
  REQUIRE(client.send(all + "GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  const auto heard = client.read_to_end();
  REQUIRE(heard);
  std::string_view rest = *heard;
  for (int i = 0; i < 101; ++i) {
    const auto body = rest.find("\r\n\r\n") + 4;
    REQUIRE(body != 3);
    CHECK(rest.substr(body, 3) == (i % 2 == 0 ? "ok\n" : "123"));
    rest.remove_prefix(body + 3);
  }
  CHECK(rest.empty());
}

TEST_CASE("a request that could be two is refused, and the second one is never run") {
  const bench b;
  tcp_client client(b.port.number());
  REQUIRE(client.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + health));
  const auto heard = client.read_to_end();
  REQUIRE(heard);
  CHECK(heard->starts_with("HTTP/1.1 400 "));
  CHECK(heard->find("200 OK") == std::string::npos);
}

TEST_CASE("who is too slow with a head or a body is told so, and who says nothing is let go") {
  const bench b(R"(, "header_timeout_ms": 100, "body_timeout_ms": 100, "idle_timeout_ms": 100)");
  // Again when this test itself was held up so long that the server had gone before it spoke.
  const auto is_told = [&](const std::string& bytes, std::string_view answer) {
    tcp_client client(b.port.number());
    return client.send(bytes) && client.read_to_end().value_or("").starts_with(answer);
  };
  eventually("a slow head is refused", [&] { return is_told("GET /health HTTP/1.1\r\nHost", "HTTP/1.1 408 "); });
  eventually("a slow body is refused",
             [&] { return is_told("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 408 "); });
  eventually("who has had an answer and asks nothing more is let go", [&] { return is_told(health, "HTTP/1.1 200 "); });
  CHECK(tcp_client(b.port.number()).read_to_end() == "");
}

TEST_CASE("a client beyond connections_max is told so; one that leaves makes room, and none leaves a descriptor") {
  bench b(R"(, "connections_max": 1)");
  const auto before = entries_of(b.daemon_pid(), "fd");
  std::optional<tcp_client> first(std::in_place, b.port.number());
  REQUIRE(first->send(health));
  REQUIRE(hear(*first));
  eventually("another one is told", [&] {  // again when this test is held up for a second before it speaks
    tcp_client second(b.port.number());
    return second.send(health) && second.read_to_end().value_or("").starts_with("HTTP/1.1 503 ");
  });
  first.reset();
  for (const char* const path : {"/health", "/large.bin"})
    eventually("there is room again", [&] { return b.got(path, {"-o", "/dev/null"}) == " 200"; });
  eventually("no descriptor is left", [&] { return entries_of(b.daemon_pid(), "fd") <= before; });
}

namespace {

// A client that the system keeps little for, so that a large answer stays in the server. It asks for /huge.bin.
tcp_client greedy_client(std::uint16_t port) {
  unique_fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int bytes = 4096;
  const auto to = loopback(port);
  REQUIRE(::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) == 0);
  REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  tcp_client client(std::move(fd));
  REQUIRE(client.send("GET /huge.bin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  return client;
}

// With holes: 64 MiB that take no room.
void make_huge(const bench& b) {
  const auto path = b.files.write("www/huge.bin", "");
  REQUIRE(::truncate(path.c_str(), 64 << 20) == 0);
}

std::int64_t open_files(bench& b, const std::string& name) {
  std::int64_t count = 0;
  std::error_code gone;
  for (const auto& one : std::filesystem::directory_iterator("/proc/" + std::to_string(b.daemon_pid()) + "/fd")) {
    const auto leads_to = std::filesystem::read_symlink(one.path(), gone);
    count += !gone && leads_to.string().ends_with(name) ? 1 : 0;
  }
  return count;
}

}  // namespace

TEST_CASE("a client that leaves in the middle of a file leaves no descriptor behind, of the file or of itself") {
  bench b;
  make_huge(b);
  const auto before = entries_of(b.daemon_pid(), "fd");
  {
    std::vector<tcp_client> clients;
    for (int i = 0; i < 10; ++i) clients.push_back(greedy_client(b.port.number()));
    eventually("all are being sent the file", [&] { return open_files(b, "/huge.bin") == 10; });
  }
  eventually("no file is left open", [&] { return open_files(b, "/huge.bin") == 0; });
  eventually("no descriptor is left", [&] { return entries_of(b.daemon_pid(), "fd") <= before; });
  CHECK(usage_of(b.control, "http").at("tasks_panicked") == 0);
}

TEST_CASE("a file that becomes shorter while it is sent ends the connection, so that the client can tell") {
  bench b;
  make_huge(b);
  auto client = greedy_client(b.port.number());
  const auto head = client.read_until("\r\n\r\n");
  REQUIRE(head);
  CHECK(head->find("Content-Length: 67108864\r\n") != std::string::npos);
  REQUIRE(::truncate((b.files / "www/huge.bin").c_str(), 0) == 0);
  const auto body = client.read_to_end();
  REQUIRE(body);
  CHECK(body->size() < 67108864);
}

TEST_CASE("an answer is not lost by what the client sends behind its last request") {
  bench b;
  make_huge(b);
  auto client = greedy_client(b.port.number());
  eventually("it is being sent the file", [&] { return open_files(b, "/huge.bin") == 1; });
  REQUIRE(client.send("\r\n" + health));
  REQUIRE(client.read_until("\r\n\r\n"));
  const auto body = client.read_to_end();
  REQUIRE(body);
  CHECK(body->size() == 67108864);
}

TEST_CASE("many clients too much do not use up the descriptors") {
  bench b(R"(, "connections_max": 1)");
  const auto before = entries_of(b.daemon_pid(), "fd");
  std::vector<tcp_client> clients;
  for (int i = 0; i < 300; ++i) clients.emplace_back(b.port.number());
  eventually("all were accepted", [&] {
    return b.control.call("metrics.get", {{"match", "*turned_away_total*"}}).dump().find("\"value\":299") !=
           std::string::npos;
  });
  CHECK(entries_of(b.daemon_pid(), "fd") <= before + 1 + 64);
}

TEST_CASE("a stop lets the answer in flight finish, closes who is idle, and takes nobody new") {
  bench b(R"(, "drain_ms": 3600000)");
  tcp_client idle(b.port.number()), busy(b.port.number());
  REQUIRE(idle.send(health));
  REQUIRE(hear(idle));
  REQUIRE(busy.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nfor"));
  eventually("the request runs", [&] {
    return b.control.call("metrics.get", {{"match", "*requests_total*"}}).dump().find("\"value\":2") !=
           std::string::npos;
  });
  b.daemon.child().signal(SIGTERM);
  CHECK(idle.read_to_end() == "");
  eventually("nobody new is taken", [&] { return !tcp_client(b.port.number()).connected(); });
  REQUIRE(busy.send("ever\n" + health));
  const auto heard = busy.read_to_end();
  REQUIRE(heard);
  CHECK(heard->ends_with("\r\n\r\nforever\n"));
  CHECK(b.daemon.child().wait() == 0);
}

TEST_CASE("a runtime of one thread serves files too") {
  const bench b("", {}, R"({"flavor": "current_thread"})");
  CHECK(b.got("/small.txt") == "0123456789 200");
  CHECK(b.curl({b.url("/large.bin")}).out == b.large);
}

TEST_CASE("a configuration that makes no sense is refused with a sentence") {
  const std::map<std::string, std::string> sentences = {
      {R"({"root": "/no/such/folder"})", "cannot serve root \\\"/no/such/folder\\\": No such file or directory"},
      {R"({"pipelined_max": 0})", "pipelined_max must be an integer in 1..1000, got 0"},
      {R"({"request_line_max": 300, "head_bytes_max": 300})", "request_line_max must be less than head_bytes_max"},
      {R"({"port": 0, "rot": "/"})", "unknown key"},
  };
  daemon_process daemon("{}");
  auto control = daemon.connect();
  for (const auto& [config, sentence] : sentences) {
    const auto refused =
        control.error("plugin.load", {{"plugin", "http"}, {"config", wire::json::parse(config)}}).dump();
    CHECK_MESSAGE(refused.find(sentence) != std::string::npos, refused);
  }
  CHECK(daemon.stop() == 0);
}
