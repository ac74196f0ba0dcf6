// expect: filter takes a function of a const item of its stream that gives a bool.
#include <vector>
#include "tokio/stream.hpp"
void f() {
  auto numbers = tokio::stream::iter(std::vector<int>()).filter([](const char*) { return true; });
}
