// tokio.fs/1: an open file. Opened, read, written, moved in, synced, cut off, cloned.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "host/export/buffer.hpp"
#include "host/export/fs_calls.hpp"

namespace tokiod::host::fs {
namespace {

struct flag_pair {
  std::uint32_t ours;
  int system;
};
constexpr flag_pair open_flags[] = {
    {TOKIO_O_CREATE, O_CREAT},  {TOKIO_O_EXCL, O_EXCL},           {TOKIO_O_TRUNC, O_TRUNC},
    {TOKIO_O_APPEND, O_APPEND}, {TOKIO_O_DIRECTORY, O_DIRECTORY}, {TOKIO_O_NOFOLLOW, O_NOFOLLOW},
};

std::optional<off_t> place_of(const request& r) {
  if (r.asked.off == TOKIO_FS_HERE) return std::nullopt;
  return static_cast<off_t>(r.asked.off);
}

}  // namespace

int system_flags(const tokio_fs_req& asked) {
  const auto ours = asked.oflags;
  const bool reads = (ours & TOKIO_O_READ) != 0, writes = (ours & (TOKIO_O_WRITE | TOKIO_O_APPEND)) != 0;
  int flags = static_cast<int>(asked.arg & ~std::uint64_t{O_ACCMODE}) | (writes ? reads ? O_RDWR : O_WRONLY : O_RDONLY);
  for (const auto& one : open_flags)
    if ((ours & one.ours) != 0) flags |= one.system;
  return flags;
}

tokio_res go_back(request& r) {
  const auto by = std::exchange(r.asked.arg, 0);
  if (by == 0) return TOKIO_OK;
  return ::lseek(r.file->descriptor(), -static_cast<off_t>(by), SEEK_CUR) < 0 ? -errno : TOKIO_OK;
}

// A FIFO waits for its other end, and what was made or emptied stays so.
int open_fd(tokio_plugin& of, const std::string& path, int flags, mode_t mode) {
  return of.descriptors.make_with_place(
      [&] { return or_errno(retry_eintr([&] { return ::open(path.c_str(), flags | always_open_with, mode); })); });
}

tokio_res read_once(tokio_plugin& of, int fd, std::uint8_t* into, std::size_t bytes, std::optional<off_t> at) {
  const auto got = retry_eintr([&] { return at ? ::pread(fd, into, bytes, *at) : ::read(fd, into, bytes); });
  if (got > 0) of.count(entry::read_bytes, got);
  return or_errno(got);
}

tokio_res write_whole(tokio_plugin& of, int fd, const std::uint8_t* from, std::size_t bytes, std::optional<off_t> at) {
  for (std::size_t done = 0; done < bytes;) {
    const auto put = retry_eintr([&] {
      return at ? ::pwrite(fd, from + done, bytes - done, *at + static_cast<off_t>(done))
                : ::write(fd, from + done, bytes - done);
    });
    if (put < 0) return -errno;
    if (put == 0) return TOKIO_EIO;  // a device that takes nothing and says nothing
    of.count(entry::written_bytes, put);
    done += static_cast<std::size_t>(put);
  }
  return static_cast<tokio_res>(bytes);
}

tokio_status give_bytes(request& r, const void* bytes, std::size_t count) {
  if (const auto status = new_lease(r.of, count, &r.out->lease); status != TOKIO_OK) return status;
  std::memcpy(r.out->lease.ptr, bytes, count);
  r.out->lease.len = count;
  return TOKIO_OK;
}

tokio_res open(request& r) {
  return give_opened(r, open_fd(r.of, r.path, system_flags(r.asked), static_cast<mode_t>(r.asked.mode)));
}

tokio_res give_opened(request& r, int made) {
  if (made < 0) return made;
  unique_fd fd(made);
  if ((r.asked.oflags & TOKIO_O_DIRECTORY) == 0) {
    r.out->opened = std::make_shared<open_file>(std::move(fd));
    return TOKIO_OK;
  }
  open_folder folder(::fdopendir(fd.get()));
  if (!folder) return -errno;
  (void)fd.release();  // the folder's now
  r.out->opened = std::make_shared<open_file>(std::move(folder));
  return TOKIO_OK;
}

tokio_res read(request& r) {
  auto& into = r.out->lease;
  into.len = 0;
  if (const auto back = go_back(r); back < 0) return back;
  const std::size_t most = std::min<std::size_t>(r.asked.len, into.cap);
  const auto got = read_once(r.of, r.file->descriptor(), into.ptr, most, place_of(r));
  if (got > 0) into.len = static_cast<std::size_t>(got);
  return got;
}

tokio_res write(request& r) {
  if (const auto back = go_back(r); back < 0) return back;
  const auto& from = r.out->lease;
  auto at = place_of(r);
  if (at) *at += static_cast<off_t>(r.written);
  const auto rest = write_whole(r.of, r.file->descriptor(), from.ptr + r.written, from.len - r.written, at);
  return rest < 0 ? rest : static_cast<tokio_res>(from.len);
}

tokio_res seek(request& r) {
  constexpr int whence[] = {SEEK_SET, SEEK_CUR, SEEK_END};
  return or_errno(::lseek(r.file->descriptor(), static_cast<off_t>(r.asked.off), whence[r.asked.arg]));
}

tokio_res sync(request& r) {
  const int fd = r.file->descriptor();
  return done_or_errno([&] { return r.asked.arg == 1 ? ::fdatasync(fd) : ::fsync(fd); });
}

tokio_res truncate(request& r) {
  if (const auto back = go_back(r); back < 0) return back;
  return done_or_errno([&] { return ::ftruncate(r.file->descriptor(), static_cast<off_t>(r.asked.off)); });
}

tokio_res clone(request& r) {
  if (r.file->folder) return TOKIO_EINVAL;  // two readers of one folder would take each other's names
  const int made =
      r.of.descriptors.make(-1, [&] { return or_errno(::fcntl(r.file->descriptor(), F_DUPFD_CLOEXEC, 0)); });
  if (made < 0) return made;
  r.out->opened = std::make_shared<open_file>(unique_fd(made));
  return TOKIO_OK;
}

}  // namespace tokiod::host::fs
