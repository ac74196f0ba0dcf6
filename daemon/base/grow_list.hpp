// A list of owned elements that grows while others walk it, and never shrinks before it ends.
// Invariant: an element is built before size() counts it, and stays where it is; the places [0, size()) never change.
// Threads:   add [one at a time]; everything else [any].
// Model:     tests/model/grow_list_model.cpp
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/assert.hpp"
#include "base/policy.hpp"

namespace tokiod {

template <class P, class T, std::uint32_t most>
class basic_grow_list {
 public:
  using iterator = const std::unique_ptr<T>*;

  // seq_cst: who looks at the list after it became visible that there is something to look for (a closed owner, a job)
  // sees the element, or comes before it. It also publishes the element; pairs with size().
  void add(std::unique_ptr<T> fresh) {
    const std::uint32_t place = size_.load(relaxed);  // only we write it
    TOKIOD_ASSERT(place < most);
    places_[place] = std::move(fresh);
    size_.store(place + 1, seq_cst);
  }

  [[nodiscard]] std::uint32_t size() const { return size_.load(seq_cst); }
  [[nodiscard]] const std::unique_ptr<T>& operator[](std::size_t place) const { return places_[place]; }
  [[nodiscard]] iterator begin() const { return places_.data(); }
  [[nodiscard]] iterator end() const { return places_.data() + size(); }

  // By whoever is alone with it.
  void clear() {
    for (std::uint32_t place = size_.exchange(0, relaxed); place != 0; --place) places_[place - 1].reset();
  }

 private:
  std::array<std::unique_ptr<T>, most> places_{};
  typename P::template atomic<std::uint32_t> size_{0};
};

template <class T, std::uint32_t most>
using grow_list = basic_grow_list<real_policy, T, most>;

}  // namespace tokiod
