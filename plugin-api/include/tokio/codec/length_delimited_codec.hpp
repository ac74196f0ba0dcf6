// `length_delimited_codec`: frames that begin with their length. Its builder says what the header looks like:
//   | bytes before the length | the length, 1 to 8 bytes | more of the header | the frame |
//     length_field_offset       length_field_length        num_skip ends here
//   const auto two_bytes = length_delimited_codec::builder().length_field_length(2).little_endian();
//   auto frames = two_bytes.new_framed(std::move(socket));
// Invariant: a header is looked at once, when all of it is there; a limit that changes is in force from the next header
//            on. What is encoded has the length alone as its header.
// Threads: [task].
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "tokio/codec/framed.hpp"

namespace tokio::codec {

class length_delimited_codec {
 public:
  class builder;
  using item = std::string;

  // A length of four bytes, big-endian, of at most 8 MiB.
  length_delimited_codec() noexcept = default;

  std::uint64_t max_frame_length() const noexcept { return layout_.most; }
  void set_max_frame_length(std::uint64_t most) noexcept {
    layout_.most = most;
    layout_.clip();
  }

  result<std::optional<std::string>> decode(buffer& from) {
    if (!awaited_) {
      if (from.size() < layout_.head()) return std::nullopt;
      const auto length = layout_.read_head(from);
      if (!length) return std::unexpected(length.error());
      awaited_ = *length;
    }
    if (from.size() < *awaited_) {
      from.reserve(std::min(*awaited_ - from.size(), most_at_once));
      return std::nullopt;
    }
    return from.take(*std::exchange(awaited_, std::nullopt));
  }
  // An end inside of a frame or of its header is an error, and what was there of it is gone.
  result<std::optional<std::string>> decode_eof(buffer& from) {
    auto next = decode(from);
    if (next && *next) return next;
    const bool cut_off = awaited_ || !from.empty();
    awaited_.reset();
    from.clear();
    if (next && cut_off) return std::unexpected(bytes_left_over());
    return next;
  }
  result<> encode(io::byte_view frame, buffer& to) {
    const auto field = layout_.field_of(frame.size());
    if (!field) return std::unexpected(field.error());
    to.reserve(layout_.length + frame.size());
    layout_.write_head(*field, to);
    to.append(frame);
    return {};
  }

 private:
  struct layout {
    std::size_t offset = 0;
    std::size_t length = 4;
    std::int64_t adjustment = 0;
    std::optional<std::size_t> skip;
    std::uint64_t most = 8 * 1024 * 1024;
    std::endian order = std::endian::big;

    std::size_t skipped() const noexcept { return skip.value_or(offset + length); }
    std::size_t head() const noexcept { return std::max(offset + length, skip.value_or(0)); }
    // Takes the part of the header that is skipped, and says how long the frame is.
    result<std::size_t> read_head(buffer& from) const {
      std::uint64_t value = 0;
      for (std::size_t i = 0; i < length; ++i) {
        const auto at = offset + (order == std::endian::big ? i : length - 1 - i);
        value = value << 8 | std::to_integer<std::uint64_t>(from.data()[at]);
      }
      const auto frame = moved(value, adjustment >= 0);
      if (!frame) return std::unexpected(frame.error());
      if (*frame > most) return std::unexpected(error(error_kind::invalid_data, too_long));
      from.consume(skipped());
      return *frame;
    }
    // What stands in the length field of a frame of this size.
    result<std::uint64_t> field_of(std::size_t size) const {
      if (size > most) return std::unexpected(error(error_kind::invalid_input, too_long));
      return moved(size, adjustment < 0);
    }
    void write_head(std::uint64_t field, buffer& to) const {
      std::array<std::byte, 8> bytes{};
      for (std::size_t i = 0; i < length; ++i)
        bytes[order == std::endian::big ? length - 1 - i : i] = static_cast<std::byte>(field >> (8 * i) & 0xFF);
      to.append(io::byte_view(bytes.data(), length));
    }
    // No limit that the field cannot reach.
    void clip() noexcept {
      constexpr auto largest = std::numeric_limits<std::uint64_t>::max();
      const auto field = length == 8 ? largest : (std::uint64_t{1} << (8 * length)) - 1;
      const auto by = distance();
      const auto reached = adjustment < 0 ? field - std::min(field, by) : field + std::min(by, largest - field);
      most = std::min(most, reached);
    }

