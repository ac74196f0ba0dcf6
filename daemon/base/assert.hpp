// Assertions. TOKIOD_ASSERT stays on in every build (state words, ownership); TOKIOD_DEBUG_ASSERT only in debug and
// sanitizer builds (hot paths). A failed assertion prints the fact and aborts: it is a bug of ours, never bad input.
#pragma once
#include <cstdio>
#include <cstdlib>

namespace tokiod {

[[noreturn]] inline void assertion_failed(const char* what, const char* file, int line) {
  std::fprintf(stderr, "tokiod: assertion failed: %s (%s:%d)\n", what, file, line);
  std::abort();
}

}  // namespace tokiod

#define TOKIOD_ASSERT(condition) \
  (__builtin_expect(!!(condition), 1) ? void(0) : ::tokiod::assertion_failed(#condition, __FILE__, __LINE__))

#ifdef TOKIOD_DEBUG
#define TOKIOD_DEBUG_ASSERT(condition) TOKIOD_ASSERT(condition)
#else
#define TOKIOD_DEBUG_ASSERT(condition) void(0)
#endif
