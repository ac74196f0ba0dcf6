// A lock that many may hold to read, or one to write, across an await. Answers to tokio::sync::RwLock.
//   rwlock<table> shared(...);  auto read = co_await shared.read();  auto write = co_await shared.write();
// Invariant: a reader holds one permit, a writer all of them. Those who wait are served in the order they came, so a
//            writer that waits holds up readers that come after it: a task that reads twice at once may wait for ever.
// Threads:   everything [any]; a guard may move between threads. No poisoning: a throwing holder just unlocks.
#pragma once

#include <concepts>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "tokio/sync/lock_guard.hpp"
#include "tokio/sync/try_lock_error.hpp"

namespace tokio::sync {

enum class rwlock_access {
  read,   // shared; the value is const
  write,  // alone
  part,   // alone, and only a part of the value is reachable: cannot become a reader any more
};

template <class T>
class rwlock;

// Holds the lock and points to the value or a part of it. Holder says what keeps the lock: a pointer or a shared_ptr.
template <rwlock_access Access, class Holder, class U>
class [[nodiscard]] basic_rwlock_guard : public lock_guard_base<basic_rwlock_guard<Access, Holder, U>, Holder, U> {
  using enum rwlock_access;
  static constexpr rwlock_access of_parts = Access == read ? read : part;

 public:
  using basic_rwlock_guard::lock_guard_base::lock_guard_base;
  const Holder& rwlock() const noexcept { return this->holder(); }

  // A guard of a part: `project` is given U& and returns a reference into it. The lock stays held.
  template <std::invocable<U&> F>
  auto map(F project) && {
    return std::move(*this).template become<of_parts, found_by<F, U&>>(&std::invoke(project, **this));
  }
  // As map(), for a `project` that returns a pointer; on nullptr this guard comes back.
  template <std::invocable<U&> F>
  auto try_map(F project) && {
    return std::move(*this).template try_become<of_parts, pointed_to_by<F, U&>>(std::invoke(project, **this));
  }

  // A reader instead of the writer. No writer comes in between; readers that wait behind a writer go on waiting.
  auto downgrade() && noexcept
    requires(Access == write)
  {
    return std::move(*this).template become<read, const U>(this->value());
  }
  template <std::invocable<const U&> F>
    requires(Access == write)
  auto downgrade_map(F project) && {
    const U& whole = **this;
    return std::move(*this).template become<read, found_by<F, const U&>>(&std::invoke(project, whole));
  }
  // On nullptr the guard comes back and still writes.
  template <std::invocable<const U&> F>
    requires(Access == write)
  auto try_downgrade_map(F project) && {
    const U& whole = **this;
    return std::move(*this).template try_become<read, pointed_to_by<F, const U&>>(std::invoke(project, whole));
  }
  // The same as a guard of a part, for code that takes those.
  auto into_mapped() && noexcept
    requires(Access == write)
  {
    return std::move(*this).template become<part, U>(this->value());
  }

 private:
  friend basic_rwlock_guard::lock_guard_base;
  static void give_back(const Holder& of) noexcept { of->core_.release(Access == read ? 1 : of->max_readers_); }

  template <rwlock_access To, class V>
  basic_rwlock_guard<To, Holder, V> become(V* value) && noexcept {
    if constexpr (To == read && Access != read) rwlock()->core_.release(rwlock()->max_readers_ - 1);
    return {this->pass_on(), value};
  }
  template <rwlock_access To, class V>
  std::expected<basic_rwlock_guard<To, Holder, V>, basic_rwlock_guard> try_become(V* value) && noexcept {
    if (!value) return std::unexpected(std::move(*this));
    return std::move(*this).template become<To>(value);
  }
};
template <class T>
using rwlock_read_guard = basic_rwlock_guard<rwlock_access::read, rwlock<T>*, const T>;
template <class T>
using rwlock_write_guard = basic_rwlock_guard<rwlock_access::write, rwlock<T>*, T>;
template <class T, class U>
using rwlock_mapped_write_guard = basic_rwlock_guard<rwlock_access::part, rwlock<T>*, U>;
template <class T>
using owned_rwlock_read_guard = basic_rwlock_guard<rwlock_access::read, std::shared_ptr<rwlock<T>>, const T>;
template <class T>
using owned_rwlock_write_guard = basic_rwlock_guard<rwlock_access::write, std::shared_ptr<rwlock<T>>, T>;
template <class T, class U>
using owned_rwlock_mapped_write_guard = basic_rwlock_guard<rwlock_access::part, std::shared_ptr<rwlock<T>>, U>;

template <class T>
class rwlock {
  using shared = std::shared_ptr<rwlock>;
  template <class Guard, class Holder>
  using waits = guard_future<Guard, Holder>;

