// expect: join takes futures: tasks, or types with `output` and `poll(context&)`.
#include "tokio/task.hpp"
tokio::task<> g();
tokio::task<> f() { co_await tokio::join(g(), 42); }
