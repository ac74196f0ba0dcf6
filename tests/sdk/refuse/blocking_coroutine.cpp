// expect: this one gives a task, which nobody would run: use spawn.
#include "tokio/task.hpp"
void f() {
  tokio::spawn_blocking([]() -> tokio::task<> { co_return; }).detach();
}
