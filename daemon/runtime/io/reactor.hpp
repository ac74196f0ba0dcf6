// Asks the kernel and tells the tasks: the sources of one shard, their backend, and the turn that moves events from the
// one to the other.
// Invariant: an event marks its source before the waiter is woken; events of a source that is gone change nothing.
//            A wake() ends the owner's wait even if a turn by somebody else swallowed it. Once stopped, nobody waits.
// Threads:   turn [the shard's owner]; turn_for_owner [any, while the owner is late]; everything else [any].
// No model: sums, relaxed, nothing else is published; a source's words are readiness.hpp, which has a model.
#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "runtime/io/backend.hpp"
#include "runtime/io/source.hpp"
#include "runtime/io/source_table.hpp"
#include "runtime/metrics/histogram.hpp"
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
  bool adopted = false;  // an adopted reactor has events, or what is watched: turn them, too
  error failed = {};     // code 0: nothing went wrong

  void add(const turn_report& more) {
    events += more.events;
    stale_events += more.stale_events;
    woken_tasks += more.woken_tasks;
    woken = woken || more.woken;
    adopted = adopted || more.adopted;
    if (more.failed.code != 0) failed = more.failed;
  }
};

// A source as somebody saw it who only looked: it may be gone already.
struct source_view {
  int fd = -1;
  ready readable = ready::none, writable = ready::none;  // what each direction has been told and has not used up
  std::optional<task::key> reader, writer;               // who waits
};

class reactor {
 public:
  static constexpr std::size_t usual_events = 256;

  // A turn takes at most so many events, not 0, and the next one what is left.
  explicit reactor(std::unique_ptr<backend> kernel, std::size_t events_per_turn = usual_events);
  reactor(const reactor&) = delete;
  reactor& operator=(const reactor&) = delete;

  [[nodiscard]] static result<std::unique_ptr<reactor>> create(std::size_t events_per_turn = usual_events);  // on epoll

  // `fd` is non-blocking. `assume` is what holds without asking the kernel: writable for a connected socket.
  [[nodiscard]] result<source*> add(int fd, interest what = interest::both, ready assume = ready::none);
  // The two waiters are dropped, not woken. Then the descriptor may be closed.
  void remove(source& s) {
    remove(s, [](task::key) {});
  }
  // Those who wait beside them are woken: they find that the source is gone.
  template <class Wake>
  void remove(source& s, Wake&& wake) {
    take_out(s);
    wake_crowds(s, wake);
    give_back(s);
  }

  // Wakes everybody who waits for it, as an event would: it is about to be removed, and they are not the remover's.
  template <class Wake>
  void hang_up(source& s, Wake&& wake) {
    wake_those(dispatch({{s.index_, s.at(direction::read).generation()}, ready::closed, ready::closed}), wake);
  }

  // Nobody will turn it any more: wakes everybody who waits for any of its sources, and lets nobody wait again; they
  // find ready::gone. A source that is added later is refused with ESHUTDOWN.
  template <class Wake>
  void stop(Wake&& wake) {
    const std::uint32_t used = sources_.close();
    for (std::uint32_t i = 0; i < used; ++i) {
      const token about{i, sources_.find(i).tenant(direction::read)};
      wake_those(dispatch({about, ready::gone, ready::gone}), wake);
    }
  }

  // What was said of the descriptor so far is forgotten, and the kernel is asked anew: it has become another (a socket
  // that is not connected says that it is hung up). When nobody polls it; those who wait beside are woken, to wait
  // anew. ESHUTDOWN: it was stopped.
  template <class Wake>
  [[nodiscard]] result<void> renew(source& s, interest what, Wake&& wake) {
    take_out(s);
    if (!sources_.renew(s)) return std::unexpected(error{ESHUTDOWN, "epoll_ctl"});
    wake_crowds(s, wake);  // behind renew(), which takes the mark of the crowd away
    return put_in(s, what);
  }

  // What is ready of `wanted`; when nothing is, `waiter` is woken by the next event of this direction, beside everybody
  // else who waits for it. ENOMEM; EDQUOT: too many do; ESTALE: it is not `tenant`'s any more (source::tenant).
  [[nodiscard]] result<readiness> wait_beside(source& s, direction d, std::uint32_t tenant, ready wanted,
                                              task::key waiter, seat& at);
  // Waits no more.
  void leave(const source& s, direction d, seat& at) {
    if (at == 0) return;
    if (auto* crowd = sources_.crowd_of(s, d)) crowd->leave(at);
  }

