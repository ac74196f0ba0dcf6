// tokio.fs/1: whole files in one operation. Copied, read, written.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "host/export/buffer.hpp"
#include "host/export/fs_calls.hpp"

namespace tokiod::host::fs {
namespace {

struct copied_files {
  unique_fd from, to;
  struct stat source{};
};

constexpr mode_t permission_bits = 07777;
constexpr std::size_t most_at_once = std::size_t{1} << 30;  // of one call in the kernel, so that it can be stopped

// Opens both; a file is not copied onto itself, which would only empty it.
tokio_res open_both(request& r, copied_files& files) {
  const int from = open_fd(r.of, r.path, O_RDONLY);
  if (from < 0) return from;
  files.from.reset(from);
  if (::fstat(from, &files.source) != 0) return -errno;
  if (!S_ISREG(files.source.st_mode)) return TOKIO_EINVAL;
  const int to = open_fd(r.of, r.path2, O_WRONLY | O_CREAT, files.source.st_mode & permission_bits);
  if (to < 0) return to;
  files.to.reset(to);
  struct stat target{};
  if (::fstat(to, &target) != 0) return -errno;
  if (target.st_dev == files.source.st_dev && target.st_ino == files.source.st_ino) return TOKIO_EINVAL;
  if (!S_ISREG(target.st_mode)) return TOKIO_OK;  // a device, a pipe: it has no length and keeps its permissions
  if (::ftruncate(to, 0) != 0) return -errno;
  return ::fchmod(to, files.source.st_mode & permission_bits) == 0 ? TOKIO_OK : -errno;
}

// The kernel copies between these two files; otherwise it says so with the first call.
bool not_in_the_kernel(int failed) {
  return failed == EXDEV || failed == EINVAL || failed == ENOSYS || failed == EOPNOTSUPP || failed == EPERM;
}

// Bytes that the kernel has copied, or a negative errno. 0 also where it cannot: then the rest is read and written.
tokio_res copy_in_kernel(tokio_plugin& of, const copied_files& files) {
  tokio_res total = 0;
  for (;;) {
    const auto moved = retry_eintr(
        [&] { return ::copy_file_range(files.from.get(), nullptr, files.to.get(), nullptr, most_at_once, 0); });
    if (moved == 0) return total;
    if (moved < 0) return total == 0 && not_in_the_kernel(errno) ? 0 : -errno;
    total += moved;
    of.count(entry::read_bytes, moved);
    of.count(entry::written_bytes, moved);
  }
}

// What is left of it, which is nothing where the kernel was through.
tokio_res copy_by_hand(tokio_plugin& of, const copied_files& files) {
  const auto room = std::make_unique_for_overwrite<std::array<std::uint8_t, 128 * 1024>>();
  tokio_res total = 0;
  for (;;) {
    const auto got = read_once(of, files.from.get(), room->data(), room->size());
    if (got <= 0) return got < 0 ? got : total;
    const auto put = write_whole(of, files.to.get(), room->data(), static_cast<std::size_t>(got));
    if (put < 0) return put;
    total += put;
  }
}

std::int64_t size_of(int fd) {
  struct stat facts{};
  return ::fstat(fd, &facts) == 0 ? facts.st_size : 0;
}

tokio_res fill(request& r, int fd) {
  auto& lease = r.out->lease;
  if (const auto status = new_lease(r.of, first_guess(size_of(fd)), &lease); status != TOKIO_OK) return status;
  for (;;) {
    const auto got = read_once(r.of, fd, lease.ptr + lease.len, lease.cap - lease.len);
    if (got < 0) return got;
    if (got == 0) return static_cast<tokio_res>(lease.len);
    lease.len += static_cast<std::size_t>(got);
    if (lease.len < lease.cap) continue;
    if (const auto status = grow(r); status != TOKIO_OK) return status;
  }
}

}  // namespace

tokio_status grow(request& r) {
  auto& lease = r.out->lease;
  tokio_buf larger{};
  if (const auto status = new_lease(r.of, lease.cap * 2, &larger); status != TOKIO_OK) return status;
  std::memcpy(larger.ptr, lease.ptr, lease.len);
  larger.len = lease.len;
  tokio_buf_release(&lease);
  lease = larger;
  return TOKIO_OK;
}

// One byte more than a file says that it has: its end is seen without growing. Files that say nothing have some, too.
std::size_t first_guess(std::int64_t size) {
  constexpr std::size_t least = 4096;
  return size <= 0 ? least : static_cast<std::size_t>(size) + 1;
}

tokio_res copy(request& r) {
  copied_files files;
  if (const auto opened = open_both(r, files); opened < 0) return opened;
  const auto first = copy_in_kernel(r.of, files);
  if (first < 0) return first;
  const auto rest = copy_by_hand(r.of, files);
  return rest < 0 ? rest : first + rest;
}

tokio_res read_file(request& r) {
  const unique_fd fd(open_fd(r.of, r.path, O_RDONLY));
  if (!fd) return fd.get();
  const auto got = fill(r, fd.get());
  if (got < 0) tokio_buf_release(&r.out->lease);  // half a file is none
  return got;
}

tokio_res write_file(request& r) {
  const unique_fd fd(open_fd(r.of, r.path, O_WRONLY | O_CREAT | O_TRUNC, static_cast<mode_t>(r.asked.mode)));
  if (!fd) return fd.get();
  return write_whole(r.of, fd.get(), r.out->lease.ptr, r.out->lease.len);
}

}  // namespace tokiod::host::fs
