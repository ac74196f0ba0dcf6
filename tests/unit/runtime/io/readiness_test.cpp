// One direction of a source, move by move. The races between the moves are in tests/model/readiness_model.cpp.
#include "runtime/io/readiness.hpp"

#include <doctest/doctest.h>

#include "runtime/task/handles.hpp"

namespace {

using namespace tokiod;
using namespace tokiod::io;
using half = basic_readiness<real_policy, task::key>;

task::key waiter(std::uintptr_t n) { return {reinterpret_cast<task::header*>(n * 64), n}; }
constexpr ready readable = wanted_by(direction::read);

}  // namespace

TEST_CASE("an event without a waiter is kept for the next look") {
  half h;
  task::key woken;
  CHECK_FALSE(h.look(readable));
  CHECK(h.event(0, ready::readable, woken) == event_outcome::marked);
  CHECK(h.wait(readable, waiter(1)).bits == ready::readable);
}

TEST_CASE("an event takes the waiter once") {
  half h;
  task::key woken;
  CHECK_FALSE(h.wait(readable, waiter(1)));
  CHECK(h.event(0, ready::readable, woken) == event_outcome::wake);
  CHECK(woken == waiter(1));
  CHECK(h.event(0, ready::readable, woken) == event_outcome::marked);
}

TEST_CASE("a second poller replaces the first one's waiter") {
  half h;
  task::key woken;
  CHECK_FALSE(h.wait(readable, waiter(1)));
  CHECK_FALSE(h.wait(readable, waiter(2)));
  CHECK(h.event(0, ready::readable, woken) == event_outcome::wake);
  CHECK(woken == waiter(2));
}

TEST_CASE("a clear of what was seen empties, and a clear after a newer event does nothing") {
  half h;
  task::key woken;
  (void)h.event(0, ready::readable, woken);
  const readiness seen = h.look(readable);
  (void)h.event(0, ready::readable, woken);
  h.clear(seen, readable);
  const readiness again = h.look(readable);
  CHECK(again);
  h.clear(again, readable);
  CHECK_FALSE(h.look(readable));
}

TEST_CASE("a clear takes only the bits it names") {
  half h;
  task::key woken;
  (void)h.event(0, ready::readable | ready::closed, woken);
  h.clear(h.look(readable), ready::readable);
  CHECK(h.look(readable).bits == ready::closed);
}

TEST_CASE("who waits for something else is woken too, and finds nothing") {
  half h;
  task::key woken;
  CHECK_FALSE(h.wait(ready::priority, waiter(1)));
  CHECK(h.event(0, ready::readable, woken) == event_outcome::wake);
  CHECK_FALSE(h.wait(ready::priority, waiter(1)));
  CHECK(h.look(readable));
}

TEST_CASE("after retire the waiter and the bits are gone, and an old event is stale") {
  half h;
  task::key woken;
  (void)h.event(0, ready::readable, woken);
  h.retire();
  CHECK(h.generation() == 1);
  CHECK_FALSE(h.wait(readable, waiter(1)));
  CHECK(h.event(0, ready::readable, woken) == event_outcome::stale);
  CHECK(h.event(1, ready::readable, woken) == event_outcome::wake);
}

TEST_CASE("the tick wraps without touching its neighbours") {
  half h;
  task::key woken;
  h.retire();
  for (int i = 0; i < 1000; ++i) (void)h.event(1, ready::readable, woken);
  CHECK(h.generation() == 1);
  CHECK(h.look(readable).bits == ready::readable);
}

TEST_CASE("a clear is not lost to a waiter that came in between") {
  half h;
  task::key woken;
  (void)h.event(0, ready::readable, woken);
  const readiness seen = h.look(readable);
  CHECK_FALSE(h.wait(ready::priority, waiter(1)));
  CHECK_FALSE(h.join(0, ready::priority).value());
  h.clear(seen, readable);
  CHECK_FALSE(h.look(readable));
}

TEST_CASE("an event says that there is a crowd, once") {
  half h;
  task::key woken;
  bool crowd = false;
  CHECK_FALSE(h.join(0, readable).value());
  CHECK_FALSE(h.join(0, readable).value());
  CHECK(h.event(0, ready::priority, woken, crowd) == event_outcome::marked);
  CHECK(crowd);
  CHECK(h.event(0, ready::readable, woken, crowd) == event_outcome::marked);
  CHECK_FALSE(crowd);
  CHECK(h.join(0, readable).value().bits == ready::readable);
}
