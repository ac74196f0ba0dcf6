#include "base/fd.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace tokiod {
namespace {

bool has_room(int fd) {
  constexpr int patience_ms = 1000;
  pollfd at{fd, POLLOUT, 0};
  return retry_eintr([&] { return ::poll(&at, 1, patience_ms); }) == 1;
}

}  // namespace

void unique_fd::reset(int fd) {
  const int old = std::exchange(fd_, fd);
  // Linux releases the descriptor even when close() says EINTR: a second close could hit somebody else's descriptor.
  if (old >= 0) ::close(old);
}

result<std::size_t> read_some(int fd, std::span<std::byte> into) {
  const auto n = retry_eintr([&] { return ::read(fd, into.data(), into.size()); });
  if (n < 0) return std::unexpected(error::last("read"));
  return static_cast<std::size_t>(n);
}

result<std::size_t> write_some(int fd, std::span<const std::byte> from) {
  const auto n = retry_eintr([&] { return ::write(fd, from.data(), from.size()); });
  if (n < 0) return std::unexpected(error::last("write"));
  return static_cast<std::size_t>(n);
}

result<void> write_all(int fd, std::span<const std::byte> from) {
  while (!from.empty()) {
    const auto n = write_some(fd, from);
    if (!n && (n.error().code != EAGAIN || !has_room(fd))) return std::unexpected(n.error());
    from = from.subspan(n.value_or(0));
  }
  return {};
}

result<void> set_nonblocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) return std::unexpected(error::last("fcntl"));
  return {};
}

result<std::string> read_file(const std::string& path, std::size_t limit_bytes) {
  const unique_fd file(retry_eintr([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
  if (!file) return std::unexpected(error::last("open"));
  std::string text;
  for (;;) {
    std::byte chunk[8192];
    const auto n = read_some(file.get(), chunk);
    if (!n) return std::unexpected(n.error());
    if (*n == 0) return text;
    if (text.size() + *n > limit_bytes) return std::unexpected(error{EFBIG, "read"});
    text.append(reinterpret_cast<const char*>(chunk), *n);
  }
}

result<unique_fd> make_eventfd() {
  unique_fd fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!fd) return std::unexpected(error::last("eventfd"));
  return fd;
}

}  // namespace tokiod
