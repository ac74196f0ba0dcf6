// Loads a TCP echo server on the loopback and says what came of it, as one JSON object: requests, how long each took,
// and the CPU time that the server used. usage: bench_load PORT SERVER_PID CONNECTIONS BYTES WARM_MS MEASURE_MS     0
// connections: a new one for each request Invariant: every connection has one request under way; only those that end
// inside the measured time count. Threads:   main alone.
#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <string>
#include <vector>

#include "peers/sockets.hpp"

namespace {

struct plan {
  int port, server;
  std::size_t connections, bytes;
  std::uint64_t warm_ns, measure_ns;
};

std::uint64_t clock_ns(clockid_t clock) {
  timespec now{};
  return ::clock_gettime(clock, &now) == 0
             ? static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec)
             : 0;
}

std::uint64_t now_ns() { return clock_ns(CLOCK_MONOTONIC); }

std::uint64_t cpu_of(int process) {
  clockid_t clock{};
  return ::clock_getcpuclockid(process, &clock) == 0 ? clock_ns(clock) : 0;
}

// Latencies in buckets that are 3 % wide.
class histogram {
 public:
  void add(std::uint64_t ns) {
    ++buckets_[index(ns)];
    ++count_;
    longest_ = std::max(longest_, ns);
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t longest() const { return longest_; }
  // The upper end of the bucket that holds the value with so many per million below it.
  [[nodiscard]] std::uint64_t percentile(std::uint64_t per_million) const {
    const auto wanted = count_ * per_million / 1'000'000;
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i)
      if ((below += buckets_[i]) > wanted) return upper_end(i);
    return longest_;
  }

 private:
  static constexpr std::size_t parts = 32;  // of each power of two
  static std::size_t index(std::uint64_t ns) {
    if (ns < parts) return ns;
    const auto shift = static_cast<std::size_t>(std::bit_width(ns)) - 6;
    return (shift + 1) * parts + (ns >> shift) % parts;
  }
  static std::uint64_t upper_end(std::size_t i) {
    if (i < parts) return i;
    const auto shift = i / parts - 1;
    return ((parts + i % parts + 1) << shift) - 1;
  }

  std::array<std::uint64_t, 64 * parts> buckets_{};
  std::uint64_t count_ = 0, longest_ = 0;
};

// Counts requests between the end of the warm-up and the end of the run, and reads the server's clock at both.
class stretch {
 public:
  explicit stretch(const plan& of) : plan_(of), begin_(now_ns() + of.warm_ns) {}

  // False when the run is over.
  bool go_on(std::uint64_t now) {
    if (now < begin_) return true;
    if (!measuring_) {
      measuring_ = true;
      begin_ = now;
      server_begin_ = cpu_of(plan_.server);
    }
    if (now < begin_ + plan_.measure_ns) return true;
    if (latencies_.count() == 0 && now < begin_ + patience_ns) return true;  // a busy machine, or a server that hangs
    took_ = now - begin_;
    server_took_ = cpu_of(plan_.server) - server_begin_;
    return false;
  }
  void request(std::uint64_t begun, std::uint64_t now) {
    if (measuring_) latencies_.add(now - begun);
  }
  void print() const {
    std::cout << "{\"requests\":" << latencies_.count() << ",\"took_ns\":" << took_
              << ",\"server_cpu_ns\":" << server_took_ << ",\"p50_ns\":" << latencies_.percentile(500'000)
              << ",\"p99_ns\":" << latencies_.percentile(990'000) << ",\"p999_ns\":" << latencies_.percentile(999'000)
              << ",\"max_ns\":" << latencies_.longest() << "}\n";
  }

 private:
  static constexpr std::uint64_t patience_ns = 10'000'000'000;

  const plan& plan_;
  histogram latencies_;
  std::uint64_t begin_, took_ = 0, server_begin_ = 0, server_took_ = 0;
  bool measuring_ = false;
};

struct connection {
  int fd = -1;
  std::size_t left_to_send = 0, left_to_receive = 0;
  std::uint64_t begun = 0;
};

// Many connections, each with one request under way, in one epoll set.
class crowd {
 public:
  crowd(const plan& of, stretch& into) : bytes_(of.bytes, 'x'), connections_(of.connections), into_(into) {
    for (auto& each : connections_) {
      each.fd = peer::connect_to(of.port);
      ::fcntl(each.fd, F_SETFL, O_NONBLOCK);
      peer::watch(set_, each.fd, EPOLLIN | EPOLLOUT | EPOLLET, &each);
    }
  }

  void run() {
    for (auto& each : connections_) begin(each, now_ns());
    std::array<epoll_event, 256> events;
    for (auto now = now_ns(); into_.go_on(now); now = now_ns()) {
      const int ready = ::epoll_wait(set_, events.data(), static_cast<int>(events.size()), 100);
      for (int i = 0; i < ready; ++i) {
        auto& each = *static_cast<connection*>(events[static_cast<std::size_t>(i)].data.ptr);
        send_rest(each);
        receive(each);
      }
    }
  }

 private:
  void begin(connection& each, std::uint64_t now) {
    each.left_to_send = each.left_to_receive = bytes_.size();
    each.begun = now;
    send_rest(each);
  }
  void send_rest(connection& each) {
    while (each.left_to_send > 0) {
      const auto sent = ::send(each.fd, bytes_.data(), each.left_to_send, MSG_NOSIGNAL);
      if (sent < 0 && errno == EAGAIN) return;
      if (sent < 0) peer::give_up("send");
      each.left_to_send -= static_cast<std::size_t>(sent);
    }
  }
  // Until it would block; each whole answer begins the next request.
  void receive(connection& each) {
    for (;;) {
      const auto got = ::recv(each.fd, into_buffer_.data(), std::min(into_buffer_.size(), each.left_to_receive), 0);
      if (got < 0 && errno == EAGAIN) return;
      if (got <= 0) peer::give_up("recv");
      each.left_to_receive -= static_cast<std::size_t>(got);
      if (each.left_to_receive > 0) continue;
      const auto now = now_ns();
      into_.request(each.begun, now);
      begin(each, now);
    }
  }

  int set_ = peer::make_set();
  std::vector<char> bytes_;
  std::array<char, 65536> into_buffer_{};
  std::vector<connection> connections_;
  stretch& into_;
};

// Connect, one request, its answer, close with a reset, so that no port is left waiting.
void churn_once(const plan& of, std::vector<char>& bytes) {
  const int fd = peer::connect_to(of.port);
  if (::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) peer::give_up("send");
  if (::recv(fd, bytes.data(), bytes.size(), MSG_WAITALL) != static_cast<ssize_t>(bytes.size())) peer::give_up("recv");
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  ::close(fd);
}

void churn(const plan& of, stretch& into) {
  std::vector<char> bytes(of.bytes, 'x');
  for (auto now = now_ns(); into.go_on(now);) {
    const auto begun = now;
    churn_once(of, bytes);
    into.request(begun, now = now_ns());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::cerr << "usage: bench_load PORT SERVER_PID CONNECTIONS BYTES WARM_MS MEASURE_MS\n";
    return 64;
  }
  const auto number = [argv](int i) { return std::strtoull(argv[i], nullptr, 10); };
  const plan of{static_cast<int>(number(1)), static_cast<int>(number(2)), number(3), number(4),
                number(5) * 1'000'000,       number(6) * 1'000'000};
  stretch into(of);
  of.connections == 0 ? churn(of, into) : crowd(of, into).run();
  into.print();
}
