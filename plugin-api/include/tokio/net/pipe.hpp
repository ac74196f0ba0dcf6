// Pipes, in namespace `pipe`: `sender` and `receiver`, as an anonymous pair or by the name of a FIFO.
//   auto both = pipe::pipe();                                              // both->first sends to both->second
//   auto receiver = pipe::open_options().read_write(true).open_receiver("/run/a.fifo");
// Invariant: a write of at most PIPE_BUF bytes is taken whole or not at all.
// Cancel safe: readable() and writable(); of reads and writes see io/read.hpp and io/write.hpp.
// Threads: one task reads, or writes, at a time; any number wait for readiness.
#pragma once

#include <sys/stat.h>

#include <string>
#include <utility>

#include "tokio/net/stream_socket.hpp"

namespace tokio::net::pipe {

class open_options;

// What both ends have in common.
class end_base {
 public:
  int fd() const noexcept { return descriptor_.fd(); }  // borrowed
  const socket& raw_socket() const noexcept { return descriptor_; }

 protected:
  explicit end_base(socket descriptor) noexcept : descriptor_(std::move(descriptor)) {}

  enum class check { none, pipe };
  static result<socket> adopt(owned_fd fd, interest what, check how, call_site at) {
    if (how == check::pipe)
      if (auto fits = check_pipe(fd.fd(), what); !fits) return std::unexpected(fits.error());
    return socket::adopt(std::move(fd), what, "there is no runtime here: a pipe needs one", at);
  }
  result<owned_fd> give_back(bool blocking) && noexcept {
    auto fd = std::move(descriptor_).into_fd();
    if (fd && blocking)
      if (auto set = set_nonblocking(fd->fd(), false); !set) return std::unexpected(set.error());
    return fd;
  }
  socket descriptor_;

 private:
  static result<> check_pipe(int fd, interest what) noexcept {
    struct stat facts{};
    if (::fstat(fd, &facts) != 0) return std::unexpected(last_os_error());
    if (!S_ISFIFO(facts.st_mode)) return std::unexpected(error(error_kind::invalid_input, "not a pipe"));
    const auto flags = status_flags(fd);
    if (!flags) return std::unexpected(flags.error());
    const int mode = *flags & O_ACCMODE;
    if (mode == O_RDWR || mode == (what.is_readable() ? O_RDONLY : O_WRONLY)) return {};
    return std::unexpected(error(error_kind::invalid_input, what.is_readable() ? "the pipe is not open for reading"
                                                                               : "the pipe is not open for writing"));
  }
};

class sender : public end_base, public writable_socket<sender>, public ready_methods<sender> {
 public:
  // Of a pipe that is open for writing, which becomes non-blocking.
  static result<sender> from_fd(owned_fd fd, call_site at = call_site::current()) {
    return adopted(std::move(fd), check::pipe, at);
  }
  // Of whatever can be written to and waited for.
  static result<sender> from_fd_unchecked(owned_fd fd, call_site at = call_site::current()) {
    return adopted(std::move(fd), check::none, at);
  }
  // Nothing is held back, and the end comes with the last sender.
  tokio::poll<result<>> poll_shutdown(context&) noexcept { return result<>(); }
  result<owned_fd> into_nonblocking_fd() && noexcept { return std::move(*this).give_back(false); }
  result<owned_fd> into_blocking_fd() && noexcept { return std::move(*this).give_back(true); }

 private:
  friend class open_options;
  explicit sender(socket descriptor) noexcept : end_base(std::move(descriptor)) {}
  static result<sender> adopted(owned_fd fd, check how, call_site at) {
    auto made = adopt(std::move(fd), interest::writable(), how, at);
    if (!made) return std::unexpected(made.error());
    return sender(std::move(*made));
  }
};

class receiver : public end_base, public readable_socket<receiver>, public ready_methods<receiver> {
 public:
  // Of a pipe that is open for reading, which becomes non-blocking.
  static result<receiver> from_fd(owned_fd fd, call_site at = call_site::current()) {
    return adopted(std::move(fd), check::pipe, at);
  }
  // Of whatever can be read and waited for.
  static result<receiver> from_fd_unchecked(owned_fd fd, call_site at = call_site::current()) {
    return adopted(std::move(fd), check::none, at);
  }
  result<owned_fd> into_nonblocking_fd() && noexcept { return std::move(*this).give_back(false); }
  result<owned_fd> into_blocking_fd() && noexcept { return std::move(*this).give_back(true); }

 private:
  friend class open_options;
  explicit receiver(socket descriptor) noexcept : end_base(std::move(descriptor)) {}
  static result<receiver> adopted(owned_fd fd, check how, call_site at) {
    auto made = adopt(std::move(fd), interest::readable(), how, at);
    if (!made) return std::unexpected(made.error());
    return receiver(std::move(*made));
  }
};

// Two ends of a pipe without a name.
inline result<std::pair<sender, receiver>> pipe(call_site at = call_site::current()) {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0) return std::unexpected(last_os_error());
  owned_fd reads(fds[0]), writes(fds[1]);
  auto to = sender::from_fd(std::move(writes), at);
  if (!to) return std::unexpected(to.error());
  auto from = receiver::from_fd(std::move(reads), at);
  if (!from) return std::unexpected(from.error());
  return std::pair(std::move(*to), std::move(*from));
}

// How the FIFO of a name is opened.
class open_options {
 public:
  // For reading and writing, whichever end it is: a receiver never comes to an end, and a sender needs no receiver.
  open_options& read_write(bool on) noexcept { return read_write_ = on, *this; }
  // Also what is no FIFO.
  open_options& unchecked(bool on) noexcept { return unchecked_ = on, *this; }

  result<receiver> open_receiver(const std::string& path, call_site at = call_site::current()) const {
    return open<receiver>(path, O_RDONLY, at);
  }
  // ENXIO: nobody has it open for reading.
  result<sender> open_sender(const std::string& path, call_site at = call_site::current()) const {
    return open<sender>(path, O_WRONLY, at);
  }

 private:
  template <class End>
  result<End> open(const std::string& path, int mode, call_site at) const {
    owned_fd fd(::open(path.c_str(), (read_write_ ? O_RDWR : mode) | O_NONBLOCK | O_CLOEXEC));
    if (fd.fd() < 0) return std::unexpected(last_os_error());
    return End::adopted(std::move(fd), unchecked_ ? End::check::none : End::check::pipe, at);
  }
  bool read_write_ = false;
  bool unchecked_ = false;
};

}  // namespace tokio::net::pipe
