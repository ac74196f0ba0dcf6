// spawn, join handles, abort: who sees what, and what is destroyed when.
#include "tokio/task/spawn.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <sstream>
#include <stdexcept>

#include "sdk/task/probe.hpp"

using sdk_test::gate;
using sdk_test::tracer;
using tokio::spawn;
using tokio::task;
using tokio::test::block_on;
using tokio::test::fake_host;
using tokio::test::hand_poll;

namespace {

// Not inlined: a compiler may do without the frame of a coroutine that it sees destroyed unused.
[[gnu::noinline]] task<int> give(int value) { co_return value; }
task<int> fail(const char* text) {
  co_await tokio::yield_now();
  throw std::runtime_error(text);
}
// Runs what is spawned, then takes the outcome by a poll: no memory is needed.
int block_on_without_memory(fake_host& host, tokio::join_handle<int>& handle) {
  host.run_until_stalled();
  host.fail_alloc_after = -1;
  return hand_poll(std::move(handle)).poll().value().value();
}
// An output that counts those alive.
struct counted {
  explicit counted(int& alive) : alive_(&alive) { ++*alive_; }
  counted(counted&& other) noexcept : alive_(other.alive_) { ++*alive_; }
  counted& operator=(counted&&) = delete;
  ~counted() { --*alive_; }
  int* alive_;
};

}  // namespace

TEST_CASE("[TK-01] spawn never polls the task itself, and the task starts without its handle being awaited") {
  fake_host host;
  bool ran = false;
  auto handle = spawn([&]() -> task<> {
    ran = true;
    co_return;
  });
  CHECK_FALSE(ran);
  host.run_until_stalled();
  CHECK(ran);
  CHECK(handle.is_finished());
}

TEST_CASE("[TK-01] spawn outside of a runtime panics with a sentence") {
  fake_host host;
  tokio::instance_scope nowhere(nullptr);
  CHECK_THROWS_WITH_AS(spawn(give(1)),
                       "there is no runtime here: spawn() needs a task, a callback or an instance_scope",
                       tokio::panic_error);
}

TEST_CASE("spawning a coroutine allocates nothing: its frame is a block of the host") {
  fake_host host;
  host.fail_alloc_after = 1;
  auto spawned = tokio::try_spawn(give(1));
  REQUIRE(spawned.has_value());
  CHECK(block_on_without_memory(host, *spawned) == 1);
}

TEST_CASE("memory that the host refuses is an error of try_spawn and an exception of a coroutine's call") {
  fake_host host;
  gate gate;
  host.fail_alloc_after = 0;
  auto refused = tokio::try_spawn(gate.wait());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind() == tokio::error_kind::out_of_memory);
  CHECK_THROWS_AS((void)give(1), std::bad_alloc);
  host.fail_alloc_after = -1;
}

TEST_CASE("a coroutine made outside of an instance can be spawned into one") {
  fake_host host;
  std::optional<task<int>> made;
  {
    tokio::instance_scope nowhere(nullptr);
    made.emplace(give(6));
  }
  CHECK(host.live_blocks() == 0);
  CHECK(block_on(spawn(std::move(*made))) == 6);
}

TEST_CASE("a task that runs already can be spawned, and goes on where it was") {
  fake_host host;
  gate gate;
  auto outer = [&]() -> task<int> {
    auto wait = [](sdk_test::gate& at) -> task<int> { co_return co_await at.wait(); };
    auto running = wait(gate);
    CHECK((co_await tokio::select(tokio::biased, running, tokio::yield_now())).index() == 1);
    auto handle = spawn(std::move(running));
    co_await tokio::yield_now();
    gate.open(8);
    co_return (co_await handle).value();
  };
  CHECK(block_on(outer()) == 8);
}

TEST_CASE("a callable and its arguments live in the task's own memory") {
  fake_host host;
  std::vector<std::string> log;
  auto handle = [&] {
    std::string captured = "a string that is too long for the small buffer";
    auto body = [captured](const std::string& argument, tracer) -> task<std::string> {
      co_await tokio::yield_now();
      co_return captured + argument;  // both are references into the task
    };
    return spawn(body, std::string(" and an argument of the same kind"), tracer(log, "argument"));
  }();
  host.run_until_stalled();
  CHECK(log == std::vector<std::string>{"argument"});
  CHECK(block_on(handle).value() == "a string that is too long for the small buffer and an argument of the same kind");
}

