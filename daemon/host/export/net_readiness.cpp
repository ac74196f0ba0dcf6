// tokio.net/1: readiness, of adopted descriptors and for any number of tasks.
#include <iterator>

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

constexpr std::uint32_t wait_interest = TOKIO_READY_READ | TOKIO_READY_WRITE | TOKIO_READY_PRI | TOKIO_READY_ERROR;
constexpr direction directions[] = {direction::read, direction::write};

// What of one direction ends a wait for `interest`.
io::ready wanted_of(std::uint32_t interest, direction d) {
  auto wanted = to_ready(interest & (TOKIO_READY_PRI | TOKIO_READY_ERROR));
  if (d == direction::write) wanted = wanted & io::ready::error;
  if (d == direction::read && (interest & TOKIO_READY_PRI) != 0) wanted = wanted | io::ready::closed;
  const bool asked = (interest & (d == direction::read ? TOKIO_READY_READ : TOKIO_READY_WRITE)) != 0;
  return asked ? wanted | io::wanted_by(d) : wanted;
}

std::uint32_t told_of(io::ready set, direction d) {
  const auto mask = from_ready(set);
  if (d == direction::read || (mask & TOKIO_READY_HUP) == 0) return mask;
  return (mask & ~TOKIO_READY_HUP) | TOKIO_READY_WRITE_CLOSED;
}

result<io::readiness> look_or_wait(tokio_io& handle, tokio_cx* cx, direction d, io::ready wanted, tokio_wait& wait) {
  auto& source = *handle.source;
  if (cx == nullptr) return source.look(d, wanted);
  if ((wait.flags & TOKIO_WAIT_ALONE) != 0) return source.poll_ready(d, wanted, key_of(cx->waker));
  for (;;) {
    const auto tenant = source.tenant(d);  // before the owner: who is not there any more had left it
    if (owner_of(&handle) == nullptr) return std::unexpected(error{EBADF, "the socket was closed before"});
    auto got =
        source.home().wait_beside(source, d, tenant, wanted, key_of(cx->waker), wait.seat[static_cast<std::size_t>(d)]);
    if (got || got.error().code != ESTALE) return got;  // else it is closed or renewed
  }
}

void leave(tokio_io& handle, tokio_wait& wait) {
  for (const auto d : directions)
    handle.source->home().leave(*handle.source, d, wait.seat[static_cast<std::size_t>(d)]);
}

// Both directions, as far as they are asked for; the bits that are ready, or a negative status.
tokio_res wait_for(tokio_io& handle, tokio_cx* cx, std::uint32_t interest, tokio_wait& wait) {
  std::uint32_t mask = 0;
  for (const auto d : directions) {
    auto& seen = wait.seen[static_cast<std::size_t>(d)];
    seen = 0;
    const auto wanted = wanted_of(interest, d);
    if (!io::any(wanted)) continue;
    const auto got = look_or_wait(handle, cx, d, wanted, wait);
    if (!got && got.error().code == EDQUOT)
      return fail(TOKIO_EQUOTA, io::most_seats, " tasks may wait for one direction of a socket, and they do");
    if (!got) return fail(got.error());
    if (!*got) continue;
    if (io::any(got->bits & io::ready::gone)) return runtime_gone();
    seen = got->word;
    mask |= told_of(got->bits, d);
  }
  return static_cast<tokio_res>(mask);
}

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
  if (io::any((handle->seen[0].bits | handle->seen[1].bits) & io::ready::gone)) return runtime_gone();
  if (mask == 0 && cx != nullptr) tokio_coop_restore(cx);
  return mask != 0 ? static_cast<tokio_res>(mask) : TOKIO_PENDING;
}

void clear_ready(tokio_io* handle, uint32_t mask) noexcept {
  if (owner_of(handle) == nullptr) return;
  const auto which = to_ready(mask & all_ready);
  handle->source->clear(direction::read, handle->seen[0], io::without(which, io::ready::writable));
  handle->source->clear(direction::write, handle->seen[1], io::without(which, io::ready::readable));
}

tokio_res poll_wait(tokio_io* handle, tokio_cx* cx, uint32_t interest, tokio_wait* wait) noexcept {
  if (owner_of(handle) == nullptr) return closed_handle();
  if (wait == nullptr || (wait->flags & ~TOKIO_WAIT_ALONE) != 0)
    return fail(TOKIO_EINVAL, "poll_wait: a null pointer, or tokio_wait.flags has unknown bits");
  if (interest == 0 || (interest & ~wait_interest) != 0)
    return fail(TOKIO_EINVAL, "poll_wait takes a set of TOKIO_READY_READ, WRITE, PRI and ERROR, got ", interest);
  if (cx != nullptr && !tokio_coop(cx)) return TOKIO_PENDING;
  const auto got = [&] {
    const sched::host_entry inside;
    return wait_for(*handle, cx, interest, *wait);
  }();
  if (got == 0) {
    if (cx != nullptr) tokio_coop_restore(cx);
    return TOKIO_PENDING;
  }
  leave(*handle, *wait);  // the seat in the direction that is not ready
  if (got < 0) return got;
  wait->ready = static_cast<std::uint32_t>(got);
  return TOKIO_OK;
}

void leave_wait(tokio_io* handle, tokio_wait* wait) noexcept {
  if (owner_of(handle) != nullptr && wait != nullptr) leave(*handle, *wait);
}

void clear_wait(tokio_io* handle, const tokio_wait* wait, uint32_t mask) noexcept {
  if (owner_of(handle) == nullptr || wait == nullptr) return;
  const auto both = mask & (TOKIO_READY_ERROR | TOKIO_READY_PRI);
  const std::uint32_t of_read = both | (mask & (TOKIO_READY_READ | TOKIO_READY_READ_CLOSED));
  const std::uint32_t of_write =
      both | (mask & TOKIO_READY_WRITE) | ((mask & TOKIO_READY_WRITE_CLOSED) != 0 ? TOKIO_READY_HUP : 0u);
  const std::uint32_t which[] = {of_read, of_write};
  for (std::size_t i = 0; i < std::size(which); ++i)
    if (wait->seen[i] != 0) handle->source->clear(directions[i], {.word = wait->seen[i]}, to_ready(which[i]));
}

}  // namespace tokiod::host::net
