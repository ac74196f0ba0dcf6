// A listening control socket: made at a path, adopted from systemd, or a port of the loopback.
// Invariant: nobody can connect before the file has its mode and group; a socket that a living process serves is never
//            unlinked; the file goes with the object, if it is still ours.
// Threads:   open [any]; the object has one owner.
#pragma once
#include <sys/types.h>

#include <string>
#include <utility>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "control/options.hpp"

namespace tokiod::control {

class listen_socket {
 public:
  [[nodiscard]] static outcome<listen_socket> open(socket_options options);
  listen_socket(listen_socket&& other) noexcept
      : label_(std::move(other.label_)),
        path_(std::move(other.path_)),
        ceiling_(other.ceiling_),
        lock_(std::move(other.lock_)),
        socket_(std::move(other.socket_)),
        http_only_(other.http_only_),
        inherited_(std::exchange(other.inherited_, false)),
        device_(other.device_),
        inode_(std::exchange(other.inode_, 0)) {}
  listen_socket& operator=(listen_socket&&) = delete;
  ~listen_socket();

  [[nodiscard]] int fd() const { return socket_.get(); }
  [[nodiscard]] int lock() const { return lock_.get(); }  // -1: the file is somebody else's
  // From one process to the next: the file stays when we go, or goes with us. Of a socket that was passed in without a
  // lock it is somebody else's all the time.
  void leave_file() { inherited_ = true; }
  void own_file();
  [[nodiscard]] const std::string& label() const { return label_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] level ceiling() const { return ceiling_; }
  // Whoever comes in is unknown, and is given HTTP alone.
  [[nodiscard]] bool http_only() const { return http_only_; }

 private:
  listen_socket() = default;
  outcome<void> adopt(unique_fd passed);
  [[nodiscard]] bool is_bound_to_path(int fd) const;
  outcome<void> make(const socket_options& options);
  outcome<void> open_port(loopback_address at, unique_fd passed);
  outcome<void> make_port(loopback_address at);
  outcome<void> learn_port(loopback_address at);
  outcome<void> take_lock();
  outcome<void> clear_path() const;
  outcome<void> bind_private();
  outcome<void> publish(const socket_options& options);

  std::string label_, path_;
  level ceiling_ = level::none;
  unique_fd lock_;  // of PATH.lock; held for as long as the socket is served
  unique_fd socket_;
  bool http_only_ = false;
  bool inherited_ = false;  // the file and the lock are another process's, so far or by now
  dev_t device_ = 0;        // of the file that we made; inode 0: none
  ino_t inode_ = 0;
};

}  // namespace tokiod::control
