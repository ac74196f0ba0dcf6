// The service manager's end of sd_notify: a datagram socket that keeps what it is sent.
// Threads: one.
#pragma once
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "support/temp_dir.hpp"

namespace tokiod::test {

class notify_socket {
 public:
  enum kind { file, abstract };

  explicit notify_socket(kind k = file)
      : path_(k == file ? dir_ / "notify" : "@tokiod-notify-test." + std::to_string(::getpid())),
        fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    if (k == abstract) address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size());
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) != 0) std::abort();
  }
  notify_socket(const notify_socket&) = delete;
  notify_socket& operator=(const notify_socket&) = delete;
  ~notify_socket() { ::close(fd_); }

  [[nodiscard]] const std::string& path() const { return path_; }

  // What came since the last call; does not wait.
  [[nodiscard]] std::vector<std::string> take() const {
    std::vector<std::string> messages;
    char text[4096];
    for (ssize_t n = 0; (n = ::recv(fd_, text, sizeof text, 0)) >= 0;)
      messages.emplace_back(text, static_cast<std::size_t>(n));
    return messages;
  }

 private:
  temp_dir dir_;
  std::string path_;
  int fd_;
};

}  // namespace tokiod::test
