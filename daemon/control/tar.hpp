// A tar archive in memory, in the format that POSIX calls ustar.
// Invariant: what finish() gives is a whole archive; a member is a plain file with mode 0600.
// Threads:   one owner.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace tokiod::control {

class tar_archive {
 public:
  explicit tar_archive(std::int64_t unix_seconds) : time_(unix_seconds) {}

  // `name`: up to 100 bytes, relative.
  void add(std::string_view name, std::string_view content);
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] std::string finish() &&;

 private:
  const std::int64_t time_;
  std::string bytes_;
};

}  // namespace tokiod::control
