// Whether somebody listens, and where what he hears is written: one word, which every hook reads.
// Invariant: a book that was listened with stays for as long as the process, because a hook may still write into it
//            when nobody listens any more. There is one at a time.
// Threads:   book [any]; listen, ignore [one at a time].
// No model: one word; release publishes a book that is complete, and nothing is concluded from its going.
#pragma once
#include <atomic>

#include "base/cache_line.hpp"
#include "base/policy.hpp"
#include "host/trace/task_book.hpp"

namespace tokiod::host::trace {

// Hidden, so that the position-independent code that asks reads it without the way through a table of addresses.
// A line of its own, because everybody reads it.
[[gnu::visibility("hidden")]] alignas(cache_line) inline constinit std::atomic<task_book*> listening{nullptr};

// Null: nobody listens. What a hook costs then.
[[nodiscard]] inline bool on() { return listening.load(relaxed) != nullptr; }
// Acquire pairs with listen(). Null is possible also after on().
[[nodiscard]] inline task_book* book() { return listening.load(acquire); }

// From now on everything is written down, in a book whose size is that of the first call. `anew`: it has no entries.
task_book& listen(std::size_t tasks, bool anew = true);
// The book of the last listen(), also while nobody listens: for ends. Null: there was none.
[[nodiscard]] task_book* last_book();
void ignore();  // what was written down stays readable

}  // namespace tokiod::host::trace
