#include "host/descriptor_line.hpp"

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "base/fd.hpp"

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
