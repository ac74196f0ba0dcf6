// expect: a control method is a function of the JSON text of its parameters that gives an answer, or a task of one.
#include "tokio/plugin.hpp"
tokio::control::method f() {
  return tokio::control::method("name", "summary", [](int) { return 1; });
}
