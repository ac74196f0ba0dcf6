// expect: select: a handler takes what its future gives, or nothing; this one takes something else.
#include "tokio/task.hpp"
tokio::task<int> g();
tokio::task<> f() {
  co_await tokio::select(tokio::on(g(), [](const char*) {}));
}
