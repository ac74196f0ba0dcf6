#include "folder.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace http {
namespace {

// O_NONBLOCK: a pipe that lies there must not hold up who opens it.
descriptor open_beneath(int root, const char* path) {
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  // EAGAIN: a rename raced with the look-up of "..", and the manual says to try again; or somebody has a lease on the
  // file, which may last for most of a minute, and nobody waits for that.
  constexpr int most_tries = 16;
  for (int tried = 1;; ++tried) {
    const long fd = ::syscall(SYS_openat2, root, path, &how, sizeof how);
    const bool again = fd < 0 && (errno == EINTR || errno == EAGAIN) && tried < most_tries;
    if (!again) return descriptor(static_cast<int>(fd));
  }
}

open_fault meaning_of(int number) {
  switch (number) {
    case EACCES:
    case EPERM: return open_fault::forbidden;
    case EAGAIN:
    case EINTR:
    case EMFILE:
    case ENFILE:
    case ENOMEM: return open_fault::exhausted;
    default: return open_fault::none_there;  // also EXDEV: the name leads out
  }
}

}  // namespace

descriptor::~descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

folder::folder(const std::string& path) : root_(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
  if (root_.get() < 0) throw std::runtime_error("cannot serve root \"" + path + "\": " + std::strerror(errno));
  if (open_beneath(root_.get(), ".").get() < 0)
    throw std::runtime_error("cannot serve root \"" + path + "\": openat2() says " + std::strerror(errno) +
                             "; it needs Linux 5.6 and a right to read the folder");
}

std::expected<opened_file, open_fault> folder::open(const std::string& path) const {
  auto fd = open_beneath(root_.get(), path == "/" ? "." : path.c_str() + 1);
  if (fd.get() < 0) return std::unexpected(meaning_of(errno));
  struct stat seen{};
  if (::fstat(fd.get(), &seen) != 0) return std::unexpected(meaning_of(errno));
  if (S_ISDIR(seen.st_mode)) return std::unexpected(open_fault::is_folder);
  if (!S_ISREG(seen.st_mode)) return std::unexpected(open_fault::none_there);
  constexpr std::int64_t ns_per_s = 1'000'000'000;
  return opened_file{std::move(fd), static_cast<std::uint64_t>(seen.st_size),
                     seen.st_mtim.tv_sec * ns_per_s + seen.st_mtim.tv_nsec};
}

std::string read_part(int fd, std::uint64_t offset, std::size_t count) {
  std::string bytes(count, '\0');
  std::size_t have = 0;
  while (have < count) {
    const auto n = ::pread(fd, bytes.data() + have, count - have, static_cast<off_t>(offset + have));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    have += static_cast<std::size_t>(n);
  }
  bytes.resize(have);
  return bytes;
}

}  // namespace http
