// A plugin asks its host for another number of workers: it may when its configuration says so, and not otherwise.
#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <functional>

#include "sdk/task/bound_host.hpp"
#include "tokio/runtime/handle.hpp"
#include "tokio/test.hpp"

using sdk_test::bound_host;
using tokio::error_kind;
using tokio::task;
using tokio::runtime::handle;

TEST_CASE("a plugin must not resize what it runs in") {
  bound_host host;
  host.run([]() -> task<> {
    const auto refused = co_await handle::current().resize(2);
    CHECK(refused.error().kind() == error_kind::permission_denied);
    CHECK(refused.error().message() ==
          "this plugin may not change the number of workers: may_resize is not set in its configuration");
  });
  host.end();
}

TEST_CASE("a plugin whose configuration allows it resizes its host while its tasks run") {
  bound_host host({.workers = 1, .may_resize = true});
  std::atomic<bool> enough = false;
  std::atomic<int> ended = 0;
  for (int i = 0; i < 10; ++i)
    tokio::spawn(
        [](std::atomic<bool>& over, std::atomic<int>& count) -> task<> {
          while (!over) co_await tokio::yield_now();
          ++count;
        },
        std::ref(enough), std::ref(ended))
        .detach();
  host.run([]() -> task<> {
    std::size_t before = 1;
    for (const std::size_t workers : {3u, 1u, 4u, 2u}) {
      CHECK(co_await handle::current().resize(workers) == before);
      before = workers;
    }
    CHECK((co_await handle::current().resize(1025)).error().kind() == error_kind::invalid_input);
  });
  enough = true;
  CHECK(host.real.wait_idle());
  CHECK(ended == 10);
  host.end();
}

TEST_CASE("an instance that ends waits for a change that it has asked for, and leaves nothing behind") {
  for (int round = 0; round < 10; ++round) {
    bound_host host({.workers = 1, .may_resize = true});
    tokio::spawn([]() -> task<> { (void)co_await handle::current().resize(8); }).detach();
    host.end();
  }
}

TEST_CASE("a host that offers no workers to change is an error value") {
  tokio::test::fake_host host;
  const auto refused = tokio::test::block_on(handle::current().resize(2));
  CHECK(refused.error().kind() == error_kind::unsupported);
}
