// The snippets of plugin-api/README.md about programs with a runtime of their own.
#include <doctest/doctest.h>

#include <thread>

#include "tokio/runtime.hpp"
#include "tokio/task.hpp"

namespace {

// [runtime]
int sum_of_two() {
  auto made = tokio::runtime::builder::new_multi_thread().enable_all().worker_threads(2).name("sums").build();
  if (!made) return -1;  // the system has no thread, descriptor or memory for it
  auto& rt = *made;
  auto three = rt.spawn([]() -> tokio::task<int> { co_return 3; });  // runs at once, on a worker
  auto four = rt.spawn_blocking([] { return 4; });                   // may block
  const auto handle = rt.handle();                                   // for other threads; keeps nothing running
  std::thread([handle] { handle.spawn([]() -> tokio::task<> { co_return; }).detach(); }).join();
  return rt.block_on([&]() -> tokio::task<int> { co_return (co_await three).value() + (co_await four).value(); });
}  // the end of `rt` destroys what waits, and waits for what runs
// [/runtime]

}  // namespace

TEST_CASE("the README's runtime adds two numbers") { CHECK(sum_of_two() == 7); }
