// tokio.net/1: sockets that are made step by step: opened, told their options, bound, then listening or connecting.
#include <net/if.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "host/export/net_calls.hpp"
#include "host/export/net_options.hpp"

namespace tokiod::host::net {
namespace {

bool taken_in(const tokio_addr* given, system_address& into) { return given != nullptr && to_system(*given, into); }

// A socket that did nothing yet has told that it is hung up.
tokio_status watch_anew(tokio_io& handle) {
  const sched::host_entry inside;
  const auto renewed = runtime::renew(*handle.source, io::of_kind(io::interest::both, handle.message));
  if (renewed) return TOKIO_OK;
  return renewed.error().code == ESHUTDOWN ? runtime_gone() : fail(renewed.error());
}

}  // namespace

tokio_status open(tokio_plugin* p, uint32_t family, uint32_t type, tokio_io** out) noexcept {
  if (p == nullptr || out == nullptr) return fail(TOKIO_EINVAL, "open: a null pointer");
  if (const auto status = refused_new_io(*p); status != TOKIO_OK) return status;
  const int system = system_type(type);
  if (system < 0) return fail(TOKIO_EINVAL, "there is no socket type ", type);
  tokio_addr any{};
  any.family = static_cast<std::uint16_t>(family);
  const int domain = any.family == family ? family_of(any) : AF_UNSPEC;
  if (domain == AF_UNSPEC) return fail(TOKIO_EINVAL, "there is no address family ", family);
  const int made =
      p->descriptors.make(-1, [&] { return or_errno(::socket(domain, system | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)); });
  if (made < 0) return not_made(*p, "socket", made);
  unique_fd fd(made);
  const auto status = new_io(*p, fd.get(), {.message = system != SOCK_STREAM}, out);
  if (status == TOKIO_OK) (void)fd.release();  // the handle's now
  return status;
}

tokio_status start_bind(tokio_io* handle, const tokio_addr* local) noexcept {
  auto* const p = owner_of(handle);
  if (p == nullptr) return static_cast<tokio_status>(closed_handle());
  system_address at;
  if (!taken_in(local, at)) return bad_address("the local");
  if (unique_fd kept = handle->message ? unique_fd() : kept_listener(*p, at)) {
    const auto status = replace_io(*handle, *p, kept.get());
    if (status == TOKIO_OK) (void)kept.release();  // the handle's now
    return status;
  }
  return ::bind(handle->fd, at.get(), at.length) == 0 ? TOKIO_OK : fail(error::last("bind"));
}

tokio_status start_listen(tokio_io* handle, uint32_t backlog) noexcept {
  auto* const p = owner_of(handle);
  if (p == nullptr) return static_cast<tokio_status>(closed_handle());
  auto status = begin_listen(handle->fd, backlog);
  if (status == TOKIO_OK) status = watch_anew(*handle);
  if (status == TOKIO_OK) listens_now(*p, *handle);
  return status;
}

tokio_status start_connect(tokio_io* handle, const tokio_addr* remote) noexcept {
  if (owner_of(handle) == nullptr) return static_cast<tokio_status>(closed_handle());
  system_address to;
  if (!taken_in(remote, to)) return bad_address("the remote");
  const auto status = begin_connect(handle->fd, to);
  return status == TOKIO_OK ? watch_anew(*handle) : status;
}

tokio_status set_device(tokio_io* handle, tokio_str name) noexcept {
  if (owner_of(handle) == nullptr) return static_cast<tokio_status>(closed_handle());
  if (name.len >= IFNAMSIZ)
    return fail(TOKIO_EINVAL, "the name of a device has at most ", IFNAMSIZ - 1, " bytes, got ", name.len);
  std::array<char, IFNAMSIZ> terminated{};
  if (name.len != 0) std::memcpy(terminated.data(), name.ptr, name.len);
  const auto length = static_cast<socklen_t>(name.len);
  return ::setsockopt(handle->fd, SOL_SOCKET, SO_BINDTODEVICE, terminated.data(), length) == 0
             ? TOKIO_OK
             : fail(error::last("setsockopt"));
}

tokio_status get_device(tokio_io* handle, char* name, size_t* len) noexcept {
  if (owner_of(handle) == nullptr) return static_cast<tokio_status>(closed_handle());
  if (len == nullptr || (name == nullptr && *len != 0)) return fail(TOKIO_EINVAL, "get_device: a null pointer");
  std::array<char, IFNAMSIZ> room{};
  socklen_t length = room.size();
  if (::getsockopt(handle->fd, SOL_SOCKET, SO_BINDTODEVICE, room.data(), &length) != 0)
    return fail(error::last("getsockopt"));
  const std::size_t there = ::strnlen(room.data(), length);
  if (*len != 0) std::memcpy(name, room.data(), std::min(there, *len));
  *len = there;
  return TOKIO_OK;
}

}  // namespace tokiod::host::net
