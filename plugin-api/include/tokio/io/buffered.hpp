// `buf_reader` reads ahead, `buf_writer` collects small writes; both pass the other direction through. Given an lvalue
// they borrow the stream, given an rvalue they own it.
// Invariant: what a buf_reader has read ahead is lost with it; what a buf_writer holds goes out with flush() or
//            shutdown(), never with its destructor.
// Threads: [task].
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "tokio/io/lines.hpp"
#include "tokio/io/methods.hpp"
#include "tokio/io/seek.hpp"
#include "tokio/io/wrapped.hpp"

namespace tokio::io {

inline constexpr std::size_t default_buffer_size = 8 * 1024;

template <class R>
  requires async_reader<std::remove_reference_t<R>>
class buf_reader : public wrapped_stream<R>,
                   public reader_methods<buf_reader<R>>,
                   public line_methods<buf_reader<R>>,
                   public seek_methods<buf_reader<R>>,
                   public writes_through<buf_reader<R>, std::remove_reference_t<R>> {
  using inner = std::remove_reference_t<R>;

 public:
  explicit buf_reader(R&& from, std::size_t capacity = default_buffer_size)
      : wrapped_stream<R>(std::forward<R>(from)),
        room_(std::make_unique_for_overwrite<std::byte[]>(capacity)),
        capacity_(capacity) {}

  // What was read ahead.
  byte_view buffer() const noexcept { return byte_view(room_.get() + first_, last_ - first_); }
  std::size_t capacity() const noexcept { return capacity_; }

  tokio::poll<result<byte_view>> poll_fill_buf(context& cx) {
    auto settled = poll_settled(cx);
    if (settled.is_pending()) return pending;
    if (!settled.value()) return result<byte_view>(std::unexpect, settled.value().error());
    if (first_ == last_) {
      auto got = poll_read_from(this->get(), cx, byte_span(room_.get(), capacity_));
      if (got.is_pending()) return pending;
      if (!got.value()) return result<byte_view>(std::unexpect, got.value().error());
      first_ = 0;
      last_ = *got.value();
    }
    return result<byte_view>(buffer());
  }
  void consume(std::size_t n) noexcept { first_ = std::min(first_ + n, last_); }

  tokio::poll<result<std::size_t>> poll_read(context& cx, byte_span into) {
    auto settled = poll_settled(cx);
    if (settled.is_pending()) return pending;
    if (!settled.value()) return result<std::size_t>(std::unexpect, settled.value().error());
    // A read that would empty the buffer at once does not go through it.
    if (first_ == last_ && into.size() >= capacity_) return this->get().poll_read(cx, into);
    return poll_read_ahead(*this, cx, into);
  }

  // Drops what was read ahead; a way from the current position begins where the reader is, not where it has read to.
  result<> start_seek(seek_from to)
    requires async_seeker<inner>
  {
    wanted_ = to;
    return {};
  }
  tokio::poll<result<std::uint64_t>> poll_complete(context& cx)
    requires async_seeker<inner>
  {
    while (true) {
      auto there = this->get().poll_complete(cx);
      if (there.is_pending()) return pending;
      const bool ours = std::exchange(going_, false);
      if (!there.value()) return wanted_.reset(), there;
      if (ours) first_ = last_ = 0;  // not before the inner stream has moved: a seek that fails loses nothing
      if (!wanted_) return there;
      if (auto started = start_next_seek(*std::exchange(wanted_, std::nullopt)); !started)
        return result<std::uint64_t>(std::unexpect, started.error());
      going_ = true;
    }
  }

 private:
  // A seek that was begun and left comes to its end before a read: what is buffered is from before it.
  tokio::poll<result<>> poll_settled(context& cx) {
    if constexpr (async_seeker<inner>)
      if (going_) {
        auto there = poll_complete(cx);
        if (there.is_pending()) return pending;
        if (!there.value()) return result<>(std::unexpect, there.value().error());
      }
    return result<>();
  }
  // One seek of the inner stream, and another one after it when the way, counted from there, is not a number.
  result<> start_next_seek(seek_from to)
    requires async_seeker<inner>
  {
    const auto ahead = static_cast<std::int64_t>(last_ - first_);
    if (to.whence != seek_from::origin::current) return this->get().start_seek(to);
    if (to.offset >= std::numeric_limits<std::int64_t>::min() + ahead)
      return this->get().start_seek(seek_from::current(to.offset - ahead));
    auto started = this->get().start_seek(seek_from::current(-ahead));
    if (started) wanted_ = to;
    return started;
  }

  std::optional<seek_from> wanted_;
  bool going_ = false;  // the inner stream is on a way of ours
  std::unique_ptr<std::byte[]> room_;
  std::size_t capacity_;
  std::size_t first_ = 0;
  std::size_t last_ = 0;
};
template <class R>
buf_reader(R&&) -> buf_reader<R>;
template <class R>
buf_reader(R&&, std::size_t) -> buf_reader<R>;

template <class W>
  requires async_writer<std::remove_reference_t<W>>
class buf_writer : public wrapped_stream<W>,
                   public writer_methods<buf_writer<W>>,
                   public reads_through<buf_writer<W>, std::remove_reference_t<W>>,
                   public seek_methods<buf_writer<W>> {
  using inner = std::remove_reference_t<W>;

 public:
  explicit buf_writer(W&& to, std::size_t capacity = default_buffer_size)
      : wrapped_stream<W>(std::forward<W>(to)),
        room_(std::make_unique_for_overwrite<std::byte[]>(capacity)),
        capacity_(capacity) {}

  // What was not written yet.
  byte_view buffer() const noexcept { return byte_view(room_.get() + first_, last_ - first_); }
  std::size_t capacity() const noexcept { return capacity_; }

  tokio::poll<result<std::size_t>> poll_write(context& cx, byte_view from) {
    if (from.size() > capacity_ - last_) {
      auto emptied = poll_empty(cx);
      if (emptied.is_pending()) return pending;
      if (!emptied.value()) return result<std::size_t>(std::unexpect, emptied.value().error());
    }
    if (from.size() >= capacity_) return this->get().poll_write(cx, from);
    if (!from.empty()) std::memcpy(room_.get() + last_, from.data(), from.size());
    last_ += from.size();
    return result<std::size_t>(from.size());
  }
  // Takes as many of the parts as fit; a first part that is too large goes its own way.
  tokio::poll<result<std::size_t>> poll_write_vectored(context& cx, std::span<const byte_view> from) {
    std::size_t taken = 0;
    for (const auto& part : from) {
      if (taken != 0 && part.size() > capacity_ - last_) break;
      auto put = poll_write(cx, part);
      if (put.is_pending() || !put.value()) return taken != 0 ? result<std::size_t>(taken) : std::move(put);
      taken += *put.value();
      if (*put.value() != part.size()) break;
    }
    return result<std::size_t>(taken);
  }
  tokio::poll<result<>> poll_flush(context& cx) {
    auto emptied = poll_empty(cx);
    if (emptied.is_pending() || !emptied.value()) return emptied;
    return this->get().poll_flush(cx);
  }
  tokio::poll<result<>> poll_shutdown(context& cx) {
    auto emptied = poll_empty(cx);
    if (emptied.is_pending() || !emptied.value()) return emptied;
    return this->get().poll_shutdown(cx);
  }

  // What is buffered is written first.
  result<> start_seek(seek_from to)
    requires async_seeker<inner>
  {
    wanted_ = to;
    return {};
  }
  tokio::poll<result<std::uint64_t>> poll_complete(context& cx)
    requires async_seeker<inner>
  {
    if (wanted_) {
      auto emptied = poll_empty(cx);
      if (emptied.is_pending()) return pending;
      if (!emptied.value()) return result<std::uint64_t>(std::unexpect, emptied.value().error());
      auto idle = this->get().poll_complete(cx);
      if (idle.is_pending() || !idle.value()) return idle;
      if (auto started = this->get().start_seek(*std::exchange(wanted_, std::nullopt)); !started)
        return result<std::uint64_t>(std::unexpect, started.error());
    }
    return this->get().poll_complete(cx);
  }

 private:
  std::optional<seek_from> wanted_;

  tokio::poll<result<>> poll_empty(context& cx) {
    byte_view rest = buffer();
    auto put = poll_write_all(this->get(), cx, rest);
    first_ = last_ - rest.size();
    if (first_ == last_) first_ = last_ = 0;
    return put;
  }

  std::unique_ptr<std::byte[]> room_;
  std::size_t capacity_;
  std::size_t first_ = 0;
  std::size_t last_ = 0;
};
template <class W>
buf_writer(W&&) -> buf_writer<W>;
template <class W>
buf_writer(W&&, std::size_t) -> buf_writer<W>;

// Both directions.
template <class S>
using buf_stream = buf_reader<buf_writer<S>>;
template <class S>
buf_stream<S> make_buf_stream(S&& stream) {
  return buf_stream<S>(buf_writer<S>(std::forward<S>(stream)));
}

}  // namespace tokio::io
