#include "app/live_config.hpp"

#include <algorithm>
#include <utility>

#include "app/config_stamp.hpp"
#include "app/config_views.hpp"
#include "app/crash_report.hpp"
#include "base/log.hpp"
#include "config/overlay_file.hpp"
#include "config/setting.hpp"
#include "wire/named_error.hpp"

namespace tokiod::app {
namespace {

using wire::json;

std::string with_rest(const std::string& first, std::size_t all, const char* where) {
  return all > 1 ? first + " (and " + std::to_string(all - 1) + " more" + where + ")" : first;
}

refusal invalid(const config::faults& found, const char* where = "") {
  const config::fault& first = found.front();
  return {kind::invalid_config, with_rest(text_of(first), found.size(), where), first.path, first.hint};
}

change_failure failure(std::unexpected<refusal> why, json more = json::object()) {
  return {std::move(why.error()), std::move(more)};
}

// The refusals of a plan as one.
std::optional<change_failure> refused(const change_report& report) {
  json by = json::array(), problems = json::array();
  const refusal* first = nullptr;
  for (std::size_t i = 0; i < report.verdicts.size(); ++i) {
    const auto& why = report.verdicts[i].why;
    if (!why) continue;
    if (!first) first = &*why;
    by.push_back(report.changed[i].path);
    problems.push_back({{"path", report.changed[i].path}, {"kind", name(why->why)}, {"message", why->sentence}});
  }
  if (!first) return std::nullopt;
  refusal all{kind::refused, with_rest(first->sentence, by.size(), ""), by.front().get<std::string>(), first->hint};
  return change_failure{std::move(all), {{"by", std::move(by)}, {"problems", std::move(problems)}}};
}

std::vector<std::string> restarts_in(const std::vector<config::change>& changes) {
  std::vector<std::string> paths;
  for (const auto& each : changes)
    if (each.when == config::apply::restart) paths.push_back(each.path);
  return paths;
}

std::vector<std::string> paths_in(const std::vector<config::change>& changes) {
  std::vector<std::string> paths;
  for (const auto& each : changes) paths.push_back(each.path);
  return paths;
}

std::vector<config::change> backwards(const std::vector<config::change>& changes) {
  std::vector<config::change> back(changes.rbegin(), changes.rend());
  for (auto& each : back) std::swap(each.from, each.to);
  return back;
}

}  // namespace

live_config::live_config(config::sources from, config::loaded first, const clock& time)
    : from_(std::move(from)),
      time_(time),
      started_with_(std::make_shared<const config::loaded>(std::move(first))),
      current_(started_with_),
      history_{{1, wall_clock_ns(), "tokiod", "", "start", {}, started_with_}},
      credentials_(started_with_->credentials) {}

std::shared_ptr<const config::loaded> live_config::current() const {
  const std::lock_guard hold(mutex_);
  return current_;
}

reload_status live_config::status() const {
  const std::lock_guard hold(mutex_);
  reload_status now = status_;
  if (!pending_) return now;
  now.unconfirmed = pending_->revision;
  const instant_ns at = time_.now();
  now.confirm_left_s = pending_->due > at ? static_cast<double>(pending_->due - at) / 1e9 : 0;
  return now;
}

std::vector<revision> live_config::history() const {
  const std::lock_guard hold(mutex_);
  return {history_.begin(), history_.end()};
}

std::shared_ptr<const config::loaded> live_config::find(std::uint64_t number) const {
  const std::lock_guard hold(mutex_);
  const auto found = std::ranges::find(history_, number, &revision::number);
  return found == history_.end() ? nullptr : found->values;
}

std::set<std::string> live_config::credentials() const {
  const std::lock_guard hold(mutex_);
  return credentials_;
}

std::expected<config::loaded, config::faults> live_config::files_say() const { return config::load(from_); }

json live_config::running() const {
  const auto now = current();
  json document = now->document;
  for (const auto& each : changes(*started_with_, *now))
    if (each.when == config::apply::restart) document[json::json_pointer(each.path)] = each.from;
  return document;
}

bool live_config::look_for_drift() {
  const auto next = files_say();
  const bool drift = !next || !config::diff(running(), *next).empty();
  const std::lock_guard hold(mutex_);
  return status_.drift = drift;
}

// The stamp is taken before the files are read: what changes meanwhile gives the next one another.
bool live_config::glance_for_drift(std::int64_t wall_ns) {
  constexpr duration_ns minute = 60 * second;
  auto stamp = config_stamp(from_, wall_ns);
  {
    const std::lock_guard hold(mutex_);
    if (!stamp.empty() && stamp == glanced_at_ && time_.now() < glance_ends_) return status_.drift;
  }
  const bool drift = look_for_drift();
  const std::lock_guard hold(mutex_);
  glanced_at_ = std::move(stamp);
  glance_ends_ = time_.now() + minute;
  return drift;
}

outcome<change_report> live_config::reload(const change_order& order, const carrier& by) {
  const std::lock_guard one_at_a_time(changing_);
  const auto before = current();
  const auto over = config::overlays_of(before->layers);
  auto next = config::load(from_, over.runtime);
  // What waits for its confirmation is not on disk yet.
  if (next && status().unconfirmed) next = config::with_overlays(*next, from_, over);
  if (!next) {
    for (const auto& f : next.error()) log::error("config", text_of(f));
    count_refusal();
    return finish(std::unexpected(invalid(next.error(), ", in the log")));
  }
  change_order as_told = order;
  as_told.persist = true;  // what files say outlives the process
  auto done = carry(before, std::move(*next), "reload", as_told, by);
  if (!done) return finish(std::unexpected(std::move(done.error().why)));
  done->needs_restart = restarts_in(changes(*started_with_, *current()));
  return finish(std::move(*done));
}

live_config::result live_config::change(const config_edit& edit, std::string_view how, const change_order& order,
                                        const carrier& by) {
  const std::lock_guard one_at_a_time(changing_);
  if (auto no = turned_away(order, how)) return std::unexpected(std::move(*no));
  const auto before = current();
  const auto over = edit(*before, order.persist);
  if (!over) return std::unexpected(change_failure{over.error()});
  auto next = config::with_overlays(*before, from_, *over);
  if (!next) {
    count_refusal();
    return std::unexpected(change_failure{invalid(next.error()), {{"problems", problems_of(next.error())}}});
  }
  return carry(before, std::move(*next), how, order, by);
}

live_config::result live_config::save(const change_order& order, const carrier& by,
                                      std::vector<passing_setting> passing) {
  change_order to_disk = order;
  to_disk.persist = true;
  return change(save_edit(std::move(passing)), "save", to_disk, by);
}

std::optional<change_failure> live_config::turned_away(const change_order& order, std::string_view how) const {
  const auto now = status();
  if (order.expect_revision && *order.expect_revision != now.revision)
    return failure(
        refuse(kind::conflict, "the configuration is at revision ", now.revision, ", not at ", *order.expect_revision,
               ": somebody has changed it since"),
        {{"kind", wire::revision_conflict.name}, {"revision", now.revision}, {"expected", *order.expect_revision}});
  if (now.unconfirmed && !order.dry_run && how != "rollback")
    return failure(refuse(kind::conflict, "revision ", *now.unconfirmed, " waits for config.confirm"),
                   {{"unconfirmed", *now.unconfirmed}, {"revert_in_s", now.confirm_left_s}});
  if (order.persist && from_.overlay_file.empty())
    return failure(refuse(kind::io_error,
                          "nothing can be persisted: the daemon has no state directory "
                          "($STATE_DIRECTORY, which systemd gives it)"));
  return std::nullopt;
}

// One change, from everybody's word to the history.
live_config::result live_config::carry(const std::shared_ptr<const config::loaded>& before, config::loaded next,
                                       std::string_view how, const change_order& order, const carrier& by) {
  change_report report;
  report.revision = status().revision;
  report.changed = changes(*before, next);
  report.verdicts = by.prepare(report.changed, next, true);
  report.needs_restart = restarts_in(report.changed);
  if (order.dry_run) return report;
  if (auto no = refused(report)) {
    count_refusal();
    return std::unexpected(std::move(*no));
  }
  if (!order.persist && !report.needs_restart.empty())
    return std::unexpected(failure(refuse(kind::needs_restart, report.needs_restart.front(),
                                          " takes effect at the next start only, and would be forgotten by then: "
                                          "persist it"),
                                   {{"needs_restart", report.needs_restart}}));
  {
    const std::lock_guard hold(mutex_);  // from now on a plugin may have them, also one that then refuses
    credentials_.insert(next.credentials.begin(), next.credentials.end());
  }
  const bool unconfirmed = order.confirm_within != 0 && !report.changed.empty();
  const instant_ns due = time_.now() + order.confirm_within;
  if (unconfirmed)
    if (const auto heard = by.remind ? by.remind(due) : outcome<void>(); !heard)
      return std::unexpected(change_failure{heard.error()});
  const bool write = order.persist && how != "reload" && how != "reverted" && !unconfirmed;
  if (auto no = commit(report, *before, next, {write, how == "reload"}, by)) {
    count_refusal();
    return std::unexpected(std::move(*no));
  }
  report.persisted = write;
  if (unconfirmed) report.confirm_until = due;
  const auto over = config::overlays_of(before->layers);
  take(report, std::move(next), how, order);
  const std::lock_guard hold(mutex_);
  if (unconfirmed)
    pending_ = {report.revision, over, order.persist, due};
  else if (how == "rollback" || how == "reverted")
    pending_.reset();
  return report;
}

// All of it, on disk too, or none.
std::optional<change_failure> live_config::commit(const change_report& report, const config::loaded& before,
                                                  const config::loaded& next, step what, const carrier& by) {
  std::optional<config::overlay_file> staged;
  if (what.write) {
    auto made = config::overlay_file::stage(from_.overlay_file,
                                            config::overlay_text(config::overlays_of(next.layers).persisted));
    if (!made) return change_failure{made.error()};
    staged.emplace(std::move(*made));
  }
  if (what.always || !report.changed.empty())
    if (const auto done = by.commit(report.changed, before, next); !done) {
      const std::string where = done.error().path;
      return change_failure{{kind::refused, done.error().sentence, where, done.error().hint},
                            {{"by", json::array({where})}, {"cause", name(done.error().why)}}};
    }
  if (!staged) return std::nullopt;
  const auto written = staged->commit();
  if (written) return std::nullopt;
  if (const auto undone = by.commit(backwards(report.changed), next, before); !undone)
    log::error("config", "a change could not be taken back", {{"why", undone.error().sentence}});
  return change_failure{written.error()};
}

void live_config::take(change_report& report, config::loaded next, std::string_view how, const change_order& order) {
  auto taken = std::make_shared<const config::loaded>(std::move(next));
  {
    const std::lock_guard hold(mutex_);
    current_ = taken;
    if (!report.changed.empty()) {
      history_.push_back({++status_.revision, wall_clock_ns(), order.by, order.reason, std::string(how),
                          paths_in(report.changed), taken});
      if (history_.size() > kept_revisions) history_.pop_front();
    }
    report.revision = status_.revision;
    tell_crash_report_revision(report.revision);
    report.applied = true;
    ++status_.applied;
    status_.needs_restart = restarts_in(changes(*started_with_, *taken));
  }
  look_for_drift();
}

outcome<void> live_config::confirm(std::uint64_t number, const carrier& by) {
  const std::lock_guard one_at_a_time(changing_);
  const auto now = status();
  if (!now.unconfirmed || *now.unconfirmed != number)
    return refuse(kind::not_found, "revision ", number, " does not wait for a confirmation",
                  now.unconfirmed ? "; revision " + std::to_string(*now.unconfirmed) + " does" : std::string());
  bool persist = false;
  {
    const std::lock_guard hold(mutex_);
    if (time_.now() >= pending_->due) return refuse(kind::not_found, "revision ", number, " was not confirmed in time");
    persist = pending_->persist;
  }
  if (persist)
    if (auto written = write(*current()); !written) return written;
  {
    const std::lock_guard hold(mutex_);
    pending_.reset();
  }
  if (by.remind) (void)by.remind(never);
  look_for_drift();
  return {};
}

std::optional<outcome<change_report>> live_config::revert(const carrier& by) {
  const std::lock_guard one_at_a_time(changing_);
  config::overlays over;
  {
    const std::lock_guard hold(mutex_);
    if (!pending_ || time_.now() < pending_->due) return std::nullopt;
    over = pending_->before;
  }
  const auto before = current();
  auto next = config::with_overlays(*before, from_, over);
  change_order order;
  order.by = "tokiod";
  order.reason = "not confirmed in time";
  order.persist = true;
  const auto done = next ? carry(before, std::move(*next), "reverted", order, by)
                         : result(std::unexpected(change_failure{invalid(next.error())}));
  const std::lock_guard hold(mutex_);
  ++status_.reverted;
  pending_.reset();  // asking again would be refused again
  if (!done) return outcome<change_report>(std::unexpected(done.error().why));
  return outcome<change_report>(*done);
}

outcome<void> live_config::write(const config::loaded& next) const {
  auto staged =
      config::overlay_file::stage(from_.overlay_file, config::overlay_text(config::overlays_of(next.layers).persisted));
  if (!staged) return std::unexpected(staged.error());
  return staged->commit();
}

std::vector<config::change> live_config::changes(const config::loaded& before, const config::loaded& next) const {
  auto all = config::diff(before, next);
  const auto workers = std::ranges::find(all, config::worker_threads_pattern, &config::change::path);
  if (workers != all.end() && next.values.runtime.flavor != started_with_->values.runtime.flavor)
    workers->when = config::apply::restart;
  return all;
}

void live_config::count_refusal() {
  const std::lock_guard hold(mutex_);
  ++status_.refused;
}

outcome<change_report> live_config::finish(outcome<change_report> report) {
  const std::lock_guard hold(mutex_);
  status_.reloaded = true;
  status_.last_ok = report.has_value();
  status_.last_wall_ns = wall_clock_ns();
  status_.last_problem = report ? "" : report.error().sentence;
  return report;
}

json live_config::check(const json& document, bool is_patch, const carrier& by,
                        const config::schema_source& schemas) const {
  const auto now = current();
  std::expected<config::loaded, config::faults> next;
  if (is_patch) {
    const auto over = merge_edit(document)(*now, false);
    if (!over) {
      const config::fault f{over.error().why, over.error().path, "", over.error().sentence, {}, {}, over.error().hint};
      return {{"valid", false}, {"problems", problems_of({f})}};
    }
    next = config::with_overlays(*now, from_, *over);
  } else {
    next = config::load_text("document", wire::dump(document));
  }
  if (!next) return {{"valid", false}, {"problems", problems_of(next.error())}};
  const auto changed = changes(*now, *next);
  return {{"valid", true},
          {"problems", json::array()},
          {"plan", plan_of(changed, by.prepare(changed, *next, false), schemas)}};
}

}  // namespace tokiod::app
