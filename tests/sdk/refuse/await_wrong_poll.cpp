// expect: this cannot be awaited: co_await takes a task, or a type with `output` and `poll(context&)`.
#include "tokio/task.hpp"
struct almost {
  using output = int;
  int poll(tokio::context&) { return 1; }
};
tokio::task<> f() { co_await almost(); }
