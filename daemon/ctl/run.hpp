// tokioctl as a function, so that a test can be its terminal.
// Threads: [one thread].
#pragma once
#include <istream>
#include <ostream>
#include <string>
#include <vector>

#include "ctl/exit_code.hpp"

namespace tokiod::ctl {

struct terminal {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool color = false;   // `out` is a terminal that shows colors
  bool person = false;  // somebody can be asked: `in` and `err` are a terminal
};

// `args` without the program's name.
[[nodiscard]] exit_code run(const std::vector<std::string>& args, const terminal& at);

}  // namespace tokiod::ctl
