// Streams with a position: `seek`, `rewind`, `stream_position`.
//   start_seek(to)      a way begins; an error while another one goes on is allowed (a buf_reader or buf_writer lets
//                       that end first, and of the ways that have not begun keeps the last)
//   poll_complete(cx)   the way is over: the new position, from the start; where no way began, any position
// Invariant: a seek that is dropped may have moved the position, or moves it later; the next one waits for it.
// Threads: [task]; the stream must outlive the future.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <utility>

#include "tokio/io/traits.hpp"

namespace tokio::io {

// Where to go.
struct seek_from {
  enum class origin { start, end, current };
  origin whence;
  std::int64_t offset;  // of `start` the bits of an unsigned number

  static constexpr seek_from start(std::uint64_t at) noexcept { return {origin::start, static_cast<std::int64_t>(at)}; }
  static constexpr seek_from end(std::int64_t by) noexcept { return {origin::end, by}; }
  static constexpr seek_from current(std::int64_t by) noexcept { return {origin::current, by}; }
  friend constexpr bool operator==(seek_from, seek_from) noexcept = default;
};

template <class S>
concept async_seeker = requires(S& stream, context& cx, seek_from to) {
  { stream.start_seek(to) } -> std::same_as<result<>>;
  { stream.poll_complete(cx) } -> std::same_as<tokio::poll<result<std::uint64_t>>>;
};

template <async_seeker S>
class [[nodiscard]] seek_future {
 public:
  using output = result<std::uint64_t>;
  seek_future(S& stream, seek_from to) noexcept : stream_(&stream), to_(to) {}
  tokio::poll<output> poll(context& cx) {
    if (to_) {
      auto idle = stream_->poll_complete(cx);  // a way that somebody else began and left
      if (idle.is_pending() || !idle.value()) return idle;
      if (auto started = stream_->start_seek(*std::exchange(to_, std::nullopt)); !started)
        return output(std::unexpect, started.error());
    }
    return stream_->poll_complete(cx);
  }

 private:
  S* stream_;
  std::optional<seek_from> to_;
};

// Gives the new position, counted from the start.
template <async_seeker S>
seek_future<S> seek(S& stream, seek_from to) noexcept {
  return {stream, to};
}
template <async_seeker S>
auto rewind(S& stream) noexcept {
  return poll_fn([going = seek(stream, seek_from::start(0))](context& cx) mutable -> tokio::poll<result<>> {
    auto there = going.poll(cx);
    if (there.is_pending()) return pending;
    if (!there.value()) return result<>(std::unexpect, there.value().error());
    return result<>();
  });
}
template <async_seeker S>
seek_future<S> stream_position(S& stream) noexcept {
  return {stream, seek_from::current(0)};
}

// These as members.
template <class Self>
class seek_methods {
 public:
  auto seek(seek_from to) noexcept { return io::seek(self(), to); }
  auto rewind() noexcept { return io::rewind(self()); }
  auto stream_position() noexcept { return io::stream_position(self()); }

 protected:
  seek_methods() = default;

 private:
  Self& self() noexcept { return static_cast<Self&>(*this); }
};

}  // namespace tokio::io
