// Tasks, joins, aborts, timers and blocking jobs on the real runtime with several workers: what only threads can break.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <random>
#include <stdexcept>
#include <thread>

#include "sdk/task/bound_host.hpp"
#include "tokio/plugin.hpp"
#include "tokio/sync.hpp"
#include "tokio/task.hpp"
#include "tokio/task/join_set.hpp"
#include "tokio/task/task_tracker.hpp"
#include "tokio/time.hpp"

using namespace std::chrono_literals;
using sdk_test::bound_host;
using sdk_test::counted;
using tokio::spawn;
using tokio::task;
using tokiod::test::in_process_host;

namespace {

task<int> leaf(int value) {
  if (value % 3 == 0) co_await tokio::yield_now();
  co_return value;
}
task<long> tree(int depth) {
  if (depth == 0) co_return 1;
  auto left = spawn(tree(depth - 1)), right = spawn(tree(depth - 1));
  co_return (co_await left).value_or(0) + (co_await right).value_or(0);
}

}  // namespace

TEST_CASE("[TK-03] ten thousand spawned tasks give their values to one that awaits them all") {
  bound_host host;
  host.run([&]() -> task<> {
    std::vector<tokio::join_handle<int>> handles;
    for (int i = 0; i < 10'000; ++i) handles.push_back(spawn(leaf(i)));
    long sum = 0;
    for (auto& handle : handles) sum += (co_await handle).value();
    CHECK(sum == 49'995'000);
  });
  host.end();
}

TEST_CASE("[SC-04] a tree of tasks that each join two others gives the number of its leaves") {
  bound_host host;
  host.run([&]() -> task<> { CHECK(co_await tree(12) == 4096); });
  host.end();
}

TEST_CASE("[TK-05] tasks that are aborted while they run end once, and nothing of them is left") {
  bound_host host;
  std::atomic<int> alive = 0;
  host.run([&]() -> task<> {
    std::mt19937 random(7);
    auto body = [](counted, std::uint32_t turns) -> task<int> {
      for (std::uint32_t i = 0; i < turns; ++i) co_await tokio::yield_now();
      co_return 1;
    };
    int completed = 0, cancelled = 0;
    for (int round = 0; round < 200; ++round) {
      std::vector<tokio::join_handle<int>> handles;
      for (int i = 0; i < 20; ++i) handles.push_back(spawn(body(counted(alive), random() % 8)));
      for (auto& handle : handles)
        if (random() % 2 == 0) handle.abort();
      for (auto& handle : handles) {
        auto joined = co_await handle;
        if (joined)
          ++completed;
        else if (joined.error().is_cancelled())
          ++cancelled;
      }
    }
    CHECK(completed + cancelled == 4000);
    CHECK(completed > 0);
    CHECK(cancelled > 0);
  });
  CHECK(alive == 0);
  host.end();
}

TEST_CASE("[TK-11] exceptions of tasks whose handles go at the same time are neither lost nor leaked") {
  bound_host host;
  std::atomic<int> alive = 0;
  host.run([&]() -> task<> {
    auto thrower = [](std::atomic<int>& count) -> task<> {
      co_await tokio::yield_now();
      throw counted(count);
    };
    int seen = 0;
    for (int i = 0; i < 200; ++i) {
      auto handle = spawn(thrower(alive));
      if (i % 2 == 0) {
        handle.detach();  // races with the throw
      } else if ((co_await handle).error().is_panic()) {
        ++seen;
      }
    }
    CHECK(seen == 100);
  });
  CHECK(host.real.run_until([&] { return alive == 0; }, 10'000));
  host.scope.reset();
  auto left = host.real.stop();
  CHECK(left.clean());
  CHECK(left.panics == 200);
}

TEST_CASE("[SN-12] a token that is cancelled while others begin to wait wakes them all") {
  bound_host host;
  host.run([&]() -> task<> {
    for (int round = 0; round < 100; ++round) {
      tokio::cancellation_token root;
      std::vector<tokio::join_handle<void>> waiting;
      auto wait = [](tokio::cancellation_token token) -> task<> { co_await token.cancelled(); };
      for (int i = 0; i < 20; ++i) waiting.push_back(spawn(wait(root.child_token())));
      if (round % 2) co_await tokio::yield_now();
      spawn(
          [](tokio::cancellation_token token) -> task<> {
            token.cancel();
            co_return;
          },
          root)
          .detach();
      for (auto& handle : waiting) CHECK((co_await handle).has_value());
    }
  });
  host.end();
}

TEST_CASE("[TM-06] [TK-17] timeouts, sleeps and blocking jobs work on the real clock") {
  bound_host host;
  host.run([&]() -> task<> {
    auto start = tokio::time::instant::now();
    co_await tokio::time::sleep(5ms);
    CHECK(start.elapsed() >= 5ms);
    auto late = co_await tokio::time::timeout(2ms, tokio::time::sleep(10s));
    CHECK_FALSE(late.has_value());
    auto in_time = co_await tokio::time::timeout(10s, leaf(3));
    CHECK(in_time == 3);
    std::vector<tokio::join_handle<int>> jobs;
    for (int i = 0; i < 50; ++i) jobs.push_back(tokio::spawn_blocking([i] { return i; }));
    int sum = 0;
    for (auto& job : jobs) sum += (co_await job).value();
    CHECK(sum == 1225);
    auto failed = co_await tokio::spawn_blocking([]() -> int { throw std::runtime_error("no disk"); });
    CHECK(failed.error().message() == "no disk");
  });
  host.end();
}

TEST_CASE("[TK-19] [B-046] while every worker blocks in place, a thousand tasks run") {
  constexpr int workers = 4;
  bound_host host({.workers = workers});
  std::atomic<int> inside = 0, ran = 0;
  std::atomic<bool> go = false;
  const auto wait_for = [](auto fact) {
    while (!fact()) std::this_thread::yield();
  };
  host.run([&]() -> task<> {
    std::vector<tokio::join_handle<int>> blocked;
    auto block = [&]() -> task<int> {
      co_await tokio::yield_now();
      co_return tokio::block_in_place([&] {
        ++inside;
        wait_for([&] { return go.load(); });
        return 1;
      });
    };
    for (int i = 1; i < workers; ++i) blocked.push_back(spawn(block));
    tokio::block_in_place([&] {
      wait_for([&] { return inside == workers - 1; });
      for (int i = 0; i < 1000; ++i)
        tokio::spawn_detached([&]() -> task<> {
          co_await tokio::yield_now();
          ++ran;
        });
      wait_for([&] { return ran == 1000; });
      go = true;
    });
    for (auto& one : blocked) CHECK((co_await one) == 1);  // also on another thread than before
  });
  host.end();
}

TEST_CASE("[TK-19] [B-043] block_in_place panics in a task of a current_thread runtime, not in its blocking jobs") {
  bound_host host({.workers = 0});
  host.run([&]() -> task<> {
    auto refused = co_await spawn([]() -> task<> {
      tokio::block_in_place([] {});
      co_return;
    });
    CHECK(refused.error().is_panic());
    CHECK((co_await tokio::spawn_blocking([] { return tokio::block_in_place([] { return 7; }); })) == 7);
  });
  auto left = host.real.stop();
  host.scope.reset();
  CHECK(left.clean());
}

TEST_CASE("[JS-03] [JS-07] sets whose tasks end and are aborted on several workers are joined whole") {
  bound_host host;
  std::atomic<int> alive = 0;
  host.run([&]() -> task<> {
    auto body = [](counted, int turns) -> task<int> {
      for (int i = 0; i < turns; ++i) co_await tokio::yield_now();
      co_return turns;
    };
    for (int round = 0; round < 60; ++round) {
      tokio::join_set<int> set;
      for (int i = 0; i < 100; ++i) {
        const auto abort = set.spawn(body, counted(alive), i % 5);
        if (i % 3 == 0) abort.abort();
      }
      int joined = 0, completed = 0;
      const auto count = [&](const std::expected<int, tokio::join_error>& one) {
        CHECK((one.has_value() || one.error().is_cancelled()));
        ++joined;
        completed += one.has_value();
      };
      while (joined < 80) count((co_await set.join_next()).value());
      if (round % 3 == 0) {
        co_await set.shutdown();
        CHECK(set.is_empty());
      } else if (round % 3 == 1) {
        while (!set.is_empty()) {
          if (auto one = set.try_join_next())
            count(*one);
          else
            co_await tokio::yield_now();
        }
        CHECK(joined == 100);
        CHECK(completed >= 66);  // those that nobody aborted
      }
    }  // what is left is aborted
  });
  CHECK(host.real.run_until([&] { return alive == 0; }));
  host.end();
}

TEST_CASE("[JS-13] a tracker that is closed while its tasks end on several workers waits for all of them") {
  bound_host host;
  std::atomic<int> alive = 0;
  host.run([&]() -> task<> {
    for (int round = 0; round < 100; ++round) {
      tokio::task_tracker tracker;
      for (int i = 0; i < 20; ++i)
        tracker
            .spawn(
                [](counted, int turns) -> task<> {
                  for (int t = 0; t < turns; ++t) co_await tokio::yield_now();
                },
                counted(alive), i % 3)
            .detach();
      auto waits = tracker.wait();
      tracker.close();
      co_await waits;
      CHECK(alive == 0);
    }
  });
  host.end();
}

TEST_CASE("[TM-12] virtual time does not jump while a blocking job runs, and goes on after it") {
  bound_host host({.workers = 0, .virtual_time = true});
  std::atomic<bool> rests = false;
  host.run([&]() -> task<> {
    const auto start = tokio::time::instant::now();
    auto job = tokio::spawn_blocking([&] {
      while (!rests) std::this_thread::yield();
      // A clock that jumped would have done it by the end of this.
      for (const auto end = std::chrono::steady_clock::now() + 20ms; std::chrono::steady_clock::now() < end;)
        std::this_thread::yield();
      return start.elapsed();
    });
    rests = true;
    co_await tokio::time::sleep(1h);
    CHECK((co_await job).value() == 0ns);
    CHECK(start.elapsed() >= 1h);
    CHECK(start.elapsed() < 1h + 1ms);  // a tick of the wheel is less
  });
  host.end();
}

TEST_CASE("[SN-17] channels, locks and notifications connect tasks of two runtimes") {
  namespace sync = tokio::sync;
  constexpr int rounds = 2000;
  bound_host one, other;  // this thread works for the other one
  auto [to, from] = sync::mpsc::channel<int>(4);
  auto [answer, answered] = sync::oneshot::channel<long>();
  sync::mutex<long> total(0);
  sync::notify all_sent;
  auto send = [&, tx = std::move(to)]() mutable -> task<> {
    for (int i = 1; i <= rounds; ++i) {
      CHECK((co_await tx.send(i)).has_value());
      auto held = co_await total.lock();
      *held += i;
    }
    all_sent.notify_one();
  };
  auto receive = [&, rx = std::move(from), result = std::move(answer)]() mutable -> task<> {
    long sum = 0;
    for (int i = 0; i < rounds; ++i) {
      sum += (co_await rx.recv()).value();
      auto held = co_await total.lock();
      *held -= 1;
    }
    co_await all_sent.notified();
    (void)std::move(result).send(sum);
  };
  {
    const tokio::instance_scope there(one.real.plugin());
    tokio::spawn_detached(std::ref(receive));
  }
  other.run([&]() -> task<> {
    (void)co_await spawn(std::ref(send));
    CHECK((co_await answered).value() == rounds * (rounds + 1L) / 2);
  });
  CHECK(total.get_mut() == rounds * (rounds + 1L) / 2 - rounds);
  other.end();
  one.end();
}

TEST_CASE("[TK-14] a task keeps its id on every worker, and its destructors see it") {
  bound_host host;
  std::atomic<int> wrong = 0;
  host.run([&]() -> task<> {
    struct look {
      std::atomic<int>& out;
      tokio::task_id mine;
      ~look() {
        if (tokio::this_task::try_id() != mine) ++out;
      }
    };
    auto body = [](std::atomic<int>& out) -> task<> {
      look at_end{out, tokio::this_task::id()};
      for (int i = 0; i < 50; ++i) {
        co_await tokio::yield_now();
        if (tokio::this_task::id() != at_end.mine) ++out;
      }
    };
    std::vector<tokio::join_handle<void>> handles;
    for (int i = 0; i < 100; ++i) handles.push_back(spawn(body(wrong)));
    for (int i = 0; i < 100; i += 3) handles[static_cast<std::size_t>(i)].abort();
    for (auto& handle : handles) (void)co_await handle;
  });
  CHECK(wrong == 0);
  host.end();
}

namespace {
// A plugin of the macro's kind on the real host.
std::atomic<int> beats = 0;
struct beater {
  task<> run(tokio::cancellation_token stop) {
    tokio::time::interval every(1ms);
    for (;;) {
      auto won = co_await tokio::select(stop.cancelled(), every.tick());
      if (won.index() == 0) co_return;
      ++beats;
      tokio::log::debug("beat", {"n", beats.load()});
      counter.add();
    }
  }
  tokio::metrics::counter counter{"beats_total", "beats"};
  tokio::control::method ping{"ping", "answers", [](std::string_view) -> tokio::control::answer { return "1"; }};
};
struct refuses {
  explicit refuses(std::string_view) { throw std::runtime_error("port must be 1..65535, got 0"); }
};
}  // namespace

TEST_CASE("a plugin made of a type starts, beats, and stops clean") {
  static constexpr auto desc = tokio::plugin::describe<beater>("org.example.beater", "1.0.0");
  in_process_host host(desc, {.workers = 2});
  REQUIRE_MESSAGE(host.running(), host.refusal());
  CHECK(host.run_until([] { return beats.load() > 5; }, 10'000));
  auto left = host.stop();
  CHECK_MESSAGE(left.clean(), left.refused);
}

TEST_CASE("a plugin whose constructor throws is refused with its sentence") {
  static constexpr auto desc = tokio::plugin::describe<refuses>("org.example.refuses", "1.0.0");
  in_process_host host(desc, {.workers = 2});
  CHECK_FALSE(host.running());
  CHECK_MESSAGE(host.refusal().ends_with("port must be 1..65535, got 0"), host.refusal());
}

TEST_CASE("[TM-01] the clock of the host is the steady clock of the standard library") {
  bound_host host;
  host.run([]() -> task<> {
    const auto before = std::chrono::steady_clock::now();
    const auto now = tokio::time::instant::now().into_std();
    CHECK(before <= now);
    CHECK(now <= std::chrono::steady_clock::now());
    co_return;
  });
  host.end();
}
