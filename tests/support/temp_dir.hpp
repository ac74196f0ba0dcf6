// A folder of its own for a test, removed with everything in it.
// Invariant: nothing outside of the folder is touched.
// Threads:   one.
#pragma once
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace tokiod::test {

class temp_dir {
 public:
  temp_dir() {
    const char* const base = std::getenv("TMPDIR");
    std::string name = std::string(base ? base : "/tmp") + "/tokiod-test.XXXXXX";
    if (!::mkdtemp(name.data())) std::abort();  // a test without a folder can prove nothing
    path_ = name;
  }
  temp_dir(const temp_dir&) = delete;
  temp_dir& operator=(const temp_dir&) = delete;
  ~temp_dir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

  // Writes a file (and the folders above it) and returns its path.
  std::string write(std::string_view name, std::string_view text) const {
    const std::string file = *this / name;
    std::filesystem::create_directories(std::filesystem::path(file).parent_path());
    std::ofstream(file) << text;
    return file;
  }

 private:
  std::string path_;
};

}  // namespace tokiod::test
