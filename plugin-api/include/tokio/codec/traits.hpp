// What a codec is. A decoder makes items of bytes, an encoder bytes of items; a type may be both.
//   struct words {
//     using item = std::string;
//     result<std::optional<std::string>> decode(codec::buffer& from);   // none: more bytes are needed
//     result<> encode(std::string_view word, codec::buffer& to);        // appends
//   };
// decode() takes what it used off the front of the buffer, and is called again until it gives none. At the end of the
// stream decode_eof() is called instead, again and again until it gives none; a decoder without one is an error when
// bytes are left over. A codec that fails in ways of its own names them as error_type, made from tokio::error.
// Threads: [task].
#pragma once

#include <concepts>
#include <expected>
#include <optional>
#include <utility>

#include "tokio/codec/buffer.hpp"
#include "tokio/core/error.hpp"

namespace tokio::codec {

template <class C>
struct error_of {
  using type = error;
};
template <class C>
  requires requires { typename C::error_type; }
struct error_of<C> {
  using type = typename C::error_type;
};
template <class C>
using codec_error = typename error_of<C>::type;

template <class D>
using decoded = std::expected<std::optional<typename D::item>, codec_error<D>>;

template <class D>
concept decoder = std::constructible_from<codec_error<D>, error> && requires(D& by, buffer& from) {
  typename D::item;
  { by.decode(from) } -> std::same_as<decoded<D>>;
};
template <class D>
concept decodes_eof = decoder<D> && requires(D& by, buffer& from) {
  { by.decode_eof(from) } -> std::same_as<decoded<D>>;
};
template <class E, class T>
concept encoder = std::constructible_from<codec_error<E>, error> && requires(E& by, T&& value, buffer& to) {
  { by.encode(std::forward<T>(value), to) } -> std::same_as<std::expected<void, codec_error<E>>>;
};

inline error bytes_left_over() noexcept { return {error_kind::other, "bytes remaining on stream"}; }

// The next item after the end of the stream.
template <decoder D>
decoded<D> decode_eof(D& by, buffer& from) {
  if constexpr (decodes_eof<D>) {
    return by.decode_eof(from);
  } else {
    auto next = by.decode(from);
    if (!next || *next || from.empty()) return next;
    return decoded<D>(std::unexpect, bytes_left_over());
  }
}

}  // namespace tokio::codec
