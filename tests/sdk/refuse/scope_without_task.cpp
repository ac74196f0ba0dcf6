// expect: scope takes a function of scope_children& that gives a task.
#include "tokio/task/scope.hpp"
tokio::task<> f() {
  co_await tokio::scope([](tokio::scope_children&) {});
}
