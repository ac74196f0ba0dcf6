// Every number of Tokio's RuntimeMetrics is read over the control socket of a daemon with something to count.
#include "acceptance/busy_daemon.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <set>

#include "wire/parse.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

struct bench : busy_daemon {
  using busy_daemon::busy_daemon;
  wire::json info() { return control.call("runtime.info"); }
  std::uint64_t info(const char* pointer) { return info().at(wire::json::json_pointer(pointer)).get<std::uint64_t>(); }
  wire::json worker(std::size_t n) { return control.call("runtime.workers").at("workers").at(n); }
  // Of all workers together.
  std::uint64_t sum(const char* what) {
    std::uint64_t all = 0;
    const auto told = control.call("runtime.workers");
    for (const auto& one : told.at("workers")) all += one.at(what).get<std::uint64_t>();
    return all;
  }
  // The value of a family without labels.
  std::uint64_t metric(const std::string& name) {
    const auto got = control.call("metrics.get", {{"match", name}});
    REQUIRE(got.at("families").size() == 1);
    return got.at("families").at(0).at("samples").at(0).at("value").get<std::uint64_t>();
  }
};

std::uint64_t number(const wire::json& of, const char* what) { return of.at(what).get<std::uint64_t>(); }

// What a histogram of a worker counts lies in its buckets, which follow one another, and is a sample of so many: one in
// 32 on average, and never fewer than one in 63. Some of them may not have got there yet.
void check_histogram(const wire::json& h, std::uint64_t sampled) {
  CHECK(h.at("num_buckets").get<int>() > 100);
  std::uint64_t all = 0;
  double last = 0;
  for (const auto& bucket : h.at("buckets")) {
    CHECK(bucket.at("from").get<double>() >= last);
    if (!bucket.at("to").is_null()) {
      CHECK(bucket.at("to").get<double>() > bucket.at("from").get<double>());
      last = bucket.at("to").get<double>();
    }
    all += number(bucket, "count");
  }
  CHECK(sampled >= 500);
  CHECK(all >= sampled / 64 - 3);
  CHECK(all <= sampled / 8);
}

}  // namespace

TEST_CASE("[RM-01] [RM-02] [RM-10] how many workers there are, how many tasks live, and how many there have been") {
  bench b(2);
  CHECK(b.info("/workers/total") == 2);
  b.control.call("runtime.resize", {{"worker_threads", 3}});
  CHECK(b.info("/workers/total") == 3);
  const auto before = b.info().at("tasks");
  {
    tcp_client client(b.port.number());
    b.echo(client);
    CHECK(b.info("/tasks/live") > number(before, "live"));
  }
  b.run("spawn", 1000);
  CHECK(b.info("/tasks/spawned") >= number(before, "spawned") + 1000);
  eventually("what was spawned has ended", [&] { return b.info("/tasks/live") == number(before, "live"); });
}

TEST_CASE("[RM-03] [RM-11] what comes from outside waits in the global queue of a worker that does not look") {
  bench b(1, R"({"stuck_after_ms": 0})");
  const auto before = b.info("/remote_schedules");
  b.load("spins_everywhere", "tasks", 1);
  eventually("it keeps the worker", [&] { return b.worker(0).at("state") == "stuck"; });
  b.control.call("plugin.load", {{"plugin", TOKIOD_FIXTURES "/burns.so"}, {"config", {{"tasks", 2}}}});
  CHECK(b.info("/global_queue_depth") == 2);
  CHECK(b.worker(0).at("injector_depth") == 2);
  CHECK(b.metric("tokiod_global_queue_depth") == 2);
  CHECK(b.info("/remote_schedules") >= before + 3);
  CHECK(b.metric("tokiod_remote_schedules_total") == b.info("/remote_schedules"));
}

TEST_CASE("[RM-04] the time that a worker was busy grows, also of one that never sleeps") {
  bench b(1);
  b.load("burns", "tasks", 2);
  eventually("it is busy", [&] { return b.worker(0).at("state") == "running"; });
  const auto parks = number(b.worker(0), "parks");
  const auto before = b.worker(0).at("busy_seconds").get<double>();
  eventually("busy for longer", [&] { return b.worker(0).at("busy_seconds").get<double>() > before + 0.05; });
  CHECK(number(b.worker(0), "parks") <= parks + 1);
}

