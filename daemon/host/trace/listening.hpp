// Whether somebody listens, and where what he hears is written: one word, which every hook of the host reads, and one
// that plugins do.
// Invariant: books that were listened with stay for as long as the process, because a hook may still write into it
//            when nobody listens any more. There is one of tasks and one of resources.
// Threads:   book, resources [any]; listen, ignore [one at a time].
// No model: words that are read one at a time; release publishes a book that is complete, and nothing is concluded from
//           its going.
#pragma once
#include <atomic>
#include <cstdint>

#include "base/cache_line.hpp"
#include "base/policy.hpp"
#include "host/trace/resource_book.hpp"
#include "host/trace/task_book.hpp"

namespace tokiod::host::trace {

// Hidden, so that the position-independent code that asks reads it without the way through a table of addresses.
// A line of its own, because everybody reads it.
[[gnu::visibility("hidden")]] alignas(cache_line) inline constinit std::atomic<task_book*> listening{nullptr};

// Whether somebody listens, also while he pauses, as the contract says it to plugins; written through an atomic_ref.
alignas(cache_line) extern constinit std::uint32_t listening_word;

// Null: nobody listens. What a hook costs then.
[[nodiscard]] inline bool on() { return listening.load(relaxed) != nullptr; }
// Acquire pairs with listen(). Null is possible also after on().
[[nodiscard]] inline task_book* book() { return listening.load(acquire); }

// Null: nobody listens.
[[nodiscard]] inline resource_book* resources();

// From now on everything is written down, in books whose size is that of the first call: as many tasks, resources and
// operations. `anew`: they have no entries.
task_book& listen(std::size_t tasks, bool anew = true);
// The books of the last listen(), also while nobody listens: for ends. Null: there were none.
[[nodiscard]] task_book* last_book();
[[nodiscard]] resource_book* last_resources();
void ignore();  // what was written down stays readable
// As ignore(), but somebody listens still: plugins tell what becomes of what is known, so that it is right afterwards.
void pause();

inline resource_book* resources() { return on() ? last_resources() : nullptr; }

}  // namespace tokiod::host::trace
