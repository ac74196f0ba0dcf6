#include "app/supervisor.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <condition_variable>
#include <csignal>

#include "host/signal_hub.hpp"
#include "support/eventually.hpp"
#include "support/in_child.hpp"
#include "support/notify_socket.hpp"

using namespace tokiod;

namespace {

// A supervisor on a thread of its own, with actions that a test holds open.
class running {
 public:
  explicit running(app::supervisor::actions act = {}, bool waits_in_start = false,
                   const tokiod::clock& time = real_time)
      : manager(service_manager.path(), 0, time), boss(manager, time) {
    REQUIRE(app::supervisor::block_signals());
    REQUIRE(boss.open());
    if (!act.start) act.start = [] {};
    if (!act.reload) act.reload = [this](const std::string&) { ++reloads; };
    if (!act.drain) act.drain = [](const app::stop_order&) { return true; };
    if (!act.hurry) act.hurry = [] {};
    if (!act.remaining) act.remaining = [] { return std::uint64_t{0}; };
    act.healthy = [this] {
      ++turns;
      return true;
    };
    act.status = [] { return std::string("working"); };
    act.changed = [](app::life) {};
    auto started = os_thread::start({.name = "boss"}, [this, act] { ended = boss.run(act); });
    REQUIRE(started);
    thread = std::move(*started);
    if (!waits_in_start) test::eventually("it runs", [&] { return boss.state() != app::life::starting; });
  }
  app::supervisor::ending finish() {
    thread.join();
    return ended;
  }

  // Until the supervisor has gone once round its loop from here on: what was pending has been taken.
  void wait_a_turn() {
    const unsigned begun = turns;
    test::eventually("a turn of the loop", [&] {
      boss.request_reload("to wake it");
      return turns >= begun + 2;
    });
  }

