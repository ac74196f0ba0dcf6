// `split(stream)`: any stream as an owned reader and an owned writer, which may go to different tasks.
// Invariant: the stream is polled by one half at a time, under a lock; it lives until both halves are gone.
// Threads: each half is used by one task at a time.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "tokio/io/methods.hpp"

namespace tokio::io {

template <class S>
struct split_stream {
  explicit split_stream(S inner) : stream(std::move(inner)) {}
  std::mutex mutex;  // not a spin lock: the stream's own code runs under it
  S stream;
};

template <class S>
class write_half;

template <class S>
class read_half : public reader_methods<read_half<S>> {
 public:
  explicit read_half(std::shared_ptr<split_stream<S>> shared) noexcept : shared_(std::move(shared)) {}

  tokio::poll<result<std::size_t>> poll_read(context& cx, byte_span into) {
    const std::lock_guard hold(shared_->mutex);
    return shared_->stream.poll_read(cx, into);
  }
  bool is_pair_of(const write_half<S>& other) const noexcept { return shared_ == other.shared_; }
  // The stream again. Panics when the halves are of two streams.
  S unsplit(write_half<S> other, call_site at = call_site::current()) && {
    if (!is_pair_of(other)) panic("halves of two streams were put together", at);
    other.shared_.reset();
    return std::move(shared_->stream);
  }

 private:
  std::shared_ptr<split_stream<S>> shared_;
};

template <class S>
class write_half : public writer_methods<write_half<S>> {
 public:
  explicit write_half(std::shared_ptr<split_stream<S>> shared) noexcept : shared_(std::move(shared)) {}

  tokio::poll<result<std::size_t>> poll_write(context& cx, byte_view from) {
    const std::lock_guard hold(shared_->mutex);
    return shared_->stream.poll_write(cx, from);
  }
  tokio::poll<result<std::size_t>> poll_write_vectored(context& cx, std::span<const byte_view> from)
    requires vectored_writer<S>
  {
    const std::lock_guard hold(shared_->mutex);
    return shared_->stream.poll_write_vectored(cx, from);
  }
  tokio::poll<result<>> poll_flush(context& cx) {
    const std::lock_guard hold(shared_->mutex);
    return shared_->stream.poll_flush(cx);
  }
  tokio::poll<result<>> poll_shutdown(context& cx) {
    const std::lock_guard hold(shared_->mutex);
    return shared_->stream.poll_shutdown(cx);
  }
  bool is_pair_of(const read_half<S>& other) const noexcept { return other.is_pair_of(*this); }

 private:
  friend class read_half<S>;
  std::shared_ptr<split_stream<S>> shared_;
};

template <class S>
  requires async_reader<S> && async_writer<S>
std::pair<read_half<S>, write_half<S>> split(S stream) {
  auto shared = std::make_shared<split_stream<S>>(std::move(stream));
  return {read_half<S>(shared), write_half<S>(shared)};
}

}  // namespace tokio::io