 public:
  using read_guard = rwlock_read_guard<T>;
  using write_guard = rwlock_write_guard<T>;
  using owned_read_guard = owned_rwlock_read_guard<T>;
  using owned_write_guard = owned_rwlock_write_guard<T>;
  static constexpr std::uint32_t most_readers = UINT32_MAX >> 3;

  rwlock(call_site at = call_site::current())  // not explicit: a member may be made from {}
    requires std::default_initializable<T>
      : rwlock(T(), most_readers, at) {}
  // Panics when max_readers is 0 or more than most_readers.
  explicit rwlock(T value, std::uint32_t max_readers = most_readers, call_site at = call_site::current())
      : max_readers_(checked(max_readers, at)),
        core_(max_readers, at, resource_type::rwlock),
        value_(std::move(value)) {
    core_.resource().set("max_readers", max_readers);
  }
  rwlock(const rwlock&) = delete;
  rwlock& operator=(const rwlock&) = delete;

  // Cancel safe, but the place in line is lost.
  waits<read_guard, rwlock*> read() noexcept { return {this, 1}; }
  waits<write_guard, rwlock*> write() noexcept { return {this, max_readers_}; }
  static waits<owned_read_guard, shared> read_owned(shared self) noexcept { return {std::move(self), 1}; }
  static waits<owned_write_guard, shared> write_owned(shared self) noexcept {
    const auto all = self->max_readers_;
    return {std::move(self), all};
  }

  // They fail when the lock is held the other way, and also while it is promised to somebody who waits.
  std::expected<read_guard, try_lock_error> try_read() { return try_take<read_guard>(this, 1); }
  std::expected<write_guard, try_lock_error> try_write() { return try_take<write_guard>(this, max_readers_); }
  static std::expected<owned_read_guard, try_lock_error> try_read_owned(shared self) {
    return try_take<owned_read_guard>(std::move(self), 1);
  }
  static std::expected<owned_write_guard, try_lock_error> try_write_owned(shared self) {
    const auto all = self->max_readers_;
    return try_take<owned_write_guard>(std::move(self), all);
  }

  // For threads that may block; they panic inside a task.
  read_guard blocking_read(call_site at = call_site::current()) {
    return block_on(read(), "blocking_read() was called inside a task: await read() instead", at);
  }
  write_guard blocking_write(call_site at = call_site::current()) {
    return block_on(write(), "blocking_write() was called inside a task: await write() instead", at);
  }

  // For the only owner: nobody else can hold the lock.
  T& get_mut() noexcept { return value_; }
  T into_inner() && { return std::move(value_); }

 private:
  template <rwlock_access Access, class Holder, class U>
  friend class basic_rwlock_guard;
  template <class Guard, class Holder>
  friend class guard_future;

  static std::uint32_t checked(std::uint32_t max_readers, call_site at) {
    if (max_readers == 0) panic("an rwlock must admit at least 1 reader, got 0", at);
    if (max_readers > most_readers) panic("an rwlock admits at most most_readers readers", at);
    return max_readers;
  }
  template <class Guard, class Holder>
  static std::expected<Guard, try_lock_error> try_take(Holder self, std::size_t permits) {
    if (self->core_.try_acquire(permits) != semaphore_core<policy>::acquired::yes)
      return std::unexpected(try_lock_error{});
    auto* value = &self->value_;
    return Guard(std::move(self), value);
  }

  const std::uint32_t max_readers_;
  semaphore_core<policy> core_;
  T value_;
};

}  // namespace tokio::sync