TEST_CASE("any future can be spawned, not only a coroutine") {
  fake_host host;
  gate gate;
  auto handle = spawn(gate.wait());
  host.run_until_stalled();
  gate.open(4);
  CHECK(block_on(std::move(handle)) == 4);
}

TEST_CASE("[TK-03] awaiting a handle by reference and losing keeps it") {
  fake_host host;
  gate gate;
  auto outer = [&]() -> task<int> {
    auto handle = spawn(gate.wait());
    auto first = co_await tokio::select(tokio::biased, handle, tokio::yield_now());
    CHECK(first.index() == 1);
    gate.open(9);
    co_return (co_await handle).value();
  };
  CHECK(block_on(outer()) == 9);
}

TEST_CASE("[TK-03] polling a handle again after it was ready panics") {
  fake_host host;
  hand_poll handle(spawn(give(1)));
  host.run_until_stalled();
  CHECK(handle.poll().is_ready());
  CHECK_THROWS_AS((void)handle.poll(), tokio::panic_error);
}

TEST_CASE("[TK-03] a ready handle costs one unit of budget") {
  fake_host host;
  hand_poll handle(spawn(give(1)));
  host.run_until_stalled();
  CHECK(handle.poll_with_budget(0).is_pending());
  CHECK(handle.is_woken());
  CHECK(handle.poll_with_budget(5).is_ready());
  CHECK(handle.budget_left() == 4);
}

TEST_CASE("[TK-04] dropping the handle detaches the task, which goes on") {
  fake_host host;
  gate gate;
  bool ended = false;
  {
    auto handle = spawn([&]() -> task<> {
      co_await gate.wait();
      ended = true;
    });
  }
  host.run_until_stalled();
  gate.open();
  host.run_until_stalled();
  CHECK(ended);
  CHECK(host.live_tasks() == 0);
}

TEST_CASE("a task that is spawned detached runs, its output is destroyed, and nobody has to let it go") {
  fake_host host;
  int alive = 0;
  tokio::spawn_detached([](int& count) -> task<counted> { co_return counted(count); }, std::ref(alive));
  tokio::spawn_detached<"thrower">(fail("nobody hears this"));
  host.run_until_stalled();
  CHECK(alive == 0);
  CHECK(host.live_blocks() == 0);
  CHECK(host.panics.size() == 1);
}

TEST_CASE("a task that the host refuses when it is spawned detached is destroyed") {
  fake_host host;
  host.refuse_spawn = true;
  int alive = 0;
  tokio::spawn_detached([kept = counted(alive)]() -> task<> { co_return; });
  CHECK(alive == 0);
  CHECK(host.live_blocks() == 0);
}

TEST_CASE("[TK-04] the output of a detached task is destroyed, before and after it completed") {
  fake_host host;
  int alive = 0;
  auto make = [&]() -> task<counted> { co_return counted(alive); };
  spawn(make).detach();
  host.run_until_stalled();
  CHECK(alive == 0);
  {
    auto handle = spawn(make);
    host.run_until_stalled();
    CHECK(alive == 1);
  }
  CHECK(alive == 0);
}

TEST_CASE("[TK-05] abort drops an idle task without another poll") {
  fake_host host;
  gate gate;
  std::vector<std::string> log;
  auto handle =
      spawn([](sdk_test::gate& at, tracer) -> task<> { co_await at.wait(); }, std::ref(gate), tracer(log, "argument"));
  host.run_until_stalled();
  CHECK(gate.polls == 1);
  handle.abort();
  handle.abort();  // once is enough
  auto joined = block_on(handle);
  CHECK(gate.polls == 1);
  CHECK(log == std::vector<std::string>{"argument"});
  REQUIRE_FALSE(joined.has_value());
  CHECK(joined.error().is_cancelled());
}

TEST_CASE("[TK-05] a task that aborts itself ends at its next suspension") {
  fake_host host;
  bool went_on = false;
  tokio::abort_handle self;
  auto handle = spawn([&]() -> task<> {
    self.abort();
    co_await tokio::yield_now();
    went_on = true;
  });
  self = handle.abort_handle();
  CHECK(block_on(handle).error().is_cancelled());
  CHECK_FALSE(went_on);
}

