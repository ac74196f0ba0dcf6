// A daemon that becomes another program: clients stay, or nothing changes.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <thread>

#include "acceptance/instances.hpp"
#include "acceptance/tcp_client.hpp"
#include "support/daemon_process.hpp"
#include "support/eventually.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

// The page has a port, too: a successor that had to bind it again would not become ready.
std::string with_page_and_echo(const reserved_port& page, const reserved_port& port) {
  return R"({"control": {"page_address": "127.0.0.1:)" + page.text() +
         R"("}, "plugins": {"instances": {"echo": {"plugin": "echo", "config": {"port": )" + port.text() + "}}}}}";
}

std::string with_echo(const reserved_port& port) {
  return R"({"plugins": {"instances": {"echo": {"plugin": "echo", "config": {"port": )" + port.text() + "}}}}}";
}

// Clients that connect again and again while it lives; what went wrong is counted.
class load {
 public:
  explicit load(std::uint16_t port) : thread_([this, port] { run(port); }) {}
  ~load() { stop(); }
  void go_on() {
    const auto begun = answered.load();
    eventually("more clients are answered", [&] { return answered.load() >= begun + 20; });
  }
  void stop() {
    over_.store(true);
    if (thread_.joinable()) thread_.join();
  }
  std::atomic<int> answered{0}, failed{0};

 private:
  void run(std::uint16_t port) {
    for (int n = 0; !over_.load(); ++n) {
      tcp_client one(port);
      const std::string line = "line " + std::to_string(n) + "\n";
      if (one.send(line) && one.read_until("\n") == line)
        ++answered;
      else
        ++failed;
    }
  }
  std::atomic<bool> over_{false};
  std::thread thread_;
};

// Whoever serves the control socket now, ended with the test.
class served_by {
 public:
  explicit served_by(const daemon_process& d) : socket_(d.socket()) {}
  ~served_by() {
    if (rpc_client::answers(socket_)) ::kill(pid(), SIGKILL);
  }
  [[nodiscard]] pid_t pid() const { return rpc_client(socket_).call("daemon.info").at("pid").get<pid_t>(); }

 private:
  std::string socket_;
};

std::string program(const temp_dir& dir, const std::string& text) {
  const auto path = dir.write("program", text);
  REQUIRE(::chmod(path.c_str(), 0755) == 0);
  return path;
}

}  // namespace

TEST_CASE("an upgrade to the same program: clients are refused nothing and lose nothing, and the files stay") {
  const reserved_port page;
  const reserved_port port;
  daemon_process d(with_page_and_echo(page, port));
  auto control = d.connect();
  wait_until_runs(control, "echo");
  control.call("daemon.maintenance", {{"on", true}, {"for_s", 3600}, {"reason", "a test"}});
  load clients(port.number());
  clients.go_on();
  const served_by now(d);
  const auto report = control.call("daemon.upgrade");
  CHECK(report.at("generation") == 2);
  CHECK(d.child().wait() == 0);
  CHECK(now.pid() == report.at("new_pid").get<pid_t>());
  clients.go_on();
  auto next = d.connect();
  CHECK(next.call("daemon.info").at("generation") == 2);
  CHECK(next.call("daemon.status").at("maintenance").at("reason") == "a test");
  CHECK(rpc_client::answers(d.observe_socket()));
  tcp_client browser(page.number());
  REQUIRE(browser.send("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"));
  CHECK(browser.read_until("\r\n") == "HTTP/1.1 200 OK\r\n");

  // And once more: the successor is as good as the first one.
  CHECK(next.call("daemon.upgrade").at("generation") == 3);
  eventually("the third one serves", [&] { return now.pid() != report.at("new_pid").get<pid_t>(); });
  clients.go_on();
  clients.stop();
  CHECK(clients.failed.load() == 0);

  const auto last = now.pid();
  REQUIRE(::kill(last, SIGTERM) == 0);
  eventually("the last one takes its files along", [&] { return !std::filesystem::exists(d.socket()); });
  CHECK(!std::filesystem::exists(d.socket() + ".lock"));
  eventually("it ends", [&] { return ::kill(last, 0) != 0; });
}

