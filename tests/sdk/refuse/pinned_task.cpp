// expect: spawn_pinned takes a function that gives a task, because it is called there.
#include "tokio/task/local_pool.hpp"
tokio::task<> g();
void f(tokio::local_pool& pool) { pool.spawn_pinned(g()).detach(); }
