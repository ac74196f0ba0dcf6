// internal to task/: one future inside a select or a join, its place and whether it still takes part.
// Threads: [task].
#pragma once

#include <optional>

#include "tokio/core/slot.hpp"
#include "tokio/task/awaitable.hpp"

namespace tokio {

struct biased_t {};
inline constexpr biased_t biased{};  // select(biased, ...), join(biased, ...): poll in the order written

// How a future given to a combinator is held: a temporary by value, an lvalue by reference.
template <class F>
using held =
    std::conditional_t<std::is_lvalue_reference_v<F>, reference<std::remove_reference_t<F>>, std::remove_cvref_t<F>>;

// Calls `fn` with the index, known to the compiler, that has the value `index`.
template <std::size_t Count, class Fn>
decltype(auto) with_index(std::size_t index, Fn&& fn) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) -> decltype(auto) {
    using call = decltype(fn(std::integral_constant<std::size_t, 0>{})) (*)(std::remove_reference_t<Fn>&);
    static constexpr call table[] = {[](std::remove_reference_t<Fn>& f) -> decltype(auto) {
      return f(std::integral_constant<std::size_t, I>{});
    }...};
    return table[index](fn);
  }(std::make_index_sequence<Count>{});
}

}  // namespace tokio
