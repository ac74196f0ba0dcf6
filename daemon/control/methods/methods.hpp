// The code behind the rows of the method table, bound by name. One file per group of methods.
// Invariant: every row of wire::methods() has exactly one binding; a test counts them.
// Threads:   `quick` and `deferred` run on the control thread and return at once. `reading` may take longer than the
//            control thread may (lists of tasks, files, metrics of many parts) but never waits; it runs on a reader's
//            thread. `operation` may wait and runs on a thread for operations.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "config/secrets.hpp"
#include "control/backend.hpp"
#include "control/peer.hpp"
#include "control/plane.hpp"
#include "control/subscriptions.hpp"
#include "wire/rpc.hpp"

namespace tokiod::control {

using wire::answer;

// The connection that a request came through.
struct call_site {
  plane& shared;
  const peer& who;
  grant& rights;
  std::string_view socket;
  subscriptions& subs;
  std::uint64_t client;  // as control.clients counts
  std::string& name;     // that it gave itself
};

using quick = answer (*)(const call_site& site, const json& params);
using reading = answer (*)(const plane& shared, const json& params);
using operation = answer (*)(backend& daemon, const json& params);
// One that is told who asks: "uid 0, tokioctl[123]".
using attributed = answer (*)(backend& daemon, const json& params, std::string_view by);
// One that ends before its time when `given_up` says so.
using stoppable = answer (*)(backend& daemon, const json& params, const std::function<bool()>& given_up);
using deferred = outcome<host::call_id> (*)(backend& daemon, const json& params,
                                            std::shared_ptr<host::call_listener> listener);
using code = std::variant<quick, reading, operation, attributed, stoppable, deferred>;

struct binding {
  std::string_view name;
  code run;
};

[[nodiscard]] std::span<const binding> config_methods();
[[nodiscard]] std::span<const binding> console_methods();
[[nodiscard]] std::span<const binding> control_methods();
[[nodiscard]] std::span<const binding> daemon_methods();
[[nodiscard]] std::span<const binding> diag_methods();
[[nodiscard]] std::span<const binding> event_methods();
[[nodiscard]] std::span<const binding> log_methods();
[[nodiscard]] std::span<const binding> metrics_methods();
[[nodiscard]] std::span<const binding> operation_methods();
[[nodiscard]] std::span<const binding> plugin_methods();
[[nodiscard]] std::span<const binding> resource_methods();
[[nodiscard]] std::span<const binding> runtime_methods();
[[nodiscard]] std::span<const binding> settings_methods();
[[nodiscard]] std::span<const binding> task_methods();
[[nodiscard]] std::span<const binding> waiting_methods();

[[nodiscard]] const code* find_code(std::string_view method);

// Configurations of plugins are shown whole to who may change them, over a socket that lets him.
[[nodiscard]] inline config::audience audience_of(const call_site& site) {
  return site.rights.has >= level::admin ? config::audience::admin : config::audience::everybody;
}

// A refusal as a method's answer.
[[nodiscard]] inline answer refused(const refusal& why) { return std::unexpected(wire::to_rpc_error(why)); }

}  // namespace tokiod::control
