// Writing, as futures: write, write_vectored, write_all, write_all_buf, write_all_vectored, flush, shutdown, numbers.
// Cancel safe: write, write_vectored, flush; write_all_buf and write_all_vectored can be taken up again, because their
// views tell what is left. shutdown() may be called again. Of write_all and the numbers nobody knows what went out.
// Threads: [task]; the stream and the bytes must outlive the future.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <span>

#include "tokio/io/traits.hpp"

namespace tokio::io {

// One call with several buffers; a stream that cannot do that takes from the first that is not empty.
template <async_writer W>
tokio::poll<result<std::size_t>> poll_write_vectored(W& to, context& cx, std::span<const byte_view> from) {
  if constexpr (vectored_writer<W>) {
    return to.poll_write_vectored(cx, from);
  } else {
    const auto first = std::ranges::find_if(from, [](byte_view part) { return !part.empty(); });
    return poll_write_from(to, cx, first == from.end() ? byte_view() : *first);
  }
}

// Writes until nothing is left, and takes what was written off the front of `rest`.
template <async_writer W>
tokio::poll<result<>> poll_write_all(W& to, context& cx, byte_view& rest) {
  while (!rest.empty()) {
    auto put = poll_write_from(to, cx, rest);
    if (put.is_pending()) return pending;
    if (!put.value()) return result<>(std::unexpect, put.value().error());
    if (*put.value() == 0) return result<>(std::unexpect, write_zero());
    rest = rest.subspan(*put.value());
  }
  return result<>();
}

// The same for several views, which are emptied from the front. Where nothing is left, nothing is written.
template <async_writer W>
tokio::poll<result<>> poll_write_all_vectored(W& to, context& cx, std::span<byte_view> rest) {
  while (true) {
    while (!rest.empty() && rest.front().empty()) rest = rest.subspan(1);
    if (rest.empty()) return result<>();
    auto put = poll_write_vectored(to, cx, std::span<const byte_view>(rest));
    if (put.is_pending()) return pending;
    if (!put.value()) return result<>(std::unexpect, put.value().error());
    if (*put.value() == 0) return result<>(std::unexpect, write_zero());
    auto n = *put.value();
    for (auto& part : rest) {
      const auto gone = std::min(n, part.size());
      part = part.subspan(gone);
      n -= gone;
    }
    if (n != 0) took_too_much();
  }
}

template <async_writer W, class T, std::endian Order>
class [[nodiscard]] write_number_future {
 public:
  using output = result<>;
  write_number_future(W& to, T value) noexcept
      : to_(&to), bytes_(std::bit_cast<std::array<std::byte, sizeof(T)>>(value)) {
    if constexpr (Order != std::endian::native) std::ranges::reverse(bytes_);
  }
  tokio::poll<output> poll(context& cx) {
    byte_view rest(std::span(bytes_).subspan(done_));
    auto put = poll_write_all(*to_, cx, rest);
    done_ = bytes_.size() - rest.size();
    return put;
  }

 private:
  W* to_;
  std::array<std::byte, sizeof(T)> bytes_;
  std::size_t done_ = 0;
};

// As many bytes as the stream takes at once.
template <async_writer W>
auto write(W& to, byte_view from) noexcept {
  return poll_fn([&to, from](context& cx) { return poll_write_from(to, cx, from); });
}
template <async_writer W>
auto write_vectored(W& to, std::span<const byte_view> from) noexcept {
  return poll_fn([&to, from](context& cx) { return poll_write_vectored(to, cx, from); });
}
template <async_writer W>
auto write_all(W& to, byte_view from) noexcept {
  return poll_fn([&to, rest = from](context& cx) mutable { return poll_write_all(to, cx, rest); });
}
template <async_writer W>
auto write_all_buf(W& to, byte_view& rest) noexcept {
  return poll_fn([&to, &rest](context& cx) { return poll_write_all(to, cx, rest); });
}
template <async_writer W>
auto write_all_vectored(W& to, std::span<byte_view> rest) noexcept {
  return poll_fn([&to, rest](context& cx) { return poll_write_all_vectored(to, cx, rest); });
}
template <async_writer W>
auto flush(W& to) noexcept {
  return poll_fn([&to](context& cx) { return to.poll_flush(cx); });
}
template <async_writer W>
auto shutdown(W& to) noexcept {
  return poll_fn([&to](context& cx) { return to.poll_shutdown(cx); });
}
// A number in network byte order (big-endian), or in the order that is named.
template <std::endian Order = std::endian::big, class T, async_writer W>
write_number_future<W, T, Order> write_number(W& to, T value) noexcept {
  return {to, value};
}

}  // namespace tokio::io
