// A thread that is made while there are threads, and waits for the day when the system gives no other: what has to be
// done to end something must not fail because something else has used up all the threads.
// Invariant: the spare runs at most one body, and ends after it; until then it only waits.
// Threads:   [any], one call at a time.
#pragma once
#include <functional>
#include <memory>

#include "base/error.hpp"
#include "base/os_thread.hpp"

namespace tokiod {

class spare_thread {
 public:
  spare_thread() = default;
  spare_thread(const spare_thread&) = delete;
  spare_thread& operator=(const spare_thread&) = delete;
  ~spare_thread();  // one that was not used ends

  // Makes the spare, unless it is there. EAGAIN: the system has no more threads.
  result<void> keep();
  // A thread of its own for `body`, or else the spare. EAGAIN: neither could be had.
  [[nodiscard]] result<os_thread> start(const thread_options& options, std::function<void()> body);

 private:
  struct shared;

  std::shared_ptr<shared> waiting_;  // null: there is no spare
  os_thread thread_;
};

}  // namespace tokiod
