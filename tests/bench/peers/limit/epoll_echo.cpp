#include "peers/limit/epoll_echo.hpp"

#include <array>
#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "peers/sockets.hpp"

namespace peer {
namespace {

constexpr std::size_t chunk = 64 * 1024;

// What a connection could not send yet; nothing is read before it is gone.
struct connection {
  int fd;
  std::string unsent;
};

// False when the connection is over.
bool flush(connection& client) {
  while (!client.unsent.empty()) {
    const auto sent = ::send(client.fd, client.unsent.data(), client.unsent.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN;
    client.unsent.erase(0, static_cast<std::size_t>(sent));
  }
  return true;
}

// Gives back what there is, until it would block or the peer is gone (false).
bool give_back(connection& client, std::vector<char>& bytes) {
  for (;;) {
    if (!flush(client)) return false;
    if (!client.unsent.empty()) return true;
    const auto got = ::recv(client.fd, bytes.data(), bytes.size(), 0);
    if (got <= 0) return got < 0 && errno == EAGAIN;
    const auto sent = ::send(client.fd, bytes.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return false;
    const auto done = sent < 0 ? 0 : sent;
    if (done < got) client.unsent.assign(bytes.data() + done, static_cast<std::size_t>(got - done));
    if (static_cast<std::size_t>(got) < bytes.size() && done == got) return true;  // a later byte is a new edge
  }
}

struct server {
  int listener = -1;
  std::vector<int> sets;
  std::size_t next = 0;  // touched by the thread that accepts

  void accept_all() {
    for (int fd = -1; (fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
      no_delay(fd);
      watch(sets[next++ % sets.size()], fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, new connection{fd, {}});
    }
  }

  [[noreturn]] void run(int set) {
    std::array<epoll_event, 256> events;
    std::vector<char> bytes(chunk);
    for (;;) {
      const int ready = ::epoll_wait(set, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < ready; ++i)
        handle(static_cast<connection*>(events[static_cast<std::size_t>(i)].data.ptr), bytes);
    }
  }

  void handle(connection* client, std::vector<char>& bytes) {
    if (client == nullptr) return accept_all();
    if (give_back(*client, bytes)) return;
    ::close(client->fd);
    delete client;
  }
};

}  // namespace

int start_epoll_echo(int threads) {
  auto* made = new server;  // for as long as the process
  made->listener = listen_on_loopback();
  for (int i = 0; i < threads; ++i) made->sets.push_back(make_set());
  watch(made->sets.front(), made->listener, EPOLLIN | EPOLLET, nullptr);
  for (const int set : made->sets) std::thread([made, set] { made->run(set); }).detach();
  return port_of(made->listener);
}

}  // namespace peer
