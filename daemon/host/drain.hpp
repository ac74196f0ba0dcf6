// The end of a run and of an image, as numbered steps. What cannot be proven to have ended is quarantined and named.
//
//   drain: 1 nothing new is registered, methods are withdrawn     2 stop() is told the deadline
//          3 tasks end by themselves, until the deadline          4 the owner is closed, what is left is aborted
//          5 wait: no task, job, callback, no thread inside       6 clients that still wait hear that it ended
//          7 drop() of methods, then fini()                       8 handles that are left are taken back
//          9 what it freed goes back to the system
//   unmap: 1 nothing of it forbids it   2 threads are replaced if it needs that   3 dlclose   4 is it gone?
//
// Invariant: fini runs only when nothing of the plugin can run; dlclose only after fini of every run.
// Threads:   one operation per image at a time (the registry sees to that); not a worker.
// No model: of the deadline, which only comes nearer; when nothing runs is quiet.hpp, which has one.
#pragma once
#include <atomic>
#include <functional>
#include <utility>

#include "host/image.hpp"
#include "host/own_thread.hpp"
#include "host/registry_views.hpp"

namespace tokiod::host {

struct drain_limits {
  drain_limits(const std::atomic<instant_ns>* nearer, instant_ns asked_until, duration_ns for_the_rest,
               std::function<bool()> has_had_enough = nullptr)
      : hurry(nearer), abort_at(asked_until), grace(for_the_rest), enough(std::move(has_had_enough)) {}

  const std::atomic<instant_ns>* hurry;  // a nearer deadline that may come meanwhile; never: not yet. Null: none will
  instant_ns abort_at;                   // tasks are asked until then, aborted afterwards
  duration_ns grace;                     // for the rest, after that
  std::function<bool()> enough;          // once it says so, that moment is now. Null: it will not
  mutable instant_ns enough_at = never;  // when it did
  [[nodiscard]] instant_ns abort_time() const;
  [[nodiscard]] instant_ns give_up_time() const { return abort_time() + grace; }
  [[nodiscard]] bool at_the_end() const;  // of the daemon: all its memory goes soon
};

struct start_failure {
  refusal why;
  bool quarantined = false;  // init has not returned, or what it spawned did not end
};

struct ctl_result {
  bool entered = false;  // the instance's gate, before the deadline
  own_thread_result ran = own_thread_result::no_thread;
  [[nodiscard]] bool fine() const { return entered && ran == own_thread_result::returned; }
};

// A [ctl] call into the plugin, on a thread of its own, when no other is going on. `call` may outlive us when it is
// late, so it owns what it uses; the plugin stays for ever then.
[[nodiscard]] ctl_result ctl_call(tokio_plugin& p, const char* thread, instant_ns deadline, std::function<void()> call);

// "instance NAME: init failed: WHY"
[[nodiscard]] refusal init_refusal(const std::string& instance, const std::string& why);

// init(), on a thread of its own.
[[nodiscard]] std::expected<void, start_failure> initialise(tokio_plugin& p, instant_ns deadline, duration_ns grace);

// The numbered steps. Quarantined: `blockers` says why; a later drain goes on from step 4.
[[nodiscard]] stop_report drain(tokio_plugin& p, const drain_limits& limits);

// All runs have been drained. The report's state is unloaded, resident or quarantined.
[[nodiscard]] unload_report unmap(image& which, runtime& rt, own_threads& threads, instant_ns deadline);

}  // namespace tokiod::host
