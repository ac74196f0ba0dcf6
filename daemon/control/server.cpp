#include "control/server.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <exception>
#include <set>
#include <system_error>
#include <utility>

#include "base/log.hpp"
#include "base/os_thread.hpp"
#include "control/admission.hpp"
#include "control/listen_socket.hpp"
#include "control/plane.hpp"
#include "control/session.hpp"
#include "control/view/log.hpp"
#include "wire/parse.hpp"
#include "wire/rpc.hpp"

namespace tokiod::control {
namespace {

constexpr duration_ns tick_interval = 500 * millisecond;
constexpr int accepts_per_turn = 16;
constexpr duration_ns accept_pause = 100 * millisecond;  // after the process ran out of descriptors or memory
constexpr std::uint32_t most_records_on_the_way = 1024;  // of the log, to who subscribed to it
constexpr duration_ns farewell = 500 * millisecond;      // for replies that are ready when the server stops

// Sixteen hexadecimal digits that no other process has had, or will have.
std::string new_instance_id() {
  std::uint64_t number = 0;
  static_cast<void>(::getrandom(&number, sizeof number, 0));  // eight bytes come whole
  std::array<char, 17> text{};
  static_cast<void>(std::snprintf(text.data(), text.size(), "%016" PRIx64, number));
  return text.data();
}

void say_full(int fd, const refusal& why) {
  const auto line = wire::print_reply(nullptr, std::unexpected(wire::to_rpc_error(why))) + "\n";
  // A new socket's buffer takes one line; if it does not, the client sees the close.
  static_cast<void>(::send(fd, line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
}

// Who comes through a port of the loopback.
peer nobody() {
  peer who;
  who.uid = static_cast<uid_t>(-1);
  who.gid = static_cast<gid_t>(-1);
  return who;
}

grant everybodys(const listen_socket& door) {
  grant rights;
  rights.has = rights.ceiling = door.ceiling();
  rights.rule = door.label();
  return rights;
}

}  // namespace

std::vector<metric_family> plane::metrics() const {
  auto families = daemon.metrics();
  for (auto& family : counts.families()) families.push_back(std::move(family));
  return families;
}

struct server::parts final : client_directory {
  struct door {
    door(asio::io_context& io, listen_socket made) : socket(std::move(made)), acceptor(io), pause(io) {}
    listen_socket socket;
    local::acceptor acceptor;
    asio::steady_timer pause;
  };

  explicit parts(backend& daemon) : shared(io, daemon), ticker(io), goodbye(io) {
    shared.clients = this;
    shared.publish = [this](std::string_view topic, const wire::json& data) { publish(topic, data); };
  }

  // ---- accepting
  void wait_for(door& at);
  void accept_all(door& at);
  [[nodiscard]] unique_fd accept_one(const door& at);
  void admit(door& at, unique_fd fd);
  [[nodiscard]] crowd_now crowd_of(uid_t uid) const;
  void leave(session& who);
  void tell_of(const session& who, std::string_view event);

  // ---- who is there
  [[nodiscard]] std::vector<client_info> clients() const override;
  bool disconnect(std::uint64_t id, bool politely) override;

  void publish(std::string_view topic, const wire::json& data);  // [any]
  void send_out(const logged_event& event);
  void heard(const log::record& r);  // [the log's writer]

  // ---- the loop's own health
  void tick();

  void run();
  void begin_again();

  // ---- the end
  void close_doors();
  void begin_to_close();

  asio::io_context io{1};
  plane shared;
  std::vector<std::unique_ptr<door>> doors;
  std::set<std::shared_ptr<session>> sessions;
  asio::steady_timer ticker, goodbye;
  instant_ns next_tick = 0;
  std::uint64_t last_client = 0;
  bool closing = false, handed_over = false;
  os_thread thread;
  // Written by the control thread, read by the watchdog; relaxed: it carries nothing but itself.
  // No model: one moment, nothing else is published.
  std::atomic<instant_ns> last_turn{0};
  // No model: a count that bounds what is posted; it carries nothing.
  std::atomic<std::uint32_t> records_on_the_way{0};
};

// ---- accepting

void server::parts::wait_for(door& at) {
  at.acceptor.async_wait(local::acceptor::wait_read, [this, &at](const asio::error_code& failed) {
    if (!failed && !closing && !handed_over) accept_all(at);
  });
}

void server::parts::accept_all(door& at) {
  // A few at a time: a client that connects without end must not keep the others from their turn.
  for (int admitted = 0; admitted < accepts_per_turn; ++admitted) {
    unique_fd fd = accept_one(at);
    if (fd) {
      admit(at, std::move(fd));
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno == EAGAIN) break;
    log::warn("control", "cannot accept a client",
              {{"socket", at.socket.label()}, {"error", error::last("accept4").text()}});
    at.pause.expires_after(asio_duration(accept_pause));
    at.pause.async_wait([this, &at](const asio::error_code& failed) {
      if (!failed && !closing && !handed_over) wait_for(at);
    });
    return;
  }
  wait_for(at);
}

// With a spare descriptor where the process has no other.
unique_fd server::parts::accept_one(const door& at) {
  const auto accept = [&] { return ::accept4(at.socket.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC); };
  unique_fd fd(accept());
  if (fd || errno != EMFILE || !shared.spares.give_up()) return fd;
  fd.reset(accept());
  if (fd) return fd;
  const int failed = errno;
  shared.spares.fill_up();
  errno = failed;
  return fd;
}

void server::parts::admit(door& at, unique_fd fd) {
  auto who = at.socket.http_only() ? result<peer>(nobody()) : peer_of(fd.get());
  if (!who) return log::warn("control", "cannot tell who connected", {{"error", who.error().text()}});
  auto rights = at.socket.http_only() ? everybodys(at.socket) : shared.policy.decide(*who, at.socket.ceiling());
  if (const auto fits = control::admit(shared.bounds, who->uid, rights.has, crowd_of(who->uid)); !fits) {
    shared.counts.rejected(name(fits.error().why));
    return say_full(fd.get(), fits.error());
  }
  local::socket socket(io);
  asio::error_code failed;
  socket.assign(local(), fd.get(), failed);
  if (failed) return log::warn("control", "cannot watch a client", {{"error", failed.message()}});
  static_cast<void>(fd.release());
  identity client{++last_client, at.socket.label(), std::move(*who), std::move(rights), at.socket.http_only()};
  auto made =
      std::make_shared<session>(shared, std::move(socket), std::move(client), [this](session& gone) { leave(gone); });
  sessions.insert(made);
  tell_of(*made, "connected");  // before it can subscribe: nobody hears of himself
  made->start();
}

crowd_now server::parts::crowd_of(uid_t uid) const {
  const auto same = std::ranges::count_if(sessions, [uid](const auto& each) { return each->client().who.uid == uid; });
  return {sessions.size(), static_cast<std::size_t>(same)};
}

void server::parts::leave(session& who) {
  tell_of(who, "disconnected");
  sessions.erase(who.shared_from_this());
  if (closing && sessions.empty()) io.stop();
}

void server::parts::tell_of(const session& who, std::string_view event) {
  const auto& client = who.client();
  if (client.http_only) return;  // a browser comes for each look, and there is nothing to tell of him
  publish("control.client", {{"client", client_id_text(client.id)},
                             {"event", event},
                             {"uid", client.who.uid},
                             {"pid", client.who.pid},
                             {"comm", client.who.comm},
                             {"socket", client.socket}});
}

// ---- who is there

std::vector<client_info> server::parts::clients() const {
  std::vector<client_info> all;
  for (const auto& each : sessions) all.push_back(each->info());
  std::ranges::sort(all, {}, &client_info::id);
  return all;
}

bool server::parts::disconnect(std::uint64_t id, bool politely) {
  const auto found = std::ranges::find_if(sessions, [id](const auto& each) { return each->client().id == id; });
  if (found == sessions.end()) return false;
  shared.counts.rejected("killed");
  // Later: the caller may be the one, and is not to lose its connection in the middle of its own request.
  asio::post(io, [gone = *found, politely] { politely ? gone->finish() : gone->close(); });
  return true;
}

void server::parts::publish(std::string_view topic, const wire::json& data) {
  auto text = std::make_shared<const std::string>(wire::dump(data));
  shared.box->post([this, topic = std::string(topic), text = std::move(text), at = wall_clock_ns()] {
    send_out(shared.events.append(topic, at, text));
  });
}

void server::parts::send_out(const logged_event& event) {
  const logged_event copy = event;
  const auto all = sessions;  // a slow one may be disconnected on the way
  for (const auto& each : all) each->publish(copy);
}

// On the log's writer. What the control thread does not take in time is left out: the records' numbers show it.
void server::parts::heard(const log::record& r) {
  if (shared.log_listeners.load(std::memory_order_relaxed) == 0) return;
  if (records_on_the_way.fetch_add(1, std::memory_order_relaxed) >= most_records_on_the_way) {
    records_on_the_way.fetch_sub(1, std::memory_order_relaxed);
    return shared.counts.dropped("log", 1);
  }
  auto text = std::make_shared<const std::string>(wire::dump(view(r)));
  const bool posted = shared.box->post([this, text = std::move(text), at = r.wall_ns] {
    records_on_the_way.fetch_sub(1, std::memory_order_relaxed);
    send_out({shared.events.take_number(), at, "log", text});
  });
  if (!posted) records_on_the_way.fetch_sub(1, std::memory_order_relaxed);
}

// ---- the loop's own health

void server::parts::tick() {
  const auto now = steady_clock().now();
  if (next_tick != 0) shared.counts.lagged(now > next_tick ? now - next_tick : 0);
  last_turn.store(now, std::memory_order_relaxed);
  next_tick = now + tick_interval;
  shared.spares.fill_up();  // one that somebody else got, or that was lost with a client who could not be served
  ticker.expires_after(asio_duration(tick_interval));
  ticker.async_wait([this](const asio::error_code& failed) {
    if (!failed) tick();
  });
}

void server::parts::run() {
  for (;;) {
    try {
      io.run();
      return;
    } catch (const std::exception& failed) {
      log::error("control", "a connection could not be served", {{"why", failed.what()}});
      begin_again();
    }
  }
}

// Something threw out of a handler (there is no memory, most likely). Whose it was is not known, nor what it left half
// done: everybody is disconnected, and what the server itself waits for is waited for anew.
void server::parts::begin_again() {
  const auto all = sessions;  // close() takes sessions out of the set
  for (const auto& each : all) each->close();
  if (closing) return io.stop();
  for (auto& each : doors) {
    if (handed_over) break;
    asio::error_code ignored;
    each->acceptor.cancel(ignored);
    each->pause.cancel();
    wait_for(*each);
  }
  tick();
}

// ---- the end

void server::parts::close_doors() {
  for (auto& each : doors) {
    asio::error_code ignored;
    each->acceptor.close(ignored);
    each->pause.cancel();
  }
}

void server::parts::begin_to_close() {
  closing = true;
  close_doors();
  const auto all = sessions;  // finish() takes sessions out of the set
  for (const auto& each : all) each->finish();
  if (sessions.empty()) return io.stop();
  goodbye.expires_after(asio_duration(farewell));
  goodbye.async_wait([this](const asio::error_code&) { io.stop(); });
}

server::server(std::unique_ptr<parts> made) : parts_(std::move(made)) {}
server::~server() { stop(); }

outcome<std::unique_ptr<server>> server::open(server_options options, backend& daemon) {
  std::unique_ptr<parts> made;
  try {
    made = std::make_unique<parts>(daemon);
  } catch (const std::system_error& failed) {  // Asio's context opens descriptors of its own
    return refuse(kind::io_error, "cannot start the control plane: ", failed.what());
  }
  auto policy = access_policy::compile(std::move(options.access));
  if (!policy) return std::unexpected(std::move(policy.error()));
  made->shared.policy = std::move(*policy);
  made->shared.bound(options.bounds);
  made->shared.version = std::move(options.version);
  made->shared.instance_id = new_instance_id();
  if (const auto spare = made->shared.spares.open(); !spare)
    return refuse(kind::io_error, "cannot keep descriptors for the control sockets: ", spare.error().text());
  for (auto& each : options.sockets) {
    auto socket = listen_socket::open(std::move(each));
    if (!socket) return std::unexpected(std::move(socket.error()));
    auto door = std::make_unique<parts::door>(made->io, std::move(*socket));
    // Asio closes what it holds, and so does the socket: each gets a descriptor of its own.
    const int twin = ::fcntl(door->socket.fd(), F_DUPFD_CLOEXEC, 0);
    asio::error_code failed;
    if (twin >= 0) door->acceptor.assign(local(), twin, failed);
    if (twin < 0 || failed)
      return refuse(kind::io_error, "cannot watch the control socket ", door->socket.path(), ": ",
                    twin < 0 ? error::last("fcntl").text() : failed.message());
    made->doors.push_back(std::move(door));
  }
  return std::unique_ptr<server>(new server(std::move(made)));
}

outcome<void> server::start() {
  auto& all = *parts_;
  for (auto* const pool : {&all.shared.reading, &all.shared.doing})
    if (const auto started = pool->start(); !started)
      return refuse(kind::internal, "cannot start a thread for requests: ", started.error().text());
  for (auto& each : all.doors) {
    each->socket.own_file();
    all.wait_for(*each);
  }
  all.tick();
  auto thread = os_thread::start({.name = "tokiod-control"}, [&all] { all.run(); });
  if (!thread) return refuse(kind::internal, "cannot start the control thread: ", thread.error().text());
  all.thread = std::move(*thread);
  log::listen([&all](const log::kept_record& r) { all.heard(*r); });
  return {};
}

void server::stop() {
  auto& all = *parts_;
  if (!all.thread.joinable()) return;
  log::listen(nullptr);
  asio::post(all.io, [&all] { all.begin_to_close(); });  // 1  nobody new; what is ready leaves
  all.thread.join();                                     // 2  the thread has ended
  all.shared.box->close();                               // 3  late answers of plugins go nowhere
  all.shared.reading.stop();                             // 4  nobody looks any more
  all.shared.doing.stop();                               // 5  operations end
  const auto left = std::exchange(all.sessions, {});     // 6  who did not read his reply in time
  for (const auto& each : left) each->close();
  all.doors.clear();  // 7  the files go
}

std::vector<server::socket_copy> server::copies() const {
  const auto twin = [](int fd) { return unique_fd(fd < 0 ? -1 : ::fcntl(fd, F_DUPFD_CLOEXEC, 0)); };
  std::vector<socket_copy> all;
  for (const auto& each : parts_->doors)
    all.push_back({each->socket.label(), twin(each->socket.fd()), twin(each->socket.lock())});
  return all;
}

void server::hand_over() {
  asio::post(parts_->io, [all = parts_.get()] {
    all->handed_over = true;
    all->close_doors();
    for (auto& each : all->doors) each->socket.leave_file();
  });
}

void server::publish(std::string_view topic, wire::json data) { parts_->publish(topic, data); }

outcome<void> server::reconfigure(limits bounds, std::vector<access_rule> access) {
  auto policy = access_policy::compile(std::move(access));
  if (!policy) return std::unexpected(std::move(policy.error()));
  parts_->shared.box->post([all = parts_.get(), bounds, policy = std::move(*policy)]() mutable {
    all->shared.bound(bounds);
    all->shared.policy = std::move(policy);
  });
  return {};
}

instant_ns server::last_turn() const { return parts_->last_turn.load(std::memory_order_relaxed); }

}  // namespace tokiod::control
