// Which signal: one of the named ones, or any by its number, real-time signals too.
// Threads: a value.
#pragma once

#include <csignal>
#include <cstdint>

namespace tokio::signal {

class signal_kind {
 public:
  static constexpr signal_kind from_raw(std::int32_t number) noexcept { return signal_kind(number); }
  static constexpr signal_kind alarm() noexcept { return signal_kind(SIGALRM); }
  static constexpr signal_kind child() noexcept { return signal_kind(SIGCHLD); }
  static constexpr signal_kind hangup() noexcept { return signal_kind(SIGHUP); }
  static constexpr signal_kind interrupt() noexcept { return signal_kind(SIGINT); }
  static constexpr signal_kind io() noexcept { return signal_kind(SIGIO); }
  static constexpr signal_kind pipe() noexcept { return signal_kind(SIGPIPE); }
  static constexpr signal_kind quit() noexcept { return signal_kind(SIGQUIT); }
  static constexpr signal_kind terminate() noexcept { return signal_kind(SIGTERM); }
  static constexpr signal_kind user_defined1() noexcept { return signal_kind(SIGUSR1); }
  static constexpr signal_kind user_defined2() noexcept { return signal_kind(SIGUSR2); }
  static constexpr signal_kind window_change() noexcept { return signal_kind(SIGWINCH); }

  constexpr std::int32_t as_raw_value() const noexcept { return number_; }
  friend constexpr bool operator==(signal_kind, signal_kind) noexcept = default;

 private:
  explicit constexpr signal_kind(std::int32_t number) noexcept : number_(number) {}
  std::int32_t number_;
};

}  // namespace tokio::signal
