// Internal to host/export/fs*.cpp: the calls of tokio.fs/1, by the file that holds them, and what they share.
// Invariant: a call runs on a thread that may block. It returns a result or a negative errno, and leaves no descriptor
//            open but the one that it gives. EINTR is tried again.
// Threads:   one for each request.
#pragma once
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "host/export/common.hpp"
#include "host/export/file_handle.hpp"
#include "host/export/operation.hpp"

namespace tokiod::host::fs {

// What a call works on; all of it is the host's.
struct request {
  tokio_plugin& of;
  tokio_fs_req asked;
  std::string path, path2;
  std::shared_ptr<open_file> file;
  std::shared_ptr<operation> out;
  std::size_t written = 0;  // of the buffer, before this call
};
using call = tokio_res (*)(request&);  // may throw bad_alloc

// ---- fs_file.cpp: an open file
tokio_res open(request& r);
tokio_res read(request& r);
tokio_res write(request& r);
tokio_res seek(request& r);
tokio_res sync(request& r);
tokio_res truncate(request& r);
tokio_res clone(request& r);

// ---- fs_facts.cpp: what is known of a file
tokio_res stat(request& r);
tokio_res chmod(request& r);
tokio_res readdir(request& r);

// ---- fs_names.cpp: names in folders
tokio_res unlink(request& r);
tokio_res rename(request& r);
tokio_res mkdir(request& r);
tokio_res rmdir(request& r);
tokio_res remove_all(request& r);
tokio_res symlink(request& r);
tokio_res link(request& r);
tokio_res readlink(request& r);
tokio_res realpath(request& r);

// ---- fs_whole.cpp: whole files
tokio_res copy(request& r);
tokio_res read_file(request& r);
tokio_res write_file(request& r);

// ---- what they share

inline constexpr std::size_t most_path = 4096;  // PATH_MAX, which counts a NUL

inline constexpr int always_open_with = O_CLOEXEC | O_NOCTTY;
// For open(2). What the plugin wants beside (arg) is never another access.
[[nodiscard]] int system_flags(const tokio_fs_req& asked);
// Takes the descriptor, or the negative errno, of an open(2).
[[nodiscard]] tokio_res give_opened(request& r, int made);

// What was read ahead of the one who reads is given back to the position, once.
[[nodiscard]] tokio_res go_back(request& r);

// statx(2): in which folder, how, what.
inline constexpr unsigned wanted_facts = STATX_BASIC_STATS | STATX_BTIME;
[[nodiscard]] int folder_of(const request& r);
[[nodiscard]] int stat_flags(const request& r);
[[nodiscard]] tokio_status give_facts(request& r, const struct statx& facts);

// How large a lease is at first for a file that says that it has `size` bytes. Then: twice as large, with the same
// bytes; on an error the old one stays.
[[nodiscard]] std::size_t first_guess(std::int64_t size);
[[nodiscard]] tokio_status grow(request& r);

// open(2) below the line of the plugins' descriptors; a negative errno.
[[nodiscard]] int open_fd(tokio_plugin& of, const std::string& path, int flags, mode_t mode = 0);

// One read(2), and all of a write(2), at the descriptor's position or at a place of their own. What was moved is
// counted, also before an error.
[[nodiscard]] tokio_res read_once(tokio_plugin& of, int fd, std::uint8_t* into, std::size_t bytes,
                                  std::optional<off_t> at = {});
[[nodiscard]] tokio_res write_whole(tokio_plugin& of, int fd, const std::uint8_t* from, std::size_t bytes,
                                    std::optional<off_t> at = {});

// The result's bytes, in a lease of the plugin. ENOMEM, EQUOTA.
[[nodiscard]] tokio_status give_bytes(request& r, const void* bytes, std::size_t count);

// 0 or a negative errno of a call that says -1; for calls that nothing interrupts half-way.
template <class Call>
tokio_res done_or_errno(Call system_call) {
  return retry_eintr(system_call) == 0 ? TOKIO_OK : -errno;
}

}  // namespace tokiod::host::fs
