// What a command says about its child: rows PR-01 to PR-05.
#include "tokio/process/command.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <string>
#include <vector>

#include "children.hpp"
#include "sdk/net/on_host.hpp"
#include "support/in_child.hpp"
#include "support/temp_dir.hpp"
#include "tokio/time.hpp"

namespace {

using namespace tokio;
using namespace tokio::process;
using std::string;
using test::is_gone;
using test::shell;
using test::why;

// What a command writes to its stdout.
task<string> said_by(command&& what) {
  auto got = co_await what.output();
  CHECK(why(got) == "ok");
  if (!got) co_return "";
  CHECK(got->status.success());
  co_return got->stdout_;
}

// A descriptor of ours that a child gets as a stream, so that the pipe outlives what the SDK has of it.
struct own_pipe {
  own_pipe() {
    int fds[2];
    REQUIRE(::pipe2(fds, O_CLOEXEC) == 0);
    ours = tokiod::unique_fd(fds[0]);
    theirs = owned_fd(fds[1]);
  }
  // A line of digits.
  int number() const {
    string text;
    char one = 0;
    while (::read(ours.get(), &one, 1) == 1 && one != '\n') text += one;
    return std::stoi(text);
  }
  tokiod::unique_fd ours;
  owned_fd theirs{-1};
};

}  // namespace

TEST_CASE("[PR-01] arguments are passed on as they are, from one call or several") {
  test::on_host real;
  real.run([]() -> task<int> {
    const std::vector<string> rest{"two words", "", "$HOME \"'\n"};
    CHECK(co_await said_by(std::move(command("printf").arg("[%s]").arg("one").args(rest).args({"x", "y"}))) ==
          "[one][two words][][$HOME \"'\n][x][y]");
    CHECK(co_await said_by(std::move(command("/bin/cat").arg0("meow").arg("/proc/self/cmdline"))) ==
          string("meow\0/proc/self/cmdline\0", 24));
    co_return 0;
  }());
}

TEST_CASE("[PR-01] the environment is this process's with changes, or begins with nothing") {
  ::setenv("TOKIOD_TEST_KEPT", "kept", 1);
  ::setenv("TOKIOD_TEST_GONE", "gone", 1);
  test::on_host real;
  real.run([]() -> task<int> {
    const std::vector<std::pair<string, string>> more{{"B", "b=c"}, {"TOKIOD_TEST_KEPT", "changed"}};
    auto changed = shell("echo $A,$B,$TOKIOD_TEST_KEPT,$TOKIOD_TEST_GONE");
    CHECK(co_await said_by(std::move(changed.env("A", "a").envs(more).env_remove("TOKIOD_TEST_GONE"))) ==
          "a,b=c,changed,\n");
    auto cleared = command("/usr/bin/env");
    CHECK(co_await said_by(std::move(cleared.env("A", "a").env_clear().env("B", "b"))) == "B=b\n");
    auto again = command("/usr/bin/env").env_clear().env("A", "a").env_remove("A").spawn();
    CHECK((co_await again->wait())->success());
    auto bad = command("/bin/true").env("A=B", "c").spawn();
    CHECK(bad.error().kind() == error_kind::invalid_input);
    co_return 0;
  }());
  test::all_children_go();
}

TEST_CASE("[PR-01] a name is looked for in the PATH that the child will have, past what cannot be run") {
  tokiod::test::temp_dir dir;
  const auto file = dir.write("second/tokiod-says-hello", "#!/bin/sh\necho hello\n");
  dir.write("first/tokiod-says-hello", "not for running");
  REQUIRE(::chmod(file.c_str(), 0755) == 0);
  REQUIRE(::chmod((dir / "first/tokiod-says-hello").c_str(), 0644) == 0);
  test::on_host real;
  real.run([&]() -> task<int> {
    const auto path = dir.path() + "/missing:" + dir / "first" + ":" + dir / "second";
    CHECK(co_await said_by(std::move(command("tokiod-says-hello").env("PATH", path))) == "hello\n");
    auto denied = command("tokiod-says-hello").env("PATH", dir / "first").spawn();
    CHECK(denied.error().kind() == error_kind::permission_denied);
    auto missing = command("tokiod-says-hello").spawn();
    CHECK(missing.error().kind() == error_kind::not_found);
    CHECK(co_await said_by(std::move(command("echo").env_clear().arg("found in /bin"))) == "found in /bin\n");
    co_return 0;
  }());
}

