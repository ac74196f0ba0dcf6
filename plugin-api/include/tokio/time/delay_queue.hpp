// `delay_queue<T>`: values that each come out at a time of their own. Answers to tokio_util::time::DelayQueue.
//   delay_queue<session> idle;  auto key = idle.insert(s, 30s);  ...  idle.reset(key, 30s);
//   while (auto one = co_await idle.next()) close(one->value);
// Invariant: a value comes out at its deadline or up to a millisecond after it, the earliest first. A key names one
//            value, until it was taken out; keys are never given again. One timer of the host, for the earliest.
// Threads: one at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tokio/task/awaitable.hpp"
#include "tokio/time/timer.hpp"

namespace tokio::time {

struct delay_key {
  std::uint64_t number = 0;
  friend constexpr bool operator==(delay_key, delay_key) noexcept = default;
};

// What has come out, or was taken out before its time.
template <class T>
struct expired {
  delay_key key;
  instant deadline;
  T value;
};

template <class T>
class delay_queue {
 public:
  // The longest delay, and the greatest number of values; more of either panics.
  static constexpr duration longest = std::chrono::milliseconds(1LL << 36);
  static constexpr std::size_t most = (std::size_t{1} << 30) - 1;

  delay_queue() noexcept : timer_(instant()) {}
  explicit delay_queue(std::size_t room, call_site at = call_site::current()) : delay_queue() { reserve(room, at); }
  delay_queue(delay_queue&&) = default;
  delay_queue& operator=(delay_queue&&) = default;

  // A delay counts from now; a deadline in the past is ready at once.
  delay_key insert(T value, duration delay, call_site at = call_site::current()) {
    return insert_at(std::move(value), instant::now(at) + delay, at);
  }
  delay_key insert_at(T value, instant deadline, call_site at = call_site::current()) {
    check(deadline, at);
    check_room(1, at);
    const delay_key key{++last_number_};
    auto& made = *nodes_.try_emplace(key.number, std::move(value), deadline, heap_.size()).first;
    try {
      heap_.push_back(&made);
    } catch (...) {
      nodes_.erase(key.number);
      throw;
    }
    rise(made.second.place);
    earliest_moved_to(made);
    return key;
  }
  // Panic when the key names nothing.
  void reset(delay_key key, duration delay, call_site at = call_site::current()) {
    reset_at(key, instant::now(at) + delay, at);
  }
  void reset_at(delay_key key, instant deadline, call_site at = call_site::current()) {
    auto& it = known(nodes_, key, at);
    check(deadline, at);
    it.second.deadline = deadline;
    sink(rise(it.second.place));
    earliest_moved_to(it);
  }
  expired<T> remove(delay_key key, call_site at = call_site::current()) { return take(known(nodes_, key, at)); }
  instant deadline(delay_key key, call_site at = call_site::current()) const {
    return known(nodes_, key, at).second.deadline;
  }
  // None when the key names nothing.
  std::optional<expired<T>> try_remove(delay_key key) {
    auto found = nodes_.find(key.number);
    if (found == nodes_.end()) return std::nullopt;
    return take(*found);
  }

  // The next value that is due; none at once when the queue is empty, which may be filled again. Cancel safe. Of
  // several that wait the newest is woken. Costs a unit of budget when a value comes out.
  auto next() noexcept {
    return poll_fn([this](context& cx) { return poll_expired(cx); });
  }
  tokio::poll<std::optional<expired<T>>> poll_expired(context& cx) {
    waits_ = cx.waker();
    if (heap_.empty()) return std::optional<expired<T>>();
    auto& first = *heap_.front();
    if (timer_.deadline() != first.second.deadline || timer_.fired()) timer_.reset(first.second.deadline);
    if (!timer_.poll_elapsed(cx)) return pending;
    return std::optional<expired<T>>(take(first));
  }

  // The one that comes out next.
  std::optional<delay_key> peek() const noexcept {
    if (heap_.empty()) return std::nullopt;
    return delay_key{heap_.front()->first};
  }
  void clear() {
    heap_.clear();
    nodes_.clear();
    wake();
  }
  std::size_t len() const noexcept { return heap_.size(); }
  bool is_empty() const noexcept { return heap_.empty(); }
  std::size_t capacity() const noexcept { return heap_.capacity(); }
  void reserve(std::size_t more, call_site at = call_site::current()) {
    check_room(more, at);
    heap_.reserve(len() + more);
    nodes_.reserve(len() + more);
  }
  // Both give back the room that is not in use; keys stay valid.
  void compact() { shrink_to_fit(); }
  void shrink_to_fit() {
    heap_.shrink_to_fit();
    nodes_.rehash(0);
  }

 private:
  struct kept {
    kept(T&& v, instant d, std::size_t p) : value(std::move(v)), deadline(d), place(p) {}
    T value;
    instant deadline;
    std::size_t place;  // in heap_
  };
  using node = std::pair<const std::uint64_t, kept>;

  void check_room(std::size_t more, const call_site& at) const {
    if (more > most - len()) panic("a delay_queue holds at most 2^30 - 1 values", at);
  }
  static void check(instant deadline, const call_site& at) {
    if (deadline.duration_since(instant::now(at)) > longest)
      panic("a delay_queue takes delays of at most 2^36 milliseconds", at);
  }
  template <class Nodes>
  static auto& known(Nodes& nodes, delay_key key, const call_site& at) {
    auto found = nodes.find(key.number);
    if (found == nodes.end()) panic("delay_queue: the key names nothing, its value was taken out", at);
    return *found;
  }

  // Of two at the same time the older one comes first.
  static bool before(const node& a, const node& b) noexcept {
    return a.second.deadline != b.second.deadline ? a.second.deadline < b.second.deadline : a.first < b.first;
  }
  void put(std::size_t place, node* what) noexcept {
    heap_[place] = what;
    what->second.place = place;
  }
  std::size_t rise(std::size_t place) noexcept {
    auto* it = heap_[place];
    for (; place != 0 && before(*it, *heap_[(place - 1) / 2]); place = (place - 1) / 2)
      put(place, heap_[(place - 1) / 2]);
    put(place, it);
    return place;
  }
  void sink(std::size_t place) noexcept {
    auto* it = heap_[place];
    for (auto child = 2 * place + 1; child < heap_.size(); child = 2 * place + 1) {
      if (child + 1 < heap_.size() && before(*heap_[child + 1], *heap_[child])) ++child;
      if (!before(*heap_[child], *it)) break;
      put(place, heap_[child]);
      place = child;
    }
    put(place, it);
  }

  // When the value's move throws, it stays.
  expired<T> take(node& gone) {
    expired<T> out{{gone.first}, gone.second.deadline, std::move(gone.second.value)};
    const auto place = gone.second.place;
    auto* last = heap_.back();
    heap_.pop_back();
    if (last != &gone) {
      put(place, last);
      sink(rise(place));
    }
    nodes_.erase(out.key.number);
    if (heap_.empty()) wake();
    return out;
  }
  // The timer stands for another time now.
  void earliest_moved_to(const node& it) noexcept {
    if (it.second.place == 0) wake();
  }
  void wake() noexcept { std::exchange(waits_, waker()).wake(); }

  std::unordered_map<std::uint64_t, kept> nodes_;
  std::vector<node*> heap_;  // the earliest first
  std::uint64_t last_number_ = 0;
  timer timer_;
  waker waits_;
};

}  // namespace tokio::time