TEST_CASE("[RM-05] [RM-06] parks are counted, and the number of both ends of a sleep is odd during it") {
  bench b(1);
  const auto before = number(b.worker(0), "parks");
  tcp_client client(b.port.number());
  for (int i = 0; i < 5; ++i) b.echo(client);
  eventually("it sleeps", [&] {
    const auto seen = b.worker(0);
    return number(seen, "parks") > before && seen.at("state") == "parked" && number(seen, "park_unparks") % 2 == 1 &&
           number(seen, "park_unparks") + 1 == 2 * number(seen, "parks");
  });
  b.load("fills_queues", "tasks", 0);
  eventually("it is awake", [&] {
    const auto seen = b.worker(0);
    return number(seen, "park_unparks") % 2 == 0 && number(seen, "park_unparks") == 2 * number(seen, "parks");
  });
}

TEST_CASE("[RM-07] [RM-08] [RM-09] blocking threads, those without a job, and jobs without a thread") {
  bench b(1, R"({"max_blocking_threads": 2})");
  b.run("spawn_blocking_1", 16);
  eventually("they have nothing to do", [&] {
    const auto seen = b.info().at("blocking");
    return number(seen, "threads") >= 1 && seen.at("idle") == seen.at("threads") && seen.at("queue") == 0;
  });
  b.load("blocking_jobs", "jobs", 5);
  eventually("two jobs run, three wait", [&] {
    const auto seen = b.info().at("blocking");
    return seen.at("threads") == 2 && seen.at("idle") == 0 && seen.at("queue") == 3;
  });
  CHECK(b.metric("tokiod_blocking_queue_depth") == 3);
}

