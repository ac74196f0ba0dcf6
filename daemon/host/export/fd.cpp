// tokio.fd/1: a plugin's own descriptors, watched by the host; readiness through tokio.net/1.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "host/export/common.hpp"
#include "host/export/net_calls.hpp"
#include "host/export/tables.hpp"

namespace tokiod::host {
namespace {

constexpr std::uint32_t known_interest = TOKIO_READY_READ | TOKIO_READY_WRITE | TOKIO_READY_PRI | TOKIO_READY_ERROR;

io::interest to_interest(std::uint32_t mask) {
  unsigned set = 0;
  if ((mask & TOKIO_READY_READ) != 0) set |= static_cast<unsigned>(io::interest::read);
  if ((mask & TOKIO_READY_WRITE) != 0) set |= static_cast<unsigned>(io::interest::write);
  if ((mask & TOKIO_READY_PRI) != 0) set |= static_cast<unsigned>(io::interest::priority);
  return static_cast<io::interest>(set);
}

io_shape shape_of(int fd, std::uint32_t interest) {
  struct stat facts{};
  int type = SOCK_STREAM;
  socklen_t length = sizeof type;
  const bool socket = ::fstat(fd, &facts) == 0 && S_ISSOCK(facts.st_mode);
  if (socket) (void)::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length);
  return {.socket = socket, .message = type != SOCK_STREAM, .interest = to_interest(interest)};
}

tokio_status refused_fd(const tokio_plugin* p, const char* call, std::uint32_t interest, tokio_io** out) {
  if (p == nullptr || out == nullptr) return fail(TOKIO_EINVAL, call, ": a null pointer");
  if (interest == 0 || (interest & ~known_interest) != 0)
    return fail(TOKIO_EINVAL, call, " takes a set of TOKIO_READY_READ, WRITE, PRI and ERROR, got ", interest);
  return refused_new_io(*p);
}

tokio_status fd_watch(tokio_plugin* p, int32_t fd, uint32_t interest, tokio_io** out) noexcept {
  if (const auto status = refused_fd(p, "watch", interest, out); status != TOKIO_OK) return status;
  // The kernel knows a registration by its number, and the plugin may close its own at any time: then the number is
  // somebody else's.
  const int twin = p->descriptors.make(-1, [&] { return or_errno(::fcntl(fd, F_DUPFD_CLOEXEC, 0)); });
  if (twin < 0) return net::not_made(*p, "watch", twin);
  unique_fd ours(twin);
  const auto status = new_io(*p, twin, shape_of(twin, interest), out);
  if (status == TOKIO_OK) (void)ours.release();  // the handle's now
  return status;
}

// The descriptor stays the caller's on every error; its flags are put back then.
tokio_status fd_adopt(tokio_plugin* p, int32_t fd, uint32_t interest, tokio_io** out) noexcept {
  if (const auto status = refused_fd(p, "adopt", interest, out); status != TOKIO_OK) return status;
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0) return fail(error::last("fcntl"));
  if (::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) return fail(error::last("fcntl"));
  const auto status = new_io(*p, fd, shape_of(fd, interest), out);
  if (status != TOKIO_OK) (void)::fcntl(fd, F_SETFL, flags);
  return status;
}

int32_t fd_raw(tokio_io* handle) noexcept {
  if (handle == nullptr || handle->owner.load(relaxed) == nullptr)
    return fail(TOKIO_EBADF, "the handle was closed before");
  return handle->fd;
}

tokio_status fd_release(tokio_io* handle, int32_t* fd_out) noexcept {
  auto* p = handle == nullptr ? nullptr : handle->owner.load(relaxed);
  if (p == nullptr || fd_out == nullptr)
    return fail(TOKIO_EBADF, "release: the handle was closed before, or a null pointer");
  *fd_out = release_io(*handle, *p);
  return TOKIO_OK;
}

}  // namespace

const tokio_fd_ext fd_table = {
    .size = sizeof(tokio_fd_ext),
    .flags = 0,
    .adopt = fd_adopt,
    .raw = fd_raw,
    .release = fd_release,
    .watch = fd_watch,
};

}  // namespace tokiod::host
