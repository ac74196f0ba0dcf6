// join_queue, row JS-11.
#include "tokio/task/join_queue.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>

#include "sdk/task/probe.hpp"

using sdk_test::after;
using sdk_test::gate;
using sdk_test::give;
using sdk_test::hold;
using sdk_test::never;
using tokio::join_queue;
using tokio::task;
using tokio::test::block_on;
using tokio::test::fake_host;
using tokio::test::hand_poll;

TEST_CASE("[JS-11] [B-059] results come in the order of spawning, and a task whose turn it is not wakes nobody") {
  fake_host host;
  gate first, second;
  join_queue<int> queue;
  queue.spawn(after(first));
  queue.spawn(after(second));
  queue.spawn_blocking([] { return 3; });
  host.run_until_stalled();
  hand_poll next(queue.join_next());
  CHECK(next.poll().is_pending());
  second.open(2);
  host.run_until_stalled();
  CHECK_FALSE(next.is_woken());
  CHECK(queue.len() == 3);
  first.open(1);
  host.run_until_stalled();
  CHECK(next.is_woken());
  CHECK(next.poll_with_budget(2).value().value() == 1);
  CHECK(next.budget_left() == 1);
  CHECK(block_on(queue.join_next()).value() == 2);
  CHECK(block_on(queue.join_next()).value() == 3);
  CHECK_FALSE(block_on(queue.join_next()).has_value());
  CHECK(queue.is_empty());
}

TEST_CASE("[JS-11] [B-059] asking without waiting costs no budget, and the one who waits is still woken") {
  fake_host host;
  gate at;
  join_queue<int> queue;
  queue.spawn(after(at));
  queue.spawn(give(2));
  host.run_until_stalled();
  hand_poll next(queue.join_next());
  CHECK(next.poll().is_pending());
  CHECK_FALSE(queue.try_join_next().has_value());  // the second one has ended, but it is not its turn
  at.open(1);
  host.run_until_stalled();
  CHECK(next.is_woken());
  hand_poll both(tokio::poll_fn([&](tokio::context&) -> tokio::poll<int> {
    return queue.try_join_next()->value() * 10 + queue.try_join_next_with_id()->value().second;
  }));
  CHECK(both.poll_with_budget(0).value() == 12);
  CHECK_FALSE(queue.try_join_next_with_id().has_value());
}

TEST_CASE("[JS-11] ids are those of the handles, and an aborted task is cancelled in its turn") {
  fake_host host;
  join_queue<int> queue;
  const auto one = queue.spawn<"one">(give(1));
  const auto two = queue.spawn(never());
  const auto three = queue.spawn(give(3));
  CHECK(host.task_names().front() == "one");
  two.abort();
  CHECK(block_on(queue.join_next_with_id()).value()->first == one.id());
  CHECK(block_on(queue.join_next_with_id()).value().error().id() == two.id());
  CHECK(block_on(queue.join_next_with_id()).value()->first == three.id());
  CHECK_FALSE(block_on(queue.join_next_with_id()).has_value());
}

TEST_CASE("[JS-11] join_all gives the values in the order of spawning, or throws what the first failed one threw") {
  fake_host host;
  gate at;
  join_queue<int> queue;
  queue.spawn(after(at));
  queue.spawn(give(2));
  hand_poll all(std::move(queue).join_all());
  CHECK(all.poll().is_pending());
  at.open(1);
  host.run_until_stalled();
  CHECK(all.poll().value() == std::vector<int>{1, 2});
  auto tracked = std::make_shared<int>(1);
  join_queue<int> fails;
  fails.spawn([]() -> task<int> {
    throw std::runtime_error("broken");
    co_return 0;
  });
  fails.spawn(hold, tracked);
  CHECK_THROWS_WITH_AS(block_on(std::move(fails).join_all()), "broken", std::runtime_error);
  host.run_until_stalled();
  CHECK(tracked.use_count() == 1);
}

TEST_CASE("[JS-11] the end of a queue aborts its tasks, shutdown waits for that, detached ones go on") {
  fake_host host;
  auto tracked = std::make_shared<int>(1);
  {
    join_queue<int> queue;
    queue.spawn(hold, tracked);
    host.run_until_stalled();
  }
  host.run_until_stalled();
  CHECK(tracked.use_count() == 1);
  join_queue<int> queue;
  queue.spawn(hold, tracked);
  queue.spawn(hold, tracked);
  block_on(queue.shutdown());
  CHECK(tracked.use_count() == 1);
  gate at;
  int reached = 0;
  queue.spawn([&]() -> task<int> { co_return reached = co_await at.wait(); });
  queue.detach_all();
  CHECK(queue.is_empty());
  at.open(4);
  host.run_until_stalled();
  CHECK(reached == 4);
}

TEST_CASE("[JS-11] what the host refuses is joined as cancelled, in its turn") {
  fake_host host;
  join_queue<int> queue;
  queue.spawn(give(1));
  host.refuse_spawn = true;
  queue.spawn(give(2));
  host.refuse_spawn = false;
  queue.spawn(give(3));
  CHECK(block_on(queue.join_next()).value() == 1);
  CHECK(block_on(queue.join_next())->error().is_cancelled());
  CHECK(block_on(queue.join_next()).value() == 3);
}

TEST_CASE("[JS-11] a result whose move throws is given as that exception, and the queue goes on with the next task") {
  using sdk_test::fragile;
  fake_host host;
  join_queue<fragile> queue;
  for (int i = 1; i <= 4; ++i) queue.spawn(sdk_test::give_fragile(i));
  host.run_until_stalled();
  fragile::left = 1;
  CHECK_THROWS_WITH_AS((void)queue.try_join_next(), "moved", std::runtime_error);
  CHECK(queue.len() == 3);
  CHECK(queue.try_join_next()->value().value == 2);
  fragile::left = 1;
  CHECK_THROWS_WITH_AS((void)hand_poll(queue.join_next()).poll(), "moved", std::runtime_error);
  CHECK(queue.len() == 1);
  CHECK(queue.try_join_next()->value().value == 4);
}

TEST_CASE("[JS-11] an output whose destructor spawns into the queue is let go with the rest") {
  fake_host host;
  using output = sdk_test::late_spawner<join_queue>;
  join_queue<output> queue;
  for (int i = 0; i < 3; ++i) queue.spawn(output::give(&queue));
  host.run_until_stalled();
  queue.detach_all();
  CHECK(queue.len() == 300);
}
