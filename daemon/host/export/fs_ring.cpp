#include "host/export/fs_ring.hpp"

#include <fcntl.h>
#include <liburing.h>
#include <sys/resource.h>

#include <algorithm>
#include <climits>
#include <utility>

#include "host/export/buffer.hpp"

namespace tokiod::host::fs {
namespace {

using phase = flight::phase;

constexpr std::uint64_t at_its_position = UINT64_MAX;  // as the kernel says it, and as the plugin does
static_assert(at_its_position == TOKIO_FS_HERE);

// One entry moves no more.
constexpr std::size_t most_of_an_entry = std::size_t{1} << 30;
unsigned at_most(std::size_t bytes) { return static_cast<unsigned>(std::min(bytes, most_of_an_entry)); }

bool nothing_first(request&, flight&) { return true; }
void nothing_to_give_up(request&) {}
void give_up_writing(request& r) { r.written = 0; }
void give_up_lease(request& r) { tokio_buf_release(&r.out->lease); }

// ---- open

bool take_place(request& r, flight& f) {
  const int place = r.of.descriptors.reserve();
  if (place < 0) return false;
  f.place.reset(place);
  return true;
}

void prepare_open(request& r, flight&, io_uring_sqe& entry) {
  io_uring_prep_openat(&entry, AT_FDCWD, r.path.c_str(), system_flags(r.asked) | always_open_with,
                       static_cast<mode_t>(r.asked.mode));
}

answer opened(request& r, flight& f, int made) {
  if (made < 0) return made;
  return give_opened(r, r.of.descriptors.settle(std::move(f.place), made));
}

// ---- read, write

// The position goes back once, whoever carries the operation out then.
bool go_back_first(request& r, flight&) { return go_back(r) == TOKIO_OK; }

void prepare_read(request& r, flight&, io_uring_sqe& entry) {
  auto& into = r.out->lease;
  into.len = 0;
  io_uring_prep_read(&entry, r.file->descriptor(), into.ptr, at_most(std::min<std::size_t>(r.asked.len, into.cap)),
                     r.asked.off);
}

answer was_read(request& r, flight&, int got) {
  if (got <= 0) return got;
  r.of.count(entry::read_bytes, got);
  r.out->lease.len = static_cast<std::size_t>(got);
  return got;
}

// Where the size of files is limited (RLIMIT_FSIZE) it is a job: the kernel holds an entry at the file's position to a
// limit of another position (seen with 6.18).
bool begin_write(request& r, flight& f) {
  rlimit largest{};
  (void)::getrlimit(RLIMIT_FSIZE, &largest);  // cannot fail with these arguments
  return largest.rlim_cur == RLIM_INFINITY && go_back_first(r, f);
}

void prepare_rest(const request& r, int fd, std::uint64_t at, io_uring_sqe& entry) {
  const auto& from = r.out->lease;
  io_uring_prep_write(&entry, fd, from.ptr + r.written, at_most(from.len - r.written), at);
}

// A file that takes less than it is given is full or at a limit: a job hears what is wrong with the rest.
tokio_res was_written(request& r, int put) {
  if (put < 0) return put;
  r.of.count(entry::written_bytes, put);
  const std::size_t wanted = std::min(r.out->lease.len - r.written, most_of_an_entry);
  r.written += static_cast<std::size_t>(put);
  if (static_cast<std::size_t>(put) < wanted) return to_a_job;
  return static_cast<tokio_res>(r.written);
}
bool all_is_written(const request& r) { return r.written == r.out->lease.len; }

void prepare_write(request& r, flight&, io_uring_sqe& entry) {
  const auto at = r.asked.off;
  prepare_rest(r, r.file->descriptor(), at == at_its_position ? at : at + r.written, entry);
}
answer wrote(request& r, flight&, int put) {
  const auto all = was_written(r, put);
  if (all < 0 || all_is_written(r)) return all;
  return std::nullopt;
}

// ---- sync, stat, rename

void prepare_sync(request& r, flight&, io_uring_sqe& entry) {
  io_uring_prep_fsync(&entry, r.file->descriptor(), r.asked.arg == 1 ? IORING_FSYNC_DATASYNC : 0);
}
answer as_it_is(request&, flight&, int result) { return result; }

void prepare_stat(request& r, flight& f, io_uring_sqe& entry) {
  io_uring_prep_statx(&entry, folder_of(r), r.path.c_str(), stat_flags(r), wanted_facts, &f.facts);
}
answer told(request& r, flight& f, int result) { return result < 0 ? result : give_facts(r, f.facts); }

void prepare_rename(request& r, flight&, io_uring_sqe& entry) {
  io_uring_prep_renameat(&entry, AT_FDCWD, r.path.c_str(), AT_FDCWD, r.path2.c_str(), 0);
}

// ---- whole files

void prepare_open_whole(const request& r, int flags, io_uring_sqe& entry) {
  io_uring_prep_openat(&entry, AT_FDCWD, r.path.c_str(), flags | always_open_with, static_cast<mode_t>(r.asked.mode));
}

// 0, or what is wrong.
int keep_open(request& r, flight& f, int made) {
  if (made < 0) return made;
  const int kept = r.of.descriptors.settle(std::move(f.place), made);
  if (kept >= 0) f.fd.reset(kept);
  return std::min(kept, 0);
}

void prepare_read_file(request& r, flight& f, io_uring_sqe& entry) {
  auto& lease = r.out->lease;
  if (f.now == phase::open) return prepare_open_whole(r, O_RDONLY, entry);
  if (f.now == phase::stat) return io_uring_prep_statx(&entry, f.fd.get(), "", AT_EMPTY_PATH, STATX_SIZE, &f.facts);
  io_uring_prep_read(&entry, f.fd.get(), lease.ptr + lease.len, at_most(lease.cap - lease.len), at_its_position);
}

answer half_is_none(request& r, tokio_res failed) {
  give_up_lease(r);
  return failed;
}

answer more_was_read(request& r, int got) {
  auto& lease = r.out->lease;
  if (got < 0) return half_is_none(r, got);
  if (got == 0) return static_cast<tokio_res>(lease.len);
  r.of.count(entry::read_bytes, got);
  lease.len += static_cast<std::size_t>(got);
  if (lease.len < lease.cap) return std::nullopt;
  if (const auto status = grow(r); status != TOKIO_OK) return half_is_none(r, status);
  return std::nullopt;
}

answer read_file_step(request& r, flight& f, int result) {
  switch (f.now) {
    case phase::open:
      if (const int failed = keep_open(r, f, result); failed < 0) return failed;
      f.now = phase::stat;
      return std::nullopt;
    case phase::stat: {
      const std::int64_t size = result < 0 ? 0 : static_cast<std::int64_t>(f.facts.stx_size);
      if (const auto status = new_lease(r.of, first_guess(size), &r.out->lease); status != TOKIO_OK) return status;
      f.now = phase::move;
      return std::nullopt;
    }
    default: return more_was_read(r, result);
  }
}

void prepare_write_file(request& r, flight& f, io_uring_sqe& entry) {
  if (f.now == phase::open) return prepare_open_whole(r, O_WRONLY | O_CREAT | O_TRUNC, entry);
  if (f.now == phase::move) return prepare_rest(r, f.fd.get(), r.written, entry);
  io_uring_prep_close(&entry, f.fd.release());
}

// It is closed in the ring, too: a file system may write then.
answer write_file_step(request& r, flight& f, int result) {
  switch (f.now) {
    case phase::open:
      if (const int failed = keep_open(r, f, result); failed < 0) return failed;
      f.now = r.out->lease.len != 0 ? phase::move : phase::close;
      return std::nullopt;
    case phase::move:
      f.over = was_written(r, result);
      if (f.over == to_a_job) return to_a_job;
      if (f.over < 0 || all_is_written(r)) f.now = phase::close;
      return std::nullopt;
    default: return f.over;
  }
}

constexpr program programs[] = {
    {TOKIO_FS_OPEN, IORING_OP_OPENAT, take_place, prepare_open, opened, nothing_to_give_up},
    {TOKIO_FS_READ, IORING_OP_READ, go_back_first, prepare_read, was_read, nothing_to_give_up},
    {TOKIO_FS_WRITE, IORING_OP_WRITE, begin_write, prepare_write, wrote, nothing_to_give_up},
    {TOKIO_FS_SYNC, IORING_OP_FSYNC, nothing_first, prepare_sync, as_it_is, nothing_to_give_up},
    {TOKIO_FS_STAT, IORING_OP_STATX, nothing_first, prepare_stat, told, give_up_lease},
    {TOKIO_FS_RENAME, IORING_OP_RENAMEAT, nothing_first, prepare_rename, as_it_is, nothing_to_give_up},
    {TOKIO_FS_READ_FILE, IORING_OP_STATX, take_place, prepare_read_file, read_file_step, give_up_lease},
    {TOKIO_FS_WRITE_FILE, IORING_OP_CLOSE, take_place, prepare_write_file, write_file_step, give_up_writing},
};

}  // namespace

const program* program_of(std::uint32_t op) {
  const auto* const found = std::ranges::find(programs, op, &program::op);
  return found == std::end(programs) ? nullptr : found;
}

}  // namespace tokiod::host::fs
