// `tokio::run(main)`: a whole program as a task.
//   int main() { return tokio::run([]() -> tokio::task<int> { co_return 0; }); }
// Threads:   the one that calls it.
#pragma once

#include "tokio/runtime/builder.hpp"

namespace tokio {

// Makes a runtime with everything on, waits for `main` and gives what it gives. Panics when no runtime can be made.
template <class F>
auto run(F&& main, call_site at = call_site::current()) {
  auto all = runtime::runtime::create(at);
  if (!all) panic("no runtime can be made: the system has no memory, thread or descriptor for it", at);
  return all->block_on(std::forward<F>(main), at);
}

}  // namespace tokio