TEST_CASE("[PR-01] the directory, and one that is not there") {
  tokiod::test::temp_dir dir;
  test::on_host real;
  real.run([&]() -> task<int> {
    CHECK(co_await said_by(std::move(command("/bin/pwd").current_dir(dir.path()))) == dir.path() + "\n");
    auto missing = command("/bin/true").current_dir(dir / "missing").spawn();
    CHECK(missing.error().kind() == error_kind::not_found);
    CHECK(string(to_view(host.core->last_error())).find("chdir to " + dir / "missing") != string::npos);
    co_return 0;
  }());
  CHECK(test::no_children());
}

TEST_CASE("[PR-01] user, group and groups are the child's from the start") {
  const bool root = ::geteuid() == 0;
  test::on_host real;
  real.run([&]() -> task<int> {
    const int dumpable = ::prctl(PR_GET_DUMPABLE);
    const std::uint32_t user = root ? 12345 : ::getuid(), group = root ? 23456 : ::getgid();
    CHECK(co_await said_by(std::move(shell("echo $(id -u) $(id -g)").uid(user).gid(group))) ==
          std::to_string(user) + " " + std::to_string(group) + "\n");
    CHECK(::prctl(PR_GET_DUMPABLE) == dumpable);  // this process is what it was
    if (!root) {
      CHECK(command("/bin/true").uid(0).spawn().error().kind() == error_kind::permission_denied);
      co_return 0;
    }
    CHECK(co_await said_by(std::move(shell("id -G").uid(user).gid(group))) == "23456\n");  // root's groups are gone
    CHECK(co_await said_by(std::move(shell("id -G").gid(group).groups({7, 8}))) == "23456 7 8\n");
    co_return 0;
  }());
}

TEST_CASE("[PR-01] a child in a group of its own is reached with all its own children") {
  test::on_host real;
  real.run([]() -> task<int> {
    own_pipe pipe;
    auto leader = shell("sleep 1000 & echo $!; wait").process_group(0).stdout_(std::move(pipe.theirs)).spawn();
    const auto pid = leader->id().value();
    CHECK(::getpgid(pid) == pid);
    auto other = command("/bin/true").process_group(pid).spawn();
    CHECK(why(other) == "ok");
    const int grandchild = pipe.number();
    CHECK(::getpgid(grandchild) == pid);
    CHECK(::kill(-pid, SIGKILL) == 0);
    CHECK((co_await leader->wait())->signal() == SIGKILL);
    CHECK((co_await other->wait()).has_value());
    auto refused = command("/bin/true").process_group(1).spawn();  // of another session
    CHECK(refused.error().kind() == error_kind::permission_denied);
    co_return 0;
  }());
  test::all_children_go();
}

TEST_CASE("[PR-01] pre_exec runs in the child, in order, and its error is spawn's") {
  test::on_host real;
  real.run([]() -> task<int> {
    const auto parent = ::getpid();
    auto twice = command("/bin/echo");
    twice.arg("third").pre_exec([parent] { return ::getpid() != parent && ::write(1, "first ", 6) == 6 ? 0 : EIO; });
    twice.pre_exec([] { return ::write(1, "second ", 7) == 7 ? 0 : EIO; });
    CHECK(co_await said_by(std::move(twice)) == "first second third\n");
    auto refused = command("/bin/true").pre_exec([] { return EDOM; }).spawn();
    CHECK(refused.error().raw_os_error() == EDOM);
    for (const int odd : {-1, 4096, INT_MIN})
      CHECK(command("/bin/true").pre_exec([odd] { return odd; }).spawn().error().kind() == error_kind::invalid_input);
    CHECK(command("/bin/true").pre_exec([] { return ENOTSUP; }).spawn().error().raw_os_error() == ENOTSUP);
    CHECK(command("/bin/true").pre_exec([] { return EMFILE; }).spawn().error().raw_os_error() == EMFILE);
    CHECK(string(to_view(host.core->last_error())) == "spawn: pre_exec: Too many open files");
    CHECK(test::no_children());
    co_return 0;
  }());
}

