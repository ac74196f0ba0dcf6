// A child process that command::spawn() made.
//   wait()              until it has ended; first its stdin is closed, so that it does not wait for us
//   try_wait()          whether it has ended; leaves stdin as it is and wakes nobody
//   kill()              SIGKILL, then wait; start_kill() only sends it
//   wait_with_output()  reads what it writes to its pipes meanwhile
// A child that is dropped goes on, unless kill_on_drop was asked for; the host reaps it in either case.
// Cancel safe: wait() and kill(), which may be dropped and called again; wait_with_output() loses the child.
// Invariant: the status is kept: whoever asks again is told the same.
// Threads: one task at a time.
#pragma once

#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "tokio/io/read.hpp"
#include "tokio/process/exit_status.hpp"
#include "tokio/process/pipes.hpp"

namespace tokio::process {

// How a child ended, and what it wrote to the pipes that it had.
struct output {
  exit_status status;
  std::string stdout_, stderr_;
};

class output_future;

class child {
 public:
  explicit child(tokio_proc* raw) noexcept : raw_(raw) {}
  child(child&& other) noexcept
      : stdin_(std::move(other.stdin_)),
        stdout_(std::move(other.stdout_)),
        stderr_(std::move(other.stderr_)),
        raw_(std::exchange(other.raw_, nullptr)) {}
  child& operator=(child&& other) noexcept {
    std::swap(stdin_, other.stdin_);
    std::swap(stdout_, other.stdout_);
    std::swap(stderr_, other.stderr_);
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~child() {
    if (raw_) host.process->free(raw_);
  }

  // Our ends of the streams that are pipes; to be taken out by whoever wants to keep one.
  std::optional<child_stdin> stdin_;
  std::optional<child_stdout> stdout_;
  std::optional<child_stderr> stderr_;

  // Nothing once it was seen to have ended: the number may be another process's then.
  std::optional<std::int32_t> id() const noexcept {
    const auto pid = host.process->pid(raw_);
    if (pid <= 0) return std::nullopt;
    return static_cast<std::int32_t>(pid);
  }

  tokio::poll<result<exit_status>> poll_wait(context& cx) noexcept {
    stdin_.reset();
    return look(cx.raw());
  }
  auto wait() noexcept {
    return poll_fn([this](context& cx) noexcept { return poll_wait(cx); });
  }
  // Nothing: it runs.
  result<std::optional<exit_status>> try_wait() noexcept {
    auto seen = look(nullptr);
    if (seen.is_pending()) return std::nullopt;
    if (!seen.value()) return std::unexpected(seen.value().error());
    return *seen.value();
  }

  // SIGKILL. No error when it has ended already.
  result<> start_kill() noexcept { return send_signal(SIGKILL); }
  // The same for any signal. It never meets another process, as a kill() by number may.
  result<> send_signal(int number) noexcept { return to_result(host.process->kill(raw_, number)); }
  auto kill() noexcept {
    return poll_fn([this, sent = false](context& cx) mutable noexcept -> tokio::poll<result<>> {
      if (!std::exchange(sent, true))
        if (auto done = start_kill(); !done) return done;
      auto ended = poll_wait(cx);
      if (ended.is_pending()) return pending;
      if (!ended.value()) return result<>(std::unexpect, ended.value().error());
      return result<>();
    });
  }
  output_future wait_with_output() &&;

 private:
  tokio::poll<result<exit_status>> look(tokio_cx* cx) noexcept {
    std::int32_t word = 0;
    const auto seen = host.process->poll_wait(raw_, cx, &word);
    if (seen == TOKIO_PENDING) return pending;
    if (seen < 0) return result<exit_status>(std::unexpect, error::from_status(seen));
    return result<exit_status>(exit_status::from_raw(word));
  }

  tokio_proc* raw_;
};

// Waits, and reads both pipes at the same time, so that a child that writes much to either goes on. The first error
// ends it.
class [[nodiscard]] output_future {
 public:
  using output = result<process::output>;
  explicit output_future(child of) noexcept : child_(std::move(of)) {}
  // A command that could not be spawned.
  explicit output_future(error why) noexcept : child_(nullptr), failed_(why) {}

  tokio::poll<output> poll(context& cx) {
    read(cx, child_.stdout_, got_.stdout_);
    read(cx, child_.stderr_, got_.stderr_);
    wait(cx);
    if (failed_) return output(std::unexpect, *failed_);
    if (child_.stdout_ || child_.stderr_ || !ended_) return pending;
    return output(std::move(got_));
  }

 private:
  // What was read is in the string, so each poll may begin anew. A pipe that has ended goes.
  template <class Pipe>
  void read(context& cx, std::optional<Pipe>& from, std::string& into) {
    if (failed_ || !from) return;
    io::read_to_end_future rest(*from, into, io::no_limit);
    auto got = rest.poll(cx);
    if (got.is_pending()) return;
    if (!got.value()) failed_ = got.value().error();
    from.reset();
  }
  void wait(context& cx) noexcept {
    if (failed_ || ended_) return;
    auto seen = child_.poll_wait(cx);
    if (seen.is_pending()) return;
    ended_ = true;
    if (!seen.value())
      failed_ = seen.value().error();
    else
      got_.status = *seen.value();
  }

  child child_;
  process::output got_;
  std::optional<error> failed_;
  bool ended_ = false;
};

inline output_future child::wait_with_output() && { return output_future(std::move(*this)); }

// The status of a child of its own.
class [[nodiscard]] status_future {
 public:
  using output = result<exit_status>;
  explicit status_future(result<child> of) noexcept : child_(std::move(of)) {}
  tokio::poll<output> poll(context& cx) noexcept {
    if (!child_) return output(std::unexpect, child_.error());
    return child_->poll_wait(cx);
  }

 private:
  result<child> child_;
};

}  // namespace tokio::process
