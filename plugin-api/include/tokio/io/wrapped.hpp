// Internal to io/ and codec/: what adapters around one stream share.
// Threads: [task].
#pragma once

#include <algorithm>
#include <cstring>
#include <span>
#include <type_traits>
#include <utility>

#include "tokio/io/methods.hpp"

namespace tokio::io {

// The stream inside an adapter, owned or borrowed, and what the adapter passes through to it.
template <class S>
class wrapped_stream {
 public:
  using stream_type = std::remove_reference_t<S>;
  stream_type& get() noexcept { return inner_; }
  const stream_type& get() const noexcept { return inner_; }
  // Gives the stream back; what is buffered is lost.
  S into_inner() && { return std::forward<S>(inner_); }

 protected:
  explicit wrapped_stream(S&& inner) : inner_(std::forward<S>(inner)) {}
  S inner_;
};

// Self is a wrapped_stream of Inner. Gives it the writing direction of that.
template <class Self, class Inner>
class writes_through : public writer_methods<Self> {
 public:
  tokio::poll<result<std::size_t>> poll_write(context& cx, byte_view from)
    requires async_writer<Inner>
  {
    return inner().poll_write(cx, from);
  }
  tokio::poll<result<std::size_t>> poll_write_vectored(context& cx, std::span<const byte_view> from)
    requires vectored_writer<Inner>
  {
    return inner().poll_write_vectored(cx, from);
  }
  tokio::poll<result<>> poll_flush(context& cx)
    requires async_writer<Inner>
  {
    return inner().poll_flush(cx);
  }
  tokio::poll<result<>> poll_shutdown(context& cx)
    requires async_writer<Inner>
  {
    return inner().poll_shutdown(cx);
  }

 private:
  Inner& inner() noexcept { return static_cast<Self&>(*this).get(); }
};
// The reading direction.
template <class Self, class Inner>
class reads_through : public reader_methods<Self> {
 public:
  tokio::poll<result<std::size_t>> poll_read(context& cx, byte_span into)
    requires async_reader<Inner>
  {
    return static_cast<Self&>(*this).get().poll_read(cx, into);
  }
};

// A read out of what poll_fill_buf() gives: poll_read() of a reader with a buffer.
template <class R>
tokio::poll<result<std::size_t>> poll_read_ahead(R& from, context& cx, byte_span into) {
  auto ahead = from.poll_fill_buf(cx);
  if (ahead.is_pending()) return pending;
  if (!ahead.value()) return result<std::size_t>(std::unexpect, ahead.value().error());
  const auto n = std::min(into.size(), ahead.value()->size());
  if (n != 0) std::memcpy(into.data(), ahead.value()->data(), n);
  from.consume(n);
  return result<std::size_t>(n);
}

}  // namespace tokio::io
