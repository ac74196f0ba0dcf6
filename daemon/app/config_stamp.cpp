#include "app/config_stamp.hpp"

#include <sys/stat.h>

#include <ctime>
#include <utility>

#include "app/folder.hpp"
#include "base/clock.hpp"

namespace tokiod::app {
namespace {

constexpr std::int64_t settled_after = 2 * static_cast<std::int64_t>(second);  // coarse clocks of file systems

std::int64_t ns_of(const timespec& t) { return t.tv_sec * static_cast<std::int64_t>(second) + t.tv_nsec; }

class stamper {
 public:
  explicit stamper(std::int64_t wall_ns) : wall_ns_(wall_ns) {}

  void add(const std::string& path) {
    struct stat seen{};
    text_ += path;
    if (path.empty() || ::stat(path.c_str(), &seen) != 0) {
      text_ += " -\n";
      return;
    }
    const std::int64_t changed = ns_of(seen.st_ctim);
    settled_ = settled_ && changed + settled_after < wall_ns_;
    for (const auto number : {static_cast<std::int64_t>(seen.st_dev), static_cast<std::int64_t>(seen.st_ino),
                              static_cast<std::int64_t>(seen.st_size), ns_of(seen.st_mtim), changed})
      text_ += " " + std::to_string(number);
    text_ += "\n";
  }

  void add_folder(const std::string& path) {
    add(path);
    for (const auto& name : names_in(path)) add(path + "/" + name);
  }

  [[nodiscard]] std::string text() && { return settled_ ? std::move(text_) : std::string(); }

 private:
  const std::int64_t wall_ns_;
  std::string text_;
  bool settled_ = true;
};

}  // namespace

std::string config_stamp(const config::sources& from, std::int64_t wall_ns) {
  stamper all(wall_ns);
  for (const auto& folder : {from.vendor_dir, from.conf_dir, from.credentials_dir}) all.add_folder(folder);
  for (const auto& file : {from.file, from.overlay_file}) all.add(file);
  return std::move(all).text();
}

}  // namespace tokiod::app
