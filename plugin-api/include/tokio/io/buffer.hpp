// Bytes that somebody else owns: `byte_view` to read from, `byte_span` to write into. Both come from anything whose
// elements lie side by side and are bytes: string, string_view, vector, array, span.
// Threads: plain values.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <span>
#include <string_view>
#include <type_traits>

namespace tokio::io {

template <class T>
concept byte_like = std::same_as<std::remove_cv_t<T>, std::byte> || std::same_as<std::remove_cv_t<T>, char> ||
                    std::same_as<std::remove_cv_t<T>, unsigned char> || std::same_as<std::remove_cv_t<T>, char8_t>;

template <class R>
concept byte_range = std::ranges::contiguous_range<R> && std::ranges::sized_range<R> &&
                     byte_like<std::remove_reference_t<std::ranges::range_reference_t<R>>>;

class byte_view : public std::span<const std::byte> {
 public:
  constexpr byte_view() noexcept = default;
  constexpr byte_view(std::span<const std::byte> bytes) noexcept : span(bytes) {}
  byte_view(std::string_view text) noexcept : byte_view(text.data(), text.size()) {}
  // A literal, without its terminating zero.
  byte_view(const char* text) noexcept : byte_view(std::string_view(text)) {}
  byte_view(const void* at, std::size_t n) noexcept : span(static_cast<const std::byte*>(at), n) {}
  template <byte_range R>
    requires(!std::is_array_v<std::remove_cvref_t<R>> &&
             !std::derived_from<std::remove_cvref_t<R>, std::span<const std::byte>>)
  byte_view(R&& bytes) noexcept : byte_view(std::ranges::data(bytes), std::ranges::size(bytes)) {}
  // Is it text with a zero at its end, or a whole array? Say so: std::string_view(a), or std::span(a).
  template <std::size_t N>
  byte_view(char (&)[N]) = delete;

  std::string_view text() const noexcept { return {reinterpret_cast<const char*>(data()), size()}; }
};

class byte_span : public std::span<std::byte> {
 public:
  constexpr byte_span() noexcept = default;
  constexpr byte_span(std::span<std::byte> bytes) noexcept : span(bytes) {}
  byte_span(void* at, std::size_t n) noexcept : span(static_cast<std::byte*>(at), n) {}
  template <byte_range R>
    requires(!std::is_const_v<std::remove_reference_t<std::ranges::range_reference_t<R>>> &&
             !std::derived_from<std::remove_cvref_t<R>, std::span<std::byte>>)
  byte_span(R&& bytes) noexcept : byte_span(std::ranges::data(bytes), std::ranges::size(bytes)) {}
};

// A container that helpers append to: std::string, std::vector<char>, std::vector<std::byte> ...
template <class B>
concept byte_buffer = byte_range<B> && requires(B& buffer, std::size_t n) {
  buffer.resize(n);
  { buffer.capacity() } -> std::convertible_to<std::size_t>;
};

template <byte_buffer B>
void append(B& to, byte_view bytes) {
  const auto* first = reinterpret_cast<const std::ranges::range_value_t<B>*>(bytes.data());
  to.insert(to.end(), first, first + bytes.size());
}

}  // namespace tokio::io
