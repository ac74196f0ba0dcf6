#include "app/plugin_export.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "app/metric_rows.hpp"
#include "app/show.hpp"

namespace tokiod::app {

using control::labels;
using control::metric_family;
using control::metric_type;

namespace {

// Beside the numbers that the tasks of an instance have.
constexpr metric_row<host::instance_view> instance_rows[] = {
    {"tokiod_plugin_up", "", "1 while the instance runs.",
     [](const auto& i) { return i.state == host::instance_state::running ? 1.0 : 0.0; }, metric_type::gauge},
    {"tokiod_plugin_start_seconds", "seconds", "How long the init of the last start took.",
     [](const auto& i) { return seconds(i.start_took); }, metric_type::gauge},
    {"tokiod_stuck_polls_total", "", "Polls that the monitor found to last too long.",
     [](const auto& i) { return number(i.usage.slow_polls); }},
    {"tokiod_plugin_memory_bytes", "bytes", "Memory of the host, beside that of tasks.",
     [](const auto& i) { return number(i.usage.memory_bytes); }, metric_type::gauge},
    {"tokiod_plugin_fds", "", "Sockets, files and other descriptors that the host has for the instance.",
     [](const auto& i) { return number(i.usage.sockets + i.usage.files); }, metric_type::gauge},
    {"tokiod_plugin_blocking_jobs", "", "Blocking jobs that wait or run.",
     [](const auto& i) { return number(i.usage.jobs); }, metric_type::gauge},
    {"tokiod_plugin_blocking_cpu_seconds_total", "seconds", "CPU time of blocking jobs that have returned.",
     [](const auto& i) { return seconds(i.usage.job_cpu_ns); }},
    {"tokiod_plugin_timers", "", "Timers that the instance has.", [](const auto& i) { return number(i.usage.timers); },
     metric_type::gauge},
    {"tokiod_plugin_read_bytes_total", "bytes", "Bytes that came in.",
     [](const auto& i) { return number(i.usage.read_bytes); }},
    {"tokiod_plugin_written_bytes_total", "bytes", "Bytes that went out.",
     [](const auto& i) { return number(i.usage.written_bytes); }},
};

void add_instances(std::vector<metric_family>& to, const std::vector<host::image_view>& images) {
  metric_owners<host::instance_view> all;
  for (const auto& image : images)
    for (const auto& i : image.instances) all.emplace_back(labels{{"plugin", i.plugin}, {"instance", i.name}}, &i);
  add_rows(to, instance_rows, all);
}

void add_faults(std::vector<metric_family>& to, const std::vector<host::image_view>& images) {
  metric_family faults{
      "tokiod_plugin_faults_total", metric_type::counter, "", "Panics, and misuse of the ABI, by kind.", {}};
  for (const auto& image : images)
    for (const auto& i : image.instances)
      for (const auto& [kind, count] : {std::pair("panic", i.panics), std::pair("misuse", i.faults - i.panics)})
        faults.samples.push_back({{{"plugin", i.plugin}, {"instance", i.name}, {"kind", kind}}, number(count), {}});
  to.push_back(std::move(faults));
}

void add_states(std::vector<metric_family>& to, const std::vector<host::image_view>& images) {
  metric_family info{"tokiod_plugin_info", metric_type::info, "", "Plugin files.", {}};
  metric_family files{"tokiod_plugin_images", metric_type::gauge, "", "Mapped files of a plugin, by state.", {}};
  metric_family states{"tokiod_plugin_state", metric_type::gauge, "", "1 for the state that the instance is in.", {}};
  metric_family held_back{"tokiod_plugin_held_back",
                          metric_type::gauge,
                          "",
                          "1 for a plugin that is not started because of what it did in earlier processes.",
                          {}};
  std::map<std::pair<std::string, std::string_view>, double> counts;
  std::set<labels> known;  // a file that was loaded again is the same file
  for (const auto& image : images) {
    if (image.generation == 0) {
      held_back.samples.push_back({{{"plugin", image.name}}, 1, {}});
      continue;
    }
    const auto abi = std::to_string(image.abi_major) + "." + std::to_string(image.abi_minor);
    const labels with = {
        {"plugin", image.name}, {"version", image.version}, {"abi", abi}, {"path_sha256", image.sha256}};
    if (known.insert(with).second) info.samples.push_back({with, 1, {}});
    ++counts[{image.name, name(image.state)}];
    for (const auto& i : image.instances)
      for (unsigned at = 0; at <= static_cast<unsigned>(host::instance_state::quarantined); ++at) {
        const auto state = static_cast<host::instance_state>(at);
        states.samples.push_back({{{"plugin", i.plugin}, {"instance", i.name}, {"state", std::string(name(state))}},
                                  i.state == state ? 1.0 : 0.0,
                                  {}});
      }
  }
  for (const auto& [of, count] : counts)
    files.samples.push_back({{{"plugin", of.first}, {"state", std::string(of.second)}}, count, {}});
  for (auto* const f : {&info, &files, &states, &held_back}) to.push_back(std::move(*f));
}

metric_type type_of(host::metric_sample::type kind) {
  switch (kind) {
    case host::metric_sample::type::counter: return metric_type::counter;
    case host::metric_sample::type::histogram: return metric_type::histogram;
    case host::metric_sample::type::gauge: break;
  }
  return metric_type::gauge;
}

// The file's name as a part of a metric's.
std::string prefix_of(const std::string& plugin) {
  std::string prefix = "tokiod_plugin_";
  for (const char each : plugin) {
    const auto c = static_cast<unsigned char>(each);
    prefix += std::isalnum(c) != 0 ? static_cast<char>(std::tolower(c)) : '_';
  }
  return prefix + "_";
}

// Every name under which a page would show the family.
std::vector<std::string> names_of(const metric_family& f) {
  std::vector<std::string> names{f.name};
  for (const std::string_view suffix : {"_total", "_info"})
    if (f.name.ends_with(suffix)) names.push_back(f.name.substr(0, f.name.size() - suffix.size()));
  if (f.type == metric_type::histogram)
    for (const char* const suffix : {"_bucket", "_sum", "_count"}) names.push_back(f.name + suffix);
  return names;
}

// Plugins' own families, among which no name has two meanings.
class own_families {
 public:
  explicit own_families(const std::vector<metric_family>& of_daemon) {
    for (const auto& f : of_daemon)
      for (const auto& name : names_of(f)) taken_.emplace(name, "");
  }

