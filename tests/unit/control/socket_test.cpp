#include <doctest/doctest.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/access.hpp"
#include "control/listen_socket.hpp"
#include "support/control_fixture.hpp"

using namespace tokiod;
using namespace tokiod::test;
using control::access_policy;
using control::access_rule;
using control::level;
using control::listen_socket;
using control::peer;

namespace {

control::socket_options at(const std::string& path, unsigned mode = 0660) {
  control::socket_options options;
  options.label = "control";
  options.path = path;
  options.mode = mode;
  return options;
}

unsigned mode_of(const std::string& path) {
  struct stat seen{};
  return ::stat(path.c_str(), &seen) == 0 ? seen.st_mode & 07777u : 0;
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

peer user(uid_t uid, std::vector<gid_t> groups = {}) { return {1, uid, 50'000, std::move(groups), "test"}; }

const wire::method& row(std::string_view name) { return *wire::find_method(name); }

}  // namespace

TEST_CASE("a socket that goes on in another process keeps its file, its lock, and who waits") {
  const temp_dir dir;
  const auto path = dir / "control.sock";
  auto next = at(path);
  {
    auto first = listen_socket::open(at(path));
    REQUIRE(first);
    next.passed.reset(::dup(first->fd()));
    next.lock.reset(::dup(first->lock()));
    first->leave_file();
  }
  CHECK(exists(path));
  CHECK(!listen_socket::open(at(path)));  // the lock is held by the copy
  {
    auto next_one = listen_socket::open(std::move(next));
    REQUIRE(next_one);
    auto failing = listen_socket::open(at(path));
    CHECK(!failing);
    next_one->own_file();
  }
  CHECK(!exists(path));
  CHECK(!exists(path + ".lock"));
}

TEST_CASE("who was only going to follow leaves the file alone, and one at another path is made anew") {
  const temp_dir dir;
  const auto first = listen_socket::open(at(dir / "control.sock"));
  REQUIRE(first);
  const auto copied = [&](const std::string& path) {
    auto options = at(path);
    options.passed.reset(::dup(first->fd()));
    options.lock.reset(::dup(first->lock()));
    return listen_socket::open(std::move(options));
  };
  CHECK(copied(dir / "control.sock").has_value());
  CHECK(exists(dir / "control.sock"));
  {
    const auto moved = copied(dir / "other.sock");
    REQUIRE(moved);
    CHECK(exists(dir / "other.sock"));
  }
  CHECK(!exists(dir / "other.sock"));
  CHECK(exists(dir / "control.sock"));
}

TEST_CASE("the file has its mode whatever the umask, and goes with the socket and its lock") {
  const temp_dir dir;
  const auto path = dir / "c.sock";
  const auto before = ::umask(0777);
  {
    const auto made = listen_socket::open(at(path, 0666));
    ::umask(before);
    REQUIRE_MESSAGE(made, made.error().sentence);
    CHECK(mode_of(path) == 0666);
    CHECK(control_client(path).connected());
  }
  CHECK_FALSE(exists(path));
  CHECK_FALSE(exists(path + ".lock"));
}

TEST_CASE("a second daemon is refused and the first keeps its socket") {
  const temp_dir dir;
  const auto path = dir / "c.sock";
  const auto first = listen_socket::open(at(path));
  REQUIRE(first);
  const auto other = listen_socket::open(at(path));
  REQUIRE_FALSE(other);
  CHECK(other.error().why == kind::in_use);
  CHECK(control_client(path).connected());
}

TEST_CASE("a socket that somebody else serves without our lock is not touched") {
  const temp_dir dir;
  const auto path = dir / "c.sock";
  auto foreign = listen_socket::open(at(path));
  REQUIRE(foreign);
  ::unlink((path + ".lock").c_str());
  const auto other = listen_socket::open(at(path));
  REQUIRE_FALSE(other);
  CHECK(other.error().sentence == "another process serves the control socket " + path);
}

TEST_CASE("the socket of a dead daemon is replaced, a file that is no socket is not") {
  const temp_dir dir;
  const auto path = dir / "c.sock";
  {
    const unique_fd dead(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  CHECK(exists(path));
  CHECK(listen_socket::open(at(path)));
  dir.write("file", "precious");
  const auto refused = listen_socket::open(at(dir / "file"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().why == kind::in_use);
  CHECK(exists(dir / "file"));
}

TEST_CASE("a file that took the socket's place is not removed with it") {
  const temp_dir dir;
  const auto path = dir / "c.sock";
  {
    const auto made = listen_socket::open(at(path));
    REQUIRE(made);
    ::unlink(path.c_str());
    dir.write("c.sock", "somebody else's");
  }
  CHECK(exists(path));
}

TEST_CASE("a path too long, a folder that is not there and an unknown group are refused with the fact") {
  const temp_dir dir;
  const auto long_path = dir / std::string(120, 'x');
  const auto too_long = listen_socket::open(at(long_path));
  REQUIRE_FALSE(too_long);
  CHECK(too_long.error().sentence.find("at most 107") != std::string::npos);
  CHECK(listen_socket::open(at(dir / "no/such/c.sock")).error().why == kind::io_error);
  auto options = at(dir / "g.sock");
  options.group = "no-such-group-here";
  const auto no_group = listen_socket::open(std::move(options));
  REQUIRE_FALSE(no_group);
  CHECK(no_group.error().sentence.find("no-such-group-here") != std::string::npos);
  CHECK_FALSE(exists(dir / "g.sock"));
}

TEST_CASE("a socket that was passed in is served and left in place; what is no listening socket is refused") {
  const temp_dir dir;
  const auto path = dir / "c.sock";
  auto outer = listen_socket::open(at(path));
  REQUIRE(outer);
  {
    control_fixture daemon([&](auto& options) {
      options.sockets.resize(1);
      options.sockets[0].passed = unique_fd(::dup(outer->fd()));
    });
    CHECK(control_client(path).call("control.ping").contains("result"));
  }
  CHECK(exists(path));
  auto wrong = at("");
  wrong.passed = unique_fd(::socket(AF_UNIX, SOCK_STREAM, 0));
  CHECK(listen_socket::open(std::move(wrong)).error().why == kind::io_error);
}

TEST_CASE("the first rule that names a caller decides, and the socket's ceiling binds everybody") {
  access_rule by_uid;
  by_uid.uid = 1001;
  by_uid.grants = level::operate;
  access_rule by_group;
  by_group.gid = 2000;
  by_group.grants = level::admin;
  const auto policy = access_policy::compile({by_uid, by_group});
  REQUIRE(policy);
  CHECK(policy->decide(user(1001), level::admin).has == level::operate);
  CHECK(policy->decide(user(1001, {2000}), level::admin).has == level::operate);
  CHECK(policy->decide(user(1002, {1, 2000}), level::admin).has == level::admin);
  CHECK(policy->decide(user(1002, {1, 2000}), level::observe).has == level::observe);
  CHECK(policy->decide(user(1003), level::admin).has == level::observe);
  CHECK(policy->decide(user(0), level::admin).has == level::admin);
  CHECK(policy->decide(user(0), level::observe).has == level::observe);
  CHECK(policy->decide(user(::geteuid()), level::admin).has == level::admin);
  CHECK(policy->decide(user(1001), level::admin).rule == "control.access[0]");
}

TEST_CASE("allow grants single methods above the level but not above the ceiling; deny always wins") {
  access_rule rule;
  rule.uid = 1001;
  rule.grants = level::observe;
  rule.allow = {"plugin.re*"};
  rule.deny = {"task.*", "plugin.restart"};
  const auto policy = access_policy::compile({rule});
  REQUIRE(policy);
  const auto rights = policy->decide(user(1001), level::admin);
  CHECK(rights.may(row("plugin.reload")));
  CHECK_FALSE(rights.may(row("plugin.restart")));
  CHECK_FALSE(rights.may(row("plugin.load")));
  CHECK_FALSE(rights.may(row("task.list")));
  CHECK(rights.may(row("daemon.info")));
  CHECK_FALSE(policy->decide(user(1001), level::observe).may(row("plugin.reload")));
}

TEST_CASE("a rule that names nobody known is refused with its place") {
  access_rule rule;
  rule.user = "no-such-user-here";
  access_rule known;
  known.uid = 1001;
  const auto policy = access_policy::compile({known, rule});
  REQUIRE_FALSE(policy);
  CHECK(policy.error().path == "/control/access/1");
  CHECK(policy.error().why == kind::invalid_config);
}

TEST_CASE("a rule that names nobody is refused: it must not grant everybody what it grants") {
  access_rule rule;
  rule.grants = level::admin;
  const auto policy = access_policy::compile({rule});
  REQUIRE_FALSE(policy);
  CHECK(policy.error().path == "/control/access/0");
  CHECK(policy.error().sentence == "control.access has a rule that names nobody");
  control_fixture daemon;
  CHECK_FALSE(daemon.server->reconfigure({}, {rule}));
}

TEST_CASE("new rules and limits apply to those who come after") {
  control_fixture daemon;
  auto early = daemon.client();
  CHECK(early.call("control.whoami")["result"]["level"] == "admin");
  access_rule mine;
  mine.uid = ::getuid();
  mine.grants = level::operate;
  REQUIRE(daemon.server->reconfigure({}, {mine}));
  CHECK(daemon.client().call("control.whoami")["result"]["level"] == "operate");
  CHECK(early.call("control.whoami")["result"]["level"] == "admin");
  mine.user = "no-such-user-here";
  CHECK_FALSE(daemon.server->reconfigure({}, {mine}));
}

TEST_CASE("a caller without any level is told so, over HTTP too") {
  access_rule nobody;
  nobody.uid = ::getuid();
  nobody.grants = level::none;
  control_fixture daemon([&](auto& options) { options.access = {nobody}; });
  CHECK(kind_of(daemon.client().call("control.ping")) == "permission_denied");
  CHECK(daemon.http("GET /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 403"));
}
