// What the machine itself can do: no runtime, just the calls that one cannot avoid. A bound, not a competitor.
// usage: limit_peer WORKERS, then the requests of peers/lines.hpp. What each figure is:
//   spawn               allocate a closure, call it through a pointer, free it
//   spawn_join, oneshot the same, and a value comes back through memory
//   yield               a call through a pointer, of 200 in turn
//   skynet              the recursion as plain calls
//   mpsc_bounded        a ring of values with an atomic head and tail, one thread
//   mutex, rwlock_*     std::mutex and std::shared_mutex;  semaphore: std::counting_semaphore, a compare-exchange each
//   way remote_wake         two threads that wake each other with a futex long_polls          threads that spin
//   interval            clock_nanosleep to an absolute time
//   echo                both ends in one thread: send, epoll_wait, recv;  serve: peers/limit/epoll_echo.hpp
// Threads: main, and those that a workload starts and joins.
#include <array>
#include <atomic>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <mutex>
#include <semaphore>
#include <shared_mutex>
#include <thread>
#include <vector>

#include "peers/limit/epoll_echo.hpp"
#include "peers/lines.hpp"
#include "peers/sockets.hpp"

namespace {

using peer::opaque;
using peer::stopwatch;

constexpr std::uint64_t batch = 1000;

template <class Body>
std::uint64_t timed(std::uint64_t count, Body body) {
  const stopwatch watch;
  for (std::uint64_t i = 0; i < count; ++i) body(i);
  return watch.ns();
}

struct closure {
  std::uint64_t (*call)(closure&);
  std::uint64_t value;
};

[[gnu::noinline]] std::uint64_t called(closure& self) { return self.value; }

std::uint64_t spawn(std::uint64_t count) {
  return timed(count, [](std::uint64_t i) {
    const auto made = std::make_unique<closure>(&called, i);
    opaque(*made);
    auto value = made->call(*made);
    opaque(value);
  });
}

std::uint64_t yield(std::uint64_t count) {
  std::vector<closure> tasks(200, closure{&called, 1});
  opaque(tasks);
  return timed(count / tasks.size(), [&](std::uint64_t) {
    for (auto& task : tasks) {
      auto value = task.call(task);
      opaque(value);
    }
  });
}

[[gnu::noinline]] std::uint64_t skynet_node(std::uint64_t number, std::uint64_t size) {
  if (size == 1) return number;
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < 10; ++i) sum += skynet_node(number + i * (size / 10), size / 10);
  opaque(sum);
  return sum;
}

std::uint64_t skynet(std::uint64_t count) {
  return timed(count / 1'000'000, [](std::uint64_t) {
    if (skynet_node(0, 1'000'000) != 499'999'500'000) std::abort();
  });
}

// One producer and one consumer, here the same thread.
struct ring {
  std::array<std::uint64_t, 1024> slots{};
  std::atomic<std::uint64_t> head{0}, tail{0};
  void push(std::uint64_t value) {
    const auto at = tail.load(std::memory_order_relaxed);  // only the producer writes it
    slots[at % slots.size()] = value;
    tail.store(at + 1, std::memory_order_release);  // publishes the slot; pairs with a consumer's acquire
  }
  std::uint64_t pop() {
    const auto at = head.load(std::memory_order_relaxed);  // only the consumer writes it
    while (tail.load(std::memory_order_acquire) == at) {
    }
    const auto value = slots[at % slots.size()];
    head.store(at + 1, std::memory_order_release);  // gives the slot back
    return value;
  }
};

std::uint64_t send_then_receive(std::uint64_t count) {
  ring through;
  return timed(count / batch, [&](std::uint64_t) {
    for (std::uint64_t i = 0; i < batch; ++i) through.push(i);
    for (std::uint64_t i = 0; i < batch; ++i) {
      auto value = through.pop();
      opaque(value);
    }
  });
}

template <class Lock>
std::uint64_t lock_pairs(std::uint64_t count) {
  std::uint64_t value = 0;
  typename Lock::mutex_type mutex;
  return timed(count, [&](std::uint64_t) {
    const Lock held(mutex);
    opaque(value);
  });
}

std::uint64_t semaphore_pairs(std::uint64_t count) {
  std::counting_semaphore<> seats(10);
  return timed(count, [&](std::uint64_t) {
    seats.acquire();
    opaque(seats);
    seats.release();
  });
}

std::uint64_t remote_wake(std::uint64_t count) {
  std::counting_semaphore<> there(0), back(0);
  std::thread other([&] {
    for (std::uint64_t i = 0; i < count; ++i) {
      there.acquire();
      back.release();
    }
  });
  const auto took = timed(count, [&](std::uint64_t) {
    there.release();
    back.acquire();
  });
  other.join();
  return took;
}

std::uint64_t long_polls(std::uint64_t count, unsigned workers) {
  std::atomic<std::uint64_t> left{count};  // relaxed: a number of turns, no data
  const auto work = [&] {
    for (auto mine = left.load(std::memory_order_relaxed); mine > 0;) {
      if (!left.compare_exchange_weak(mine, mine - 1, std::memory_order_relaxed)) continue;
      for (const stopwatch turn; turn.ns() < 1'000'000;) {
      }
      mine = left.load(std::memory_order_relaxed);
    }
  };
  const stopwatch watch;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < workers; ++i) threads.emplace_back(work);
  for (auto& thread : threads) thread.join();
  return watch.ns();
}

