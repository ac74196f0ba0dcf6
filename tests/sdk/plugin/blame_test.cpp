// Every misuse that panics names the line of the caller who made it, and not one of the SDK.
#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "tokio/io.hpp"
#include "tokio/net.hpp"
#include "tokio/plugin.hpp"
#include "tokio/sync.hpp"
#include "tokio/sync/poll_semaphore.hpp"
#include "tokio/sync/poll_sender.hpp"
#include "tokio/task.hpp"
#include "tokio/task/join_map.hpp"
#include "tokio/task/join_queue.hpp"
#include "tokio/task/join_set.hpp"
#include "tokio/task/task_tracker.hpp"
#include "tokio/test.hpp"
#include "tokio/time.hpp"
#include "tokio/time/delay_queue.hpp"

namespace {

using namespace std::chrono_literals;
using tokio::panic_error;
using tokio::test::block_on;
using tokio::test::fake_host;
using tokio::test::hand_poll;
namespace sync = tokio::sync;

// "file:line" of the panic that `fn` ends with.
template <class Fn>
std::string blamed(Fn fn) {
  try {
    fn();
  } catch (const panic_error& panicked) {
    return std::string(panicked.where().file_name()) + ":" + std::to_string(panicked.where().line());
  }
  return "nothing";
}
std::string line_of_this_file(unsigned line) { return __FILE__ ":" + std::to_string(line); }

// The expression is one line.
#define CHECK_BLAMES_THIS_LINE(...) CHECK(blamed([&] { (void)(__VA_ARGS__); }) == line_of_this_file(__LINE__))

tokio::task<int> seven() { co_return 7; }
int eight() { return 8; }

// What is called inside a task, where threads may not block.
template <class Fn>
std::string blamed_in_task(Fn fn) {
  hand_poll inside(tokio::poll_fn([&](tokio::context&) -> tokio::poll<std::string> { return blamed(fn); }));
  return inside.poll().value();
}
#define CHECK_BLAMES_THIS_LINE_IN_TASK(...) \
  CHECK(blamed_in_task([&] { (void)(__VA_ARGS__); }) == line_of_this_file(__LINE__))

}  // namespace

TEST_CASE("[TK-01] what needs a runtime, and is called where there is none, blames its caller") {
  auto work = seven();
  CHECK_BLAMES_THIS_LINE(tokio::spawn(seven()));
  CHECK_BLAMES_THIS_LINE(tokio::try_spawn(seven()));
  CHECK_BLAMES_THIS_LINE(tokio::spawn_detached(seven()));
  CHECK_BLAMES_THIS_LINE(tokio::spawn_blocking(eight));
  CHECK_BLAMES_THIS_LINE(tokio::try_spawn_blocking(eight));
  CHECK_BLAMES_THIS_LINE(tokio::this_task::id());
  tokio::join_set<int> set;
  CHECK_BLAMES_THIS_LINE(set.spawn(seven()));
  CHECK_BLAMES_THIS_LINE(set.spawn_blocking(eight));
  std::vector<tokio::task<int>> several;
  several.push_back(seven());
  CHECK_BLAMES_THIS_LINE(set.extend(several));
  CHECK_BLAMES_THIS_LINE(tokio::join_set<int>(several));
  tokio::join_map<int, int> map;
  CHECK_BLAMES_THIS_LINE(map.spawn(1, seven()));
  CHECK_BLAMES_THIS_LINE(map.spawn_blocking(1, eight));
  tokio::join_queue<int> queue;
  CHECK_BLAMES_THIS_LINE(queue.spawn(seven()));
  CHECK_BLAMES_THIS_LINE(queue.spawn_blocking(eight));
  tokio::task_tracker tracker;
  CHECK_BLAMES_THIS_LINE(tracker.spawn(seven()));
  CHECK_BLAMES_THIS_LINE(tracker.spawn_blocking(eight));
  CHECK_BLAMES_THIS_LINE(tokio::metrics::counter("name", "help"));
  CHECK_BLAMES_THIS_LINE(tokio::config::text());
  CHECK_BLAMES_THIS_LINE(tokio::control::method("name", "summary", [](std::string_view) { return "1"; }));
  CHECK_BLAMES_THIS_LINE(tokio::plugin::finish());
  CHECK_BLAMES_THIS_LINE(tokio::plugin::fail("why"));
}

