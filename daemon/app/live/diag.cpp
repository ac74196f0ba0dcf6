#include "app/live/diag.hpp"

#include "app/crash_report.hpp"
#include "app/diag/bundle_file.hpp"
#include "app/diag/profile.hpp"
#include "app/diag/self_test.hpp"
#include "app/diag/stacks.hpp"
#include "app/diag/trace.hpp"
#include "app/show.hpp"
#include "control/view/task.hpp"

namespace tokiod::app {
namespace {

std::vector<control::slow_info> infos_of(const std::vector<host::trace::slow_entry>& all) {
  std::vector<control::slow_info> shown;
  for (const auto& one : all)
    shown.push_back({.seconds = seconds(one.lasted),
                     .at_least = one.at_least,
                     .at = static_cast<double>(one.wall_ns) / ns_per_second,
                     .what = one.what,
                     .plugin = one.instance,
                     .location = one.location,
                     .task = one.task == 0 ? std::string() : control::task_id_text(one.task),
                     .stack = one.stack,
                     .worker = one.worker});
  return shown;
}

}  // namespace

control::lint_page live_diag::lints(std::size_t limit) const { return parts_.diag.lints(limit); }

control::stack_report live_diag::stacks(const control::stack_query& query) const {
  return stacks_of(parts_.rt, parts_.plugins, query);
}

std::vector<control::slow_info> live_diag::slow_polls() const { return infos_of(parts_.slow.slowest()); }
std::vector<control::slow_info> live_diag::slow_jobs() const { return infos_of(host::trace::slow_jobs().slowest()); }
void live_diag::forget_slow_polls() { parts_.slow.clear(); }
void live_diag::forget_slow_jobs() { host::trace::slow_jobs().clear(); }

outcome<wire::json> live_diag::trace_scheduler(duration_ns length, std::size_t most_events,
                                               const std::function<bool()>& given_up) {
  return app::trace_scheduler(parts_.rt, parts_.plugins, length, most_events, given_up);
}

control::profile_report live_diag::profile(duration_ns length, std::uint32_t hz,
                                           const std::function<bool()>& given_up) const {
  return profile_workers(parts_.rt, parts_.plugins, length, hz, given_up);
}

outcome<std::string> live_diag::keep_bundle(std::string_view bytes) {
  return app::keep_bundle(state_directory(), bytes, wall_clock_ns());
}

std::vector<std::pair<std::string, std::string>> live_diag::crash_reports() const {
  return crash_reports_in(state_directory());
}

std::vector<control::self_check> live_diag::self_test() { return app::self_test(parts_.rt, state_directory()); }

}  // namespace tokiod::app
