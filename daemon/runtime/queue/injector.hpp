// Tasks that wait for a core apart from its ring: those from outside (from other threads, from rings that others
// filled, from cores that retire), first in, first out; and those that a core spilled because it spawned faster than it
// ran, chain by chain, the newest first: a task that spawns a tree then walks it in depth, and not in breadth with all
// of it alive at once. Linked through the tasks, so pushing needs no memory and cannot fail for want of it.
// Invariant: the word is the number of tasks, and whether another thread than the core's has brought one of them,
//            whenever the lock is free; once closed nothing gets in. Where there are too many spilled chains the oldest
//            two become one.
// Threads:   any.
// Model:     tests/model/injector_model.cpp
#pragma once
#include <array>
#include <cstdint>
#include <utility>

#include "base/cache_line.hpp"
#include "base/policy.hpp"
#include "base/spin_lock.hpp"
#include "runtime/queue/overflow.hpp"

namespace tokiod::queue {

// Which tasks are popped.
enum class pop_order : std::uint8_t {
  outside,  // those from outside and no others
  newest,   // those from outside; where there are none, of the chain that was spilled last
  oldest,   // those from outside, then of the chains that were spilled first
  overdue,  // of the chains that were spilled first, then those from outside
};

// Who brings tasks: the core that serves this injector, whose ring is full, or somebody else, who may not wait for it.
enum class brought_by : std::uint8_t { core, other };

template <class P, class Task>
class injector {
 public:
  struct look {
    std::uint32_t count = 0;
    bool from_others = false;
  };

  // False: closed, and the task still is the caller's.
  [[nodiscard]] bool push(Task* task) {
    task->next.set(nullptr);
    return push_chain({task, task, 1});
  }

  // False: closed, and the tasks still are the caller's. The last one's `next` must be null; so in spill().
  [[nodiscard]] bool push_chain(chain<Task> tasks, brought_by whom = brought_by::other) {
    return add(tasks, [&](shared& s) {
      append(s.outside, tasks);
      s.pushed += tasks.count;
      if (whom == brought_by::other) s.others_until = s.pushed;
    });
  }
  [[nodiscard]] bool spill(chain<Task> tasks) {
    return add(tasks, [&](shared& s) {
      if (s.spilled == P::spilled_chains) s.join_oldest();
      s.at(s.spilled++) = tasks;
    });
  }

  // Up to `limit`, each chain in its order. Costs one load when there is nothing.
  [[nodiscard]] chain<Task> pop(std::uint32_t limit, pop_order from = pop_order::oldest) {
    if (length() == 0 || limit == 0) return {};
    const hold lock(lock_);
    shared& s = shared_.ref();
    chain<Task> taken;
    if (from == pop_order::overdue) s.take_oldest(taken, limit);
    append(taken, cut(s.outside, limit - taken.count));
    if (from == pop_order::newest && taken.count == 0) taken = s.take_newest(limit);
    if (from == pop_order::oldest) s.take_oldest(taken, limit);
    taken_.store(taken_.load(relaxed) + taken.count, relaxed);  // a hint; one writer, under the lock
    publish_count(s, length_under_lock() - taken.count);
    return taken;
  }

  // Nothing gets in any more; what is in stays to be popped. True: this call closed it.
  bool close() {
    const hold lock(lock_);
    return !std::exchange(shared_.ref().closed, true);
  }

  // Sequentially consistent: a worker announces that it sleeps and then looks here, while who pushes stores here and
  // then looks who sleeps. In the one order of the four, one of them sees the other.
  [[nodiscard]] look waiting() const {
    const std::uint32_t word = count_.load(seq_cst);
    return {word & ~from_others, (word & from_others) != 0};
  }
  [[nodiscard]] std::uint32_t length() const { return waiting().count; }

  // How many were taken so far. A hint.
  [[nodiscard]] std::uint64_t taken() const { return taken_.load(relaxed); }

 private:
  static constexpr std::uint32_t from_others = std::uint32_t{1} << 31;

  struct shared {
    chain<Task> outside;
    std::uint64_t pushed = 0;                           // to those from outside, so far
    std::uint64_t others_until = 0;                     // as many were pushed when somebody else had brought some
    std::array<chain<Task>, P::spilled_chains> chains;  // a ring
    std::uint32_t first = 0;
    std::uint32_t spilled = 0;
    bool closed = false;

    [[nodiscard]] chain<Task>& at(std::uint32_t i) { return chains[(first + i) % P::spilled_chains]; }
    void drop_oldest() {
      first = (first + 1) % P::spilled_chains;
      --spilled;
    }
    void join_oldest() {
      append(at(0), at(1));
      at(1) = at(0);
      drop_oldest();
    }
    [[nodiscard]] bool others_wait() const { return pushed - outside.count < others_until; }
    // Up to `limit` with what is there already.
    void take_oldest(chain<Task>& taken, std::uint32_t limit) {
      while (taken.count < limit && spilled != 0) {
        append(taken, cut(at(0), limit - taken.count));
        if (at(0).count == 0) drop_oldest();
      }
    }
    [[nodiscard]] chain<Task> take_newest(std::uint32_t limit) {
      if (spilled == 0) return {};
      chain<Task>& newest = at(spilled - 1);
      const chain<Task> taken = cut(newest, limit);
      if (newest.count == 0) --spilled;
      return taken;
    }
  };

  template <class Put>
  [[nodiscard]] bool add(const chain<Task>& tasks, Put put) {
    if (tasks.count == 0) return true;
    const hold lock(lock_);
    shared& s = shared_.ref();
    if (s.closed) return false;
    put(s);
    publish_count(s, length_under_lock() + tasks.count);
    return true;
  }

  // Partner: waiting() in the last look of a parking worker, see there. Written under the lock alone.
  void publish_count(const shared& s, std::uint32_t count) {
    count_.store(count | (s.others_wait() ? from_others : 0), seq_cst);
  }
  [[nodiscard]] std::uint32_t length_under_lock() const { return count_.load(relaxed) & ~from_others; }

  alignas(cache_line) basic_spin_lock<P> lock_;
  typename P::template cell<shared> shared_;  // under lock_
  typename P::template atomic<std::uint32_t> count_{0};
  typename P::template atomic<std::uint64_t> taken_{0};
};

}  // namespace tokiod::queue
