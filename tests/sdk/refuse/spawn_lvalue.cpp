// expect: spawn takes a task (moved in), or a function and its arguments that together give a task.
#include "tokio/task.hpp"
tokio::task<> g();
void f() {
  auto t = g();
  tokio::spawn(t).detach();
}
