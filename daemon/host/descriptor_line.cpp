#include "host/descriptor_line.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace tokiod::host {

// Asked for each time, because it may be changed while we run (prlimit).
descriptor_line::bounds descriptor_line::now() const {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);  // cannot fail with these arguments
  const auto limit = static_cast<std::int64_t>(std::min<rlim_t>(files.rlim_cur, INT_MAX));
  const auto kept = std::min<std::int64_t>(kept_, limit / 4);
  return {limit, limit - kept, limit - 2 * kept};
}

int descriptor_line::keep(int fd) {
  if (fd < 0) return fd == -EMFILE ? refuse() : fd;
  const auto is = now();
  if (fd < is.near_from) return fd;
  near_.store(true, relaxed);
  if (fd < is.line) return fd;
  unique_fd(fd).reset();
  return refuse();
}

bool descriptor_line::room(int like) const {
  if (like < 0) return true;
  const unique_fd next(::fcntl(like, F_DUPFD_CLOEXEC, 0));
  return next && next.get() < now().line;
}

// A number that is taken. Near the line there is room for one more: the call has one of its own, and while it waits
// that should not be one of the daemon's.
int descriptor_line::reserve() {
  unique_fd place(make(-1, [] {
    const int fd = ::open("/", O_PATH | O_CLOEXEC);
    return fd >= 0 ? fd : -errno;
  }));
  if (!place || !near_.load(relaxed)) [[likely]]
    return place.release();
  const std::lock_guard hold(turn_);
  return room(place.get()) ? place.release() : refuse();
}

// The place only where it is needed: to close a second descriptor of a file takes the process's locks on it away.
int descriptor_line::settle(unique_fd place, int fd) {
  if (fd < now().line) return fd;
  const unique_fd above(fd);
  return retry_eintr([&] { return ::dup3(fd, place.get(), O_CLOEXEC); }) >= 0 ? place.release() : -errno;
}

int descriptor_line::refuse() {
  near_.store(true, relaxed);
  refused_.fetch_add(1, relaxed);
  return -EMFILE;
}

descriptor_line::view descriptor_line::look() const {
  const auto is = now();
  return {static_cast<std::uint64_t>(is.limit), static_cast<std::uint64_t>(is.line), refused_.load(relaxed)};
}

}  // namespace tokiod::host
