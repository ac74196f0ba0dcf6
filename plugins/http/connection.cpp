#include "connection.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "files.hpp"
#include "inbox.hpp"
#include "outbox.hpp"
#include "tokio/time.hpp"

namespace http {
namespace {

using namespace std::chrono_literals;
using tokio::time::instant;
using tokio::time::timeout;
using tokio::time::timeout_at;

constexpr std::string_view whole_server = "*";  // the target of an OPTIONS that is for no path
constexpr std::size_t kept_bytes = 16 * 1024;   // of room, while a connection waits
constexpr auto linger = 2s;

enum class arrival : std::uint8_t { bytes, end, late };

class connection final : public exchange {
 public:
  connection(service& shared, channel& client, tokio::cancellation_token stop)
      : shared_(shared),
        client_(client),
        stop_(std::move(stop)),
        parser_(shared.with.allowed),
        out_(client, shared.with.within.write),
        first_due_(instant::now() + shared.with.within.header) {}

  tokio::task<> run() {
    while (keep_ && co_await hear()) {
      co_await serve_one();
      if (keep_) parser_.reset();
    }
    co_await part();
  }

  [[nodiscard]] const request& asked() const override { return parser_.head(); }
  [[nodiscard]] const target& at() const override { return *target_; }
  [[nodiscard]] std::string_view parameter(std::string_view name) const override {
    const auto found = std::ranges::find(found_.named, name, &std::pair<std::string_view, std::string_view>::first);
    return found == found_.named.end() ? std::string_view() : found->second;
  }
  [[nodiscard]] tokio::task<body_part> read() override;
  void answer(int status, std::string_view type, std::string_view body, const field_lines& more) override {
    begin(status, type, body.size(), more);
    out_.add_body(body);
  }
  bool begin(int status, std::string_view type, std::optional<std::uint64_t> length, const field_lines& more) override;
  [[nodiscard]] tokio::task<bool> send(std::string_view bytes) override { return out_.send(bytes); }
  [[nodiscard]] tokio::task<bool> flush() override {
    batch_ = 0;
    return out_.flush();
  }
  void end() override { out_.end(); }

 private:
  // A whole head has come. False: none will, and keep_ is false.
  tokio::task<bool> hear();
  tokio::task<> serve_one();
  tokio::task<> route();
  tokio::task<> part();
  tokio::task<arrival> receive(instant until, bool idle);
  void keep_little();
  parsed take() {
    const auto got = parser_.next(in_.unread());
    in_.drop(got.used);
    return got;
  }
  bool skip_body();
  [[nodiscard]] bool has_body() const;
  bool object();
  void refuse(int status, const char* reason);
  void lose(int status, const char* reason);
  framing framing_for(int status, std::optional<std::uint64_t> length) const;
  void close_after() {
    keep_ = false;
    lingers_ = true;
  }

  service& shared_;
  channel& client_;
  tokio::cancellation_token stop_;
  request_parser parser_;
  inbox in_;
  outbox out_;
  std::size_t batch_ = 0;             // requests answered since something was sent
  std::optional<instant> first_due_;  // of the first request's head
  bool keep_ = true, lingers_ = false;

