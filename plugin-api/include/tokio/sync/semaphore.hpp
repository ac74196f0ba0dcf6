// Fair permits: a number, and those who wait for some of it, served strictly in the order they came.
// Invariant: while somebody waits, the word holds no permits: a release gives them to the first in line, bit by bit,
// and
//            only that one's full number lets the next one have any.
// Threads:   everything [any]; a permit may be released on another thread than the one that acquired it.
// Model:     tests/model/sync_model.cpp
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "tokio/sync/policy.hpp"
#include "tokio/sync/wait_list.hpp"
#include "tokio/task/awaitable.hpp"

namespace tokio::sync {

struct acquire_error {
  static constexpr const char* text = "the semaphore is closed";
};
enum class try_acquire_error { closed, no_permits };

// The word and the queue; semaphore, mutex and mpsc put faces on it.
template <class P>
class semaphore_core {
 public:
  enum class acquired { yes, no, closed };
  static constexpr std::size_t max_permits = SIZE_MAX >> 3;

  struct waiter : wait_node {
    explicit waiter(std::size_t n) noexcept : wanted(n) {}
    enum class state { idle, queued, granted, closed };
    std::size_t wanted;
    std::size_t missing = 0;
    state now = state::idle;
  };

  explicit semaphore_core(std::size_t permits, call_site at = {}, resource_type what = resource_type::semaphore,
                          std::uint64_t part_of = 0)
      : word_(checked(permits, at) * one), resource_(what, at, part_of) {
    resource_.set(its_permits, permits);
  }

  // What is told of it. Permits that were given to one who waits count as free until its poll takes them.
  typename P::resource& resource() noexcept { return resource_; }
  std::size_t available() const noexcept { return permits(word_.load(acquire)); }
  bool is_closed() const noexcept { return (word_.load(acquire) & closed) != 0; }

  acquired try_acquire(std::size_t n) noexcept {
    const auto now = take(n);
    if (now == acquired::yes) tell_taken(n);
    return now;
  }
  // As above; who calls it tells of it.
  acquired take(std::size_t n) noexcept {
    auto word = word_.load(acquire);
    while (true) {
      if (word & closed) return acquired::closed;
      if (permits(word) < n) return acquired::no;
      // Takes n permits. Acquire: what those who released them wrote is seen here; release: as SS-08 asks. Failing
      // means that the number changed.
      if (word_.compare_exchange_weak(word, word - n * one, acq_rel, acquire)) return acquired::yes;
    }
  }
  void tell_taken(std::size_t n) const noexcept { resource_.subtract(its_permits, n); }

  // Takes the permits or stands in line. A waiter that once stood in line must be given to poll_waiter() or cancel().
  acquired acquire_or_wait(waiter& who, waker task) {
    const hold lock(mutex_);
    auto word = word_.load(relaxed);  // only a guess for the CAS below; `closed` is ordered by the lock
    while (true) {
      if (word & closed) return acquired::closed;
      const bool enough = !(word & waiting) && permits(word) >= who.wanted;
      const auto next = enough ? word - who.wanted * one : waiting;
      // Takes the permits, or what there is of them together with the promise that a release will look into the list.
      // Pairs with the CAS in release(), which either comes first and is counted here, or sees `waiting`.
      if (!word_.compare_exchange_weak(word, next, acq_rel, relaxed)) continue;
      if (enough) return acquired::yes;
      who.missing = who.wanted - permits(word);
      who.now = waiter::state::queued;
      who.who = task;
      queue_.push_back(who);
      return acquired::no;
    }
  }

  acquired poll_waiter(waiter& who, waker task) {
    const hold lock(mutex_);
    switch (who.now) {
      case waiter::state::granted: who.now = waiter::state::idle; return acquired::yes;
      case waiter::state::closed: who.now = waiter::state::idle; return acquired::closed;
      case waiter::state::idle:
      case waiter::state::queued: break;
    }
    who.who = task;
    return acquired::no;
  }

