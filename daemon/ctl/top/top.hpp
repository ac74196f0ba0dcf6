// `tokioctl top`: the runtime as it works, on a terminal or, for scripts, as text or JSON at every interval.
// Threads: [one thread].
#pragma once
#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "ctl/client.hpp"
#include "ctl/run.hpp"

namespace tokiod::ctl {

struct top_order {
  std::string tab = "tasks", sort, filter;
  bool reverse = false;
  bool batch = false;       // text, no terminal
  std::uint64_t count = 0;  // samples in a batch; 0: until interrupted
  duration_ns interval = second;
};

struct top_style {
  bool json_output = false, color = false;
  duration_ns answer_within = 60 * second;
};

// Until it is interrupted, the count is reached, or `q`. Fails: invalid_params (a tab, column or filter that is none),
// unsupported (no terminal), and as client::call.
[[nodiscard]] outcome<void> show_top(client& daemon, const top_order& asked, const top_style& style,
                                     const terminal& at);

}  // namespace tokiod::ctl
