// `cursor`: bytes in memory as a stream with a position. A string or a vector of bytes grows when it is written past
// its end; a byte_span takes what fits; a byte_view, or anything const, is only read.
//   io::cursor text(std::string("hello\n"));  co_await text.read_line(line);
// Invariant: never pending but for the budget. A position behind the end is legal: reads give nothing there, and a
//            write fills the gap with zeroes.
// Threads: [task].
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "tokio/io/lines.hpp"
#include "tokio/io/methods.hpp"
#include "tokio/io/seek.hpp"
#include "tokio/task/yield.hpp"

namespace tokio::io {

template <class B>
  requires std::constructible_from<byte_view, const B&>
class cursor : public reader_methods<cursor<B>>,
               public writer_methods<cursor<B>>,
               public line_methods<cursor<B>>,
               public seek_methods<cursor<B>> {
  static constexpr bool writable = std::constructible_from<byte_span, B&>;

 public:
  explicit cursor(B bytes) : bytes_(std::move(bytes)) {}

  std::uint64_t position() const noexcept { return at_; }
  void set_position(std::uint64_t at) noexcept { at_ = at; }
  B& get() noexcept { return bytes_; }
  const B& get() const noexcept { return bytes_; }
  B into_inner() && { return std::move(bytes_); }

  tokio::poll<result<byte_view>> poll_fill_buf(context&) noexcept { return result<byte_view>(rest()); }
  void consume(std::size_t n) noexcept { at_ += std::min(n, rest().size()); }
  tokio::poll<result<std::size_t>> poll_read(context& cx, byte_span into) {
    if (!cx.proceed()) return pending;
    const auto n = std::min(into.size(), rest().size());
    if (n != 0) std::memcpy(into.data(), rest().data(), n);
    at_ += n;
    return result<std::size_t>(n);
  }
  tokio::poll<result<std::size_t>> poll_write(context& cx, byte_view from)
    requires writable
  {
    if (!cx.proceed()) return pending;
    if constexpr (byte_buffer<B>) {
      if (at_ > bytes_.max_size() || from.size() > bytes_.max_size() - at_)
        return result<std::size_t>(std::unexpect, error_kind::invalid_input,
                                   "a write further than the buffer can grow");
      if (at_ + from.size() > size() && !from.empty()) bytes_.resize(at_ + from.size());
    }
    const auto n = at_ < size() ? std::min<std::size_t>(from.size(), size() - at_) : 0;
    if (n != 0) std::memcpy(byte_span(bytes_).data() + at_, from.data(), n);
    at_ += n;
    return result<std::size_t>(n);
  }
  tokio::poll<result<>> poll_flush(context&) noexcept
    requires writable
  {
    return result<>();
  }
  tokio::poll<result<>> poll_shutdown(context&) noexcept
    requires writable
  {
    return result<>();
  }
  // At once. An error when it leads before the start, or further than a number goes.
  result<> start_seek(seek_from to) {
    using origin = seek_from::origin;
    const auto by = static_cast<std::uint64_t>(to.offset);
    const auto from = to.whence == origin::start ? 0 : to.whence == origin::end ? size() : at_;
    const bool back = to.whence != origin::start && to.offset < 0;
    if (back ? 0 - by > from : by > std::numeric_limits<std::uint64_t>::max() - from)
      return std::unexpected(error(error_kind::invalid_input, "a position before the start, or further than any"));
    at_ = from + by;
    return {};
  }
  tokio::poll<result<std::uint64_t>> poll_complete(context&) noexcept { return result<std::uint64_t>(at_); }

 private:
  std::uint64_t size() const noexcept { return byte_view(bytes_).size(); }
  byte_view rest() const noexcept { return byte_view(bytes_).subspan(static_cast<std::size_t>(std::min(at_, size()))); }

  B bytes_;
  std::uint64_t at_ = 0;
};

}  // namespace tokio::io
