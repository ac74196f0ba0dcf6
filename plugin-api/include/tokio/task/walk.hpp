// internal to task/: what a suspended future waits at, told without a poll. Each co_await is an await_place that knows
// who waits for its coroutine; the innermost one of a line may be of a future that waits for several at once, which
// walks on into them. A future takes part by `void walk(walker& to) const noexcept`.
//
// Invariant: a walk reads what the future owns or borrows, and changes nothing.
// Threads:   one at a time, while nobody polls the future.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "tokio/core/host.hpp"

namespace tokio {

class walker;

// One co_await that a line of coroutines is held up by: where it stands, and the one that waits for its coroutine.
class await_place {
 public:
  await_place(call_site here, const await_place* outer) noexcept
      : at(here), outer_(reinterpret_cast<std::uintptr_t>(outer)) {}
  const await_place* outer() const noexcept { return reinterpret_cast<const await_place*>(outer_ & ~branching); }
  // It is a branching_place.
  bool branches() const noexcept { return (outer_ & branching) != 0; }

  call_site at;

 protected:
  void note_branches() noexcept { outer_ |= branching; }

 private:
  static constexpr std::uintptr_t branching = 1;  // in the pointer, so that other places pay nothing for it
  std::uintptr_t outer_;
};
static_assert(alignof(await_place) > 1);

// The same of a future that walks on.
class branching_place : public await_place {
 public:
  using walk_fn = void (*)(const branching_place& from, walker& to) noexcept;
  branching_place(const await_place& here, walk_fn walk) noexcept : await_place(here), walk_(walk) { note_branches(); }
  void walk(walker& to) const noexcept { walk_(*this, to); }

 private:
  walk_fn walk_;
};

template <class F>
concept walkable = requires(const F& future, walker& to) {
  { future.walk(to) } noexcept;
};

// A line of code, as the host is told of it and tells of it.
struct code_place {
  std::string_view function, file;  // valid while the code that they name is loaded
  std::uint32_t line = 0, column = 0;

  static code_place of(const tokio_place& raw) noexcept {
    return {to_view(raw.function), to_view(raw.file), raw.line, raw.column};
  }
};
inline tokio_place to_place(const call_site& at) noexcept {
  if (at.line() == 0) return {};
  return {{at.function_name(), std::strlen(at.function_name())},
          {at.file_name(), std::strlen(at.file_name())},
          at.line(),
          at.column()};
}

class walker {
 public:
  explicit walker(const tokio_walk& to) noexcept : to_(to) {}

  // A line of coroutines, by its innermost place; nullptr: it was not polled, or runs.
  void line(const await_place* innermost) noexcept {
    if (full_) return;
    const auto outside = depth_;
    for (const auto* each = innermost; each; each = each->outer()) ++depth_;
    if (innermost && innermost->branches()) static_cast<const branching_place*>(innermost)->walk(*this);
    for (const auto* each = innermost; each; each = each->outer()) tell(each->at, --depth_);
    depth_ = outside;
  }
  // One of several that are waited for; of another kind than those that walk it is a leaf without a line.
  template <class F>
  void future(const F& waiting) noexcept {
    if (full_) return;
    if constexpr (walkable<F>)
      waiting.walk(*this);
    else
      tell({}, depth_);
  }
  bool full() const noexcept { return full_; }

 private:
  void tell(const call_site& at, std::uint32_t depth) noexcept {
    const tokio_place raw = to_place(at);
    if (!full_) full_ = to_.place(to_.user, &raw, depth) == 0;
  }

  const tokio_walk& to_;
  std::uint32_t depth_ = 0;
  bool full_ = false;
};

}  // namespace tokio
