// The numbers a runtime is started with, each with its unit and the reason for its default.
// Threads: plain values.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/thread_stack.hpp"

namespace tokiod::memory {
class arena;
}

namespace tokiod::sched {

enum class flavor : std::uint8_t { multi_thread, current_thread };

inline constexpr std::uint32_t max_workers = 1024;

// A poll that does not end.
struct stuck_poll {
  std::uint32_t worker = 0;
  std::uint64_t poll = 0;  // its number on that worker
  int os_thread = 0;
  std::uint64_t task = 0;       // its id
  std::uint16_t owner = 0;      // whose
  duration_ns lasted = 0;       // until now
  bool taken_over = false;      // its worker goes on without it
  const void* about = nullptr;  // the task's, as given to allocate(): read it only while what it points into is there
  thread_stack stack;           // of its thread; empty where stacks are turned off
};

struct options {
  flavor kind = flavor::multi_thread;
  bool own_thread = false;  // current_thread: a thread of the runtime drives it, instead of who calls run_until()
  std::uint32_t worker_threads = 1;             // 1..max_workers; ignored by current_thread
  std::uint32_t max_blocking_threads = 512;     // Tokio's default: many, because they block
  duration_ns thread_keep_alive = 10 * second;  // an idle blocking thread lives this long
  std::uint32_t event_interval = 61;         // polls between two looks at sockets and timers; prime, beats with nothing
  std::uint32_t io_events_per_turn = 256;    // that one look at the kernel takes; more wait for the next
  std::uint32_t global_queue_interval = 0;   // polls between two looks at the injector; 0 = tuned to 200 us
  std::string thread_name = "tokio-worker";  // at most 15 characters reach the kernel
  std::size_t thread_stack_size = std::size_t{2} << 20;  // bytes; Rust's default for threads, and Tokio's
  bool lifo_slot = true;                                 // off: every wake goes to the back of the queue
  bool in_depth = true;                                  // what is spawned faster than it runs comes back newest first
  std::uint64_t seed = 0;                                // where thieves start looking; 0 = from the clock
  const clock* time = nullptr;                           // not owned; null = CLOCK_MONOTONIC
  // A poll that lasts longer and holds up others loses its core to another thread; 0 = never. Tokio has nothing of it.
  duration_ns stuck_after = 10 * millisecond;
  bool stuck_stacks = true;  // with the stack of the thread, which a signal asks for (base/thread_stack.hpp)
  std::function<void(const stuck_poll&)> on_stuck;  // on the monitor's thread, once per such poll: it must not wait
  // The same poll is over, or its worker goes on without it, which on_stuck may say only later. On the same thread.
  std::function<void(std::uint32_t worker, std::uint64_t poll, duration_ns lasted)> on_stuck_over = {};
  std::function<void()> on_thread_start;        // on every worker and blocking thread, after it started
  std::function<void()> on_thread_stop;         // and before it ends
  std::function<void()> on_thread_park;         // on a worker that found nothing to do; what it wakes is run at once
  std::function<void()> on_thread_unpark;       // and after its sleep
  std::function<std::string()> name_of_thread;  // asked for each worker and blocking thread; null: thread_name
  // Where the memory of tasks comes from; null: from an arena of its own. Wakers of a runtime that is destroyed while
  // the process goes on stay harmless only in memory that outlives it.
  std::shared_ptr<memory::arena> memory;
  bool track_waits = false;    // every task that becomes runnable is stamped, not one in thirty-two
  bool file_ring = false;      // work on files goes through the kernel's ring where it offers one (uring/ring.hpp)
  bool counts_wakers = false;  // from outside: whoever destroys it while they may be on their way waits for them
};

}  // namespace tokiod::sched
