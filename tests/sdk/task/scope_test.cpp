// scope and try_scope: children that cannot outlive the line that awaits them.
#include "tokio/task/scope.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "sdk/task/probe.hpp"
#include "tokio/sync.hpp"
#include "tokio/task/local_set.hpp"
#include "tokio/time.hpp"

using namespace std::chrono_literals;
using sdk_test::after;
using sdk_test::gate;
using sdk_test::give;
using sdk_test::hold;
using sdk_test::never;
using sdk_test::tracer;
using tokio::scope;
using tokio::scope_children;
using tokio::task;
using tokio::try_scope;
using tokio::try_scope_children;
using tokio::test::block_on;
using tokio::test::fake_host;
using tokio::test::hand_poll;

namespace {

task<> add(int& total, int value) {
  co_await tokio::yield_now();
  total += value;
}
task<> fail(const char* what) {
  co_await tokio::yield_now();
  throw std::runtime_error(what);
}
task<> trace_until_dropped(tracer) { co_await never(); }
using fallible = std::expected<int, std::string>;
task<fallible> refuse(std::string why) {
  co_await tokio::yield_now();
  co_return std::unexpected(std::move(why));
}
task<fallible> accept(int value) { co_return value; }

// The text of what the future throws.
template <class F>
std::string thrown_by(F future) {
  try {
    block_on(std::move(future));
  } catch (const std::exception& thrown) {
    return thrown.what();
  }
  return "nothing";
}

}  // namespace

TEST_CASE("a scope gives what its body gives, once all children have ended, which may borrow what is around it") {
  fake_host host;
  const auto parent = []() -> task<int> {
    int total = 0;
    const int body = co_await scope([&](scope_children& children) -> task<int> {
      for (int i = 1; i <= 100; ++i) children.spawn(add(total, i));
      CHECK(children.len() == 100);
      co_return 7;
    });
    CHECK(total == 5050);
    co_return body;
  };
  CHECK(block_on(parent()) == 7);
}

TEST_CASE("children run at the same time as the body, and their handles give what they gave") {
  fake_host host;
  block_on(scope([](scope_children& children) -> task<> {
    auto [tx, rx] = tokio::sync::oneshot::channel<int>();
    auto answer =
        children.spawn<"answer">([](auto from) -> task<int> { co_return (co_await from).value() + 1; }, std::move(rx));
    (void)std::move(tx).send(1);
    CHECK((co_await answer).value() == 2);
    children.spawn([]() -> task<> { co_await tokio::time::sleep(1s); });
    auto waits = children.spawn(never());
    waits.abort();
    CHECK((co_await waits).error().is_cancelled());  // which is no failure
    co_await children.all();
    CHECK(children.len() == 0);
  }));
}

TEST_CASE("the first child that throws ends the body and all others, and comes out once they are gone") {
  fake_host host;
  std::vector<std::string> log;
  bool after_body = false;
  const auto parent = [&]() -> task<> {
    try {
      co_await scope([&](scope_children& children) -> task<> {
        const tracer body(log, "body");
        children.spawn(trace_until_dropped(tracer(log, "one")));
        children.spawn(trace_until_dropped(tracer(log, "other")));
        children.spawn(fail("first"));
        children.spawn(fail("second"));
        co_await never();
        after_body = true;
      });
    } catch (const std::runtime_error& thrown) {
      log.push_back(thrown.what());
    }
  };
  block_on(parent());
  CHECK(log.size() == 4);
  CHECK(log.back() == "first");
  CHECK_FALSE(after_body);
}

TEST_CASE("what a child threw is the scope's alone: its handle, held outside, says that it threw") {
  fake_host host;
  std::optional<tokio::join_handle<int>> outside;
  CHECK(thrown_by(scope([&](scope_children& children) -> task<> {
          outside.emplace(children.spawn([]() -> task<int> {
            throw std::runtime_error("mine");
            co_return 1;
          }));
          co_return;
        })) == "mine");
  auto ended = block_on(*std::move(outside));
  REQUIRE(!ended.has_value());
  CHECK(ended.error().is_panic());
  CHECK_THROWS_WITH_AS(ended.error().rethrow(), "a child of a scope threw: the exception itself comes out of the scope",
                       tokio::panic_error);
}

TEST_CASE("a body that throws ends its children") {
  fake_host host;
  const auto alive = std::make_shared<int>(1);
  CHECK(thrown_by(scope([&](scope_children& children) -> task<> {
          children.spawn(hold(alive));
          throw std::runtime_error("body");
          co_return;
        })) == "body");
  CHECK(alive.use_count() == 1);
}

