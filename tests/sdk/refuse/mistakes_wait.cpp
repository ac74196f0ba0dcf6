// Mistakes with time, channels and runtimes, one function each.
#include <memory>

#include "tokio/runtime.hpp"
#include "tokio/sync.hpp"
#include "tokio/task.hpp"
#include "tokio/time.hpp"
using tokio::task;
task<int> g();

// expect: a span of time has a unit: 5ms, or std::chrono::seconds(5).
task<> sleeps_five() { co_await tokio::time::sleep(5); }

// expect: a span of time has a unit: 5ms, or std::chrono::seconds(5).
task<> waits_five_and_a_half() { (void)co_await tokio::time::timeout(5.5, g()); }

// expect: a span of time has a unit: 5ms, or std::chrono::seconds(5).
void ticks_every_five() { tokio::time::interval every(5u); }

// expect: timeout takes a time and a future: timeout(5ms, f()).
task<> waits_for_a_number() { (void)co_await tokio::time::timeout(std::chrono::seconds(1), 5); }

// expect: get_or_init takes a function without parameters that gives a task of the value.
task<> makes_at_once(tokio::sync::once_cell<int>& of) {
  (void)co_await of.get_or_init([] { return 1; });
}

// expect: wait_for takes a function of the value that says yes or no.
task<> waits_for_text(tokio::sync::watch::receiver<int>& of) {
  (void)co_await of.wait_for([](const char*) { return true; });
}

// expect: broadcast::sender<T>: every receiver gets a copy, so T must be copyable.
void sends_what_nobody_can_copy() { auto ends = tokio::sync::broadcast::channel<std::unique_ptr<int>>(4); }

// expect: ignoring return value
void forgets_to_await(tokio::sync::mpsc::receiver<int>& from) { from.recv(); }

// expect: block_on takes a future, or a function without parameters that gives one.
void waits_for_what_is_there(tokio::runtime::runtime& on) {
  on.block_on([] { return 42; });
}
