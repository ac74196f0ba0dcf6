#include "config/load.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <iterator>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "base/usable_cpus.hpp"
#include "config/check.hpp"
#include "config/credentials.hpp"
#include "wire/get.hpp"

namespace tokiod::config {
namespace {

using wire::json;

constexpr std::string_view worker_threads_variable = "TOKIO_WORKER_THREADS";

// The documents merged so far, and where each value of the result came from.
struct merged {
  json value = json::object();
  std::map<std::string, std::string> origins;

  void add(const document& layer) { merge(value, layer.value, "", layer); }

 private:
  void merge(json& into, const json& patch, const std::string& pointer, const document& layer) {
    if (!patch.is_object()) return replace(into, patch, pointer, layer);
    if (!into.is_object()) {
      forget_below(pointer);
      into = json::object();
    }
    origins[pointer] = layer.source_of(pointer);
    for (const auto& [name, child] : patch.items()) {
      const std::string below = wire::pointer(pointer, name);
      if (child.is_null()) {
        into.erase(name);
        forget_below(below);
      } else {
        merge(into[name], child, below, layer);
      }
    }
  }
  void replace(json& into, const json& with, const std::string& pointer, const document& layer) {
    forget_below(pointer);
    into = with;
    origins[pointer] = layer.source_of(pointer);
    for (const auto& [below, source] : layer.sources)
      if (below.starts_with(pointer + "/")) origins[below] = source;
  }
  void forget_below(const std::string& pointer) {
    std::erase_if(origins,
                  [&](const auto& entry) { return entry.first == pointer || entry.first.starts_with(pointer + "/"); });
  }
};

// Writes what the layers said over the defaults, which keep their order.
void overlay(json& into, const json& said) {
  for (const auto& [name, value] : said.items()) {
    json& at = into[name];
    if (at.is_object() && value.is_object()) {
      overlay(at, value);
    } else {
      at = value;
    }
  }
}

// Names ending in .json, sorted; hidden files and editors' leftovers have other names.
std::vector<std::string> names_in(const std::string& dir, bool must_exist, faults& found) {
  std::vector<std::string> names;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(dir, failed), end; !failed && entry != end; entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    if (name.ends_with(".json") && !name.starts_with('.')) names.push_back(name);
  }
  if (failed && (must_exist || failed != std::errc::no_such_file_or_directory))
    found.push_back({kind::io_error, "", "", dir + " cannot be read: " + failed.message(), {}, {}, {}});
  std::ranges::sort(names);
  return names;
}

using file_list = std::vector<std::pair<level, std::string>>;

file_list files_of(const sources& from, faults& found) {
  std::vector<std::string> vendor, own;
  if (!from.vendor_dir.empty()) vendor = names_in(from.vendor_dir, false, found);
  if (!from.conf_dir.empty()) own = names_in(from.conf_dir, from.conf_dir_must_exist, found);
  file_list files;
  for (const auto& name : vendor)
    if (!std::ranges::binary_search(own, name)) files.emplace_back(level::vendor, from.vendor_dir + "/" + name);
  std::error_code ignored;
  if (!from.file.empty() && (from.file_must_exist || std::filesystem::exists(from.file, ignored)))
    files.emplace_back(level::file, from.file);
  for (const auto& name : own) files.emplace_back(level::conf_d, from.conf_dir + "/" + name);
  return files;
}

// What was persisted. A fault in it is told with the way out: the daemon wrote the file, and may have been another one.
std::optional<document> persisted_of(const sources& from, faults& found) {
  std::error_code ignored;
  if (from.overlay_file.empty() || !std::filesystem::exists(from.overlay_file, ignored)) return std::nullopt;
  return read_document(from.overlay_file, found);
}

// The value that a text stands for; a text that does not fit the row's type stays a text, and check_document says so.
json value_from(const setting* row, const std::vector<std::string>& texts) {
  if (row && row->what == type::text_list) return texts;
  const std::string& text = texts.front();
  if (row && row->what == type::integer) {
    std::uint64_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed == std::errc() && end == text.data() + text.size()) return number;
  }
  if (row && row->what == type::boolean && (text == "true" || text == "false")) return text == "true";
  return text;
}

