// expect: spawn_local takes a task (moved in), or a function and its arguments that together give a task.
#include "tokio/task/local_set.hpp"
void f(tokio::task<>& task) { tokio::spawn_local(task).detach(); }
