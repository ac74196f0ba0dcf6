// Where work runs that takes longer than the control thread may take: a few threads of our own; the first one is always
// there, the others are started when needed.
// Invariant: at most one operation per key at a time; a second one is refused as busy, not queued, because it was asked
//            for without knowing of the first. Who waits take turns, client by client: one that asks for a lot waits
//            for itself, and what may wait is bounded for each, and for all together.
// Threads:   submit, withdraw [any]; start, stop [one thread, once]; operations run on threads of the pool.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/os_thread.hpp"

namespace tokiod::control {

// One piece of work.
struct errand {
  std::uint64_t from = 0;  // the client who asks
  std::uint64_t tag = 0;   // what withdraw() knows it by
  std::string key{};       // no two of one key at a time; empty: it excludes nobody
  std::function<void()> work{};
  // Follows on the same thread once the key is free: who is answered there may ask for the next one at once.
  std::function<void()> then{};
};

class operations {
 public:
  operations(std::string thread_name, std::size_t max_threads)
      : thread_name_(std::move(thread_name)), max_threads_(max_threads) {}
  operations(const operations&) = delete;
  operations& operator=(const operations&) = delete;
  ~operations() { stop(); }

  // The first thread, so that the day on which there is none finds us with one. EAGAIN.
  [[nodiscard]] result<void> start();
  // Fails: busy (the key is taken, or too many wait), draining (stopped).
  [[nodiscard]] outcome<void> submit(errand asked);
  // True: it had not begun, and never will. [any]
  [[nodiscard]] bool withdraw(std::uint64_t tag);
  void stop();  // nothing new starts; waits for what runs, drops what waits

 private:
  void run();
  result<void> add_thread();
  [[nodiscard]] bool more_threads_needed() const;
  [[nodiscard]] errand take_next();

  const std::string thread_name_;
  const std::size_t max_threads_;

  std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  std::map<std::uint64_t, std::deque<errand>> waiting_;  // by client, none of them empty
  std::size_t waiting_count_ = 0;
  std::uint64_t served_ = 0;  // the client whose turn it was last
  std::set<std::string> taken_;
  std::vector<os_thread> threads_;
  std::size_t idle_ = 0;  // threads that take the next errand at once, or have just been told to
  bool stopping_ = false;
};

}  // namespace tokiod::control
