// What is cancel safe in tokio::time, dropped at every edge.
#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "sdk/drop_edges.hpp"
#include "tokio/sync.hpp"
#include "tokio/task.hpp"
#include "tokio/test.hpp"
#include "tokio/time.hpp"
#include "tokio/time/delay_queue.hpp"

using namespace std::chrono_literals;
using namespace tokio::time;
using sdk_test::fake;
using sdk_test::nothing_is_lost_wherever_it_is_dropped;
using tokio::by_ref;
using tokio::test::hand_poll;
namespace mpsc = tokio::sync::mpsc;

namespace {

void pass(duration span) { fake().advance_ns(to_ns(span)); }

struct ticks {
  instant start = instant::now();
  interval every{10ms};
  ticks() { CHECK(hand_poll(every.tick()).poll().value() == start); }
  auto begin() { return every.tick(); }
  static void give() { pass(10ms); }
  void has(instant at) const { CHECK(at == start + 10ms); }
  void after() { CHECK(hand_poll(every.tick()).poll().is_pending()); }
};
struct sleeps_by_reference {
  sleep_future nap = sleep(10ms);
  auto begin() { return by_ref(nap); }
  static void give() { pass(10ms); }
  void has() const { CHECK(nap.is_elapsed()); }
};
// One that is dropped takes nothing with it but its own timer: the next one has the same deadline.
struct sleeps_until {
  instant at = instant::now() + 10ms;
  auto begin() { return sleep_until(at); }
  static void give() { pass(10ms); }
  void has() const { CHECK(instant::now() >= at); }
  static void after() { CHECK(fake().timers.empty()); }
};
struct delayed_values {
  delay_queue<std::string> of;
  delayed_values() {
    of.insert("first", 10ms);
    of.insert("second", 20ms);
  }
  auto begin() { return of.next(); }
  static void give() { pass(10ms); }
  static void has(const std::optional<expired<std::string>>& got) { CHECK(got.value().value == "first"); }
  void after() {
    pass(10ms);
    CHECK(hand_poll(of.next()).poll().value().value().value == "second");
  }
};
// A timeout is cancel safe when its future is.
struct receives_in_time {
  std::pair<mpsc::sender<int>, mpsc::receiver<int>> ends = mpsc::channel<int>(1);
  auto begin() { return timeout(10ms, ends.second.recv()); }
  void give() { CHECK(ends.first.try_send(7)); }
  static void has(const std::expected<std::optional<int>, elapsed>& got) { CHECK(got.value() == 7); }
  static void after() { CHECK(fake().timers.empty()); }
};
struct is_late {
  std::pair<mpsc::sender<int>, mpsc::receiver<int>> ends = mpsc::channel<int>(1);
  instant at = instant::now() + 10ms;
  auto begin() { return timeout_at(at, ends.second.recv()); }
  static void give() { pass(10ms); }
  void has(const std::expected<std::optional<int>, elapsed>& got) {
    CHECK_FALSE(got);
    CHECK(ends.first.try_send(7));
    CHECK(ends.second.try_recv() == 7);
  }
};
// It loses its message, as a send does; the room goes on.
struct sends_in_time {
  std::pair<mpsc::sender<int>, mpsc::receiver<int>> ends = mpsc::channel<int>(1);
  sends_in_time() { CHECK(ends.first.try_send(1)); }
  auto begin() { return ends.first.send_timeout(7, 10ms); }
  void give() { CHECK(ends.second.try_recv() == 1); }
  void has(const std::expected<void, mpsc::send_timeout_error<int>>& sent) {
    CHECK(sent);
    CHECK(ends.second.try_recv() == 7);
  }
  void after() const {
    CHECK(ends.first.capacity() == 1);
    CHECK(fake().timers.empty());
  }
};

}  // namespace

TEST_CASE("[TM-07] a tick that is dropped at any edge comes all the same, once") {
  nothing_is_lost_wherever_it_is_dropped<ticks>();
}

TEST_CASE("[TM-02] [TM-03] a sleep that is dropped, or awaited by reference, keeps its deadline") {
  nothing_is_lost_wherever_it_is_dropped<sleeps_by_reference>();
  nothing_is_lost_wherever_it_is_dropped<sleeps_until>();
}

TEST_CASE("[TM-15] a value of a delay_queue comes out once, whoever was dropped while it waited") {
  nothing_is_lost_wherever_it_is_dropped<delayed_values>();
}

TEST_CASE("[TM-06] [SM-05] a timeout is as cancel safe as what it is of, and leaves no timer") {
  nothing_is_lost_wherever_it_is_dropped<receives_in_time>();
  nothing_is_lost_wherever_it_is_dropped<is_late>();
  nothing_is_lost_wherever_it_is_dropped<sends_in_time>();
}
