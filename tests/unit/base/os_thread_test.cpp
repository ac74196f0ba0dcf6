#include "base/os_thread.hpp"

#include <doctest/doctest.h>

#include <csignal>

#include "base/policy.hpp"

using namespace tokiod;

TEST_CASE("a thread runs its body under its name, with every signal blocked, and can be joined") {
  std::string seen(16, '\0');
  bool blocked = false;
  auto thread = os_thread::start({.name = "a-name-longer-than-15-bytes", .stack_bytes = 1 << 20}, [&] {
    pthread_getname_np(pthread_self(), seen.data(), seen.size());
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    blocked = sigismember(&mask, SIGTERM) == 1;
  });
  REQUIRE(thread);
  thread->join();
  CHECK(std::string(seen.c_str()) == "a-name-longer-t");
  CHECK(blocked);
}

TEST_CASE("join_until gives up at its deadline and the thread stays joinable") {
  real_policy::event go;
  auto thread = os_thread::start({}, [&] { go.wait(); });
  REQUIRE(thread);
  CHECK(!thread->join_until(steady_clock().now() + millisecond));
  CHECK(thread->joinable());
  go.set();
  CHECK(thread->join_until(steady_clock().now() + 10 * second));
}

TEST_CASE("a stack that the system cannot give is an error value") {
  auto thread = os_thread::start({.name = "too-big", .stack_bytes = std::size_t{1} << 60}, [] {});
  REQUIRE(!thread);
  CHECK(thread.error().code == EAGAIN);
  CHECK(std::string(thread.error().what) == "pthread_create");
}
