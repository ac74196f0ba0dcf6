#include "control/operations.hpp"

#include <algorithm>
#include <utility>

namespace tokiod::control {
namespace {

constexpr std::size_t max_waiting_of_one = 64;
constexpr std::size_t max_waiting = 1024;  // of clients who come and go, each with its own

}  // namespace

result<void> operations::start() {
  const std::lock_guard lock(mutex_);
  return add_thread();
}

outcome<void> operations::submit(errand asked) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return refuse(kind::draining, "the control plane is closing and begins nothing new");
  const auto own = waiting_.find(asked.from);
  if (own != waiting_.end() && own->second.size() >= max_waiting_of_one)
    return refuse(kind::busy, max_waiting_of_one, " operations of this client are waiting already");
  if (waiting_count_ >= max_waiting) return refuse(kind::busy, max_waiting, " operations are waiting already");
  if (!asked.key.empty() && taken_.contains(asked.key))
    return refuse(kind::busy, "another operation on ", asked.key, " is in progress");
  if (more_threads_needed()) {
    const auto added = add_thread();
    // When the system has no more threads, those that exist do the work.
    if (!added && threads_.empty())
      return refuse(kind::internal, "no thread could be had for the operation: ", added.error().text());
  }
  if (!asked.key.empty()) taken_.insert(asked.key);
  auto& queue = waiting_[asked.from];
  queue.push_back(std::move(asked));
  ++waiting_count_;
  changed_.notify_one();
  return {};
}

bool operations::withdraw(std::uint64_t tag) {
  std::deque<errand> gone;  // dies outside the lock: what it captured may do anything
  const std::lock_guard lock(mutex_);
  for (auto whose = waiting_.begin(); whose != waiting_.end(); ++whose) {
    auto& queue = whose->second;
    const auto found = std::ranges::find(queue, tag, &errand::tag);
    if (found == queue.end()) continue;
    taken_.erase(found->key);
    gone.push_back(std::move(*found));
    queue.erase(found);
    --waiting_count_;
    if (queue.empty()) waiting_.erase(whose);
    return true;
  }
  return false;
}

void operations::stop() {
  std::vector<os_thread> threads;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    waiting_.clear();
    waiting_count_ = 0;
    threads.swap(threads_);
  }
  changed_.notify_all();
  for (auto& each : threads) each.join();
}

result<void> operations::add_thread() {
  auto thread = os_thread::start({.name = thread_name_}, [this] { run(); });
  if (!thread) return std::unexpected(thread.error());
  threads_.push_back(std::move(*thread));
  ++idle_;
  return {};
}

bool operations::more_threads_needed() const { return idle_ <= waiting_count_ && threads_.size() < max_threads_; }

// Of the client after the one whose turn it was.
errand operations::take_next() {
  auto whose = waiting_.upper_bound(served_);
  if (whose == waiting_.end()) whose = waiting_.begin();
  served_ = whose->first;
  auto next = std::move(whose->second.front());
  whose->second.pop_front();
  --waiting_count_;
  if (whose->second.empty()) waiting_.erase(whose);
  return next;
}

void operations::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    --idle_;
    if (waiting_.empty()) return;
    auto next = take_next();
    lock.unlock();
    next.work();
    next.work = nullptr;  // what it captured goes before the key is free again
    lock.lock();
    taken_.erase(next.key);
    ++idle_;  // before anybody hears of it: who asks for the next operation then needs no further thread
    if (!next.then) continue;
    lock.unlock();
    next.then();
    next.then = nullptr;
    lock.lock();
  }
}

}  // namespace tokiod::control
