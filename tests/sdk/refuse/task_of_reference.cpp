// expect: task<T&> is not offered: return a pointer.
#include "tokio/task.hpp"
int value;
tokio::task<int&> f() { co_return value; }
