// One text, every host: what tasks do with each other, where operations are dropped all the time, on the fake host in
// its own order and in random ones, on a runtime of one thread, and on one with workers. Where time matters, also on
// virtual time of both kinds.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "flavors.hpp"
#include "tokio/stream.hpp"
#include "tokio/stream/of_channels.hpp"
#include "tokio/sync.hpp"
#include "tokio/task.hpp"
#include "tokio/task/join_map.hpp"
#include "tokio/task/join_queue.hpp"
#include "tokio/task/join_set.hpp"
#include "tokio/task/local_set.hpp"
#include "tokio/task/scope.hpp"
#include "tokio/task/task_tracker.hpp"
#include "tokio/test.hpp"
#include "tokio/time.hpp"
#include "tokio/time/delay_queue.hpp"

using namespace std::chrono_literals;
using tokio::task;
using tokio::test::both;
using tokio::test::make;
using tokio::test::on_both;
namespace mpsc = tokio::sync::mpsc;

namespace {

// A function without parameters that gives a task, on each of them.
template <class Body>
void everywhere(Body body) {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    CAPTURE(seed);
    tokio::test::run(body, seed);
  }
  on_both([&](auto& rt, bool) { rt.block_on(body); });
}
template <class Body>
void everywhere_in_time(Body body) {
  everywhere(body);
  auto stands = both(true);
  auto rt = make(stands.start_paused(true));
  rt.block_on(body);
}

task<> turns(int count) {
  for (int i = 0; i < count; ++i) co_await tokio::yield_now();
}
// What the future gives, unless it is dropped after some turns.
template <class F>
task<std::optional<tokio::non_void<tokio::output_of<F>>>> unless_dropped(F future, int after) {
  auto won = co_await tokio::select(std::move(future), turns(after));
  if (won.index() != 0) co_return std::nullopt;
  co_return std::move(won).template get<0>();
}
// As often as it takes; `begin` makes the operation anew.
template <class Begin>
auto at_last(Begin begin) -> task<tokio::non_void<tokio::output_of<decltype(begin())>>> {
  for (int round = 0;; ++round) {
    auto got = co_await unless_dropped(begin(), round % 4);
    if (got) co_return *std::move(got);
  }
}

template <class Made>
task<> all_of(int count, Made made) {
  tokio::join_set<> all;
  for (int i = 0; i < count; ++i) all.spawn(made(i));
  while (auto one = co_await all.join_next()) CHECK(one->has_value());
}

}  // namespace

TEST_CASE("[SS-02] [SX-01] [SX-06] permits and locks: some of those who wait leave the line, and none is lost") {
  everywhere([]() -> task<> {
    tokio::sync::semaphore gate(3);
    tokio::sync::mutex<int> count(0);
    tokio::sync::rwlock<int> value(0);
    int taken = 0;
    co_await all_of(6, [&](int i) -> task<> {
      return [](int which, tokio::sync::semaphore& permits, tokio::sync::mutex<int>& locked,
                tokio::sync::rwlock<int>& shared, int& sum) -> task<> {
        for (int round = 0; round < 40; ++round) {
          const auto held = co_await unless_dropped(permits.acquire_many(round % 2 == 0 ? 1 : 2), round % 3);
          auto guard = co_await unless_dropped(locked.lock(), (which + round) % 4);
          if (guard) {
            ++**guard;
            ++sum;
          }
          co_await turns(round % 2);
          guard.reset();
          if (which % 2 == 0)
            (void)co_await unless_dropped(shared.read(), 1);
          else if (auto writes = co_await unless_dropped(shared.write(), 2))
            ++**writes;
        }
      }(i, gate, count, value, taken);
    });
    CHECK(gate.available_permits() == 3);
    CHECK(*count.try_lock().value() == taken);
    CHECK(value.try_write());
  });
}

TEST_CASE("[SM-07] [SM-13] [SM-14] channels: of all messages each arrives once, in the order of its sender") {
  everywhere([]() -> task<> {
    auto [to, from] = mpsc::channel<std::pair<int, int>>(2);
    tokio::task_tracker senders;
    for (int i = 0; i < 4; ++i)
      senders
          .spawn(
              [](int who, mpsc::sender<std::pair<int, int>> out) -> task<> {
                for (int n = 0; n < 40; ++n) {
                  auto room = co_await at_last([&] { return out.reserve(); });
                  std::move(*room).send({who, n});
                }
              },
              i, to)
          .detach();
    senders.close();
    {
      auto gone = std::move(to);
    }
    std::vector<int> next(4);
    while (auto one = co_await at_last([&] { return from.recv(); })) {
      auto& expected = next[static_cast<std::size_t>(one->first)];
      CHECK(one->second == expected);
      ++expected;
    }
    CHECK(next == std::vector<int>(4, 40));
    co_await senders.wait();
  });
}

