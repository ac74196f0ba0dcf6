// tokio.net/1: bytes in and out of streams.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>

#include "host/export/net_calls.hpp"

namespace tokiod::host::net {
namespace {

template <class Vector>
std::size_t total(const Vector* vectors, std::size_t n) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < n; ++i) bytes += std::min(vectors[i].len, most_bytes - bytes);
  return bytes;
}

// A write to a pipe that nobody reads is EPIPE and no signal, also on a thread that is not the host's own.
class no_sigpipe {
 public:
  no_sigpipe() {
    ::sigemptyset(&only_);
    ::sigaddset(&only_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &only_, &before_);
  }
  no_sigpipe(const no_sigpipe&) = delete;
  no_sigpipe& operator=(const no_sigpipe&) = delete;
  ~no_sigpipe() {
    if (::sigismember(&before_, SIGPIPE) == 0) ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  ssize_t done(ssize_t written) const {
    constexpr timespec at_once{};
    if (written == -EPIPE && ::sigismember(&before_, SIGPIPE) == 0) (void)::sigtimedwait(&only_, nullptr, &at_once);
    return written;
  }

 private:
  sigset_t only_{}, before_{};
};

template <class Write>
ssize_t without_signal(Write write) {
  const no_sigpipe quiet;
  return quiet.done(or_errno(write()));
}

static_assert(sizeof(tokio_iovec) == sizeof(iovec) && offsetof(tokio_iovec, len) == offsetof(iovec, iov_len));
static_assert(sizeof(tokio_ciovec) == sizeof(iovec) && offsetof(tokio_ciovec, len) == offsetof(iovec, iov_len));

}  // namespace

tokio_res poll_read(tokio_io* handle, tokio_cx* cx, void* buf, size_t len) noexcept {
  len = std::min(len, most_bytes);
  return transfer(handle, cx, direction::read, len, entry::read_bytes,
                  [&](int fd) { return or_errno(handle->socket ? ::recv(fd, buf, len, 0) : ::read(fd, buf, len)); });
}

tokio_res poll_write(tokio_io* handle, tokio_cx* cx, const void* buf, size_t len) noexcept {
  len = std::min(len, most_bytes);
  return transfer(handle, cx, direction::write, len, entry::written_bytes, [&](int fd) {
    if (!handle->socket) return without_signal([&] { return ::write(fd, buf, len); });
    return or_errno(::send(fd, buf, len, MSG_NOSIGNAL));
  });
}

tokio_res poll_readv(tokio_io* handle, tokio_cx* cx, const tokio_iovec* vectors, size_t n) noexcept {
  n = std::min(n, most_vectors);
  return transfer(handle, cx, direction::read, total(vectors, n), entry::read_bytes,
                  [&](int fd) { return or_errno(::readv(fd, system_vectors(vectors), static_cast<int>(n))); });
}

tokio_res poll_writev(tokio_io* handle, tokio_cx* cx, const tokio_ciovec* vectors, size_t n) noexcept {
  n = std::min(n, most_vectors);
  return transfer(handle, cx, direction::write, total(vectors, n), entry::written_bytes, [&](int fd) {
    msghdr message{};
    message.msg_iov = system_vectors(vectors);
    message.msg_iovlen = n;
    if (!handle->socket) return without_signal([&] { return ::writev(fd, message.msg_iov, static_cast<int>(n)); });
    return or_errno(::sendmsg(fd, &message, MSG_NOSIGNAL));
  });
}

tokio_res poll_shutdown(tokio_io* handle, tokio_cx*, uint32_t how) noexcept {
  if (owner_of(handle) == nullptr) return closed_handle();
  if (how == 0 || (how & ~(TOKIO_SHUT_RD | TOKIO_SHUT_WR)) != 0)
    return fail(TOKIO_EINVAL, "shutdown takes TOKIO_SHUT_RD and TOKIO_SHUT_WR, got ", how);
  const int system = how == TOKIO_SHUT_RD ? SHUT_RD : how == TOKIO_SHUT_WR ? SHUT_WR : SHUT_RDWR;
  if (::shutdown(handle->fd, system) != 0 && errno != ENOTCONN) return fail(error::last("shutdown"));
  return TOKIO_OK;
}

}  // namespace tokiod::host::net
