// The bytes between a stream and a codec: appended at one end, taken from the other.
// Invariant: what was consumed makes room for what comes; capacity only grows.
// Threads: a plain value.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "tokio/core/error.hpp"
#include "tokio/io/buffer.hpp"

namespace tokio::codec {

class buffer {
 public:
  buffer() = default;
  explicit buffer(std::size_t capacity) { reserve(capacity); }
  buffer(buffer&& other) noexcept
      : room_(std::move(other.room_)),
        capacity_(std::exchange(other.capacity_, 0)),
        first_(std::exchange(other.first_, 0)),
        last_(std::exchange(other.last_, 0)) {}
  buffer& operator=(buffer other) noexcept {
    std::swap(room_, other.room_);
    std::swap(capacity_, other.capacity_);
    std::swap(first_, other.first_);
    std::swap(last_, other.last_);
    return *this;
  }

  std::size_t size() const noexcept { return last_ - first_; }
  bool empty() const noexcept { return first_ == last_; }
  // How many bytes it can hold without growing.
  std::size_t capacity() const noexcept { return capacity_; }
  const std::byte* data() const noexcept { return room_.get() + first_; }
  io::byte_view view() const noexcept { return {data(), size()}; }
  std::string_view text() const noexcept { return view().text(); }

  void append(io::byte_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(prepare(bytes.size()).data(), bytes.data(), bytes.size());
    commit(bytes.size());
  }
  // Room behind the bytes, at least n, to be written into; commit() says how much of it was.
  io::byte_span prepare(std::size_t n) {
    reserve(n);
    return {room_.get() + last_, capacity_ - last_};
  }
  void commit(std::size_t n) {
    if (n > capacity_ - last_) panic("codec::buffer: more bytes were committed than there is room");
    last_ += n;
  }
  // Room for n more bytes.
  void reserve(std::size_t n) {
    if (capacity_ - last_ >= n) return;
    // Moving to the front is paid for by the bytes that were consumed; otherwise it grows.
    if (first_ >= size() && capacity_ - size() >= n)
      move_to(room_.get());
    else
      grow(std::max(size() + n, 2 * capacity_));
  }

  // The first n bytes are done with.
  void consume(std::size_t n, call_site at = call_site::current()) {
    if (n > size()) panic("codec::buffer: more bytes were consumed than there are", at);
    first_ += n;
    if (empty()) clear();
  }
  // The first n bytes, taken out.
  std::string take(std::size_t n, call_site at = call_site::current()) {
    std::string taken(text().substr(0, n));
    consume(n, at);
    return taken;
  }
  void clear() noexcept { first_ = last_ = 0; }

 private:
  void move_to(std::byte* to) noexcept {
    const auto n = size();
    if (n != 0) std::memmove(to, data(), n);
    first_ = 0;
    last_ = n;
  }
  void grow(std::size_t capacity) {
    auto larger = std::make_unique_for_overwrite<std::byte[]>(capacity);
    move_to(larger.get());
    room_ = std::move(larger);
    capacity_ = capacity;
  }

  std::unique_ptr<std::byte[]> room_;
  std::size_t capacity_ = 0;
  std::size_t first_ = 0;
  std::size_t last_ = 0;
};

}  // namespace tokio::codec
