// What earlier processes left in the state directory, and which plugins are not started because of it.
//
//   crash/new-*.json    a report that nobody has been told of yet; told of, it becomes crash-*.json
//   crash/held-*.json   one that has led to a quarantine, and does not count again
//   quarantine/<plugin>.json    that plugin is not started with the daemon; who removes the file lets it start again
//
// A plugin is put there when its code was running at so many faults within so long, or for what an instance of it did
// wrong (on_fault). plugin.load starts it all the same.
// Invariant: a file that cannot be read or renamed is passed over and named in the log.
// Threads:   look [main, before plugins run]; the rest [any, afterwards].
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/config.hpp"
#include "wire/json.hpp"

namespace tokiod::app {

struct crash {
  std::string file;  // its path
  std::int64_t time = 0;
  std::string signal, instance, plugin, task, name, place;
  std::vector<std::string> frames;  // innermost first: "module+0x12 symbol"
  std::string module;               // of the innermost frame
  int worker = -1;
  bool held = false;  // it led to a quarantine
};

inline constexpr std::size_t crashes_until_quarantine = 3;
inline constexpr std::int64_t crash_window_seconds = 600;
inline constexpr std::size_t crash_reports_kept = 32;

// Of an empty directory: nothing is known, and nothing is held back.
class crash_loop {
 public:
  explicit crash_loop(std::string state_directory) : root_(std::move(state_directory)) {}

  // Tells the log of new reports, quarantines, and forgets the oldest reports. `now`: seconds since 1970.
  void look(const config::plugins_settings& plugins, std::int64_t now);
  // By the plugin's name, as plugin.list shows it: why it is not started.
  [[nodiscard]] const std::map<std::string, std::string>& held_back() const { return held_; }
  // The latest there was at the look; null: none.
  [[nodiscard]] const crash* last() const { return last_ ? &*last_ : nullptr; }
  // What there is to read, the latest first.
  [[nodiscard]] std::vector<crash> latest(std::size_t limit) const;
  // Not started with the daemon from the next start on: why, as held_back() says it then. unsupported, io_error.
  [[nodiscard]] outcome<std::string> quarantine_for_faults(const std::string& plugin, const std::string& instance,
                                                           std::uint64_t faults, std::int64_t now) const;
  // Of one of these: it starts with the daemon from the next start on. io_error.
  [[nodiscard]] outcome<void> clear(const std::string& plugin) const;

 private:
  [[nodiscard]] std::vector<crash> reports(const std::string& prefix) const;
  static void tell(const crash& of);
  void quarantine(const std::string& plugin, const std::vector<crash>& because, std::int64_t now);
  [[nodiscard]] outcome<void> write_quarantine(const std::string& plugin, const wire::json& record) const;
  void read_quarantine();
  void forget_oldest() const;

  const std::string root_;
  std::map<std::string, std::string> held_;
  std::optional<crash> last_;
};

// The name of a plugin by what the configuration calls it: a path, or the name itself.
[[nodiscard]] std::string plugin_name(const std::string& configured);

}  // namespace tokiod::app
