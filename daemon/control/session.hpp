// One connection: finds out which protocol it speaks, reads requests within every limit, and writes what is due.
// Invariant: what waits for a client is bounded. A client that sends half a line, sends too much, or does not read is
//            paused first and disconnected then; nobody else waits for it.
// Threads:   [control].
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "control/access.hpp"
#include "control/asio.hpp"
#include "control/client_info.hpp"
#include "control/dispatch.hpp"
#include "control/outbox.hpp"
#include "control/peer.hpp"
#include "control/plane.hpp"
#include "control/subscriptions.hpp"
#include "wire/framing.hpp"
#include "wire/rpc.hpp"

namespace tokiod::control {

struct identity {
  std::uint64_t id;    // counts connections of this process
  std::string socket;  // label of the listening socket
  peer who;
  grant rights;            // it may give some of them up
  bool http_only = false;  // it came through a port, and is nobody
};

class session : public std::enable_shared_from_this<session> {
 public:
  // `gone` is called once, when the connection is closed.
  session(plane& shared, local::socket socket, identity client, std::function<void(session&)> gone);

  void start();
  void publish(const logged_event& event);
  void finish();  // reads nothing more; closes when everything that is ready was written
  void close();   // now
  [[nodiscard]] const identity& client() const { return client_; }
  [[nodiscard]] client_info info() const;

 private:
  enum class protocol : std::uint8_t { unknown, rpc, http };
  struct batch;

  // ---- reading
  void read();
  void on_read(const asio::error_code& failed, std::size_t n);
  void on_end();
  void watch_for_hangup();
  [[nodiscard]] bool may_handle() const;
  void turn();
  void handle(const wire::line& line);
  void begin_member();
  void begin(wire::member asked, const std::shared_ptr<batch>& group, std::size_t slot);
  void strike(const refusal& why);
  void read_http_head();
  void answered_http(std::string page);

  // ---- working
  void submit(wire::request asked, const std::shared_ptr<batch>& group, std::size_t slot);
  void answered(const json& id, answer what, const std::shared_ptr<batch>& group, std::size_t slot);
  void fill(const std::shared_ptr<batch>& group, std::size_t slot, std::string text);
  void settle();  // after something ended: may go on reading, or be over

  // ---- writing
  void send(std::string text);
  void write();
  void on_written(const asio::error_code& failed, std::size_t n);

  // ---- clocks
  void arm_read_timer();
  void disarm_read_timer();
  void arm_idle_timer();
  void disconnect(std::string_view reason);

  plane& shared_;
  const limits bounds_;  // those of the moment it connected
  local::socket socket_;
  identity client_;
  std::string name_;  // that it gave itself
  const std::int64_t since_wall_ns_ = wall_clock_ns();
  std::uint64_t requests_ = 0;
  std::function<void(session&)> gone_;

  protocol speaks_ = protocol::unknown;
  wire::line_reader lines_;
  std::string http_head_;
  std::array<char, 16384> chunk_{};
  std::shared_ptr<batch> batch_;  // whose members are being begun
  outbox out_;
  subscriptions subs_;
  std::map<std::uint64_t, host::call_id> calls_;  // of plugins, that wait for an answer
  std::uint64_t last_call_ = 0;

  std::size_t in_flight_ = 0;
  std::size_t answered_bytes_ = 0;  // in this turn
  unsigned parse_errors_ = 0;
  bool reading_ = false, writing_ = false, turning_ = false, read_timer_armed_ = false;
  bool http_begun_ = false;  // the request is whole and being answered
  bool ended_ = false;       // the client has shut down its sending side
  bool finishing_ = false;   // close once everything is written
  bool closed_ = false;
  asio::steady_timer read_timer_, idle_timer_, write_timer_;
};

}  // namespace tokiod::control
