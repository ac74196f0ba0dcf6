// Internal to fs/: an operation of tokio.fs/1 as a future. The only file of fs/ that calls the table, with its files
// and leases, owned.
// Invariant: an operation that was submitted runs to its end, also when its future is gone; what has not begun when the
//            instance is closed or the runtime stops is dropped, but for a write of a `file`. What it worked on belongs
//            to the host until then, and so do results that nobody took.
// Threads: [task].
#pragma once

#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tokio/io/buffer.hpp"
#include "tokio/task/awaitable.hpp"

namespace tokio::fs {

inline error no_files() noexcept { return {error_kind::unsupported, "this host offers no files (tokio.fs/1)"}; }

// What an operation has answered. Not the host's "table is full": the descriptor was made non-blocking, and has
// nothing.
inline error failed_with(std::int64_t status) noexcept {
  if (status == TOKIO_EAGAIN) return {error_kind::would_block, TOKIO_EAGAIN, "the operation would block"};
  return error::from_status(status);
}

// An open file of the host. Closing it waits for nobody.
class file_handle {
 public:
  explicit file_handle(tokio_file* raw) noexcept : raw_(raw) {}
  file_handle(file_handle&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  file_handle& operator=(file_handle&& other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~file_handle() {
    if (raw_) host.fs->close(raw_);
  }
  tokio_file* get() const noexcept { return raw_; }
  tokio_file* release() noexcept { return std::exchange(raw_, nullptr); }

 private:
  tokio_file* raw_;
};

// Bytes of the host. Moved into an operation, and back.
class lease {
 public:
  lease() noexcept = default;
  explicit lease(const tokio_buf& raw) noexcept : raw_(raw) {}
  lease(lease&& other) noexcept : raw_(std::exchange(other.raw_, tokio_buf{})) {}
  lease& operator=(lease&& other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~lease() { tokio_buf_release(&raw_); }

  // Room for `bytes`, none of it used.
  static result<lease> make(tokio_plugin* instance, std::size_t bytes) {
    tokio_buf raw{};
    if (const auto status = host.core->buf_alloc(instance, bytes, &raw); status < 0)
      return std::unexpected(error::from_status(status));
    return lease(raw);
  }
  std::size_t capacity() const noexcept { return raw_.vt ? raw_.cap : 0; }
  io::byte_view bytes() const noexcept { return {raw_.ptr, raw_.vt ? raw_.len : 0}; }
  void fill(io::byte_view from) noexcept {
    if (!from.empty()) std::memcpy(raw_.ptr, from.data(), from.size());
    raw_.len = from.size();
  }
  const tokio_buf& raw() const noexcept { return raw_; }
  void moved_away() noexcept { raw_ = {}; }

 private:
  tokio_buf raw_{};
};

// An operation in flight, and then its results.
class operation {
 public:
  explicit operation(tokio_op* raw) noexcept : raw_(raw) {}
  operation(operation&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  operation& operator=(operation&& other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~operation() {
    if (raw_) host.core->op_drop(raw_);
  }

  // `with` is the operation's once it was taken.
  static result<operation> submit(tokio_plugin* instance, tokio_fs_req asked, lease* with = nullptr) {
    if (!host.fs) return std::unexpected(no_files());
    asked.size = sizeof asked;
    if (with) asked.buf = with->raw();
    tokio_op* raw = nullptr;
    if (const auto status = host.fs->submit(instance, &asked, &raw); status < 0)
      return std::unexpected(error::from_status(status));
    if (with) with->moved_away();
    return operation(raw);
  }
  tokio::poll<result<std::uint64_t>> poll(context& cx) noexcept {
    const auto got = host.core->op_poll(raw_, cx.raw());
    if (got == TOKIO_PENDING) return pending;
    if (got < 0) return result<std::uint64_t>(std::unexpect, failed_with(got));
    return result<std::uint64_t>(static_cast<std::uint64_t>(got));
  }
  // Only when it is over.
  result<lease> take_lease() noexcept {
    tokio_buf raw{};
    if (const auto status = host.core->op_take(raw_, &raw, nullptr); status < 0)
      return std::unexpected(error::from_status(status));
    return lease(raw);
  }
  result<file_handle> take_file() noexcept {
    tokio_file* raw = nullptr;
    if (const auto status = host.core->op_take(raw_, nullptr, &raw); status < 0)
      return std::unexpected(error::from_status(status));
    return file_handle(raw);
  }

 private:
  tokio_op* raw_;
};

// What an operation is asked, with the paths that it needs until it is submitted.
struct request {
  tokio_fs_req asked{};
  std::string path{}, path2{};

  tokio_fs_req raw() const noexcept {
    auto whole = asked;
    whole.path = to_str(path);
    whole.path2 = to_str(path2);
    return whole;
  }
};
inline request request_of(std::uint32_t op, std::string_view path = {}, std::string_view path2 = {}) {
  request made;
  made.asked.op = op;
  made.path = path;
  made.path2 = path2;
  return made;
}

// Submits with its first poll, waits, and gives what `finish(operation&, count)` makes of it. Destroying it before the
// first poll undoes it; after that the operation goes on.
template <class Finish>
class [[nodiscard]] call_future {
 public:
  using output = std::invoke_result_t<Finish&, operation&, std::uint64_t>;
  call_future(request asked, Finish finish) noexcept : asked_(std::move(asked)), finish_(std::move(finish)) {}

  tokio::poll<output> poll(context& cx) {
    if (!flying_) {
      auto submitted = operation::submit(cx.instance(), asked_.raw());
      if (!submitted) return output(std::unexpect, submitted.error());
      flying_ = std::move(*submitted);
    }
    auto got = flying_->poll(cx);
    if (got.is_pending()) return pending;
    if (!got.value()) return output(std::unexpect, got.value().error());
    return finish_(*flying_, *got.value());
  }

 private:
  request asked_;
  std::optional<operation> flying_;
  [[no_unique_address]] Finish finish_;
};

struct nothing_to_give {
  result<> operator()(operation&, std::uint64_t) const noexcept { return {}; }
};
struct give_count {
  result<std::uint64_t> operator()(operation&, std::uint64_t count) const noexcept { return count; }
};
struct give_string {
  result<std::string> operator()(operation& from, std::uint64_t) const {
    auto bytes = from.take_lease();
    if (!bytes) return std::unexpected(bytes.error());
    return std::string(bytes->bytes().text());
  }
};

}  // namespace tokio::fs
