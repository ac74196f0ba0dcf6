// tokio.fs/1: what is asked for is checked, charged to the instance and sent on its way (fs_work.hpp); the calls are in
// fs_*.cpp. The work and the plugin's handle share the operation, the work and the plugin's file the descriptor.
#include <fcntl.h>

#include <memory>
#include <span>

#include "host/export/buffer.hpp"
#include "host/export/fs_calls.hpp"
#include "host/export/fs_work.hpp"
#include "host/export/tables.hpp"
#include "runtime/blocking/job.hpp"

namespace tokiod::host {
namespace {

using blocking::at_stop;

// What an operation is given beside its numbers. A folder and a path in it count as a path.
enum : unsigned { a_file = 1, a_path = 2, a_second_path = 4, a_buffer = 8, one_of_both = 16, a_path_in_a_folder = 32 };

struct operation_kind {
  std::uint32_t op;
  unsigned takes;
  std::uint32_t flags;     // of oflags
  std::uint64_t most_arg;  // larger ones mean nothing
  fs::call run;
  at_stop fate = at_stop::drop;
};
constexpr std::uint32_t open_flags = TOKIO_O_READ | TOKIO_O_WRITE | TOKIO_O_CREATE | TOKIO_O_EXCL | TOKIO_O_TRUNC |
                                     TOKIO_O_APPEND | TOKIO_O_DIRECTORY | TOKIO_O_NOFOLLOW;
constexpr operation_kind kinds[] = {
    {TOKIO_FS_OPEN, a_path, open_flags, UINT32_MAX, fs::open},
    {TOKIO_FS_READ, a_file | a_buffer, 0, INT64_MAX, fs::read},
    // It was taken from who wrote, and promised.
    {TOKIO_FS_WRITE, a_file | a_buffer, 0, INT64_MAX, fs::write, at_stop::run},
    {TOKIO_FS_SEEK, a_file, 0, TOKIO_FS_FROM_END, fs::seek},
    {TOKIO_FS_SYNC, a_file, 0, 1, fs::sync},
    {TOKIO_FS_TRUNCATE, a_file, 0, INT64_MAX, fs::truncate},
    {TOKIO_FS_STAT, one_of_both | a_path_in_a_folder, TOKIO_O_NOFOLLOW, 0, fs::stat},
    {TOKIO_FS_CHMOD, one_of_both, 0, 0, fs::chmod},
    {TOKIO_FS_CLONE, a_file, 0, 0, fs::clone},
    {TOKIO_FS_UNLINK, a_path, 0, 0, fs::unlink},
    {TOKIO_FS_RENAME, a_path | a_second_path, 0, 0, fs::rename},
    {TOKIO_FS_MKDIR, a_path, 0, 1, fs::mkdir},
    {TOKIO_FS_RMDIR, a_path, 0, 0, fs::rmdir},
    {TOKIO_FS_REMOVE_ALL, a_path, 0, 0, fs::remove_all},
    {TOKIO_FS_SYMLINK, a_path | a_second_path, 0, 0, fs::symlink},
    {TOKIO_FS_LINK, a_path | a_second_path, 0, 0, fs::link},
    {TOKIO_FS_READLINK, a_path, 0, 0, fs::readlink},
    {TOKIO_FS_REALPATH, a_path, 0, 0, fs::realpath},
    {TOKIO_FS_READDIR, a_file, 0, 0, fs::readdir},
    {TOKIO_FS_COPY, a_path | a_second_path, 0, 0, fs::copy},
    {TOKIO_FS_READ_FILE, a_path, 0, 0, fs::read_file},
    {TOKIO_FS_WRITE_FILE, a_path | a_buffer, 0, 0, fs::write_file},
};

const operation_kind* kind_of(std::uint32_t op) {
  for (const auto& one : kinds)
    if (one.op == op) return &one;
  return nullptr;
}

// ---- what is asked for

tokio_status check_path(const char* which, tokio_str given, bool wanted) {
  const auto text = view(given);
  if (!wanted) return text.empty() ? TOKIO_OK : fail(TOKIO_EINVAL, "fs: this operation takes no ", which);
  if (text.empty()) return fail(TOKIO_ENOENT, "fs: the ", which, " is empty");
  if (text.size() >= fs::most_path)
    return fail(-ENAMETOOLONG, "fs: a ", which, " of ", text.size(), " bytes; it may have ", fs::most_path - 1);
  if (text.find('\0') != std::string_view::npos) return fail(TOKIO_EINVAL, "fs: the ", which, " contains a NUL");
  return TOKIO_OK;
}

// What is another instance's ends with that one, whatever still works on it here.
tokio_status check_file(const tokio_plugin& p, const tokio_fs_req& asked, unsigned takes) {
  if (asked.file == nullptr)
    return (takes & a_file) == 0 ? TOKIO_OK : fail(TOKIO_EINVAL, "fs: this operation takes a file");
  if ((takes & (a_file | one_of_both)) == 0) return fail(TOKIO_EINVAL, "fs: this operation takes no file");
  const auto* const owner = asked.file->owner.load(relaxed);
  if (owner == nullptr) return fail(TOKIO_EBADF, "fs: the file was closed before");
  return owner == &p ? TOKIO_OK : fail(TOKIO_EBADF, "fs: the file is not of instance ", p.instance);
}

bool wants_path(const tokio_fs_req& asked, unsigned takes) {
  if ((takes & one_of_both) == 0) return (takes & a_path) != 0;
  return asked.file == nullptr || ((takes & a_path_in_a_folder) != 0 && asked.path.len != 0);
}

tokio_status check_buffer(const tokio_plugin& p, const tokio_buf& given, bool wanted) {
  if (!wanted) return given.vt == nullptr ? TOKIO_OK : fail(TOKIO_EINVAL, "fs: this operation takes no buffer");
  if (is_whole_lease(given, p)) return TOKIO_OK;
  return fail(TOKIO_EINVAL, "fs: the buffer is not a whole lease that buf_alloc() gave to instance ", p.instance,
              " and nobody shares");
}

tokio_status check(const tokio_plugin& p, const tokio_fs_req& asked, const operation_kind& kind) {
  if ((asked.oflags & ~kind.flags) != 0)
    return fail(TOKIO_EINVAL, "fs: oflags has bits that this operation does not know: ", asked.oflags & ~kind.flags);
  if (asked.arg > kind.most_arg)
    return fail(TOKIO_EINVAL, "fs: arg is ", asked.arg, "; this operation knows it up to ", kind.most_arg);
  if (const auto status = check_file(p, asked, kind.takes); status != TOKIO_OK) return status;
  if (const auto status = check_path("path", asked.path, wants_path(asked, kind.takes)); status != TOKIO_OK)
    return status;
  const bool second = (kind.takes & a_second_path) != 0;
  if (const auto status = check_path("second path", asked.path2, second); status != TOKIO_OK) return status;
  return check_buffer(p, asked.buf, (kind.takes & a_buffer) != 0);
}

// ---- how it begins

tokio_status start(tokio_plugin& p, const tokio_fs_req& asked, const operation_kind& kind, tokio_op** out) noexcept
    try {
  const auto shared = std::make_shared<operation>();
  fs::request request{p, asked, std::string(view(asked.path)), std::string(view(asked.path2)), nullptr, shared};
  if (asked.file != nullptr) request.file = asked.file->file;
  const auto used = request.file;
  auto work = std::make_unique<fs::work>(kind.op, kind.run, kind.fate, std::move(request));
  tokio_op* handle = nullptr;
  if (const auto status = new_op(p, shared, &handle); status != TOKIO_OK) return status;
  shared->lease = asked.buf;
  if (used) used->at_work.fetch_add(1, relaxed);  // the caller has the file, so nobody asks meanwhile
  p.book.add(-1, entry::jobs, 1);  // the shared line: whether jobs are left must be one number, not a sum
  const sched::host_entry inside;
  if (const auto begun = work->begin(); !begun) {
    p.book.add(-1, entry::jobs, -1);
    if (used) used->at_work.fetch_sub(1, relaxed);
    shared->lease = {};  // still the caller's
    drop_op(*handle, p);
    const auto status = fail(begun.error());
    return begun.error().code == ECANCELED ? TOKIO_ESHUTDOWN : status;
  }
  (void)work.release();  // it ends itself
  *out = handle;
  p.rt.complete_files();  // what the kernel had at hand is there already, and the caller need not wait for it
  return TOKIO_OK;
} catch (const std::bad_alloc&) {
  return fail(TOKIO_ENOMEM, "no memory for an operation on files");
}

tokio_status fs_submit(tokio_plugin* p, const tokio_fs_req* given, tokio_op** out) noexcept {
  if (p == nullptr || out == nullptr) return fail(TOKIO_EINVAL, "fs: submit was given a null pointer");
  tokio_fs_req asked;
  if (const auto status = take_params(given, "tokio_fs_req", asked); status != TOKIO_OK) return status;
  const auto* const kind = kind_of(asked.op);
  if (kind == nullptr) return fail(TOKIO_ENOTSUP, "fs: there is no operation ", asked.op);
  if (const auto status = check(*p, asked, *kind); status != TOKIO_OK) return status;
  if (const auto status = refused_new(*p); status != TOKIO_OK) return status;
  if (p->owner.closed())  // who waits for it would be a task
    return fail(TOKIO_ESHUTDOWN, "instance ", p->instance, " has stopped: it gets nothing new");
  if (!p->take_job_place()) [[unlikely]]
    return fail(TOKIO_EQUOTA, "instance ", p->instance, " may have ", p->max_jobs, " blocking jobs, and has them");
  const auto status = start(*p, asked, *kind, out);
  if (status != TOKIO_OK) p->give_job_place();
  return status;
}

tokio_status fs_supported(uint32_t op) noexcept { return kind_of(op) != nullptr ? 1 : 0; }

// ---- files

tokio_plugin* owner_of(tokio_file* handle) { return handle == nullptr ? nullptr : handle->owner.load(relaxed); }

void fs_close(tokio_file* handle) noexcept {
  if (auto* p = owner_of(handle); p != nullptr) close_file(*handle, *p);
}

tokio_status fs_adopt(tokio_plugin* p, int32_t fd, tokio_file** out) noexcept try {
  if (p == nullptr || out == nullptr) return fail(TOKIO_EINVAL, "fs: adopt was given a null pointer");
  if (const auto status = refused_new(*p); status != TOKIO_OK) return status;
  if (::fcntl(fd, F_GETFD) < 0) return fail(error::last("fcntl"));
  auto file = std::make_shared<open_file>(unique_fd());
  const auto status = new_file(*p, file, out);
  if (status == TOKIO_OK) file->fd.reset(fd);
  return status;
} catch (const std::bad_alloc&) {
  return fail(TOKIO_ENOMEM, "no memory for a file");
}

int32_t fs_raw(tokio_file* handle) noexcept {
  if (owner_of(handle) == nullptr) return fail(TOKIO_EBADF, "fs: the file was closed before");
  return handle->file->descriptor();
}

tokio_status fs_release(tokio_file* handle, int32_t* fd_out) noexcept {
  auto* p = owner_of(handle);
  if (p == nullptr || fd_out == nullptr) return fail(TOKIO_EBADF, "fs: the file was closed before, or a null pointer");
  auto& file = *handle->file;
  if (file.folder) return fail(TOKIO_EINVAL, "fs: the descriptor of a folder stays with its reader");
  if (file.at_work.load(acquire) != 0)  // pairs with the release of an operation that ends
    return fail(TOKIO_EBUSY, "fs: an operation still works on the file");
  *fd_out = file.fd.release();
  close_file(*handle, *p);
  return TOKIO_OK;
}

}  // namespace

const tokio_fs_ext fs_table = {
    .size = sizeof(tokio_fs_ext),
    .flags = 0,
    .supported = fs_supported,
    .submit = fs_submit,
    .close = fs_close,
    .adopt = fs_adopt,
    .raw = fs_raw,
    .release = fs_release,
};

}  // namespace tokiod::host
