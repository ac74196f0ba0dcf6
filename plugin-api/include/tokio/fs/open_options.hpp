// `open_options`: how a file is opened.
//   auto log = co_await fs::open_options().append(true).create(true).open("log.txt");
// An open() that is dropped goes on in the host, which closes what it opened.
// Threads: plain values; the future [task].
#pragma once

#include <fcntl.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "tokio/fs/file.hpp"

namespace tokio::fs {

class [[nodiscard]] open_future {
 public:
  using output = result<file>;
  open_future(std::optional<error> refused, request asked) noexcept
      : refused_(refused), call_(std::move(asked), give_file()) {}
  tokio::poll<output> poll(context& cx) {
    if (refused_) return output(std::unexpect, *refused_);
    return call_.poll(cx);
  }

 private:
  std::optional<error> refused_;
  call_future<give_file> call_;
};

class open_options {
 public:
  open_options& read(bool on) noexcept { return set(TOKIO_O_READ, on); }
  open_options& write(bool on) noexcept { return set(TOKIO_O_WRITE, on); }
  // Every write goes to the end, wherever that is by then.
  open_options& append(bool on) noexcept { return set(TOKIO_O_APPEND, on); }
  open_options& truncate(bool on) noexcept { return set(TOKIO_O_TRUNC, on); }
  open_options& create(bool on) noexcept { return set(TOKIO_O_CREATE, on); }
  // Makes it, or fails when it is there, in one step. create and truncate say nothing then.
  open_options& create_new(bool on) noexcept { return set(TOKIO_O_EXCL, on); }
  // Of a file that is made, less the umask.
  open_options& mode(std::uint32_t bits) noexcept {
    mode_ = bits;
    return *this;
  }
  // More flags of open(2); the last call counts. Which access there is they do not change.
  open_options& custom_flags(int flags) noexcept {
    custom_ = flags & ~O_ACCMODE;
    return *this;
  }

  open_future open(std::string_view path) const {
    auto asked = request_of(TOKIO_FS_OPEN, path);
    asked.asked.oflags = has(TOKIO_O_EXCL) ? (flags_ & ~TOKIO_O_TRUNC) | TOKIO_O_CREATE : flags_;
    asked.asked.mode = mode_;
    asked.asked.arg = static_cast<std::uint32_t>(custom_);
    return {refusal(), std::move(asked)};
  }

 private:
  bool has(std::uint32_t flag) const noexcept { return (flags_ & flag) != 0; }
  open_options& set(std::uint32_t flag, bool on) noexcept {
    flags_ = on ? flags_ | flag : flags_ & ~flag;
    return *this;
  }
  // Combinations that mean nothing.
  std::optional<error> refusal() const noexcept {
    const auto invalid = [](const char* text) { return error(error_kind::invalid_input, TOKIO_EINVAL, text); };
    if (!has(TOKIO_O_READ | TOKIO_O_WRITE | TOKIO_O_APPEND))
      return invalid("a file is opened to read, write or append");
    const bool makes = has(TOKIO_O_CREATE | TOKIO_O_EXCL | TOKIO_O_TRUNC);
    if (makes && !has(TOKIO_O_WRITE | TOKIO_O_APPEND)) return invalid("only who writes makes or truncates a file");
    if (has(TOKIO_O_APPEND) && has(TOKIO_O_TRUNC) && !has(TOKIO_O_EXCL))
      return invalid("who appends does not truncate");
    return std::nullopt;
  }

  std::uint32_t flags_ = 0;
  std::uint32_t mode_ = 0666;
  int custom_ = 0;
};

inline open_options file::options() { return {}; }
inline open_future file::open(std::string_view path) { return open_options().read(true).open(path); }
inline open_future file::create(std::string_view path) {
  return open_options().write(true).create(true).truncate(true).open(path);
}
inline open_future file::create_new(std::string_view path) {
  return open_options().read(true).write(true).create_new(true).open(path);
}

}  // namespace tokio::fs
