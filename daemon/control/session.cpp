#include "control/session.hpp"

#include <poll.h>

#include <utility>

#include "base/log.hpp"
#include "control/http.hpp"
#include "wire/parse.hpp"

namespace tokiod::control {
namespace {

// What is handled before the others get their turn again: about a millisecond's worth, or one large request or reply.
constexpr int requests_per_turn = 8;
constexpr std::size_t bytes_per_turn = 64 * 1024;
// Events leave their ring only while little waits: in the ring they may still give way to newer ones.
constexpr std::size_t event_watermark_bytes = 64 * 1024;

bool hung_up(int fd) {
  pollfd at{fd, 0, 0};
  return ::poll(&at, 1, 0) == 1 && (at.revents & (POLLHUP | POLLERR)) != 0;
}

bool starts_json(char c) { return c == '{' || c == '[' || c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

// The members of a batch, until all are answered. A reply waits as text: as a value it would take many times the
// memory. A notification's stays empty.
struct session::batch {
  explicit batch(std::vector<wire::member> asked)
      : members(std::move(asked)), replies(members.size()), open(members.size()) {}

  std::vector<wire::member> members;
  std::vector<std::string> replies;
  std::size_t begun = 0, open;
};

session::session(plane& shared, local::socket socket, identity client, std::function<void(session&)> gone)
    : shared_(shared),
      bounds_(shared.bounds),
      socket_(std::move(socket)),
      client_(std::move(client)),
      gone_(std::move(gone)),
      lines_(bounds_.max_request_bytes),
      subs_(
          shared, [this] { write(); }, client_.id),
      read_timer_(shared.io),
      idle_timer_(shared.io),
      write_timer_(shared.io) {}

void session::start() {
  shared_.counts.connected(client_.socket);
  arm_idle_timer();
  read();
}

void session::publish(const logged_event& event) { subs_.publish(event); }

client_info session::info() const {
  return {client_.id,     name_,     client_.who, client_.socket, client_.rights.has,
          since_wall_ns_, requests_, in_flight_,  out_.bytes(),   subs_.count()};
}

void session::finish() {
  finishing_ = true;
  subs_.clear();
  if (out_.empty() && in_flight_ == 0) close();
}

void session::close() {
  if (std::exchange(closed_, true)) return;
  const auto self = shared_from_this();  // gone_ may drop the last other reference
  read_timer_.cancel();
  idle_timer_.cancel();
  write_timer_.cancel();
  subs_.clear();
  for (const auto& [serial, call] : calls_) shared_.daemon.cancel_call(call);
  asio::error_code failed;
  shared_.spares.take_instead_of(unique_fd(socket_.release(failed)));
  shared_.counts.disconnected(client_.socket);
  gone_(*this);
}

void session::disconnect(std::string_view reason) {
  shared_.counts.rejected(reason);
  log::info("control", "client disconnected",
            {{"reason", reason}, {"peer_uid", client_.who.uid}, {"peer_pid", client_.who.pid}});
  close();
}

// ---- reading

bool session::may_handle() const {
  return !closed_ && !finishing_ && in_flight_ < bounds_.max_in_flight && out_.bytes() <= bounds_.max_output_bytes;
}

void session::read() {
  if (reading_ || ended_ || !may_handle()) return;
  reading_ = true;
  socket_.async_read_some(asio::buffer(chunk_),
                          [self = shared_from_this()](const asio::error_code& failed, std::size_t n) {
                            self->reading_ = false;
                            self->on_read(failed, n);
                          });
}

void session::on_read(const asio::error_code& failed, std::size_t n) {
  if (closed_) return;
  if (failed) return on_end();
  shared_.counts.received(n);
  if (finishing_) return;
  const std::string_view bytes(chunk_.data(), n);
  if (speaks_ == protocol::unknown)
    speaks_ = starts_json(bytes.front()) && !client_.http_only ? protocol::rpc : protocol::http;
  if (speaks_ == protocol::http) {
    http_head_.append(bytes);
    return read_http_head();
  }
  lines_.feed(bytes);
  turn();
}

void session::on_end() {
  const bool nothing_due = out_.empty() && speaks_ != protocol::rpc && !http_begun_;
  if (hung_up(socket_.native_handle()) || nothing_due) return close();
  ended_ = true;
  if (finishing_) return;
  lines_.feed("\n");  // a last line may lack its line feed
  watch_for_hangup();
  turn();
}

// The client still listens for replies and events. Only when it is gone altogether is there nobody to work for.
void session::watch_for_hangup() {
  socket_.async_wait(local::socket::wait_error, [self = shared_from_this()](const asio::error_code& failed) {
    if (!failed) self->close();
  });
}

void session::turn() {
  if (turning_) return;
  turning_ = true;
  answered_bytes_ = 0;
  std::size_t bytes = 0;
  for (int handled = 0; may_handle(); ++handled) {
    if (handled == requests_per_turn || bytes >= bytes_per_turn || answered_bytes_ >= bytes_per_turn) {
      asio::post(shared_.io, [self = shared_from_this()] {
        self->turning_ = false;
        self->turn();
      });
      return;
    }
    if (batch_) {
      begin_member();
      continue;
    }
    const auto line = lines_.next();
    if (!line) break;
    bytes += line->text.size();
    handle(*line);
  }
  turning_ = false;
  settle();
}

void session::settle() {
  if (closed_ || finishing_) return;
  if (ended_ && in_flight_ == 0 && !batch_ && !lines_.started() && subs_.empty() && !http_begun_) return finish();
  arm_read_timer();
  read();
}

void session::handle(const wire::line& line) {
  arm_idle_timer();
  disarm_read_timer();
  if (line.too_long)
    return strike(refuse(kind::too_large, "a line has at most ", bounds_.max_request_bytes, " bytes").error());
  auto document = wire::parse(line.text, {bounds_.max_depth, bounds_.max_values});
  if (!document) return strike(document.error());
  auto asked = wire::read_message(std::move(*document));
  if (!asked) return send(wire::print_reply(nullptr, std::unexpected(asked.error())) + "\n");
  if (asked->batch)
    batch_ = std::make_shared<batch>(std::move(asked->members));
  else
    begin(std::move(asked->members.front()), nullptr, 0);
}

// One at a time: a member counts as a request, in its client's turn and among what is in flight.
void session::begin_member() {
  const auto group = batch_;
  const auto slot = group->begun++;
  if (group->begun == group->members.size()) batch_.reset();
  begin(std::move(group->members[slot]), group, slot);
}

void session::begin(wire::member asked, const std::shared_ptr<batch>& group, std::size_t slot) {
  ++in_flight_;
  if (asked)
    submit(std::move(*asked), group, slot);
  else
    answered(asked.error().id, std::unexpected(asked.error().error), group, slot);
}

void session::strike(const refusal& why) {
  shared_.counts.rejected(name(why.why));
  send(wire::print_reply(nullptr, std::unexpected(wire::to_rpc_error(why))) + "\n");
  if (++parse_errors_ >= bounds_.max_parse_errors) finish();
}

void session::read_http_head() {
  if (http_begun_) return;
  auto request = read_http(http_head_);
  if (!request) return settle();
  http_begun_ = true;
  disarm_read_timer();
  if (*request) (*request)->over_loopback = client_.http_only;
  if (!*request) return answered_http(std::move(request->error()));
  const auto begun = shared_.read(
      [&shared = shared_, rights = client_.rights, asked = std::move(**request)] {
        const auto since = steady_clock().now();
        auto page = answer_http(shared, rights, asked);
        if (asked.path == "/metrics") shared.counts.scraped(steady_clock().now() - since);
        return page;
      },
      [weak = weak_from_this()](std::string page) {
        const auto self = weak.lock();
        if (self && !self->closed_) self->answered_http(std::move(page));
      },
      client_.id);
  if (!begun) close();
}

void session::answered_http(std::string page) {
  send(std::move(page));
  finish();
}

// ---- working

void session::submit(wire::request asked, const std::shared_ptr<batch>& group, std::size_t slot) {
  const call_site site{shared_, client_.who, client_.rights, client_.socket, subs_, client_.id, name_};
  ++requests_;
  const auto serial = ++last_call_;
  const auto id = asked.id;
  // Weak: a plugin may keep its call for longer than the connection lives.
  auto done = [weak = weak_from_this(), id, group, slot, serial](answer what) {
    const auto self = weak.lock();
    if (!self || self->closed_) return;
    self->calls_.erase(serial);
    if (id) return self->answered(*id, std::move(what), group, slot);
    --self->in_flight_;
    if (group) self->fill(group, slot, {});
    self->turn();
  };
  auto event = [weak = weak_from_this(), id](const std::string& text) {
    const auto self = weak.lock();
    if (!self || self->closed_ || !id) return;
    auto data = wire::parse(text);
    self->send(
        wire::print_notification("plugin.call.event", {{"id", *id}, {"data", data ? std::move(*data) : json(text)}}) +
        "\n");
  };
  if (const auto call = dispatch(site, std::move(asked), std::move(done), std::move(event))) calls_[serial] = *call;
}

void session::answered(const json& id, answer what, const std::shared_ptr<batch>& group, std::size_t slot) {
  --in_flight_;
  auto text = wire::print_reply(id, what);
  answered_bytes_ += text.size();
  if (group)
    fill(group, slot, std::move(text));
  else
    send(std::move(text) + "\n");
  turn();
}

void session::fill(const std::shared_ptr<batch>& group, std::size_t slot, std::string text) {
  group->replies[slot] = std::move(text);
  if (--group->open > 0) return;
  std::string line;
  for (const auto& each : group->replies)
    if (!each.empty()) line.append(line.empty() ? "[" : ",").append(each);
  if (!line.empty()) send(line + "]\n");
}

// ---- writing

void session::send(std::string text) {
  if (closed_) return;
  out_.push(std::move(text));
  if (out_.bytes() > bounds_.disconnect_output_bytes) return disconnect("slow_consumer");
  write();
}

void session::write() {
  if (closed_ || writing_) return;
  while (out_.bytes() < event_watermark_bytes) {
    auto event = subs_.pop();
    if (!event) break;
    out_.push(std::move(*event));
  }
  if (out_.empty()) return;
  writing_ = true;
  write_timer_.expires_after(asio_duration(bounds_.write_timeout));
  write_timer_.async_wait([self = shared_from_this()](const asio::error_code& failed) {
    if (!failed && !self->closed_) self->disconnect("write_timeout");
  });
  socket_.async_write_some(out_.front(), [self = shared_from_this()](const asio::error_code& failed, std::size_t n) {
    self->writing_ = false;
    self->on_written(failed, n);
  });
}

void session::on_written(const asio::error_code& failed, std::size_t n) {
  if (closed_) return;
  write_timer_.cancel();
  if (failed) return close();
  shared_.counts.sent(n);
  out_.consume(n);
  write();
  if (finishing_ && out_.empty() && in_flight_ == 0) return close();
  turn();
}

// ---- clocks

// Runs while a line has begun and has not ended; not while we are the ones who do not read.
void session::arm_read_timer() {
  const bool waiting =
      (lines_.started() || (!http_head_.empty() && !http_begun_)) && may_handle() && !turning_ && !ended_;
  if (!waiting) return disarm_read_timer();
  if (std::exchange(read_timer_armed_, true)) return;
  read_timer_.expires_after(asio_duration(bounds_.read_timeout));
  read_timer_.async_wait([self = shared_from_this()](const asio::error_code& failed) {
    if (failed || self->closed_) return;
    self->shared_.counts.rejected("read_timeout");
    const auto no = refuse(kind::timeout, "no line feed came within ", self->bounds_.read_timeout / millisecond,
                           " ms of the beginning of the line");
    self->send(wire::print_reply(nullptr, std::unexpected(wire::to_rpc_error(no.error()))) + "\n");
    self->finish();
  });
}

void session::disarm_read_timer() {
  if (std::exchange(read_timer_armed_, false)) read_timer_.cancel();
}

void session::arm_idle_timer() {
  if (bounds_.idle_timeout == 0) return;
  idle_timer_.expires_after(asio_duration(bounds_.idle_timeout));
  idle_timer_.async_wait([self = shared_from_this()](const asio::error_code& failed) {
    if (failed || self->closed_) return;
    const bool busy = !self->subs_.empty() || self->in_flight_ > 0 || self->http_begun_ || !self->out_.empty();
    if (busy) return self->arm_idle_timer();
    self->disconnect("idle_timeout");
  });
}

}  // namespace tokiod::control
