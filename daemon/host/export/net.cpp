// tokio.net/1. The host makes the system calls; readiness decides when. The hot functions touch the handle, its source
// and the core's own line of the ledger.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

#include "host/export/address.hpp"
#include "host/export/common.hpp"
#include "host/export/io_handle.hpp"
#include "host/export/net_options.hpp"
#include "host/export/tables.hpp"

namespace tokiod::host {
namespace {

using io::direction;

constexpr std::uint64_t known_socket_flags = TOKIO_SF_REUSEADDR | TOKIO_SF_REUSEPORT | TOKIO_SF_NODELAY |
                                             TOKIO_SF_KEEPALIVE | TOKIO_SF_V6ONLY | TOKIO_SF_BROADCAST |
                                             TOKIO_SF_FASTOPEN;
constexpr int default_backlog = 1024;
constexpr std::size_t most_vectors = 1024;  // IOV_MAX
constexpr std::size_t most_bytes = SSIZE_MAX;

// ---- sockets are made

struct made_socket {
  unique_fd fd;
  int family = AF_UNSPEC;
  int type = 0;
  system_address local, remote;
};

int system_type(std::uint32_t type) {
  switch (type) {
    case TOKIO_SOCK_STREAM: return SOCK_STREAM;
    case TOKIO_SOCK_DGRAM: return SOCK_DGRAM;
    case TOKIO_SOCK_SEQPACKET: return SOCK_SEQPACKET;
    default: return -1;
  }
}

tokio_status bad_address(const char* which) {
  return fail(TOKIO_EINVAL, which, " address has an unknown family, a path that is too long, or reserved bytes set");
}

tokio_status make_socket(const tokio_sock_params& params, made_socket& made) {
  if ((params.flags & ~known_socket_flags) != 0)
    return fail(TOKIO_EINVAL, "tokio_sock_params.flags has unknown bits: ", params.flags & ~known_socket_flags);
  made.type = system_type(params.type);
  if (made.type < 0) return fail(TOKIO_EINVAL, "there is no socket type ", params.type);
  if (params.local.family != TOKIO_AF_NONE && !to_system(params.local, made.local)) return bad_address("the local");
  if (params.remote.family != TOKIO_AF_NONE && !to_system(params.remote, made.remote)) return bad_address("the remote");
  made.family = family_of(params.local.family != TOKIO_AF_NONE ? params.local : params.remote);
  if (made.family == AF_UNSPEC) return fail(TOKIO_EINVAL, "neither the local nor the remote address has a family");
  made.fd.reset(::socket(made.family, made.type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!made.fd) return fail(-errno, "socket: ", error::last("socket").text());
  return apply_params(made.fd.get(), made.family, params);
}

tokio_status bind_local(const made_socket& made) {
  if (made.local.length == 0) return TOKIO_OK;
  if (::bind(made.fd.get(), made.local.get(), made.local.length) == 0) return TOKIO_OK;
  return fail(-errno, error::last("bind").text());
}

// The common first half: parameters, a socket, its local address.
tokio_status prepare(tokio_plugin* p, const tokio_sock_params* given, tokio_io** out, tokio_sock_params& params,
                     made_socket& made) {
  if (p == nullptr || out == nullptr) return fail(TOKIO_EINVAL, "a socket function was given a null pointer");
  if (const auto status = refused_new(*p); status != TOKIO_OK) return status;
  if (const auto status = take_params(given, "tokio_sock_params", params); status != TOKIO_OK) return status;
  if (const auto status = make_socket(params, made); status != TOKIO_OK) return status;
  return bind_local(made);
}

tokio_status finish(tokio_plugin& p, made_socket& made, tokio_io** out) {
  const auto status = new_io(p, made.fd.get(), {.message = made.type != SOCK_STREAM}, out);
  if (status == TOKIO_OK) (void)made.fd.release();  // the handle's now
  return status;
}

tokio_status net_listen(tokio_plugin* p, const tokio_sock_params* given, tokio_io** out) noexcept {
  tokio_sock_params params;
  made_socket made;
  if (const auto status = prepare(p, given, out, params, made); status != TOKIO_OK) return status;
  const int backlog = params.backlog == 0 ? default_backlog : static_cast<int>(std::min(params.backlog, 65535u));
  if ((params.flags & TOKIO_SF_FASTOPEN) != 0)
    (void)::setsockopt(made.fd.get(), IPPROTO_TCP, TCP_FASTOPEN, &backlog, sizeof backlog);  // only a faster way
  if (::listen(made.fd.get(), backlog) != 0) return fail(-errno, error::last("listen").text());
  return finish(*p, made, out);
}

tokio_status net_connect(tokio_plugin* p, const tokio_sock_params* given, tokio_io** out) noexcept {
  tokio_sock_params params;
  made_socket made;
  if (const auto status = prepare(p, given, out, params, made); status != TOKIO_OK) return status;
  if (made.remote.length == 0) return fail(TOKIO_EINVAL, "connect needs a remote address");
  const int on = 1;
  if ((params.flags & TOKIO_SF_FASTOPEN) != 0)
    (void)::setsockopt(made.fd.get(), IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof on);
  // An interrupted connect goes on in the kernel, as one in progress does.
  if (::connect(made.fd.get(), made.remote.get(), made.remote.length) != 0 && errno != EINPROGRESS && errno != EINTR)
    return fail(-errno, error::last("connect").text());
  return finish(*p, made, out);
}

tokio_status net_bind(tokio_plugin* p, const tokio_sock_params* given, tokio_io** out) noexcept {
  tokio_sock_params params;
  made_socket made;
  if (const auto status = prepare(p, given, out, params, made); status != TOKIO_OK) return status;
  if (made.remote.length != 0 && ::connect(made.fd.get(), made.remote.get(), made.remote.length) != 0)
    return fail(-errno, error::last("connect").text());
  return finish(*p, made, out);
}

tokio_status net_pair(tokio_plugin* p, uint32_t type, tokio_io** a, tokio_io** b) noexcept {
  if (p == nullptr || a == nullptr || b == nullptr) return fail(TOKIO_EINVAL, "pair: a null pointer");
  if (const auto status = refused_new(*p); status != TOKIO_OK) return status;
  const int system = system_type(type);
  if (system < 0) return fail(TOKIO_EINVAL, "there is no socket type ", type);
  int fds[2];
  if (::socketpair(AF_UNIX, system | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0)
    return fail(-errno, error::last("socketpair").text());
  made_socket one{.fd = unique_fd(fds[0]), .family = AF_UNIX, .type = system, .local = {}, .remote = {}};
  made_socket two{.fd = unique_fd(fds[1]), .family = AF_UNIX, .type = system, .local = {}, .remote = {}};
  if (const auto status = finish(*p, one, a); status != TOKIO_OK) return status;
  const auto status = finish(*p, two, b);
  if (status != TOKIO_OK) close_io(**a, *p);
  return status;
}

// ---- polling

// Null when the handle was closed: the pool's slot has no owner then.
tokio_plugin* owner_of(tokio_io* handle) { return handle == nullptr ? nullptr : handle->owner.load(relaxed); }

[[gnu::cold]] tokio_res closed_handle() { return fail(TOKIO_EBADF, "the socket was closed before"); }

// One polled system call: budget, readiness, accounting. `call` returns a negative errno or what it moved.
template <class Call>
tokio_res transfer(tokio_io* handle, tokio_cx* cx, direction d, std::size_t wanted, entry bytes, Call call) {
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
  if (moved > 0) {
    const sched::host_entry inside;
    p->count(bytes, moved);
  }
  return moved;
}

ssize_t or_errno(ssize_t result) { return result >= 0 ? result : -errno; }

tokio_res poll_read(tokio_io* handle, tokio_cx* cx, void* buf, size_t len) noexcept {
  len = std::min(len, most_bytes);
  return transfer(handle, cx, direction::read, len, entry::read_bytes,
                  [&](int fd) { return or_errno(handle->socket ? ::recv(fd, buf, len, 0) : ::read(fd, buf, len)); });
}

tokio_res poll_write(tokio_io* handle, tokio_cx* cx, const void* buf, size_t len) noexcept {
  len = std::min(len, most_bytes);
  return transfer(handle, cx, direction::write, len, entry::written_bytes, [&](int fd) {
    return or_errno(handle->socket ? ::send(fd, buf, len, MSG_NOSIGNAL) : ::write(fd, buf, len));
  });
}

template <class Vector>
std::size_t total(const Vector* vectors, std::size_t n) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < n; ++i) bytes += std::min(vectors[i].len, most_bytes - bytes);
  return bytes;
}

static_assert(sizeof(tokio_iovec) == sizeof(iovec) && offsetof(tokio_iovec, len) == offsetof(iovec, iov_len));
static_assert(sizeof(tokio_ciovec) == sizeof(iovec) && offsetof(tokio_ciovec, len) == offsetof(iovec, iov_len));

// The system's vectors are not const; it does not write through those of a send.
iovec* system_vectors(const void* vectors) { return static_cast<iovec*>(const_cast<void*>(vectors)); }

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
    return or_errno(handle->socket ? ::sendmsg(fd, &message, MSG_NOSIGNAL)
                                   : ::writev(fd, message.msg_iov, static_cast<int>(n)));
  });
}

