#include "app/crash_loop.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <system_error>

#include "app/folder.hpp"
#include "base/fd.hpp"
#include "base/log.hpp"
#include "wire/get.hpp"
#include "wire/parse.hpp"

namespace tokiod::app {
namespace {

namespace fs = std::filesystem;
using wire::json;

constexpr std::size_t largest_file = 256 * 1024;

std::vector<std::string> files_in(const std::string& folder, const std::string& prefix) {
  auto paths = names_in(folder, prefix, ".json");
  for (auto& path : paths) path.insert(0, folder + "/");
  return paths;
}

// The object on one line of the text.
json object_in(const std::string& text, std::size_t line) {
  std::size_t begin = 0;
  for (; line > 0 && begin != std::string::npos; --line) begin = text.find('\n', begin) + 1;
  auto read = wire::parse(text.substr(begin, text.find('\n', begin) - begin));
  return read && read->is_object() ? std::move(*read) : json();
}

void read_frames(const json& line, crash& into) {
  if (!line.is_object() || !line.contains("frames") || !line["frames"].is_array()) return;
  for (const auto& frame : line["frames"]) {
    if (!frame.is_object()) continue;
    const auto module = wire::text_or(frame, "module"), symbol = wire::text_or(frame, "symbol");
    if (into.frames.empty()) into.module = module;
    into.frames.push_back(fs::path(module).filename().string() + "+" + wire::text_or(frame, "offset") +
                          (symbol.empty() ? "" : " " + symbol));
  }
}

// The path that the file has then.
std::string rename_to(const std::string& path, const char* prefix) {
  const fs::path from(path);
  const auto name = from.filename().string();
  const auto to = from.parent_path() / (prefix + name.substr(name.find('-')));
  std::error_code failed;
  fs::rename(from, to, failed);
  if (!failed) return to.string();
  log::warn("daemon", "a crash report cannot be renamed", {{"file", path}, {"why", failed.message()}});
  return path;
}

std::string sentence(const crash& of) {
  std::string text = of.signal;
  if (!of.instance.empty()) text += " in instance " + of.instance;
  if (!of.task.empty())
    text += ", task " + of.task + " (" + of.name + (of.place.empty() ? "" : " at ") + of.place + ")";
  return text;
}

// Of a quarantine, by its record.
std::string reason_in(const json& record) {
  const std::string what_now = "; plugin.clear_quarantine has it started again";
  if (record.is_object() && record.contains("faults"))
    return "instance " + wire::text_or(record, "instance") + " panicked or broke a rule " +
           std::to_string(wire::integer_or(record, "faults", 0)) + " times, and on_fault was quarantine" + what_now;
  return "it ended the daemon " + std::to_string(wire::integer_or(record, "crashes", 0)) + " times, the last time by " +
         (record.is_object() ? wire::text_or(record, "last") : "an unknown fault") + what_now;
}

}  // namespace

std::string plugin_name(const std::string& configured) {
  const auto name = fs::path(configured).filename().string();
  return name.ends_with(".so") ? name.substr(0, name.size() - 3) : name;
}

std::vector<crash> crash_loop::reports(const std::string& prefix) const {
  std::vector<crash> all;
  for (const auto& path : files_in(root_ + "/crash", prefix)) {
    const auto text = read_file(path, largest_file);
    const json facts = text ? object_in(*text, 0) : json();
    if (!facts.is_object()) {
      log::warn("daemon", "a crash report cannot be read", {{"file", path}});
      continue;
    }
    crash one;
    one.file = path;
    one.time = wire::integer_or(facts, "time", 0);
    one.signal = wire::text_or(facts, "signal");
    one.instance = wire::text_or(facts, "instance");
    one.plugin = wire::text_or(facts, "plugin");
    one.task = wire::text_or(facts, "task");
    one.name = wire::text_or(facts, "name");
    if (const auto place = wire::text_or(facts, "file"); !place.empty())
      one.place = place + ":" + std::to_string(wire::integer_or(facts, "line", 0));
    one.worker = static_cast<int>(wire::integer_or(facts, "worker", -1));
    one.held = fs::path(path).filename().string().starts_with("held-");
    read_frames(object_in(*text, 1), one);
    all.push_back(std::move(one));
  }
  return all;
}

void crash_loop::tell(const crash& of) {
  log::error("daemon", "an earlier process was ended by a fault: " + sentence(of),
             {{"plugin", of.plugin}, {"worker", of.worker}, {"module", of.module}, {"report", of.file}});
}

void crash_loop::look(const config::plugins_settings& plugins, std::int64_t now) {
  if (root_.empty()) return;
  for (auto& fresh : reports("new-")) {
    fresh.file = rename_to(fresh.file, "crash");
    tell(fresh);
  }
  std::map<std::string, std::vector<crash>> by_plugin;
  for (auto& one : reports("crash-")) {
    const auto of = plugins.instances.find(one.instance);
    const bool counts = one.time <= now && now - one.time <= crash_window_seconds;
    if (counts && of != plugins.instances.end()) by_plugin[plugin_name(of->second.plugin)].push_back(std::move(one));
  }
  for (const auto& [plugin, crashes] : by_plugin)
    if (crashes.size() >= crashes_until_quarantine) quarantine(plugin, crashes, now);
  read_quarantine();
  forget_oldest();
  if (auto newest = latest(1); !newest.empty()) last_ = std::move(newest.front());
}

void crash_loop::quarantine(const std::string& plugin, const std::vector<crash>& because, std::int64_t now) {
  const auto written = write_quarantine(
      plugin, {{"plugin", plugin}, {"since", now}, {"crashes", because.size()}, {"last", sentence(because.back())}});
  if (!written) {
    log::error("daemon", "a plugin that ends the daemon again and again cannot be quarantined",
               {{"plugin", plugin}, {"why", written.error().sentence}});
    return;
  }
  for (const auto& one : because) (void)rename_to(one.file, "held");
}

outcome<std::string> crash_loop::quarantine_for_faults(const std::string& plugin, const std::string& instance,
                                                       std::uint64_t faults, std::int64_t now) const {
  const json record = {{"plugin", plugin}, {"since", now}, {"instance", instance}, {"faults", faults}};
  if (const auto written = write_quarantine(plugin, record); !written) return std::unexpected(written.error());
  return reason_in(record);
}

outcome<void> crash_loop::write_quarantine(const std::string& plugin, const json& record) const {
  if (root_.empty())
    return refuse(kind::unsupported, "plugin ", plugin,
                  " cannot be quarantined beyond this process: there is no state "
                  "directory");
  std::error_code failed;
  fs::create_directories(root_ + "/quarantine", failed);
  const std::string path = root_ + "/quarantine/" + plugin + ".json", fresh = path + ".new";
  std::ofstream file(fresh);
  file << record.dump() << "\n";
  file.close();
  if (!file.fail()) {
    fs::rename(fresh, path, failed);
    if (!failed) return {};
  }
  fs::remove(fresh, failed);
  return refuse(kind::io_error, "plugin ", plugin, " cannot be quarantined: ", path, " cannot be written");
}

void crash_loop::read_quarantine() {
  for (const auto& path : files_in(root_ + "/quarantine", "")) {
    const auto text = read_file(path, largest_file);
    held_[fs::path(path).stem().string()] = reason_in(text ? object_in(*text, 0) : json());
  }
}

std::vector<crash> crash_loop::latest(std::size_t limit) const {
  if (root_.empty()) return {};
  auto all = reports("");
  std::ranges::sort(all, std::greater<>(), [](const crash& one) { return std::pair(one.time, one.file); });
  if (all.size() > limit) all.resize(limit);
  return all;
}

outcome<void> crash_loop::clear(const std::string& plugin) const {
  std::error_code failed;
  const std::string path = root_ + "/quarantine/" + plugin + ".json";
  fs::remove(path, failed);
  if (failed) return refuse(kind::io_error, path, " cannot be removed: ", failed.message());
  return {};
}

void crash_loop::forget_oldest() const {
  auto all = files_in(root_ + "/crash", "");
  std::ranges::sort(all, {}, [](const std::string& path) {
    const auto name = fs::path(path).filename().string();
    return name.substr(name.find('-'));
  });
  std::error_code failed;
  for (std::size_t n = 0; n + crash_reports_kept < all.size(); ++n) fs::remove(all[n], failed);
}

}  // namespace tokiod::app