  // Leaves the line; what was given already goes to the next one.
  void cancel(waiter& who) {
    const hold lock(mutex_);
    const auto before = std::exchange(who.now, waiter::state::idle);
    if (before == waiter::state::queued) {
      queue_.remove(who);
      hand_out(who.wanted - who.missing);
    } else if (before == waiter::state::granted) {
      hand_out(who.wanted);
    }
  }

  void release(std::size_t n) {
    if (n == 0) return;
    if (resource_.seen()) [[unlikely]]
      return release_told(n);
    give(n);
  }

  // Takes up to n of the available permits away; they are never handed out again.
  std::size_t forget(std::size_t n) noexcept {
    auto word = word_.load(relaxed);
    while (true) {
      const auto taken = std::min(n, permits(word));
      if (taken == 0) return 0;
      // Relaxed: only a number; what the permits guard is nobody's now.
      if (!word_.compare_exchange_weak(word, word - taken * one, relaxed, relaxed)) continue;
      resource_.subtract(its_permits, taken);
      return taken;
    }
  }

  void close() {
    const hold lock(mutex_);
    word_.fetch_or(closed, acq_rel);  // pairs with the loads in try_acquire() and acquire_or_wait()
    std::size_t returned = 0;
    while (auto* first = queue_.front()) {
      returned += first->wanted - first->missing;
      leave(*first, waiter::state::closed);
    }
    hand_out(returned);
  }

 private:
  using word_type = std::size_t;
  static constexpr word_type closed = 1;
  static constexpr word_type waiting = 2;
  static constexpr word_type one = 4;
  static constexpr std::string_view its_permits = "permits";

  static std::size_t permits(word_type word) noexcept { return word / one; }
  static std::size_t checked(std::size_t n, const call_site& at) {
    if (n > max_permits) panic("a semaphore was asked to hold more than max_permits", at);
    return n;
  }

  [[noreturn, gnu::cold]] static void too_many() { panic("a semaphore would hold more than max_permits"); }

  [[gnu::always_inline]] void give(std::size_t n) {
    auto word = word_.load(relaxed);  // only a guess for the CAS below
    while (!(word & waiting)) {
      if (n > max_permits - permits(word)) too_many();
      // Publishes what was done under the permits to the acquire in try_acquire(). The last access: a task that takes
      // the permits may free the semaphore.
      if (word_.compare_exchange_weak(word, word + n * one, acq_rel, relaxed)) return;
    }
    give_to_line(n);
  }
  [[gnu::noinline]] void give_to_line(std::size_t n) {
    const hold lock(mutex_);
    hand_out(n);
  }
  // Told before: afterwards it may be gone.
  [[gnu::cold, gnu::noinline]] void release_told(std::size_t n) {
    resource_.add(its_permits, n);
    give(n);
  }

  // Under the lock: to those in line first, the rest into the word.
  void hand_out(std::size_t n) {
    while (auto* first = queue_.front()) {
      const auto given = std::min(n, first->missing);
      first->missing -= given;
      n -= given;
      if (first->missing != 0) return;
      leave(*first, waiter::state::granted);
    }
    auto word = word_.load(relaxed);
    do {
      if (n > max_permits - permits(word)) too_many();
      // Publishes the permits, and that nobody waits any more, to try_acquire() and release().
    } while (!word_.compare_exchange_weak(word, (word & ~waiting) + n * one, acq_rel, relaxed));
  }

  void leave(waiter& first, typename waiter::state why) {
    queue_.remove(first);
    first.now = why;
    P::wake(first.who);  // the task takes the lock before it looks, hence after our unlock
  }

  typename P::template atomic<word_type> word_;
  typename P::mutex mutex_;
  wait_list<waiter> queue_;
  typename P::resource resource_;
};

// The wait for n permits as a part of a future: poll it; destroying it leaves the line.
template <class P = policy>
class acquire_wait {
 public:
  using core = semaphore_core<P>;
  using acquired = typename core::acquired;

