// tokio.net/1: the table, and what every socket can be asked and told.
#include "host/export/address.hpp"
#include "host/export/net_calls.hpp"
#include "host/export/net_options.hpp"
#include "host/export/tables.hpp"

namespace tokiod::host {
namespace {

using net::closed_handle;
using net::owner_of;

tokio_status set_opt(tokio_io* handle, uint32_t option, int64_t value) noexcept {
  return owner_of(handle) == nullptr ? static_cast<tokio_status>(closed_handle())
                                     : set_socket_option(handle->fd, option, value);
}
tokio_status get_opt(tokio_io* handle, uint32_t option, int64_t* value) noexcept {
  if (owner_of(handle) == nullptr) return static_cast<tokio_status>(closed_handle());
  return value == nullptr ? fail(TOKIO_EINVAL, "get_opt: a null pointer")
                          : get_socket_option(handle->fd, option, *value);
}

tokio_status get_addr(tokio_io* handle, tokio_addr* local, tokio_addr* peer) noexcept {
  if (owner_of(handle) == nullptr) return static_cast<tokio_status>(closed_handle());
  system_address one;
  one.length = sizeof one.storage;
  if (local != nullptr && ::getsockname(handle->fd, one.get(), &one.length) != 0)
    return fail(error::last("getsockname"));
  if (local != nullptr) *local = from_system(one.storage, one.length);
  one.length = sizeof one.storage;
  if (peer != nullptr && ::getpeername(handle->fd, one.get(), &one.length) != 0)
    return fail(error::last("getpeername"));
  if (peer != nullptr) *peer = from_system(one.storage, one.length);
  return TOKIO_OK;
}

tokio_status peer_cred(tokio_io* handle, uint32_t* uid, uint32_t* gid, int32_t* pid) noexcept {
  if (owner_of(handle) == nullptr) return static_cast<tokio_status>(closed_handle());
  ucred who{};
  socklen_t length = sizeof who;
  if (::getsockopt(handle->fd, SOL_SOCKET, SO_PEERCRED, &who, &length) != 0) return fail(error::last("getsockopt"));
  if (uid != nullptr) *uid = who.uid;
  if (gid != nullptr) *gid = who.gid;
  if (pid != nullptr) *pid = who.pid;
  return TOKIO_OK;
}

void net_close(tokio_io* handle) noexcept {
  if (handle == nullptr) return;
  auto* p = owner_of(handle);
  if (p == nullptr) return (void)misuse(nullptr, "close: the socket was closed before");
  close_io(*handle, *p);
}

}  // namespace

const tokio_net_ext net_table = {
    .size = sizeof(tokio_net_ext),
    .flags = 0,
    .listen = net::listen,
    .connect = net::connect,
    .bind = net::bind,
    .poll_connect = net::poll_connect,
    .poll_accept = net::poll_accept,
    .poll_read = net::poll_read,
    .poll_write = net::poll_write,
    .poll_readv = net::poll_readv,
    .poll_writev = net::poll_writev,
    .poll_recv_msg = net::poll_recv_msg,
    .poll_send_msg = net::poll_send_msg,
    .poll_shutdown = net::poll_shutdown,
    .poll_ready = net::poll_ready,
    .clear_ready = net::clear_ready,
    .set_opt = set_opt,
    .get_opt = get_opt,
    .get_addr = get_addr,
    .multicast = net::multicast,
    .pair = net::pair,
    .peer_cred = peer_cred,
    .close = net_close,
    .set_peer = net::set_peer,
    .poll_wait = net::poll_wait,
    .leave_wait = net::leave_wait,
    .clear_wait = net::clear_wait,
    .open = net::open,
    .start_bind = net::start_bind,
    .start_listen = net::start_listen,
    .start_connect = net::start_connect,
    .set_device = net::set_device,
    .get_device = net::get_device,
};

}  // namespace tokiod::host
