// tokioctl's command line, understood: what is asked of the daemon and how the answer shall look. The only user of
// CLI11; its own exit codes never leave this file.
// Invariant: an order holds parameters of the right JSON types; the daemon checks their ranges.
// Threads:   pure functions [one thread].
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "ctl/batch.hpp"
#include "ctl/client.hpp"
#include "ctl/exit_code.hpp"
#include "ctl/top/top.hpp"
#include "ctl/verb.hpp"
#include "wire/json.hpp"

namespace tokiod::ctl {

using wire::json;

enum class action : std::uint8_t {
  request,
  call,
  events,
  top,
  methods,
  schema,
  batch,
  version,
  completion,
  exposed,
  watched,
  edit,
};

// How results are printed: tables and records for people; the same without titles and padding, divided by tabulators;
// the daemon's own result in one line; the same with each row of a list in a line of its own.
enum class output_form : std::uint8_t { table, plain, one_line, line_for_each };

struct order {
  action what = action::request;
  const verb* shown = nullptr;  // of a request
  std::string method;
  json params = json::object();
  std::string shell;        // of a completion
  std::uint64_t count = 0;  // events to wait for; 0: until interrupted
  top_order top;
  std::vector<batch_request> batch;
  bool keep_going = false;  // of a batch: a refusal does not end it

  daemon_name daemon;
  output_form form = output_form::table;
  bool json_output = false;  // the form is one of JSON
  bool quiet = false, no_color = false;
  bool yes = false;         // nobody is asked whether he means it
  duration_ns timeout = 0;  // 0: what the method is worth
};

// Not an order: text to print and how to end (help is ok, mistakes are usage).
struct farewell {
  std::string text;
  exit_code code = exit_code::usage;
};

// `input` is what "-" reads.
[[nodiscard]] std::expected<order, farewell> read_command_line(const std::vector<std::string>& args,
                                                               std::istream& input);

// "30", "30s", "500ms", "2m".
[[nodiscard]] std::optional<duration_ns> duration_named(std::string_view text);

}  // namespace tokiod::ctl