   private:
    std::uint64_t distance() const noexcept {
      const auto bits = static_cast<std::uint64_t>(adjustment);
      return adjustment < 0 ? std::uint64_t{0} - bits : bits;
    }
    result<std::uint64_t> moved(std::uint64_t value, bool up) const noexcept {
      const auto by = distance();
      const bool fits = up ? by <= std::numeric_limits<std::uint64_t>::max() - value : by <= value;
      if (!fits) return std::unexpected(error(error_kind::invalid_input, overflows));
      return up ? value + by : value - by;
    }
    static constexpr const char* too_long = "the frame is longer than the limit";
    static constexpr const char* overflows = "the length of the frame would overflow after its adjustment";
  };

  // What a header announces is not believed for more than this: the buffer grows with what comes.
  static constexpr std::size_t most_at_once = 1024 * 1024;

  explicit length_delimited_codec(const layout& from) noexcept : layout_(from) { layout_.clip(); }

  layout layout_;
  std::optional<std::size_t> awaited_;  // a header was read, and its frame has so many bytes
};

class length_delimited_codec::builder {
 public:
  builder& big_endian() noexcept { return order(std::endian::big); }
  builder& little_endian() noexcept { return order(std::endian::little); }
  builder& native_endian() noexcept { return order(std::endian::native); }
  // Of the frame, in both directions: after the adjustment. No more than the field can say.
  builder& max_frame_length(std::uint64_t most) noexcept { return layout_.most = most, *this; }
  // The length is as wide as this type of integer.
  template <std::unsigned_integral T>
  builder& length_field_type() noexcept {
    return layout_.length = sizeof(T), *this;
  }
  builder& length_field_length(std::size_t bytes, call_site at = call_site::current()) {
    if (bytes < 1 || bytes > 8) panic("length_delimited_codec: a length field has 1 to 8 bytes", at);
    return layout_.length = bytes, *this;
  }
  // Bytes of the header before the length.
  builder& length_field_offset(std::size_t bytes) noexcept { return layout_.offset = bytes, *this; }
  // The frame has so many bytes more than its header says.
  builder& length_adjustment(std::int64_t bytes) noexcept { return layout_.adjustment = bytes, *this; }
  // Bytes that do not belong to what decode() gives; without it, all up to the end of the length.
  builder& num_skip(std::size_t bytes) noexcept { return layout_.skip = bytes, *this; }

  std::uint64_t max_frame_length() const noexcept { return layout_.most; }
  std::size_t length_field_length() const noexcept { return layout_.length; }
  std::size_t length_field_offset() const noexcept { return layout_.offset; }
  std::int64_t length_adjustment() const noexcept { return layout_.adjustment; }
  std::size_t num_skip() const noexcept { return layout_.skipped(); }

  length_delimited_codec new_codec() const noexcept { return length_delimited_codec(layout_); }
  template <class T>
  framed_read<T, length_delimited_codec> new_read(T&& from) const {
    return framed_read<T, length_delimited_codec>(std::forward<T>(from), new_codec());
  }
  template <class T>
  framed_write<T, length_delimited_codec> new_write(T&& to) const {
    return framed_write<T, length_delimited_codec>(std::forward<T>(to), new_codec());
  }
  template <class T>
  framed<T, length_delimited_codec> new_framed(T&& stream) const {
    return framed<T, length_delimited_codec>(std::forward<T>(stream), new_codec());
  }

 private:
  builder& order(std::endian order) noexcept { return layout_.order = order, *this; }
  layout layout_;
};

}  // namespace tokio::codec
