#include "app/diag/bundle_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <span>
#include <sstream>

#include "app/crash_report.hpp"
#include "app/folder.hpp"
#include "base/fd.hpp"

namespace tokiod::app {
namespace {

void make_room(const std::string& folder) {
  const auto names = names_in(folder, {}, ".tar");  // which begin with a time: the oldest are the first
  for (std::size_t i = 0; i + most_bundles <= names.size(); ++i) ::unlink((folder + "/" + names[i]).c_str());
}

// With as many digits for every moment of the next centuries.
std::string file_name_at(std::int64_t now_ns) {
  std::string digits = std::to_string(now_ns);
  if (digits.size() < 19) digits.insert(0, 19 - digits.size(), '0');
  return "tokiod-" + digits + ".tar";
}

std::string without_log(const std::string& report) {
  std::string rest;
  std::istringstream lines(report);
  for (std::string line; std::getline(lines, line);)
    if (!line.starts_with(crash_report_log)) rest += line + "\n";
  return rest;
}

}  // namespace

outcome<std::string> keep_bundle(const std::string& state, std::string_view bytes, std::int64_t now_ns) {
  if (state.empty())
    return refuse(kind::unsupported, "there is no state directory to keep a bundle in: STATE_DIRECTORY is not set");
  const std::string folder = state + "/bundle", path = folder + "/" + file_name_at(now_ns);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return refuse(kind::io_error, folder, ": ", error::last("mkdir").text());
  make_room(folder);
  const unique_fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return refuse(kind::io_error, path, ": ", error::last("open").text());
  auto kept = write_all(file.get(), std::as_bytes(std::span(bytes)));
  if (kept && retry_eintr([&] { return ::fsync(file.get()); }) != 0) kept = std::unexpected(error::last("fsync"));
  if (kept) return path;
  ::unlink(path.c_str());
  return refuse(kind::io_error, path, ": ", kept.error().text());
}

std::vector<std::pair<std::string, std::string>> crash_reports_in(const std::string& state) {
  std::vector<std::pair<std::string, std::string>> reports;
  if (state.empty()) return reports;
  const std::string folder = state + "/crash";
  auto names = names_in(folder, {}, ".json");
  if (names.size() > most_reports) names.erase(names.begin(), names.end() - most_reports);
  for (auto& name : names)
    if (const auto text = read_file(folder + "/" + name, most_report_bytes))
      reports.emplace_back(std::move(name), without_log(*text));
  return reports;
}

}  // namespace tokiod::app