  acquire_wait(core& semaphore, std::size_t n) noexcept : semaphore_(&semaphore), node_(n) {}
  // Before its first poll: it stands nowhere.
  acquire_wait(acquire_wait&& other) noexcept : semaphore_(other.semaphore_), node_(std::move(other.node_)) {}
  acquire_wait& operator=(acquire_wait&&) = delete;
  ~acquire_wait() {
    if (armed_) leave();
  }

  std::size_t wanted() const noexcept { return node_.wanted; }
  // `no` means pending. Spends a unit of budget when it is anything else.
  acquired poll(context& cx) {
    if (!cx.proceed()) return acquired::no;
    if (!armed_ && !semaphore_->resource().seen()) [[likely]]
      if (const auto now = semaphore_->take(node_.wanted); now != acquired::no) [[likely]]
        return now;
    return poll_in_line(cx);
  }

 private:
  // Apart, so that who finds permits saves no registers for it.
  [[gnu::noinline]] acquired poll_in_line(context& cx) {
    const auto now = armed_ ? poll_again(cx.waker()) : start(cx.waker());
    armed_ = now == acquired::no;
    if (armed_) cx.restore();
    if (armed_ ? told_.wanted() : semaphore_->resource().seen()) [[unlikely]]
      return tell(now);
    return now;
  }
  acquired poll_again(waker task) {
    told_.poll_begins();
    return semaphore_->poll_waiter(node_, task);
  }
  acquired start(waker task) {
    const auto now = semaphore_->take(node_.wanted);
    return now == acquired::no ? semaphore_->acquire_or_wait(node_, task) : now;
  }
  [[gnu::cold, gnu::noinline]] acquired tell(acquired now) noexcept {
    if (now == acquired::yes) semaphore_->tell_taken(node_.wanted);
    told_.polled(semaphore_->resource(), !armed_);
    return now;
  }
  void leave() {
    semaphore_->cancel(node_);
    told_.end();
  }

  core* semaphore_;
  typename core::waiter node_;
  bool armed_ = false;
  typename P::wait_name told_;  // none unless it is armed
};

class semaphore;

// Permits held; they return when this is destroyed. Holder says what keeps the semaphore: a pointer or a shared_ptr.
template <class Holder>
class basic_permit {
 public:
  basic_permit(Holder of, std::size_t n) noexcept : of_(std::move(of)), n_(n) {}
  basic_permit(basic_permit&& other) noexcept : of_(std::move(other.of_)), n_(std::exchange(other.n_, 0)) {}
  basic_permit& operator=(basic_permit&& other) noexcept {
    basic_permit before(std::move(*this));
    of_ = std::move(other.of_);
    n_ = std::exchange(other.n_, 0);
    return *this;
  }
  ~basic_permit() {
    if (n_ != 0) of_->add_permits(n_);
  }

  std::size_t num_permits() const noexcept { return n_; }
  const Holder& semaphore() const noexcept { return of_; }
  // The permits never return.
  void forget() && noexcept { n_ = 0; }
  void merge(basic_permit other, call_site at = call_site::current()) {
    if (other.of_ != of_) panic("permits of two semaphores were merged", at);
    n_ += std::exchange(other.n_, 0);
  }
  // n of the permits as a permit of their own; none when fewer are held.
  std::optional<basic_permit> split(std::size_t n) {
    if (n > n_) return std::nullopt;
    n_ -= n;
    return basic_permit(of_, n);
  }

 private:
  Holder of_;
  std::size_t n_;
};
using semaphore_permit = basic_permit<semaphore*>;
using owned_semaphore_permit = basic_permit<std::shared_ptr<semaphore>>;

template <class Holder>
class [[nodiscard]] acquire_future;

class semaphore {
 public:
  static constexpr std::size_t max_permits = semaphore_core<policy>::max_permits;

  explicit semaphore(std::size_t permits, call_site at = call_site::current()) : core_(permits, at) {}
  semaphore(const semaphore&) = delete;
  semaphore& operator=(const semaphore&) = delete;