TEST_CASE("[PR-01] the child has no signal blocked or ignored, and no descriptor beside its streams") {
  sigset_t set, before;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  REQUIRE(::pthread_sigmask(SIG_BLOCK, &set, &before) == 0);
  const auto ignored = std::signal(SIGUSR2, SIG_IGN);
  const tokiod::unique_fd inheritable(::open("/dev/null", O_RDONLY));
  test::on_host real;
  real.run([&]() -> task<int> {
    const auto status = co_await said_by(std::move(command("/bin/cat").arg("/proc/self/status")));
    const string nothing = "\t0000000000000000\n";
    for (const string row : {"SigBlk:", "SigIgn:", "SigCgt:"}) CHECK(status.find(row + nothing) != string::npos);
    const auto at = std::to_string(inheritable.get());
    CHECK((co_await shell("test -e /proc/$$/fd/" + at).status())->code() == 1);
    auto kept = shell("test -e /proc/$$/fd/" + at);
    kept.pre_exec([fd = inheritable.get()] { return ::fcntl(fd, F_SETFD, 0); });
    CHECK((co_await kept.status())->success());
    co_return 0;
  }());
  std::signal(SIGUSR2, ignored);
  REQUIRE(::pthread_sigmask(SIG_SETMASK, &before, nullptr) == 0);
}

TEST_CASE("[PR-02] streams: nothing, a descriptor, or this process's own") {
  tokiod::test::temp_dir dir;
  test::on_host real;
  real.run([&]() -> task<int> {
    CHECK((co_await command("/bin/cat").stdin_(stdio::null()).status())->success());
    auto quiet = shell("echo lost; echo lost >&2");
    auto lost = quiet.stdout_(stdio::null()).stderr_(stdio::null()).spawn();
    CHECK_FALSE(lost->stdout_.has_value());
    CHECK((co_await lost->wait())->success());
    owned_fd file(::open((dir / "file").c_str(), O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC, 0600));
    auto written = command("/bin/echo");
    written.arg("kept").stdout_(std::move(file));
    CHECK((co_await written.status())->success());
    CHECK((co_await written.status())->success());  // a command may be run again
    CHECK(co_await said_by(std::move(command("/bin/cat").arg(dir / "file"))) == "kept\nkept\n");
    co_return 0;
  }());
}

TEST_CASE("[PR-02] [PR-04] spawn and status inherit what is not said") {
  test::on_host real;
  own_pipe pipe;
  std::fflush(stdout);
  const tokiod::unique_fd own_stdout(::fcntl(1, F_DUPFD_CLOEXEC, 3));
  REQUIRE(::dup2(pipe.theirs.fd(), 1) == 1);
  const auto ended = real.run([]() -> task<bool> {
    auto one = shell("echo 12").spawn();
    const bool first = (co_await one->wait())->success();
    co_return first && (co_await shell("echo 34").status())->success();
  }());
  REQUIRE(::dup2(own_stdout.get(), 1) == 1);
  CHECK(ended);
  CHECK(pipe.number() == 12);
  CHECK(pipe.number() == 34);
}

TEST_CASE("[PR-02] [PR-05] output takes stdout and stderr, whatever was said of them") {
  test::on_host real;
  real.run([]() -> task<int> {
    auto both = shell("echo out; echo err >&2; exit 3");
    auto got = co_await both.stdout_(stdio::null()).stderr_(stdio::inherit()).output();
    CHECK(got->stdout_ == "out\n");
    CHECK(got->stderr_ == "err\n");
    CHECK(got->status.code() == 3);
    CHECK_FALSE(got->status.success());
    auto missing = co_await command("/no/such/program").output();
    CHECK(missing.error().kind() == error_kind::not_found);
    CHECK((co_await command("/no/such/program").status()).error().kind() == error_kind::not_found);
    co_return 0;
  }());
}

TEST_CASE("[PR-03] a child is killed when it is dropped, if that was said; else it goes on") {
  test::on_host real;
  CHECK_FALSE(command("true").get_kill_on_drop());
  CHECK(command("true").kill_on_drop(true).get_kill_on_drop());
  real.run([]() -> task<int> {
    std::int32_t killed = 0, goes_on = 0;
    auto sleeper = shell("exec sleep 1000");
    {
      auto one = sleeper.kill_on_drop(true).spawn();
      auto other = sleeper.kill_on_drop(false).spawn();
      killed = one->id().value();
      goes_on = other->id().value();
    }
    tokiod::test::eventually("the killed child is reaped", [&] { return is_gone(killed); });
    CHECK_FALSE(is_gone(goes_on));
    CHECK(::kill(goes_on, SIGKILL) == 0);
    tokiod::test::eventually("the other one is reaped, too", [&] { return is_gone(goes_on); });
    co_return 0;
  }());
  CHECK(test::no_children());
}

