// expect: a set, map or queue of tasks that give T was given a task of another type.
#include "tokio/task/join_set.hpp"
tokio::task<const char*> g();
void f(tokio::join_set<int>& set) { set.spawn(g()); }
