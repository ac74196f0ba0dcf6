// Numbers that one thread writes and any thread reads: what the machinery counts while it runs.
// Invariant: a counter never goes down; a sum over counters read while they move is a lower bound of the true sum.
// Threads:   add, set [the one writer]; read [any].
// Model:     tests/model/unload_model.cpp, for what an unload concludes from them.
#pragma once
#include <cstdint>

#include "base/policy.hpp"

namespace tokiod::metrics {

// Relaxed everywhere: a count publishes no other data, and its reader wants a recent value, not an ordering. A load and
// a store instead of fetch_add: there is one writer, so no addition can be lost, and a locked add costs 6 ns.
template <class P>
class basic_counter {
 public:
  void add(std::uint64_t n = 1) { value_.store(value_.load(relaxed) + n, relaxed); }
  [[nodiscard]] std::uint64_t read() const { return value_.load(relaxed); }

 private:
  typename P::template atomic<std::uint64_t> value_{0};
};

// A level that goes up and down. Same single writer, same reasons.
template <class P>
class basic_gauge {
 public:
  void set(std::int64_t value) { value_.store(value, relaxed); }
  void add(std::int64_t by) { value_.store(value_.load(relaxed) + by, relaxed); }
  [[nodiscard]] std::int64_t read() const { return value_.load(relaxed); }

 private:
  typename P::template atomic<std::int64_t> value_{0};
};

using counter = basic_counter<real_policy>;
using gauge = basic_gauge<real_policy>;

}  // namespace tokiod::metrics