TEST_CASE("a program that ends, one that hangs, and one that is none change nothing") {
  const reserved_port port;
  daemon_process d(with_echo(port));
  auto control = d.connect();
  wait_until_runs(control, "echo");
  load clients(port.number());
  const temp_dir dir;
  struct attempt {
    std::string text, stage, said;
  };
  for (const attempt& one :
       {attempt{"#!/bin/sh\necho broken indeed >&2\nexit 3\n", "start", "broken indeed\n"},
        attempt{"#!/bin/sh\nexec sleep 1000\n", "ready", ""}, attempt{"not a program", "spawn", ""}}) {
    CAPTURE(one.stage);
    const auto no = control.error("daemon.upgrade", {{"exe", program(dir, one.text)}, {"deadline_s", 1}});
    CHECK(no.at("data").at("kind") == "upgrade_failed");
    CHECK(no.at("data").at("stage") == one.stage);
    CHECK(no.at("data").at("stderr") == one.said);
    clients.go_on();
  }
  CHECK(control.call("daemon.info").at("state") == "running");
  CHECK(control.call("daemon.info").at("generation") == 1);
  clients.stop();
  CHECK(clients.failed.load() == 0);
  CHECK(d.stop() == 0);
}

TEST_CASE("a successor that cannot start an instance, or read its configuration, says so and goes") {
  const reserved_port port;
  daemon_process d(with_echo(port));
  auto control = d.connect();
  wait_until_runs(control, "echo");
  d.write_config(R"({"nothing": 1})");
  const auto unread = control.error("daemon.upgrade");
  CHECK(unread.at("data").at("stage") == "start");
  CHECK(unread.at("data").at("stderr").get<std::string>().find("/nothing is not a setting") != std::string::npos);
  d.write_config(R"({"plugins": {"instances": {"echo": {"plugin": "echo", "config": {"port": 99999}}}}})");
  const auto unstarted = control.error("daemon.upgrade");
  CHECK(unstarted.at("data").at("stage") == "start");
  CHECK(unstarted.at("message").get<std::string>().find("instance echo does not run") != std::string::npos);
  tcp_client still(port.number());
  CHECK((still.send("here\n") && still.read_until("\n") == "here\n"));
  CHECK(d.stop() == 0);
}

TEST_CASE("a program that others could have put there is not run") {
  daemon_process d;
  auto control = d.connect();
  const temp_dir dir;
  const auto path = program(dir, "#!/bin/sh\nexit 0\n");
  REQUIRE(::chmod(path.c_str(), 0777) == 0);
  CHECK(control.error("daemon.upgrade", {{"exe", path}}).at("data").at("kind") == "not_trusted");
  CHECK(control.error("daemon.upgrade", {{"exe", "tokiod"}}).at("data").at("kind") == "not_trusted");
  CHECK(control.error("daemon.upgrade", {{"exe", dir / "none"}}).at("data").at("kind") == "not_found");
  CHECK(d.stop() == 0);
}

TEST_CASE("one daemon for each state directory, also after an upgrade") {
  const temp_dir state;
  daemon_process d("{}", {}, {"STATE_DIRECTORY=" + state.path()});
  auto control = d.connect();
  const auto another = [&] {
    process another_one(d.dir(), {tokiod_path(), "--config", d.dir() / "tokiod.json", "--socket", d.dir() / "two.sock"},
                        {"STATE_DIRECTORY=" + state.path()});
    CHECK(another_one.wait() == 69);
    CHECK(another_one.err().find("another daemon uses the state directory " + state.path()) != std::string::npos);
  };
  another();
  const served_by now(d);
  control.call("daemon.upgrade");
  CHECK(d.child().wait() == 0);
  another();
}

TEST_CASE("maintenance takes readiness away and gives it back, by word or by the clock") {
  daemon_process d;
  auto control = d.connect();
  CHECK(control.call("daemon.health").at("ready") == true);
  const auto begun = control.call("daemon.maintenance", {{"on", true}, {"for_s", 3600}, {"reason", "disks"}});
  CHECK(begun.at("left_seconds").get<double>() > 0);
  const auto health = control.call("daemon.health", {{"verbose", false}});
  CHECK(health.at("live") == true);
  CHECK(health.at("ready") == false);
  CHECK(health.at("checks").at(0).at("name") == "maintenance");
  CHECK(control.call("daemon.status").at("maintenance").at("on") == true);
  CHECK(control.call("daemon.maintenance", {{"on", false}}) == wire::json{{"on", false}});
  CHECK(control.call("daemon.health").at("ready") == true);
  control.call("daemon.maintenance", {{"on", true}, {"for_s", 0.001}});
  eventually("it ends by itself", [&] { return control.call("daemon.health").at("ready") == true; });
  CHECK(run(d.dir(), {tokioctl_path(), "--socket", d.socket(), "maintenance", "on"}).code == 0);
  CHECK(run(d.dir(), {tokioctl_path(), "--socket", d.socket(), "health"}).code != 0);
}
