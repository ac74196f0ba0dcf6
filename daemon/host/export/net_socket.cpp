// tokio.net/1: how sockets come to be: made, bound, listening, connected, accepted.
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cstring>

#include "host/export/address.hpp"
#include "host/export/net_calls.hpp"
#include "host/export/net_options.hpp"
#include "host/listener_keeper.hpp"

namespace tokiod::host::net {
namespace {

constexpr std::uint64_t known_socket_flags = TOKIO_SF_REUSEADDR | TOKIO_SF_REUSEPORT | TOKIO_SF_NODELAY |
                                             TOKIO_SF_KEEPALIVE | TOKIO_SF_V6ONLY | TOKIO_SF_BROADCAST |
                                             TOKIO_SF_FASTOPEN;
constexpr int default_backlog = 1024;

struct made_socket {
  unique_fd fd;
  int family = AF_UNSPEC;
  int type = 0;
  system_address local, remote;
};

// What the parameters say of the socket.
tokio_status read_shape(const tokio_sock_params& params, made_socket& made) {
  if ((params.flags & ~known_socket_flags) != 0)
    return fail(TOKIO_EINVAL, "tokio_sock_params.flags has unknown bits: ", params.flags & ~known_socket_flags);
  made.type = system_type(params.type);
  if (made.type < 0) return fail(TOKIO_EINVAL, "there is no socket type ", params.type);
  if (params.local.family != TOKIO_AF_NONE && !to_system(params.local, made.local)) return bad_address("the local");
  if (params.remote.family != TOKIO_AF_NONE && !to_system(params.remote, made.remote)) return bad_address("the remote");
  made.family = family_of(params.local.family != TOKIO_AF_NONE ? params.local : params.remote);
  if (made.family == AF_UNSPEC) return fail(TOKIO_EINVAL, "neither the local nor the remote address has a family");
  return TOKIO_OK;
}

tokio_status make_socket(tokio_plugin& p, const tokio_sock_params& params, made_socket& made) {
  const int fd = p.descriptors.make(
      -1, [&] { return or_errno(::socket(made.family, made.type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)); });
  if (fd < 0) return no_descriptor(p, "socket", fd);
  made.fd.reset(fd);
  return apply_params(made.fd.get(), made.family, params);
}

tokio_status bind_local(const made_socket& made) {
  if (made.local.length == 0) return TOKIO_OK;
  if (::bind(made.fd.get(), made.local.get(), made.local.length) == 0) return TOKIO_OK;
  return fail(error::last("bind"));
}

tokio_status check(tokio_plugin* p, const tokio_sock_params* given, tokio_io** out, tokio_sock_params& params,
                   made_socket& made) {
  if (p == nullptr || out == nullptr) return fail(TOKIO_EINVAL, "a socket function was given a null pointer");
  if (const auto status = refused_new_io(*p); status != TOKIO_OK) return status;
  if (const auto status = take_params(given, "tokio_sock_params", params); status != TOKIO_OK) return status;
  return read_shape(params, made);
}

tokio_status make_and_bind(tokio_plugin& p, const tokio_sock_params& params, made_socket& made) {
  const auto status = make_socket(p, params, made);
  return status == TOKIO_OK ? bind_local(made) : status;
}

// The common first half: parameters, a socket, its local address.
tokio_status prepare(tokio_plugin* p, const tokio_sock_params* given, tokio_io** out, tokio_sock_params& params,
                     made_socket& made) {
  const auto status = check(p, given, out, params, made);
  return status == TOKIO_OK ? make_and_bind(*p, params, made) : status;
}

// A socket that has listened there since an earlier process. It has its options already; those that can still be
// changed are.
bool take_kept(const tokio_plugin& p, const tokio_sock_params& params, made_socket& made) {
  if (made.type == SOCK_STREAM) made.fd = kept_listener(p, made.local);
  if (!made.fd) return false;
  (void)apply_params(made.fd.get(), made.family, params);
  return true;
}

tokio_status finish(tokio_plugin& p, made_socket& made, tokio_io** out) {
  const auto status = new_io(p, made.fd.get(), {.message = made.type != SOCK_STREAM}, out);
  if (status == TOKIO_OK) (void)made.fd.release();  // the handle's now
  return status;
}

bool connected(int fd) {
  system_address peer;
  peer.length = sizeof peer.storage;
  return ::getpeername(fd, peer.get(), &peer.length) == 0;
}

int backlog_of(std::uint32_t asked) { return asked == 0 ? default_backlog : static_cast<int>(std::min(asked, 65535u)); }

}  // namespace

int system_type(std::uint32_t type) {
  switch (type) {
    case TOKIO_SOCK_STREAM: return SOCK_STREAM;
    case TOKIO_SOCK_DGRAM: return SOCK_DGRAM;
    case TOKIO_SOCK_SEQPACKET: return SOCK_SEQPACKET;
    default: return -1;
  }
}

tokio_status not_made(const tokio_plugin& p, const char* call, int failed) {
  if (failed != -EMFILE) return fail(error{-failed, call});
  const auto seen = p.descriptors.look();
  return fail(TOKIO_EMFILE, call, ": the process may have ", seen.limit, " descriptors, of which plugins get ",
              seen.line, ", and they are in use");
}

unique_fd kept_listener(const tokio_plugin& p, const system_address& at) {
  auto* const keeper = p.events.listeners();
  return keeper == nullptr ? unique_fd() : keeper->take(p.instance, at.get(), at.length);
}

void listens_now(const tokio_plugin& p, tokio_io& handle) {
  auto* const keeper = p.events.listeners();
  if (keeper == nullptr || handle.message || handle.listens) return;  // streams only: of messages nothing waits
  handle.listens = true;
  keeper->listens(p.instance, handle.fd);
}

tokio_status begin_listen(int fd, std::uint32_t backlog) {
  return ::listen(fd, backlog_of(backlog)) == 0 ? TOKIO_OK : fail(error::last("listen"));
}

// An interrupted connect goes on in the kernel, as one in progress does.
tokio_status begin_connect(int fd, const system_address& to) {
  if (::connect(fd, to.get(), to.length) == 0 || errno == EINPROGRESS || errno == EINTR) return TOKIO_OK;
  return fail(error::last("connect"));
}

tokio_status listen(tokio_plugin* p, const tokio_sock_params* given, tokio_io** out) noexcept {
  tokio_sock_params params;
  made_socket made;
  if (const auto status = check(p, given, out, params, made); status != TOKIO_OK) return status;
  if (!take_kept(*p, params, made))
    if (const auto status = make_and_bind(*p, params, made); status != TOKIO_OK) return status;
  const int backlog = backlog_of(params.backlog);
  if ((params.flags & TOKIO_SF_FASTOPEN) != 0)
    (void)::setsockopt(made.fd.get(), IPPROTO_TCP, TCP_FASTOPEN, &backlog, sizeof backlog);  // only a faster way
  if (const auto status = begin_listen(made.fd.get(), params.backlog); status != TOKIO_OK) return status;
  const auto status = finish(*p, made, out);
  if (status == TOKIO_OK) listens_now(*p, **out);
  return status;
}

tokio_status connect(tokio_plugin* p, const tokio_sock_params* given, tokio_io** out) noexcept {
  tokio_sock_params params;
  made_socket made;
  if (const auto status = prepare(p, given, out, params, made); status != TOKIO_OK) return status;
  if (made.remote.length == 0) return fail(TOKIO_EINVAL, "connect needs a remote address");
  const int on = 1;
  if ((params.flags & TOKIO_SF_FASTOPEN) != 0)
    (void)::setsockopt(made.fd.get(), IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof on);
  if (const auto status = begin_connect(made.fd.get(), made.remote); status != TOKIO_OK) return status;
  return finish(*p, made, out);
}

tokio_status bind(tokio_plugin* p, const tokio_sock_params* given, tokio_io** out) noexcept {
  tokio_sock_params params;
  made_socket made;
  if (const auto status = prepare(p, given, out, params, made); status != TOKIO_OK) return status;
  if (made.remote.length != 0 && ::connect(made.fd.get(), made.remote.get(), made.remote.length) != 0)
    return fail(error::last("connect"));
  return finish(*p, made, out);
}

tokio_status pair(tokio_plugin* p, uint32_t type, tokio_io** a, tokio_io** b) noexcept {
  if (p == nullptr || a == nullptr || b == nullptr) return fail(TOKIO_EINVAL, "pair: a null pointer");
  if (const auto status = refused_new_io(*p); status != TOKIO_OK) return status;
  const int system = system_type(type);
  if (system < 0) return fail(TOKIO_EINVAL, "there is no socket type ", type);
  int fds[2] = {-1, -1};
  const int first = p->descriptors.make(
      -1, [&] { return ::socketpair(AF_UNIX, system | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0 ? fds[0] : -errno; });
  made_socket one{.fd = unique_fd(first), .family = AF_UNIX, .type = system, .local = {}, .remote = {}};
  made_socket two{.fd = unique_fd(fds[1]), .family = AF_UNIX, .type = system, .local = {}, .remote = {}};
  if (first < 0) return no_descriptor(*p, "socketpair", first);
  if (const int second = p->descriptors.keep(two.fd.release()); second < 0)
    return no_descriptor(*p, "socketpair", second);
  two.fd.reset(fds[1]);
  if (const auto status = finish(*p, one, a); status != TOKIO_OK) return status;
  const auto status = finish(*p, two, b);
  if (status != TOKIO_OK) close_io(**a, *p);
  return status;
}

// The new socket belongs to the listener's owner. A listener that ran into EMFILE stays ready: the next poll tries
// again.
tokio_res poll_accept(tokio_io* handle, tokio_cx* cx, tokio_io** out, tokio_addr* peer) noexcept {
  auto* p = owner_of(handle);
  if (p == nullptr) return closed_handle();
  if (const auto status = refused_new_io(*p); status != TOKIO_OK) return status;
  if (cx != nullptr && !tokio_coop(cx)) return TOKIO_PENDING;
  const auto waiter = cx != nullptr ? key_of(cx->waker) : task::key{};
  system_address from;
  const auto accepted =
      io::poll_transfer(*handle->source, direction::read, 0, cx != nullptr ? &waiter : nullptr, [&]() -> ssize_t {
        from.length = sizeof from.storage;
        return p->descriptors.make(handle->fd, [&] {
          return or_errno(::accept4(handle->fd, from.get(), &from.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
        });
      });
  if (accepted == -EAGAIN) {
    if (cx != nullptr) tokio_coop_restore(cx);
    return TOKIO_PENDING;
  }
  if (accepted == io::reactor_gone) return runtime_gone();
  if (accepted < 0) return no_descriptor(*p, "accept", static_cast<int>(accepted));
  unique_fd fd(static_cast<int>(accepted));
  if (const auto status = new_io(*p, fd.get(), {.message = handle->message}, out); status != TOKIO_OK) return status;
  (void)fd.release();
  if (peer != nullptr) *peer = from_system(from.storage, from.length);
  return TOKIO_OK;
}

tokio_res poll_connect(tokio_io* handle, tokio_cx* cx) noexcept {
  if (owner_of(handle) == nullptr) return closed_handle();
  const auto wanted = io::wanted_by(direction::write);
  for (;;) {
    const auto seen = cx != nullptr ? handle->source->poll_ready(direction::write, wanted, key_of(cx->waker))
                                    : handle->source->look(direction::write, wanted);
    if (!seen) return TOKIO_PENDING;
    if (io::any(seen.bits & io::ready::gone)) return runtime_gone();
    std::int64_t failed = 0;
    if (const auto status = get_socket_option(handle->fd, TOKIO_OPT_ERROR, failed); status != TOKIO_OK) return status;
    if (failed != 0)
      return fail(static_cast<tokio_status>(failed), "connect: ", std::strerror(static_cast<int>(-failed)));
    if (connected(handle->fd)) return TOKIO_OK;
    handle->source->clear(direction::write, seen);  // an event from before the connect
    if (cx == nullptr) return TOKIO_PENDING;
  }
}

}  // namespace tokiod::host::net
