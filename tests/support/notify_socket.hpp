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
#include <utility>
#include <vector>

#include "base/fd.hpp"
#include "support/temp_dir.hpp"

namespace tokiod::test {

class notify_socket {
 public:
  enum kind { file, abstract };

  explicit notify_socket(kind k = file)
      : path_(k == file ? dir_ / "notify" : "@tokiod-notify-test." + std::to_string(::getpid())),
        fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    address_.sun_family = AF_UNIX;
    std::memcpy(address_.sun_path, path_.data(), path_.size());
    if (k == abstract) address_.sun_path[0] = '\0';
    size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size());
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address_), size_) != 0) std::abort();
  }
  notify_socket(const notify_socket&) = delete;
  notify_socket& operator=(const notify_socket&) = delete;
  ~notify_socket() { ::close(fd_); }

  [[nodiscard]] const std::string& path() const { return path_; }

  // Sends itself a message; false: its queue is full.
  [[nodiscard]] bool is_sent(const std::string& text) const {
    return ::sendto(fd_, text.data(), text.size(), MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&address_), size_) >=
           0;
  }

  // What came since the last call; does not wait.
  [[nodiscard]] std::vector<std::string> take() const {
    std::vector<std::string> texts;
    for (auto& each : take_all()) texts.push_back(std::move(each.text));
    return texts;
  }

  struct message {
    std::string text;
    unique_fd fd;  // that came with it
  };
  // The same with descriptors.
  [[nodiscard]] std::vector<message> take_all() const {
    std::vector<message> messages;
    char text[4096];
    alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int))];
    for (;;) {
      iovec part{text, sizeof text};
      msghdr all{};
      all.msg_iov = &part;
      all.msg_iovlen = 1;
      all.msg_control = room;
      all.msg_controllen = sizeof room;
      const auto n = ::recvmsg(fd_, &all, MSG_CMSG_CLOEXEC);
      if (n < 0) return messages;
      int fd = -1;
      if (const auto* const with = CMSG_FIRSTHDR(&all)) std::memcpy(&fd, CMSG_DATA(with), sizeof fd);
      messages.push_back({std::string(text, static_cast<std::size_t>(n)), unique_fd(fd)});
    }
  }

 private:
  temp_dir dir_;
  std::string path_;
  int fd_;
  sockaddr_un address_{};
  socklen_t size_ = 0;
};

}  // namespace tokiod::test