TEST_CASE("a scope that is dropped or aborted has destroyed its children before anything of its parent goes") {
  fake_host host;
  std::vector<std::string> log;
  const auto parent = [](std::vector<std::string>& seen) -> task<> {
    const tracer around(seen, "around");
    co_await scope([&](scope_children& children) -> task<> {
      children.spawn(trace_until_dropped(tracer(seen, "child")));
      co_await never();
    });
  };
  auto handle = tokio::spawn(parent(log));
  host.run_until_stalled();
  CHECK(log.empty());
  handle.abort();
  host.run_until_stalled();
  CHECK(log == std::vector<std::string>{"child", "around"});
  log.clear();
  block_on([](std::vector<std::string>& seen) -> task<> {
    auto won = co_await tokio::select(scope([&](scope_children& children) -> task<> {
                                        children.spawn(trace_until_dropped(tracer(seen, "loser")));
                                        co_await never();
                                      }),
                                      tokio::time::sleep(1ms));
    CHECK(won.index() == 1);
    seen.push_back("after select");
  }(log));
  CHECK(log == std::vector<std::string>{"loser", "after select"});
}

TEST_CASE("dropped at every poll edge, a scope leaves no child, whatever the order of the host") {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    bool ended = false;
    for (int polls = 0; !ended; ++polls) {
      fake_host host(seed);
      const auto alive = std::make_shared<int>(1);
      hand_poll run(scope([alive](scope_children& children) -> task<> {
        for (int i = 1; i <= 3; ++i)
          children.spawn(
              [](scope_children& in, std::shared_ptr<int> held, int turns) -> task<> {
                in.spawn([](std::shared_ptr<int>) -> task<> { co_await tokio::yield_now(); }, held);
                for (int n = 0; n < turns; ++n) co_await tokio::yield_now();
              },
              std::ref(children), alive, i);
        co_return;
      }));
      for (int i = 0; i < polls && !ended; ++i) {
        ended = run.poll().is_ready();
        host.run_until_stalled();
      }
      run.drop();
      CHECK(alive.use_count() == 1);
    }
  }
}

TEST_CASE("what is kept outlives the body, and goes after the children") {
  fake_host host;
  std::vector<std::string> log;
  block_on(scope([&](scope_children& children) -> task<> {
    auto& total = children.keep(0);
    auto& text = children.keep(std::string("kept"));
    children.keep(tracer(log, "kept"));
    children.spawn(
        [](int& sum, const std::string& of, std::vector<std::string>& to) -> task<> {
          for (int i = 0; i < 5; ++i) co_await tokio::yield_now();
          sum += 1;
          CHECK(of == "kept");
          to.push_back("child");
        },
        std::ref(total), std::cref(text), std::ref(log));
    co_return;
  }));
  CHECK(log == std::vector<std::string>{"child", "kept"});
}

TEST_CASE("try_scope ends with the first error of a child or of the body, or with the body's value") {
  fake_host host;
  const auto alive = std::make_shared<int>(1);
  auto failed = block_on(try_scope<std::string>([&](try_scope_children<std::string>& children) -> task<fallible> {
    children.spawn(hold(alive));
    children.spawn(accept(1));
    children.spawn(refuse("child"));
    co_return co_await accept(2);
  }));
  CHECK(failed.error() == "child");
  CHECK(alive.use_count() == 1);
  auto refused = block_on(try_scope<std::string>([&](try_scope_children<std::string>& children) -> task<fallible> {
    children.spawn(hold(alive));
    co_return std::unexpected("body");
  }));
  CHECK(refused.error() == "body");
  CHECK(alive.use_count() == 1);
  auto fine = block_on(try_scope<std::string>([](try_scope_children<std::string>& children) -> task<fallible> {
    children.spawn([]() -> task<std::expected<void, const char*>> { co_return std::expected<void, const char*>(); });
    children.spawn([]() -> task<std::expected<int, int>> { co_return std::unexpected(1); });  // not an error of ours
    co_return 3;
  }));
  CHECK(fine.value() == 3);
  auto other_type = block_on(try_scope<std::string>([](try_scope_children<std::string>& children) -> task<fallible> {
    children.spawn([]() -> task<std::expected<void, const char*>> { co_return std::unexpected("a literal"); });
    co_return 3;
  }));
  CHECK(other_type.error() == "a literal");
  CHECK(thrown_by(try_scope<std::string>([](try_scope_children<std::string>& children) -> task<fallible> {
          children.spawn(fail("thrown"));
          co_return 3;
        })) == "thrown");
}

TEST_CASE("cancel ends the children and lets the body go on, and later children never run") {
  fake_host host;
  const auto alive = std::make_shared<int>(1);
  block_on(scope([&](scope_children& children) -> task<> {
    children.spawn(hold(alive));
    children.spawn(
        [](scope_children& in) -> task<> {
          co_await tokio::yield_now();
          in.cancel();  // one of them may do it
          co_await never();
        },
        std::ref(children));
    CHECK_FALSE(children.token().is_cancelled());
    co_await children.all();
    CHECK(alive.use_count() == 1);
    CHECK(children.token().is_cancelled());
    CHECK((co_await children.spawn(give(1))).error().is_cancelled());
  }));
}

