// An owned file descriptor and the few system calls that everybody needs, with EINTR handled.
// Invariant: a unique_fd closes what it holds exactly once.
// Threads:   a unique_fd belongs to one thread at a time; the functions are [any].
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "base/error.hpp"

namespace tokiod {

class unique_fd {
 public:
  unique_fd() = default;
  explicit unique_fd(int fd) : fd_(fd) {}
  unique_fd(unique_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  unique_fd& operator=(unique_fd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~unique_fd() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

// Calls `call` again while it fails with EINTR.
template <class Call>
auto retry_eintr(Call call) {
  decltype(call()) value;
  do {
    value = call();
  } while (value == -1 && errno == EINTR);
  return value;
}

result<std::size_t> read_some(int fd, std::span<std::byte> into);
result<std::size_t> write_some(int fd, std::span<const std::byte> from);
// Also of a descriptor that somebody else made non-blocking: then it waits for room, a second at most. EAGAIN.
result<void> write_all(int fd, std::span<const std::byte> from);
result<void> set_nonblocking(int fd);
result<std::string> read_file(const std::string& path, std::size_t limit_bytes);  // EFBIG past the limit
result<unique_fd> make_eventfd();                                                 // non-blocking, close-on-exec

}  // namespace tokiod
