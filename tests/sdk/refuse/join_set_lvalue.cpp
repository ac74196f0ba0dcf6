// expect: spawn takes a task (moved in), or a function and its arguments that together give a task.
#include "tokio/task/join_set.hpp"
void f(tokio::join_set<int>& set, tokio::task<int>& task) { set.spawn(task); }
