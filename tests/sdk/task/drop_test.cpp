// What is cancel safe in tokio/task, dropped at every edge: who waits for tasks, tokens and turns, and what select and
// join are made of.
#include <doctest/doctest.h>

#include <concepts>
#include <optional>
#include <tuple>
#include <utility>

#include "probe.hpp"
#include "sdk/drop_edges.hpp"
#include "tokio/sync.hpp"
#include "tokio/task.hpp"
#include "tokio/task/join_map.hpp"
#include "tokio/task/join_queue.hpp"
#include "tokio/task/join_set.hpp"
#include "tokio/task/local_set.hpp"
#include "tokio/task/scope.hpp"
#include "tokio/task/task_tracker.hpp"
#include "tokio/test.hpp"

namespace {

using namespace tokio;
using sdk_test::fake;
using sdk_test::gate;
using sdk_test::never;
using sdk_test::nothing_is_lost_wherever_it_is_dropped;
using test::hand_poll;
namespace mpsc = sync::mpsc;

// A task that gives 7 once its gate opens, and has begun to wait for it.
struct one_task {
  gate open;
  void give() {
    fake().run_until_stalled();
    open.open(7);
    fake().run_until_stalled();
  }
};
struct joins_by_reference : one_task {
  join_handle<int> handle = spawn(sdk_test::after(open));
  auto begin() { return by_ref(handle); }
  static void has(const std::expected<int, join_error>& got) { CHECK(got == 7); }
};
struct joins_an_aborted_one : joins_by_reference {
  void give() {
    handle.abort();
    fake().run_until_stalled();
  }
  static void has(const std::expected<int, join_error>& got) { CHECK(got.error().is_cancelled()); }
};
struct joins_what_aborts_on_drop : one_task {
  abort_on_drop_handle<int> handle{spawn(sdk_test::after(open))};
  auto begin() { return by_ref(handle); }
  static void has(const std::expected<int, join_error>& got) { CHECK(got == 7); }
};
struct joins_a_job {
  join_handle<int> handle = spawn_blocking([] { return 7; });
  auto begin() { return by_ref(handle); }
  static void give() { fake().run_until_stalled(); }
  static void has(const std::expected<int, join_error>& got) { CHECK(got == 7); }
};

template <class Tasks>
struct joins_next : one_task {
  Tasks tasks;
  joins_next() {
    if constexpr (std::same_as<Tasks, join_map<int, int>>)
      tasks.spawn(7, sdk_test::after(open));
    else
      tasks.spawn(sdk_test::after(open));
  }
  auto begin() { return tasks.join_next(); }
  static void has(const std::optional<std::expected<int, join_error>>& got) { CHECK(got.value() == 7); }
  static void has(const std::optional<std::pair<int, std::expected<int, join_error>>>& got) {
    CHECK(got->first == 7);
    CHECK(got->second == 7);
  }
  void after() const { CHECK(tasks.is_empty()); }
};
template <class Tasks>
struct joins_next_with_id : joins_next<Tasks> {
  auto begin() { return this->tasks.join_next_with_id(); }
  static void has(const std::optional<std::expected<std::pair<task_id, int>, join_error>>& got) {
    CHECK(got.value()->second == 7);
  }
};
// One that is dropped has aborted all; the next one waits for their end.
template <class Tasks>
struct shuts_down : joins_next<Tasks> {
  auto begin() { return this->tasks.shutdown(); }
  static void give() { fake().run_until_stalled(); }
  void has() const { CHECK(this->tasks.is_empty()); }
};

struct tracks {
  task_tracker of;
  std::optional<task_tracker_token> one = of.token();
  tracks() { of.close(); }
  auto begin() { return of.wait(); }
  void give() { one.reset(); }
  static void has() {}
};
struct is_cancelled {
  cancellation_token parent;
  cancellation_token of = parent.child_token();
  auto begin() { return of.cancelled(); }
  void give() { parent.cancel(); }
  static void has() {}
};
struct children_end {
  gate open;
  scope_children* children = nullptr;
  struct body {
    children_end* of;
    task<> operator()(scope_children& in) const {
      of->children = &in;
      in.spawn(sdk_test::after(of->open));
      co_await never();
    }
  };
  hand_poll<scope_future<void, body>> whole{scope(body{this})};
  children_end() {
    CHECK(whole.poll().is_pending());
    fake().run_until_stalled();
    CHECK(whole.poll().is_pending());  // the child waits for its gate now
  }
  auto begin() { return children->all(); }
  void give() {
    open.open();
    fake().run_until_stalled();
    CHECK(whole.poll().is_pending());
  }
  static void has() {}
};

// Drivers of a local_set: the task stays in the set, and is polled by the next one.
struct runs_a_local_set {
  gate open;
  local_set of;
  join_handle<int> local = of.spawn_local(sdk_test::after(open));
  runs_a_local_set() {
    fake().run_until_stalled();
    CHECK(hand_poll(by_ref(of)).poll().is_pending());  // its task waits for the gate now
  }
  auto begin() { return by_ref(of); }
  void give() {
    open.open(7);
    fake().run_until_stalled();
  }
  static void has() {}
  void after() {
    fake().run_until_stalled();
    CHECK(hand_poll(by_ref(local)).poll().value() == 7);
  }
};
struct runs_until : runs_a_local_set {
  auto begin() { return of.run_until(by_ref(local)); }
  static void has(const std::expected<int, join_error>& got) { CHECK(got == 7); }
  static void after() {}
};

// A select is as cancel safe as its branches; a join has lost what a branch gave.
struct selects {
  std::pair<mpsc::sender<int>, mpsc::receiver<int>> ends = mpsc::channel<int>(1), others = mpsc::channel<int>(1);
  auto begin() { return select(ends.second.recv(), others.second.recv()); }
  void give() { CHECK(others.first.try_send(7)); }
  template <class Won>
  void has(Won won) const {
    CHECK(won.index() == 1);
    CHECK(won.template get<1>() == 7);
  }
};
struct selects_with_a_handler : selects {
  struct as_it_is {
    int operator()(std::optional<int> got) const { return got.value(); }
  };
  auto begin() { return select(on(ends.second.recv(), as_it_is()), on(others.second.recv(), as_it_is())); }
  static void has(int got) { CHECK(got == 7); }
};
struct joins_branches : selects {
  auto begin() { return join(ends.second.recv(), others.second.recv()); }
  void give() {
    CHECK(ends.first.try_send(6));
    CHECK(others.first.try_send(7));
  }
  static void has(const std::tuple<std::optional<int>, std::optional<int>>& got) { CHECK(got == std::tuple(6, 7)); }
};
struct runs_until_cancelled : selects {
  cancellation_token stop;
  auto begin() { return stop.run_until_cancelled(others.second.recv()); }
  static void has(const std::optional<std::optional<int>>& got) { CHECK(got.value() == 7); }
};
struct is_awaited_in_a_task : selects {
  static task<int> receive(mpsc::receiver<int>& from) { co_return (co_await from.recv()).value(); }
  auto begin() { return receive(others.second); }
  static void has(int got) { CHECK(got == 7); }
};
struct is_cooperative : selects {
  auto begin() { return coop::cooperative(others.second.recv()); }
  static void has(std::optional<int> got) { CHECK(got == 7); }
};
struct is_unconstrained : selects {
  auto begin() { return unconstrained(others.second.recv()); }
  static void has(std::optional<int> got) { CHECK(got == 7); }
};

}  // namespace