  // Of the request that is answered.
  std::optional<target> target_;
  router<handler>::found found_;
  instant body_due_;
  bool reads_ = false;        // the handler wants the body
  bool passed_over_ = false;  // it began its answer first: what has come of the body is gone
  bool begun_ = false;        // the head of the response is written
  struct loss {
    int status;
    const char* reason;
  };
  std::optional<loss> lost_;  // why the rest of the request's body does not come
};

// A stop ends the wait when `idle`: nothing of a request has come.
tokio::task<arrival> connection::receive(instant until, bool idle) {
  auto bytes = timeout_at(until, tokio::io::read(client_, in_.room()));
  auto won = co_await tokio::select(tokio::biased, tokio::when(idle, stop_.cancelled()), bytes);
  if (won.index() == 0) co_return arrival::late;
  auto& got = won.get<1>();
  if (!got) co_return arrival::late;
  if (!*got || **got == 0) co_return arrival::end;
  in_.filled(**got);
  co_return arrival::bytes;
}

tokio::task<bool> connection::hear() {
  const auto& within = shared_.with.within;
  const auto first_due = std::exchange(first_due_, std::nullopt);  // from the connection's begin, whatever comes
  std::optional<instant> due = first_due;
  for (bool idle = in_.unread().empty();;) {
    const auto got = take();
    if (got.what == event::head) co_return true;
    if (got.what == event::refused) {
      refuse(got.status, got.reason);
      co_return false;
    }
    if (!co_await flush()) co_return false;
    if (idle) keep_little();
    if (!due) due = instant::now() + (idle ? within.idle : within.header);
    const auto arrived = co_await receive(*due, idle);
    if (arrived == arrival::bytes) {
      if (std::exchange(idle, false)) due = first_due;  // the head's own time begins
      continue;
    }
    keep_ = false;
    if (arrived == arrival::late && !idle) refuse(408, "the head of the request took too long");
    co_return false;
  }
}

// A connection that waits has no room for what it once had.
void connection::keep_little() {
  out_.keep_at_most(kept_bytes);
  in_.keep_at_most(kept_bytes);
}

// What no handler could do anything about. True: it is answered.
bool connection::object() {
  const auto& head = parser_.head();
  const auto expected = head.find("Expect");
  target_ = head.verb == method::options && head.target == whole_server ? target{std::string(whole_server), {}}
                                                                        : parse_target(head.target);
  if (head.verb == method::unknown)
    refuse(501, "this method is not known");
  else if (!target_)
    refuse(400, "the target is no path");
  else if (expected && head.version >= 11 && !same_word(*expected, "100-continue"))
    refuse(417, "only 100-continue can be expected");
  else
    return false;
  return true;
}

tokio::task<> connection::serve_one() {
  reads_ = passed_over_ = begun_ = false;
  lost_.reset();
  ++batch_;
  if (object()) co_return;
  shared_.count_request();
  bool threw = false;
  try {
    co_await route();
  } catch (const std::exception& thrown) {
    threw = true;
    tokio::log::error("a handler threw", {"path", target_->path}, {"what", thrown.what()});
  } catch (...) {
    threw = true;
    tokio::log::error("a handler threw what is no std::exception", {"path", target_->path});
  }
  if (lost_ && !begun_) {
    refuse(lost_->status, lost_->reason);
    co_return;
  }
  if (!begun_) answer(500, plain_text, threw ? "the handler failed\n" : "the handler gave no answer\n", {});
  if (!out_.is_whole()) close_after();  // half an answer: only the end of the connection tells the client
  if (lost_ || !skip_body() || stop_.is_cancelled()) close_after();  // the head may have been sent before the stop
  if (batch_ >= shared_.with.pipelined_max || out_.is_full()) (void)co_await flush();
  if (out_.is_lost()) keep_ = false;
}

tokio::task<> connection::route() {
  if (target_->path == whole_server) {
    answer(204, plain_text, {}, {});  // it is there, and that was asked
    co_return;
  }
  found_ = shared_.routes.find(asked().verb, target_->path);
  if (found_.handler != nullptr) {
    co_await (*found_.handler)(*this);
  } else if (!found_.allowed.empty()) {
    answer(405, plain_text, "this method is not allowed here\n", field_lines().add("Allow", found_.allowed));
  } else if (shared_.root) {
    co_await serve_file(shared_, *this);
  } else {
    answer(404, plain_text, "there is nothing of that name\n", {});
  }
}

// Reads what has come of a body that nobody wants. False: there is more of it.
bool connection::skip_body() {
  while (!parser_.at_end()) {
    const auto got = take();
    if (got.what == event::need_more || got.what == event::refused) return false;
  }
  return true;
}

bool connection::has_body() const { return asked().chunked || asked().content_length.value_or(0) > 0; }

tokio::task<body_part> connection::read() {
  if (passed_over_) co_return body_part{{}, true};
  if (!std::exchange(reads_, true)) {
    body_due_ = instant::now() + shared_.with.within.body;
    const bool waits = parser_.head().find("Expect").has_value() && parser_.head().version >= 11;
    if (waits && !begun_ && in_.unread().empty()) out_.add("HTTP/1.1 100 Continue\r\n\r\n");
  }
  while (!parser_.at_end() && !lost_) {
    const auto got = take();
    if (got.what == event::body) co_return body_part{got.piece};
    if (got.what == event::end) break;
    if (got.what == event::refused) {
      lose(got.status, got.reason);
      break;
    }
    if (!co_await flush()) co_return body_part{{}, true};
    const auto arrived = co_await receive(body_due_, false);
    if (arrived == arrival::late) lose(408, "the body of the request took too long");
    if (arrived == arrival::end) lose(400, "the body of the request was cut off");
  }
  co_return body_part{{}, lost_.has_value()};
}

framing connection::framing_for(int status, std::optional<std::uint64_t> length) const {
  if (status == 204 || status == 304) return framing::none;
  if (length) return framing::sized;
  return parser_.head().version >= 11 ? framing::chunked : framing::until_close;
}

bool connection::begin(int status, std::string_view type, std::optional<std::uint64_t> length,
                       const field_lines& more) {
  begun_ = true;
  const auto framed = framing_for(status, length);
  const bool silent = framed == framing::none || asked().verb == method::head;
  // A body that is still on its way, and that nobody reads, would be taken for the next request.
  passed_over_ = !reads_ && has_body();
  if (lost_ || (!reads_ && !skip_body())) close_after();
  if (framed == framing::until_close || stop_.is_cancelled() || !asked().keep_alive) close_after();
  out_.begin({.status = status,
              .type = type,
              .more = more,
              .body = framed,
              .length = length.value_or(0),
              .close = !keep_,
              .says_keep_alive = asked().version < 11,
              .now = wall_seconds()},
             silent);
  return !silent;
}

void connection::lose(int status, const char* reason) { lost_ = loss{status, reason}; }

// Where the next request would begin is not known, or nobody will read what comes.
void connection::refuse(int status, const char* reason) {
  shared_.count_refused();
  close_after();
  const std::string body = std::string(reason) + "\n";
  const response_head head{
      .status = status, .type = plain_text, .more = {}, .length = body.size(), .close = true, .now = wall_seconds()};
  out_.begin(head, parser_.head().verb == method::head);
  out_.add_body(body);
}

// Bytes that the client has sent and nobody has read would make the system reset the connection, and the client lose
// our last answer: so they are read until it has seen the end, or does not care.
tokio::task<> connection::part() {
  if (!co_await flush() || !lingers_) co_return;
  (void)co_await tokio::io::shutdown(client_);
  auto nowhere = tokio::io::sink();
  (void)co_await timeout(linger, tokio::io::copy(client_, nowhere));
}

tokio::task<> drained(std::chrono::milliseconds span, tokio::cancellation_token stop) {
  co_await stop.cancelled();
  co_await tokio::time::sleep(span);
}

}  // namespace

tokio::task<> converse(service& shared, channel& client, tokio::cancellation_token stop) {
  shared.count_connection();
  connection one(shared, client, stop);
  (void)co_await tokio::select(one.run(), drained(shared.with.within.drain, std::move(stop)));
}

}  // namespace http
