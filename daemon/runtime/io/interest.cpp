#include "runtime/io/interest.hpp"

#include <sys/epoll.h>

namespace tokiod::io {
namespace {

struct translation {
  std::uint32_t event;
  direction half;
  ready bits;
};

// RDHUP and HUP end the direction but not what is buffered in it: the system call tells when that is used up.
constexpr translation translations[] = {
    {EPOLLIN, direction::read, ready::readable},  {EPOLLRDHUP, direction::read, ready::closed},
    {EPOLLHUP, direction::read, ready::closed},   {EPOLLERR, direction::read, ready::error},
    {EPOLLPRI, direction::read, ready::priority}, {EPOLLOUT, direction::write, ready::writable},
    {EPOLLHUP, direction::write, ready::closed},  {EPOLLERR, direction::write, ready::error},
};

}  // namespace

std::uint32_t to_epoll(interest set) {
  std::uint32_t events = EPOLLET;  // HUP and ERR come unasked
  if (has(set, interest::read)) events |= EPOLLIN | EPOLLRDHUP;
  if (has(set, interest::write)) events |= EPOLLOUT;
  if (has(set, interest::priority)) events |= EPOLLPRI;
  return events;
}

ready from_epoll(std::uint32_t events, direction d, bool message) {
  ready bits = ready::none;
  for (const translation& t : translations)
    if (t.half == d && (events & t.event) != 0) bits = bits | t.bits;
  // The end of a pipe, and of a connection that was reset: writing goes nowhere.
  const bool broken = (events & EPOLLERR) != 0 && ((events & EPOLLOUT) != 0 || events == EPOLLERR);
  if (d == direction::write && broken && !message) bits = bits | ready::closed;
  return bits;
}

}  // namespace tokiod::io