tokio_res poll_recv_msg(tokio_io* handle, tokio_cx* cx, const tokio_iovec* vectors, size_t n, tokio_msg* msg) noexcept {
  if (msg == nullptr || msg->size < offsetof(tokio_msg, addr)) return fail(TOKIO_EINVAL, "tokio_msg.size is too small");
  if ((msg->flags & ~TOKIO_MSG_PEEK) != 0) return fail(TOKIO_EINVAL, "tokio_msg.flags may hold TOKIO_MSG_PEEK only");
  const int peek = (msg->flags & TOKIO_MSG_PEEK) != 0 ? MSG_PEEK : 0;
  system_address from;
  msghdr message{};
  const auto moved = transfer(handle, cx, direction::read, 0, entry::read_bytes, [&](int fd) {
    message = {};
    message.msg_name = &from.storage;
    message.msg_namelen = sizeof from.storage;
    message.msg_iov = system_vectors(vectors);
    message.msg_iovlen = std::min(n, most_vectors);
    return or_errno(::recvmsg(fd, &message, peek));
  });
  if (moved < 0) return moved;
  tokio_msg told{};
  told.size = sizeof told;
  told.flags = (message.msg_flags & MSG_TRUNC) != 0 ? TOKIO_MSG_TRUNC : 0;
  told.addr = from_system(from.storage, message.msg_namelen);
  give_result(*msg, told);
  return moved;
}