TEST_CASE("[TK-05] a task that is aborted in its last poll completes normally") {
  fake_host host;
  tokio::abort_handle self;
  auto handle = spawn([&]() -> task<int> {
    self.abort();
    co_return 3;
  });
  self = handle.abort_handle();
  CHECK(block_on(handle) == 3);
}

TEST_CASE("[TK-06] a task is not finished before its destructors ran") {
  fake_host host;
  tokio::abort_handle handle;
  std::optional<bool> seen;
  struct look {
    tokio::abort_handle& handle;
    std::optional<bool>& seen;
    ~look() { seen = handle.is_finished(); }
  };
  auto task_handle = spawn([&]() -> task<> {
    look at_end{handle, seen};
    co_await tokio::yield_now();
  });
  handle = task_handle.abort_handle();
  CHECK_FALSE(handle.is_finished());
  host.run_until_stalled();
  CHECK(seen == false);
  CHECK(handle.is_finished());
}

TEST_CASE("[TK-07] an abort handle outlives the task, keeps its id and then does nothing") {
  fake_host host;
  auto handle = spawn(give(1));
  auto abort = handle.abort_handle();
  CHECK(abort.id() == handle.id());
  auto id = abort.id();
  handle.detach();
  host.run_until_stalled();
  CHECK(abort.is_finished());
  abort.abort();
  CHECK(abort.id() == id);
}

TEST_CASE("[TK-08] locals and parameters are destroyed before the joiner sees the end") {
  fake_host host;
  std::vector<std::string> log;
  auto child = [](std::vector<std::string>& out, tracer) -> task<> {
    tracer local(out, "local");
    co_await tokio::yield_now();
  };
  auto outer = [&]() -> task<> {
    auto handle = spawn(child(log, tracer(log, "parameter")));
    (co_await handle).value();
    log.push_back("joined");
  };
  block_on(outer());
  CHECK(log == std::vector<std::string>{"local", "parameter", "joined"});
}

TEST_CASE("[TK-10] a join error says which task and how it ended") {
  fake_host host;
  auto cancelled = spawn(give(1));
  auto id = cancelled.id();
  cancelled.abort();
  auto error = block_on(cancelled).error();
  CHECK(error.id() == id);
  std::ostringstream text;
  text << error;
  CHECK(text.str() == "task " + std::to_string(id.value) + " was cancelled");
  CHECK_THROWS_AS(std::move(error).into_panic(), tokio::panic_error);
}

TEST_CASE("[TK-11] an exception that leaves a task becomes its join error, with its payload") {
  fake_host host;
  auto handle = spawn(fail("out of tea"));
  auto id = handle.id();
  auto error = block_on(handle).error();
  CHECK(error.is_panic());
  CHECK(error.message() == "out of tea");
  CHECK(host.panics == std::vector<std::string>{"out of tea"});
  std::ostringstream text;
  text << error;
  CHECK(text.str() == "task " + std::to_string(id.value) + " panicked with message \"out of tea\"");
  CHECK_THROWS_AS(error.rethrow(), std::runtime_error);
}

TEST_CASE("[TK-11] a payload without text is said to be one") {
  fake_host host;
  auto error = block_on(spawn([]() -> task<> {
                 co_await tokio::yield_now();
                 throw 42;
               })).error();
  std::ostringstream text;
  text << error;
  CHECK(text.str() == "task " + std::to_string(error.id().value) + " panicked");
  CHECK_THROWS_AS(error.rethrow(), int);
}

TEST_CASE("[TK-11] the payload of a panic is freed, whether the handle goes before or after it") {
  fake_host host;
  int alive = 0;
  auto throw_one = [&]() -> task<> {
    co_await tokio::yield_now();
    throw counted(alive);
  };
  spawn(throw_one).detach();
  host.run_until_stalled();
  CHECK(alive == 0);
  {
    auto handle = spawn(throw_one);
    host.run_until_stalled();
    CHECK(alive == 1);
  }
  CHECK(alive == 0);
}

TEST_CASE("[TK-11] the locals of a task that throws are destroyed, and others go on") {
  fake_host host;
  std::vector<std::string> log;
  auto bystander = spawn(give(5));
  auto thrower = spawn([&]() -> task<> {
    tracer local(log, "local");
    throw std::runtime_error("x");
    co_return;
  });
  host.run_until_stalled();
  CHECK(log == std::vector<std::string>{"local"});
  CHECK(block_on(bystander) == 5);
  CHECK(block_on(thrower).error().is_panic());
}

