// Both flavors of a runtime, for tests that hold on each.
// Threads: the test's.
#pragma once

#include <doctest/doctest.h>

#include "tokio/runtime.hpp"
#include "tokio/task.hpp"

namespace tokio::test {

inline runtime::builder both(bool one_thread) {
  auto made = one_thread ? runtime::builder::new_current_thread() : runtime::builder::new_multi_thread();
  made.enable_all();
  if (!one_thread) made.worker_threads(2);
  return made;
}

inline runtime::runtime make(const runtime::builder& from) {
  auto made = from.build();
  REQUIRE(made);
  return *std::move(made);
}

// The body of a test, once for each flavor; `one_thread` says which it is.
template <class Body>
void on_both(Body body) {
  for (const bool one_thread : {false, true}) {
    CAPTURE(one_thread);
    auto made = make(both(one_thread));
    body(made, one_thread);
  }
}

}  // namespace tokio::test
