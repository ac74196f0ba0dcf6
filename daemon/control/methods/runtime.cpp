#include <cmath>

#include "control/methods/methods.hpp"
#include "control/view/daemon.hpp"
#include "control/view/runtime.hpp"
#include "wire/get.hpp"

namespace tokiod::control {
namespace {

answer show_runtime(const call_site& site, const json&) { return view(site.shared.daemon.runtime()); }

answer runtime_workers(const plane& shared, const json&) {
  json list = json::array();
  for (const auto& worker : shared.daemon.workers()) list.push_back(view(worker));
  return json{{"workers", std::move(list)}};
}

answer runtime_resize(backend& daemon, const json& params, const std::function<bool()>& given_up) {
  const auto workers = static_cast<std::uint32_t>(wire::integer_or(params, "worker_threads", 0));
  const auto timeout = static_cast<duration_ns>(std::llround(wire::number_or(params, "timeout_s", 10) * 1e9));
  const auto report = daemon.resize(workers, timeout, wire::text_or(params, "reason"), given_up);
  if (!report) return refused(report.error());
  return json{{"before", report->before}, {"after", report->after}, {"retiring", report->retiring}};
}

answer runtime_affinity(backend& daemon, const json& params) {
  const auto report =
      daemon.pin(static_cast<std::uint32_t>(wire::integer_or(params, "worker", 0)), wire::text_or(params, "cpus"));
  if (!report) return refused(report.error());
  return json{{"before", report->before}, {"after", report->after}};
}

answer runtime_pause(const call_site& site, const json& params) {
  const auto paused = site.shared.daemon.pause(wire::number_or(params, "for_s", 0), wire::text_or(params, "reason"));
  if (!paused) return refused(paused.error());
  return view(*paused);
}

answer runtime_resume(const call_site& site, const json& params) {
  if (const auto done = site.shared.daemon.resume(wire::text_or(params, "reason")); !done) return refused(done.error());
  return view(passing_info());
}

}  // namespace

std::span<const binding> runtime_methods() {
  static constexpr binding bindings[] = {
      {"runtime.affinity", operation(runtime_affinity)}, {"runtime.info", quick(show_runtime)},
      {"runtime.pause", quick(runtime_pause)},           {"runtime.resize", stoppable(runtime_resize)},
      {"runtime.resume", quick(runtime_resume)},         {"runtime.workers", reading(runtime_workers)},
  };
  return bindings;
}

}  // namespace tokiod::control