  // Cancel safe, but the place in line is lost. Fails once the semaphore is closed.
  acquire_future<semaphore*> acquire() noexcept;
  acquire_future<semaphore*> acquire_many(std::size_t n) noexcept;
  static acquire_future<std::shared_ptr<semaphore>> acquire_owned(std::shared_ptr<semaphore> self) noexcept;
  static acquire_future<std::shared_ptr<semaphore>> acquire_many_owned(std::shared_ptr<semaphore> self,
                                                                       std::size_t n) noexcept;

  std::expected<semaphore_permit, try_acquire_error> try_acquire() { return try_acquire_many(1); }
  std::expected<semaphore_permit, try_acquire_error> try_acquire_many(std::size_t n) { return try_take(this, n); }
  static std::expected<owned_semaphore_permit, try_acquire_error> try_acquire_owned(std::shared_ptr<semaphore> self) {
    return try_acquire_many_owned(std::move(self), 1);
  }
  static std::expected<owned_semaphore_permit, try_acquire_error> try_acquire_many_owned(
      std::shared_ptr<semaphore> self, std::size_t n) {
    return try_take(std::move(self), n);
  }

  // For threads that may block; panics inside a task.
  std::expected<semaphore_permit, acquire_error> blocking_acquire(call_site at = call_site::current()) {
    return blocking_acquire_many(1, at);
  }
  std::expected<semaphore_permit, acquire_error> blocking_acquire_many(std::size_t n,
                                                                       call_site at = call_site::current());

  std::size_t available_permits() const noexcept { return core_.available(); }
  void add_permits(std::size_t n, call_site at = call_site::current()) {
    blaming(at, [&] { core_.release(n); });
  }
  // Takes up to n available permits away for good and says how many; a closed semaphore stays closed.
  std::size_t forget_permits(std::size_t n) noexcept { return core_.forget(n); }
  // Those who wait and all who come later fail; permits that are held still return.
  void close() { core_.close(); }
  bool is_closed() const noexcept { return core_.is_closed(); }

 private:
  template <class Holder>
  friend class acquire_future;

  template <class Holder>
  static std::expected<basic_permit<Holder>, try_acquire_error> try_take(Holder self, std::size_t n) {
    using acquired = semaphore_core<policy>::acquired;
    switch (self->core_.try_acquire(n)) {
      case acquired::yes: return basic_permit<Holder>(std::move(self), n);
      case acquired::no: return std::unexpected(try_acquire_error::no_permits);
      case acquired::closed: break;
    }
    return std::unexpected(try_acquire_error::closed);
  }

  semaphore_core<policy> core_;
};

template <class Holder>
class [[nodiscard]] acquire_future {
 public:
  using output = std::expected<basic_permit<Holder>, acquire_error>;

  acquire_future(Holder of, std::size_t n) noexcept : of_(std::move(of)), wait_(of_->core_, n) {}

  tokio::poll<output> poll(context& cx) {
    using acquired = semaphore_core<policy>::acquired;
    switch (wait_.poll(cx)) {
      case acquired::yes: return {std::in_place, std::in_place, of_, wait_.wanted()};
      case acquired::closed: return {std::in_place, std::unexpect};
      case acquired::no: break;
    }
    return pending;
  }

 private:
  Holder of_;
  acquire_wait<policy> wait_;
};

inline acquire_future<semaphore*> semaphore::acquire() noexcept { return {this, 1}; }
inline acquire_future<semaphore*> semaphore::acquire_many(std::size_t n) noexcept { return {this, n}; }
inline acquire_future<std::shared_ptr<semaphore>> semaphore::acquire_owned(std::shared_ptr<semaphore> self) noexcept {
  return {std::move(self), 1};
}
inline acquire_future<std::shared_ptr<semaphore>> semaphore::acquire_many_owned(std::shared_ptr<semaphore> self,
                                                                                std::size_t n) noexcept {
  return {std::move(self), n};
}
inline std::expected<semaphore_permit, acquire_error> semaphore::blocking_acquire_many(std::size_t n, call_site at) {
  return block_on(acquire_many(n), "blocking_acquire() was called inside a task: await acquire() instead", at);
}

}  // namespace tokio::sync
