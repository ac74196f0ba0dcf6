// `duplex(n)`: two streams that lead into each other through memory, n bytes in each direction. `simplex(n)`: one
// direction.
// Invariant: a writer that is gone or shut down ends the stream after what is buffered; a reader that is gone breaks
// the
//            writer's pipe.
// Threads: the ends may be on different threads, each used by one task for reading and one for writing.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "tokio/core/lock.hpp"
#include "tokio/io/methods.hpp"

namespace tokio::io {

// A ring of bytes between one reader and one writer.
class byte_pipe {
 public:
  explicit byte_pipe(std::size_t size) : room_(std::make_unique_for_overwrite<std::byte[]>(size)), size_(size) {}

  tokio::poll<result<std::size_t>> poll_read(context& cx, byte_span into) {
    if (!cx.proceed()) return pending;
    const lock_scope hold(lock_);
    if (used_ == 0 && !write_closed_ && !into.empty()) return wait(cx, reader_);
    const auto n = std::min(used_, into.size());
    transfer(n, [&](std::size_t done, std::byte* at, std::size_t part) { std::memcpy(into.data() + done, at, part); });
    first_ = (first_ + n) % size_;
    used_ -= n;
    std::exchange(writer_, waker()).wake();  // a task takes the lock before it looks, hence after our unlock
    return result<std::size_t>(n);
  }
  tokio::poll<result<std::size_t>> poll_write(context& cx, byte_view from) {
    if (!cx.proceed()) return pending;
    const lock_scope hold(lock_);
    if (from.empty()) return result<std::size_t>(0);
    if (read_closed_ || write_closed_) return result<std::size_t>(std::unexpect, broken_pipe());
    if (used_ == size_) return wait(cx, writer_);
    const auto n = std::min(size_ - used_, from.size());
    const auto start = std::exchange(first_, (first_ + used_) % size_);
    transfer(n, [&](std::size_t done, std::byte* at, std::size_t part) { std::memcpy(at, from.data() + done, part); });
    first_ = start;
    used_ += n;
    std::exchange(reader_, waker()).wake();
    return result<std::size_t>(n);
  }
  void close_write() noexcept {
    const lock_scope hold(lock_);
    write_closed_ = true;
    std::exchange(reader_, waker()).wake();
  }
  void close_read() noexcept {
    const lock_scope hold(lock_);
    read_closed_ = true;
    std::exchange(writer_, waker()).wake();
  }

 private:
  static tokio::poll<result<std::size_t>> wait(context& cx, waker& room) noexcept {
    room = cx.waker();
    cx.restore();
    return pending;
  }
  // n bytes from first_ on, in two parts when they pass the end of the room.
  template <class Move>
  void transfer(std::size_t n, Move move) {
    const auto part = std::min(n, size_ - first_);
    if (part != 0) move(std::size_t{0}, room_.get() + first_, part);
    if (n != part) move(part, room_.get(), n - part);
  }

  spin_lock lock_;
  std::unique_ptr<std::byte[]> room_;
  std::size_t size_;
  std::size_t first_ = 0;
  std::size_t used_ = 0;
  bool write_closed_ = false;
  bool read_closed_ = false;
  waker reader_;
  waker writer_;
};

// The reading end of a pipe.
class simplex_reader : public reader_methods<simplex_reader> {
 public:
  explicit simplex_reader(std::shared_ptr<byte_pipe> from) noexcept : from_(std::move(from)) {}
  simplex_reader(simplex_reader&&) noexcept = default;
  simplex_reader& operator=(simplex_reader&& other) noexcept {
    std::swap(from_, other.from_);
    return *this;
  }
  ~simplex_reader() {
    if (from_) from_->close_read();
  }
  tokio::poll<result<std::size_t>> poll_read(context& cx, byte_span into) { return from_->poll_read(cx, into); }

 private:
  std::shared_ptr<byte_pipe> from_;
};

// The writing end of a pipe.
class simplex_writer : public writer_methods<simplex_writer> {
 public:
  explicit simplex_writer(std::shared_ptr<byte_pipe> to) noexcept : to_(std::move(to)) {}
  simplex_writer(simplex_writer&&) noexcept = default;
  simplex_writer& operator=(simplex_writer&& other) noexcept {
    std::swap(to_, other.to_);
    return *this;
  }
  ~simplex_writer() {
    if (to_) to_->close_write();
  }
  tokio::poll<result<std::size_t>> poll_write(context& cx, byte_view from) { return to_->poll_write(cx, from); }
  tokio::poll<result<>> poll_flush(context&) noexcept { return result<>(); }
  tokio::poll<result<>> poll_shutdown(context&) noexcept {
    to_->close_write();
    return result<>();
  }

 private:
  std::shared_ptr<byte_pipe> to_;
};

class duplex_stream : public reader_methods<duplex_stream>, public writer_methods<duplex_stream> {
 public:
  duplex_stream(simplex_reader in, simplex_writer out) noexcept : in_(std::move(in)), out_(std::move(out)) {}

  tokio::poll<result<std::size_t>> poll_read(context& cx, byte_span into) { return in_.poll_read(cx, into); }
  tokio::poll<result<std::size_t>> poll_write(context& cx, byte_view from) { return out_.poll_write(cx, from); }
  tokio::poll<result<>> poll_flush(context& cx) noexcept { return out_.poll_flush(cx); }
  tokio::poll<result<>> poll_shutdown(context& cx) noexcept { return out_.poll_shutdown(cx); }

 private:
  simplex_reader in_;
  simplex_writer out_;
};

inline std::pair<simplex_reader, simplex_writer> simplex(std::size_t size, call_site at = call_site::current()) {
  if (size == 0) panic("a pipe needs room for one byte: its size is 0", at);
  auto between = std::make_shared<byte_pipe>(size);
  return {simplex_reader(between), simplex_writer(between)};
}

inline std::pair<duplex_stream, duplex_stream> duplex(std::size_t size, call_site at = call_site::current()) {
  auto [from_a, to_b] = simplex(size, at);
  auto [from_b, to_a] = simplex(size, at);
  return {duplex_stream(std::move(from_b), std::move(to_b)), duplex_stream(std::move(from_a), std::move(to_a))};
}

}  // namespace tokio::io
