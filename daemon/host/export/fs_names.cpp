// tokio.fs/1: names in folders. Made, changed, removed, linked, resolved.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "host/export/fs_calls.hpp"

namespace tokiod::host::fs {
namespace {

bool is_folder(const char* path) {
  struct stat facts{};
  return ::stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

// Fine when it is there already, by whomever it was made.
tokio_res make_if_missing(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0) return TOKIO_OK;
  const int failed = errno;
  return failed != ENOENT && is_folder(path.c_str()) ? TOKIO_OK : -failed;
}

// Where the name of the folder above ends; 0: there is none in the path.
std::size_t end_of_parent(const std::string& path, std::size_t end) {
  while (end > 0 && path[end - 1] == '/') --end;
  while (end > 0 && path[end - 1] != '/') --end;
  while (end > 1 && path[end - 1] == '/') --end;
  return end;
}

// Up to the first folder that is there or can be made, and down again. What another one makes meanwhile is fine.
tokio_res make_with_parents(const std::string& path, mode_t mode) {
  std::vector<std::size_t> missing;
  for (std::size_t end = path.size(); end > 0; end = end_of_parent(path, end)) {
    const auto made = make_if_missing(path.substr(0, end), mode);
    if (made == TOKIO_OK) break;
    if (made != TOKIO_ENOENT) return made;
    missing.push_back(end);
  }
  for (; !missing.empty(); missing.pop_back())
    if (const auto made = make_if_missing(path.substr(0, missing.back()), mode); made != TOKIO_OK) return made;
  return TOKIO_OK;
}

tokio_res give_text(request& r, std::string_view text) { return give_bytes(r, text.data(), text.size()); }

}  // namespace

tokio_res unlink(request& r) {
  return done_or_errno([&] { return ::unlink(r.path.c_str()); });
}

tokio_res rename(request& r) {
  return done_or_errno([&] { return std::rename(r.path.c_str(), r.path2.c_str()); });
}

tokio_res mkdir(request& r) {
  const auto mode = static_cast<mode_t>(r.asked.mode);
  if (r.asked.arg == 1) return make_with_parents(r.path, mode);
  return done_or_errno([&] { return ::mkdir(r.path.c_str(), mode); });
}

tokio_res rmdir(request& r) {
  return done_or_errno([&] { return ::rmdir(r.path.c_str()); });
}

// The library's walk opens each folder without following links, so nobody leads it elsewhere meanwhile.
tokio_res remove_all(request& r) {
  struct stat facts{};
  if (::lstat(r.path.c_str(), &facts) != 0) return -errno;
  if (S_ISLNK(facts.st_mode)) return unlink(r);
  if (!S_ISDIR(facts.st_mode)) return -ENOTDIR;
  std::error_code failed;
  std::filesystem::remove_all(r.path, failed);
  return -failed.value();
}

tokio_res symlink(request& r) {
  return done_or_errno([&] { return ::symlink(r.path.c_str(), r.path2.c_str()); });
}

tokio_res link(request& r) {
  return done_or_errno([&] { return ::link(r.path.c_str(), r.path2.c_str()); });
}

tokio_res readlink(request& r) {
  std::string text(most_path, '\0');
  const auto got = ::readlink(r.path.c_str(), text.data(), text.size());
  if (got < 0) return -errno;
  if (static_cast<std::size_t>(got) == text.size()) return -ENAMETOOLONG;
  return give_text(r, std::string_view(text).substr(0, static_cast<std::size_t>(got)));
}

tokio_res realpath(request& r) {
  const std::unique_ptr<char, decltype(&std::free)> text(::realpath(r.path.c_str(), nullptr), std::free);
  return text ? give_text(r, text.get()) : -errno;
}

}  // namespace tokiod::host::fs
