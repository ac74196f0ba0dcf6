// expect: then takes a function of the items of its stream that gives a future.
#include <vector>
#include "tokio/stream.hpp"
void f() {
  auto numbers = tokio::stream::iter(std::vector<int>()).then([](int) { return 1; });
}
