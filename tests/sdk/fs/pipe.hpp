// For tests of files: futures that are begun and not ended, and a pipe, which is a file that waits.
// Threads: the test's.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstddef>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

#include "tokio/fs.hpp"
#include "tokio/task.hpp"

namespace sdk_test {

// One poll, which begins what it is about and cannot end it: the budget is used up.
template <class F>
auto begin(F& future) {
  return tokio::poll_fn([&future](tokio::context& cx) -> tokio::poll<bool> {
    auto& budget = *cx.raw()->budget;
    const auto before = std::exchange(budget, 0);
    const bool pending = future.poll(cx).is_pending();
    budget = before;
    return pending;
  });
}

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

// Ends: what reads waits until something was written, what writes until there is room.
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

inline std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  std::ostringstream text;
  if (file.peek() != std::ifstream::traits_type::eof()) text << file.rdbuf();
  return std::move(text).str();
}

}  // namespace sdk_test
