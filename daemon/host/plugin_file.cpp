#include "host/plugin_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace tokiod::host {
namespace {

constexpr std::string_view suffix = ".so";

kind kind_of_errno(int code) {
  switch (code) {
    case ENOENT:
    case ENOTDIR: return kind::not_found;
    case EACCES:
    case EPERM: return kind::permission_denied;
    default: return kind::io_error;
  }
}

bool ours(uid_t owner) { return owner == 0 || owner == ::geteuid(); }

std::string folder_of(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

// Whoever may write the folder may put another file where the name is.
outcome<void> trusted_folder(const std::string& of) {
  const auto folder = folder_of(of);
  struct stat place{};
  if (::stat(folder.c_str(), &place) != 0) return refuse(kind::io_error, folder, ": ", error::last("stat").text());
  if ((place.st_mode & S_IWOTH) != 0 && (place.st_mode & S_ISVTX) == 0)
    return refuse(kind::not_trusted, of, ": everybody may replace it, because everybody may write its directory");
  if (!ours(place.st_uid))
    return refuse(kind::not_trusted, of, ": its directory belongs to user ", place.st_uid, ", who may replace it");
  return {};
}

outcome<std::string> target_of(const std::string& link) {
  std::error_code failed;
  const auto target = std::filesystem::read_symlink(link, failed);
  if (failed) return refuse(kind::io_error, link, ": ", failed.message());
  return (std::filesystem::path(folder_of(link)) / target).string();  // an absolute target stands for itself
}

// The folder of the name, of every link that it leads through, and of the file at the end, which is the opened one.
outcome<void> trusted_way(const std::string& path, const struct stat& opened) {
  constexpr int most_links = 40;  // as the kernel follows
  auto at = path;
  for (int links = 0; links <= most_links; ++links) {
    if (const auto fine = trusted_folder(at); !fine) return fine;
    struct stat here{};
    if (::lstat(at.c_str(), &here) != 0) return refuse(kind::io_error, at, ": ", error::last("lstat").text());
    if (!S_ISLNK(here.st_mode)) {
      if (here.st_dev == opened.st_dev && here.st_ino == opened.st_ino) return {};
      return refuse(kind::not_trusted, path, ": was replaced while it was looked at");
    }
    if (!ours(here.st_uid))
      return refuse(kind::not_trusted, at, ": is a link of user ", here.st_uid, ", who may let it lead elsewhere");
    auto next = target_of(at);
    if (!next) return std::unexpected(next.error());
    at = std::move(*next);
  }
  return refuse(kind::not_trusted, path, ": leads through more than ", most_links, " links");
}

outcome<void> trusted(const std::string& path, const struct stat& file) {
  if (!ours(file.st_uid))
    return refuse(kind::not_trusted, path, ": belongs to user ", file.st_uid, "; a plugin belongs to root or to user ",
                  ::geteuid());
  if ((file.st_mode & S_IWOTH) != 0) return refuse(kind::not_trusted, path, ": everybody may write it");
  return trusted_way(path, file);
}

outcome<plugin_file> open_plugin(const std::string& path, bool must_be_trusted) {
  // Non-blocking: opening a FIFO must not wait for its writer.
  unique_fd fd(retry_eintr([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); }));
  if (!fd) return refuse(kind_of_errno(errno), path, ": ", error::last("open").text());
  struct stat facts{};
  if (::fstat(fd.get(), &facts) != 0) return refuse(kind::io_error, path, ": ", error::last("fstat").text());
  if (!S_ISREG(facts.st_mode)) return refuse(kind::bad_plugin, path, ": is not a regular file");
  if (must_be_trusted)
    if (const auto fine = trusted(path, facts); !fine) return std::unexpected(fine.error());
  const auto size = static_cast<std::uint64_t>(facts.st_size);
  if (size > max_plugin_bytes)
    return refuse(kind::too_large, path, ": has ", size, " bytes; a plugin has at most ", max_plugin_bytes);
  return plugin_file{path, std::move(fd), size};
}

}  // namespace

std::string name_of_file(std::string_view path) {
  auto name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  if (name.ends_with(suffix)) name.remove_suffix(suffix.size());
  return std::string(name);
}

outcome<plugin_file> open_trusted(const std::string& path) { return open_plugin(path, true); }
outcome<plugin_file> open_any(const std::string& path) { return open_plugin(path, false); }

outcome<inspection> inspect_file(const plugin_file& file) {
  auto facts = read_elf(file_source(file.fd.get(), file.size_bytes), file.path);
  if (!facts) return std::unexpected(facts.error());
  auto findings = lint(*facts);
  return inspection{file.path, file.size_bytes, std::move(*facts), std::move(findings)};
}

std::vector<std::string> plugin_files_in(const std::string& dir) {
  std::vector<std::string> found;
  std::error_code failed;
  for (std::filesystem::directory_iterator at(dir, failed), end; !failed && at != end; at.increment(failed)) {
    const auto name = at->path().filename().string();
    // A name that begins with a dot is a file that somebody is still writing.
    if (name.ends_with(suffix) && !name.starts_with('.')) found.push_back(at->path().string());
  }
  std::ranges::sort(found);
  return found;
}

outcome<std::string> find_by_name(const std::vector<std::string>& dirs, std::string_view name) {
  if (name.empty() || name.find('/') != name.npos || name.starts_with('.'))
    return refuse(kind::invalid_params, "'", name, "' is not a plugin's name; a name has no '/' and no dot in front");
  std::string looked;
  for (const auto& dir : dirs) {
    auto path = dir + "/" + std::string(name) + std::string(suffix);
    std::error_code failed;
    if (std::filesystem::exists(path, failed)) return path;
    looked += (looked.empty() ? "" : ", ") + dir;
  }
  return refuse(kind::not_found, "no ", name, suffix, " in the plugin directories (", looked.empty() ? "none" : looked,
                ")");
}

}  // namespace tokiod::host