// Generic segmentation: one send that leaves as several datagrams of this size.
void ask_segments(msghdr& message, std::span<char> control, std::uint16_t size) {
  message.msg_control = control.data();
  message.msg_controllen = CMSG_SPACE(sizeof size);
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_UDP;
  head->cmsg_type = UDP_SEGMENT;
  head->cmsg_len = CMSG_LEN(sizeof size);
  std::memcpy(CMSG_DATA(head), &size, sizeof size);
}

tokio_res poll_send_msg(tokio_io* handle, tokio_cx* cx, const tokio_ciovec* vectors, size_t n,
                        const tokio_msg* given) noexcept {
  tokio_msg msg;
  if (const auto status = take_params(given, "tokio_msg", msg); status != TOKIO_OK) return status;
  system_address to;
  if (msg.flags != 0 || msg.ecn != 0 || msg.segment_size > UINT16_MAX)
    return fail(TOKIO_EINVAL, "tokio_msg of a send: flags and ecn are 0, segment_size is at most 65535");
  if (msg.addr.family != TOKIO_AF_NONE && !to_system(msg.addr, to)) return bad_address("the destination");
  return transfer(handle, cx, direction::write, 0, entry::written_bytes, [&](int fd) {
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(std::uint16_t))] = {};
    msghdr message{};
    message.msg_name = to.length != 0 ? &to.storage : nullptr;
    message.msg_namelen = to.length;
    message.msg_iov = system_vectors(vectors);
    message.msg_iovlen = std::min(n, most_vectors);
    if (msg.segment_size != 0) ask_segments(message, control, static_cast<std::uint16_t>(msg.segment_size));
    return or_errno(::sendmsg(fd, &message, MSG_NOSIGNAL));
  });
}

