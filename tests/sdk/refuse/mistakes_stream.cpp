// Mistakes with streams, one function each.
#include <string>
#include <vector>

#include "tokio/stream.hpp"
#include "tokio/task.hpp"
using tokio::task;
auto numbers() { return tokio::stream::iter(std::vector<int>()); }

// expect: filter_map takes a function of the items of its stream that gives an optional.
void maps_to_what_may_not_be_missing() {
  auto some = numbers().filter_map([](int n) { return n; });
}

// expect: map_while takes a function of the items of its stream that gives an optional.
void maps_while_for_ever() {
  auto some = numbers().map_while([](int n) { return n; });
}

// expect: take_while takes a function of a const item of its stream that gives a bool.
void takes_while_something_else() {
  auto some = numbers().take_while([](const char*) { return true; });
}

// expect: skip_while takes a function of a const item of its stream that gives a bool.
void skips_while_something_else() {
  auto some = numbers().skip_while([](const char*) { return true; });
}

// expect: all and any take a function of the items of their stream that gives a bool.
task<> searches_for_something_else() {
  auto in = numbers();
  (void)co_await in.any([](const char*) { return true; });
}

// expect: fold takes a total and a function of it and an item of its stream that gives the next total.
task<> adds_text_to_numbers() {
  (void)co_await numbers().fold(0, [](int, std::string) { return 1; });
}

// expect: merge takes a stream of the same items.
void merges_text_with_numbers() { auto both = numbers().merge(tokio::stream::once(std::string())); }

// expect: chain takes a stream of the same items.
void chains_text_to_numbers() { auto both = numbers().chain(tokio::stream::once(std::string())); }