TEST_CASE("[TK-03] [TK-17] [JS-12] a join handle that is awaited by reference keeps what its task gives") {
  nothing_is_lost_wherever_it_is_dropped<joins_by_reference>();
  nothing_is_lost_wherever_it_is_dropped<joins_an_aborted_one>();
  nothing_is_lost_wherever_it_is_dropped<joins_what_aborts_on_drop>();
  nothing_is_lost_wherever_it_is_dropped<joins_a_job>();
}

TEST_CASE("[JS-03] [JS-07] [JS-10] [JS-11] a task that has ended is joined once, whoever was dropped while it waited") {
  nothing_is_lost_wherever_it_is_dropped<joins_next<join_set<int>>>();
  nothing_is_lost_wherever_it_is_dropped<joins_next<join_map<int, int>>>();
  nothing_is_lost_wherever_it_is_dropped<joins_next<join_queue<int>>>();
  nothing_is_lost_wherever_it_is_dropped<joins_next_with_id<join_set<int>>>();
  nothing_is_lost_wherever_it_is_dropped<joins_next_with_id<join_queue<int>>>();
  nothing_is_lost_wherever_it_is_dropped<shuts_down<join_set<int>>>();
  nothing_is_lost_wherever_it_is_dropped<shuts_down<join_map<int, int>>>();
  nothing_is_lost_wherever_it_is_dropped<shuts_down<join_queue<int>>>();
}

TEST_CASE("[JS-13] [SN-12] who waits for the end of tasks, or for a token, hears of it all the same") {
  nothing_is_lost_wherever_it_is_dropped<tracks>();
  nothing_is_lost_wherever_it_is_dropped<is_cancelled>();
  nothing_is_lost_wherever_it_is_dropped<children_end>();
}

TEST_CASE("[LS-01] a driver of a local_set that is dropped leaves its tasks to the next one") {
  nothing_is_lost_wherever_it_is_dropped<runs_a_local_set>();
  nothing_is_lost_wherever_it_is_dropped<runs_until>();
}

TEST_CASE("[MC-03] [MC-09] [MC-10] [SN-14] [TK-20] [TK-24] what waits for others is as cancel safe as they are") {
  nothing_is_lost_wherever_it_is_dropped<selects>();
  nothing_is_lost_wherever_it_is_dropped<selects_with_a_handler>();
  nothing_is_lost_wherever_it_is_dropped<joins_branches>();
  nothing_is_lost_wherever_it_is_dropped<runs_until_cancelled>();
  nothing_is_lost_wherever_it_is_dropped<is_awaited_in_a_task>();
  nothing_is_lost_wherever_it_is_dropped<is_cooperative>();
  nothing_is_lost_wherever_it_is_dropped<is_unconstrained>();
}

TEST_CASE("[MC-10] a join that is dropped has lost what one of its futures gave, and nothing of the other") {
  test::fake_host alone;
  auto [to, from] = mpsc::channel<int>(2);
  auto [other_to, other_from] = mpsc::channel<int>(2);
  hand_poll whole(join(from.recv(), other_from.recv()));
  CHECK(whole.poll().is_pending());
  CHECK(to.try_send(1));
  CHECK(to.try_send(2));
  CHECK(whole.poll().is_pending());  // it has the 1
  CHECK(other_to.try_send(3));
  whole.drop();
  CHECK(from.try_recv() == 2);
  CHECK(other_from.try_recv() == 3);
}
