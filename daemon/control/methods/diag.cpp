#include "control/view/diag.hpp"
#include "control/bundle.hpp"
#include "control/doctor.hpp"
#include "control/methods/methods.hpp"
#include "wire/get.hpp"

namespace tokiod::control {
namespace {

answer diag_lint(const plane& shared, const json& params) {
  const auto seen = shared.daemon.lints(static_cast<std::size_t>(wire::integer_or(params, "limit", 1000)));
  json findings = json::array();
  for (const auto& one : seen.findings) findings.push_back(view(one));
  return json{
      {"findings", std::move(findings)}, {"more", seen.more}, {"listening", seen.listening}, {"paused", seen.paused}};
}

answer diag_doctor(const plane& shared, const json&) {
  const auto& daemon = shared.daemon;
  const auto found = diagnose({.lints = daemon.lints(1000).findings,
                               .checks = daemon.health(),
                               .metrics = shared.metrics(),
                               .runtime = daemon.runtime(),
                               .loop_lag = shared.counts.lag()});
  json findings = json::array();
  for (const auto& one : found) findings.push_back(view(one));
  return json{{"findings", std::move(findings)}, {"worst", worst_of(found)}};
}

answer diag_stacks(const plane& shared, const json& params) {
  stack_query query;
  query.all_threads = wire::text_or(params, "scope") == "all_threads";
  if (wire::find(params, "worker")) query.worker = static_cast<std::uint32_t>(wire::integer_or(params, "worker", 0));
  query.within = static_cast<duration_ns>(wire::integer_or(params, "timeout_ms", 1000)) * millisecond;
  const auto report = shared.daemon.stacks(query);
  if (query.worker && report.threads.empty())
    return refused(refuse(kind::not_found, "no thread holds worker ", *query.worker).error());
  json threads = json::array();
  for (const auto& one : report.threads) threads.push_back(view(one));
  return json{{"threads", std::move(threads)}, {"partial", report.partial}};
}

slow_info info_of(const host::trace::slow_entry& call) {
  return {.seconds = static_cast<double>(call.lasted) / 1e9,
          .at_least = call.at_least,
          .at = static_cast<double>(call.wall_ns) / 1e9,
          .what = call.what,
          .plugin = {},
          .location = {},
          .task = {},
          .stack = {}};
}

std::vector<slow_info> slow_calls(const plane& shared) {
  std::vector<slow_info> all;
  for (const auto& one : shared.counts.slow().slowest()) all.push_back(info_of(one));
  return all;
}

json slow_of(const plane& shared, const std::string& kind) {
  json rows = json::array();
  const auto all = kind == "poll"       ? shared.daemon.slow_polls()
                   : kind == "blocking" ? shared.daemon.slow_jobs()
                                        : slow_calls(shared);
  for (const auto& one : all) {
    rows.push_back(view(one));
    rows.back()["kind"] = kind;
  }
  return rows;
}

void forget_slow(const call_site& site, const std::string& kind) {
  if (kind == "poll") site.shared.daemon.forget_slow_polls();
  if (kind == "blocking") site.shared.daemon.forget_slow_jobs();
  if (kind == "control") site.shared.counts.slow().clear();
}

// To begin anew changes what others see.
answer diag_slow(const call_site& site, const json& params) {
  const auto wanted = wire::text_or(params, "kind");
  const bool anew = wire::boolean_or(params, "reset", false);
  if (anew && site.rights.has < level::operate)
    return refused(
        {kind::permission_denied, "to reset the log needs the level operate; to read it does not", "/reset", {}});
  json entries = json::array();
  for (const std::string kind : {"poll", "control", "blocking"}) {
    if (!wanted.empty() && wanted != kind) continue;
    for (auto& one : slow_of(site.shared, kind)) entries.push_back(std::move(one));
    if (anew) forget_slow(site, kind);
  }
  return json{{"entries", std::move(entries)}};
}

duration_ns length_of(const json& params, double fallback) {
  return static_cast<duration_ns>(wire::number_or(params, "seconds", fallback) * 1e9);
}

answer diag_trace(backend& daemon, const json& params, const std::function<bool()>& given_up) {
  const auto most = static_cast<std::size_t>(wire::integer_or(params, "max_events", 10'000));
  auto document = daemon.trace_scheduler(length_of(params, 1), most, given_up);
  if (!document) return refused(document.error());
  return std::move(*document);
}

answer diag_profile(backend& daemon, const json& params, const std::function<bool()>& given_up) {
  const auto hz = static_cast<std::uint32_t>(wire::integer_or(params, "hz", 99));
  auto report = daemon.profile(length_of(params, 5), hz, given_up);
  return json{{"samples", report.samples},
              {"stacks", report.stacks},
              {"idle", report.idle},
              {"missing", report.missing},
              {"folded", std::move(report.folded)}};
}

answer diag_bundle(backend& daemon, const json&) {
  const auto bytes = bundle_of(daemon);
  const auto path = daemon.keep_bundle(bytes);
  if (!path) return refused(path.error());
  return json{{"path", *path}, {"bytes", bytes.size()}};
}

answer diag_self_test(backend& daemon, const json&) {
  json checks = json::array();
  bool fine = true;
  for (const auto& one : daemon.self_test()) {
    fine = fine && one.ok;
    checks.push_back({{"name", one.name}, {"ok", one.ok}, {"detail", one.detail}, {"seconds", one.seconds}});
  }
  return json{{"checks", std::move(checks)}, {"ok", fine}};
}

}  // namespace

std::span<const binding> diag_methods() {
  static constexpr binding bindings[] = {
      {"diag.bundle", operation(diag_bundle)},
      {"diag.doctor", reading(diag_doctor)},
      {"diag.lint", reading(diag_lint)},
      {"diag.profile", stoppable(diag_profile)},
      {"diag.self_test", operation(diag_self_test)},
      {"diag.slow", quick(diag_slow)},
      {"diag.stacks", reading(diag_stacks)},
      {"diag.trace", stoppable(diag_trace)},
  };
  return bindings;
}

}  // namespace tokiod::control
