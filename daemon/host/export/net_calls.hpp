// Internal to host/export/net*.cpp: the functions of tokio.net/1, by the file that holds them, and what they share. The
// host makes the system calls; readiness decides when. The hot functions touch the handle, its source and the core's
// own line of the ledger.
// Threads: as tokio/abi/net.h says of each.
#pragma once
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <climits>
#include <concepts>
#include <cstddef>
#include <optional>

#include "host/export/address.hpp"
#include "host/export/common.hpp"
#include "host/export/io_handle.hpp"

namespace tokiod::host::net {

// ---- net_socket.cpp: how sockets come to be
tokio_status listen(tokio_plugin* p, const tokio_sock_params* given, tokio_io** out) noexcept;
tokio_status connect(tokio_plugin* p, const tokio_sock_params* given, tokio_io** out) noexcept;
tokio_status bind(tokio_plugin* p, const tokio_sock_params* given, tokio_io** out) noexcept;
tokio_status pair(tokio_plugin* p, uint32_t type, tokio_io** a, tokio_io** b) noexcept;
tokio_res poll_accept(tokio_io* handle, tokio_cx* cx, tokio_io** out, tokio_addr* peer) noexcept;
tokio_res poll_connect(tokio_io* handle, tokio_cx* cx) noexcept;
int system_type(std::uint32_t type);  // -1: there is no such type
[[gnu::cold]] tokio_status not_made(const tokio_plugin& p, const char* call, int failed);
tokio_status begin_listen(int fd, std::uint32_t backlog);
// What an earlier process left listening there for this instance; none: nothing.
unique_fd kept_listener(const tokio_plugin& p, const system_address& at);
void listens_now(const tokio_plugin& p, tokio_io& handle);
tokio_status begin_connect(int fd, const system_address& to);

// ---- net_stream.cpp
tokio_res poll_read(tokio_io* handle, tokio_cx* cx, void* buf, size_t len) noexcept;
tokio_res poll_write(tokio_io* handle, tokio_cx* cx, const void* buf, size_t len) noexcept;
tokio_res poll_readv(tokio_io* handle, tokio_cx* cx, const tokio_iovec* vectors, size_t n) noexcept;
tokio_res poll_writev(tokio_io* handle, tokio_cx* cx, const tokio_ciovec* vectors, size_t n) noexcept;
tokio_res poll_shutdown(tokio_io* handle, tokio_cx* cx, uint32_t how) noexcept;

// ---- net_datagram.cpp
tokio_res poll_recv_msg(tokio_io* handle, tokio_cx* cx, const tokio_iovec* vectors, size_t n, tokio_msg* msg) noexcept;
tokio_res poll_send_msg(tokio_io* handle, tokio_cx* cx, const tokio_ciovec* vectors, size_t n,
                        const tokio_msg* given) noexcept;
tokio_status set_peer(tokio_io* handle, const tokio_addr* peer) noexcept;
tokio_status multicast(tokio_io* handle, const tokio_addr* group, uint32_t interface, uint32_t join) noexcept;

// ---- net_readiness.cpp
tokio_res poll_ready(tokio_io* handle, tokio_cx* cx, uint32_t interest) noexcept;
void clear_ready(tokio_io* handle, uint32_t mask) noexcept;
tokio_res poll_wait(tokio_io* handle, tokio_cx* cx, uint32_t interest, tokio_wait* wait) noexcept;
void leave_wait(tokio_io* handle, tokio_wait* wait) noexcept;
void clear_wait(tokio_io* handle, const tokio_wait* wait, uint32_t mask) noexcept;

// ---- net_steps.cpp: sockets that are made step by step
tokio_status open(tokio_plugin* p, uint32_t family, uint32_t type, tokio_io** out) noexcept;
tokio_status start_bind(tokio_io* handle, const tokio_addr* local) noexcept;
tokio_status start_listen(tokio_io* handle, uint32_t backlog) noexcept;
tokio_status start_connect(tokio_io* handle, const tokio_addr* remote) noexcept;
tokio_status set_device(tokio_io* handle, tokio_str name) noexcept;
tokio_status get_device(tokio_io* handle, char* name, size_t* len) noexcept;

// ---- what they share

using io::direction;

inline constexpr std::size_t most_vectors = 1024;  // IOV_MAX
inline constexpr std::size_t most_bytes = SSIZE_MAX;

// Null when the handle was closed: the pool's slot has no owner then.
inline tokio_plugin* owner_of(tokio_io* handle) { return handle == nullptr ? nullptr : handle->owner.load(relaxed); }

[[gnu::cold]] inline tokio_res closed_handle() { return fail(TOKIO_EBADF, "the socket was closed before"); }

[[gnu::cold]] inline tokio_status bad_address(const char* which) {
  return fail(TOKIO_EINVAL, which, " address has an unknown family, a path that is too long, or reserved bytes set");
}

// The system's vectors are not const; it does not write through those of a send.
inline iovec* system_vectors(const void* vectors) { return static_cast<iovec*>(const_cast<void*>(vectors)); }

// One polled system call: budget, readiness, accounting, unless nothing is moved by it. `call` returns a negative errno
// or how many bytes it was about.
template <class Call>
tokio_res transfer(tokio_io* handle, tokio_cx* cx, direction d, std::size_t wanted, std::optional<entry> bytes,
                   Call call) {
  auto* p = owner_of(handle);
  if (p == nullptr) [[unlikely]]
    return closed_handle();
  if (cx != nullptr && !tokio_coop(cx)) [[unlikely]]
    return TOKIO_PENDING;
  const auto waiter = cx != nullptr ? key_of(cx->waker) : task::key{};
  const ssize_t moved =
      io::poll_transfer(*handle->source, d, handle->message ? 0 : wanted, cx != nullptr ? &waiter : nullptr,
                        [&]() -> ssize_t { return call(handle->fd); });
  if (moved == -EAGAIN) {
    if (cx != nullptr) tokio_coop_restore(cx);
    return TOKIO_PENDING;
  }
  if (moved == io::reactor_gone) [[unlikely]]
    return runtime_gone();
  if (moved > 0 && bytes) {
    const sched::host_entry inside;
    p->count(*bytes, moved);
  }
  return moved;
}

}  // namespace tokiod::host::net
