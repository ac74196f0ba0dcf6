// What is done by a path: whole files, names, folders, metadata. Each is one operation; it begins with the first poll
// and then goes on, also when its future is destroyed. Paths are copied.
// Threads: [task].
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tokio/fs/dir_builder.hpp"
#include "tokio/fs/metadata.hpp"
#include "tokio/io/traits.hpp"
#include "tokio/io/utf8.hpp"

namespace tokio::fs {

inline call_future<nothing_to_give> done_by_path(std::uint32_t op, std::string_view path, std::string_view path2 = {}) {
  return {request_of(op, path, path2), {}};
}

// ---- whole files

inline auto read(std::string_view path) {
  return call_future(request_of(TOKIO_FS_READ_FILE, path),
                     [](operation& from, std::uint64_t) -> result<std::vector<std::byte>> {
                       auto bytes = from.take_lease();
                       if (!bytes) return std::unexpected(bytes.error());
                       return std::vector<std::byte>(bytes->bytes().begin(), bytes->bytes().end());
                     });
}
inline auto read_to_string(std::string_view path) {
  return call_future(request_of(TOKIO_FS_READ_FILE, path),
                     [](operation& from, std::uint64_t count) -> result<std::string> {
                       auto text = give_string()(from, count);
                       if (text && !io::is_utf8(*text)) return std::unexpected(io::invalid_utf8());
                       return text;
                     });
}

class [[nodiscard]] write_future {
 public:
  using output = result<>;
  write_future(request asked, io::byte_view contents) noexcept : asked_(std::move(asked)), contents_(contents) {}
  tokio::poll<output> poll(context& cx) {
    if (!flying_) {
      auto submitted = submit(cx);
      if (!submitted) return output(std::unexpect, submitted.error());
      flying_ = std::move(*submitted);
    }
    auto got = flying_->poll(cx);
    if (got.is_pending()) return pending;
    if (!got.value()) return output(std::unexpect, got.value().error());
    return output();
  }

 private:
  result<operation> submit(context& cx) {
    auto copied = lease::make(cx.instance(), contents_.size());
    if (!copied) return std::unexpected(copied.error());
    copied->fill(contents_);
    return operation::submit(cx.instance(), asked_.raw(), &*copied);
  }
  request asked_;
  io::byte_view contents_;
  std::optional<operation> flying_;
};
// What the file has then. The bytes are borrowed until the first poll. Not promised as a write of a `file` is: at the
// end of the instance it is dropped if it has not begun.
inline write_future write(std::string_view path, io::byte_view contents) {
  auto asked = request_of(TOKIO_FS_WRITE_FILE, path);
  asked.asked.mode = 0666;
  return {std::move(asked), contents};
}

// A regular file and its permissions; how many bytes. Not onto itself.
inline call_future<give_count> copy(std::string_view from, std::string_view to) {
  return {request_of(TOKIO_FS_COPY, from, to), {}};
}

// ---- names

inline auto rename(std::string_view from, std::string_view to) { return done_by_path(TOKIO_FS_RENAME, from, to); }
inline auto hard_link(std::string_view original, std::string_view link) {
  return done_by_path(TOKIO_FS_LINK, original, link);
}
inline auto symlink(std::string_view original, std::string_view link) {
  return done_by_path(TOKIO_FS_SYMLINK, original, link);
}
inline call_future<give_string> read_link(std::string_view path) { return {request_of(TOKIO_FS_READLINK, path), {}}; }
inline call_future<give_string> canonicalize(std::string_view path) {
  return {request_of(TOKIO_FS_REALPATH, path), {}};
}
inline auto remove_file(std::string_view path) { return done_by_path(TOKIO_FS_UNLINK, path); }

// ---- folders

inline auto create_dir(std::string_view path) { return dir_builder().create(path); }
inline auto create_dir_all(std::string_view path) { return dir_builder().recursive(true).create(path); }
inline auto remove_dir(std::string_view path) { return done_by_path(TOKIO_FS_RMDIR, path); }
// With everything in it. Links in it are removed, not followed.
inline auto remove_dir_all(std::string_view path) { return done_by_path(TOKIO_FS_REMOVE_ALL, path); }

// ---- metadata

inline metadata_future metadata(std::string_view path) { return stat_of(path, 0); }
inline metadata_future symlink_metadata(std::string_view path) { return stat_of(path, TOKIO_O_NOFOLLOW); }
inline auto set_permissions(std::string_view path, permissions to) {
  auto asked = request_of(TOKIO_FS_CHMOD, path);
  asked.asked.mode = to.mode();
  return call_future(std::move(asked), nothing_to_give());
}

// A link that leads nowhere does not exist; that one may not look is an error.
class [[nodiscard]] try_exists_future {
 public:
  using output = result<bool>;
  explicit try_exists_future(std::string_view path) : stat_(stat_of(path, 0)) {}
  tokio::poll<output> poll(context& cx) {
    auto got = stat_.poll(cx);
    if (got.is_pending()) return pending;
    if (got.value()) return output(true);
    if (got.value().error().kind() == error_kind::not_found) return output(false);
    return output(std::unexpect, got.value().error());
  }

 private:
  metadata_future stat_;
};
inline try_exists_future try_exists(std::string_view path) { return try_exists_future(path); }

}  // namespace tokio::fs
