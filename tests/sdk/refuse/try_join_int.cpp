// expect: try_join takes futures of std::expected; join takes any.
#include "tokio/task.hpp"
tokio::task<int> g();
tokio::task<> f() { co_await tokio::try_join(g(), g()); }
