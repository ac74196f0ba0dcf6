// Tasks from outside a core: from other threads, from overflowing rings, from cores that retire. FIFO, linked through
// the tasks, so pushing needs no memory and cannot fail for want of it.
// Invariant: count is the length of the list whenever the lock is free; once closed nothing gets in.
// Threads:   any.
// Model:     tests/model/injector_model.cpp
#pragma once
#include <cstdint>

#include "base/cache_line.hpp"
#include "base/policy.hpp"
#include "base/spin_lock.hpp"
#include "runtime/queue/overflow.hpp"

namespace tokiod::queue {

template <class P, class Task>
class injector {
 public:
  // False: closed, and the task still is the caller's.
  [[nodiscard]] bool push(Task* task) {
    task->next.set(nullptr);
    return push_chain({task, task, 1});
  }

  // False: closed, and the tasks still are the caller's. The last one's `next` must be null.
  [[nodiscard]] bool push_chain(chain<Task> tasks) {
    if (tasks.count == 0) return true;
    const hold lock(lock_);
    if (closed_.get()) return false;
    if (last_.get() == nullptr) {
      first_.set(tasks.first);
    } else {
      last_.get()->next.set(tasks.first);
    }
    last_.set(tasks.last);
    publish_count(count_.load(relaxed) + tasks.count);
    return true;
  }

  // Up to `limit` of the oldest, in order. Costs one load when there is nothing.
  [[nodiscard]] chain<Task> pop(std::uint32_t limit) {
    if (length() == 0 || limit == 0) return {};
    const hold lock(lock_);
    chain<Task> taken{first_.get(), nullptr, 0};
    for (Task* task = taken.first; task != nullptr && taken.count < limit; task = task->next.get()) {
      taken.last = task;
      ++taken.count;
    }
    if (taken.count == 0) return {};
    first_.set(taken.last->next.get());
    if (first_.get() == nullptr) last_.set(nullptr);
    taken.last->next.set(nullptr);
    taken_.store(taken_.load(relaxed) + taken.count, relaxed);  // a hint; one writer, under the lock
    publish_count(count_.load(relaxed) - taken.count);
    return taken;
  }

  // Nothing gets in any more; what is in stays to be popped. True: this call closed it.
  bool close() {
    const hold lock(lock_);
    const bool open = !closed_.get();
    closed_.set(true);
    return open;
  }

  // Sequentially consistent: a worker announces that it sleeps and then looks here, while who pushes stores here and
  // then looks who sleeps. In the one order of the four, one of them sees the other.
  [[nodiscard]] std::uint32_t length() const { return count_.load(seq_cst); }

  // How many were taken so far. A hint.
  [[nodiscard]] std::uint64_t taken() const { return taken_.load(relaxed); }

 private:
  // Partner: length() in the last look of a parking worker, see there. Written under the lock alone.
  void publish_count(std::uint32_t count) { count_.store(count, seq_cst); }

  alignas(cache_line) basic_spin_lock<P> lock_;  // guards the cells
  typename P::template cell<Task*> first_{nullptr};
  typename P::template cell<Task*> last_{nullptr};
  typename P::template cell<bool> closed_{false};
  typename P::template atomic<std::uint32_t> count_{0};
  typename P::template atomic<std::uint64_t> taken_{0};
};

}  // namespace tokiod::queue
