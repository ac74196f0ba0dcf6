// expect: select takes futures, branches made by on(), when() or matching(), and at the end otherwise().
#include "tokio/task.hpp"
tokio::task<> g();
tokio::task<> f() { co_await tokio::select(g(), 42); }
