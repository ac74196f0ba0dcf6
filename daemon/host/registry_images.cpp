// Images: load, unload, reload, and the end of all.
#include <algorithm>

#include "base/log.hpp"
#include "host/loader.hpp"
#include "host/registry_parts.hpp"

namespace tokiod::host {
namespace {

std::vector<std::string> warnings_of(const inspection& seen) {
  std::vector<std::string> list;
  for (const auto& one : seen.findings)
    if (one.weight != verdict::refuse) list.push_back(one.sentence);
  return list;
}

std::string joined(const std::vector<std::string>& sentences) {
  std::string text;
  for (const auto& one : sentences) text += (text.empty() ? "" : "; ") + one;
  return text;
}

bool left_behind(const image& i) {
  return (i.state == image_state::resident && i.code != nullptr) || i.state == image_state::quarantined;
}

// Images that can never be unmapped, with all that late calls of them may meet. Reachable for ever, on purpose.
void keep_for_ever(std::shared_ptr<image> which) {
  static auto* const kept = new std::vector<std::shared_ptr<image>>;
  static auto* const mutex = new std::mutex;
  const std::lock_guard hold(*mutex);
  kept->push_back(std::move(which));
}

}  // namespace

registry::parts::~parts() {
  for (auto& one : images)
    if (left_behind(*one)) keep_for_ever(one);
}

// A name is taken from the moment that its file is opened.
outcome<std::shared_ptr<image>> registry::parts::open(guarded& lock, const std::string& path, const std::string& name) {
  if (static_cast<std::size_t>(std::ranges::count_if(images, [](const auto& i) { return left_behind(*i); })) >=
      options.max_images_left_behind)
    return refuse(kind::quota_exceeded, "cannot load ", path, ": ", options.max_images_left_behind,
                  " images could not be unmapped already; restart the daemon");
  auto made = std::make_shared<image>();
  made->name = name;
  made->path = path;
  made->generation = ++generations;
  made->since_wall_ns = wall_clock_ns();
  images.push_back(made);
  const copy_place place{options.runtime_dir, name, made->generation};
  const auto deadline = steady_now() + options.waits.init_timeout;
  lock.unlock();
  const auto file = open_trusted(path);
  auto opened = file ? open_image(*file, place, threads, deadline) : std::unexpected(file.error());
  lock.lock();
  if (opened) {
    static_cast<image_facts&>(*made) = std::move(*opened);
    made->mapped = true;
    set(*made, image_state::loaded);
    return made;
  }
  set(*made, image_state::failed, opened.error().sentence);
  erase(*made);
  end(lock, *made);
  return std::unexpected(opened.error());
}

outcome<load_report> registry::load(const load_request& request) {
  if (request.path.empty() == request.name.empty())
    return refuse(kind::invalid_params, "load takes a path or a name, and exactly one of them");
  const auto found = request.path.empty() ? find_by_name(dirs(), request.name) : outcome<std::string>(request.path);
  if (!found) return std::unexpected(found.error());
  const auto name = name_of_file(*found);
  guarded lock(parts_->mutex);
  if (parts_->stopping) return refuse(kind::draining, "the daemon is stopping: it loads nothing");
  const auto known = parts_->find(name);
  if (known != nullptr && known->state != image_state::resident && known->state != image_state::quarantined)
    return refuse(kind::conflict, "plugin ", name, " is ", tokiod::host::name(known->state), " already, from ",
                  known->path);
  const auto opened = parts_->open(lock, *found, name);
  if (!opened) return std::unexpected(opened.error());
  const auto& made = **opened;
  const auto twin = std::ranges::find_if(parts_->images, [&](const auto& i) {
    return i->id == made.id && i.get() != &made && i->state != image_state::resident &&
           i->state != image_state::quarantined;
  });
  if (twin != parts_->images.end()) {
    const auto other = (*twin)->name;
    (void)parts_->unload(lock, *opened, parts::steady_now());
    return refuse(kind::conflict, *found, ": its id ", made.id, " is that of plugin ", other, ", which is loaded");
  }
  load_report report{name, made.generation, made.state, warnings_of(made.seen)};
  parts_->end(lock, **opened);
  return report;
}

outcome<load_report> registry::add_linked(const tokio_plugin_desc& d, std::string name) {
  guarded lock(parts_->mutex);
  if (parts_->find(name) != nullptr) return refuse(kind::conflict, "plugin ", name, " is there already");
  auto made = std::make_shared<image>();
  made->name = std::move(name);
  made->generation = ++parts_->generations;
  if (const auto fine = adopt_linked(d, *made); !fine) return std::unexpected(fine.error());
  made->mapped = true;
  parts_->images.push_back(made);
  parts_->set(*made, image_state::loaded);
  load_report report{made->name, made->generation, made->state, {}};
  parts_->end(lock, *made);
  return report;
}

// ---- unload

unload_report registry::parts::unload(guarded& lock, const std::shared_ptr<image>& which, instant_ns abort_at) {
  auto& i = *which;
  set(i, image_state::unloading);
  unload_report report;
  for (const auto& instance : names_in(i)) {
    auto* const one = slot_in(i, instance);
    if (one != nullptr && (one->state == instance_state::running || one->state == instance_state::quarantined))
      std::ranges::move(stop(lock, *one, abort_at).blockers, std::back_inserter(report.blockers));
  }
  // Runs that were quarantined, and are nobody's current run any more.
  for (const auto& run : i.runs) {
    if (run->ended() || !report.blockers.empty()) continue;
    const drain_limits limits(&hurry, abort_at, options.waits.abort_grace, i.enough);
    lock.unlock();
    auto ended = drain(*run, limits);
    lock.lock();
    std::ranges::move(ended.blockers, std::back_inserter(report.blockers));
  }
  if (!report.blockers.empty()) {
    report.state = image_state::quarantined;
    set(i, report.state, joined(report.blockers));
    end(lock, i);
    return report;
  }
  i.mapped = false;
  const auto deadline = std::max(abort_at == never ? 0 : abort_at, steady_now()) + options.waits.abort_grace;
  lock.unlock();
  report = unmap(i, rt, threads, deadline);
  lock.lock();
  i.mapped = i.code == nullptr || i.code->descriptor() != nullptr;  // linked in, or not closed
  set(i, report.state, joined(report.blockers));
  if (report.state == image_state::unloaded || i.code == nullptr) {
    erase(i);
  } else {
    std::erase_if(instances, [&](const auto& pair) { return pair.second.in == which; });
  }
  end(lock, i);
  return report;
}

outcome<unload_report> registry::unload(std::string_view plugin, const drain_order& drain) {
  guarded lock(parts_->mutex);
  const auto found = parts_->find(plugin);
  if (found == nullptr) return refuse(kind::not_found, "no plugin ", plugin, " is loaded");
  if (const auto begun = parts_->begin(lock, found, "unload"); !begun) return std::unexpected(begun.error());
  if (!allowed(found->state, image_state::unloading)) {
    const auto state = found->state;
    const auto reason = found->reason;
    parts_->end(lock, *found);
    return refuse(kind::wrong_state, "plugin ", plugin, " is ", tokiod::host::name(state), reason.empty() ? "" : ": ",
                  reason);
  }
  found->enough = drain.enough;
  return parts_->unload(lock, found, parts_->abort_time(drain.limit));
}

// ---- reload

// The new run starts beside the old one, so that a refusal changes nothing; one that gives up in its init refuses.
// Where both want the same thing (a port), the old one has to stop first; if the new one then still refuses, the old
// one is started again.
outcome<void> registry::parts::move_instance(guarded& lock, instance_slot& which, const std::shared_ptr<image>& to,
                                             instant_ns abort_at) {
  auto run = make_run(lock, *to, which);
  if (run && !(*run)->said_failed.empty())
    return refuse(kind::init_failed, "instance ", which.name, " gave up in its init: ", (*run)->said_failed);
  if (run) {
    const auto old = stop(lock, which, abort_at);
    if (old.state != instance_state::quarantined) set(which, instance_state::starting);
    which.in = to;
    which.state = instance_state::starting;  // a quarantined run stays with its image
    ++which.starts;
    runs_now(which, **run);
    return {};
  }
  const auto why = run.error().why;
  if (run.error().quarantined) return std::unexpected(why);
  const auto from = which.in;
  if (stop(lock, which, abort_at).state == instance_state::quarantined) return std::unexpected(why);
  which.in = to;
  if (start(lock, which)) return {};
  const auto again = which.reason;
  if (which.state == instance_state::quarantined) return refuse(kind::init_failed, again);  // it stays with its image
  which.in = from;
  if (const auto back = start(lock, which); !back) return std::unexpected(back.error());
  return refuse(kind::init_failed, again);
}

// All or none: when one instance refuses to move, those that have moved already go back.
outcome<void> registry::parts::move_running(guarded& lock, const std::shared_ptr<image>& from,
                                            const std::shared_ptr<image>& to, instant_ns abort_at) {
  std::vector<std::string> moved;
  for (const auto& instance : names_in(*from)) {
    auto* const one = slot_in(*from, instance);
    if (one == nullptr || one->state != instance_state::running) continue;
    if (const auto done = move_instance(lock, *one, to, abort_at); !done) {
      for (const auto& again : moved)
        if (auto* const there = slot_in(*to, again); there != nullptr && there->state == instance_state::running)
          (void)move_instance(lock, *there, from, abort_at);
      return done;
    }
    moved.push_back(instance);
  }
  return {};
}

// Instances that do not run only change their image. Their last run goes with the old one; a quarantined run is still
// of the old image, and stays there.
void registry::parts::move_idle(const image& from, const std::shared_ptr<image>& to) {
  for (auto* one : slots_of(from)) {
    if (active(*one)) continue;
    one->in = to;
    one->run = nullptr;
  }
}

outcome<reload_report> registry::reload(std::string_view plugin, const std::string& path, const drain_order& drain) {
  guarded lock(parts_->mutex);
  const auto old = parts_->loaded(plugin);
  if (!old) return std::unexpected(old.error());
  if (const auto begun = parts_->begin(lock, *old, "reload"); !begun) return std::unexpected(begun.error());
  if ((*old)->state != image_state::loaded || parts_->stopping) {
    parts_->end(lock, **old);
    return refuse(kind::wrong_state, "plugin ", plugin, " is on its way out");
  }
  const auto abort_at = parts_->abort_time(drain.limit);
  (*old)->enough = drain.enough;
  const auto opened = parts_->open(lock, path.empty() ? (*old)->path : path, (*old)->name);
  if (!opened) {
    parts_->end(lock, **old);
    return std::unexpected(opened.error());
  }
  if ((*opened)->id != (*old)->id) {
    const auto other = (*opened)->id;
    (void)parts_->unload(lock, *opened, abort_at);
    parts_->end(lock, **old);
    return refuse(kind::bad_plugin, (*opened)->path, ": is ", other, ", not a new version of ", (*old)->id);
  }
  if (const auto moved = parts_->move_running(lock, *old, *opened, abort_at); !moved) {
    (void)parts_->unload(lock, *opened, parts_->abort_time(drain.limit));
    parts_->end(lock, **old);
    return std::unexpected(moved.error());
  }
  parts_->move_idle(**old, *opened);
  reload_report report{(*old)->generation, (*opened)->generation, (*old)->version, (*opened)->version, {}};
  parts_->end(lock, **opened);
  report.old_image = parts_->unload(lock, *old, abort_at);
  return report;
}

}  // namespace tokiod::host