TEST_CASE("[SO-04] [SB-07] [SW-05] one value, all values, the last value: whoever is dropped has seen none") {
  everywhere([]() -> task<> {
    auto [all, heard] = tokio::sync::broadcast::channel<int>(64);
    auto [last, seen] = tokio::sync::watch::channel(-1);
    tokio::join_set<int> ends;
    for (int i = 0; i < 3; ++i) {
      ends.spawn(
          [](auto from) -> task<int> {
            int sum = 0;
            while (auto got = co_await at_last([&] { return from.recv(); })) sum += *got;
            co_return sum;
          },
          all.subscribe());
      ends.spawn(
          [](auto from) -> task<int> {
            int value = 0, before = -1;
            while ((co_await at_last([&] { return from.changed(); })).has_value()) {
              value = *from.borrow_and_update();
              CHECK(value > before);
              before = value;
            }
            co_return value;
          },
          seen);
    }
    auto [answers, answer] = tokio::sync::oneshot::channel<int>();
    ends.spawn(
        [](auto to) -> task<int> {
          co_await turns(9);
          CHECK(std::move(to).send(780));
          co_return 780;
        },
        std::move(answers));
    for (int i = 0; i < 40; ++i) {
      CHECK(all.send(i));
      CHECK(last.send(i));
      co_await turns(i % 3);
    }
    CHECK((co_await at_last([&] { return tokio::by_ref(answer); })) == 780);
    CHECK(last.send(780));
    {
      auto no_more = std::move(all);
      auto no_longer = std::move(last);
    }
    while (auto one = co_await at_last([&] { return ends.join_next(); })) CHECK(one->value() == 780);
  });
}

TEST_CASE("[SN-04] [SN-08] [SN-10] [SN-12] [SN-07] notifications, values that are made or set, tokens, a barrier") {
  everywhere([]() -> task<> {
    tokio::sync::notify bell;
    tokio::sync::mutex<int> goods(0);
    tokio::sync::once_cell<int> made;
    tokio::sync::set_once<int> set;
    tokio::sync::barrier meet(4);
    tokio::cancellation_token stop;
    std::atomic<int> taken = 0, leaders = 0;
    tokio::join_set<> all;
    for (int i = 0; i < 3; ++i)
      all.spawn(
          [](tokio::sync::notify& ring, tokio::sync::mutex<int>& stock, std::atomic<int>& count,
             tokio::cancellation_token child) -> task<> {
            while (count < 60 && !child.is_cancelled()) {
              (void)co_await unless_dropped(ring.notified(), 2);
              auto left = co_await stock.lock();
              if (*left > 0) --*left, ++count;
            }
            co_await at_last([&] { return child.cancelled(); });
          },
          std::ref(bell), std::ref(goods), std::ref(taken), stop.child_token());
    for (int i = 0; i < 4; ++i)
      all.spawn(
          [](int who, tokio::sync::once_cell<int>& cell, tokio::sync::set_once<int>& value,
             tokio::sync::barrier& meeting, std::atomic<int>& led) -> task<> {
            const auto* got = co_await at_last([&] {
              return cell.get_or_init([]() -> task<int> {
                co_await turns(1);
                co_return 7;
              });
            });
            CHECK(*got == 7);
            if (who == 0) CHECK(value.set(8));
            CHECK(*co_await at_last([&] { return value.wait(); }) == 8);
            for (int round = 0; round < 10; ++round)
              if ((co_await meeting.wait()).is_leader()) ++led;
          },
          i, std::ref(made), std::ref(set), std::ref(meet), std::ref(leaders));
    for (int i = 0; i < 60; ++i) {
      {
        auto more = co_await goods.lock();
        ++*more;
      }
      bell.notify_one();
      co_await turns(i % 2);
    }
    while (taken < 60) co_await tokio::yield_now();
    stop.cancel();
    while (auto one = co_await all.join_next()) CHECK(one->has_value());
    CHECK(leaders == 10);
  });
}

TEST_CASE("[TK-03] [JS-03] [JS-10] [JS-11] [JS-13] [TK-17] each task is joined once, whatever it was spawned into") {
  everywhere([]() -> task<> {
    const auto late = [](int value) -> task<int> {
      co_await turns(value % 5);
      co_return value;
    };
    tokio::join_set<int> set;
    tokio::join_map<std::string, int> map;
    tokio::join_queue<int> queue;
    tokio::task_tracker tracker;
    std::vector<tokio::join_handle<int>> handles;
    for (int i = 0; i < 30; ++i) {
      set.spawn(late(i));
      map.spawn(std::to_string(i), late(i));
      queue.spawn(late(i));
      handles.push_back(tracker.spawn(late(i)));
      if (i % 10 == 0) set.spawn_blocking([i] { return -i; });
    }
    tracker.close();
    co_await at_last([&] { return tracker.wait(); });
    int sum = 0, in_order = 0;
    while (auto one = co_await at_last([&] { return set.join_next(); })) sum += one->value();
    CHECK(sum == 435 - 30);
    std::set<std::string> keys;
    while (auto one = co_await at_last([&] { return map.join_next(); })) CHECK(keys.insert(one->first).second);
    CHECK(keys.size() == 30);
    while (auto one = co_await at_last([&] { return queue.join_next(); })) CHECK(one->value() == in_order++);
    for (int i = 0; i < 30; ++i) {
      auto& handle = handles[static_cast<std::size_t>(i)];
      CHECK((co_await at_last([&] { return tokio::by_ref(handle); })) == i);
    }
  });
}

