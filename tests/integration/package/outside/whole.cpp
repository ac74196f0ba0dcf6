// A program with a runtime of its own: its main is a task.
// [whole]
#include <tokio/runtime.hpp>
#include <tokio/task.hpp>
#include <tokio/time.hpp>

tokio::task<int> square(int value) {
  co_await tokio::time::sleep(std::chrono::milliseconds(5));
  co_return value* value;
}

int main() {
  return tokio::run([]() -> tokio::task<int> {
    auto one = tokio::spawn(square(2));
    auto two = tokio::spawn(square(3));
    co_return (co_await one).value() + (co_await two).value();  // the exit code: 13
  });
}
// [/whole]