  // Waits at most `timeout`, marks sources, and calls wake(task::key) for each waiter. Nothing is locked meanwhile.
  // What is more than `most`, not 0, waits in the kernel, in order.
  template <class Wake>
  turn_report turn(duration_ns timeout, Wake&& wake, std::size_t most = SIZE_MAX) {
    return whole_turn(timeout, wake, most, events_per_wait_[0]);
  }

  // The same without waiting, by a thread that is not the owner, one at a time. A wake-up that was meant for the owner
  // is passed on.
  template <class Wake>
  turn_report turn_for_owner(Wake&& on_wake, std::size_t most = SIZE_MAX) {
    turn_report report = whole_turn(0, on_wake, most, events_per_wait_[1]);
    if (report.woken) this->wake();
    return report;
  }

  void wake() { backend_->wake(); }  // ends the owner's wait, the current one or the next

  // Makes turns of this reactor end when `other` has events, for an owner of both. [any]
  [[nodiscard]] result<void> adopt(reactor& other) { return backend_->adopt(other.backend_->pollable()); }
  // The same for what is no reactor, and stays: whoever makes the turn looks at it (turn_report::adopted). [any]
  [[nodiscard]] result<void> watch(int pollable) { return backend_->adopt(pollable); }
  void abandon(reactor& other) { backend_->abandon(other.backend_->pollable()); }

  // The kernel has something to tell, as far as one may know without taking it.
  [[nodiscard]] bool has_events() const;

  [[nodiscard]] reactor_counts counts() const;
  // Adds to `into` how many events each wait that had any brought, also stale ones.
  void add_events_per_wait(metrics::octave_sum& into) const {
    for (const auto& one : events_per_wait_) into.add(one);
  }
  // Adds sources until there are so many. [any]
  void look(std::vector<source_view>& into, std::size_t most);
  [[nodiscard]] std::size_t events_per_turn() const { return events_per_turn_; }

 private:
  template <class Wake>
  turn_report whole_turn(duration_ns timeout, Wake& wake, std::size_t most, metrics::octave_histogram& events) {
    most = std::min(most, events_per_turn_);
    turn_report report = part_of_turn(std::min(most, most_events_per_wait), timeout, wake, events);
    // What one wait has no room for is fetched with the next.
    while (report.events % most_events_per_wait == 0 && report.events != 0 && report.events < most) {
      const turn_report more = part_of_turn(std::min(most - report.events, most_events_per_wait), 0, wake, events);
      report.add(more);
      if (more.events == 0) break;
    }
    return report;
  }
  template <class Wake>
  turn_report part_of_turn(std::size_t room, duration_ns timeout, Wake& wake, metrics::octave_histogram& per_wait) {
    std::array<kernel_event, most_events_per_wait> events;
    turn_report report = ask(std::span(events).first(room), timeout);
    for (std::size_t i = 0; i < report.events; ++i) {
      const dispatched done = dispatch(events[i]);
      report.woken_tasks += wake_those(done, wake);
      report.stale_events += done.stale ? 1 : 0;
    }
    count(report, per_wait);
    return report;
  }
  struct dispatched {
    task::key waiters[2];
    source_table::crowd* crowds[2] = {};
    std::uint32_t count = 0;
    bool stale = false;
  };
  template <class Wake>
  static std::uint32_t wake_those(const dispatched& told, Wake&& wake) {
    for (std::uint32_t w = 0; w < told.count; ++w) wake(told.waiters[w]);
    std::uint32_t woken = told.count;
    for (auto* crowd : told.crowds)
      if (crowd != nullptr) [[unlikely]]
        woken += crowd->wake_all(wake);
    return woken;
  }
  template <class Wake>
  void wake_crowds(const source& s, Wake& wake) {
    for (const auto d : {direction::read, direction::write})
      if (auto* crowd = sources_.crowd_of(s, d)) (void)crowd->wake_all(wake);
  }
  void take_out(source& s);
  [[nodiscard]] result<void> put_in(source& s, interest what);
  void give_back(source& s);
  [[nodiscard]] turn_report ask(std::span<kernel_event> into, duration_ns timeout);
  [[nodiscard]] dispatched dispatch(const kernel_event& event);
  void count(const turn_report& report, metrics::octave_histogram& per_wait);
  static void assume_ready(source& s, ready assume);

  std::unique_ptr<backend> backend_;
  source_table sources_;
  const std::size_t events_per_turn_;
  // Relaxed everywhere: they carry no other data.
  std::atomic<std::uint64_t> registered_{0}, deregistered_{0}, turns_{0}, ready_events_{0}, stale_events_{0};
  // One of the owner, and one of who turns it in the owner's place: each has one writer at a time.
  std::array<metrics::octave_histogram, 2> events_per_wait_;
};

}  // namespace tokiod::io
