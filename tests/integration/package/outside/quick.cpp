// The plugin of the README: a few ticks of a timer, then it is done, and so is `tokiod run`.
// [quick]
#include <tokio/plugin.hpp>
#include <tokio/task.hpp>
#include <tokio/time.hpp>

struct quick {
  tokio::task<int> run() {
    for (int tick = 1; tick <= 3; ++tick) {
      co_await tokio::time::sleep(std::chrono::milliseconds(20));
      tokio::log::info("tick", {"number", tick});
    }
    co_return 7;  // the exit code of `tokiod run`
  }
};

TOKIO_PLUGIN(quick, "org.example.quick", "1.0.0");
// [/quick]
