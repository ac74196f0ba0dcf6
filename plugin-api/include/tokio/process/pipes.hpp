// The ends of a child's pipes that are ours: child_stdin is written, child_stdout and child_stderr are read. A pipe
// ends for the other side when its object goes; shutdown() of a child_stdin only flushes.
// Invariant: the descriptor is non-blocking for as long as it is here, and blocking again when it is taken out.
// Threads: one task for each at a time.
#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include "tokio/io/methods.hpp"
#include "tokio/net/socket.hpp"
#include "tokio/process/stdio.hpp"

namespace tokio::process {

// What the three have in common.
template <class Self>
class child_pipe {
 public:
  // A pipe of any origin, or what else can be waited for.
  static result<Self> from_std(owned_fd fd, call_site at = call_site::current()) {
    auto made = net::socket::adopt(std::move(fd), Self::direction,
                                   "there is no runtime here: a pipe needs a task or an instance_scope", at);
    if (!made) return std::unexpected(made.error());
    return Self(*std::move(made));
  }
  // The descriptor, in blocking mode.
  result<owned_fd> into_owned_fd() && {
    auto taken = std::move(pipe_).into_fd();
    if (!taken) return taken;
    if (const auto set = net::set_nonblocking(taken->fd(), false); !set) return std::unexpected(set.error());
    return taken;
  }
  // For another command: the pipe goes from child to child.
  result<stdio> into_stdio() && {
    auto fd = std::move(*this).into_owned_fd();
    if (!fd) return std::unexpected(fd.error());
    return stdio(*std::move(fd));
  }

 protected:
  explicit child_pipe(net::socket pipe) noexcept : pipe_(std::move(pipe)) {}
  net::socket pipe_;
};

class child_stdin : public child_pipe<child_stdin>, public io::writer_methods<child_stdin> {
 public:
  static constexpr net::interest direction = net::interest::writable();
  explicit child_stdin(net::socket pipe) noexcept : child_pipe(std::move(pipe)) {}

  tokio::poll<result<std::size_t>> poll_write(context& cx, io::byte_view from) noexcept {
    return pipe_.write(cx.raw(), from);
  }
  tokio::poll<result<std::size_t>> poll_write_vectored(context& cx, std::span<const io::byte_view> from) noexcept {
    return pipe_.write_vectored(cx.raw(), from);
  }
  // Nothing is held back here.
  tokio::poll<result<>> poll_flush(context&) noexcept { return result<>(); }
  tokio::poll<result<>> poll_shutdown(context&) noexcept { return result<>(); }
};

template <class Self>
class child_output : public child_pipe<Self>, public io::reader_methods<Self> {
 public:
  static constexpr net::interest direction = net::interest::readable();
  tokio::poll<result<std::size_t>> poll_read(context& cx, io::byte_span into) noexcept {
    return this->pipe_.read(cx.raw(), into);
  }

 protected:
  using child_pipe<Self>::child_pipe;
};

class child_stdout : public child_output<child_stdout> {
 public:
  explicit child_stdout(net::socket pipe) noexcept : child_output(std::move(pipe)) {}
};
class child_stderr : public child_output<child_stderr> {
 public:
  explicit child_stderr(net::socket pipe) noexcept : child_output(std::move(pipe)) {}
};

}  // namespace tokio::process
