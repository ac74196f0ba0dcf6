// Asks the kernel and tells the tasks: the sources of one shard, their backend, and the turn that moves events from the
// one to the other.
// Invariant: an event marks its source before the waiter is woken; events of a source that is gone change nothing.
//            A wake() ends the owner's wait even if a turn by somebody else swallowed it.
// Threads:   turn [the shard's owner]; turn_for_owner [any, while the owner is late]; everything else [any].
// No model: sums, relaxed, nothing else is published; a source's words are readiness.hpp, which has a model.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "runtime/io/backend.hpp"
#include "runtime/io/source.hpp"
#include "runtime/io/source_table.hpp"
#include "runtime/task/handles.hpp"

namespace tokiod::io {

// Added up by any thread, hence RMWs: once per turn or per registration, which cost a system call each.
struct reactor_counts {
  std::uint64_t registered = 0;
  std::uint64_t deregistered = 0;
  std::uint64_t turns = 0;         // waits for the kernel
  std::uint64_t ready_events = 0;  // of live sources
  std::uint64_t stale_events = 0;  // of sources that were gone
  [[nodiscard]] std::uint64_t live() const { return registered > deregistered ? registered - deregistered : 0; }
};

// What one turn did.
struct turn_report {
  std::uint32_t events = 0;
  std::uint32_t stale_events = 0;  // of them, of sources that were gone
  std::uint32_t woken_tasks = 0;
  bool woken = false;    // by wake()
  bool adopted = false;  // an adopted reactor has events: turn it, too
  error failed = {};     // code 0: nothing went wrong
};

class reactor {
 public:
  explicit reactor(std::unique_ptr<backend> kernel);
  reactor(const reactor&) = delete;
  reactor& operator=(const reactor&) = delete;

  [[nodiscard]] static result<std::unique_ptr<reactor>> create();  // on epoll

  // `fd` is non-blocking. `assume` is what holds without asking the kernel: writable for a connected socket.
  [[nodiscard]] result<source*> add(int fd, interest what = interest::both, ready assume = ready::none);
  // Waiters are dropped, not woken. Then the descriptor may be closed.
  void remove(source& s);

  // Waits at most `timeout`, marks sources, and calls wake(task::key) for each waiter. Nothing is locked meanwhile.
  template <class Wake>
  turn_report turn(duration_ns timeout, Wake&& wake) {
    std::array<kernel_event, events_per_wait> events;
    turn_report report = ask(events, timeout);
    for (std::size_t i = 0; i < report.events; ++i) {
      const dispatched done = dispatch(events[i]);
      for (std::uint32_t w = 0; w < done.count; ++w) wake(done.waiters[w]);
      report.woken_tasks += done.count;
      report.stale_events += done.stale ? 1 : 0;
    }
    count(report);
    return report;
  }

  // The same without waiting, by a thread that is not the owner. A wake-up that was meant for the owner is passed on.
  template <class Wake>
  turn_report turn_for_owner(Wake&& on_wake) {
    turn_report report = turn(0, on_wake);
    if (report.woken) this->wake();
    return report;
  }

  void wake() { backend_->wake(); }  // ends the owner's wait, the current one or the next

  // Makes turns of this reactor end when `other` has events, for an owner of both. [any]
  [[nodiscard]] result<void> adopt(reactor& other) { return backend_->adopt(other.backend_->pollable()); }
  void abandon(reactor& other) { backend_->abandon(other.backend_->pollable()); }

  // The kernel has something to tell, as far as one may know without taking it.
  [[nodiscard]] bool has_events() const;

  [[nodiscard]] reactor_counts counts() const;

 private:
  struct dispatched {
    task::key waiters[2];
    std::uint32_t count = 0;
    bool stale = false;
  };
  [[nodiscard]] turn_report ask(std::span<kernel_event, events_per_wait> into, duration_ns timeout);
  [[nodiscard]] dispatched dispatch(const kernel_event& event);
  void count(const turn_report& report);
  static void assume_ready(source& s, token about, ready assume);

  std::unique_ptr<backend> backend_;
  source_table sources_;
  // Relaxed everywhere: they carry no other data.
  std::atomic<std::uint64_t> registered_{0}, deregistered_{0}, turns_{0}, ready_events_{0}, stale_events_{0};
};

}  // namespace tokiod::io