TEST_CASE("[TK-12] a destructor that throws while a task is aborted is reported and goes no further") {
  fake_host host;
  struct bomb {
    ~bomb() noexcept(false) { throw std::runtime_error("in a destructor"); }
  };
  struct holder {
    using output = void;
    std::unique_ptr<int> armed = std::make_unique<int>(1);
    holder() = default;
    holder(holder&&) = default;
    ~holder() noexcept(false) {
      if (armed) bomb();
    }
    tokio::poll<void> poll(tokio::context&) { return tokio::pending; }
  };
  auto handle = spawn(holder());
  host.run_until_stalled();
  handle.abort();
  CHECK_FALSE(block_on(handle).has_value());
  CHECK(host.panics == std::vector<std::string>{"in a destructor"});
}

TEST_CASE("[TK-14] the id is the same in the body, in destructors and on the handle") {
  fake_host host;
  CHECK_FALSE(tokio::this_task::try_id().has_value());
  CHECK_THROWS_AS(tokio::this_task::id(), tokio::panic_error);
  std::vector<tokio::task_id> seen;
  struct look {
    std::vector<tokio::task_id>& seen;
    ~look() { seen.push_back(tokio::this_task::id()); }
  };
  gate gate;
  auto body = [](std::vector<tokio::task_id>& out, sdk_test::gate& at) -> task<> {
    look at_end{out};
    out.push_back(tokio::this_task::id());
    co_await at.wait();
  };
  auto aborted = spawn(body, std::ref(seen), std::ref(gate));
  auto id = aborted.id();
  host.run_until_stalled();
  aborted.abort();
  host.run_until_stalled();
  CHECK(seen == std::vector<tokio::task_id>{id, id});
  auto outside = []() -> task<bool> { co_return tokio::this_task::try_id().has_value(); };
  CHECK_FALSE(block_on(outside()));
}

TEST_CASE("[RR-10] a task that the host refuses resolves as cancelled, and is destroyed") {
  fake_host host;
  std::vector<std::string> log;
  host.refuse_spawn = true;
  auto handle = spawn([](tracer) -> task<> { co_return; }, tracer(log, "argument"));
  CHECK(log == std::vector<std::string>{"argument"});
  CHECK(handle.is_finished());
  host.refuse_spawn = false;
  CHECK(block_on(handle).error().is_cancelled());
}

TEST_CASE("[B-017] a task's destructor may wake, spawn and abort others") {
  fake_host host;
  gate gate;
  struct busy {
    sdk_test::gate& at;
    ~busy() {
      at.open(1);
      spawn(give(1)).detach();
    }
  };
  auto waiting = spawn(gate.wait());
  host.run_until_stalled();
  auto handle = spawn([&]() -> task<> {
    busy local{gate};
    co_await tokio::poll_fn([](tokio::context&) -> tokio::poll<int> { return tokio::pending; });
  });
  host.run_until_stalled();
  handle.abort();
  host.run_until_stalled();
  CHECK(block_on(waiting) == 1);
}

TEST_CASE("[B-028] two tasks that hold each other's handles do not leak") {
  fake_host host;
  struct pair {
    std::optional<tokio::join_handle<int>> first, second;
  } handles;
  auto wait_for = [&](std::optional<tokio::join_handle<int>>& other) -> task<int> {
    auto mine = std::move(*other);
    other.reset();
    co_return (co_await mine).value_or(0);
  };
  handles.first.emplace(spawn(wait_for, std::ref(handles.second)));
  handles.second.emplace(spawn(wait_for, std::ref(handles.first)));
  host.run_until_stalled();
  CHECK(host.live_tasks() == 2);  // the end of the host aborts them, and its leak check passes
}

TEST_CASE("[SC-01] every one of fifty tasks ends under a hundred random orders") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    fake_host host(seed);
    int ended = 0;
    for (int i = 0; i < 50; ++i)
      spawn(
          [](int turns, int& out) -> task<> {
            for (int t = 0; t < turns; ++t) co_await tokio::yield_now();
            ++out;
          },
          i % 7, std::ref(ended))
          .detach();
    host.run_until_idle();
    CHECK(ended == 50);
  }
}
