// tokioctl: the command line of the control socket.
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/run.hpp"

int main(int argc, char** argv) {
  const char* term = std::getenv("TERM");
  const bool dumb = !term || std::string_view(term) == "dumb";
  const tokiod::ctl::terminal at{std::cin, std::cout, std::cerr, ::isatty(STDOUT_FILENO) == 1 && !dumb,
                                 ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1};
  return static_cast<int>(tokiod::ctl::run(std::vector<std::string>(argv + 1, argv + argc), at));
}
