// `reusable_future<T>`: any future of a T, in memory that the next one takes over when it fits. For leaves that start
// one future after another, such as a poll_ function around an async one. Answers to
// tokio_util::sync::ReusableBoxFuture.
//   reusable_future<int> work(f());  ...  if (work.poll(cx).is_ready()) work.set(f());
// Invariant: one future at a time; it is destroyed before the next one is made in its place, and does not move.
// Threads: one at a time.
#pragma once

#include <new>
#include <optional>
#include <utility>

#include "tokio/task/awaitable.hpp"

namespace tokio {

template <class T>
class [[nodiscard]] reusable_future {
 public:
  using output = T;

  template <pollable F>
    requires std::same_as<output_of<F>, T>
  explicit reusable_future(F future) : memory_(allocate(layout_of<F>())), room_(layout_of<F>()) {
    make(std::move(future));
  }
  reusable_future(reusable_future&& other) noexcept
      : calls_(std::exchange(other.calls_, nullptr)),
        memory_(std::exchange(other.memory_, nullptr)),
        room_(other.room_) {}
  reusable_future& operator=(reusable_future&& other) noexcept {
    std::swap(calls_, other.calls_);
    std::swap(memory_, other.memory_);
    std::swap(room_, other.room_);
    return *this;
  }
  ~reusable_future() {
    clear();
    free();
  }

  // The next future, in the memory of the one before when both are of one size and alignment.
  template <pollable F>
    requires std::same_as<output_of<F>, T>
  void set(F future) {
    if (auto back = try_set(std::move(future))) *this = reusable_future(std::move(*back));
  }
  // The same without new memory: a future that does not fit comes back, and the one that is there stays.
  template <pollable F>
    requires std::same_as<output_of<F>, T>
  std::optional<F> try_set(F future) {
    if (!memory_ || !(room_ == layout_of<F>())) return std::optional<F>(std::move(future));
    clear();
    emplace(std::move(future));
    return std::nullopt;
  }

  // Panics when there is none: it was moved away, or the one before was thrown away by an exception of set().
  tokio::poll<T> poll(context& cx) {
    if (!calls_) panic("a reusable_future was polled that holds no future");
    return calls_->poll(memory_, cx);
  }

 private:
  struct layout {
    std::size_t size;
    std::size_t align;
    friend constexpr bool operator==(const layout&, const layout&) noexcept = default;
  };
  struct calls {
    tokio::poll<T> (*poll)(void* future, context& cx);
    void (*destroy)(void* future) noexcept;
  };
  template <class F>
  static constexpr layout layout_of() noexcept {
    return {sizeof(F), alignof(F)};
  }
  template <class F>
  static constexpr calls calls_of{[](void* future, context& cx) { return static_cast<F*>(future)->poll(cx); },
                                  [](void* future) noexcept { static_cast<F*>(future)->~F(); }};

  static void* allocate(layout room) { return ::operator new(room.size, std::align_val_t(room.align)); }
  void free() noexcept {
    if (memory_) ::operator delete(memory_, room_.size, std::align_val_t(room_.align));
  }
  void clear() noexcept {
    if (const auto* before = std::exchange(calls_, nullptr)) before->destroy(memory_);
  }
  template <class F>
  void emplace(F&& future) {
    ::new (memory_) F(std::move(future));
    calls_ = &calls_of<F>;
  }
  // Of the constructor, whose object is not destroyed when this throws.
  template <class F>
  void make(F&& future) {
    try {
      emplace(std::move(future));
    } catch (...) {
      free();
      throw;
    }
  }

  const calls* calls_ = nullptr;  // of the future; nullptr when there is none
  void* memory_;
  layout room_;
};

}  // namespace tokio
