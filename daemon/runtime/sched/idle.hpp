// Who sleeps and who searches: the parked bitmap and the number of searchers, and the rules by which a worker goes to
// sleep and is woken so that no job from outside waits beside a sleeping worker.
//
// The protocol. A submitter makes a job visible, then looks here; a parker announces itself here, then looks at every
// queue. Both halves are seq_cst, so one of them sees the other (store buffering is excluded). A submitter that sees a
// searcher wakes nobody: the searcher either finds the job, or parks (announce, look), or finds another job - and then
// it looks again after it has left the searchers (leave_search) and wakes the next. Every parker looks, not only the
// last searcher: otherwise a job may wait for the end of another job's poll beside a worker that sleeps.
//
// Invariant: a bit of parked_ is set by its own core only, and cleared by whoever wakes it; who clears it has the
//            token: a notifier has then counted the woken worker as a searcher already. Only a core below workers()
//            announces itself: the number grows before the new core's thread runs, and shrinks after the old one's
//            has left.
// Threads:   announce, retract, leave_search, begin_search [the core's thread]; set_workers [one at a time]; everything
//            else [any].
// Model:     tests/model/idle_model.cpp
#pragma once
#include <array>
#include <bit>
#include <cstdint>

#include "base/policy.hpp"

namespace tokiod::sched {

template <class P>
class basic_idle {
 public:
  static constexpr std::uint32_t nobody = UINT32_MAX;

  explicit basic_idle(std::uint32_t workers) : workers_(workers) {}

  // seq_cst both: a submitter that still reads the smaller number before it looks for parked workers comes before the
  // new worker's announcement, whose look at the queues then sees the job; and the monitor that rests because as many
  // are parked has looked before the new worker calls basic_watch::wanted().
  void set_workers(std::uint32_t workers) { workers_.store(workers, seq_cst); }
  [[nodiscard]] std::uint32_t workers(std::memory_order order = seq_cst) const { return workers_.load(order); }

  // ---- submitters

  // After a local push: relaxed, and so allowed to miss a worker that is parking at this very moment. The pusher looks
  // again before its next poll, and the monitor (1 ms) covers a poll that does not end; both look with notify().
  [[nodiscard]] bool worth_a_look() const { return searching_.load(relaxed) == 0 && any_parked(relaxed); }

  // After a job became visible by a seq_cst RMW (injector length) or before a caller that looks periodically: the core
  // to unpark, or nobody. The woken worker counts as a searcher from here on. seq_cst loads: partner of announce();
  // either we see its bit, or its scan sees our job.
  [[nodiscard]] std::uint32_t notify(std::uint32_t near) {
    while (any_parked(seq_cst)) {
      std::uint32_t none = 0;
      // Failing means that somebody searches: leave_search() or announce() comes after that, and looks at the queues.
      if (!searching_.compare_exchange_strong(none, 1, seq_cst, seq_cst)) return nobody;
      if (const std::uint32_t woken = take_any(near); woken != nobody) return woken;
      searching_.fetch_sub(1, seq_cst);  // all of them woke up by themselves; a later parker is seen by the next round
    }
    return nobody;
  }

  // ---- workers

  // At most half of the workers search at once; more of them only fight over the same queues.
  [[nodiscard]] bool begin_search() {
    if (2 * searching_.load(relaxed) >= workers(relaxed)) return false;  // relaxed: a limit, not a promise
    searching_.fetch_add(1, seq_cst);
    return true;
  }

  // For a worker that saw work in its last look: the limit must not send the last one to sleep that knows of it.
  void join_search() { searching_.fetch_add(1, seq_cst); }

  // True for the last searcher: it must look at the queues again and wake another worker when there is more, because
  // submitters that saw it searching have woken nobody. seq_cst: their load of searching_ precedes this in the order.
  [[nodiscard]] bool leave_search() { return searching_.fetch_sub(1, seq_cst) == 1; }

  // Says "I sleep", before the last look at all queues. Partner: notify().
  void announce(std::uint32_t worker, bool searching) {
    parked_[worker / 64].word.fetch_or(bit(worker), seq_cst);
    if (searching) searching_.fetch_sub(1, seq_cst);
  }

  // After the last look found something, or the sleep is over. True when a notifier was faster: the token is ours, and
  // we are counted as a searcher.
  [[nodiscard]] bool retract(std::uint32_t worker) {
    return (parked_[worker / 64].word.fetch_and(~bit(worker), seq_cst) & bit(worker)) == 0;
  }

  // ---- looking

  [[nodiscard]] bool parked(std::uint32_t worker) const {
    return (parked_[worker / 64].word.load(seq_cst) & bit(worker)) != 0;
  }
  [[nodiscard]] bool any_parked(std::memory_order order = seq_cst) const {
    for (std::uint32_t i = words(order); i-- != 0;)
      if (parked_[i].word.load(order) != 0) return true;
    return false;
  }
  [[nodiscard]] bool all_parked() const {
    const std::uint32_t all = workers();
    return count_parked(seq_cst) == all;
  }
  // Relaxed: an estimate, for help.hpp.
  [[nodiscard]] std::uint32_t awake() const {
    const std::uint32_t all = workers(relaxed), asleep = count_parked(relaxed);
    return all > asleep ? all - asleep : 0;
  }
  [[nodiscard]] std::uint32_t searching() const { return searching_.load(relaxed); }

 private:
  static constexpr std::uint32_t max_words = (P::max_workers + 63) / 64;
  [[nodiscard]] std::uint32_t words(std::memory_order order) const {
    if constexpr (max_words == 1) return 1;
    return (workers(order) + 63) / 64;
  }
  [[nodiscard]] std::uint32_t count_parked(std::memory_order order) const {
    std::uint32_t count = 0;
    for (std::uint32_t i = words(order); i-- != 0;)
      count += static_cast<std::uint32_t>(std::popcount(parked_[i].word.load(order)));
    return count;
  }
  static constexpr std::uint64_t bit(std::uint32_t worker) { return std::uint64_t{1} << (worker % 64); }

  // The nearest parked core, its bit cleared; nobody when all bits went away.
  std::uint32_t take_any(std::uint32_t near) {
    const std::uint32_t count = words(seq_cst);
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t word = (near / 64 + i) % count;
      if (const std::uint32_t found = take_from(word, near % 64); found != nobody) return found;
    }
    return nobody;
  }
  std::uint32_t take_from(std::uint32_t word, std::uint32_t near) {
    for (std::uint64_t set = parked_[word].word.load(seq_cst); set != 0; set = parked_[word].word.load(seq_cst)) {
      const auto turned = static_cast<std::uint32_t>(std::countr_zero(std::rotr(set, static_cast<int>(near))));
      const std::uint32_t worker = word * 64 + (turned + near) % 64;
      if ((parked_[word].word.fetch_and(~bit(worker), seq_cst) & bit(worker)) != 0) return worker;
    }
    return nobody;
  }

  // Own lines: written at park and unpark only, read by every push.
  struct alignas(128) parked_word {
    typename P::template atomic<std::uint64_t> word{0};
  };
  std::array<parked_word, max_words> parked_{};
  alignas(128) typename P::template atomic<std::uint32_t> searching_{0};
  typename P::template atomic<std::uint32_t> workers_;
};

using idle = basic_idle<real_policy>;

}  // namespace tokiod::sched
