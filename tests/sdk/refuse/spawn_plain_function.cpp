// expect: spawn takes a task (moved in), or a function and its arguments that together give a task.
#include "tokio/task.hpp"
void f() {
  tokio::spawn([] { return 1; }).detach();
}