TEST_CASE("[TM-02] [TM-01] what needs a clock or timers blames its caller") {
  namespace time = tokio::time;
  CHECK_BLAMES_THIS_LINE(time::instant::now());
  CHECK_BLAMES_THIS_LINE(time::instant().elapsed());
  CHECK_BLAMES_THIS_LINE(time::sleep(1ms));
  CHECK_BLAMES_THIS_LINE(time::sleep_until(time::instant()));
  CHECK_BLAMES_THIS_LINE(time::interval(1ms));
  CHECK_BLAMES_THIS_LINE(time::interval(time::instant(), 1ms));
  CHECK_BLAMES_THIS_LINE(time::interval_at(time::instant(), 1ms));
  CHECK_BLAMES_THIS_LINE(time::timeout(1ms, seven()));
  auto [tx, rx] = sync::mpsc::channel<int>(1);
  CHECK_BLAMES_THIS_LINE(tx.send_timeout(1, 1ms));
  time::delay_queue<int> queue;
  CHECK_BLAMES_THIS_LINE(queue.insert(1, 1ms));
  CHECK_BLAMES_THIS_LINE(queue.insert_at(1, time::instant()));
}

TEST_CASE("[TM-07] [TM-09] [TM-16] [TM-17] numbers and keys that make no sense to a timer blame who gave them") {
  fake_host fake;
  namespace time = tokio::time;
  CHECK_BLAMES_THIS_LINE(time::interval(0ms));
  CHECK_BLAMES_THIS_LINE(time::interval_at(time::instant::now(), 0ms));
  using queue_of_int = time::delay_queue<int>;
  queue_of_int queue;
  CHECK_BLAMES_THIS_LINE(queue_of_int(queue_of_int::most + 1));
  CHECK_BLAMES_THIS_LINE(queue.reserve(queue_of_int::most + 1));
  CHECK_BLAMES_THIS_LINE(queue.insert(1, queue_of_int::longest + 1s));
  const time::delay_key none;
  CHECK_BLAMES_THIS_LINE(queue.remove(none));
  CHECK_BLAMES_THIS_LINE(queue.deadline(none));
  CHECK_BLAMES_THIS_LINE(queue.reset(none, 1ms));
  CHECK_BLAMES_THIS_LINE(queue.reset_at(none, time::instant::now()));
  auto ticks = time::interval(1ms);
  const auto* before = std::exchange(tokio::this_thread.instance, nullptr);
  CHECK_BLAMES_THIS_LINE(ticks.reset());
  CHECK_BLAMES_THIS_LINE(ticks.reset_immediately());
  CHECK_BLAMES_THIS_LINE(ticks.reset_after(1ms));
  tokio::this_thread.instance = const_cast<tokio_plugin*>(before);
}

TEST_CASE("[SM-01] [SB-01] [SS-01] [SX-04] what a channel or a lock is made with blames who made it") {
  CHECK_BLAMES_THIS_LINE(sync::mpsc::channel<int>(0));
  CHECK_BLAMES_THIS_LINE(sync::mpsc::channel<int>(SIZE_MAX));
  CHECK_BLAMES_THIS_LINE(sync::broadcast::channel<int>(0));
  CHECK_BLAMES_THIS_LINE(sync::broadcast::channel<int>(SIZE_MAX));
  CHECK_BLAMES_THIS_LINE(sync::broadcast::sender<int>(0));
  CHECK_BLAMES_THIS_LINE(sync::semaphore(sync::semaphore::max_permits + 1));
  CHECK_BLAMES_THIS_LINE(sync::rwlock<int>(1, 0));
  CHECK_BLAMES_THIS_LINE(tokio::io::simplex(0));
  CHECK_BLAMES_THIS_LINE(tokio::io::duplex(0));
}

TEST_CASE("a socket that is made outside of every instance blames who wanted it") {
  namespace net = tokio::net;
  const tokio_net_ext no_calls{};
  const auto* before = std::exchange(tokio::host.net, &no_calls);
  const auto here = net::socket_address::parse("127.0.0.1:0").value();
  CHECK_BLAMES_THIS_LINE(net::tcp_listener::bind_to(here));
  CHECK_BLAMES_THIS_LINE(net::tcp_socket::new_v4());
  CHECK_BLAMES_THIS_LINE(net::udp_socket::bind_to(here));
  CHECK_BLAMES_THIS_LINE(net::unix_listener::bind("path"));
  CHECK_BLAMES_THIS_LINE(net::unix_stream::pair());
  tokio::host.net = before;
}

