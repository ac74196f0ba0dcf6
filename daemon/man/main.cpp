// Writes the manual pages into a folder, at build time.
//   tokiod_write_man FOLDER DATE
#include <cstdio>
#include <fstream>
#include <string>

#include "man/pages.hpp"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: tokiod_write_man FOLDER DATE\n", stderr);
    return 64;
  }
  const std::string folder = argv[1], date = argv[2];
  const struct {
    const char* file;
    std::string (*text)(std::string_view);
  } pages[] = {{"tokiod.8", tokiod::man::tokiod_8},
               {"tokioctl.1", tokiod::man::tokioctl_1},
               {"tokiod.json.5", tokiod::man::tokiod_json_5},
               {"tokiod-control.7", tokiod::man::tokiod_control_7}};
  for (const auto& each : pages) {
    std::ofstream to(folder + "/" + each.file);
    to << each.text(date);
    if (!to.flush()) {
      std::fprintf(stderr, "tokiod_write_man: cannot write %s/%s\n", folder.c_str(), each.file);
      return 1;
    }
  }
  return 0;
}
