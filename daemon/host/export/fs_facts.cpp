// tokio.fs/1: what is known of a file: its facts, its permissions, the names in a folder.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cstring>

#include "host/export/fs_calls.hpp"

namespace tokiod::host::fs {
namespace {

// What 64 bits do not hold (they end in 2262) is as far away as they can say; never TOKIO_NO_BIRTH, which is no time.
std::int64_t nanoseconds(const statx_timestamp& at) {
  std::int64_t ns = 0;
  if (__builtin_mul_overflow(at.tv_sec, 1'000'000'000, &ns) || __builtin_add_overflow(ns, at.tv_nsec, &ns))
    ns = at.tv_sec < 0 ? INT64_MIN : INT64_MAX;
  return std::max(ns, TOKIO_NO_BIRTH + 1);
}

tokio_stat to_ours(const struct statx& s) {
  return {.dev = gnu_dev_makedev(s.stx_dev_major, s.stx_dev_minor),
          .ino = s.stx_ino,
          .mode = s.stx_mode,
          .nlink = s.stx_nlink,
          .uid = s.stx_uid,
          .gid = s.stx_gid,
          .rdev = gnu_dev_makedev(s.stx_rdev_major, s.stx_rdev_minor),
          .size = s.stx_size,
          .blksize = s.stx_blksize,
          .blocks = s.stx_blocks,
          .atime_ns = nanoseconds(s.stx_atime),
          .mtime_ns = nanoseconds(s.stx_mtime),
          .ctime_ns = nanoseconds(s.stx_ctime),
          .btime_ns = (s.stx_mask & STATX_BTIME) != 0 ? nanoseconds(s.stx_btime) : TOKIO_NO_BIRTH,
          .reserved = {}};
}

// One record: the fixed part, the name, zeroes up to the next one's alignment.
void add_record(std::string& to, const dirent& one) {
  const std::size_t length = std::strlen(one.d_name);
  tokio_dirent head{};
  const std::size_t bytes = (sizeof head + length + alignof(tokio_dirent) - 1) & ~(alignof(tokio_dirent) - 1);
  head.ino = one.d_ino;
  head.reclen = static_cast<std::uint16_t>(bytes);
  head.name_len = static_cast<std::uint16_t>(length);
  head.type = one.d_type;
  const std::size_t at = to.size();
  to.append(bytes, '\0');
  std::memcpy(to.data() + at, &head, sizeof head);
  std::memcpy(to.data() + at + sizeof head, one.d_name, length);
}

constexpr std::uint64_t most_records = 1024;  // of one operation, so that a large folder is no large piece of memory

bool is_dots(std::string_view name) { return name == "." || name == ".."; }

}  // namespace

tokio_res stat(request& r) {
  struct statx facts{};
  const int in = r.file ? r.file->descriptor() : AT_FDCWD;
  int flags = (r.asked.oflags & TOKIO_O_NOFOLLOW) != 0 ? AT_SYMLINK_NOFOLLOW : 0;
  if (r.path.empty()) flags |= AT_EMPTY_PATH;
  const auto got =
      done_or_errno([&] { return ::statx(in, r.path.c_str(), flags, STATX_BASIC_STATS | STATX_BTIME, &facts); });
  if (got < 0) return got;
  const tokio_stat ours = to_ours(facts);
  return give_bytes(r, &ours, sizeof ours);
}

tokio_res chmod(request& r) {
  const auto mode = static_cast<mode_t>(r.asked.mode);
  return done_or_errno([&] { return r.file ? ::fchmod(r.file->descriptor(), mode) : ::chmod(r.path.c_str(), mode); });
}

// An error in the middle comes with the next call: readdir() says it again.
tokio_res readdir(request& r) {
  if (!r.file->folder) return -ENOTDIR;
  const std::lock_guard hold(r.file->reading);
  std::string records;
  const auto most = std::min(r.asked.len, most_records);
  std::uint64_t count = 0;
  while (count < most) {
    errno = 0;
    const dirent* const one = ::readdir(r.file->folder.get());
    if (one == nullptr) {
      if (errno != 0 && count == 0) return -errno;
      break;
    }
    if (is_dots(one->d_name)) continue;
    add_record(records, *one);
    ++count;
  }
  if (const auto status = give_bytes(r, records.data(), records.size()); status != TOKIO_OK) return status;
  return static_cast<tokio_res>(count);
}

}  // namespace tokiod::host::fs
