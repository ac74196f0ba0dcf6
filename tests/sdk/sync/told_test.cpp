// What locks and channels tell of themselves, and of what waits for them, while somebody listens: rows OB-03, OB-04.
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokio/sync.hpp"
#include "tokio/task.hpp"
#include "tokio/task/local_set.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using namespace tokio::sync;
using test::hand_poll;
using lines = std::vector<std::string>;

// Somebody listens, and hears what is told from now on; ids begin with 1.
struct listener {
  listener() {
    test::fake_trace::told.clear();
    test::fake_trace::last_id = 0;
    test::fake_trace::listening = 1;
  }
  listener(const listener&) = delete;
  ~listener() { test::fake_trace::listening = 0; }

  static lines heard() { return std::exchange(test::fake_trace::told, {}); }
};

}  // namespace

TEST_CASE("[OB-03] [OB-04] a mutex from its birth to its end, free and held, and who waits for it") {
  test::fake_host fake;
  const listener to;
  std::optional<mutex<int>> value(std::in_place, 1);
  CHECK(to.heard() == lines{"1 new Mutex", "1 permits = 1"});
  std::optional guard(value->try_lock().value());
  CHECK(to.heard() == lines{"1 permits -= 1"});
  {
    hand_poll waits(value->lock());
    CHECK(to.heard().empty());  // it is not polled
    CHECK(waits.poll().is_pending());
    CHECK(to.heard() == lines{"2 Mutex::lock waits for 1", "2 pending"});
    guard.reset();
    CHECK(to.heard() == lines{"1 permits += 1"});
    CHECK(waits.poll().is_ready());  // and gives the lock back
    CHECK(to.heard() == lines{"1 permits -= 1", "2 ready", "2 over", "1 permits += 1"});
  }
  hand_poll at_once(value->lock());
  CHECK(at_once.poll().is_ready());
  CHECK(to.heard() == lines{"1 permits -= 1", "3 Mutex::lock waits for 1", "3 ready", "3 over", "1 permits += 1"});
  value.reset();
  CHECK(to.heard() == lines{"1 gone"});
}

TEST_CASE("[OB-04] an operation that is dropped while it waits is over") {
  test::fake_host fake;
  const listener to;
  semaphore room(0);
  hand_poll waits(room.acquire());
  CHECK(waits.poll().is_pending());
  CHECK(to.heard() == lines{"1 new Semaphore", "1 permits = 0", "2 Acquire::new waits for 1", "2 pending"});
  waits.drop();
  CHECK(to.heard() == lines{"2 over"});
}

TEST_CASE("[OB-03] permits that are added, taken many at once and forgotten") {
  test::fake_host fake;
  const listener to;
  semaphore room(3);
  CHECK(room.try_acquire_many(2).has_value());
  room.add_permits(4);
  CHECK(room.forget_permits(9) == 7);
  CHECK(to.heard() == lines{"1 new Semaphore", "1 permits = 3", "1 permits -= 2", "1 permits += 2", "1 permits += 4",
                            "1 permits -= 7"});
}

TEST_CASE("[OB-03] [OB-04] nobody listens: nothing is told; what was there before is met when it is waited for") {
  test::fake_host fake;
  test::fake_trace::told.clear();
  mutex<int> value(1);
  std::optional guard(value.try_lock().value());
  hand_poll waits(value.lock());
  CHECK(waits.poll().is_pending());
  guard.reset();
  CHECK(waits.poll().is_ready());
  CHECK(test::fake_trace::told.empty());
  hand_poll heard_of(value.lock());
  {
    const listener to;
    guard.emplace(value.try_lock().value());
    CHECK(to.heard().empty());
    CHECK(heard_of.poll().is_pending());
    CHECK(to.heard() == lines{"1 met Mutex", "2 Mutex::lock waits for 1", "2 pending"});
  }
  // What was told of tells its end also when he has gone.
  heard_of.drop();
  CHECK(test::fake_trace::told == lines{"2 over"});
  guard.reset();  // and nothing of what goes on
  const listener again;
  CHECK(value.try_lock().has_value());
  CHECK(again.heard().empty());  // he has not met it
}

TEST_CASE("[OB-03] [OB-04] an rwlock says how many may read, a barrier who has arrived") {
  test::fake_host fake;
  const listener to;
  {
    rwlock<int> table(1, 8);
    CHECK(table.try_write().has_value());
  }
  CHECK(to.heard() ==
        lines{"1 new RwLock", "1 permits = 8", "1 max_readers = 8", "1 permits -= 8", "1 permits += 8", "1 gone"});
  barrier meet(2);
  hand_poll first(meet.wait()), second(meet.wait());
  CHECK(first.poll().is_pending());
  CHECK(second.poll().is_ready());
  CHECK(first.poll().is_ready());
  CHECK(to.heard() == lines{"2 new Barrier", "2 size = 2", "2 arrived = 0", "2 arrived = 1",
                            "3 Barrier::wait waits for 2", "3 pending", "2 arrived = 2", "2 arrived = 0", "3 ready",
                            "3 over"});
}

