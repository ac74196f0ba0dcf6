#include "config/overlay_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <span>
#include <utility>

#include "base/fd.hpp"
#include "base/log.hpp"
#include "wire/parse.hpp"

namespace tokiod::config {
namespace {

std::unexpected<refusal> failed(const std::string& path, const error& why) {
  return refuse(kind::io_error, path, " cannot be written: ", why.text());
}

result<void> sync(int fd) {
  if (retry_eintr([fd] { return ::fsync(fd); }) != 0) return std::unexpected(error::last("fsync"));
  return {};
}

result<void> write_new(const std::string& path, std::string_view text) {
  constexpr mode_t owner_only = 0600;
  const unique_fd file(retry_eintr(
      [&] { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, owner_only); }));
  if (!file) return std::unexpected(error::last("open"));
  if (::fchmod(file.get(), owner_only) != 0) return std::unexpected(error::last("fchmod"));
  if (auto written = write_all(file.get(), std::as_bytes(std::span(text))); !written) return written;
  return sync(file.get());
}

result<void> sync_folder_of(const std::string& path) {
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  const unique_fd at(
      retry_eintr([&] { return ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!at) return std::unexpected(error::last("open"));
  return sync(at.get());
}

}  // namespace

outcome<overlay_file> overlay_file::stage(std::string path, std::string_view text) {
  overlay_file staged(std::move(path));
  if (const auto written = write_new(staged.beside(), text); !written) return failed(staged.path_, written.error());
  return staged;
}

overlay_file::overlay_file(overlay_file&& other) noexcept : path_(std::exchange(other.path_, {})) {}

overlay_file::~overlay_file() {
  if (!path_.empty()) ::unlink(beside().c_str());
}

outcome<void> overlay_file::commit() {
  if (std::rename(beside().c_str(), path_.c_str()) != 0) return failed(path_, error::last("rename"));
  const std::string path = std::exchange(path_, {});
  if (const auto synced = sync_folder_of(path); !synced)
    log::warn("config", "what was persisted may be lost if the machine stops now",
              {{"path", path}, {"error", synced.error().text()}});
  return {};
}

std::string overlay_text(const wire::json& persisted) {
  return "// Written by tokiod: what was changed at run time and is to outlive it. Its layer is above every other "
         "file,\n"
         "// the environment and the command line; tokioctl config unset PATH --persist takes one setting back.\n" +
         wire::dump_indented(persisted) + "\n";
}

}  // namespace tokiod::config