// The new socket belongs to the listener's owner. A listener that ran into EMFILE stays ready: the next poll tries
// again.
tokio_res poll_accept(tokio_io* handle, tokio_cx* cx, tokio_io** out, tokio_addr* peer) noexcept {
  auto* p = owner_of(handle);
  if (p == nullptr) return closed_handle();
  if (const auto status = refused_new(*p); status != TOKIO_OK) return status;
  if (cx != nullptr && !tokio_coop(cx)) return TOKIO_PENDING;
  const auto waiter = cx != nullptr ? key_of(cx->waker) : task::key{};
  system_address from;
  const auto accepted =
      io::poll_transfer(*handle->source, direction::read, 0, cx != nullptr ? &waiter : nullptr, [&]() -> ssize_t {
        from.length = sizeof from.storage;
        return or_errno(::accept4(handle->fd, from.get(), &from.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
      });
  if (accepted == -EAGAIN) {
    if (cx != nullptr) tokio_coop_restore(cx);
    return TOKIO_PENDING;
  }
  if (accepted < 0) return accepted;
  unique_fd fd(static_cast<int>(accepted));
  if (const auto status = new_io(*p, fd.get(), {.message = handle->message}, out); status != TOKIO_OK) return status;
  (void)fd.release();
  if (peer != nullptr) *peer = from_system(from.storage, from.length);
  return TOKIO_OK;
}

bool connected(int fd) {
  system_address peer;
  peer.length = sizeof peer.storage;
  return ::getpeername(fd, peer.get(), &peer.length) == 0;
}

tokio_res poll_connect(tokio_io* handle, tokio_cx* cx) noexcept {
  if (owner_of(handle) == nullptr) return closed_handle();
  const auto wanted = io::wanted_by(direction::write);
  for (;;) {
    const auto seen = cx != nullptr ? handle->source->poll_ready(direction::write, wanted, key_of(cx->waker))
                                    : handle->source->look(direction::write, wanted);
    if (!seen) return TOKIO_PENDING;
    std::int64_t failed = 0;
    if (const auto status = get_socket_option(handle->fd, TOKIO_OPT_ERROR, failed); status != TOKIO_OK) return status;
    if (failed != 0)
      return fail(static_cast<tokio_status>(failed), "connect: ", std::strerror(static_cast<int>(-failed)));
    if (connected(handle->fd)) return TOKIO_OK;
    handle->source->clear(direction::write, seen);  // an event from before the connect
    if (cx == nullptr) return TOKIO_PENDING;
  }
}

tokio_res poll_shutdown(tokio_io* handle, tokio_cx*, uint32_t how) noexcept {
  if (owner_of(handle) == nullptr) return closed_handle();
  if (how == 0 || (how & ~(TOKIO_SHUT_RD | TOKIO_SHUT_WR)) != 0)
    return fail(TOKIO_EINVAL, "shutdown takes TOKIO_SHUT_RD and TOKIO_SHUT_WR, got ", how);
  const int system = how == TOKIO_SHUT_RD ? SHUT_RD : how == TOKIO_SHUT_WR ? SHUT_WR : SHUT_RDWR;
  if (::shutdown(handle->fd, system) != 0 && errno != ENOTCONN) return fail(-errno, error::last("shutdown").text());
  return TOKIO_OK;
}

// ---- readiness of adopted descriptors

io::ready to_ready(std::uint32_t mask) {
  auto set = io::ready::none;
  if ((mask & TOKIO_READY_READ) != 0) set = set | io::ready::readable;
  if ((mask & TOKIO_READY_WRITE) != 0) set = set | io::ready::writable;
  if ((mask & TOKIO_READY_HUP) != 0) set = set | io::ready::closed;
  if ((mask & TOKIO_READY_ERROR) != 0) set = set | io::ready::error;
  if ((mask & TOKIO_READY_PRI) != 0) set = set | io::ready::priority;
  return set;
}

std::uint32_t from_ready(io::ready set) {
  const auto has = [&](io::ready one, std::uint32_t bit) { return io::any(set & one) ? bit : 0u; };
  return has(io::ready::readable, TOKIO_READY_READ) | has(io::ready::writable, TOKIO_READY_WRITE) |
         has(io::ready::closed, TOKIO_READY_HUP) | has(io::ready::error, TOKIO_READY_ERROR) |
         has(io::ready::priority, TOKIO_READY_PRI);
}

constexpr std::uint32_t all_ready =
    TOKIO_READY_READ | TOKIO_READY_WRITE | TOKIO_READY_HUP | TOKIO_READY_ERROR | TOKIO_READY_PRI;

std::uint32_t ready_of(tokio_io& handle, tokio_cx* cx, direction d, io::ready wanted) {
  auto& seen = handle.seen[static_cast<unsigned>(d)];
  seen = cx != nullptr ? handle.source->poll_ready(d, wanted, key_of(cx->waker)) : handle.source->look(d, wanted);
  return from_ready(seen.bits);
}

tokio_res poll_ready(tokio_io* handle, tokio_cx* cx, uint32_t interest) noexcept {
  if (owner_of(handle) == nullptr) return closed_handle();
  if (interest == 0 || (interest & ~all_ready) != 0)
    return fail(TOKIO_EINVAL, "poll_ready takes a set of TOKIO_READY_*, got ", interest);
  if (cx != nullptr && !tokio_coop(cx)) return TOKIO_PENDING;
  std::uint32_t mask = 0;
  if ((interest & ~TOKIO_READY_WRITE) != 0) {
    auto wanted = to_ready(interest & ~TOKIO_READY_WRITE);
    if ((interest & TOKIO_READY_READ) != 0) wanted = wanted | io::wanted_by(direction::read);
    mask |= ready_of(*handle, cx, direction::read, wanted);
  }
  if ((interest & TOKIO_READY_WRITE) != 0)
    mask |= ready_of(*handle, cx, direction::write, io::wanted_by(direction::write));
  if (mask == 0 && cx != nullptr) tokio_coop_restore(cx);
  return mask != 0 ? static_cast<tokio_res>(mask) : TOKIO_PENDING;
}

void clear_ready(tokio_io* handle, uint32_t mask) noexcept {
  if (owner_of(handle) == nullptr) return;
  const auto which = to_ready(mask & all_ready);
  handle->source->clear(direction::read, handle->seen[0], io::without(which, io::ready::writable));
  handle->source->clear(direction::write, handle->seen[1], io::without(which, io::ready::readable));
}

// ---- the rest

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
    return fail(-errno, error::last("getsockname").text());
  if (local != nullptr) *local = from_system(one.storage, one.length);
  one.length = sizeof one.storage;
  if (peer != nullptr && ::getpeername(handle->fd, one.get(), &one.length) != 0)
    return fail(-errno, error::last("getpeername").text());
  if (peer != nullptr) *peer = from_system(one.storage, one.length);
  return TOKIO_OK;
}

tokio_status set_peer(tokio_io* handle, const tokio_addr* peer) noexcept {
  if (owner_of(handle) == nullptr) return static_cast<tokio_status>(closed_handle());
  if (peer == nullptr || !handle->message) return fail(TOKIO_EINVAL, "set_peer takes a datagram socket and an address");
  system_address to;
  to.storage.ss_family = AF_UNSPEC;  // no peer any more
  to.length = sizeof to.storage;
  if (peer->family != TOKIO_AF_NONE && !to_system(*peer, to)) return bad_address("the peer's");
  if (::connect(handle->fd, to.get(), to.length) != 0) return fail(-errno, error::last("connect").text());
  return TOKIO_OK;
}

tokio_status multicast(tokio_io* handle, const tokio_addr* group, uint32_t interface, uint32_t join) noexcept {
  if (owner_of(handle) == nullptr) return static_cast<tokio_status>(closed_handle());
  if (group == nullptr || join > 1) return fail(TOKIO_EINVAL, "multicast takes a group, and join is 0 or 1");
  return join_group(handle->fd, *group, interface, join == 1);
}

tokio_status peer_cred(tokio_io* handle, uint32_t* uid, uint32_t* gid, int32_t* pid) noexcept {
  if (owner_of(handle) == nullptr) return static_cast<tokio_status>(closed_handle());
  ucred who{};
  socklen_t length = sizeof who;
  if (::getsockopt(handle->fd, SOL_SOCKET, SO_PEERCRED, &who, &length) != 0)
    return fail(-errno, error::last("getsockopt").text());
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

tokio_status new_io(tokio_plugin& p, int fd, io_shape shape, tokio_io** out) noexcept {
  auto* handle = handle_pool<tokio_io>::take(&p);
  if (handle == nullptr) return fail(TOKIO_ENOMEM, "no memory for a socket");
  const sched::host_entry inside;
  const auto source = p.rt.register_fd(fd, shape.interest);
  if (!source) {
    handle_pool<tokio_io>::give(*handle);
    return fail(-source.error().code, source.error().text());
  }
  handle->source = *source;
  handle->fd = fd;
  handle->socket = shape.socket;
  handle->message = shape.message;
  handle->seen[0] = handle->seen[1] = {};
  p.count(entry::sockets, 1);
  *out = handle;
  return TOKIO_OK;
}

int release_io(tokio_io& handle, tokio_plugin& of) noexcept {
  const sched::host_entry inside;
  of.rt.deregister_fd(*handle.source);
  const int fd = std::exchange(handle.fd, -1);
  of.count(entry::sockets, -1);
  handle_pool<tokio_io>::give(handle);
  return fd;
}

void close_io(tokio_io& handle, tokio_plugin& of) noexcept { unique_fd(release_io(handle, of)).reset(); }

const tokio_net_ext net_table = {
    .size = sizeof(tokio_net_ext),
    .flags = 0,
    .listen = net_listen,
    .connect = net_connect,
    .bind = net_bind,
    .poll_connect = poll_connect,
    .poll_accept = poll_accept,
    .poll_read = poll_read,
    .poll_write = poll_write,
    .poll_readv = poll_readv,
    .poll_writev = poll_writev,
    .poll_recv_msg = poll_recv_msg,
    .poll_send_msg = poll_send_msg,
    .poll_shutdown = poll_shutdown,
    .poll_ready = poll_ready,
    .clear_ready = clear_ready,
    .set_opt = set_opt,
    .get_opt = get_opt,
    .get_addr = get_addr,
    .multicast = multicast,
    .pair = net_pair,
    .peer_cred = peer_cred,
    .close = net_close,
    .set_peer = set_peer,
};

}  // namespace tokiod::host
