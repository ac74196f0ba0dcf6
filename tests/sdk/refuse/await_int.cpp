// expect: this cannot be awaited: co_await takes a task, or a type with `output` and `poll(context&)`.
#include "tokio/task.hpp"
tokio::task<> f() { co_await 42; }
