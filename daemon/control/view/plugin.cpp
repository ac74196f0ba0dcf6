#include "control/view/plugin.hpp"

#include "control/view/time.hpp"
#include "wire/get.hpp"
#include "wire/parse.hpp"

namespace tokiod::control {
namespace {

json version_text(std::uint32_t major, std::uint32_t minor) {
  return std::to_string(major) + "." + std::to_string(minor);
}

// Configurations and plugin schemas come as text that a plugin or a file gave: shown as JSON where it is some.
json embedded(const std::string& text) {
  if (text.empty()) return nullptr;
  auto parsed = wire::parse(text);
  return parsed ? std::move(*parsed) : json(text);
}

json view(const host::usage_view& use) {
  return {{"tasks_live", use.tasks_live},
          {"tasks_spawned", use.tasks_spawned},
          {"tasks_panicked", use.tasks_panicked},
          {"polls", use.polls},
          {"poll_seconds", static_cast<double>(use.poll_ns) / 1e9},
          {"blocking_cpu_seconds", static_cast<double>(use.job_cpu_ns) / 1e9},
          {"slow_polls", use.slow_polls},
          {"throttled_seconds", static_cast<double>(use.throttled_ns) / 1e9},
          {"wakes", use.wakes},
          {"forced_yields", use.forced_yields},
          {"memory_bytes", use.memory_bytes},
          {"sockets", use.sockets},
          {"timers", use.timers},
          {"operations", use.operations},
          {"children", use.children},
          {"signals", use.signals},
          {"files", use.files},
          {"jobs", use.jobs},
          {"leases", use.leases},
          {"registrations", use.registrations},
          {"calls", use.calls},
          {"metrics", use.metrics},
          {"read_bytes", use.read_bytes},
          {"written_bytes", use.written_bytes}};
}

json limit(std::uint64_t value) { return value == UINT64_MAX ? json(nullptr) : json(value); }

// As they are called in the configuration; null: none.
json view(const host::instance_limits& limits) {
  return {{"max_tasks", limit(limits.max_tasks)},
          {"max_memory_bytes", limit(limits.max_bytes)},
          {"max_blocking_jobs", limit(limits.max_jobs)},
          {"cpu_quota_percent", limits.cpu_percent == 0 ? json(nullptr) : json(limits.cpu_percent)},
          {"may_resize", limits.may_resize}};
}

json view(const host::method_view& method) {
  return {{"name", method.name}, {"summary", method.summary}, {"params_schema", embedded(method.params_schema)}};
}

json view(const host::finding& finding) {
  return {{"verdict", name(finding.weight)}, {"rule", finding.rule}, {"sentence", finding.sentence}};
}

json view(const host::found_plugin& found) {
  return {{"name", found.name},
          {"id", found.id},
          {"version", found.version},
          {"path", found.path},
          {"loaded", found.loaded}};
}

json view(const host::rejected_file& file) { return {{"path", file.path}, {"why", file.why}}; }

}  // namespace

// Outside the unnamed namespace, whose own view()s would hide those of the header.
template <class Value>
static json all(const std::vector<Value>& values) {
  json list = json::array();
  for (const auto& each : values) list.push_back(view(each));
  return list;
}

static json view(const host::instance_view& instance, const json& schema, config::audience to) {
  json shown = {{"instance", instance.name},
                {"plugin", instance.plugin},
                {"state", name(instance.state)},
                {"since", seconds_of(instance.since_wall_ns)},
                {"starts", instance.starts},
                {"faults", instance.faults},
                {"config", config::shown_config(embedded(instance.config), schema, to)},
                {"usage", view(instance.usage)},
                {"limits", view(instance.limits)}};
  if (!instance.reason.empty()) shown["reason"] = instance.reason;
  if (instance.finished) shown["finished"] = *instance.finished;
  return shown;
}

json view(const host::image_view& image, config::audience to) {
  json shown = {{"name", image.name},
                {"id", image.id},
                {"version", image.version},
                {"description", image.description},
                {"abi", version_text(image.abi_major, image.abi_minor)},
                {"state", name(image.state)},
                {"since", seconds_of(image.since_wall_ns)},
                {"generation", image.generation},
                {"path", image.path},
                {"build_id", image.build_id},
                {"instances", json::array()}};
  const json schema = embedded(image.config_schema);
  for (const auto& each : image.instances) shown["instances"].push_back(view(each, schema, to));
  if (!image.reason.empty()) shown["reason"] = image.reason;
  return shown;
}

json view(const host::image_info& info, config::audience to) {
  json shown = view(info.image, to);
  shown["mapped_path"] = info.image.mapped_path;
  shown["config_schema"] = embedded(info.image.config_schema);
  shown["required_extensions"] = info.required_extensions;
  shown["optional_extensions"] = info.optional_extensions;
  shown["findings"] = all(info.findings);
  shown["methods"] = json::object();
  for (const auto& [instance, methods] : info.methods) shown["methods"][instance] = all(methods);
  shown["holds"] = json::object();
  for (const auto& [instance, held] : info.holds) shown["holds"][instance] = view(held);
  shown["unload_blockers"] = info.unload_blockers;
  shown["mappings"] = info.mappings;
  return shown;
}

json view(const host::inspection& seen) {
  json shown = {{"path", seen.path}, {"size_bytes", seen.size_bytes}};
  if (const auto& note = seen.facts.note) {
    shown["id"] = note->id;
    shown["version"] = note->version;
    shown["abi"] = version_text(note->abi_major, note->abi_minor);
    shown["abi_minor_needed"] = note->abi_minor_min;
  }
  shown["loadable"] = seen.refused() == nullptr;
  shown["unloadable"] = seen.resident() == nullptr;
  shown["needs_rotation"] = seen.needs_rotation();
  shown["build_id"] = seen.facts.build_id;
  shown["needed"] = seen.facts.needed;
  shown["exports"] = seen.facts.exports;
  shown["findings"] = all(seen.findings);
  return shown;
}

json view(const host::scan_result& result) {
  return {{"found", all(result.found)}, {"rejected", all(result.rejected)}};
}

json view(const std::vector<host::held>& held) {
  json shown = json::object();
  for (const auto& each : held) shown[each.kind] = each.count;
  return shown;
}

}  // namespace tokiod::control