TEST_CASE("[SS-05] [SS-06] [SO-02] [SM-18] misuse of permits, senders and slots blames the call") {
  fake_host fake;
  sync::semaphore full(sync::semaphore::max_permits);
  CHECK_BLAMES_THIS_LINE(full.add_permits(1));
  auto shared = std::make_shared<sync::semaphore>(sync::semaphore::max_permits);
  sync::poll_semaphore polled(shared);
  CHECK_BLAMES_THIS_LINE(polled.add_permits(1));
  sync::semaphore other(1);
  auto mine = full.try_acquire().value();
  auto others = other.try_acquire().value();
  CHECK_BLAMES_THIS_LINE(mine.merge(std::move(others)));
  auto [tx, rx] = sync::oneshot::channel<int>();
  CHECK(std::move(tx).send(1));
  CHECK_BLAMES_THIS_LINE(std::move(tx).send(2));
  auto [to, from] = sync::mpsc::channel<int>(1);
  sync::poll_sender<int> slots(to);
  CHECK_BLAMES_THIS_LINE(slots.send_item(1));
}

TEST_CASE("[SM-08] [SB-06] [SO-08] [SX-03] [SS-04] a blocking form blames the task that called it") {
  fake_host fake;
  auto [tx, rx] = sync::mpsc::channel<int>(1);
  CHECK_BLAMES_THIS_LINE_IN_TASK(tx.blocking_send(1));
  CHECK_BLAMES_THIS_LINE_IN_TASK(rx.blocking_recv());
  std::vector<int> into;
  CHECK_BLAMES_THIS_LINE_IN_TASK(rx.blocking_recv_many(into, 1));
  auto [all, one] = sync::broadcast::channel<int>(1);
  CHECK_BLAMES_THIS_LINE_IN_TASK(one.blocking_recv());
  auto [first, only] = sync::oneshot::channel<int>();
  CHECK_BLAMES_THIS_LINE_IN_TASK(std::move(only).blocking_recv());
  sync::mutex<int> lock(1);
  CHECK_BLAMES_THIS_LINE_IN_TASK(lock.blocking_lock());
  sync::rwlock<int> table(1);
  CHECK_BLAMES_THIS_LINE_IN_TASK(table.blocking_read());
  CHECK_BLAMES_THIS_LINE_IN_TASK(table.blocking_write());
  sync::semaphore gate(1);
  CHECK_BLAMES_THIS_LINE_IN_TASK(gate.blocking_acquire());
  CHECK_BLAMES_THIS_LINE_IN_TASK(gate.blocking_acquire_many(1));
}

TEST_CASE("[TK-10] [TK-26] [TK-19] task locals, join errors and block_in_place blame the call") {
  fake_host fake;
  static constinit tokio::local_key<int> number;
  CHECK_BLAMES_THIS_LINE(number.get());
  CHECK_BLAMES_THIS_LINE(number.with([](int) {}));
  auto cancelled = tokio::join_error::cancelled(tokio::task_id{1});
  CHECK_BLAMES_THIS_LINE(cancelled.rethrow());
  CHECK_BLAMES_THIS_LINE(std::move(cancelled).into_panic());
  auto one_thread = *tokio::host.blocking;
  one_thread.enter = [](tokio_plugin*) noexcept -> tokio_res { return TOKIO_ENOTSUP; };
  const auto* before = std::exchange(tokio::host.blocking, &one_thread);
  CHECK_BLAMES_THIS_LINE_IN_TASK(tokio::block_in_place(eight));
  tokio::host.blocking = nullptr;
  CHECK_BLAMES_THIS_LINE(tokio::spawn_blocking(eight));
  tokio::host.blocking = before;
}

TEST_CASE("[TT-03] [TM-11] [TT-04] the test kit blames the line of the test") {
  fake_host fake;
  tokio::test::paused clock;
  CHECK_BLAMES_THIS_LINE(tokio::test::paused());
  clock.resume();
  CHECK_BLAMES_THIS_LINE(clock.advance(1ms));
  CHECK_BLAMES_THIS_LINE(clock.resume());
  hand_poll endless(tokio::poll_fn([](tokio::context& cx) -> tokio::poll<void> {
    cx.waker().wake();
    return tokio::pending;
  }));
  CHECK_BLAMES_THIS_LINE(endless.poll_until_idle());
  auto handle = tokio::spawn(seven());
  (void)block_on(tokio::by_ref(handle));
  CHECK_BLAMES_THIS_LINE(block_on(tokio::by_ref(handle)));
  hand_poll again(std::move(handle));
  CHECK_BLAMES_THIS_LINE(again.poll());
}

