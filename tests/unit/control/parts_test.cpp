#include "base/glob.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "control/operations.hpp"
#include "control/outbox.hpp"

using namespace tokiod;
using namespace tokiod::control;

namespace {

// Something that a test opens and operations wait for. It outlives the pool, whose end waits for them.
class gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

errand errand_on(std::string key, std::function<void()> work, std::uint64_t from = 0) {
  errand made;
  made.from = from;
  made.key = std::move(key);
  made.work = std::move(work);
  return made;
}

}  // namespace

TEST_CASE("globs match whole names") {
  CHECK(matches("*", ""));
  CHECK(matches("plugin.*", "plugin.load"));
  CHECK_FALSE(matches("plugin.*", "plugins"));
  CHECK(matches("*.l?ad", "plugin.load"));
  CHECK(matches("a*b*c", "aXbYbZc"));
  CHECK_FALSE(matches("a*b*c", "aXbYbZ"));
  CHECK_FALSE(matches("", "x"));
  CHECK_FALSE(matches(std::string(50, '*') + "b", std::string(10'000, 'a')));
}

TEST_CASE("an outbox gives what was pushed, in pieces of any size") {
  outbox out;
  const std::string all = "onetwothreefour";
  for (const auto text : {"one", "", "two", "three", "four"}) out.push(text);
  for (std::size_t step = 4; !out.empty(); step = 3) {
    std::string seen;
    for (const auto& buffer : out.front()) seen.append(static_cast<const char*>(buffer.data()), buffer.size());
    CHECK(seen == all.substr(all.size() - out.bytes()));
    out.consume(std::min(step, out.bytes()));
  }
  CHECK(out.bytes() == 0);
  CHECK(out.front().empty());
}

TEST_CASE("a key is taken while its operation runs and free afterwards") {
  gate hold, done;
  operations pool("test", 8);
  REQUIRE(pool.submit(errand_on("echo", [&] { hold.wait(); })));
  const auto other = pool.submit(errand_on("echo", [] {}));
  REQUIRE_FALSE(other);
  CHECK(other.error().why == kind::busy);
  CHECK(pool.submit(errand_on("chat", [&] { done.open(); })));
  done.wait();
  hold.open();
  while (!pool.submit(errand_on("echo", [] {}))) std::this_thread::yield();
}

TEST_CASE("operations that follow one another share one thread, also when the answer to one asks for the next") {
  gate done;
  std::set<std::thread::id> on;
  int left = 100;
  std::function<void()> next;
  operations pool("test", 8);
  next = [&] {
    if (left-- == 0) return done.open();
    auto one = errand_on("echo", [&] { on.insert(std::this_thread::get_id()); });
    one.then = [&] { next(); };
    CHECK(pool.submit(std::move(one)));
  };
  next();
  done.wait();
  CHECK(on.size() == 1);
}

TEST_CASE("more operations than threads wait; more than that are refused") {
  gate hold;
  operations pool("test", 8);
  std::size_t taken = 0;
  while (pool.submit(errand_on("", [&] { hold.wait(); })) && taken < 1000) ++taken;
  CHECK(taken >= 64);
  CHECK(taken <= 64 + 8);
  hold.open();
}

TEST_CASE("clients take turns: who asks for little does not wait behind who asks for a lot") {
  gate begun, hold, done;
  std::string order;
  operations pool("test", 1);
  const auto letter = [&](char name) { return [&order, name] { order += name; }; };
  REQUIRE(pool.submit(errand_on("", [&] {
    begun.open();
    hold.wait();
  })));
  begun.wait();  // else it may be another one's turn first
  for (int i = 0; i < 5; ++i) REQUIRE(pool.submit(errand_on("", letter('a'), 1)));
  for (int i = 0; i < 2; ++i) REQUIRE(pool.submit(errand_on("", letter('b'), 2)));
  REQUIRE(pool.submit(errand_on("", letter('c'), 3)));
  REQUIRE(pool.submit(errand_on("", [&] { done.open(); }, 1)));  // the last of all: stop() leaves out what still waits
  hold.open();
  done.wait();
  pool.stop();
  CHECK(order == "abcabaaa");
}

TEST_CASE("one client's full queue leaves room for the others, until all of them together have too much") {
  gate hold;
  operations pool("test", 1);
  const auto fill = [&](std::uint64_t from) {
    std::size_t taken = 0;
    while (taken < 2000 && pool.submit(errand_on("", [&] { hold.wait(); }, from))) ++taken;
    return taken;
  };
  std::size_t all = fill(1);
  CHECK(all >= 64);
  CHECK(all <= 65);
  for (std::uint64_t from = 2; from < 100; ++from) all += fill(from);
  CHECK(all >= 1024);
  CHECK(all <= 1025);
  hold.open();
}

TEST_CASE("stop waits for what runs and refuses what comes") {
  bool ran = false;
  gate begun;
  operations pool("test", 8);
  REQUIRE(pool.submit(errand_on("x", [&] {
    begun.open();
    ran = true;
  })));
  begun.wait();
  pool.stop();
  CHECK(ran);
  CHECK(pool.submit(errand_on("y", [] {})).error().why == kind::draining);
}
