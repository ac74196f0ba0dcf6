// Looking, and the small rules; images, instances and calls have files of their own.
#include "host/registry.hpp"

#include <algorithm>
#include <span>

#include "base/log.hpp"
#include "host/export/tables.hpp"
#include "host/loader.hpp"
#include "host/registry_parts.hpp"
#include "host/usage.hpp"

namespace tokiod::host {

// ---- finding

std::shared_ptr<image> registry::parts::find(std::string_view name_or_id) const {
  const auto named = [&](const auto& one) { return one->name == name_or_id || one->id == name_or_id; };
  // The newest that is in use; else the newest that was left behind.
  std::shared_ptr<image> found;
  for (const auto& one : images) {
    if (!named(one)) continue;
    const bool left = one->state == image_state::resident || one->state == image_state::quarantined;
    if (!left || found == nullptr || found->state == image_state::resident || found->state == image_state::quarantined)
      found = one;
  }
  return found;
}

outcome<std::shared_ptr<image>> registry::parts::loaded(std::string_view name_or_id) const {
  auto found = find(name_or_id);
  if (found == nullptr) return refuse(kind::not_found, "no plugin ", name_or_id, " is loaded");
  if (found->state != image_state::loaded)
    return refuse(kind::wrong_state, "plugin ", found->name, " is ", name(found->state), ", not loaded");
  return found;
}

outcome<instance_slot*> registry::parts::slot(std::string_view instance) {
  const auto found = instances.find(instance);
  if (found == instances.end()) return refuse(kind::not_found, "there is no instance ", instance);
  return &found->second;
}

bool registry::parts::active(const instance_slot& s) {
  return s.state == instance_state::starting || s.state == instance_state::running ||
         s.state == instance_state::draining || s.state == instance_state::quarantined;
}

std::vector<instance_slot*> registry::parts::slots_of(const image& which) {
  std::vector<instance_slot*> found;
  for (auto& [_, one] : instances)
    if (one.in.get() == &which) found.push_back(&one);
  return found;
}

std::vector<std::string> registry::parts::names_in(const image& which) const {
  std::vector<std::string> found;
  for (const auto& [name, one] : instances)
    if (one.in.get() == &which) found.push_back(name);
  return found;
}

instance_slot* registry::parts::slot_in(const image& which, std::string_view instance) {
  const auto found = instances.find(instance);
  return found != instances.end() && found->second.in.get() == &which ? &found->second : nullptr;
}

// ---- operations

outcome<void> registry::parts::begin(guarded& lock, const std::shared_ptr<image>& which, const char* operation) {
  const auto limit = std::chrono::nanoseconds(options.waits.stop_deadline + options.waits.abort_grace);
  if (!changed.wait_for(lock, limit, [&] { return which->operation.empty(); }))
    return refuse(kind::busy, "plugin ", which->name, " is busy: ", which->operation, " has not finished");
  which->operation = operation;
  return {};
}

void registry::parts::end(guarded& lock, image& which) {
  which.operation.clear();
  which.enough = nullptr;
  changed.notify_all();
  tell(lock);
}

// ---- changes

void registry::parts::set(image& which, image_state next, std::string reason) {
  const auto previous = which.state;
  move_to(which.state, next);
  which.since_wall_ns = wall_clock_ns();
  which.reason = std::move(reason);
  events.push_back({which.name,
                    {},
                    which.generation,
                    std::string(name(next)),
                    std::string(name(previous)),
                    which.reason,
                    which.since_wall_ns});
}

void registry::parts::set(instance_slot& which, instance_state next, std::string reason) {
  const auto previous = which.state;
  if (previous != next) move_to(which.state, next);
  which.since_wall_ns = wall_clock_ns();
  which.reason = std::move(reason);
  events.push_back({which.in->name, which.name, which.in->generation, std::string(name(next)),
                    previous == next ? std::string() : std::string(name(previous)), which.reason, which.since_wall_ns});
  changed.notify_all();
}

void registry::parts::erase(const image& which) {
  std::erase_if(instances, [&](const auto& pair) { return pair.second.in.get() == &which; });
  std::erase_if(images, [&](const auto& one) { return one.get() == &which; });
}

void registry::parts::tell(guarded& lock) {
  const auto told = std::exchange(events, {});
  const auto to = heard;
  lock.unlock();
  for (const auto& event : told) {
    const auto subject = event.instance.empty() ? "plugin " + event.plugin : "instance " + event.instance;
    if (event.reason.empty())
      log::info("host", subject + " is " + event.state);
    else
      log::warn("host", subject + " is " + event.state, {{"reason", event.reason}});
    if (to) to(event);
  }
  lock.lock();
}

instant_ns registry::parts::abort_time(std::optional<duration_ns> drain) const {
  const auto span = drain.value_or(options.waits.stop_deadline);
  const auto now = steady_now();
  return span > never - now ? never : now + span;
}

// ---- views

instance_view registry::parts::view_of(const instance_slot& s) const {
  instance_view v;
  v.name = s.name;
  v.plugin = s.in->name;
  v.state = s.state;
  v.since_wall_ns = s.since_wall_ns;
  v.reason = s.reason;
  v.config = s.run != nullptr ? s.run->config() : s.config;
  v.finished = s.finished;
  v.starts = s.starts;
  v.limits = s.limits;
  if (s.run == nullptr) return v;
  v.panics = static_cast<std::uint64_t>(s.run->book.sum(entry::panics));
  v.faults = v.panics + static_cast<std::uint64_t>(s.run->book.sum(entry::misuses));
  v.start_took = s.run->init_took;
  v.usage = usage_of(*s.run);
  return v;
}

image_view registry::parts::view_of(const image& i) const {
  image_view v;
  v.name = i.name;
  v.path = i.path;
  v.sha256 = i.sha256;
  v.mapped_path = i.code != nullptr ? i.code->path() : std::string();
  v.generation = i.generation;
  v.build_id = i.seen.facts.build_id;
  v.state = i.state;
  v.since_wall_ns = i.since_wall_ns;
  v.reason = i.reason;
  v.id = i.id;
  v.version = i.version;
  v.description = i.description;
  v.config_schema = i.config_schema;
  v.abi_major = i.abi_major;
  v.abi_minor = i.abi_minor;
  v.flags = i.flags;
  for (const auto& [_, one] : instances)
    if (one.in.get() == &i) v.instances.push_back(view_of(one));
  return v;
}

std::vector<std::string> registry::parts::unload_blockers(const image& i) const {
  std::vector<std::string> list;
  for (const auto& one : i.seen.findings)
    if (one.weight == verdict::resident) list.push_back(i.name + " " + one.sentence);
  if (!i.mapped) return list;
  for (const auto& [_, one] : instances) {
    if (one.in.get() != &i || one.run == nullptr || !active(one)) continue;
    for (const auto& sentence : blockers_of(*one.run)) list.push_back("instance " + one.name + ": " + sentence);
  }
  return list;
}

// ---- the face: looking

registry::registry(runtime& rt, registry_options options) : parts_(std::make_unique<parts>(rt, std::move(options))) {
  if (!parts_->options.runtime_dir.empty()) {
    if (const auto made = prepare_runtime_dir(parts_->options.runtime_dir); !made) {
      log::warn("host", "copies of plugins are kept in memory", {{"reason", made.error().sentence}});
      parts_->options.runtime_dir.clear();
    }
  }
  parts_->born = parts_->start_threads();
}

registry::~registry() {
  if (!parts_->stopped) (void)stop_all(parts::steady_now());
}

outcome<void> registry::usable() const {
  if (parts_->born) return {};
  return refuse(kind::internal, "cannot start the threads that plugins need: ", parts_->born.error().text());
}

std::vector<image_view> registry::list() const {
  const std::lock_guard hold(parts_->mutex);
  std::vector<image_view> all;
  for (const auto& one : parts_->images) all.push_back(parts_->view_of(*one));
  for (const auto& [name, why] : parts_->held_back) {
    if (parts_->find(name) != nullptr) continue;
    image_view v;
    v.name = name;
    v.state = image_state::quarantined;
    v.reason = why;
    all.push_back(std::move(v));
  }
  return all;
}

void registry::hold_back(const std::map<std::string, std::string>& plugins) {
  const std::lock_guard hold(parts_->mutex);
  parts_->held_back = {plugins.begin(), plugins.end()};
}

void registry::hold_back(const std::string& plugin, const std::string& why) {
  const std::lock_guard hold(parts_->mutex);
  parts_->held_back[plugin] = why;
}

bool registry::holds_back(std::string_view plugin) const {
  const std::lock_guard hold(parts_->mutex);
  return parts_->held_back.contains(plugin);
}

void registry::release(std::string_view plugin) {
  const std::lock_guard hold(parts_->mutex);
  if (const auto found = parts_->held_back.find(plugin); found != parts_->held_back.end())
    parts_->held_back.erase(found);
}

outcome<image_info> registry::info(std::string_view plugin) const {
  const std::lock_guard hold(parts_->mutex);
  const auto found = parts_->find(plugin);
  if (found == nullptr) return refuse(kind::not_found, "no plugin ", plugin, " is loaded");
  const auto& i = *found;
  image_info all;
  all.image = parts_->view_of(i);
  all.required_extensions = i.required_extensions;
  all.optional_extensions = i.optional_extensions;
  all.findings = i.seen.findings;
  all.unload_blockers = parts_->unload_blockers(i);
  if (i.code != nullptr) all.mappings = i.code->mappings().value_or(std::vector<std::string>());
  for (const auto& [name, one] : parts_->instances) {
    if (one.in != found || one.run == nullptr) continue;
    all.methods.emplace_back(name, one.run->methods.list());
    auto holds = pins_of(*one.run);
    std::ranges::move(handles_of(*one.run), std::back_inserter(holds));
    all.holds.emplace_back(name, std::move(holds));
  }
  return all;
}

outcome<instance_view> registry::instance(std::string_view name) const {
  const std::lock_guard hold(parts_->mutex);
  const auto found = parts_->slot(name);
  if (!found) return std::unexpected(found.error());
  return parts_->view_of(**found);
}

outcome<inspection> registry::inspect(const std::string& path_or_name) const {
  auto path = path_or_name;
  if (path.find('/') == std::string::npos && !path.ends_with(".so")) {
    const auto found = find_by_name(dirs(), path);
    if (!found) return std::unexpected(found.error());
    path = *found;
  }
  const auto file = open_any(path);
  if (!file) return std::unexpected(file.error());
  return inspect_file(*file);
}

namespace {
void look_at(const std::string& path, scan_result& into) {
  const auto file = open_trusted(path);
  const auto seen = file ? inspect_file(*file) : std::unexpected(file.error());
  if (!seen) {
    into.rejected.push_back({path, seen.error().sentence});
  } else if (const auto* why = seen->refused()) {
    into.rejected.push_back({path, path + ": " + why->sentence});
  } else {
    into.found.push_back({name_of_file(path), path, seen->facts.note->id, seen->facts.note->version, false});
  }
}
}  // namespace

scan_result registry::scan() const {
  scan_result all;
  for (const auto& dir : dirs())
    for (const auto& path : plugin_files_in(dir)) look_at(path, all);
  const std::lock_guard hold(parts_->mutex);
  for (auto& one : all.found) {
    const auto known = parts_->find(one.name);
    one.loaded = known != nullptr && known->path == one.path && known->state == image_state::loaded;
  }
  return all;
}

std::vector<metric_sample> registry::metrics() const {
  const std::lock_guard hold(parts_->mutex);
  std::vector<metric_sample> all;
  for (const auto& [_, one] : parts_->instances) {
    if (one.run == nullptr || !parts::active(one)) continue;
    const auto before = all.size();
    one.run->metrics.read(all);
    for (auto& sample : std::span(all).subspan(before)) sample.plugin = one.in->name;
  }
  return all;
}

descriptor_line::view registry::descriptors() const { return parts_->descriptors.look(); }

std::string registry::instance_of(const void* run) const {
  const std::lock_guard hold(parts_->mutex);
  for (const auto& each : parts_->images)
    for (const auto& one : each->runs)
      if (one.get() == run) return one->instance;
  return {};
}

std::vector<task_dump> registry::dump(const std::vector<task_view>& tasks, duration_ns at_most) const {
  return dump_tasks(parts_->threads, tasks, at_most);
}

std::vector<task_label> registry::label(const std::vector<task_view>& tasks) const {
  const auto text = [](tokio_str s) { return s.ptr == nullptr ? std::string() : std::string(s.ptr, s.len); };
  const std::lock_guard hold(parts_->mutex);
  std::vector<task_label> labels(tasks.size());
  for (const auto& [name, one] : parts_->instances) {
    if (one.run == nullptr || !parts::active(one) || !one.in->mapped) continue;
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      if (tasks[i].owner != one.run->owner_id || tasks[i].about == nullptr) continue;
      const auto& kind = *static_cast<const tokio_task_vt*>(tasks[i].about);
      labels[i] = {name, text(kind.name), text(kind.file), kind.line};
    }
  }
  return labels;
}

