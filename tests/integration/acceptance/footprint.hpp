// What a process holds, as the kernel counts it.
// Invariant: reads /proc only; a process that is gone holds nothing.
// Threads:   any.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

namespace tokiod::test {

inline std::string proc_text(pid_t pid, const char* file) {
  std::ostringstream text;
  text << std::ifstream("/proc/" + std::to_string(pid) + "/" + file).rdbuf();
  return std::move(text).str();
}

inline std::int64_t entries_of(pid_t pid, const char* folder) {
  std::error_code gone;
  const std::filesystem::directory_iterator all("/proc/" + std::to_string(pid) + "/" + folder, gone);
  std::int64_t count = 0;
  for (auto at = begin(all); !gone && at != end(all); at.increment(gone)) ++count;
  return count;
}

struct footprint {
  std::int64_t mappings = 0, fds = 0, threads = 0, rss_kib = 0;

  static footprint of(pid_t pid) {
    footprint now;
    for (const char c : proc_text(pid, "maps")) now.mappings += c == '\n' ? 1 : 0;
    now.fds = entries_of(pid, "fd");
    now.threads = entries_of(pid, "task");
    std::istringstream status(proc_text(pid, "status"));
    for (std::string word; status >> word;)
      if (word == "VmRSS:") status >> now.rss_kib;
    return now;
  }
  [[nodiscard]] std::string text() const {
    return std::to_string(mappings) + " mappings, " + std::to_string(fds) + " fds, " + std::to_string(threads) +
           " threads, " + std::to_string(rss_kib) + " KiB resident";
  }
};

}  // namespace tokiod::test
