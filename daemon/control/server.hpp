// The control plane: one thread of its own that listens, reads requests, answers them and sends events. It never runs
// plugin code and never waits for a worker, so it answers while every worker is stuck.
// Invariant: a request is answered exactly once, a notification never; one client's flood, silence or slowness costs
//            the others nothing but the bounded turn of one request.
// Threads:   open, start, stop [one thread]; publish, reconfigure [any].
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "control/backend.hpp"
#include "control/options.hpp"
#include "wire/json.hpp"

namespace tokiod::control {

class server {
 public:
  // Makes or adopts the sockets and checks the rules: connections wait in the backlog until start(). The backend must
  // live until stop() has returned.
  [[nodiscard]] static outcome<std::unique_ptr<server>> open(server_options options, backend& daemon);
  ~server();  // stops, unless stopped already
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  [[nodiscard]] outcome<void> start();  // begins to answer
  // Closes the door, lets replies that are ready leave, waits for running operations, ends the thread.
  void stop();

  // Copies of what it listens on, for a process that is to follow this one. [between open and stop]
  struct socket_copy {
    std::string label;
    unique_fd socket, lock;  // no lock: the file is not ours
  };
  [[nodiscard]] std::vector<socket_copy> copies() const;
  // That process serves them from now on: nobody new is let in here, and their files stay. [any, before stop]
  void hand_over();

  // Sends an event to those who subscribed: daemon.state {state}, plugin.state {plugin, from, to, detail}.
  void publish(std::string_view topic, wire::json data);
  // New limits and rules, for new connections. Refuses a rule that names an unknown user or group.
  [[nodiscard]] outcome<void> reconfigure(limits bounds, std::vector<access_rule> access);
  // When the control thread last went round: for the watchdog.
  [[nodiscard]] instant_ns last_turn() const;

 private:
  struct parts;
  explicit server(std::unique_ptr<parts> made);
  std::unique_ptr<parts> parts_;
};

}  // namespace tokiod::control
