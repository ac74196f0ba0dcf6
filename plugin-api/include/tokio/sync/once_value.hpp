// internal to sync/: room for a value that is set once, for once_cell and set_once.
// Invariant: one permit says who may set the value; it comes back only when that failed. Closed means that the value is
//            there and never changes again until its only owner takes it.
// Threads:   claim, publish, give_back, get [any]; take, and the destructor, the only owner. publish() still looks into
//            it after others can see the value: it outlives every publish() that runs.
#pragma once

#include <new>
#include <optional>
#include <utility>

#include "tokio/sync/semaphore.hpp"

namespace tokio::sync {

template <class T>
class once_value {
 public:
  using core = semaphore_core<policy>;
  using claimed = core::acquired;

  // `at`: where what it is a part of is made.
  explicit once_value(const call_site& at) noexcept : claims_(1, at, resource_type::once) {}
  once_value(std::optional<T> value, const call_site& at)
      : claims_(1, at, resource_type::once), value_(std::move(value)) {
    if (value_) claims_.close();
  }

  core& claims() noexcept { return claims_; }
  bool is_set() const noexcept { return claims_.is_closed(); }  // acquire: pairs with publish()
  const T* get() const noexcept { return is_set() ? &*value_ : nullptr; }
  T* get() noexcept { return is_set() ? &*value_ : nullptr; }

  // `yes`: the caller may set the value now. `no`: somebody else is about to. `closed`: it is there.
  claimed claim() noexcept { return claims_.try_acquire(1); }
  // By whoever has claimed. When the value's constructor throws, the claim comes back.
  template <class... Args>
  T& publish(Args&&... args) {
    try {
      value_.emplace(std::forward<Args>(args)...);
    } catch (...) {
      give_back();
      throw;
    }
    claims_.close();  // publishes the value to is_set(), and wakes those who wait for a claim
    return *value_;
  }
  void give_back() { claims_.release(1); }

  // By the only owner: it is empty again.
  std::optional<T> take(const call_site& at) {
    if (!is_set()) return std::nullopt;
    auto value = std::exchange(value_, std::nullopt);
    claims_.~core();
    ::new (static_cast<void*>(&claims_)) core(1, at, resource_type::once);
    return value;
  }

 private:
  core claims_;
  std::optional<T> value_;
};

}  // namespace tokio::sync
