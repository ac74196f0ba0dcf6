// Listening sockets of plugins that outlive this process. While an instance listens, the service manager holds a copy
// (FDSTORE=1) and hands it to the next process, whatever became of this one; an instance that asks for the same address
// then gets the socket that never ceased to listen. What nobody asks for until the start is over is closed, and taken
// from the manager.
//
//   name of a copy   listen/<instance>/<address>, where what a name may not hold is %XX: listen/echo/127.0.0.1%3A7007
//
// Kept are TCP addresses with a port, and Unix addresses without a file: port 0 means any port, and files of sockets
// are replaced by who makes them. Of several sockets of one instance at one address (SO_REUSEPORT) each has a number.
// Invariant: the manager holds one copy for each name, of a socket that listens or is about to be asked for. From
//            freeze() on nothing is taken from it: what is closed after that goes on there.
// Threads:   [any].
#pragma once
#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "app/notify.hpp"
#include "base/clock.hpp"
#include "host/listener_keeper.hpp"

namespace tokiod::app {

class kept_listeners final : public host::listener_keeper {
 public:
  // As FileDescriptorStoreMax= of the unit: the manager drops what is too much.
  static constexpr std::size_t most = 64;

  // Takes the sockets of earlier processes out of what was passed.
  kept_listeners(notifier& manager, std::vector<passed_socket>& passed);

  [[nodiscard]] unique_fd take(std::string_view instance, const sockaddr* at, socklen_t length) override;
  void listens(std::string_view instance, int fd) override;
  void leaves(std::string_view instance, int fd) override;

  // The start is over: what nobody has asked for within `patience` is closed. Instances may listen in tasks of theirs,
  // so it waits, until then at most, or until freeze().
  void drop_unclaimed(duration_ns patience);
  [[nodiscard]] bool has_unclaimed() const;
  // This process ends: the copies are for the next one.
  void freeze();
  // Copies of what listens now, under their names: for the next process.
  [[nodiscard]] std::vector<passed_socket> copies() const;

 private:
  [[nodiscard]] std::string free_name(const std::string& stem) const;
  void forget(const std::string& name);

  notifier& manager_;
  mutable std::mutex mutex_;  // for everything below
  std::condition_variable changed_;
  std::map<std::string, unique_fd> waits_;  // from an earlier process, by name: not asked for yet
  std::set<std::string> stored_;            // what the manager holds
  std::map<int, std::string> live_;         // what listens, by its descriptor
  bool frozen_ = false;
  bool told_of_limit_ = false;
};

// "listen/echo/127.0.0.1%3A7007"; empty: a socket at such an address is not kept.
[[nodiscard]] std::string listener_name(std::string_view instance, const sockaddr* at, socklen_t length);

}  // namespace tokiod::app
