// From files, environment, command line and what was changed at run time to one checked configuration in which every
// value knows its origin. The layers are those of config/layer.hpp. Objects merge, arrays replace, null takes back what
// a lower layer said (RFC 7396).
// Invariant: load() gives either a configuration without a fault, or every fault of every layer.
// Threads:   plain values; load() and with_overlays() read files.
#pragma once
#include <expected>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.hpp"
#include "config/document.hpp"
#include "config/layer.hpp"
#include "config/setting.hpp"

namespace tokiod::config {

// A value given by name: --workers 4 is {"/runtime/worker_threads", "4", "--workers"}.
struct given {
  std::string pointer;
  std::vector<std::string> texts;  // one, or several for a list
  std::string name;                // of the option or variable
};

struct sources {
  std::string vendor_dir = "/usr/lib/tokiod/conf.d";
  std::string file = "/etc/tokiod/tokiod.json";
  std::string conf_dir = "/etc/tokiod/conf.d";
  bool file_must_exist = false;      // it was named on the command line
  bool conf_dir_must_exist = false;  // so was this
  std::vector<given> environment;
  std::vector<given> command_line;
  std::string overlay_file;     // of the persisted layer; empty: none, and nothing can be persisted
  std::string credentials_dir;  // of {"$credential": "name"}; empty: none
};

struct loaded {
  config values;
  wire::json document;                         // every setting with its effective value
  wire::json said;                             // the same without what nobody said
  std::map<std::string, std::string> origins;  // pointer -> "default", "file:line:column", "environment", ...
  std::vector<std::string> files;              // that were read, lowest layer first
  std::vector<layer> layers;                   // lowest first, without the defaults
  std::set<std::string> credentials;           // texts that only plugins are to see

  [[nodiscard]] std::string origin_of(const std::string& pointer) const;
  [[nodiscard]] level level_of(const std::string& pointer) const;  // of the layer that won
};

// `runtime`: the layer that only memory knows.
[[nodiscard]] std::expected<loaded, faults> load(const sources& from, const wire::json& runtime = wire::json::object());

// The lower layers of `below` as they were read, under these two.
[[nodiscard]] std::expected<loaded, faults> with_overlays(const loaded& below, const sources& from,
                                                          const overlays& over);

// What the daemon would make of this text as its only file.
[[nodiscard]] std::expected<loaded, faults> load_text(const std::string& name, std::string_view text);

// TOKIO_WORKER_THREADS, and TOKIOD_<SECTION>__<NAME> for every other single value. `variables` is environ.
[[nodiscard]] std::vector<given> from_environment(const char* const* variables);

// Every setting with its default; worker_threads is null.
[[nodiscard]] wire::json default_document();

// The effective configuration as a commented document that load_text() reads back.
[[nodiscard]] std::string printed(const loaded& l);

}  // namespace tokiod::config
