// `copy`: all of a reader into a writer. `copy_bidirectional`: two streams into each other until both have ended.
// Invariant: at most one buffer is held back; when the reader has nothing, what was written is flushed, so neither end
//            waits for bytes that sit in between.
// Threads: [task]; the streams must outlive the future. Not cancel safe.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "tokio/io/buffered.hpp"

namespace tokio::io {

// One direction.
class copy_engine {
 public:
  explicit copy_engine(std::size_t size = default_buffer_size) noexcept : size_(size) {}

  std::uint64_t copied() const noexcept { return copied_; }

  // Ready at the end of the reader, with everything flushed.
  template <async_reader R, async_writer W>
  tokio::poll<result<>> poll(context& cx, R& from, W& to) {
    while (true) {
      if (rest_.empty() && !ended_) {
        auto filled = fill(cx, from, to);
        if (filled.is_pending() || !filled.value()) return filled;
      }
      const auto before = rest_.size();
      auto put = poll_write_all(to, cx, rest_);
      copied_ += before - rest_.size();
      unflushed_ |= before != rest_.size();
      if (put.is_pending() || !put.value()) return put;
      if (ended_) return to.poll_flush(cx);
    }
  }

 private:
  template <class R, class W>
  tokio::poll<result<>> fill(context& cx, R& from, W& to) {
    if (!room_) room_ = std::make_unique_for_overwrite<std::byte[]>(size_);
    auto got = poll_read_from(from, cx, byte_span(room_.get(), size_));
    if (got.is_pending()) return flush_meanwhile(cx, to);
    if (!got.value()) return result<>(std::unexpect, got.value().error());
    rest_ = byte_view(room_.get(), *got.value());
    ended_ = rest_.empty();
    return result<>();
  }
  // The reader is pending, so this is too, unless the flush fails.
  template <class W>
  tokio::poll<result<>> flush_meanwhile(context& cx, W& to) {
    if (!unflushed_) return pending;
    auto flushed = to.poll_flush(cx);
    if (flushed.is_pending()) return pending;
    if (!flushed.value()) return flushed;
    unflushed_ = false;
    return pending;
  }

  std::size_t size_;
  std::unique_ptr<std::byte[]> room_;
  byte_view rest_;
  std::uint64_t copied_ = 0;
  bool ended_ = false;
  bool unflushed_ = false;
};

template <async_reader R, async_writer W>
class [[nodiscard]] copy_future {
 public:
  using output = result<std::uint64_t>;
  copy_future(R& from, W& to) noexcept : from_(&from), to_(&to) {}
  tokio::poll<output> poll(context& cx) {
    auto done = engine_.poll(cx, *from_, *to_);
    if (done.is_pending()) return pending;
    if (!done.value()) return output(std::unexpect, done.value().error());
    return output(engine_.copied());
  }

 private:
  R* from_;
  W* to_;
  copy_engine engine_;
};

template <class A, class B>
class [[nodiscard]] copy_bidirectional_future {
 public:
  using output = result<std::pair<std::uint64_t, std::uint64_t>>;
  copy_bidirectional_future(A& a, B& b, std::size_t a_to_b, std::size_t b_to_a) noexcept
      : a_(&a), b_(&b), there_(a_to_b), back_(b_to_a) {}

  // Both directions go on as far as they can; an error of either ends both.
  tokio::poll<output> poll(context& cx) {
    auto there = there_.poll(cx, *a_, *b_);
    if (there.is_ready() && !there.value()) return output(std::unexpect, there.value().error());
    auto back = back_.poll(cx, *b_, *a_);
    if (back.is_ready() && !back.value()) return output(std::unexpect, back.value().error());
    if (there.is_pending() || back.is_pending()) return pending;
    return output(std::in_place, there_.copied(), back_.copied());
  }

 private:
  // Copies, then passes the end on by shutting the other side down; the reverse direction is not touched.
  class half {
   public:
    explicit half(std::size_t size) noexcept : engine_(size) {}
    std::uint64_t copied() const noexcept { return engine_.copied(); }
    template <class R, class W>
    tokio::poll<result<>> poll(context& cx, R& from, W& to) {
      if (now_ == stage::copying) {
        auto done = engine_.poll(cx, from, to);
        if (done.is_pending() || !done.value()) return done;
        now_ = stage::shutting_down;
      }
      if (now_ == stage::shutting_down) {
        auto done = to.poll_shutdown(cx);
        if (done.is_pending() || !done.value()) return done;
        now_ = stage::done;
      }
      return result<>();
    }

   private:
    enum class stage { copying, shutting_down, done };
    copy_engine engine_;
    stage now_ = stage::copying;
  };

  A* a_;
  B* b_;
  half there_;
  half back_;
};

// How many bytes there were.
template <async_reader R, async_writer W>
copy_future<R, W> copy(R& from, W& to) noexcept {
  return {from, to};
}
// How many bytes went from a to b, and from b to a.
template <class A, class B>
  requires async_reader<A> && async_writer<A> && async_reader<B> && async_writer<B>
copy_bidirectional_future<A, B> copy_bidirectional(A& a, B& b) noexcept {
  return {a, b, default_buffer_size, default_buffer_size};
}
template <class A, class B>
  requires async_reader<A> && async_writer<A> && async_reader<B> && async_writer<B>
copy_bidirectional_future<A, B> copy_bidirectional_with_sizes(A& a, B& b, std::size_t a_to_b,
                                                              std::size_t b_to_a) noexcept {
  return {a, b, a_to_b, b_to_a};
}

}  // namespace tokio::io
