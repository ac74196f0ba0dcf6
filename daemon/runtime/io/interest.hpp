// What a caller waits for, and what the kernel says: readiness as a set of bits, and how it maps to epoll's.
// Threads: values.
#pragma once
#include <cstdint>

namespace tokiod::io {

// The two halves of a descriptor; each has at most one poller.
enum class direction : std::uint8_t { read = 0, write = 1 };

// A set. `closed` is the end of the direction (the peer's FIN, a hang-up): nothing new will come after what is there.
// `gone` is the end of the reactor: no event will ever come again. Whoever looks for anything sees it, nobody clears
// it.
enum class ready : std::uint8_t {
  none = 0,
  readable = 1,
  writable = 2,
  closed = 4,
  error = 8,
  priority = 16,
  gone = 32,
};
[[nodiscard]] constexpr ready operator|(ready a, ready b) {
  return static_cast<ready>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
[[nodiscard]] constexpr ready operator&(ready a, ready b) {
  return static_cast<ready>(static_cast<unsigned>(a) & static_cast<unsigned>(b));
}
[[nodiscard]] constexpr ready without(ready a, ready b) {
  return static_cast<ready>(static_cast<unsigned>(a) & ~static_cast<unsigned>(b));
}
[[nodiscard]] constexpr bool any(ready set) { return set != ready::none; }

// What ends the wait of somebody who wants to read, or to write.
[[nodiscard]] constexpr ready wanted_by(direction d) {
  return (d == direction::read ? ready::readable : ready::writable) | ready::closed | ready::error;
}

// What a descriptor is registered for. Sockets take both; priority (out-of-band data, some device files) is for adopted
// descriptors that ask for it.
// `message` says what it is: an error is of one datagram, and ends nothing.
enum class interest : std::uint8_t { read = 1, write = 2, both = 3, priority = 4, all = 7, message = 8 };
[[nodiscard]] constexpr bool has(interest set, interest one) {
  return (static_cast<unsigned>(set) & static_cast<unsigned>(one)) != 0;
}
[[nodiscard]] constexpr interest operator|(interest a, interest b) {
  return static_cast<interest>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}

[[nodiscard]] constexpr interest of_kind(interest set, bool message) { return message ? set | interest::message : set; }

[[nodiscard]] std::uint32_t to_epoll(interest set);  // edge-triggered
// The part of an event that concerns `d`.
[[nodiscard]] ready from_epoll(std::uint32_t events, direction d, bool message = false);

}  // namespace tokiod::io
