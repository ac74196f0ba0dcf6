// Mistakes in the type of a plugin, one type each.
#include <string>
#include <string_view>

#include "tokio/plugin.hpp"
using tokio::plugin::describe;

struct made_of_a_number {
  explicit made_of_a_number(int) {}
};
// expect: TOKIO_PLUGIN: the type is made of a std::string_view, its configuration, or of nothing.
const auto first = describe<made_of_a_number>("org.example.first", "1");

struct runs_at_once {
  void run() {}
};
// expect: TOKIO_PLUGIN: run() gives a task, and takes a cancellation_token or nothing.
const auto second = describe<runs_at_once>("org.example.second", "1");

struct stops_in_time {
  tokio::task<> stop(int seconds);
};
// expect: TOKIO_PLUGIN: stop() gives a task, and takes nothing.
const auto third = describe<stops_in_time>("org.example.third", "1");

struct only_applies {
  void apply(std::string_view config);
};
// expect: TOKIO_PLUGIN: check() and apply() come together; both take a std::string_view, and check() gives a std::
const auto fourth = describe<only_applies>("org.example.fourth", "1");
