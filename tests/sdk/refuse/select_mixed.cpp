// expect: select: either every branch has a handler or none
#include "tokio/task.hpp"
tokio::task<> g();
tokio::task<> f() {
  co_await tokio::select(tokio::on(g(), [] {}), g());
}
