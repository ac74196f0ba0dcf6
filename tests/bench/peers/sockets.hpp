// TCP on the loopback with nothing in between: what the raw server and the load generator share.
// Invariant: a call that fails ends the program with what failed; a bench has nothing to save.
// Threads:   [any].
#pragma once
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace peer {

[[noreturn]] inline void give_up(const char* what) {
  std::perror(what);
  std::exit(69);
}

inline sockaddr_in loopback(int port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(static_cast<std::uint16_t>(port));
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

inline void no_delay(int fd) {
  const int on = 1;
  if (::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0) give_up("setsockopt(TCP_NODELAY)");
}

// Blocking.
inline int connect_to(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto at = loopback(port);
  if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof(at)) != 0) give_up("connect");
  no_delay(fd);
  return fd;
}

// Non-blocking, on a port that the kernel chooses.
inline int listen_on_loopback() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const auto at = loopback(0);
  if (fd < 0 || ::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof(at)) != 0 || ::listen(fd, 4096) != 0)
    give_up("listen");
  return fd;
}

inline int port_of(int fd) {
  sockaddr_in at{};
  socklen_t size = sizeof(at);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0) give_up("getsockname");
  return ntohs(at.sin_port);
}

inline int make_set() {
  const int set = ::epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) give_up("epoll_create1");
  return set;
}

inline void watch(int set, int fd, std::uint32_t events, void* data) {
  epoll_event wanted{.events = events, .data = {.ptr = data}};
  if (::epoll_ctl(set, EPOLL_CTL_ADD, fd, &wanted) != 0) give_up("epoll_ctl");
}

}  // namespace peer