TEST_CASE("[RM-12] a task that uses up its budget is made to yield, and that is counted") {
  bench b(1);
  CHECK(b.info("/tasks/forced_yields") == 0);
  b.run("mpsc", 10'000);
  CHECK(b.info("/tasks/forced_yields") > 0);
}

TEST_CASE("[RM-13] a worker's thread is one of the daemon's, and another one after the first has blocked in place") {
  bench b(1);
  const auto before = b.worker(0).at("tid").get<int>();
  const auto path = "/proc/" + std::to_string(b.daemon.child().pid()) + "/task/" + std::to_string(before);
  CHECK(std::filesystem::exists(path));
  tcp_client client(b.port.number());
  b.load("blocks_in_place", "tasks", 1);
  for (int i = 0; i < 5; ++i) b.echo(client);
  CHECK(b.worker(0).at("tid") != before);
}

TEST_CASE("[RM-14] what waits on a worker is its queue's depth") {
  bench b(1, R"({"stuck_after_ms": 0})");
  b.load("fills_queues", "tasks", 7);
  eventually("they wait", [&] { return b.worker(0).at("queue_depth") == 7; });
  const auto got = b.control.call("metrics.get", {{"match", "tokiod_worker_local_queue_depth"}});
  CHECK(got.at("families").at(0).at("samples").at(0).at("value") == 7);
}

TEST_CASE("[RM-15] a worker that was woken and found nothing is counted") {
  bench b(2);
  eventually("it happens", [&] {
    b.run("spawn_remote_idle", 1000);
    return b.sum("noops") > 0;
  });
}

TEST_CASE("[RM-16] tasks that another worker took, and in how many rounds; one worker alone steals nothing") {
  bench b(2, R"({"stuck_after_ms": 0})");  // who takes a core over steals nothing
  b.load("fills_queues", "tasks", 40);
  eventually("the other one takes them", [&] { return b.sum("stolen_tasks") >= 40; });
  CHECK(b.sum("steal_operations") >= 1);
  CHECK(b.sum("steal_operations") <= b.sum("stolen_tasks"));

  bench alone(1);
  alone.run("spawn", 1000);
  CHECK(alone.sum("stolen_tasks") == 0);
  CHECK(alone.sum("steal_operations") == 0);
}

TEST_CASE("[RM-17] [RM-18] polls, and tasks that became runnable on a worker") {
  bench b(1);
  const auto polls = b.sum("polls"), schedules = b.sum("local_schedules");
  b.run("yield", 10'000);
  CHECK(b.sum("polls") >= polls + 10'000);
  eventually("a sleeping worker has told all of them", [&] { return b.sum("local_schedules") >= schedules + 10'000; });
  CHECK(b.sum("local_schedules") <= b.sum("polls"));
  CHECK(b.info("/idle_backlogs/count") == 0);
  CHECK(b.metric("tokiod_idle_backlogs_total") == 0);
}

TEST_CASE("[RM-19] a full queue overflows, and half of it waits in the global one") {
  bench b(1, R"({"stuck_after_ms": 0})");
  CHECK(b.sum("overflows") == 0);
  b.load("fills_queues", "tasks", 300);
  eventually("it overflows", [&] { return b.sum("overflows") == 1; });
  CHECK(b.info("/global_queue_depth") > 100);
}

TEST_CASE("[RM-20] [RM-21] [RM-22] what polls take on average, how they spread, and how long tasks waited for them") {
  bench b(1, R"({"stuck_after_ms": 0})");  // a burner that loses the core does not wait with the others
  b.load("burns", "tasks", 3);             // each burns 0.2 ms, while the two others wait
  eventually("enough of them are sampled", [&] { return number(b.worker(0).at("schedule_latency"), "count") > 40; });
  const auto seen = b.worker(0);
  CHECK(seen.at("mean_poll_seconds").get<double>() > 100e-6);
  check_histogram(seen.at("poll_time"), number(seen, "polls"));
  check_histogram(seen.at("schedule_latency"), number(seen, "local_schedules"));
  CHECK(seen.at("poll_time").at("p99_seconds").get<double>() >= 150e-6);
  CHECK_MESSAGE(seen.at("schedule_latency").at("p50_seconds").get<double>() >= 300e-6, wire::dump(seen));
  const auto text = http_get(b.daemon.socket(), "/metrics");
  CHECK(text.find("tokiod_task_schedule_latency_seconds_count{plugin=\"hog\"}") != std::string::npos);
  CHECK(text.find("tokiod_task_poll_seconds_bucket{") != std::string::npos);
  CHECK(text.find("tokiod_worker_mean_poll_seconds{worker=\"0\"}") != std::string::npos);
}

TEST_CASE("files go through the kernel's ring or through blocking threads, as the configuration says") {
  {
    daemon_process daemon(R"({"runtime": {"fs_backend": "blocking"}})");
    CHECK(daemon.connect().call("runtime.info").at("files").at("backend") == "blocking");
  }
  daemon_process daemon(R"({"runtime": {"fs_backend": "io_uring"}})");
  const auto files = daemon.connect().call("runtime.info").at("files");
  CHECK(files.at("in_flight") == 0);
  CHECK(daemon.stop() == 0);  // which has written the whole log
  const bool warned = daemon.child().err().find("the kernel offers no ring for files") != std::string::npos;
  CHECK(files.at("backend") == (warned ? "blocking" : "io_uring"));  // a sandbox may have none
}

TEST_CASE("[RM-23] descriptors that were registered and deregistered, and what the kernel said of them") {
  bench b(1);
  const auto before = b.info().at("io");
  {
    tcp_client client(b.port.number());
    b.echo(client);
    const auto open = b.info().at("io");
    CHECK(number(open, "registered") == number(before, "registered") + 1);
    CHECK(number(open, "ready_events") > number(before, "ready_events"));
    CHECK(number(open, "sources") == number(before, "sources") + 1);
  }
  eventually("it is gone", [&] { return b.info("/io/deregistered") == number(before, "deregistered") + 1; });
  CHECK(b.metric("tokiod_io_fds_registered_total") == number(before, "registered") + 1);
  CHECK(b.metric("tokiod_io_fds_deregistered_total") == number(before, "deregistered") + 1);
  CHECK(b.metric("tokiod_io_ready_events_total") > 0);
}
