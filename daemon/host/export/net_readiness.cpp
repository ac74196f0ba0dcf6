// tokio.net/1: readiness of adopted descriptors.
#include "host/export/net_calls.hpp"

namespace tokiod::host::net {
namespace {

io::ready to_ready(std::uint32_t mask) {
  auto set = io::ready::none;
  if ((mask & TOKIO_READY_READ) != 0) set = set | io::ready::readable;
  if ((mask & TOKIO_READY_WRITE) != 0) set = set | io::ready::writable;
  if ((mask & TOKIO_READY_HUP) != 0) set = set | io::ready::closed;
  if ((mask & TOKIO_READY_ERROR) != 0) set = set | io::ready::error;
  if ((mask & TOKIO_READY_PRI) != 0) set = set | io::ready::priority;
  return set;
}

std::uint32_t from_ready(io::ready set) {
  const auto has = [&](io::ready one, std::uint32_t bit) { return io::any(set & one) ? bit : 0u; };
  return has(io::ready::readable, TOKIO_READY_READ) | has(io::ready::writable, TOKIO_READY_WRITE) |
         has(io::ready::closed, TOKIO_READY_HUP) | has(io::ready::error, TOKIO_READY_ERROR) |
         has(io::ready::priority, TOKIO_READY_PRI);
}

constexpr std::uint32_t all_ready =
    TOKIO_READY_READ | TOKIO_READY_WRITE | TOKIO_READY_HUP | TOKIO_READY_ERROR | TOKIO_READY_PRI;

std::uint32_t ready_of(tokio_io& handle, tokio_cx* cx, direction d, io::ready wanted) {
  auto& seen = handle.seen[static_cast<unsigned>(d)];
  seen = cx != nullptr ? handle.source->poll_ready(d, wanted, key_of(cx->waker)) : handle.source->look(d, wanted);
  return from_ready(seen.bits);
}

}  // namespace

tokio_res poll_ready(tokio_io* handle, tokio_cx* cx, uint32_t interest) noexcept {
  if (owner_of(handle) == nullptr) return closed_handle();
  if (interest == 0 || (interest & ~all_ready) != 0)
    return fail(TOKIO_EINVAL, "poll_ready takes a set of TOKIO_READY_*, got ", interest);
  if (cx != nullptr && !tokio_coop(cx)) return TOKIO_PENDING;
  std::uint32_t mask = 0;
  if ((interest & ~TOKIO_READY_WRITE) != 0) {
    auto wanted = to_ready(interest & ~TOKIO_READY_WRITE);
    if ((interest & TOKIO_READY_READ) != 0) wanted = wanted | io::wanted_by(direction::read);
    mask |= ready_of(*handle, cx, direction::read, wanted);
  }
  if ((interest & TOKIO_READY_WRITE) != 0)
    mask |= ready_of(*handle, cx, direction::write, io::wanted_by(direction::write));
  if (mask == 0 && cx != nullptr) tokio_coop_restore(cx);
  return mask != 0 ? static_cast<tokio_res>(mask) : TOKIO_PENDING;
}

void clear_ready(tokio_io* handle, uint32_t mask) noexcept {
  if (owner_of(handle) == nullptr) return;
  const auto which = to_ready(mask & all_ready);
  handle->source->clear(direction::read, handle->seen[0], io::without(which, io::ready::writable));
  handle->source->clear(direction::write, handle->seen[1], io::without(which, io::ready::readable));
}

}  // namespace tokiod::host::net
