// What an instance uses is counted for it and for nobody else, and shown by plugin.list and among the metrics.
#include "acceptance/busy_daemon.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace tokiod;
using namespace tokiod::test;

namespace {

struct bench : busy_daemon {
  explicit bench(const std::string& runtime = "{}") : busy_daemon(1, runtime) {}
  std::uint64_t used(const char* instance, const char* what) {
    return usage_of(control, instance).at(what).get<std::uint64_t>();
  }
  // The value of an instance in a family of metrics, whichever label names it.
  double metric(const char* family, const std::string& instance) {
    const auto got = control.call("metrics.get", {{"match", family}});
    REQUIRE_MESSAGE(got.at("families").size() == 1, family);
    for (const auto& one : got.at("families").at(0).at("samples"))
      if (one.at("labels").value("instance", one.at("labels").at("plugin").get<std::string>()) == instance)
        return one.at("value").get<double>();
    return -1;
  }
};

}  // namespace

TEST_CASE("bytes in and out, and descriptors, are those of the instance whose clients they are") {
  bench b;
  const auto in = b.used("echo", "read_bytes"), out = b.used("echo", "written_bytes"), open = b.used("echo", "sockets");
  tcp_client client(b.port.number());
  b.echo(client, std::string(9'999, 'x') + "\n");
  CHECK(b.used("echo", "read_bytes") == in + 10'000);
  // Counted after the write, which the client may have seen first.
  eventually("what went out is counted", [&] { return b.used("echo", "written_bytes") == out + 10'000; });
  CHECK(b.used("echo", "sockets") == open + 1);
  CHECK(b.metric("tokiod_plugin_read_bytes_total", "echo") == in + 10'000);
  CHECK(b.metric("tokiod_plugin_written_bytes_total", "echo") == out + 10'000);
  CHECK(b.metric("tokiod_plugin_fds", "echo") == open + 1);
  CHECK(b.used("bench", "read_bytes") == 0);
  CHECK(b.metric("tokiod_plugin_written_bytes_total", "bench") == 0);
}

TEST_CASE("polls and the CPU time of them are those of the instance that burns it") {
  bench b;
  b.load("burns", "tasks", 1);
  eventually("it has burnt", [&] { return usage_of(b.control, "hog").at("poll_seconds").get<double>() > 0.05; });
  CHECK(b.metric("tokiod_task_busy_seconds_total", "hog") > 0.05);
  CHECK(b.used("hog", "polls") >= 10);
  CHECK(b.metric("tokiod_task_polls_total", "hog") >= 10);
}

TEST_CASE("wakes of a task that waits for a client") {
  bench b;
  tcp_client client(b.port.number());
  b.echo(client, "first\n");
  const auto before = b.used("echo", "wakes");
  eventually("it was woken for some of its lines", [&] {  // a line that is there already wakes nobody
    b.echo(client, "line\n");
    return b.used("echo", "wakes") >= before + 5;
  });
  CHECK(b.metric("tokiod_task_wakes_total", "echo") >= before + 5);
}

TEST_CASE("a slow poll") {
  bench b;
  b.load("fills_queues", "tasks", 0);
  eventually("it is counted", [&] { return b.used("hog", "slow_polls") == 1; });
  CHECK(b.metric("tokiod_stuck_polls_total", "hog") == 1);
  CHECK(b.metric("tokiod_stuck_polls_total", "echo") == 0);
}

TEST_CASE("forced yields") {
  bench b;
  b.run("mpsc", 10'000);
  CHECK(b.used("bench", "forced_yields") > 0);
  CHECK(b.metric("tokiod_budget_forced_yields_total", "bench") > 0);
  CHECK(b.metric("tokiod_budget_forced_yields_total", "echo") == 0);
}

TEST_CASE("tasks that live, their memory, and blocking jobs") {
  bench b;
  b.load("burns", "tasks", 5);
  CHECK(b.used("hog", "tasks_live") == 5);
  CHECK(b.metric("tokiod_tasks_alive", "hog") == 5);
  CHECK(b.metric("tokiod_tasks_spawned_total", "hog") == 5);
  CHECK(b.metric("tokiod_task_memory_bytes", "hog") > 0);
  bench other;
  other.load("blocking_jobs", "jobs", 3);
  CHECK(other.used("hog", "jobs") == 3);
  CHECK(other.metric("tokiod_plugin_blocking_jobs", "hog") == 3);
}
