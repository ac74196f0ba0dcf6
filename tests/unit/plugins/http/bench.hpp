// A connection of the plugin without a socket: the test is the client at the other end of a pipe in memory, time is
// virtual, and every poll is the test's.
// Threads: one.
#pragma once
#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "connection.hpp"
#include "routes.hpp"
#include "tokio/test.hpp"

namespace http {

// The server's end, which counts how often it is written to.
class counting_channel final : public channel {
 public:
  explicit counting_channel(tokio::io::duplex_stream stream) : stream_(std::move(stream)) {}
  tokio::poll<tokio::result<std::size_t>> poll_read(tokio::context& cx, tokio::io::byte_span into) override {
    return stream_.poll_read(cx, into);
  }
  tokio::poll<tokio::result<std::size_t>> poll_write(tokio::context& cx, tokio::io::byte_view from) override {
    auto put = stream_.poll_write(cx, from);
    if (put.is_ready()) ++writes;
    return put;
  }
  tokio::poll<tokio::result<>> poll_flush(tokio::context& cx) override { return stream_.poll_flush(cx); }
  tokio::poll<tokio::result<>> poll_shutdown(tokio::context& cx) override { return stream_.poll_shutdown(cx); }

  int writes = 0;

 private:
  tokio::io::duplex_stream stream_;
};

class bench {
 public:
  explicit bench(const settings& with = {}, std::size_t pipe_bytes = 1 << 20)
      : bench(with, tokio::io::duplex(pipe_bytes)) {}
  bench(const bench&) = delete;
  bench& operator=(const bench&) = delete;
  ~bench() {
    server.abort();
    host.run_until_stalled();
  }

  // Everything that the server has to say to that; time stands still.
  std::string ask(std::string_view bytes) {
    say(bytes);
    return hear();
  }
  void say(std::string_view bytes) {
    while (!bytes.empty()) {
      tokio::test::hand_poll put(client->write(bytes));
      const auto got = put.poll();
      REQUIRE(got.is_ready());
      REQUIRE(got.value());
      bytes.remove_prefix(*got.value());
      host.run_until_stalled();
    }
  }
  std::string hear() {
    std::string heard;
    for (;;) {
      host.run_until_stalled();
      char chunk[4096];
      tokio::test::hand_poll read(client->read(tokio::io::byte_span(chunk, sizeof chunk)));
      const auto got = read.poll();
      if (got.is_pending()) return heard;
      REQUIRE(got.value());
      if (*got.value() == 0) {
        closed = true;
        return heard;
      }
      heard.append(chunk, *got.value());
    }
  }
  void leave() {
    client.reset();
    host.run_until_stalled();
  }
  [[nodiscard]] bool over() const { return server.is_finished(); }

  tokio::test::fake_host host;
  tokio::test::paused clock;
  service shared;
  std::optional<tokio::io::duplex_stream> client;
  counting_channel channel_;
  tokio::cancellation_token stop;
  tokio::join_handle<void> server;
  bool closed = false;  // the server has ended its direction

 private:
  bench(const settings& with, std::pair<tokio::io::duplex_stream, tokio::io::duplex_stream> ends)
      : shared(with), client(std::move(ends.first)), channel_(std::move(ends.second)) {
    add_routes(shared.routes);
    server = tokio::spawn(converse(shared, channel_, stop));
  }
};

// The bodies of answers that came behind each other, and their heads.
struct answer {
  int status = 0;
  std::string head, body;
};

inline std::string without_chunks(std::string_view& rest) {
  std::string body;
  for (;;) {
    const auto line = rest.find("\r\n");
    REQUIRE(line != std::string_view::npos);
    const auto size = std::stoul(std::string(rest.substr(0, line)), nullptr, 16);
    REQUIRE(rest.size() >= line + 2 + size + 2);
    body += rest.substr(line + 2, size);
    CHECK(rest.substr(line + 2 + size, 2) == "\r\n");
    rest.remove_prefix(line + 2 + size + 2);
    if (size == 0) return body;
  }
}

// Takes the first answer off the front; `to_head` says that it has no body, whatever its head says.
inline answer take_answer(std::string_view& rest, bool to_head = false) {
  const auto end = rest.find("\r\n\r\n");
  REQUIRE_MESSAGE(end != std::string_view::npos, rest);
  answer got;
  got.head = rest.substr(0, end + 2);
  rest.remove_prefix(end + 4);
  REQUIRE(got.head.starts_with("HTTP/1.1 "));
  got.status = std::stoi(got.head.substr(9, 3));
  if (to_head) return got;
  if (got.head.find("Transfer-Encoding: chunked\r\n") != std::string::npos) {
    got.body = without_chunks(rest);
  } else if (const auto at = got.head.find("Content-Length: "); at != std::string::npos) {
    const auto size = std::stoul(got.head.substr(at + 16));
    REQUIRE(rest.size() >= size);
    got.body = rest.substr(0, size);
    rest.remove_prefix(size);
  }
  return got;
}

inline answer only_answer(std::string_view text, bool to_head = false) {
  const auto got = take_answer(text, to_head);
  CHECK(text == "");
  return got;
}

inline bool says(const answer& of, std::string_view line) {
  return of.head.find(std::string("\r\n") + std::string(line) + "\r\n") != std::string::npos;
}

}  // namespace http
