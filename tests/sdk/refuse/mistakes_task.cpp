// Mistakes with tasks, one function each.
#include <expected>
#include <string>

#include "tokio/task.hpp"
#include "tokio/task/join_set.hpp"
#include "tokio/task/task_tracker.hpp"
using tokio::task;
task<int> g();

// expect: co_return gives something else than what the task is of.
task<int> returns_text() { co_return "text"; }

// expect: co_yield: a task gives one value, with co_return; who gives many sends them.
task<int> yields() {
  co_yield 1;
  co_return 2;
}

task<> changes(int& value);
// expect: spawn: the function takes an argument by reference, but a task owns its arguments: take it by value, or
void spawns_with_a_reference() {
  int local = 0;
  tokio::spawn(changes, local).detach();
}

// expect: spawn takes a task (moved in), or a function and its arguments that together give a task.
void tracks_a_number(tokio::task_tracker all) { all.spawn(42).detach(); }

// expect: spawn_blocking takes a function without parameters: what it needs, it captures.
void blocks_with_a_parameter() {
  tokio::spawn_blocking([](int) { return 1; }).detach();
}

// expect: a set, map or queue of tasks that give T was given a task of another type.
void blocks_in_a_set_of_another_type(tokio::join_set<int>& set) {
  set.spawn_blocking([] { return "text"; });
}

// expect: select: all handlers give the same type, or a task of it.
task<> selects_text_or_a_number() {
  co_await tokio::select(tokio::on(g(), [](int) { return 1; }), tokio::on(g(), [](int) { return std::string(); }));
}

// expect: select: all handlers give the same type, or a task of it.
task<> selects_something_else_otherwise() {
  co_await tokio::select(tokio::on(g(), [](int) { return 1; }), tokio::otherwise([] { return std::string(); }));
}

// expect: on(), when() and matching() take a future, and then a handler.
task<> selects_a_number() {
  co_await tokio::select(tokio::on(42, [] {}));
}

// expect: matching: the pattern is a function of what its future gives that says yes or no.
task<> matches_something_else() {
  co_await tokio::select(tokio::matching(g(), [](const char*) { return true; }, [](int) {}));
}

// expect: select: otherwise() is the last branch, and there is one of it.
task<> otherwise_comes_first() {
  co_await tokio::select(tokio::otherwise([] {}), tokio::on(g(), [](int) {}));
}

task<std::expected<int, int>> fails_with_a_number();
task<std::expected<int, std::string>> fails_with_text();
// expect: try_join: the errors of its futures have no common type.
task<> joins_other_errors() { (void)co_await tokio::try_join(fails_with_a_number(), fails_with_text()); }
