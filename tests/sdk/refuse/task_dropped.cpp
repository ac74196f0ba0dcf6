// expect: ignoring return value
#include "tokio/task.hpp"
tokio::task<> g();
void f() { g(); }