// Where a given value goes. Below something that is no section there is no place: such a value stays under its whole
// pointer as a name, which no setting has, so check_document() refuses it.
json& place_for(json& root, const std::string& pointer) {
  json* at = &root;
  for (std::size_t from = 1, to = 0; to != std::string::npos; from = to + 1) {
    if (!at->is_object() && !at->is_null()) return root[pointer];
    to = pointer.find('/', from);
    at = &(*at)[pointer.substr(from, to - from)];
  }
  return *at;
}

document document_of(std::string name, const std::vector<given>& values) {
  document d;
  d.name = std::move(name);
  for (const given& g : values) {
    const setting* const row = find_setting(pattern_of(g.pointer));
    place_for(d.value, g.pointer) = value_from(row, g.texts);
    d.sources[g.pointer] = d.name + " " + g.name;
    d.subjects[g.pointer] = g.name;
  }
  return d;
}

// The worker count that nobody chose.
void choose_workers(loaded& l) {
  auto& workers = l.values.runtime.worker_threads;
  if (workers != 0) return;
  const std::string pointer(worker_threads_pattern);
  if (l.values.runtime.flavor == "current_thread") {
    workers = 1;
    l.origins[pointer] = "default: the flavor current_thread has one";
  } else {
    const cpu_count cpus = usable_cpus();
    workers = std::clamp<std::uint64_t>(cpus.count, 1, find_setting(pointer)->maximum);
    l.origins[pointer] = "default: " + cpus.reason;
  }
  l.document[json::json_pointer(pointer)] = workers;
}

// A text that could not be read to its end lacks parts that nobody left out.
bool read_whole(const faults& found) {
  return std::ranges::none_of(found, [](const fault& f) { return f.path.empty() || f.why == kind::too_deep; });
}

// What is faulty in itself counts as not said.
json without_faulty(json said, const faults& found) {
  for (const fault& f : found) {
    const json::json_pointer at(f.path);
    if (said.contains(at)) said[at] = nullptr;
  }
  return said;
}

// The faults that only the whole shows, beside those of single values: neither hides the other. But what was said
// wrongly is not missing.
void add_whole(const json& said, const std::map<std::string, std::string>& origins, faults& found) {
  faults more;
  check_whole(values_of(without_faulty(said, found)), origins, more);
  std::erase_if(more, [&](const fault& m) {
    return m.why == kind::missing_param && std::ranges::any_of(found, [&](const fault& f) {
             return f.path == m.path || f.path.starts_with(m.path + "/");
           });
  });
  std::ranges::move(more, std::back_inserter(found));
}

void advise_on_overlay(const std::string& overlay, faults& found) {
  for (fault& f : found)
    if (!overlay.empty() && f.hint.empty() && (f.source.starts_with(overlay + ":") || f.sentence.starts_with(overlay)))
      f.hint = "it holds what was persisted at run time; move it away to go on without";
}

std::expected<loaded, faults> finish(std::vector<layer> layers, const sources& from, faults found) {
  merged all;
  loaded l;
  for (const layer& each : layers) {
    check_document(each.text, found);
    all.add(each.text);
  }
  json real;
  if (read_whole(found)) {
    real = with_credentials(without_faulty(all.value, found), from.credentials_dir, all.origins, found, l.credentials);
    add_whole(all.value, all.origins, found);
  }
  advise_on_overlay(from.overlay_file, found);
  if (!found.empty()) return std::unexpected(std::move(found));
  l.values = values_of(real);
  l.origins = std::move(all.origins);
  for (const layer& each : layers)
    if (is_file(each.of)) l.files.push_back(each.text.name);
  l.layers = std::move(layers);
  l.document = default_document();
  overlay(l.document, all.value);
  l.said = std::move(all.value);
  choose_workers(l);
  return l;
}

