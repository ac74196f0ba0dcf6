#include "app/folder.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

namespace tokiod::app {

std::vector<std::string> names_in(const std::string& folder, std::string_view prefix, std::string_view ending) {
  std::vector<std::string> names;
  std::error_code failed;
  for (std::filesystem::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    auto name = at->path().filename().string();
    if (name.starts_with(prefix) && name.ends_with(ending)) names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace tokiod::app
