// Operating errors are values: `error` says what kind of thing went wrong, the host's code, and one sentence.
// Programming errors are thrown as `panic_error` and end the task that made them.
#pragma once

#include <cstdint>
#include <exception>
#include <expected>
#include <source_location>
#include <string_view>
#include <utility>

#include "tokio/abi/status.h"
#include "tokio/core/compiler.hpp"

namespace tokio {

enum class error_kind : std::int32_t {
  other,
  not_found,
  permission_denied,
  connection_refused,
  connection_reset,
  connection_aborted,
  not_connected,
  addr_in_use,
  addr_not_available,
  broken_pipe,
  already_exists,
  would_block,
  invalid_input,
  invalid_data,
  timed_out,
  write_zero,
  interrupted,
  unsupported,
  unexpected_eof,
  out_of_memory,
  resource_exhausted,
  canceled,
  shutdown,
  misuse,
  not_a_directory,
  is_a_directory,
  directory_not_empty,
  read_only_filesystem,
  storage_full,
  file_too_large,
  crosses_devices,
  invalid_filename,
};

// Invariant: text_ is a literal (or nullptr), so an error is three words that copy freely and own nothing.
class error {
 public:
  constexpr error(error_kind kind, const char* text) noexcept : kind_(kind), text_(text) {}
  constexpr error(error_kind kind, std::int32_t code, const char* text) noexcept
      : kind_(kind), code_(code), text_(text) {}
  // What a table of the host answered: -errno or one of the host's own codes.
  static constexpr error from_status(std::int64_t status) noexcept;

  constexpr error_kind kind() const noexcept { return kind_; }
  constexpr std::int32_t code() const noexcept { return code_; }  // as in tokio/abi/status.h; 0 when not from the host
  constexpr std::int32_t raw_os_error() const noexcept { return code_ < 0 && code_ > -4096 ? -code_ : 0; }
  constexpr std::string_view message() const noexcept { return text_ ? std::string_view(text_) : "unknown error"; }

  friend constexpr bool operator==(const error& a, const error& b) noexcept {
    return a.kind_ == b.kind_ && a.code_ == b.code_;
  }

 private:
  error_kind kind_ = error_kind::other;
  std::int32_t code_ = 0;
  const char* text_ = nullptr;
};

template <class T = void>
using result = std::expected<T, error>;

constexpr error error::from_status(std::int64_t status) noexcept {
  auto code = static_cast<std::int32_t>(status);
  switch (code) {
    case TOKIO_EPERM: return {error_kind::permission_denied, code, "operation not permitted"};
    case TOKIO_ENOENT: return {error_kind::not_found, code, "no such file or directory"};
    case TOKIO_EINTR: return {error_kind::interrupted, code, "interrupted"};
    case TOKIO_EIO: return {error_kind::other, code, "input/output error"};
    case TOKIO_E2BIG: return {error_kind::unsupported, code, "the host does not know a field that is in use"};
    case TOKIO_EBADF: return {error_kind::invalid_input, code, "bad file descriptor"};
    case TOKIO_EAGAIN: return {error_kind::resource_exhausted, code, "a table of the host is full now"};
    case TOKIO_ENOMEM: return {error_kind::out_of_memory, code, "out of memory"};
    case TOKIO_EACCES: return {error_kind::permission_denied, code, "permission denied"};
    case TOKIO_EBUSY: return {error_kind::other, code, "busy"};
    case TOKIO_EEXIST: return {error_kind::already_exists, code, "already exists"};
    case TOKIO_EINVAL: return {error_kind::invalid_input, code, "invalid argument"};
    case TOKIO_EMFILE: return {error_kind::resource_exhausted, code, "too many open files"};
    case -18: return {error_kind::crosses_devices, code, "the names are on different file systems"};
    case -20: return {error_kind::not_a_directory, code, "not a directory"};
    case -21: return {error_kind::is_a_directory, code, "is a directory"};
    case -27: return {error_kind::file_too_large, code, "file too large"};
    case -28: return {error_kind::storage_full, code, "no space left on device"};
    case -30: return {error_kind::read_only_filesystem, code, "read-only file system"};
    case -36: return {error_kind::invalid_filename, code, "file name too long"};
    case -39: return {error_kind::directory_not_empty, code, "directory not empty"};
    case TOKIO_EPIPE: return {error_kind::broken_pipe, code, "broken pipe"};
    case TOKIO_ENOTSUP: return {error_kind::unsupported, code, "not supported"};
    case TOKIO_EADDRINUSE: return {error_kind::addr_in_use, code, "address already in use"};
    case -99: return {error_kind::addr_not_available, code, "address not available"};
    case TOKIO_ECONNABORTED: return {error_kind::connection_aborted, code, "connection aborted"};
    case TOKIO_ECONNRESET: return {error_kind::connection_reset, code, "connection reset by peer"};
    case TOKIO_ENOTCONN: return {error_kind::not_connected, code, "not connected"};
    case TOKIO_ETIMEDOUT: return {error_kind::timed_out, code, "timed out"};
    case TOKIO_ECONNREFUSED: return {error_kind::connection_refused, code, "connection refused"};
    case TOKIO_ECANCELED: return {error_kind::canceled, code, "canceled"};
    case TOKIO_EGONE: return {error_kind::shutdown, code, "the instance is past its end"};
    case TOKIO_ESHUTDOWN: return {error_kind::shutdown, code, "the instance or the host is stopping"};
    case TOKIO_EQUOTA: return {error_kind::resource_exhausted, code, "a limit of this plugin is reached"};
    case TOKIO_EMISUSE: return {error_kind::misuse, code, "the contract was violated"};
    case TOKIO_EVERSION: return {error_kind::unsupported, code, "the requested version is not served"};
    case TOKIO_EREVOKED: return {error_kind::shutdown, code, "the service was withdrawn"};
    default: return {error_kind::other, code, "operating system error"};
  }
}

// A host call that answers 0 or a status, as a result.
constexpr result<> to_result(std::int64_t status) noexcept {
  if (status < 0) return std::unexpected(error::from_status(status));
  return {};
}

// Where a call stands in the code of its caller: the last parameter of what may panic, and never written by hand.
using call_site = std::source_location;

// A programming error, thrown at the call that made it. Inside a task it becomes the task's outcome (is_panic).
class panic_error : public std::exception {
 public:
  explicit panic_error(const char* text, call_site at = {}) noexcept : text_(text), at_(at) {}
  const char* what() const noexcept override { return text_; }
  // The line that made the mistake: a call of the SDK, or the co_await of a future that was misused. Line 0 when it is
  // not known: a future by itself does not know who polls it.
  const call_site& where() const noexcept { return at_; }
  // Fills in what is not known yet.
  void blame(const call_site& at) noexcept {
    if (at_.line() == 0) at_ = at;
  }

 private:
  const char* text_;
  call_site at_;
};

[[noreturn]] inline void panic(const char* text, call_site at = {}) { throw panic_error(text, at); }

// What `fn` gives. A panic in it that knows no place was made by the line `at`; so says also one that `fn` only passes
// on, such as a child's: that one should be given its place where it is thrown. An exception that several threads
// rethrow must know its place before.
template <class Fn>
decltype(auto) blaming(const call_site& at, Fn&& fn) {
  try {
    return fn();
  } catch (panic_error& panicked) {
    panicked.blame(at);
    throw;
  }
}
// The same for who has caught it already. Called inside a catch block.
[[noreturn, gnu::cold]] inline void blame_and_rethrow(const call_site& at) {
  blaming(at, [] { throw; });
  std::unreachable();
}

}  // namespace tokio
