// tokio.fs/1: what is known of a file: its facts, its permissions, the names in a folder.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <mutex>
#include <utility>

#include "host/export/buffer.hpp"
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

constexpr std::size_t record_bytes(std::size_t name_length) {
  return (sizeof(tokio_dirent) + name_length + alignof(tokio_dirent) - 1) & ~(alignof(tokio_dirent) - 1);
}
constexpr std::size_t largest_record = record_bytes(NAME_MAX);

// One record at the end: the fixed part, the name, zeroes up to the next one's alignment. False: there is no room.
bool add_record(tokio_buf& to, const dirent& one) {
  const std::size_t length = std::strlen(one.d_name), bytes = record_bytes(length);
  if (bytes > to.cap - to.len) return false;
  tokio_dirent head{};
  head.ino = one.d_ino;
  head.reclen = static_cast<std::uint16_t>(bytes);
  head.name_len = static_cast<std::uint16_t>(length);
  head.type = one.d_type;
  auto* const at = to.ptr + to.len;
  std::memset(at, 0, bytes);
  std::memcpy(at, &head, sizeof head);
  std::memcpy(at + sizeof head, one.d_name, length);
  to.len += bytes;
  return true;
}

constexpr std::uint64_t most_records = 1024;  // of one operation, so that a large folder is no large piece of memory

bool is_dots(std::string_view name) { return name == "." || name == ".."; }

}  // namespace

int folder_of(const request& r) { return r.file ? r.file->descriptor() : AT_FDCWD; }

int stat_flags(const request& r) {
  const int follow = (r.asked.oflags & TOKIO_O_NOFOLLOW) != 0 ? AT_SYMLINK_NOFOLLOW : 0;
  return r.path.empty() ? follow | AT_EMPTY_PATH : follow;
}

tokio_status give_facts(request& r, const struct statx& facts) {
  const tokio_stat ours = to_ours(facts);
  return give_bytes(r, &ours, sizeof ours);
}

tokio_res stat(request& r) {
  struct statx facts{};
  const auto got =
      done_or_errno([&] { return ::statx(folder_of(r), r.path.c_str(), stat_flags(r), wanted_facts, &facts); });
  return got < 0 ? got : give_facts(r, facts);
}

tokio_res chmod(request& r) {
  const auto mode = static_cast<mode_t>(r.asked.mode);
  return done_or_errno([&] { return r.file ? ::fchmod(r.file->descriptor(), mode) : ::chmod(r.path.c_str(), mode); });
}

namespace {

// Up to `most` names; what ended them early is in from.failed.
std::uint64_t add_records(tokio_buf& to, open_file& from, std::uint64_t most) {
  for (std::uint64_t count = 0;;) {
    if (count == most) return count;
    errno = 0;
    const dirent* const one = ::readdir(from.folder.get());
    if (one == nullptr) return from.failed = errno, count;
    if (is_dots(one->d_name)) continue;
    if (!add_record(to, *one)) return from.failed = ENAMETOOLONG, count;
    ++count;
  }
}

}  // namespace

// The room is charged before a name is read: who is refused it has lost none. An error in the middle comes with the
// next call.
tokio_res readdir(request& r) {
  auto& from = *r.file;
  if (!from.folder) return -ENOTDIR;
  const std::lock_guard hold(from.reading);
  if (from.failed != 0) return -std::exchange(from.failed, 0);
  const auto most = std::min(r.asked.len, most_records);
  if (const auto status = new_lease(r.of, most * largest_record, &r.out->lease); status != TOKIO_OK) return status;
  const auto count = add_records(r.out->lease, from, most);
  return count != 0 ? static_cast<tokio_res>(count) : -std::exchange(from.failed, 0);
}

}  // namespace tokiod::host::fs
