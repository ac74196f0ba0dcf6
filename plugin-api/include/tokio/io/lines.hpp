// Delimited reading from a buffered stream: read_until, read_line, and `lines` / `segments` that keep their state.
// Cancel safe: next_line, next_segment. read_until and read_line are not: what they have taken is in their buffer, or
// lost with them.
// Threads: [task]; the stream and the buffers must outlive the future.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "tokio/io/traits.hpp"
#include "tokio/io/utf8.hpp"

namespace tokio::io {

// Appends up to and with `end`, or to the end of the stream. Ready with true when `end` was found. What was taken is in
// `into`, also while pending.
template <async_buf_reader R, byte_buffer B>
tokio::poll<result<bool>> poll_read_until(R& from, context& cx, std::byte end, B& into) {
  while (true) {
    auto ahead = from.poll_fill_buf(cx);
    if (ahead.is_pending()) return pending;
    if (!ahead.value()) return result<bool>(std::unexpect, ahead.value().error());
    const byte_view bytes = *ahead.value();
    if (bytes.empty()) return result<bool>(false);
    const auto found = std::ranges::find(bytes, end);
    const bool complete = found != bytes.end();
    const auto n = static_cast<std::size_t>(found - bytes.begin()) + (complete ? 1 : 0);
    append(into, bytes.first(n));
    from.consume(n);
    if (complete) return result<bool>(true);
  }
}

template <async_buf_reader R, byte_buffer B>
class [[nodiscard]] read_until_future {
 public:
  using output = result<std::size_t>;
  read_until_future(R& from, std::byte end, B& into) noexcept
      : from_(&from), end_(end), into_(&into), before_(into.size()) {}
  tokio::poll<output> poll(context& cx) {
    auto found = poll_read_until(*from_, cx, end_, *into_);
    if (found.is_pending()) return pending;
    if (!found.value()) return output(std::unexpect, found.value().error());
    return output(into_->size() - before_);
  }

 private:
  R* from_;
  std::byte end_;
  B* into_;
  std::size_t before_;
};

// With the line's end, as it is in the stream; 0 at the end of the stream. Text that is not UTF-8 is an error and
// leaves `into` as it was.
template <async_buf_reader R>
class [[nodiscard]] read_line_future {
 public:
  using output = result<std::size_t>;
  read_line_future(R& from, std::string& into) noexcept : from_(&from), into_(&into) {}
  tokio::poll<output> poll(context& cx) {
    auto found = poll_read_until(*from_, cx, std::byte{'\n'}, line_);
    if (found.is_pending()) return pending;
    if (!found.value()) return output(std::unexpect, found.value().error());
    if (!is_utf8(line_)) return output(std::unexpect, invalid_utf8());
    into_->append(line_);
    return output(line_.size());
  }

 private:
  R* from_;
  std::string* into_;
  std::string line_;
};

template <class L>
class [[nodiscard]] next_segment_future {
 public:
  using output = result<std::optional<std::string>>;
  explicit next_segment_future(L& of) noexcept : of_(&of) {}
  tokio::poll<output> poll(context& cx) { return of_->poll_next(cx); }

 private:
  L* of_;
};

// Pieces between delimiters, without them. R is a buf_reader, owned or (as R&) borrowed.
template <class R>
class segments {
 public:
  using piece = result<std::optional<std::string>>;
  segments(R&& from, std::byte end) : from_(std::forward<R>(from)), end_(end) {}

  next_segment_future<segments> next_segment() noexcept { return next_segment_future<segments>(*this); }
  // Nothing at the end of the stream; what follows the last delimiter is a piece of its own.
  tokio::poll<piece> poll_next(context& cx) {
    auto found = poll_read_until(from_, cx, end_, piece_);
    if (found.is_pending()) return pending;
    if (!found.value()) return piece(std::unexpect, found.value().error());
    if (*found.value()) piece_.pop_back();
    if (!*found.value() && piece_.empty()) return piece(std::nullopt);
    return piece(std::exchange(piece_, {}));
  }
  std::remove_reference_t<R>& get() noexcept { return from_; }
  R into_inner() && { return std::forward<R>(from_); }

 private:
  R from_;
  std::byte end_;
  std::string piece_;
};

// Lines without their end, "\n" or "\r\n". Text that is not UTF-8 is an error.
template <class R>
class lines {
 public:
  using line = result<std::optional<std::string>>;
  explicit lines(R&& from) : pieces_(std::forward<R>(from), std::byte{'\n'}) {}

  next_segment_future<lines> next_line() noexcept { return next_segment_future<lines>(*this); }
  tokio::poll<line> poll_next(context& cx) {
    auto next = pieces_.poll_next(cx);
    if (next.is_pending() || !next.value() || !*next.value()) return next;
    std::string& text = **next.value();
    if (text.ends_with('\r')) text.pop_back();
    if (!is_utf8(text)) return line(std::unexpect, invalid_utf8());
    return next;
  }
  std::remove_reference_t<R>& get() noexcept { return pieces_.get(); }
  R into_inner() && { return std::move(pieces_).into_inner(); }

 private:
  segments<R> pieces_;
};
template <class R>
lines(R&&) -> lines<R>;
template <class R>
segments(R&&, std::byte) -> segments<R>;

// These as members of a buffered stream.
template <class Self>
class line_methods {
 public:
  template <byte_buffer B>
  auto read_until(std::byte end, B& into) noexcept {
    return read_until_future<Self, B>(self(), end, into);
  }
  template <byte_buffer B>
  auto read_until(char end, B& into) noexcept {
    return read_until(static_cast<std::byte>(end), into);
  }
  auto read_line(std::string& into) noexcept { return read_line_future<Self>(self(), into); }
  // Takes the stream along; `io::lines(reader)` borrows it.
  auto lines() && { return io::lines<Self>(std::move(self())); }

 protected:
  line_methods() = default;

 private:
  Self& self() noexcept { return static_cast<Self&>(*this); }
};

}  // namespace tokio::io
