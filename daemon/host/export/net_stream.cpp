// tokio.net/1: bytes in and out of streams.
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "host/export/net_calls.hpp"
#include "host/export/quiet_write.hpp"

namespace tokiod::host::net {
namespace {

template <class Vector>
std::size_t total(const Vector* vectors, std::size_t n) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < n; ++i) bytes += std::min(vectors[i].len, most_bytes - bytes);
  return bytes;
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
    return or_errno(handle->socket ? ::send(fd, buf, len, MSG_NOSIGNAL)
                                   : quiet_write([&] { return ::write(fd, buf, len); }));
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
    if (handle->socket) return or_errno(::sendmsg(fd, &message, MSG_NOSIGNAL));
    return or_errno(quiet_write([&] { return ::writev(fd, message.msg_iov, static_cast<int>(n)); }));
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