TEST_CASE("scopes nest: what fails inside ends the outer one too, unless it is caught") {
  fake_host host;
  const auto alive = std::make_shared<int>(1);
  const auto inner = [](std::shared_ptr<int> held) -> task<> {
    co_await scope([&](scope_children& children) -> task<> {
      children.spawn(hold(held));
      children.spawn(fail("inner"));
      co_return;
    });
  };
  CHECK(thrown_by(scope([&](scope_children& children) -> task<> {
          children.spawn(hold(alive));
          children.spawn(inner(alive));
          co_return;
        })) == "inner");
  CHECK(alive.use_count() == 1);
  CHECK(thrown_by(scope([&](scope_children& children) -> task<> {
          auto& total = children.keep(0);
          try {
            co_await inner(alive);
          } catch (const std::runtime_error&) {
            children.spawn(add(total, 1));
          }
          co_await children.all();
          CHECK(total == 1);
        })) == "nothing");
}

TEST_CASE("a parallel child is a task of the host: the scope waits for it, and fails with it") {
  fake_host host;
  auto value = block_on(scope([&](scope_children& children) -> task<int> {
    auto handle = children.spawn_parallel<"elsewhere">([]() -> task<int> {
      co_await tokio::time::sleep(1ms);
      co_return 5;
    });
    const auto names = host.task_names();
    CHECK(std::ranges::count(names, "elsewhere") == 1);
    co_return (co_await handle).value();
  }));
  CHECK(value == 5);
  const auto alive = std::make_shared<int>(1);
  CHECK(thrown_by(scope([&](scope_children& children) -> task<> {
          children.spawn_parallel(hold(alive));
          children.spawn_parallel(fail("parallel"));
          co_return;
        })) == "parallel");
  CHECK(alive.use_count() == 1);
  {
    hand_poll dropped(scope([&](scope_children& children) -> task<> {
      children.spawn_parallel(hold(alive));
      co_await never();
    }));
    CHECK(dropped.poll().is_pending());
    host.run_until_stalled();
    CHECK(dropped.poll().is_pending());
    CHECK(alive.use_count() == 2);
  }
  host.run_until_stalled();  // nobody waited, but it was aborted
  CHECK(alive.use_count() == 1);
}

TEST_CASE("a thousand children of random lengths: none is alive when the scope has ended, with and without a failure") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    fake_host host(seed);
    const auto alive = std::make_shared<int>(1);
    const auto run = [&](int failing) {
      return thrown_by(scope([&, failing](scope_children& children) -> task<> {
        for (int i = 0; i < 1000; ++i)
          children.spawn(
              [](std::shared_ptr<int>, int turns, bool fails) -> task<> {
                for (int n = 0; n < turns; ++n) co_await tokio::yield_now();
                if (fails) throw std::runtime_error("as asked");
              },
              alive, i % 7, i == failing);
        co_return;
      }));
    };
    CHECK(run(-1) == "nothing");
    CHECK(alive.use_count() == 1);
    CHECK(run(500) == "as asked");
    CHECK(alive.use_count() == 1);
  }
}

TEST_CASE("a child that the host refuses or destroys is a failure of its scope") {
  const auto one_child = [](bool& ran) {
    return scope([&ran](scope_children& children) -> task<> {
      children.spawn(
          [](bool& flag) -> task<> {
            co_await never();
            flag = true;
          },
          std::ref(ran));
      co_return;
    });
  };
  bool ran = false;
  {
    fake_host host;
    hand_poll run(one_child(ran));
    CHECK(run.poll().is_pending());
    host.run_until_stalled();
    CHECK(run.poll().is_pending());
    host.shut_down();  // which destroys the child's task
    CHECK_THROWS_AS((void)run.poll(), tokio::panic_error);
  }
  fake_host closed;
  closed.shut_down();
  hand_poll refused(one_child(ran));
  CHECK_THROWS_AS((void)refused.poll(), tokio::panic_error);
  CHECK_FALSE(ran);
}

TEST_CASE("[LS-04] [LS-06] [TK-25] children of a scope are in no local_set but the one that the scope is in") {
  fake_host host;
  static constinit tokio::local_key<int> number;
  block_on(number.scope(3, scope([](scope_children& children) -> task<> {
                          children.spawn([]() -> task<> {
                            tokio::block_in_place([] {});
                            CHECK_THROWS_AS(tokio::spawn_local(give(1)), tokio::panic_error);
                            CHECK_FALSE(number.try_get());
                            co_return;
                          });
                          co_return;
                        })));
  tokio::local_set set;
  block_on(set.run_until(scope([&](scope_children& children) -> task<> {
    children.spawn([&]() -> task<> {
      CHECK_THROWS_AS(tokio::block_in_place([] {}), tokio::panic_error);
      tokio::spawn_local(never()).detach();
      CHECK(set.len() == 1);
      CHECK(children.len() == 1);
      co_return;
    });
    co_return;
  })));
}
