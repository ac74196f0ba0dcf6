// A client that holds many connections to an echo server at once and checks every byte that comes back.
//   echo_load PORT CONNECTIONS ROUND_TRIPS BYTES
// Speaks with the test in steps: prints "connected N" and waits for a line, runs all round trips, prints
// "done ROUND_TRIPS lost LOST seconds S" and waits for a line, closes everything. Exits 1 when anything was lost.
// One thread and one epoll, so that the server has the rest of the machine.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

constexpr int in_progress_max = 100;  // connects at once: below the listen backlog
constexpr int patience_ms = 30'000;   // no event for so long is a loss

struct connection {
  int fd = -1;
  std::size_t sent = 0, received = 0;  // of the current round trip
  int rounds = 0;
  bool connected = false;
};

struct load {
  std::uint16_t port;
  int rounds;
  std::size_t bytes;
  std::vector<connection> all;
  int poll_fd = epoll_create1(EPOLL_CLOEXEC);
  std::int64_t done = 0;
  int lost = 0;
  std::size_t opened = 0, connected = 0;
};

// What connection `index` sends at `offset` of round trip `round`: every stream is different, so mixed-up bytes are
// seen.
std::uint8_t byte_at(std::size_t index, int round, std::size_t offset) {
  return static_cast<std::uint8_t>(index * 31 + static_cast<std::size_t>(round) * 7 + offset);
}

void raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void lose(load& l, std::size_t index, const char* what) {
  auto& c = l.all[index];
  if (c.fd < 0) return;
  if (++l.lost <= 5) std::fprintf(stderr, "connection %zu: %s: %s\n", index, what, std::strerror(errno));
  close(c.fd);
  c.fd = -1;
}

bool open_one(load& l) {
  const std::size_t index = l.opened++;
  auto& c = l.all[index];
  c.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (c.fd < 0) {
    std::fprintf(stderr, "socket %zu: %s\n", index, std::strerror(errno));
    return false;
  }
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(l.port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(c.fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS)
    return lose(l, index, "connect"), false;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLET;
  event.data.u64 = index;
  return epoll_ctl(l.poll_fd, EPOLL_CTL_ADD, c.fd, &event) == 0;
}

// Writes what the round trip still owes. False when the connection is lost.
bool push(load& l, std::size_t index) {
  auto& c = l.all[index];
  if (c.rounds == l.rounds) return true;
  while (c.sent < l.bytes) {
    std::uint8_t chunk[4096];
    const std::size_t n = std::min(sizeof chunk, l.bytes - c.sent);
    for (std::size_t i = 0; i < n; ++i) chunk[i] = byte_at(index, c.rounds, c.sent + i);
    const auto written = send(c.fd, chunk, n, MSG_NOSIGNAL);
    if (written < 0) return errno == EAGAIN || (lose(l, index, "send"), false);
    c.sent += static_cast<std::size_t>(written);
  }
  return true;
}

// Reads and checks what came back. False when the connection is lost.
bool pull(load& l, std::size_t index) {
  auto& c = l.all[index];
  for (;;) {
    std::uint8_t chunk[4096];
    const auto n = recv(c.fd, chunk, sizeof chunk, 0);
    if (n < 0) return errno == EAGAIN || (lose(l, index, "recv"), false);
    if (n == 0) return errno = 0, lose(l, index, "closed by the server"), false;
    for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i, ++c.received)
      if (chunk[i] != byte_at(index, c.rounds, c.received)) return errno = 0, lose(l, index, "wrong byte"), false;
    if (c.received == l.bytes) {
      ++l.done;
      ++c.rounds;
      c.sent = c.received = 0;
      if (c.rounds < l.rounds && !push(l, index)) return false;
    }
  }
}

void on_connected(load& l, std::size_t index) {
  int fault = 0;
  socklen_t size = sizeof fault;
  getsockopt(l.all[index].fd, SOL_SOCKET, SO_ERROR, &fault, &size);
  if (fault != 0) return errno = fault, lose(l, index, "connect");
  l.all[index].connected = true;
  ++l.connected;
}

// Waits for events and hands each to `handle`. False when nothing came for too long.
template <class Handle>
bool turn(load& l, Handle handle) {
  epoll_event events[256];
  const int n = epoll_wait(l.poll_fd, events, 256, patience_ms);
  if (n == 0) return std::fprintf(stderr, "no event for %d ms\n", patience_ms), false;
  for (int i = 0; i < n; ++i)
    if (l.all[events[i].data.u64].fd >= 0) handle(static_cast<std::size_t>(events[i].data.u64));
  return true;
}

bool connect_all(load& l) {
  while (l.connected + static_cast<std::size_t>(l.lost) < l.all.size()) {
    while (l.opened < l.all.size() && l.opened - l.connected < in_progress_max)
      if (!open_one(l)) return false;
    if (!turn(l, [&](std::size_t index) {
          if (!l.all[index].connected) on_connected(l, index);
        }))
      return false;
  }
  return l.lost == 0;
}

bool exchange_all(load& l) {
  const auto wanted = static_cast<std::int64_t>(l.all.size()) * l.rounds;
  for (std::size_t i = 0; i < l.all.size(); ++i) push(l, i);
  while (l.done < wanted && l.lost == 0)
    if (!turn(l, [&](std::size_t index) { (void)(push(l, index) && pull(l, index)); })) return false;
  return l.done == wanted;
}

void wait_for_line() {
  int c = 0;
  while ((c = std::getchar()) != '\n' && c != EOF) {
  }
}

}  // namespace

int main(int count, char** words) {
  if (count != 5) return std::fprintf(stderr, "usage: echo_load PORT CONNECTIONS ROUND_TRIPS BYTES\n"), 64;
  raise_descriptor_limit();
  load l{static_cast<std::uint16_t>(std::atoi(words[1])),
         std::atoi(words[3]),
         static_cast<std::size_t>(std::atoll(words[4])),
         {}};
  l.all.resize(static_cast<std::size_t>(std::atoll(words[2])));
  if (!connect_all(l)) return 1;
  std::printf("connected %zu\n", l.connected);
  std::fflush(stdout);
  wait_for_line();
  const auto begin = std::chrono::steady_clock::now();
  const bool whole = exchange_all(l);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("done %lld lost %d seconds %.3f\n", static_cast<long long>(l.done), l.lost, took.count());
  std::fflush(stdout);
  wait_for_line();
  return whole ? 0 : 1;
}