TEST_CASE("[LS-01] [MC-10] local tasks and scopes end with all that they began, also when they lose a select") {
  everywhere([]() -> task<> {
    const auto alive = std::make_shared<int>(0);
    for (int round = 0; round < 12; ++round) {
      (void)co_await unless_dropped(tokio::scope([alive, round](tokio::scope_children& children) -> task<> {
                                      for (int i = 0; i < 4; ++i)
                                        children.spawn(
                                            [](std::shared_ptr<int>, int count) -> task<> { co_await turns(count); },
                                            alive, i + round % 3);
                                      co_await children.all();
                                    }),
                                    round);
      CHECK(alive.use_count() == 1);
    }
    tokio::local_set set;
    int sum = 0;
    for (int i = 0; i < 20; ++i)
      set.spawn_local(
             [](int& total, int value) -> task<> {
               co_await turns(value % 3);
               total += value;
             },
             std::ref(sum), i)
          .detach();
    co_await at_last([&] { return tokio::by_ref(set); });
    CHECK(sum == 190);
    const auto [first, second] = co_await tokio::join(set.run_until(turns(3)), turns(5));
    (void)first, (void)second;
  });
}

TEST_CASE("[ST-01] [ST-03] [ST-09] [ST-11] streams of channels, merged and in a map, give each item once") {
  everywhere([]() -> task<> {
    namespace stream = tokio::stream;
    auto [one_to, one] = mpsc::channel<int>(1);
    auto [two_to, two] = mpsc::unbounded_channel<int>();
    const auto sends = [](auto to) -> task<> {
      for (int i = 0; i < 50; ++i) {
        if constexpr (requires { to.capacity(); })
          CHECK(co_await to.send(i));
        else
          CHECK(to.send(i));
        co_await turns(i % 2);
      }
    };
    tokio::join_set<> all;
    all.spawn(sends, std::move(one_to));
    all.spawn(sends, std::move(two_to));
    auto merged = stream::of(std::move(one)).merge(stream::of(std::move(two))).map([](int n) { return 2 * n; });
    int sum = 0;
    while (auto got = co_await at_last([&] { return merged.next(); })) sum += *got;
    CHECK(sum == 2 * 2 * 1225);
    stream::stream_map<int, stream::receiver_stream<mpsc::bounded_channel_state<int>>> map;
    for (int key = 0; key < 3; ++key) {
      auto [to, from] = mpsc::channel<int>(4);
      map.insert(key, stream::of(std::move(from)));
      all.spawn(sends, std::move(to));
    }
    std::vector<int> next(3);
    while (auto got = co_await at_last([&] { return map.next(); }))
      CHECK(got->second == next[static_cast<std::size_t>(got->first)]++);
    CHECK(next == std::vector<int>(3, 50));
    while (auto ended = co_await all.join_next()) CHECK(ended->has_value());
  });
}

TEST_CASE("[TM-02] [TM-06] [TM-07] [TM-15] ticks, delayed values and timeouts come once, on any clock") {
  everywhere_in_time([]() -> task<> {
    tokio::time::interval every(2ms);
    const auto start = co_await every.tick();
    tokio::time::delay_queue<int> delayed;
    for (int i = 0; i < 10; ++i) delayed.insert(i, std::chrono::milliseconds(1 + i));
    auto [to, from] = mpsc::channel<int>(1);
    auto sender = tokio::spawn(
        [](mpsc::sender<int> out) -> task<> {
          for (int i = 0; i < 5; ++i) {
            co_await tokio::time::sleep(1ms);
            CHECK(co_await out.send(i));
          }
        },
        std::move(to));
    int ticks = 0, values = 0, messages = 0;
    bool ended = false;
    while (ticks < 8 || values < 10 || !ended) {
      co_await tokio::select(tokio::when(ticks < 8, every.tick(), [&](auto at) { CHECK(at == start + ++ticks * 2ms); }),
                             tokio::when(values < 10, delayed.next(), [&](auto one) { CHECK(one->value == values++); }),
                             tokio::when(!ended, tokio::time::timeout(1ms, from.recv()),
                                         [&](auto got) {
                                           if (got && *got) CHECK(**got == messages++);
                                           ended = got && !*got;
                                         }),
                             tokio::on(tokio::time::sleep(1ms), [] {}));
    }
    CHECK(messages == 5);
    CHECK((co_await sender).has_value());
  });
}