namespace {

// Each gives the line that it is about to be blamed for.
tokio::task<> join_twice(unsigned& line) {
  auto handle = tokio::spawn(seven());
  (void)co_await handle;
  line = __LINE__ + 1;
  (void)co_await handle;
}
tokio::task<> receive_twice(unsigned& line) {
  auto [tx, rx] = sync::oneshot::channel<int>();
  (void)std::move(tx).send(1);
  (void)co_await rx;
  line = __LINE__ + 1;
  (void)co_await rx;
}
tokio::task<> await_a_task_that_was_moved(unsigned& line) {
  auto first = seven();
  auto second = std::move(first);
  (void)co_await std::move(second);
  line = __LINE__ + 1;
  (void)co_await std::move(first);
}
tokio::task<> select_of_nothing(unsigned& line) {
  line = __LINE__ + 1;
  (void)co_await tokio::select(tokio::when(false, seven()));
}
tokio::task<> select_of_no_handler(unsigned& line) {
  line = __LINE__ + 1;
  co_await tokio::select(tokio::when(false, seven(), [](int) {}));
}
// The mistake shows in a later poll.
tokio::task<> join_all_of_a_cancelled_one(unsigned& line) {
  tokio::join_set<int> set;
  set.spawn([]() -> tokio::task<int> {
       co_await tokio::poll_fn([](tokio::context&) -> tokio::poll<void> { return tokio::pending; });
       co_return 1;
     })
      .abort();
  line = __LINE__ + 1;
  (void)co_await std::move(set).join_all();
}
tokio::task<> a_timer_is_refused(unsigned& line) {
  auto none_left = *tokio::host.time;
  none_left.timer_new = [](tokio_plugin*, std::uint64_t, std::uint64_t, tokio_timer**) noexcept -> tokio_status {
    return TOKIO_EQUOTA;
  };
  struct restore {
    const tokio_time_ext* before;
    ~restore() { tokio::host.time = before; }
  } after{std::exchange(tokio::host.time, &none_left)};
  line = __LINE__ + 1;
  co_await tokio::time::sleep(1ms);
}
tokio::task<> write_without_a_step(unsigned& line) {
  tokio::test::scripted_stream stream{tokio::test::script()};
  line = __LINE__ + 1;
  (void)co_await stream.write("b");
}
// The innermost await is the one that made the mistake.
tokio::task<> through_a_child(unsigned& line) { co_await join_twice(line); }

std::string blamed_by(tokio::task<> (*mistake)(unsigned&), unsigned& line) {
  return blamed([&] { block_on(mistake(line)); });
}

}  // namespace

TEST_CASE("[TK-03] [SO-04] [MC-06] [JS-06] [TM-13] a future that is misused blames the co_await of it") {
  fake_host fake;
  for (auto* mistake : {join_twice, receive_twice, await_a_task_that_was_moved, select_of_nothing, select_of_no_handler,
                        join_all_of_a_cancelled_one, a_timer_is_refused, write_without_a_step, through_a_child}) {
    unsigned line = 0;
    const auto where = blamed_by(mistake, line);
    CHECK(where == line_of_this_file(line));
  }
}

TEST_CASE(
    "[TK-10] [TK-11] a task that panics ends as a join_error with the sentence and the place, and the host hears "
    "both") {
  fake_host fake;
  unsigned line = 0;
  auto handle = tokio::spawn(join_twice(line));
  auto ended = block_on(std::move(handle));
  REQUIRE_FALSE(ended);
  CHECK(ended.error().message() == "a join_handle was polled after it was ready");
  REQUIRE(ended.error().where());
  CHECK(ended.error().where()->line() == line);
  CHECK(std::string_view(ended.error().where()->file_name()) == __FILE__);
  CHECK(fake.panics.back() == "a join_handle was polled after it was ready");
  CHECK(fake.panic_places.back() == line_of_this_file(line));
}

TEST_CASE("[TK-10] a task that throws what is no panic ends as a join_error without a place") {
  fake_host fake;
  auto ended = block_on(tokio::spawn([]() -> tokio::task<> {
    throw std::runtime_error("disk on fire");
    co_return;
  }));
  CHECK(ended.error().message() == "disk on fire");
  CHECK_FALSE(ended.error().where());
  CHECK(fake.panic_places.back().empty());
  CHECK_FALSE(tokio::join_error::cancelled(tokio::task_id{1}).where());
}

TEST_CASE("a place is told as file and line, and of a path that does not fit the end is kept") {
  const auto here = tokio::call_site::current();
  std::array<char, 256> room{};
  CHECK(tokio::write_place(here, room) == line_of_this_file(here.line()));
  std::array<char, 16> little{};
  const auto whole = line_of_this_file(here.line());
  CHECK(tokio::write_place(here, little) == whole.substr(whole.size() - 16));
  CHECK(tokio::write_place({}, room).empty());
}

TEST_CASE(
    "[TK-01] spawn of a function with arguments cannot know its caller, and says no line rather than a wrong one") {
  const auto with_argument = [](int n) -> tokio::task<int> { co_return n; };
  CHECK(blamed([&] { (void)tokio::spawn(with_argument, 1); }) == ":0");
}
