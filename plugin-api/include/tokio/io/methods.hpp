// The helpers of read.hpp and write.hpp as members, for streams that derive from these: `co_await stream.read_u32()`.
// Threads: as the helpers.
#pragma once

#include <cstdint>
#include <utility>

#include "tokio/io/read.hpp"
#include "tokio/io/write.hpp"

namespace tokio::io {

// Of chain.hpp and take.hpp.
template <class A, class B>
class chain_reader;
template <class R>
class take_reader;

template <class Self>
class reader_methods {
 public:
  auto read(byte_span into) noexcept { return io::read(self(), into); }
  auto read_buf(io::read_buf& into) noexcept { return io::read_into(self(), into); }
  template <byte_buffer B>
  auto read_buf(B& into) noexcept {
    return io::read_into(self(), into);
  }
  auto read_exact(byte_span into) noexcept { return io::read_exact(self(), into); }
  template <byte_buffer B>
  auto read_to_end(B& into, std::size_t limit = no_limit) noexcept {
    return io::read_to_end(self(), into, limit);
  }
  auto read_to_string(std::string& into, std::size_t limit = no_limit) noexcept {
    return io::read_to_string(self(), into, limit);
  }
  // This stream and behind its end the other one.
  template <class B>
  chain_reader<Self, B> chain(B other) && {
    return {std::move(self()), std::move(other)};
  }
  // The first `limit` bytes.
  take_reader<Self> take(std::uint64_t limit) && { return {std::move(self()), limit}; }
  auto read_u8() noexcept { return number<std::uint8_t>(); }
  auto read_i8() noexcept { return number<std::int8_t>(); }
  auto read_u16() noexcept { return number<std::uint16_t>(); }
  auto read_i16() noexcept { return number<std::int16_t>(); }
  auto read_u32() noexcept { return number<std::uint32_t>(); }
  auto read_i32() noexcept { return number<std::int32_t>(); }
  auto read_u64() noexcept { return number<std::uint64_t>(); }
  auto read_i64() noexcept { return number<std::int64_t>(); }
  auto read_f32() noexcept { return number<float>(); }
  auto read_f64() noexcept { return number<double>(); }
  auto read_u16_le() noexcept { return number<std::uint16_t, std::endian::little>(); }
  auto read_i16_le() noexcept { return number<std::int16_t, std::endian::little>(); }
  auto read_u32_le() noexcept { return number<std::uint32_t, std::endian::little>(); }
  auto read_i32_le() noexcept { return number<std::int32_t, std::endian::little>(); }
  auto read_u64_le() noexcept { return number<std::uint64_t, std::endian::little>(); }
  auto read_i64_le() noexcept { return number<std::int64_t, std::endian::little>(); }
  auto read_f32_le() noexcept { return number<float, std::endian::little>(); }
  auto read_f64_le() noexcept { return number<double, std::endian::little>(); }

 protected:
  reader_methods() = default;

 private:
  Self& self() noexcept { return static_cast<Self&>(*this); }
  template <class T, std::endian Order = std::endian::big>
  auto number() noexcept {
    return io::read_number<T, Order>(self());
  }
};

template <class Self>
class writer_methods {
 public:
  auto write(byte_view from) noexcept { return io::write(self(), from); }
  auto write_vectored(std::span<const byte_view> from) noexcept { return io::write_vectored(self(), from); }
  auto write_all(byte_view from) noexcept { return io::write_all(self(), from); }
  auto write_all_buf(byte_view& rest) noexcept { return io::write_all_buf(self(), rest); }
  auto write_all_vectored(std::span<byte_view> rest) noexcept { return io::write_all_vectored(self(), rest); }
  auto flush() noexcept { return io::flush(self()); }
  auto shutdown() noexcept { return io::shutdown(self()); }
  auto write_u8(std::uint8_t value) noexcept { return number(value); }
  auto write_i8(std::int8_t value) noexcept { return number(value); }
  auto write_u16(std::uint16_t value) noexcept { return number(value); }
  auto write_i16(std::int16_t value) noexcept { return number(value); }
  auto write_u32(std::uint32_t value) noexcept { return number(value); }
  auto write_i32(std::int32_t value) noexcept { return number(value); }
  auto write_u64(std::uint64_t value) noexcept { return number(value); }
  auto write_i64(std::int64_t value) noexcept { return number(value); }
  auto write_f32(float value) noexcept { return number(value); }
  auto write_f64(double value) noexcept { return number(value); }
  auto write_u16_le(std::uint16_t value) noexcept { return number<std::endian::little>(value); }
  auto write_i16_le(std::int16_t value) noexcept { return number<std::endian::little>(value); }
  auto write_u32_le(std::uint32_t value) noexcept { return number<std::endian::little>(value); }
  auto write_i32_le(std::int32_t value) noexcept { return number<std::endian::little>(value); }
  auto write_u64_le(std::uint64_t value) noexcept { return number<std::endian::little>(value); }
  auto write_i64_le(std::int64_t value) noexcept { return number<std::endian::little>(value); }
  auto write_f32_le(float value) noexcept { return number<std::endian::little>(value); }
  auto write_f64_le(double value) noexcept { return number<std::endian::little>(value); }

 protected:
  writer_methods() = default;

 private:
  Self& self() noexcept { return static_cast<Self&>(*this); }
  template <std::endian Order = std::endian::big, class T>
  auto number(T value) noexcept {
    return io::write_number<Order>(self(), value);
  }
};

}  // namespace tokio::io