  static inline const steady_clock real_time;
  const test::notify_socket service_manager;
  app::notifier manager;
  app::supervisor boss;
  os_thread thread;
  app::supervisor::ending ended;
  std::atomic<int> reloads{0};
  std::atomic<unsigned> turns{0};
};

// Something that a thread waits for until the test opens it.
class gate {
 public:
  void open() {
    const std::lock_guard hold(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock hold(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(hold, [&] { return open_; });
  }
  void wait_for_somebody() {
    std::unique_lock hold(mutex_);
    changed_.wait(hold, [&] { return waiting_ > 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int waiting_ = 0;
};

}  // namespace

TEST_CASE("a request to stop drains and ends with the code that was asked for") {
  app::stop_order seen;
  running r({.drain = [&](const app::stop_order& order) {
    seen = order;
    return true;
  }});
  r.boss.request_stop({true, 3 * second, 7, "test"});
  const auto end = r.finish();
  CHECK(end.exit_code == 7);
  CHECK(!end.threads_left);
  CHECK(seen.deadline == 3 * second);
  CHECK(seen.reason == "test");
}

TEST_CASE("a drain that leaves something behind ends with 75") {
  running r({.drain = [](const app::stop_order&) { return false; }});
  r.boss.request_stop({});
  CHECK(r.finish().exit_code == 75);
}

TEST_CASE("the manager hears READY at the start and STOPPING before the drain") {
  running r;
  r.boss.request_stop({});
  (void)r.finish();
  const auto heard = r.service_manager.take();
  const auto ready = std::find(heard.begin(), heard.end(), "READY=1");
  CHECK(ready != heard.end());
  CHECK(std::find(ready, heard.end(), "STOPPING=1") != heard.end());
}

TEST_CASE("SIGTERM drains, and a second signal hurries a drain that hangs") {
  gate drain;
  running r({.drain =
                 [&](const app::stop_order& order) {
                   CHECK(order.reason == "SIGTERM");
                   drain.pass();
                   return false;
                 },
             .hurry = [&] { drain.open(); }});
  ::kill(::getpid(), SIGTERM);
  drain.wait_for_somebody();
  CHECK(r.boss.state() == app::life::draining);
  ::kill(::getpid(), SIGINT);
  const auto end = r.finish();
  CHECK(end.exit_code == 75);
  CHECK(!end.threads_left);
}

TEST_CASE("two SIGTERMs at one moment are one request to stop; a later one is the second") {
  manual_clock time;
  gate drain;
  std::atomic<bool> hurried = false;
  running r({.drain =
                 [&](const app::stop_order&) {
                   drain.pass();
                   return true;
                 },
             .hurry =
                 [&] {
                   hurried = true;
                   drain.open();
                 }},
            false, time);
  ::kill(::getpid(), SIGTERM);
  drain.wait_for_somebody();
  time.advance(99 * millisecond);
  ::kill(::getpid(), SIGTERM);
  r.wait_a_turn();
  CHECK_FALSE(hurried);
  time.advance(millisecond);
  ::kill(::getpid(), SIGTERM);
  CHECK(r.finish().exit_code == 0);
  CHECK(hurried);
}

TEST_CASE("more time is asked for when less is left than ever before, and not otherwise") {
  manual_clock time;
  gate drain;
  std::atomic<std::uint64_t> left{10};
  running r({.drain =
                 [&](const app::stop_order&) {
                   drain.pass();
                   return true;
                 },
             .remaining = [&] { return left.load(); }},
            false, time);
  r.boss.request_stop({});
  drain.wait_for_somebody();
  int heard = 0;
  const auto asked = [&](std::uint64_t now_left) {
    left = now_left;
    time.advance(second);
    r.wait_a_turn();
    for (const auto& message : r.service_manager.take()) heard += message == "EXTEND_TIMEOUT_USEC=10000000";
    return heard;
  };
  CHECK(asked(10) == 1);  // the drain has begun
  CHECK(asked(10) == 1);
  CHECK(asked(9) == 2);
  CHECK(asked(12) == 2);
  CHECK(asked(9) == 2);
  CHECK(asked(3) == 3);
  drain.open();
  CHECK(r.finish().exit_code == 0);
}

TEST_CASE("a signal during the start drains; READY is never said") {
  gate start;
  running r({.start = [&] { start.pass(); },
             .drain =
                 [&](const app::stop_order&) {
                   start.open();
                   return true;
                 }},
            true);
  start.wait_for_somebody();
  ::kill(::getpid(), SIGTERM);
  CHECK(r.finish().exit_code == 0);
  const auto heard = r.service_manager.take();
  CHECK(std::find(heard.begin(), heard.end(), "READY=1") == heard.end());
}

TEST_CASE("SIGHUP reloads; those that come during a reload cause exactly one more") {
  gate first;
  std::atomic<int> reloads{0};
  running r({.reload = [&](const std::string& reason) {
    CHECK(reason == "SIGHUP");
    if (++reloads == 1) first.pass();
  }});
  ::kill(::getpid(), SIGHUP);
  first.wait_for_somebody();
  ::kill(::getpid(), SIGHUP);
  r.boss.request_reload("SIGHUP");
  first.open();
  test::eventually("the second reload", [&] { return reloads == 2; });
  r.boss.request_stop({});
  (void)r.finish();
  CHECK(reloads == 2);
}

TEST_CASE("[SG-05] plugins hear of the daemon's signals, and the daemon answers to them all the same") {
  std::atomic<int> reloads{0};
  running r({.reload = [&](const std::string&) { ++reloads; }});
  const auto event = host::signal_hub::listen(SIGHUP);
  REQUIRE(event.has_value());
  const auto before = host::signal_hub::count(SIGHUP);
  ::kill(::getpid(), SIGHUP);
  test::eventually("the reload", [&] { return reloads == 1; });
  CHECK(host::signal_hub::count(SIGHUP) == before + 1);
  struct sigaction now{};
  CHECK(::sigaction(SIGHUP, nullptr, &now) == 0);
  CHECK((now.sa_handler == SIG_DFL));
  r.boss.request_stop({});
  (void)r.finish();
}

TEST_CASE("internal: a drain begins although no thread can be had" * doctest::skip()) {
  test::child_begins();
  bool drained = false;
  running r({.drain = [&](const app::stop_order&) { return drained = true; }});
  const test::without_threads alone;
  r.boss.request_stop({true, {}, 3, "test"});
  const auto end = r.finish();
  CHECK(end.exit_code == 3);
  CHECK(drained);
}

TEST_CASE("a drain begins although no thread can be had") {
  CHECK(test::passes_in_child("internal: a drain begins although no thread can be had"));
}
