// What the SDK's core and tasks do not drag in: they are in every file of every plugin.
#include "tokio/task.hpp"

#ifdef _GLIBCXX_CHRONO
#error "core/ and task/ must not include <chrono>: that is for time/"
#endif
#ifdef _GLIBCXX_MEMORY
#error "core/ and task/ must not include <memory>"
#endif
#ifdef _GLIBCXX_FUNCTIONAL
#error "core/ and task/ must not include <functional>"
#endif
// <string> cannot be checked in this way: libstdc++ 12's own <atomic> includes it.
#ifdef _GLIBCXX_IOSTREAM
#error "core/ and task/ must not include <iostream>"
#endif

#include <doctest/doctest.h>

TEST_CASE("core and task stand on cheap standard headers") {
  // Proved by compiling this file; a type that is used keeps the include.
  CHECK(tokio::pollable<tokio::task<int>>);
}
