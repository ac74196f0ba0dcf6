#include "control/operations.hpp"

#include <algorithm>
#include <utility>

namespace tokiod::control {
namespace {

constexpr std::size_t max_waiting = 64;

}  // namespace

result<void> operations::start() {
  const std::lock_guard lock(mutex_);
  return add_thread();
}

outcome<void> operations::submit(std::string key, std::function<void()> work, std::function<void()> then,
                                 std::uint64_t tag) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return refuse(kind::draining, "the control plane is closing and begins nothing new");
  if (waiting_.size() >= max_waiting) return refuse(kind::busy, max_waiting, " operations are waiting already");
  if (!key.empty() && taken_.contains(key)) return refuse(kind::busy, "another operation on ", key, " is in progress");
  if (more_threads_needed()) {
    const auto added = add_thread();
    // When the system has no more threads, those that exist do the work.
    if (!added && threads_.empty())
      return refuse(kind::internal, "no thread could be had for the operation: ", added.error().text());
  }
  if (!key.empty()) taken_.insert(key);
  waiting_.push_back({std::move(key), std::move(work), std::move(then), tag});
  changed_.notify_one();
  return {};
}

bool operations::withdraw(std::uint64_t tag) {
  std::deque<job> gone;  // dies outside the lock: what it captured may do anything
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(waiting_, tag, &job::tag);
  if (found == waiting_.end()) return false;
  taken_.erase(found->key);
  gone.push_back(std::move(*found));
  waiting_.erase(found);
  return true;
}

void operations::stop() {
  std::vector<os_thread> threads;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    waiting_.clear();
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

bool operations::more_threads_needed() const { return idle_ <= waiting_.size() && threads_.size() < max_threads_; }

void operations::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    --idle_;
    if (waiting_.empty()) return;
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
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
