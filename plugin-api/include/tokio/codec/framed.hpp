// `framed(stream, codec)`: a byte stream as a stream and a sink of frames; `framed_read` and `framed_write` are one
// direction of it. Given an lvalue they borrow the byte stream, given an rvalue they own it.
//   codec::framed lines(std::move(socket), codec::lines_codec());
//   while (auto line = co_await lines.next()) (co_await lines.send(*std::move(*line))).value();
// Invariant: after an error next() gives none once, and may then go on; so may a stream that had ended and has bytes
//            again. Frames are collected up to the backpressure boundary, and written when it is reached or on flush().
// Cancel safe: next(), flush(), close(). send() and feed() lose their frame, and nothing else.
// Threads: one at a time.
#pragma once

#include <utility>

#include "tokio/codec/frames.hpp"
#include "tokio/io/wrapped.hpp"

namespace tokio::codec {

// What a framed is made of, with the bytes that it holds.
template <class T, class C>
struct framed_parts {
  T io;
  C codec;
  buffer read_buffer{};
  buffer write_buffer{};
};
template <class T, class C>
framed_parts(T&&, C) -> framed_parts<T, C>;

// A byte stream beside its codec.
template <class T, class C>
class codec_over : public io::wrapped_stream<T> {
 public:
  C& codec() noexcept { return codec_; }
  const C& codec() const noexcept { return codec_; }

 protected:
  codec_over(T&& stream, C codec) : io::wrapped_stream<T>(std::forward<T>(stream)), codec_(std::move(codec)) {}
  C codec_;
};

template <class T, class C>
  requires io::async_reader<std::remove_reference_t<T>> && io::async_writer<std::remove_reference_t<T>> && decoder<C>
class [[nodiscard]] framed : public codec_over<T, C>,
                             public frame_source<framed<T, C>, C>,
                             public frame_sink<framed<T, C>, C> {
 public:
  explicit framed(T&& stream, C codec = C()) : framed(std::forward<T>(stream), std::move(codec), initial_capacity) {}
  // `capacity` is the size of both buffers, and the backpressure boundary.
  static framed with_capacity(T&& stream, C codec, std::size_t capacity) {
    return framed(std::forward<T>(stream), std::move(codec), capacity);
  }
  static framed from_parts(framed_parts<T, C> parts) {
    return framed(std::forward<T>(parts.io), std::move(parts.codec), frame_reading(std::move(parts.read_buffer)),
                  frame_writing(std::move(parts.write_buffer), initial_capacity));
  }
  framed_parts<T, C> into_parts() && {
    return {std::forward<T>(this->inner_), std::move(this->codec_), std::move(this->reading_.bytes),
            std::move(this->writing_.bytes)};
  }
  // The same stream and buffers with the codec f(codec).
  template <class F>
  auto map_codec(F f) && {
    return framed<T, std::invoke_result_t<F&, C>>(std::forward<T>(this->inner_), f(std::move(this->codec_)),
                                                  std::move(this->reading_), std::move(this->writing_));
  }

 private:
  template <class U, class D>
    requires io::async_reader<std::remove_reference_t<U>> && io::async_writer<std::remove_reference_t<U>> && decoder<D>
  friend class framed;
  framed(T&& stream, C codec, std::size_t capacity)
      : framed(std::forward<T>(stream), std::move(codec), frame_reading(capacity),
               frame_writing(buffer(capacity), capacity)) {}
  framed(T&& stream, C codec, frame_reading in, frame_writing out)
      : codec_over<T, C>(std::forward<T>(stream), std::move(codec)),
        frame_source<framed, C>(std::move(in)),
        frame_sink<framed, C>(std::move(out)) {}
};
template <class T, class C>
framed(T&&, C) -> framed<T, C>;

template <class T, class D>
  requires io::async_reader<std::remove_reference_t<T>> && decoder<D>
class [[nodiscard]] framed_read : public codec_over<T, D>, public frame_source<framed_read<T, D>, D> {
 public:
  explicit framed_read(T&& stream, D decoder = D())
      : framed_read(std::forward<T>(stream), std::move(decoder), frame_reading(initial_capacity)) {}
  static framed_read with_capacity(T&& stream, D decoder, std::size_t capacity) {
    return framed_read(std::forward<T>(stream), std::move(decoder), frame_reading(capacity));
  }
  D& decoder() noexcept { return this->codec_; }
  framed_parts<T, D> into_parts() && {
    return {std::forward<T>(this->inner_), std::move(this->codec_), std::move(this->reading_.bytes), buffer()};
  }
  template <class F>
  auto map_decoder(F f) && {
    return framed_read<T, std::invoke_result_t<F&, D>>(std::forward<T>(this->inner_), f(std::move(this->codec_)),
                                                       std::move(this->reading_));
  }
  // For map_decoder().
  framed_read(T&& stream, D decoder, frame_reading in)
      : codec_over<T, D>(std::forward<T>(stream), std::move(decoder)), frame_source<framed_read, D>(std::move(in)) {}
};
template <class T, class D>
framed_read(T&&, D) -> framed_read<T, D>;

template <class T, class E>
  requires io::async_writer<std::remove_reference_t<T>>
class [[nodiscard]] framed_write : public codec_over<T, E>, public frame_sink<framed_write<T, E>, E> {
 public:
  explicit framed_write(T&& stream, E encoder = E())
      : framed_write(with_capacity(std::forward<T>(stream), std::move(encoder), initial_capacity)) {}
  static framed_write with_capacity(T&& stream, E encoder, std::size_t capacity) {
    return framed_write(std::forward<T>(stream), std::move(encoder), frame_writing(buffer(capacity), capacity));
  }
  E& encoder() noexcept { return this->codec_; }
  framed_parts<T, E> into_parts() && {
    return {std::forward<T>(this->inner_), std::move(this->codec_), buffer(), std::move(this->writing_.bytes)};
  }
  template <class F>
  auto map_encoder(F f) && {
    return framed_write<T, std::invoke_result_t<F&, E>>(std::forward<T>(this->inner_), f(std::move(this->codec_)),
                                                        std::move(this->writing_));
  }
  // For map_encoder().
  framed_write(T&& stream, E encoder, frame_writing out)
      : codec_over<T, E>(std::forward<T>(stream), std::move(encoder)), frame_sink<framed_write, E>(std::move(out)) {}
};
template <class T, class E>
framed_write(T&&, E) -> framed_write<T, E>;

}  // namespace tokio::codec
