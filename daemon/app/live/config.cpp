#include "app/live/config.hpp"

#include <charconv>
#include <utility>

#include "app/config_edit.hpp"
#include "app/config_views.hpp"
#include "app/wiring.hpp"
#include "base/digest.hpp"
#include "base/log.hpp"
#include "base/log_catalogue.hpp"
#include "config/overlay_file.hpp"
#include "config/reference.hpp"
#include "control/view/daemon.hpp"
#include "wire/parse.hpp"
#include "wire/patch.hpp"

namespace tokiod::app {
namespace {

using wire::json;

// The schema below a pointer: sections are in "properties", instances in "additionalProperties", items in "items".
const json* schema_at(const json& root, std::string_view pointer) {
  const json* at = &root;
  while (at && !pointer.empty()) {
    pointer.remove_prefix(1);
    const std::string token(pointer.substr(0, pointer.find('/')));
    pointer.remove_prefix(token.size());
    const json* const named = at->contains("properties") ? &(*at)["properties"] : nullptr;
    if (named && named->contains(token)) {
      at = &(*named)[token];
    } else if (at->contains("additionalProperties") && (*at)["additionalProperties"].is_object()) {
      at = &(*at)["additionalProperties"];
    } else {
      at = at->contains("items") ? &(*at)["items"] : nullptr;
    }
  }
  return at;
}

change_order order_of(const control::config_order& asked) {
  change_order order;
  order.by = asked.by;
  order.reason = asked.reason;
  order.expect_revision = asked.expect_revision;
  order.dry_run = asked.dry_run;
  order.persist = asked.persist;
  order.confirm_within = asked.confirm_within;
  return order;
}

wire::answer refused(const change_failure& no) { return std::unexpected(wire::to_rpc_error(no.why, no.more)); }

json applied_event(const change_report& report, std::string_view how) {
  return {{"revision", report.revision},
          {"changed", paths_of(report.changed)},
          {"needs_restart", report.needs_restart},
          {"how", how}};
}

// A change that came into force, for who listens and for the log.
void tell_of(const live_parts& parts, const change_report& report, std::string_view how, const std::string& by) {
  log::info("config", "changed",
            {{"revision", report.revision}, {"how", how}, {"by", by}, {"changes", report.changed.size()}});
  parts.tell("config.applied", applied_event(report, how));
}

}  // namespace

control::config_status live_settings::config() const {
  const auto s = parts_.config.status();
  control::config_status shown;
  shown.revision = s.revision;
  shown.reloaded = s.reloaded;
  shown.last_reload_ok = s.last_ok;
  shown.last_reload_wall_ns = s.last_wall_ns;
  shown.last_problem = s.last_problem;
  shown.drift = s.drift;
  shown.needs_restart = s.needs_restart;
  shown.unconfirmed = s.unconfirmed;
  shown.revert_in_seconds = s.confirm_left_s;
  return shown;
}

json live_settings::config_status_view() const {
  parts_.config.look_for_drift();
  json shown = control::view(config());
  shown["sha256"] = sha256(wire::dump(parts_.config.current()->document));
  return shown;
}

outcome<json> live_settings::config_get(const control::config_query& asked, config::audience to) const {
  get_query query;
  query.path = asked.path;
  query.layer = asked.layer;
  query.origin = asked.origin;
  query.defaults = asked.defaults;
  auto found = value_of(*parts_.config.current(), query, schemas_of(parts_.plugins), to);
  if (!found) return found;
  json answer = {{"revision", parts_.config.status().revision}};
  answer.update(*found);
  return answer;
}

json live_settings::config_layers(config::audience to) const {
  return {{"layers", layers_of(*parts_.config.current(), schemas_of(parts_.plugins), to)}};
}

json live_settings::config_history(std::size_t limit) const {
  return {{"revisions", history_of(parts_.config.history(), limit)}};
}

json live_settings::config_check(const json& document, bool is_patch) const {
  return parts_.config.check(document, is_patch, parts_.hands, schemas_of(parts_.plugins));
}

outcome<config::loaded> live_settings::end_named(std::string_view name) const {
  config::loaded end;
  if (name == "running") {
    end.document = parts_.config.running();
    end.origins = parts_.config.current()->origins;
    return end;
  }
  if (name == "default") {
    end.document = config::default_document();
    return end;
  }
  if (name == "disk") {
    auto files = parts_.config.files_say();
    if (files) return std::move(*files);
    return refuse(kind::invalid_config, "what is on disk is faulty: ", text_of(files.error().front()));
  }
  std::uint64_t number = 0;
  const auto [rest, failed] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool is_number = failed == std::errc() && rest == name.data() + name.size();
  const auto kept = is_number ? parts_.config.find(number) : nullptr;
  if (kept) return *kept;
  return refuse(kind::not_found, "there is no revision ", name,
                is_number ? ": it never was, or is too long ago" : "; say running, disk, default or a number");
}

outcome<json> live_settings::config_diff(std::string_view from, std::string_view to) const {
  const auto before = end_named(from);
  if (!before) return std::unexpected(before.error());
  const auto after = end_named(to);
  if (!after) return std::unexpected(after.error());
  return difference_of(config::diff(before->document, *after), schemas_of(parts_.plugins));
}

json live_settings::config_drift() const {
  json answer = {{"drift", parts_.config.look_for_drift()}};
  const auto files = parts_.config.files_say();
  if (!files) {
    answer.update({{"patch", json::array()}, {"text", ""}, {"problems", problems_of(files.error())}});
    return answer;
  }
  answer.update(difference_of(config::diff(parts_.config.running(), *files), schemas_of(parts_.plugins)));
  return answer;
}

outcome<json> live_settings::config_schema(std::string_view path) const {
  const json whole = config::schema();
  const std::string pointer = wire::pointer_of(path);
  const json* const part = schema_at(whole, pointer);
  if (!part) return refuse(kind::not_found, "there is no setting ", pointer);
  return *part;
}

wire::answer live_settings::config_reload(const control::config_order& order) {
  auto asked = order_of(order);
  if (asked.reason.empty()) asked.reason = "config.reload";
  const auto report = reload_now(parts_, asked);
  if (!report) return std::unexpected(wire::to_rpc_error(report.error()));
  return json{{"revision", report->revision},
              {"changed", plan_of(report->changed, report->verdicts, schemas_of(parts_.plugins))},
              {"needs_restart", report->needs_restart}};
}

wire::answer live_settings::change(const config_edit& edit, std::string_view how, const control::config_order& order) {
  const auto done = parts_.config.change(edit, how, order_of(order), parts_.hands);
  if (!done) return refused(done.error());
  if (done->applied) tell_of(parts_, *done, how, order.by);
  json answer = report_of(*done, schemas_of(parts_.plugins));
  if (done->confirm_until) answer["confirm_within_s"] = static_cast<double>(order.confirm_within) / 1e9;
  return answer;
}

wire::answer live_settings::config_patch(const json& patch, std::string_view how, const control::config_order& order) {
  if (order.lasts != 0) return change_for_a_time(patch, how, order);
  auto done = change(merge_edit(patch), how, order);
  if (done && !order.dry_run) parts_.passing.forget(patch);
  return done;
}

wire::answer live_settings::change_for_a_time(const json& patch, std::string_view how,
                                              const control::config_order& order) {
  if (const auto can = parts_.passing.can_end(); !can) return std::unexpected(wire::to_rpc_error(can.error()));
  json before;
  const config_edit remembering = [&](const config::loaded& now, bool persist) {
    before = config::overlays_of(now.layers).runtime;
    return merge_edit(patch)(now, persist);
  };
  auto done = change(remembering, how, order);
  if (done) parts_.passing.begin(patch, before, order.lasts);
  return done;
}

wire::answer live_settings::config_operate(const json& operations, const control::config_order& order) {
  return change(operations_edit(operations), "apply", order);
}

wire::answer live_settings::config_unset(std::string_view path, const control::config_order& order) {
  return change(unset_edit(wire::pointer_of(path)), "unset", order);
}

wire::answer live_settings::config_rollback(std::uint64_t to, const control::config_order& order) {
  const auto kept = parts_.config.find(to);
  if (!kept)
    return std::unexpected(wire::to_rpc_error(
        refuse(kind::not_found, "there is no revision ", to, ": it never was, or is too long ago").error()));
  return change(revision_edit(kept->said), "rollback", order);
}

wire::answer live_settings::config_save(const control::config_order& order) {
  const auto passing = parts_.passing.all();
  const auto done = parts_.config.save(order_of(order), parts_.hands, passing);
  if (!done) return refused(done.error());
  const auto over = config::overlays_of(parts_.config.current()->layers);
  json answer = {{"revision", done->revision},
                 {"path", parts_.config.from().overlay_file},
                 {"sha256", sha256(config::overlay_text(over.persisted))}};
  for (const auto& one : passing)
    if (over.runtime.contains(json::json_pointer(one.path))) answer["left_out"].push_back(one.path);
  return answer;
}

outcome<void> live_settings::config_confirm(std::uint64_t revision) {
  const auto done = parts_.config.confirm(revision, parts_.hands);
  if (done) log::info("config", "confirmed", {{"revision", revision}});
  return done;
}

config::schema_source schemas_of(const host::registry& plugins) {
  // A plugin may be named by its file, its name or its id.
  return [images = plugins.list()](const std::string& plugin) -> json {
    for (const auto& image : images)
      if (!image.config_schema.empty() && (image.path == plugin || image.name == plugin || image.id == plugin))
        return wire::parse(image.config_schema).value_or(json());
    return nullptr;
  };
}

outcome<change_report> reload_now(const live_parts& parts, const change_order& order) {
  if (parts.life.state() == life::draining) return refuse(kind::draining, "the daemon is draining");
  log::info("config", "reloading", {{"reason", order.reason}});
  parts.manager.reloading();
  auto report = parts.config.reload(order, parts.hands);
  parts.manager.ready();
  if (report) {
    log::set_levels(levels_of(parts.config.current()->values.log));  // what log.set said ends here
    log::info("config", "reloaded",
              {log::known::as(log::known::config_reloaded),
               {"revision", report->revision},
               {"changes", report->changed.size()}});
    parts.tell("config.applied", applied_event(*report, "reload"));
    for (const auto& path : report->needs_restart)
      log::warn("config", "a changed setting takes effect at the next start only", {{"path", path}});
  } else {
    log::error("config", "not reloaded; the old configuration stays in force",
               {log::known::as(log::known::config_not_reloaded), {"why", report.error().sentence}});
    parts.tell("config.reload_failed", {{"message", report.error().sentence}, {"path", report.error().path}});
  }
  return report;
}

void end_passing(const live_parts& parts) {
  const auto over = parts.passing.over();
  if (parts.life.state() == life::draining) return;
  if (!over.empty()) {
    change_order order;
    order.by = "tokiod";
    order.reason = "its time is over";
    const auto done = parts.config.change(end_edit(over), "ended", order, parts.hands);
    if (!done && done.error().why.why == kind::conflict) return parts.passing.wait(second);  // for a confirmation
    parts.passing.forget(over);
    if (done) {
      tell_of(parts, *done, "ended", order.by);
    } else {
      log::error("config", "a change for a time could not be taken back", {{"why", done.error().why.sentence}});
      parts.tell("config.reverted", {{"ok", false}, {"message", done.error().why.sentence}});
    }
  }
  parts.passing.wait(0);
}

void revert_now(const live_parts& parts) {
  if (parts.life.state() == life::draining) return;
  const auto done = parts.config.revert(parts.hands);
  if (!done) return;
  if (!*done) {
    log::error("config", "an unconfirmed change could not be taken back", {{"why", done->error().sentence}});
    parts.tell("config.reverted", {{"ok", false}, {"message", done->error().sentence}});
    return;
  }
  log::warn("config", "an unconfirmed change was taken back", {{"revision", (*done)->revision}});
  parts.tell("config.reverted",
             {{"ok", true}, {"revision", (*done)->revision}, {"changed", paths_of((*done)->changed)}});
}

}  // namespace tokiod::app