TEST_CASE("[PR-04] what keeps a program from running is spawn's error, and nothing is left of it") {
  tokiod::test::temp_dir dir;
  const auto plain = dir.write("plain", "text");
  test::on_host real;
  real.run([&]() -> task<int> {
    CHECK(command("/no/such/program").spawn().error().kind() == error_kind::not_found);
    CHECK(string(to_view(host.core->last_error())) == "spawn: exec of /no/such/program: No such file or directory");
    CHECK(command(plain).spawn().error().kind() == error_kind::permission_denied);
    CHECK(command(plain + "/below").spawn().error().raw_os_error() == ENOTDIR);
    CHECK(command("").spawn().error().kind() == error_kind::invalid_input);
    CHECK(command("/bin/true").arg(string("a\0b", 3)).spawn().error().kind() == error_kind::invalid_input);
    CHECK(test::no_children());
    const auto before = test::open_descriptors();
    auto piped = command("/no/such/program");
    piped.stdin_(stdio::piped()).stdout_(stdio::piped()).stderr_(stdio::piped());
    for (int i = 0; i < 10; ++i) CHECK_FALSE(piped.spawn().has_value());
    CHECK(test::open_descriptors() == before);
    co_return 0;
  }());
}

TEST_CASE("[PR-04] an argument that is too long, and too much of all, is refused with the limit") {
  test::on_host real;
  real.run([]() -> task<int> {
    const string longest(TOKIO_PROC_MAX_STRING, 'x');
    CHECK(co_await said_by(std::move(command("printf").arg("%s").arg(longest))) == longest);
    CHECK(command("/bin/true").arg(longest + "x").spawn().error().kind() == error_kind::invalid_input);
    CHECK(string(to_view(host.core->last_error())) == "spawn: an argument has 131072 bytes; one may have 131071");
    CHECK(command("/bin/true").args(std::vector<string>(70'000)).spawn().error().kind() == error_kind::invalid_input);
    CHECK(command("/bin/true").args(std::vector<string>(17, longest)).spawn().error().kind() ==
          error_kind::invalid_input);
    CHECK(test::no_children());
    co_return 0;
  }());
}

TEST_CASE("[PR-04] outside of a runtime spawn panics, and names the line") {
  const auto here = std::source_location::current().line() + 2;
  try {
    (void)command("/bin/true").spawn();
    FAIL("it did not panic");
  } catch (const panic_error& panicked) {
    CHECK(string(panicked.what()).find("no reactor running") != string::npos);
    CHECK(panicked.where().line() == here);
  }
}

TEST_CASE("internal: no process can be made" * doctest::skip()) {
  tokiod::test::child_begins();
  test::on_host real;
  real.run([]() -> task<int> {
    CHECK((co_await command("/bin/true").status())->success());
    tokiod::test::without_threads none;
    auto refused = command("/bin/true").spawn();
    CHECK(refused.error().kind() == error_kind::would_block);
    none.end();
    CHECK((co_await command("/bin/true").status())->success());
    co_return 0;
  }());
}

TEST_CASE("[PR-04] when the system can make no process, spawn would block") {
  CHECK(tokiod::test::passes_in_child("internal: no process can be made"));
}

TEST_CASE("[PR-05] status closes our ends of the pipes, so that the child does not wait for them") {
  test::on_host real;
  real.run([]() -> task<int> {
    CHECK((co_await command("/bin/cat").stdin_(stdio::piped()).stdout_(stdio::piped()).status())->success());
    auto writer = shell("trap '' PIPE; head -c 1000000 /dev/zero 2>/dev/null; exit 5");
    CHECK((co_await writer.stdout_(stdio::piped()).status())->code() == 5);
    co_return 0;
  }());
}

TEST_CASE("[PR-05] a future of status or output that is dropped kills the child only with kill_on_drop") {
  test::on_host real;
  for (const bool kill : {true, false})
    real.run([](bool wanted) -> task<int> {
      own_pipe pipe;
      auto sleeper = shell("echo $$; exec sleep 1000");
      auto running = sleeper.kill_on_drop(wanted).stdout_(std::move(pipe.theirs)).status();
      const int pid = pipe.number();
      CHECK_FALSE((co_await time::timeout(std::chrono::milliseconds(1), std::move(running))).has_value());
      if (wanted) tokiod::test::eventually("the child is reaped", [&] { return is_gone(pid); });
      CHECK(is_gone(pid) == wanted);
      if (!wanted) CHECK(::kill(pid, SIGKILL) == 0);
      co_return 0;
    }(kill));
  test::all_children_go();
}
