// What a runtime is kept busy with while something changes under it: wakes, timers and sockets.
// Threads: each says its own; the polls are the runtime's.
#pragma once
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <memory>

#include "tasks.hpp"

namespace tokiod::test {

// A task that counts how often it was woken after its first poll.
struct counted {
  explicit counted(bench_runtime& rt)
      : task(rt.spawn([this](task::key, task::context&) {
          ++polls;
          return over ? task::poll_result::ready : task::poll_result::pending;
        })) {
    CHECK(eventually([&] { return polls == 1; }));
  }
  std::atomic<bool> over{false};
  std::atomic<int> polls{0};
  task::key task;
  time::timer_queue::entry timer;
};

// Two ends, one of them registered by a task, which answers each byte with the same byte until it reads 0.
class echo {
 public:
  explicit echo(bench_runtime& rt) {
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    mine_.reset(ends[0]);
    other_.reset(ends[1]);
    rt.spawn([this, &rt](task::key self, task::context&) { return serve(rt, self); });
    CHECK(eventually([&] { return registered_.load(); }));
  }
  void ask(char byte) {
    REQUIRE(::write(other_.get(), &byte, 1) == 1);
    char answer = 0;
    CHECK(eventually([&] { return ::read(other_.get(), &answer, 1) == 1; }));
    CHECK(answer == byte);
  }
  void end() {
    REQUIRE(::write(other_.get(), "", 1) == 1);
    CHECK(eventually([&] { return ended_.load(); }));
  }

 private:
  task::poll_result serve(bench_runtime& rt, task::key self) {
    const sched::host_entry call;
    if (!registered_) {
      source_ = *rt.all->register_fd(mine_.get());
      registered_ = true;
    }
    for (;;) {
      char byte = 0;
      const auto got = io::poll_transfer(*source_, io::direction::read, 1, &self, [&]() -> ssize_t {
        const ssize_t n = ::read(mine_.get(), &byte, 1);
        return n < 0 ? -errno : n;
      });
      if (got == -EAGAIN) return task::poll_result::pending;
      if (got != 1 || byte == 0) break;
      if (::write(mine_.get(), &byte, 1) != 1) break;
    }
    runtime::deregister_fd(*source_);
    ended_ = true;
    return task::poll_result::ready;
  }

  unique_fd mine_, other_;
  io::source* source_ = nullptr;
  std::atomic<bool> registered_{false}, ended_{false};
};

// Tasks that yield, sleep on a timer that they arm on whichever worker polls them, and are followed by another one.
class churn {
 public:
  explicit churn(bench_runtime& rt) : rt_(rt) {}
  void start(int tasks) {
    for (int i = 0; i < tasks; ++i) spawn();
  }
  // No more followers.
  void end() { enough_ = true; }
  [[nodiscard]] bool ended() const { return ended_ == spawned_ && fired_ == ended_; }
  [[nodiscard]] std::uint64_t spawned() const { return spawned_; }

 private:
  void spawn() {
    ++spawned_;
    rt_.spawn([this, yields = 3, slept = false, timer = std::make_shared<time::timer_queue::entry>()](
                  task::key self, task::context&) mutable {
      if (yields-- > 0) return task::poll_result::yielded;
      if (!std::exchange(slept, true)) {
        const sched::host_entry call;
        rt_.all->arm(*timer, rt_.all->now() + 200 * microsecond, self);
        return task::poll_result::pending;
      }
      if (timer->armed()) return task::poll_result::pending;
      runtime::disarm(*timer);
      ++fired_;
      if (!enough_) spawn();
      ++ended_;
      return task::poll_result::ready;
    });
  }

  bench_runtime& rt_;
  std::atomic<bool> enough_{false};
  std::atomic<std::uint64_t> spawned_{0}, ended_{0}, fired_{0};
};

inline void resize(bench_runtime& rt, std::uint32_t workers) {
  const auto done = rt.all->resize(workers, patience());
  REQUIRE_MESSAGE(done, done.error().sentence);
  REQUIRE(rt.all->snapshot().active_workers == workers);
}

}  // namespace tokiod::test
