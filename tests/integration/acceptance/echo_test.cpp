// Many connections to the echo plugin at once: no byte is lost, and unloading drains them and leaves no trace.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>

#include "acceptance/footprint.hpp"
#include "acceptance/instances.hpp"
#include "acceptance/tcp_client.hpp"
#include "support/daemon_process.hpp"
#include "support/eventually.hpp"
#include "wire/parse.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

#if defined(TOKIOD_ASAN) || defined(TOKIOD_TSAN)
constexpr std::uint64_t connections_wanted = 500;
#else
constexpr std::uint64_t connections_wanted = 10'000;
#endif
constexpr int round_trips = 10;
constexpr int bytes = 1024;

// Client and daemon hold one descriptor each for a connection, within the same hard limit.
std::uint64_t connections_possible() {
  rlimit files{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &files) == 0);
  const auto possible = std::min<std::uint64_t>(connections_wanted, files.rlim_max / 2);
  if (possible < connections_wanted)
    MESSAGE("only ", possible, " connections: the hard limit of descriptors is ", files.rlim_max);
  return possible;
}

// The load client, which goes on when it is given a line.
class load_client {
 public:
  load_client(const temp_dir& dir, const reserved_port& port, std::uint64_t connections)
      : gate_(make_gate(dir / "gate")),
        child_(dir, {"/bin/sh", "-c",
                     std::string("exec ") + TOKIOD_ECHO_LOAD + " " + port.text() + " " + std::to_string(connections) +
                         " " + std::to_string(round_trips) + " " + std::to_string(bytes) + " <" + (dir / "gate")}) {}

  std::string says(const std::string& line) {
    const bool said = becomes_true([&] { return child_.out().find(line) != std::string::npos || !child_.running(); },
                                   std::chrono::seconds(120));
    REQUIRE_MESSAGE((said && child_.out().find(line) != std::string::npos), "the client never said \"", line,
                    "\": ", child_.out(), child_.err());
    return child_.out();
  }
  void go_on() { REQUIRE(write_all(gate_.get(), std::as_bytes(std::span("\n", 1)))); }
  int ends() { return child_.wait().value_or(-1); }

 private:
  static unique_fd make_gate(const std::string& path) {
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    return unique_fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));  // both ends: opening does not wait for the client
  }

  unique_fd gate_;
  process child_;
};

}  // namespace

TEST_CASE("ten thousand connections lose nothing, and unload drains and unmaps under them") {
  const auto count = connections_possible();
  const reserved_port port;
  daemon_process d(R"({"plugins": {"instances": {"echo": {"plugin": "echo", "config": {"port": )" + port.text() +
                   "}}}}}");
  auto control = d.connect();
  wait_until_runs(control, "echo");
  const auto before = footprint::of(d.child().pid());
  CHECK(proc_text(d.child().pid(), "maps").find("echo") != std::string::npos);

  load_client load(d.dir(), port, count);
  load.says("connected " + std::to_string(count) + "\n");
  eventually("each connection has its task", [&] { return usage_of(control, "echo").at("tasks_live") == count + 1; });
  const auto idle = footprint::of(d.child().pid());
  load.go_on();
  const auto told = load.says("done ");
  CHECK(told.find("done " + std::to_string(count * round_trips) + " lost 0 ") != std::string::npos);
  const auto worked = footprint::of(d.child().pid());
  const auto each = [&](const footprint& now) {
    return std::to_string((now.rss_kib - before.rss_kib) * 1024 / static_cast<std::int64_t>(count));
  };
  MESSAGE(count, " connections, ", told.substr(told.find("done ")), "resident bytes for each connection: ", each(idle),
          " when just accepted, ", each(worked), " idle after its round trips");
  CHECK(usage_of(control, "echo").at("tasks_live") == count + 1);

  const auto gone = control.call("plugin.unload", {{"plugin", "echo"}});
  CHECK_MESSAGE(gone.at("unmapped") == true, wire::dump(gone));
  CHECK(proc_text(d.child().pid(), "maps").find("echo") == std::string::npos);
  CHECK(control.call("plugin.list").at("plugins").empty());
  eventually("the sockets are closed", [&] { return footprint::of(d.child().pid()).fds <= before.fds; });
  MESSAGE("after unload: ", footprint::of(d.child().pid()).text(), "; before the load: ", before.text());
  load.go_on();
  CHECK(load.ends() == 0);
  CHECK(d.stop() == 0);
}

TEST_CASE("a configuration that the plugin refuses is its sentence, and no fault of it") {
  daemon_process d;
  auto control = d.connect();
  const auto refused = control.error("plugin.load", {{"plugin", "echo"}, {"config", {{"port", "x"}}}});
  const auto sentence = refused.at("message").get<std::string>();
  CHECK_MESSAGE(sentence.starts_with("instance echo: init failed: "), sentence);
  CHECK_MESSAGE(sentence.find("port") != std::string::npos, sentence);
  CHECK(sentence.find("Invalid argument") == std::string::npos);
  eventually("the log has it", [&] { return d.child().err().find("instance echo is failed") != std::string::npos; });
  CHECK(d.child().err().find("panic") == std::string::npos);
}
