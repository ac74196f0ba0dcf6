// A pipe, which is a file that waits.
// Invariant: what is not given away is closed when it goes.
// Threads:   an end belongs to one thread at a time.
#pragma once
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstddef>
#include <string>
#include <utility>

namespace tokiod::test {

// A descriptor, closed when it goes.
class owned_fd {
 public:
  owned_fd() = default;
  owned_fd(const owned_fd&) = delete;
  owned_fd& operator=(const owned_fd&) = delete;
  ~owned_fd() { reset(); }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

// Both ends of one: what reads waits until something was written, what writes until there is room.
struct pipe_ends {
  owned_fd read, write;
  pipe_ends() {
    int fds[2];
    REQUIRE(::pipe2(fds, O_CLOEXEC) == 0);
    read.reset(fds[0]);
    write.reset(fds[1]);
  }
  // Until the pipe takes no more; how much that was.
  std::size_t fill_up() {
    const int flags = ::fcntl(write.get(), F_GETFL);
    REQUIRE(::fcntl(write.get(), F_SETFL, flags | O_NONBLOCK) == 0);
    std::size_t total = 0;
    const std::string page(4096, 'f');
    for (ssize_t put = 0; (put = ::write(write.get(), page.data(), page.size())) > 0;)
      total += static_cast<std::size_t>(put);
    REQUIRE(::fcntl(write.get(), F_SETFL, flags) == 0);
    return total;
  }
  std::string read_some(std::size_t most) {
    std::string text(most, '\0');
    const auto got = ::read(read.get(), text.data(), most);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }
  // To the end, which comes when nobody has the other side any more.
  std::string read_all() {
    std::string all;
    for (auto part = read_some(1 << 16); !part.empty(); part = read_some(1 << 16)) all += part;
    return all;
  }
};

}  // namespace tokiod::test
