// The examples of plugin-api/README.md, run on the fake host.
#include "tokio/time.hpp"

#include <doctest/doctest.h>

#include <array>
#include <span>

#include "tokio/plugin.hpp"
#include "tokio/task.hpp"
#include "tokio/task/scope.hpp"
#include "tokio/test.hpp"

namespace {

// [plugin]
using namespace std::chrono_literals;
namespace control = tokio::control;

class heartbeat {
 public:
  explicit heartbeat(std::string_view config) : config_(config) {}

  tokio::task<> run(tokio::cancellation_token stop) {
    tokio::time::interval every(1s);
    for (;;) {
      auto won = co_await tokio::select(stop.cancelled(), every.tick());
      if (won.index() == 0) co_return;  // the host stops this instance
      beats_.add();
      tokio::log::info("beat", {"period_ms", 1000}, {"config", config_});
    }
  }

 private:
  std::string config_;
  tokio::metrics::counter beats_{"beats_total", "beats since the start"};
  control::method ping_{"ping", "answers at once", [](std::string_view) -> control::answer { return "\"pong\""; }};
};
// [/plugin]

// [tasks]
tokio::task<int> square(int value) {
  co_await tokio::time::sleep(10ms);
  co_return value* value;
}

tokio::task<int> tasks() {
  auto direct = co_await square(2);                 // runs here
  auto handle = tokio::spawn<"square">(square(3));  // a task of its own, with a name in task lists
  auto joined = co_await handle;                    // std::expected<int, join_error>
  auto [a, b] = co_await tokio::join(square(4), square(5));
  auto in_time = co_await tokio::time::timeout(1ms, square(6));  // std::expected<int, elapsed>
  auto slow = co_await tokio::spawn_blocking([] { return 7; });
  co_return direct + joined.value_or(0) + a + b + in_time.value_or(0) + slow.value_or(0);
}
// [/tasks]

// [scope]
tokio::task<int> sum_of_both(std::span<const int> numbers) {
  int left = 0, right = 0;
  const auto add_up = [](std::span<const int> part, int& total) -> tokio::task<> {
    for (int one : part) total += one;
    co_await tokio::yield_now();
  };
  co_await tokio::scope([&](tokio::scope_children& children) -> tokio::task<> {
    children.spawn(add_up(numbers.first(numbers.size() / 2), left));  // may borrow what is around the scope
    children.spawn(add_up(numbers.subspan(numbers.size() / 2), right));
    co_return;
  });  // here both have ended; if one had thrown, the other would be gone, and the exception came out
  co_return left + right;
}
// [/scope]

// [select]
tokio::task<std::string> first_of(tokio::cancellation_token stop, tokio::join_handle<int>& work) {
  co_return co_await tokio::select(
      tokio::biased,                                                       // in this order; without it, a random start
      tokio::on(stop.cancelled(), [] { return std::string("stopped"); }),  // the losers are gone when it runs
      tokio::on(work, [](auto outcome) { return std::to_string(outcome.value()); }),  // an lvalue survives
      tokio::on(tokio::time::sleep(1s), []() -> tokio::task<std::string> {            // a handler may await
        co_await tokio::yield_now();
        co_return "late";
      }));
}
// [/select]

// [leaf]
class countdown {  // a future written by hand
 public:
  using output = int;
  explicit countdown(int from) : left_(from) {}
  tokio::poll<int> poll(tokio::context& cx) {
    if (!cx.proceed()) return tokio::pending;  // cooperative budget
    if (left_ == 0) return 0;
    --left_;
    cx.restore();       // no progress that counts
    cx.waker().wake();  // whoever makes it ready wakes the task; a waker may be copied and kept
    return tokio::pending;
  }

 private:
  int left_;
};
// [/leaf]

}  // namespace

// [test]
TEST_CASE("a heartbeat beats once a second and stops when it is told") {
  tokio::test::fake_host host;  // one thread, virtual time, a leak check at the end
  static constexpr auto desc = tokio::plugin::describe<heartbeat>("org.example.heartbeat", "1.0.0");
  tokio::test::fake_plugin plugin(desc, "{}");
  tokio::test::paused clock;
  host.run_until_stalled();
  for (int i = 0; i < 3; ++i) clock.advance(1s);
  CHECK(host.metrics.at("beats_total")->value == 4);  // the first tick is at once
  CHECK(host.call_method("ping").result == "\"pong\"");
  plugin.stop();
  host.run_until_stalled();
  CHECK(plugin.state().finished == 0);
}
// [/test]

TEST_CASE("the examples of the README give what they say") {
  tokio::test::fake_host host;
  CHECK(tokio::test::block_on(sum_of_both(std::array{1, 2, 3})) == 6);
  CHECK(tokio::test::block_on(tasks()) == 4 + 9 + 16 + 25 + 0 + 7);
  tokio::cancellation_token stop;
  auto work = tokio::spawn(square(3));
  CHECK(tokio::test::block_on(first_of(stop, work)) == "9");
  auto endless = tokio::spawn([]() -> tokio::task<int> {
    co_await tokio::time::sleep(1h);
    co_return 1;
  });
  CHECK(tokio::test::block_on(first_of(stop, endless)) == "late");
  stop.cancel();
  CHECK(tokio::test::block_on(first_of(stop, endless)) == "stopped");
  CHECK(tokio::test::block_on(countdown(3)) == 0);
  tokio::test::hand_poll counting(countdown(1));
  CHECK(counting.poll().is_pending());
  CHECK(counting.is_woken());
  CHECK(counting.poll().is_ready());
}
