// expect: a task does nothing until it is awaited or spawned
#include "tokio/task.hpp"
tokio::task<> g();
void f() { g(); }
