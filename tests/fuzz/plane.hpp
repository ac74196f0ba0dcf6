// What the targets that drive a control plane share: it is as it was before each run, and what a client reads are
// lines. Threads: one.
#pragma once
#include <string_view>

#include "base/log.hpp"
#include "fuzz/choices.hpp"
#include "support/plane_bench.hpp"
#include "wire/parse.hpp"

namespace tokiod::fuzz {

inline void settle(test::plane_bench& bench) {
  must(bench.started, "there are threads");
  bench.io.poll();
  log::set_levels({.base = log::level::off, .targets = {}});
  bench.backend.be(control::daemon_state::running);
  must(bench.backend.listeners() == 0 && bench.backend.watched() == 0, "nobody listens any more");
}

// Text that a client reads: lines of JSON, the last of them ended, too.
inline void must_be_lines(std::string_view text) {
  must(text.empty() || text.ends_with('\n'), "the last line is whole");
  for (; !text.empty(); text.remove_prefix(text.find('\n') + 1)) {
    const auto line = text.substr(0, text.find('\n'));
    must(wire::parse(line, {.depth = 256, .values = std::size_t{1} << 20, .comments = false}).has_value(),
         "a line is valid JSON", line);
  }
}

}  // namespace tokiod::fuzz
