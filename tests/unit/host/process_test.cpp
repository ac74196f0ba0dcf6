// tokio.process/1 by its table: what is refused and how, what the ledger says, and what an instance leaves behind.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/orphans.hpp"
#include "support/eventually.hpp"
#include "support/in_process_host.hpp"

using tokiod::test::eventually;
using tokiod::test::in_process_host;

namespace {

const tokio_host* const host = in_process_host::table();

tokio_str str(std::string_view text) { return {text.data(), text.size()}; }
std::string last_error() { return {host->last_error().ptr, host->last_error().len}; }

struct bench {
  in_process_host in;
  const tokio_process_ext* process = in.extension<tokio_process_ext>(TOKIO_EXT_PROCESS);
  const tokio_net_ext* net = in.extension<tokio_net_ext>(TOKIO_EXT_NET);

  std::vector<tokio_str> argv{str("cat")};
  tokio_proc_params params() const {
    tokio_proc_params all{};
    all.size = sizeof all;
    all.program = str("/bin/cat");
    all.argv = argv.data();
    all.argc = argv.size();
    all.stdio[0].kind = TOKIO_STDIO_PIPE;
    return all;
  }
  tokio_status spawn(const tokio_proc_params& with, tokio_proc** out) const {
    return process->spawn(in.plugin(), &with, out);
  }
  tokio_proc* cat(std::uint32_t flags = 0) const {
    auto with = params();
    with.flags = flags;
    tokio_proc* made = nullptr;
    REQUIRE(spawn(with, &made) == TOKIO_OK);
    return made;
  }
};

// It only looks: a zombie stays one.
bool no_children() {
  siginfo_t seen{};
  return ::waitid(P_ALL, 0, &seen, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD;
}

}  // namespace

TEST_CASE("[PR-06] a child is waited for without a context, and keeps its status") {
  bench b;
  auto* const child = b.cat();
  std::int32_t status = 0;
  CHECK(b.process->poll_wait(child, nullptr, &status) == TOKIO_PENDING);
  tokio_io* in = nullptr;
  REQUIRE(b.process->take_stdio(child, 0, &in) == TOKIO_OK);
  CHECK(b.process->take_stdio(child, 0, &in) == TOKIO_ENOENT);
  CHECK(last_error() == "standard stream 0 is not a pipe, or was taken before");
  CHECK(b.process->take_stdio(child, 1, &in) == TOKIO_ENOENT);
  CHECK(b.process->take_stdio(child, 3, &in) == TOKIO_EINVAL);
  b.net->close(in);
  eventually("it ends", [&] { return b.process->poll_wait(child, nullptr, &status) == TOKIO_OK; });
  CHECK(status == 0);
  CHECK(b.process->poll_wait(child, nullptr, &status) == TOKIO_OK);
  CHECK(b.process->poll_wait(child, nullptr, nullptr) == TOKIO_EINVAL);
  CHECK(b.process->pid(child) == 0);
  CHECK(b.process->kill(child, SIGTERM) == TOKIO_OK);  // too late, and no error
  b.process->free(child);
  CHECK(b.in.stop().clean());
}

TEST_CASE("[PR-08] what is no signal is refused, and a handle that was freed is an error value") {
  bench b;
  auto* const child = b.cat(TOKIO_PROC_KILL_ON_DROP);
  for (const int number : {-1, 0, SIGRTMAX + 1}) CHECK(b.process->kill(child, number) == TOKIO_EINVAL);
  CHECK(last_error() == "there is no signal 65; they are numbered 1 to 64");
  b.process->free(child);
  std::int32_t status = 0;
  tokio_io* in = nullptr;
  CHECK(b.process->poll_wait(child, nullptr, &status) == TOKIO_EBADF);
  CHECK(b.process->kill(child, SIGTERM) == TOKIO_EBADF);
  CHECK(b.process->pid(child) == TOKIO_EBADF);
  CHECK(b.process->take_stdio(child, 0, &in) == TOKIO_EBADF);
  b.process->free(nullptr);
  b.process->free(child);  // misuse, and harmless
  eventually("it is reaped", no_children);
}

TEST_CASE("[PR-04] each bad parameter is refused with a sentence of its own") {
  bench b;
  tokio_proc* made = nullptr;
  const auto refused = [&](auto change, std::string_view sentence) {
    auto params = b.params();
    change(params);
    CHECK(b.spawn(params, &made) == TOKIO_EINVAL);
    CHECK(last_error() == sentence);
  };
  refused([](auto& p) { p.flags = 1u << 20; }, "tokio_proc_params.flags has unknown bits: 1048576");
  refused([](auto& p) { p.program = {}; }, "spawn needs a program and its argv[0]");
  refused([](auto& p) { p.argc = 0; }, "spawn needs a program and its argv[0]");
  refused([](auto& p) { p.argc = 65537; }, "spawn: 65537 times an argument; there may be 65536");
  refused([](auto& p) { p.envc = 1; }, "spawn: 1 times a variable; there may be 65536");
  refused([](auto& p) { p.groupc = 65537; }, "spawn: 65537 groups; there may be 65536");
  refused([](auto& p) { p.cwd = str({"/\0", 2}); }, "spawn: the directory contains a NUL");
  refused([](auto& p) { p.stdio[2].kind = 9; }, "there is no kind of standard stream 9");
  auto params = b.params();
  params.stdio[1] = {TOKIO_STDIO_FD, -1};
  CHECK(b.spawn(params, &made) == TOKIO_EBADF);
  CHECK(b.process->spawn(nullptr, &params, &made) == TOKIO_EINVAL);
  CHECK(b.spawn(params, nullptr) == TOKIO_EINVAL);
  CHECK(no_children());
  CHECK(b.in.stop().clean());
}

TEST_CASE("[PR-13] what an instance leaves is taken back: children are named, killed or reaped when they end") {
  bench b;
  auto* const shot = b.cat(TOKIO_PROC_KILL_ON_DROP);
  auto* const left = b.cat();
  auto* const taken = b.cat();
  const auto pid = static_cast<pid_t>(b.process->pid(shot));
  tokio_io* held = nullptr;
  REQUIRE(b.process->take_stdio(taken, 0, &held) == TOKIO_OK);
  CHECK(b.process->pid(left) > 0);
  const auto end = b.in.stop();
  CHECK(end.leaked == std::vector<std::string>{"3 children", "1 sockets"});
  CHECK(b.process->kill(left, SIGKILL) == TOKIO_EBADF);
  // The first was killed, and the others lost their stdin.
  eventually("they are reaped", no_children);
  CHECK(::kill(pid, 0) == -1);
  eventually("nobody is waited for", [] { return tokiod::host::orphans::count() == 0; });
}

TEST_CASE("[PR-04] an instance that has stopped makes no child") {
  bench b;
  auto* const plugin = b.in.plugin();
  auto params = b.params();
  (void)b.in.stop();
  tokio_proc* made = nullptr;
  CHECK(b.process->spawn(plugin, &params, &made) == TOKIO_EGONE);
  CHECK(no_children());
}
