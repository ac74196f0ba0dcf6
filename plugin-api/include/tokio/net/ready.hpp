// `interest`: what somebody waits for, never nothing. `ready`: what a descriptor is ready for, perhaps nothing.
//   interest::readable() | interest::priority()      ready::readable() | ready::read_closed()
// Threads: plain values.
#pragma once

#include <cstdint>
#include <optional>

#include "tokio/abi/net.h"

namespace tokio::net {

class interest {
 public:
  static constexpr interest readable() noexcept { return interest(TOKIO_READY_READ); }
  static constexpr interest writable() noexcept { return interest(TOKIO_READY_WRITE); }
  // Out-of-band data of a TCP stream, and what some devices call so.
  static constexpr interest priority() noexcept { return interest(TOKIO_READY_PRI); }
  // Errors only, such as those of a socket's error queue.
  static constexpr interest error() noexcept { return interest(TOKIO_READY_ERROR); }

  constexpr bool is_readable() const noexcept { return has(TOKIO_READY_READ); }
  constexpr bool is_writable() const noexcept { return has(TOKIO_READY_WRITE); }
  constexpr bool is_priority() const noexcept { return has(TOKIO_READY_PRI); }
  constexpr bool is_error() const noexcept { return has(TOKIO_READY_ERROR); }
  constexpr interest add(interest other) const noexcept { return interest(mask_ | other.mask_); }
  // Nothing when nothing is left.
  constexpr std::optional<interest> remove(interest other) const noexcept {
    const auto left = mask_ & ~other.mask_;
    return left == 0 ? std::nullopt : std::optional(interest(left));
  }
  constexpr std::uint32_t raw() const noexcept { return mask_; }
  friend constexpr interest operator|(interest a, interest b) noexcept { return a.add(b); }
  constexpr interest& operator|=(interest other) noexcept { return *this = add(other); }
  friend constexpr bool operator==(interest, interest) noexcept = default;

 private:
  explicit constexpr interest(std::uint32_t mask) noexcept : mask_(mask) {}
  constexpr bool has(std::uint32_t bit) const noexcept { return (mask_ & bit) != 0; }
  std::uint32_t mask_;
};

class ready {
 public:
  constexpr ready() noexcept = default;
  explicit constexpr ready(std::uint32_t mask) noexcept : mask_(mask & everything) {}
  static constexpr ready empty() noexcept { return ready(); }
  static constexpr ready all() noexcept { return ready(everything); }
  static constexpr ready readable() noexcept { return ready(TOKIO_READY_READ); }
  static constexpr ready writable() noexcept { return ready(TOKIO_READY_WRITE); }
  // The peer sends no more; what it has sent may still be there to read.
  static constexpr ready read_closed() noexcept { return ready(TOKIO_READY_READ_CLOSED); }
  // Nobody takes what is written.
  static constexpr ready write_closed() noexcept { return ready(TOKIO_READY_WRITE_CLOSED); }
  static constexpr ready priority() noexcept { return ready(TOKIO_READY_PRI); }
  static constexpr ready error() noexcept { return ready(TOKIO_READY_ERROR); }
  // What a wait for `what` may end with.
  static constexpr ready from_interest(interest what) noexcept {
    ready set;
    if (what.is_readable()) set |= readable() | read_closed();
    if (what.is_writable()) set |= writable() | write_closed();
    if (what.is_priority()) set |= priority() | read_closed();
    if (what.is_error()) set |= error();
    return set;
  }

  // A read does not wait: there are bytes, or it says that there are no more.
  constexpr bool is_readable() const noexcept { return has(TOKIO_READY_READ) || is_read_closed(); }
  constexpr bool is_writable() const noexcept { return has(TOKIO_READY_WRITE) || is_write_closed(); }
  constexpr bool is_read_closed() const noexcept { return has(TOKIO_READY_READ_CLOSED); }
  constexpr bool is_write_closed() const noexcept { return has(TOKIO_READY_WRITE_CLOSED); }
  constexpr bool is_priority() const noexcept { return has(TOKIO_READY_PRI); }
  constexpr bool is_error() const noexcept { return has(TOKIO_READY_ERROR); }
  constexpr bool is_empty() const noexcept { return mask_ == 0; }
  constexpr bool contains(ready other) const noexcept { return (mask_ & other.mask_) == other.mask_; }
  constexpr bool intersects(ready other) const noexcept { return (mask_ & other.mask_) != 0; }
  constexpr std::uint32_t raw() const noexcept { return mask_; }

  friend constexpr ready operator|(ready a, ready b) noexcept { return ready(a.mask_ | b.mask_); }
  friend constexpr ready operator&(ready a, ready b) noexcept { return ready(a.mask_ & b.mask_); }
  friend constexpr ready operator-(ready a, ready b) noexcept { return ready(a.mask_ & ~b.mask_); }
  constexpr ready& operator|=(ready other) noexcept { return *this = *this | other; }
  constexpr ready& operator&=(ready other) noexcept { return *this = *this & other; }
  constexpr ready& operator-=(ready other) noexcept { return *this = *this - other; }
  friend constexpr bool operator==(ready, ready) noexcept = default;

 private:
  static constexpr std::uint32_t everything = TOKIO_READY_READ | TOKIO_READY_WRITE | TOKIO_READY_READ_CLOSED |
                                              TOKIO_READY_ERROR | TOKIO_READY_PRI | TOKIO_READY_WRITE_CLOSED;
  constexpr bool has(std::uint32_t bit) const noexcept { return (mask_ & bit) != 0; }
  std::uint32_t mask_ = 0;
};

}  // namespace tokio::net
