// `read_buf`: room for bytes that knows how much of it is filled and how much is initialized, so that a reader need not
// be given zeroed memory and its user never sees bytes that nobody wrote.
//   std::array<std::byte, 4096> room;                        // not zeroed
//   auto into = io::read_buf::uninit(room);  co_await stream.read_buf(into);  use(into.filled());
// Invariant: filled <= initialized <= capacity; what would break it panics and changes nothing.
// Threads: a plain value, which borrows its room.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "tokio/io/traits.hpp"

namespace tokio::io {

class read_buf {
 public:
  // All of the room is initialized already.
  explicit read_buf(byte_span initialized) noexcept : room_(initialized), initialized_(initialized.size()) {}
  // None of it is.
  static read_buf uninit(byte_span room) noexcept {
    read_buf made(room);
    made.initialized_ = 0;
    return made;
  }

  std::size_t capacity() const noexcept { return room_.size(); }
  std::size_t remaining() const noexcept { return room_.size() - filled_; }
  byte_view filled() const noexcept { return {room_.data(), filled_}; }
  byte_span filled_mut() noexcept { return {room_.data(), filled_}; }
  byte_view initialized() const noexcept { return {room_.data(), initialized_}; }
  byte_span initialized_mut() noexcept { return {room_.data(), initialized_}; }
  // All of the room, and what is not filled of it: only to be written to, until assume_init() has said so.
  byte_span inner_mut() noexcept { return room_; }
  byte_span unfilled_mut() noexcept { return room_.subspan(filled_); }

  // What is not filled, or its first n bytes, zeroed where nobody has written yet.
  byte_span initialize_unfilled() noexcept { return zeroed(remaining()); }
  byte_span initialize_unfilled_to(std::size_t n, call_site at = call_site::current()) {
    if (n > remaining()) panic("read_buf: more bytes are to be initialized than there is room for", at);
    return zeroed(n);
  }
  // The first n bytes that are not filled were written.
  void assume_init(std::size_t n, call_site at = call_site::current()) {
    if (n > remaining()) panic("read_buf: more bytes are said to be initialized than there is room for", at);
    initialized_ = std::max(initialized_, filled_ + n);
  }

  // n more bytes are filled; all of them are initialized.
  void advance(std::size_t n, call_site at = call_site::current()) {
    if (n > initialized_ - filled_) panic("read_buf: bytes that are not initialized cannot be filled", at);
    filled_ += n;
  }
  void set_filled(std::size_t n, call_site at = call_site::current()) {
    if (n > initialized_) panic("read_buf: bytes that are not initialized cannot be filled", at);
    filled_ = n;
  }
  // Nothing is filled any more; what is initialized stays so.
  void clear() noexcept { filled_ = 0; }
  void put_slice(byte_view bytes, call_site at = call_site::current()) {
    if (bytes.size() > remaining()) panic("read_buf: the bytes do not fit into what remains", at);
    if (!bytes.empty()) std::memcpy(unfilled_mut().data(), bytes.data(), bytes.size());
    assume_init(bytes.size());
    advance(bytes.size());
  }
  // Of the room that is not filled, at most n bytes, as one of its own. What is filled there has to be said here, too.
  read_buf take(std::size_t n) noexcept { return uninit(unfilled_mut().first(std::min(n, remaining()))); }

 private:
  byte_span zeroed(std::size_t n) noexcept {
    const auto end = filled_ + n;
    if (end > initialized_) {
      std::memset(room_.data() + initialized_, 0, end - initialized_);
      initialized_ = end;
    }
    return room_.subspan(filled_, n);
  }

  byte_span room_;
  std::size_t filled_ = 0;
  std::size_t initialized_ = 0;
};

// One read into what is not filled. Ready with nothing filled: the end of the stream, or there was no room.
template <async_reader R>
tokio::poll<result<>> poll_read_into(R& from, context& cx, read_buf& into) {
  auto got = poll_read_from(from, cx, into.unfilled_mut());
  if (got.is_pending()) return pending;
  if (!got.value()) return result<>(std::unexpect, got.value().error());
  into.assume_init(*got.value());
  into.advance(*got.value());
  return result<>();
}

}  // namespace tokio::io
