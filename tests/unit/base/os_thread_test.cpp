#include "base/os_thread.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <thread>

#include "base/clock.hpp"
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

TEST_CASE("an event that is waited for as long as a number can say does not look as if the time were up") {
  for (const std::uint64_t longest : {std::uint64_t{INT64_MAX}, std::uint64_t{UINT64_MAX}}) {
    real_policy::event rings;
    std::atomic<bool> waits = false, rang = false, in_time = false;
    auto thread = os_thread::start({}, [&] {
      waits = true;
      in_time = rings.wait_for(longest);
      CHECK(in_time == rang.load());
    });
    REQUIRE(thread);
    while (!waits) std::this_thread::yield();
    for (int i = 0; i < 1000; ++i) std::this_thread::yield();  // time enough to give up by mistake
    rang = true;
    rings.set();
    thread->join();
    CHECK(in_time);
  }
}

TEST_CASE("a stack that the system cannot give is an error value") {
  auto thread = os_thread::start({.name = "too-big", .stack_bytes = std::size_t{1} << 60}, [] {});
  REQUIRE(!thread);
  CHECK(thread.error().code == EAGAIN);
  CHECK(std::string(thread.error().what) == "pthread_create");
}

TEST_CASE("the CPU time of another thread is asked for by its id, and of none it is 0") {
  std::uint64_t sum = 0;
  while (thread_cpu_time() < millisecond) sum += sum * 3 + 1;
  CHECK(thread_cpu_time_of(current_thread_id()) >= millisecond);
  CHECK(thread_cpu_time_of(0) == 0);
  CHECK(thread_cpu_time_of(::getppid()) == 0);  // of another process
  CHECK((sum | 1) != 0);
}
