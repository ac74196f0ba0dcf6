// What a service manager is told and what it hands over: readiness, status, watchdog, passed sockets. Without
// $NOTIFY_SOCKET nothing is sent and nothing fails. No libsystemd: the protocol is one datagram of NAME=value lines.
// Invariant: what must arrive (READY, RELOADING, STOPPING, more time, descriptors) is sent again when the manager's
// queue
//            was full, in its order. STATUS= goes out at most once a second, the latest text last; a watchdog ping at
//            most every third of its interval. (A service that talks without a pause freezes the manager.)
// Threads:   notifier [any]; passed_sockets [before other threads start].
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/fd.hpp"

namespace tokiod::app {

class notifier {
 public:
  // An empty path: nobody listens. A path that starts with "@" is an abstract socket.
  notifier(const std::string& socket_path, duration_ns watchdog, const clock& time);
  // From $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID.
  static notifier from_environment(const clock& time);

  [[nodiscard]] bool listened() const { return static_cast<bool>(socket_); }
  [[nodiscard]] duration_ns watchdog() const { return watchdog_; }  // 0: none
  // Of the watchdog that were sent.
  [[nodiscard]] std::uint64_t pings() const {
    const std::lock_guard hold(mutex_);
    return pings_;
  }

  void ready();
  void reloading();  // with MONOTONIC_USEC, without which newer managers time the reload out
  void stopping();
  void status(std::string text);
  void extend_timeout(duration_ns by);  // when a stop has made progress
  // A copy of `fd` for the next process, which gets it under this name; what the manager holds under it goes first. A
  // name has 1 to 255 printable characters without a colon. False: nobody keeps it.
  bool store(const std::string& name, int fd);
  void unstore(const std::string& name);

  // One process follows another. The one that comes says nothing until it is told to speak, and then what waited; the
  // one that goes names the other as the main process, and nothing of it is heard afterwards. False: the manager does
  // not read, and nothing has changed.
  void wait_to_speak();
  void speak();
  [[nodiscard]] bool hand_over(pid_t to);

  // Sends what is due: a status that waited, and a watchdog ping while `healthy`. Returns when to call again.
  [[nodiscard]] instant_ns turn(bool healthy);

 private:
  struct message {
    std::string text;
    unique_fd fd = {};  // that goes with it
  };
  enum class voice : std::uint8_t { speaks, waits, left };

  [[nodiscard]] bool send(const std::string& text, int fd = -1);  // false: not now, the manager does not read
  void send_surely(message next);
  [[nodiscard]] bool send_what_waits();

  const clock& time_;
  mutable std::mutex mutex_;  // for everything below
  unique_fd socket_;
  duration_ns watchdog_ = 0;
  std::deque<message> unsent_;
  voice voice_ = voice::speaks;
  std::optional<std::string> waiting_status_;
  instant_ns status_allowed_at_ = 0;
  instant_ns ping_due_at_ = 0;
  std::uint64_t pings_ = 0;
};

// A socket that the service manager opened for us, known by its name; the order is not stable.
struct passed_socket {
  std::string name;
  unique_fd fd;
};

// From $LISTEN_PID, $LISTEN_FDS and $LISTEN_FDNAMES, which are unset so that no child takes them for its own.
[[nodiscard]] std::vector<passed_socket> passed_sockets();

}  // namespace tokiod::app
