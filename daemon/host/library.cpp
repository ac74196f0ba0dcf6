#include "host/library.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <system_error>

#include "base/digest.hpp"
#include "base/page_block.hpp"

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

// All that it had when it was opened, a piece at a time.
outcome<void> copy_bytes(const plugin_file& from, int to) {
  const file_source source(from.fd.get(), from.size_bytes);
  constexpr std::size_t piece_bytes = std::size_t{256} << 10;
  auto piece = page_block::take(piece_bytes);
  if (!piece) return refuse(kind::io_error, from.path, ": cannot be copied: ", piece.error().text());
  for (std::uint64_t done = 0; done < from.size_bytes; done += piece_bytes) {
    const auto now = piece->bytes().first(std::min<std::uint64_t>(piece_bytes, from.size_bytes - done));
    if (!source.read(done, now)) return refuse(kind::io_error, from.path, ": became shorter, or cannot be read");
    if (const auto written = write_all(to, now); !written)
      return refuse(kind::io_error, from.path, ": cannot be copied: ", written.error().text());
  }
  return {};
}

}  // namespace

outcome<void> prepare_runtime_dir(const std::string& dir) {
  std::error_code failed;
  std::filesystem::create_directories(dir, failed);
  if (failed) return refuse(kind::io_error, dir, ": cannot be created: ", failed.message());
  if (::chmod(dir.c_str(), 0700) != 0) return refuse(kind::io_error, dir, ": ", error::last("chmod").text());
  for (std::filesystem::directory_iterator at(dir, failed), end; !failed && at != end; at.increment(failed))
    if (at->path().filename().string().starts_with(copy_prefix)) std::filesystem::remove(at->path(), failed);
  if (failed) return refuse(kind::io_error, dir, ": ", failed.message());
  return {};
}

outcome<std::unique_ptr<library>> library::copy(const plugin_file& file, const copy_place& place) {
  std::unique_ptr<library> one(new library);
  one->copy_.path = file.path;
  one->copy_.size_bytes = file.size_bytes;
  const bool on_disk = !place.runtime_dir.empty() && !forbids_execution(place.runtime_dir);
  if (const auto made = on_disk ? one->make_file(place) : one->make_memory(place); !made)
    return std::unexpected(made.error());
  const int copy = one->copy_.fd.get();
  if (const auto copied = copy_bytes(file, copy); !copied) return std::unexpected(copied.error());
  if (!on_disk && ::fcntl(copy, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
    return refuse(kind::io_error, place.name, ": ", error::last("fcntl").text());
  return one;
}

outcome<void> library::make_file(const copy_place& place) {
  path_ = place.runtime_dir + "/" + copy_name(place);
  maps_name_ = copy_name(place);
  copy_.fd.reset(
      retry_eintr([&] { return ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0500); }));
  if (!copy_.fd) return refuse(kind::io_error, path_, ": ", error::last("open").text());
  on_disk_ = true;
  return {};
}

outcome<void> library::make_memory(const copy_place& place) {
  maps_name_ = copy_name(place);
  copy_.fd.reset(::memfd_create(maps_name_.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!copy_.fd) return refuse(kind::io_error, place.name, ": ", error::last("memfd_create").text());
  path_ = "/proc/self/fd/" + std::to_string(copy_.fd.get());
  return {};
}

outcome<std::string> library::digest() const {
  void* const bytes = ::mmap(nullptr, copy_.size_bytes, PROT_READ, MAP_PRIVATE, copy_.fd.get(), 0);
  if (bytes == MAP_FAILED) return refuse(kind::io_error, copy_.path, ": ", error::last("mmap").text());
  std::string text = sha256({static_cast<const char*>(bytes), copy_.size_bytes});
  ::munmap(bytes, copy_.size_bytes);
  return text;
}

outcome<inspection> library::inspect() const { return inspect_file(copy_); }

outcome<void> library::map() {
  handle_ = ::dlopen(path_.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle_ == nullptr) {
    const char* why = ::dlerror();
    return refuse(kind::bad_plugin, why != nullptr ? why : "dlopen failed without a reason");
  }
  if (on_disk_) copy_.fd.reset();
  descriptor_ = static_cast<const tokio_plugin_desc*>(::dlsym(handle_, "tokio_plugin_v0"));
  return {};
}

result<std::vector<std::string>> library::mappings() const {
  constexpr std::size_t most_bytes = std::size_t{64} << 20;
  const auto maps = read_file("/proc/self/maps", most_bytes);
  if (!maps) return std::unexpected(maps.error());
  std::vector<std::string> found;
  std::istringstream lines(*maps);
  for (std::string line; std::getline(lines, line);)
    if (line.find(maps_name_) != std::string::npos) found.push_back(line);
  return found;
}

result<bool> library::close() {
  if (handle_ != nullptr) ::dlclose(std::exchange(handle_, nullptr));
  descriptor_ = nullptr;
  const auto left = mappings();
  if (!left) return std::unexpected(left.error());
  return left->empty();
}

library::~library() {
  if (on_disk_) ::unlink(path_.c_str());
}

}  // namespace tokiod::host