void print_value(std::string& to, const loaded& l, const json& value, const std::string& pointer, int depth) {
  const setting* const row = find_setting(pattern_of(pointer));
  if (row || !value.is_object() || value.empty()) {
    to += wire::dump(value);
    return;
  }
  const std::string indent(static_cast<std::size_t>(depth + 1) * 2, ' ');
  to += "{\n";
  std::size_t left = value.size();
  for (const auto& [name, child] : value.items()) {
    const std::string below = wire::pointer(pointer, name);
    to += indent + wire::dump(name) + ": ";
    print_value(to, l, child, below, depth + 1);
    if (--left > 0) to += ",";
    const bool nested = child.is_object() && !child.empty() && !find_setting(pattern_of(below));
    if (!nested) to += "  // " + l.origin_of(below);
    to += "\n";
  }
  to += indent.substr(2) + "}";
}

}  // namespace

std::string loaded::origin_of(const std::string& pointer) const {
  const auto found = origins.find(pointer);
  return found == origins.end() ? "default" : found->second;
}

level loaded::level_of(const std::string& pointer) const {
  if (!origins.contains(pointer)) return level::defaults;
  return top_level_of(layers, pointer);
}

std::expected<loaded, faults> load(const sources& from, const json& runtime) {
  faults found;
  std::vector<layer> layers;
  const std::int64_t now = wall_clock_ns();
  for (auto& [of, file] : files_of(from, found)) layers.push_back({of, read_document(file, found), now});
  layers.push_back({level::environment, document_of("environment", from.environment), now});
  layers.push_back({level::command_line, document_of("command line", from.command_line), now});
  if (auto persisted = persisted_of(from, found)) layers.push_back({level::persisted, std::move(*persisted), now});
  if (!runtime.empty()) layers.push_back(runtime_layer(runtime));
  return finish(std::move(layers), from, std::move(found));
}

std::expected<loaded, faults> with_overlays(const loaded& below, const sources& from, const overlays& over) {
  return finish(replaced(below.layers, over, from.overlay_file), from, {});
}

std::expected<loaded, faults> load_text(const std::string& name, std::string_view text) {
  faults found;
  std::vector<layer> layers;
  layers.push_back({level::file, parse_text(name, text, found), wall_clock_ns()});
  return finish(std::move(layers), {}, std::move(found));
}

std::vector<given> from_environment(const char* const* variables) {
  std::vector<given> values;
  for (; *variables; ++variables) {
    const std::string_view entry(*variables);
    const auto equals = entry.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string name(entry.substr(0, equals)), text(entry.substr(equals + 1));
    if (name == worker_threads_variable) values.push_back({std::string(worker_threads_pattern), {text}, name});
    if (!name.starts_with("TOKIOD_") || name.find("__") == std::string::npos) continue;
    std::string pointer = "/" + name.substr(7);
    for (std::size_t at = 0; (at = pointer.find("__", at)) != std::string::npos;) pointer.replace(at, 2, "/");
    std::ranges::transform(pointer, pointer.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    values.push_back({std::move(pointer), {text}, name});
  }
  return values;
}

wire::json default_document() {
  config defaults;
  json value = json::object();
  for (const setting& row : settings()) {
    const std::string pattern(row.pattern);
    if (const auto open = pattern.find_first_of("*#"); open != std::string::npos) {
      json& container = value[json::json_pointer(pattern.substr(0, open - 1))];
      if (container.is_null()) container = pattern[open] == '*' ? json::object() : json::array();
      continue;
    }
    json& at = value[json::json_pointer(pattern)];
    if (row.in.number && row.pattern != worker_threads_pattern) at = row.in.number(defaults);
    if (row.in.flag) at = row.in.flag(defaults);
    if (row.in.text) at = row.in.text(defaults);
    if (row.in.list) at = row.in.list(defaults);
  }
  return value;
}

std::string printed(const loaded& l) {
  std::string text;
  for (const auto& file : l.files) text += "// read: " + file + "\n";
  print_value(text, l, l.document, "", 0);
  return text + "\n";
}

}  // namespace tokiod::config
