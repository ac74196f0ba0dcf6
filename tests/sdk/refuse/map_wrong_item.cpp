// expect: map takes a function of the items of its stream.
#include <vector>
#include "tokio/stream.hpp"
void f() {
  auto numbers = tokio::stream::iter(std::vector<int>()).map([](const char*) { return 1; });
}
