// What the tests of tokio::process have in common: shell commands, and what must be true of this process afterwards.
// Threads: any.
#pragma once

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <string_view>

#include "sdk/net/on_host.hpp"
#include "support/eventually.hpp"
#include "tokio/process.hpp"

namespace tokio::test {

inline process::command shell(std::string_view script) {
  process::command made("/bin/sh");
  made.arg("-c").arg(script);
  return made;
}

template <class T>
std::string why(const result<T>& outcome) {
  return outcome ? std::string("ok") : std::string(outcome.error().message());
}

// No child of this process is left, running or as a zombie.
// It only looks: a zombie stays one.
inline bool no_children() {
  siginfo_t seen{};
  return ::waitid(P_ALL, 0, &seen, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD;
}
inline bool a_child_runs() {
  siginfo_t seen{};
  return ::waitid(P_ALL, 0, &seen, WEXITED | WNOHANG | WNOWAIT) == 0 && seen.si_pid == 0;
}
inline void all_children_go() {
  tokiod::test::eventually("the last child is reaped", [] { return no_children(); });
}
// The process is gone, and nobody's zombie.
inline bool is_gone(std::int32_t pid) { return ::kill(pid, 0) < 0 && errno == ESRCH; }

}  // namespace tokio::test