TEST_CASE("[OB-03] [OB-04] a oneshot tells which of its ends have gone and whether a value was sent and received") {
  test::fake_host fake;
  const listener to;
  {
    auto [send, receive] = oneshot::channel<int>();
    hand_poll waits(std::move(receive));
    CHECK(waits.poll().is_pending());
    CHECK(std::move(send).send(1).has_value());
    CHECK(waits.poll().is_ready());
  }
  CHECK(to.heard() == lines{"1 new Sender|Receiver", "2 Receiver::await waits for 1", "2 pending", "1 value_sent = 1",
                            "2 ready", "2 over", "1 value_received = 1", "1 gone"});
  auto [send, receive] = oneshot::channel<int>();
  {
    const auto gone = std::move(send);
  }
  CHECK(to.heard() == lines{"3 new Sender|Receiver", "3 tx_dropped = 1"});
  CHECK_FALSE(receive.try_recv().has_value());
  CHECK(to.heard() == lines{"3 rx_dropped = 1", "3 gone"});
}

TEST_CASE("[OB-03] [OB-04] the permits of a channel are a part of it, and nothing that its user sees") {
  test::fake_host fake;
  const listener to;
  {
    auto [send, receive] = mpsc::channel<int>(1);
    CHECK(to.heard() == lines{"1 new mpsc", "2 new internal Semaphore of 1", "2 permits = 1"});
    CHECK(send.try_send(1).has_value());
    hand_poll full(send.send(2));
    CHECK(full.poll().is_pending());
    CHECK(to.heard() == lines{"2 permits -= 1", "3 Acquire::new waits for 2", "3 pending"});
    CHECK(hand_poll(receive.recv()).poll().value() == 1);
    CHECK(to.heard() == lines{"4 Receiver::recv waits for 1", "4 ready", "4 over", "2 permits += 1"});
    full.drop();
    hand_poll empty(receive.recv());
    CHECK(empty.poll().is_pending());
    CHECK(to.heard() == lines{"3 over", "5 Receiver::recv waits for 1", "5 pending"});
  }
  CHECK(to.heard() == lines{"5 over", "2 gone", "1 gone"});
}

TEST_CASE("[OB-03] [OB-04] notify, watch and broadcast") {
  test::fake_host fake;
  const listener to;
  notify bell;
  hand_poll rings(bell.notified());
  CHECK(rings.poll().is_pending());
  bell.notify_one();
  CHECK(rings.poll().is_ready());
  CHECK(to.heard() == lines{"1 new Notify", "2 Notify::notified waits for 1", "2 pending", "2 ready", "2 over"});
  auto [set, see] = watch::channel<int>(1);
  hand_poll changes(see.changed());
  CHECK(changes.poll().is_pending());
  CHECK(set.send(2).has_value());
  CHECK(changes.poll().is_ready());
  CHECK(to.heard() == lines{"3 new watch", "4 Receiver::changed waits for 3", "4 pending", "4 ready", "4 over"});
  auto [say, hear] = broadcast::channel<int>(4);
  hand_poll next(hear.recv());
  CHECK(next.poll().is_pending());
  CHECK(say.send(2).has_value());
  CHECK(next.poll().is_ready());
  CHECK(to.heard() == lines{"5 new broadcast", "6 Receiver::recv waits for 5", "6 pending", "6 ready", "6 over"});
}

TEST_CASE("[OB-03] locks that are members are made from nothing, as ever, and are told of where their owner is made") {
  struct owner {
    mutex<int> value;
    rwlock<int> table;
    notify bell;
  };
  test::fake_host fake;
  const listener to;
  const owner made{};
  CHECK(to.heard() == lines{"1 new Mutex", "1 permits = 1", "2 new RwLock",
                            "2 permits = " + std::to_string(UINT32_MAX >> 3),
                            "2 max_readers = " + std::to_string(UINT32_MAX >> 3), "3 new Notify"});
}

TEST_CASE("[OB-03] a cell that is set once tells where it was made, and again where it was emptied") {
  test::fake_host fake;
  const listener to;
  once_cell<int> cell;
  const auto line = std::source_location::current().line();
  CHECK(to.heard() == lines{"1 new internal Semaphore", "1 permits = 1"});
  CHECK(test::fake_trace::last_place.line == line - 1);
  CHECK(to_view(test::fake_trace::last_place.file).ends_with("told_test.cpp"));
  CHECK(cell.set(3).has_value());
  CHECK(cell.take() == 3);
  CHECK(test::fake_trace::last_place.line == line + 5);
  set_once<int> value(4);
  CHECK(test::fake_trace::last_place.line == line + 7);
}

TEST_CASE("[OB-01] each poll of a local task is told of, also of one that is polled in another one's poll") {
  test::fake_host fake;
  const listener to;
  local_set outer;
  auto whole = outer.spawn_local([]() -> task<int> {
    local_set inner;
    auto part = inner.spawn_local(yield_now());
    co_await inner;
    co_return (co_await std::move(part)).has_value() ? 1 : 0;
  });
  CHECK(test::block_on(outer.run_until(std::move(whole))).value() == 1);
  const auto heard = to.heard();
  const auto count = [&](std::string_view line) { return std::ranges::count(heard, line); };
  CHECK(count("1 polled") >= 2);
  CHECK(count("1 polled") == count("1 over") + count("1 again"));
  CHECK(count("2 polled") == 2);
  CHECK(count("2 again") == 1);  // it has yielded
  CHECK(count("2 over") == 1);
  CHECK(test::fake_trace::depth == 0);
}