std::uint64_t tick_lateness(std::uint64_t count) {
  timespec due{};
  std::uint64_t late = 0;
  ::clock_gettime(CLOCK_MONOTONIC, &due);
  for (std::uint64_t i = 0; i < count; ++i) {
    due.tv_nsec += 1'000'000;
    if (due.tv_nsec >= 1'000'000'000) ++due.tv_sec, due.tv_nsec -= 1'000'000'000;
    ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, nullptr);
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    late += static_cast<std::uint64_t>((now.tv_sec - due.tv_sec) * 1'000'000'000 + now.tv_nsec - due.tv_nsec);
  }
  return late;
}

void wait_and_receive(int set, int fd, std::array<char, 64>& bytes) {
  epoll_event event{};
  if (::epoll_wait(set, &event, 1, -1) != 1 || ::recv(fd, bytes.data(), bytes.size(), MSG_WAITALL) != 64)
    peer::give_up("recv");
}

// Both ends of one connection, each in an epoll set of its own.
std::uint64_t echo(std::uint64_t count) {
  const int listener = peer::listen_on_loopback();
  const int near = peer::connect_to(peer::port_of(listener));
  const int far = ::accept(listener, nullptr, nullptr);
  if (far < 0) peer::give_up("accept");
  peer::no_delay(far);
  const int near_set = peer::make_set(), far_set = peer::make_set();
  peer::watch(near_set, near, EPOLLIN | EPOLLET, nullptr);
  peer::watch(far_set, far, EPOLLIN | EPOLLET, nullptr);
  std::array<char, 64> bytes{};
  const auto took = timed(count, [&](std::uint64_t) {
    if (::send(near, bytes.data(), bytes.size(), MSG_NOSIGNAL) != 64) peer::give_up("send");
    wait_and_receive(far_set, far, bytes);
    if (::send(far, bytes.data(), bytes.size(), MSG_NOSIGNAL) != 64) peer::give_up("send");
    wait_and_receive(near_set, near, bytes);
  });
  for (const int fd : {listener, near, far, near_set, far_set}) ::close(fd);
  return took;
}

std::vector<peer::workload> workloads(unsigned workers) {
  return {
      {"spawn", 1, spawn},
      {"spawn_join", 1, spawn},
      {"oneshot", 1, spawn},
      {"yield", 200, yield},
      {"skynet", 1'000'000, skynet},
      {"mpsc_bounded", batch, send_then_receive},
      {"mutex", 1, lock_pairs<std::unique_lock<std::mutex>>},
      {"rwlock_read", 1, lock_pairs<std::shared_lock<std::shared_mutex>>},
      {"rwlock_write", 1, lock_pairs<std::unique_lock<std::shared_mutex>>},
      {"semaphore", 1, semaphore_pairs},
      {"remote_wake", 1, remote_wake},
      {"long_polls", 20, [workers](std::uint64_t count) { return long_polls(count, workers); }},
      {"interval", 1, tick_lateness, "ns late"},
      {"echo", 1, echo},
  };
}

}  // namespace

int main(int argc, char** argv) {
  const int workers = argc == 2 ? std::atoi(argv[1]) : 0;
  if (workers < 1) {
    std::cerr << "usage: limit_peer WORKERS, a number from 1\n";
    return 64;
  }
  peer::answer_lines(workloads(static_cast<unsigned>(workers)), [workers] { return peer::start_epoll_echo(workers); });
}
