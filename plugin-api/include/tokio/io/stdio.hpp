// Standard input, output and error: `stdin()`, `stdout()`, `stderr()`; any other descriptor that only blocking calls
// suit: `blocking_reader(fd)`, `blocking_writer(fd)`, with a copy of it of their own.
// Each call on the descriptor is a blocking job. So a read that waits for somebody to type keeps a thread, and may hold
// up the end of the runtime; end the process instead, or do not read.
// Invariant: a read that is dropped has lost nothing: what its job brings is the next one's. A write is done when it is
//            flushed: flush before the process ends. An error of a write comes out of the next write, or of flush().
//            Each handle collects by itself; between two of them there is no order, and only what one write() takes
//            stays together.
// Threads: each handle [task]; several may go to different tasks.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tokio/io/methods.hpp"
#include "tokio/task/blocking.hpp"

namespace tokio::io {

// No job moves more than that, so that none takes memory without end.
inline constexpr std::size_t most_in_a_job = 2 * 1024 * 1024;

// The error of the call that failed just now; none when it is to be repeated. A descriptor that others have made
// non-blocking is waited for.
inline std::optional<error> failed_call(int fd, short wanted) noexcept {
  const int what = errno;
  if (what == EINTR) return std::nullopt;
  if (what != EAGAIN) return error::from_status(-what);
  pollfd waits{fd, wanted, 0};
  (void)::poll(&waits, 1, -1);
  return std::nullopt;
}

// internal: a copy of a descriptor, which a handle shares with its jobs: they may outlive it, and the number that it
// was made from may be another file's by then.
class descriptor_copy {
 public:
  explicit descriptor_copy(int of) noexcept
      : fd_(::fcntl(of, F_DUPFD_CLOEXEC, 3)), status_(fd_ < 0 ? -errno : TOKIO_OK) {}
  descriptor_copy(const descriptor_copy&) = delete;
  descriptor_copy& operator=(const descriptor_copy&) = delete;
  ~descriptor_copy() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const noexcept { return fd_; }
  // Why there is no copy; every read and write of the handle says it.
  result<> made() const noexcept { return to_result(status_); }

 private:
  int fd_;
  int status_;
};
using shared_descriptor = std::shared_ptr<const descriptor_copy>;

// internal: the jobs.
struct blocking_read {
  shared_descriptor fd;
  std::string room;
  result<std::string> operator()() noexcept {
    while (true) {
      const auto got = ::read(fd->get(), room.data(), room.size());
      if (got >= 0) {
        room.resize(static_cast<std::size_t>(got));
        return std::move(room);
      }
      if (auto failure = failed_call(fd->get(), POLLIN)) return std::unexpected(*failure);
    }
  }
};
struct blocking_write {
  shared_descriptor fd;
  std::string bytes;
  result<> operator()() noexcept {
    for (std::size_t done = 0; done < bytes.size();) {
      const auto put = ::write(fd->get(), bytes.data() + done, bytes.size() - done);
      if (put > 0) done += static_cast<std::size_t>(put);
      if (put == 0) return std::unexpected(write_zero());
      if (put < 0)
        if (auto failure = failed_call(fd->get(), POLLOUT)) return std::unexpected(*failure);
    }
    return {};
  }
};

// internal: what the job of a handle gives, which has none any more then.
template <class Job>
tokio::poll<typename blocking_future<Job>::output> poll_job(std::optional<blocking_future<Job>>& job, context& cx) {
  auto done = job->poll(cx);
  if (job->reported_cancelled()) {
    job.reset();
    return typename blocking_future<Job>::output(std::unexpect, error_kind::shutdown,
                                                 "the host has dropped the job: it is stopping");
  }
  if (done.is_ready()) job.reset();
  return done;
}

class blocking_reader : public reader_methods<blocking_reader> {
 public:
  explicit blocking_reader(int fd) : fd_(std::make_shared<const descriptor_copy>(fd)) {}
  int as_raw_fd() const noexcept { return fd_->get(); }

  tokio::poll<result<std::size_t>> poll_read(context& cx, byte_span into) {
    if (into.empty()) return result<std::size_t>(0);
    if (used_ == ahead_.size()) {
      auto brought = poll_ahead(cx, into.size());
      if (brought.is_pending()) return pending;
      if (!brought.value()) return result<std::size_t>(std::unexpect, brought.value().error());
    }
    const auto n = std::min(into.size(), ahead_.size() - used_);
    if (n != 0) std::memcpy(into.data(), ahead_.data() + used_, n);
    used_ += n;
    return result<std::size_t>(n);
  }

 private:
  // Ready with `ahead_` filled by one call; it stays empty at the end.
  tokio::poll<result<>> poll_ahead(context& cx, std::size_t wanted) {
    if (!job_) {
      if (auto made = fd_->made(); !made) return made;
      auto started = start_blocking<"read">(blocking_read{fd_, std::string(std::min(wanted, most_in_a_job), '\0')}, {});
      if (!started) return result<>(std::unexpect, started.error());
      job_.emplace(*std::move(started));
    }
    auto done = poll_job(job_, cx);
    if (done.is_pending()) return pending;
    auto& read = done.value();
    if (!read) return result<>(std::unexpect, read.error());
    ahead_ = *std::move(read);
    used_ = 0;
    return result<>();
  }

  shared_descriptor fd_;
  std::string ahead_;
  std::size_t used_ = 0;
  std::optional<blocking_future<blocking_read>> job_;
};

class blocking_writer : public writer_methods<blocking_writer> {
 public:
  explicit blocking_writer(int fd) : fd_(std::make_shared<const descriptor_copy>(fd)) {}
  int as_raw_fd() const noexcept { return fd_->get(); }

  // Takes the bytes when those before them were written.
  tokio::poll<result<std::size_t>> poll_write(context& cx, byte_view from) {
    auto idle = poll_flush(cx);
    if (idle.is_pending()) return pending;
    if (!idle.value()) return result<std::size_t>(std::unexpect, idle.value().error());
    if (from.empty()) return result<std::size_t>(0);
    if (auto made = fd_->made(); !made) return result<std::size_t>(std::unexpect, made.error());
    const auto bytes = from.first(std::min(from.size(), most_in_a_job));
    // Mandatory: what was taken is written, also when this handle or the host is at its end before the job begins.
    auto started =
        start_blocking<"write">(blocking_write{fd_, std::string(byte_view(bytes).text())}, {}, TOKIO_JOB_MANDATORY);
    if (!started) return result<std::size_t>(std::unexpect, started.error());
    job_.emplace(*std::move(started));
    return result<std::size_t>(bytes.size());
  }
  // All that was taken has been written, or the error that came instead.
  tokio::poll<result<>> poll_flush(context& cx) { return job_ ? poll_job(job_, cx) : result<>(); }
  // Flushes; the descriptor stays open.
  tokio::poll<result<>> poll_shutdown(context& cx) { return poll_flush(cx); }

 private:
  shared_descriptor fd_;
  std::optional<blocking_future<blocking_write>> job_;
};

inline blocking_reader stdin() { return blocking_reader(STDIN_FILENO); }
inline blocking_writer stdout() { return blocking_writer(STDOUT_FILENO); }
inline blocking_writer stderr() { return blocking_writer(STDERR_FILENO); }

}  // namespace tokio::io