  void add(const host::metric_sample& s) {
    metric_family fresh{prefix_of(s.plugin) + s.name, type_of(s.kind), s.unit, s.help, {}};
    auto& family = by_name_.try_emplace(fresh.name, fresh).first->second;
    if (family.type != fresh.type || family.unit != fresh.unit || !takes(fresh)) {
      ++left_out_;
      return;
    }
    labels with = s.labels;
    with.emplace_back("instance", s.instance);
    family.samples.push_back({std::move(with), s.value, {s.buckets, s.count, s.sum}});
  }

  void move_to(std::vector<metric_family>& all) {
    for (auto& [_, family] : by_name_) all.push_back(std::move(family));
    all.push_back(single("tokiod_plugin_metrics_left_out", metric_type::gauge, "",
                         "Metrics of plugins that are not shown because their name has another meaning already.",
                         number(left_out_)));
  }

 private:
  bool takes(const metric_family& f) {
    const auto names = names_of(f);
    const auto others = [&](const std::string& name) {
      const auto found = taken_.find(name);
      return found != taken_.end() && found->second != f.name;
    };
    if (std::ranges::any_of(names, others)) return false;
    for (const auto& name : names) taken_.emplace(name, f.name);
    return true;
  }

  std::map<std::string, metric_family> by_name_;
  std::map<std::string, std::string> taken_;  // a name, and the plugin's family that has it; empty: the daemon's
  std::uint64_t left_out_ = 0;
};

}  // namespace

std::vector<metric_family> plugin_families(const std::vector<host::image_view>& images,
                                           const std::vector<host::metric_sample>& own) {
  std::vector<metric_family> all;
  add_states(all, images);
  add_instances(all, images);
  add_faults(all, images);
  auto of_daemon = all;
  for (auto& f : descriptor_families({})) of_daemon.push_back(std::move(f));
  of_daemon.push_back({"tokiod_plugin_metrics_left_out", metric_type::gauge, "", "", {}});
  own_families theirs(of_daemon);
  for (const auto& s : own) theirs.add(s);
  theirs.move_to(all);
  return all;
}

std::vector<metric_family> descriptor_families(const host::descriptor_line::view& seen) {
  return {single("tokiod_plugin_max_fds", metric_type::gauge, "", "Descriptors up to which plugins are given sockets.",
                 number(seen.line)),
          single("tokiod_plugin_fds_refused_total", metric_type::counter, "",
                 "Sockets that plugins did not get for want of a descriptor.", number(seen.refused))};
}

}  // namespace tokiod::app