std::string registry::instance_of(std::uint16_t owner) const {
  const std::lock_guard hold(parts_->mutex);
  for (const auto& [name, one] : parts_->instances)
    if (one.run != nullptr && parts::active(one) && one.run->owner_id == owner) return name;
  return {};
}

std::string registry::file_behind(const std::string& mapped_path) const {
  const std::lock_guard hold(parts_->mutex);
  for (const auto& one : parts_->images)
    if (one->code != nullptr && one->code->path() == mapped_path) return one->path;
  return mapped_path;
}

std::vector<std::string> registry::dirs() const {
  const std::lock_guard hold(parts_->mutex);
  return parts_->options.dirs;
}
void registry::set_dirs(std::vector<std::string> dirs) {
  const std::lock_guard hold(parts_->mutex);
  parts_->options.dirs = std::move(dirs);
}

void registry::set_patience(const patience& waits) {
  const std::lock_guard hold(parts_->mutex);
  parts_->options.waits = waits;
}

void registry::listen(listener l) {
  const std::lock_guard hold(parts_->mutex);
  parts_->heard = std::move(l);
}

tokio_plugin* registry::handle_of(std::string_view instance) const {
  const std::lock_guard hold(parts_->mutex);
  const auto found = parts_->slot(instance);
  return found && (*found)->state == instance_state::running ? (*found)->run : nullptr;
}

const tokio_host* registry::table() const { return &host_table; }

}  // namespace tokiod::host
