// Reading, as futures: read, read_into, read_exact, read_to_end, read_to_string, numbers.
// Cancel safe: read, read_into, read_u8, read_i8. The others lose what they have read so far when they are destroyed.
// Threads: [task]; the stream and the buffers must outlive the future.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "tokio/io/read_buf.hpp"
#include "tokio/io/traits.hpp"
#include "tokio/io/utf8.hpp"

namespace tokio::io {

// Fills a span whose place may change between polls.
class fill_progress {
 public:
  template <async_reader R>
  tokio::poll<result<std::size_t>> poll(context& cx, R& from, byte_span into) {
    while (done_ < into.size()) {
      auto got = poll_read_from(from, cx, into.subspan(done_));
      if (got.is_pending()) return pending;
      if (!got.value()) return got;
      if (*got.value() == 0) return result<std::size_t>(std::unexpect, unexpected_eof());
      done_ += *got.value();
    }
    return result<std::size_t>(done_);
  }

 private:
  std::size_t done_ = 0;
};

// Appends what one read gives, at most `room` bytes. The buffer is as it was when there is nothing.
template <async_reader R, byte_buffer B>
tokio::poll<result<std::size_t>> poll_read_onto(R& from, context& cx, B& into, std::size_t room) {
  struct cut {
    B& into;
    std::size_t keep;
    ~cut() { into.resize(keep); }
  } after{into, into.size()};
  into.resize(after.keep + room);
  auto got = poll_read_from(from, cx, byte_span(into).subspan(after.keep));
  if (got.is_ready()) after.keep += got.value().value_or(0);
  return got;
}

template <async_reader R, class T, std::endian Order>
class [[nodiscard]] read_number_future {
 public:
  using output = result<T>;
  explicit read_number_future(R& from) noexcept : from_(&from) {}
  tokio::poll<output> poll(context& cx) {
    auto filled = progress_.poll(cx, *from_, bytes_);
    if (filled.is_pending()) return pending;
    if (!filled.value()) return output(std::unexpect, filled.value().error());
    if constexpr (Order != std::endian::native) std::ranges::reverse(bytes_);
    return output(std::bit_cast<T>(bytes_));
  }

 private:
  R* from_;
  std::array<std::byte, sizeof(T)> bytes_{};
  fill_progress progress_;
};

// Appends all there is, at most `limit` bytes: one more is an error.
template <async_reader R, byte_buffer B>
class [[nodiscard]] read_to_end_future {
 public:
  using output = result<std::size_t>;
  read_to_end_future(R& from, B& into, std::size_t limit) noexcept : from_(&from), into_(&into), limit_(limit) {}

  tokio::poll<output> poll(context& cx) {
    while (true) {
      auto got = read_some(cx);
      if (got.is_pending()) return pending;
      if (!got.value()) return got;
      if (*got.value() == 0) return output(total_);
      total_ += *got.value();
      if (total_ > limit_)
        return output(std::unexpect, error_kind::invalid_data, "the stream is longer than the limit");
    }
  }

 private:
  // Room is zeroed before each read, so it is not taken by the megabyte.
  static constexpr std::size_t most_at_once = 16 * 1024;

  // A buffer that is full asks with a few bytes of its own first: one that was sized exactly does not grow at the end.
  tokio::poll<output> read_some(context& cx) {
    const auto size = into_->size();
    if (size < into_->capacity())
      return poll_read_onto(*from_, cx, *into_, std::min(into_->capacity() - size, most_at_once));
    std::array<std::byte, 32> probe;
    auto got = poll_read_from(*from_, cx, probe);
    if (got.is_ready() && got.value()) append(*into_, std::span(probe).first(*got.value()));
    return got;
  }

  R* from_;
  B* into_;
  std::size_t limit_;
  std::size_t total_ = 0;
};

// As read_to_end, for text: on an error, or text that is not UTF-8, the string is as it was.
template <async_reader R>
class [[nodiscard]] read_to_string_future {
 public:
  using output = result<std::size_t>;
  read_to_string_future(R& from, std::string& into, std::size_t limit) noexcept
      : from_(&from), into_(&into), limit_(limit) {}

  tokio::poll<output> poll(context& cx) {
    read_to_end_future rest(*from_, read_, limit_ - read_.size());
    auto got = rest.poll(cx);
    if (got.is_pending() || !got.value()) return got;
    if (!is_utf8(read_)) return output(std::unexpect, invalid_utf8());
    into_->append(read_);
    return output(read_.size());
  }

 private:
  R* from_;
  std::string* into_;
  std::size_t limit_;
  std::string read_;
};

inline constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

// Some bytes, as soon as there are any; 0 at the end of the stream.
template <async_reader R>
auto read(R& from, byte_span into) noexcept {
  return poll_fn([&from, into](context& cx) { return poll_read_from(from, cx, into); });
}
// The same into what is not filled yet.
template <async_reader R>
auto read_into(R& from, read_buf& into) noexcept {
  return poll_fn([&from, &into](context& cx) { return poll_read_into(from, cx, into); });
}
// The same, appended: as many bytes as there is capacity for, or a few when there is none.
template <async_reader R, byte_buffer B>
auto read_into(R& from, B& into) noexcept {
  return poll_fn([&from, &into](context& cx) {
    constexpr std::size_t when_full = 64;
    const auto spare = into.capacity() - into.size();
    return poll_read_onto(from, cx, into, spare != 0 ? spare : when_full);
  });
}
// All of the span, or the error unexpected_eof.
template <async_reader R>
auto read_exact(R& from, byte_span into) noexcept {
  return poll_fn([&from, into, filled = fill_progress()](context& cx) mutable { return filled.poll(cx, from, into); });
}
// n bytes, shared with whoever gets a copy; nobody changes them any more.
template <async_reader R>
auto read_exact_arc(R& from, std::size_t n) {
  using shared = std::shared_ptr<const std::string>;
  return poll_fn([&from, room = std::string(n, '\0'), filled = fill_progress()](context& cx) mutable {
    auto done = filled.poll(cx, from, room);
    if (done.is_pending()) return tokio::poll<result<shared>>(pending);
    if (!done.value()) return tokio::poll<result<shared>>(result<shared>(std::unexpect, done.value().error()));
    return tokio::poll<result<shared>>(result<shared>(std::make_shared<const std::string>(std::move(room))));
  });
}
template <async_reader R, byte_buffer B>
read_to_end_future<R, B> read_to_end(R& from, B& into, std::size_t limit = no_limit) noexcept {
  return {from, into, limit};
}
template <async_reader R>
read_to_string_future<R> read_to_string(R& from, std::string& into, std::size_t limit = no_limit) noexcept {
  return {from, into, limit};
}
// A number in network byte order (big-endian), or in the order that is named.
template <class T, std::endian Order = std::endian::big, async_reader R>
read_number_future<R, T, Order> read_number(R& from) noexcept {
  return read_number_future<R, T, Order>(from);
}

}  // namespace tokio::io
