// Signals of the process, for whoever listens, in any runtime. A handler counts the signal and writes to an eventfd
// that belongs to that number; each listener has a copy of it in the reactor of its runtime and compares the count.
// Invariant: a handler is installed once and stays: the default action is gone for good. The handler that was there
//            before is called, too. The count moves before the eventfd is written, so who is woken sees it. The eventfd
//            is never read: it is watched edge-triggered, and each write is a new edge.
// Threads:   listen, handle, *_by_program [any]; deliver [any, and in a signal handler]; count [any].
// No model:  a count that only grows, written with release before a system call that wakes its readers.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>

#include "base/error.hpp"
#include "base/fd.hpp"

namespace tokiod::host::signal_hub {

// Why nobody may listen to it: one sentence. Empty: one may.
[[nodiscard]] std::string why_not(int number);
// A descriptor that is readable once more after each delivery; watch it edge-triggered. EMFILE. After why_not() had no
// objection.
[[nodiscard]] result<unique_fd> listen(int number);
// From now on there are deliveries. Last, because it takes away the default action.
[[nodiscard]] result<void> handle(int number);
[[nodiscard]] std::uint64_t count(int number);  // deliveries so far
// The program takes these itself, by signalfd: no handler is installed, and deliver() is how listeners hear of them.
// Before anybody listens.
void owned_by_program(std::initializer_list<int> numbers);
// Nobody may listen to these: in a program that many share, who takes the end from a broken one lets it go on broken.
void refused_by_program(std::initializer_list<int> numbers);
void deliver(int number) noexcept;

}  // namespace tokiod::host::signal_hub
