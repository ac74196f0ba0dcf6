// tokio.net/1: datagrams with their addresses, and the groups and peers of such sockets.
#include <netinet/in.h>
#include <netinet/udp.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "host/export/address.hpp"
#include "host/export/net_calls.hpp"
#include "host/export/net_options.hpp"

namespace tokiod::host::net {
namespace {

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

}  // namespace

tokio_res poll_recv_msg(tokio_io* handle, tokio_cx* cx, const tokio_iovec* vectors, size_t n, tokio_msg* msg) noexcept {
  if (msg == nullptr || msg->size < offsetof(tokio_msg, addr)) return fail(TOKIO_EINVAL, "tokio_msg.size is too small");
  if ((msg->flags & ~TOKIO_MSG_PEEK) != 0) return fail(TOKIO_EINVAL, "tokio_msg.flags may hold TOKIO_MSG_PEEK only");
  const int peek = (msg->flags & TOKIO_MSG_PEEK) != 0 ? MSG_PEEK : 0;
  const auto counted = peek != 0 ? std::nullopt : std::optional(entry::read_bytes);  // they will be read once more
  system_address from;
  msghdr message{};
  const auto moved = transfer(handle, cx, direction::read, 0, counted, [&](int fd) {
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

tokio_status set_peer(tokio_io* handle, const tokio_addr* peer) noexcept {
  if (owner_of(handle) == nullptr) return static_cast<tokio_status>(closed_handle());
  if (peer == nullptr || !handle->message) return fail(TOKIO_EINVAL, "set_peer takes a datagram socket and an address");
  system_address to;
  to.storage.ss_family = AF_UNSPEC;  // no peer any more
  to.length = sizeof to.storage;
  if (peer->family != TOKIO_AF_NONE && !to_system(*peer, to)) return bad_address("the peer's");
  if (::connect(handle->fd, to.get(), to.length) != 0) return fail(error::last("connect"));
  return TOKIO_OK;
}

tokio_status multicast(tokio_io* handle, const tokio_addr* group, uint32_t interface, uint32_t join) noexcept {
  if (owner_of(handle) == nullptr) return static_cast<tokio_status>(closed_handle());
  if (group == nullptr || join > 1) return fail(TOKIO_EINVAL, "multicast takes a group, and join is 0 or 1");
  return join_group(handle->fd, *group, interface, join == 1);
}

}  // namespace tokiod::host::net
