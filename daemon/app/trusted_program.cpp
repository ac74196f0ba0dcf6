#include "app/trusted_program.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

namespace tokiod::app {
namespace {

namespace fs = std::filesystem;

// Empty: it is fine.
std::string fault_of(const fs::path& path) {
  struct stat facts{};
  if (::lstat(path.c_str(), &facts) != 0) return path.string() + " cannot be looked at";
  if (facts.st_uid != 0 && facts.st_uid != ::geteuid())
    return path.string() + " belongs to the user " + std::to_string(facts.st_uid);
  const bool everybody_keeps_his_own = S_ISDIR(facts.st_mode) && (facts.st_mode & S_ISVTX) != 0 && facts.st_uid == 0;
  if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !everybody_keeps_his_own)
    return "others than its owner may write to " + path.string();
  return {};
}

}  // namespace

outcome<std::string> own_program() {
  std::error_code failed;
  auto path = fs::read_symlink("/proc/self/exe", failed).string();
  if (failed) return refuse(kind::io_error, "this process cannot tell what it runs: ", failed.message());
  constexpr std::string_view gone = " (deleted)";
  if (path.ends_with(gone)) path.resize(path.size() - gone.size());
  return path;
}

outcome<std::string> trusted_program(const std::string& path) {
  if (!path.starts_with('/')) return refuse(kind::not_trusted, "a program is named by its whole path, got ", path);
  std::error_code failed;
  const fs::path real = fs::canonical(path, failed);
  if (failed) return refuse(kind::not_found, "there is no program ", path, ": ", failed.message());
  if (!fs::is_regular_file(real, failed)) return refuse(kind::not_trusted, real.string(), " is no file");
  for (fs::path at = real;; at = at.parent_path()) {
    if (const auto fault = fault_of(at); !fault.empty()) return refuse(kind::not_trusted, path, " is not run: ", fault);
    if (at == at.root_path()) break;
  }
  if (::access(real.c_str(), X_OK) != 0) return refuse(kind::not_trusted, real.string(), " may not be run");
  return real.string();
}

}  // namespace tokiod::app
