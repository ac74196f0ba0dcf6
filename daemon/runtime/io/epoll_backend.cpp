#include "runtime/io/epoll_backend.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <ctime>

#include "base/policy.hpp"

namespace tokiod::io {
namespace {

// Where other sources have {generation, index}: indexes that no table reaches.
constexpr std::uint64_t wake_mark = UINT64_MAX;
constexpr std::uint64_t adopted_mark = UINT64_MAX - 1;
// Beside the generation, which is shorter.
constexpr std::uint64_t message_mark = std::uint64_t{1} << 63;
static_assert(real_policy::source_generation_bits < 31);

std::uint64_t pack(token about, interest what) {
  const std::uint64_t packed = std::uint64_t{about.generation} << 32 | about.index;
  return has(what, interest::message) ? packed | message_mark : packed;
}
kernel_event unpack(std::uint64_t data, std::uint32_t events) {
  const bool message = (data & message_mark) != 0;
  const std::uint64_t about = data & ~message_mark;
  return {{static_cast<std::uint32_t>(about), static_cast<std::uint32_t>(about >> 32)},
          from_epoll(events, direction::read, message),
          from_epoll(events, direction::write, message)};
}

result<void> control(int epoll, int fd, std::uint32_t events, std::uint64_t data) {
  epoll_event what{};
  what.events = events;
  what.data.u64 = data;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &what) < 0) return std::unexpected(error::last("epoll_ctl"));
  return {};
}

int whole_milliseconds(duration_ns timeout) {
  if (timeout == never) return -1;
  const duration_ns rounded_up = timeout / millisecond + (timeout % millisecond != 0 ? 1 : 0);
  return static_cast<int>(std::min<duration_ns>(rounded_up, INT_MAX));
}

}  // namespace

result<std::unique_ptr<epoll_backend>> epoll_backend::create(precision wanted) {
  unique_fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return std::unexpected(error::last("epoll_create1"));
  auto wake = make_eventfd();
  if (!wake) return std::unexpected(wake.error());
  if (auto added = control(epoll.get(), wake->get(), EPOLLIN | EPOLLET, wake_mark); !added)
    return std::unexpected(added.error());
  return std::unique_ptr<epoll_backend>(new epoll_backend(std::move(epoll), std::move(*wake), wanted));
}

result<void> epoll_backend::add(int fd, interest what, token about) {
  return control(epoll_.get(), fd, to_epoll(what), pack(about, what));
}

void epoll_backend::remove(int fd) {
  epoll_event unused{};
  // EBADF and ENOENT: it was closed first, and the kernel forgot it then.
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, &unused);
}

// epoll_pwait2 came with Linux 5.11; an older kernel says ENOSYS, an older seccomp filter EPERM.
int epoll_backend::wait_for_events(std::span<epoll_event> into, duration_ns timeout) {
  const int room = static_cast<int>(into.size());
  // Relaxed: whoever misses the news asks the kernel once more.
  if (timeout != 0 && timeout != never && precision_.load(relaxed) == precision::nanoseconds) {
    const timespec limit{static_cast<time_t>(timeout / second), static_cast<long>(timeout % second)};
    const int n = ::epoll_pwait2(epoll_.get(), into.data(), room, &limit, nullptr);
    if (n >= 0 || (errno != ENOSYS && errno != EPERM)) return n;
    precision_.store(precision::milliseconds, relaxed);
  }
  return ::epoll_wait(epoll_.get(), into.data(), room, whole_milliseconds(timeout));
}

result<waited> epoll_backend::wait(std::span<kernel_event> into, duration_ns timeout) {
  std::array<epoll_event, most_events_per_wait> raw;
  const int n = wait_for_events(std::span(raw).first(into.size()), timeout);
  if (n < 0 && errno == EINTR) return waited{};
  if (n < 0) return std::unexpected(error::last("epoll_wait"));
  waited got;
  for (const epoll_event& e : std::span(raw).first(static_cast<std::size_t>(n))) {
    if (e.data.u64 == wake_mark) {
      got.woken = true;
    } else if (e.data.u64 == adopted_mark) {
      got.adopted = true;
    } else {
      into[got.events++] = unpack(e.data.u64, e.events);
    }
  }
  return got;
}

void epoll_backend::wake() {
  const std::uint64_t one = 1;
  // EAGAIN would mean 2^64 - 2 wake-ups that nobody ever read; there is nothing else that can fail here.
  [[maybe_unused]] const auto written = retry_eintr([&] { return ::write(wake_.get(), &one, sizeof one); });
}

result<void> epoll_backend::adopt(int other_pollable) {
  return control(epoll_.get(), other_pollable, EPOLLIN, adopted_mark);
}

void epoll_backend::abandon(int other_pollable) { remove(other_pollable); }

}  // namespace tokiod::io
