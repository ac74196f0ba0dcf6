// `trace`: the lines of code that a future waits at, found without a poll. Each co_await notes where it stands and who
// waits for its coroutine, so a trace is a walk along pointers; it needs no symbols and no debug information.
//   for (auto& at : tokio::trace_of(work)) log(at.file_name(), at.line(), at.function_name());
//   auto here = tokio::trace(co_await tokio::trace_here);   // from inside: this line, and all that wait for it
// What a combinator polls (the branches of a select, the children of a scope) are lines of their own: a trace ends at
// the co_await of the combinator, and runtime::handle::dump() goes on.
// Threads: trace_of one that nobody polls meanwhile; a trace itself has no state.
#pragma once

#include <vector>

#include "tokio/task/task.hpp"

namespace tokio {

// The innermost first.
class trace {
 public:
  trace() noexcept = default;
  explicit trace(const await_place& innermost) {
    for (const auto* each = &innermost; each; each = each->outer()) places_.push_back(each->at);
  }
  auto begin() const noexcept { return places_.begin(); }
  auto end() const noexcept { return places_.end(); }
  std::size_t size() const noexcept { return places_.size(); }
  bool empty() const noexcept { return places_.empty(); }
  const call_site& operator[](std::size_t index) const noexcept { return places_[index]; }

 private:
  std::vector<call_site> places_;
};

// Of a task that was polled and waits; empty before its first poll, and when it is over.
template <class T>
trace trace_of(const task<T>& waiting) {
  const auto* at = waiting.waits_at();
  return at ? trace(*at) : trace();
}

}  // namespace tokio
