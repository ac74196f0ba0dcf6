#include "app/live_config.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "config/reference.hpp"
#include "config/setting.hpp"

namespace tokiod::app {
namespace {

using wire::json;

json problem_of(const config::fault& f) {
  json p = {{"path", f.path}, {"source", f.source}, {"kind", name(f.why)}, {"message", f.sentence}};
  if (!f.expected.empty()) p["expected"] = f.expected;
  if (!f.got.empty()) p["got"] = f.got;
  if (!f.hint.empty()) p["hint"] = f.hint;
  return p;
}

// The value at a JSON Pointer that somebody typed; null when there is none.
const json* find(const json& root, const std::string& pointer) {
  try {
    const json::json_pointer where(pointer);
    return root.contains(where) ? &root[where] : nullptr;
  } catch (const json::exception&) {  // "/a~x" is no pointer
    return nullptr;
  }
}

std::unexpected<refusal> refused(const config::faults& found) {
  for (const auto& f : found) log::error("config", text_of(f));
  const config::fault& first = found.front();
  std::string sentence = text_of(first);
  if (found.size() > 1) sentence += " (and " + std::to_string(found.size() - 1) + " more, in the log)";
  return std::unexpected(refusal{kind::invalid_config, std::move(sentence), first.path, first.hint});
}

}  // namespace

live_config::live_config(config::sources from, config::loaded first)
    : from_(std::move(from)),
      started_with_(std::make_shared<const config::loaded>(std::move(first))),
      current_(started_with_) {}

std::shared_ptr<const config::loaded> live_config::current() const {
  const std::lock_guard hold(mutex_);
  return current_;
}

reload_status live_config::status() const {
  const std::lock_guard hold(mutex_);
  return status_;
}

outcome<reload_report> live_config::reload(const applier& apply) {
  const std::lock_guard one_at_a_time(reloading_);
  auto next = config::load(from_);
  if (!next) return finish(refused(next.error()));
  const auto before = current();
  reload_report report;
  report.changed = changes(*before, *next);
  for (const std::string& problem : apply(report.changed, *next)) log::error("config", problem);
  auto taken = std::make_shared<const config::loaded>(std::move(*next));
  for (const auto& change : changes(*started_with_, *taken))
    if (change.when == config::apply::restart) report.needs_restart.push_back(change.path);
  {
    const std::lock_guard hold(mutex_);
    current_ = std::move(taken);
    report.revision = ++status_.revision;
  }
  return finish(std::move(report));
}

std::vector<config::change> live_config::changes(const config::loaded& before, const config::loaded& next) const {
  auto all = config::diff(before, next);
  const auto workers = std::ranges::find(all, config::worker_threads_pattern, &config::change::path);
  if (workers != all.end() && next.values.runtime.flavor != started_with_->values.runtime.flavor)
    workers->when = config::apply::restart;
  return all;
}

outcome<reload_report> live_config::finish(outcome<reload_report> report) {
  const std::lock_guard hold(mutex_);
  status_.reloaded = true;
  status_.last_ok = report.has_value();
  status_.last_wall_ns = wall_clock_ns();
  status_.last_problem = report ? "" : report.error().sentence;
  return report;
}

json live_config::check(const json& document, const config::schema_source& schemas) const {
  const auto next = config::load_text("document", wire::dump(document));
  json problems = json::array();
  if (!next)
    for (const auto& f : next.error()) problems.push_back(problem_of(f));
  json answer = {{"valid", next.has_value()}, {"problems", std::move(problems)}};
  if (next) answer["plan"] = plan_of(changes(*current(), *next), schemas);
  return answer;
}

outcome<json> live_config::get(std::string_view path, bool origin, const config::schema_source& schemas,
                               config::audience to) const {
  const auto now = current();
  const std::string pointer = pointer_of(path);
  const json document = config::shown_document(now->document, schemas, to);
  const json* const at = find(document, pointer);
  if (!at) return refuse(kind::not_found, "there is no setting ", pointer);
  json answer = {{"revision", status().revision}, {"value", *at}};
  if (!origin) return answer;
  json origins = json::object();
  for (const auto& [where, from] : now->origins)
    if (where == pointer || where.starts_with(pointer + "/")) origins[where] = from;
  if (!at->is_structured()) origins[pointer] = now->origin_of(pointer);
  answer["origins"] = std::move(origins);
  return answer;
}

std::string pointer_of(std::string_view path_or_name) {
  std::string pointer(path_or_name);
  if (pointer.empty() || pointer.front() == '/') return pointer;
  std::ranges::replace(pointer, '.', '/');
  return "/" + pointer;
}

json plan_of(std::vector<config::change> changes, const config::schema_source& schemas) {
  json plan = json::array();
  for (const auto& c : config::shown_changes(std::move(changes), schemas))
    plan.push_back({{"path", c.path}, {"from", c.from}, {"to", c.to}, {"apply", name(c.when)}, {"origin", c.origin}});
  return plan;
}

}  // namespace tokiod::app
