#include "host/library.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace tokiod::host {
namespace {

constexpr std::string_view copy_prefix = "tokiod-plugin-";

std::string copy_name(const copy_place& place) {
  return std::string(copy_prefix) + place.name + "-" + std::to_string(::getpid()) + "-" +
         std::to_string(place.generation) + ".so";
}

bool forbids_execution(const std::string& dir) {
  struct statvfs facts{};
  return ::statvfs(dir.c_str(), &facts) == 0 && (facts.f_flag & ST_NOEXEC) != 0;
}

outcome<void> write_copy(int fd, std::span<const std::byte> file, const std::string& path) {
  if (const auto done = write_all(fd, file); !done) return refuse(kind::io_error, path, ": ", done.error().text());
  return {};
}

}  // namespace

outcome<void> prepare_runtime_dir(const std::string& dir) {
  std::error_code failed;
  std::filesystem::create_directories(dir, failed);
  if (failed) return refuse(kind::io_error, dir, ": cannot be created: ", failed.message());
  if (::chmod(dir.c_str(), 0700) != 0) return refuse(kind::io_error, dir, ": ", error::last("chmod").text());
  for (const auto& entry : std::filesystem::directory_iterator(dir, failed))
    if (entry.path().filename().string().starts_with(copy_prefix)) std::filesystem::remove(entry.path(), failed);
  if (failed) return refuse(kind::io_error, dir, ": ", failed.message());
  return {};
}

outcome<std::unique_ptr<library>> library::open(std::span<const std::byte> file, const copy_place& place) {
  std::unique_ptr<library> one(new library);
  const bool on_disk = !place.runtime_dir.empty() && !forbids_execution(place.runtime_dir);
  const auto copied = on_disk ? one->copy_to_file(file, place) : one->copy_to_memory(file, place);
  if (!copied) return std::unexpected(copied.error());
  if (const auto mapped = one->map(); !mapped) return std::unexpected(mapped.error());
  return one;
}

outcome<void> library::copy_to_file(std::span<const std::byte> file, const copy_place& place) {
  path_ = place.runtime_dir + "/" + copy_name(place);
  maps_name_ = copy_name(place);
  const unique_fd copy(
      retry_eintr([&] { return ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0500); }));
  if (!copy) return refuse(kind::io_error, path_, ": ", error::last("open").text());
  on_disk_ = true;
  return write_copy(copy.get(), file, path_);
}

outcome<void> library::copy_to_memory(std::span<const std::byte> file, const copy_place& place) {
  maps_name_ = copy_name(place);
  memory_.reset(::memfd_create(maps_name_.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory_) return refuse(kind::io_error, place.name, ": ", error::last("memfd_create").text());
  path_ = "/proc/self/fd/" + std::to_string(memory_.get());
  if (const auto done = write_copy(memory_.get(), file, path_); !done) return done;
  if (::fcntl(memory_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
    return refuse(kind::io_error, place.name, ": ", error::last("fcntl").text());
  return {};
}

outcome<void> library::map() {
  handle_ = ::dlopen(path_.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle_ == nullptr) {
    const char* why = ::dlerror();
    return refuse(kind::bad_plugin, why != nullptr ? why : "dlopen failed without a reason");
  }
  descriptor_ = static_cast<const tokio_plugin_desc*>(::dlsym(handle_, "tokio_plugin_v0"));
  return {};
}

std::vector<std::string> library::mappings() const {
  std::vector<std::string> found;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (line.find(maps_name_) != std::string::npos) found.push_back(line);
  return found;
}

bool library::close() {
  if (handle_ != nullptr) ::dlclose(std::exchange(handle_, nullptr));
  descriptor_ = nullptr;
  return !mapped();
}

library::~library() {
  if (on_disk_) ::unlink(path_.c_str());
}

}  // namespace tokiod::host
