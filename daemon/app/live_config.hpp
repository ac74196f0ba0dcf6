// The configuration in force, its revisions, and how it is replaced: by what the files say now, or by a change that
// somebody asks for. A change goes in two steps: everybody is asked (prepare), then all of it is carried out or taken
// back (commit).
// Invariant: a change takes effect as a whole or leaves everything as it was; current() never changes in place; of
//            the last revisions `kept_revisions` are kept. What waits for a confirmation is in force, but not on disk.
// Threads:   current, status, check, get, history, find, files_say, running [any]; everything that changes [any but a
//            worker; one at a time, the others wait].
#pragma once
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "app/config_edit.hpp"
#include "base/clock.hpp"
#include "config/diff.hpp"
#include "config/load.hpp"
#include "config/secrets.hpp"

namespace tokiod::app {

inline constexpr std::size_t kept_revisions = 16;

// What would become of one change, and why it is refused if it is.
struct verdict {
  std::string apply;  // "live", "restart_plugin:NAME", "restart_daemon", "rejected"
  std::optional<refusal> why;
};

// How a change comes about and who wants it.
struct change_order {
  std::string by, reason;
  std::optional<std::uint64_t> expect_revision;
  bool dry_run = false;
  bool persist = false;            // it outlives the process
  duration_ns confirm_within = 0;  // after this long it is taken back, unless it is confirmed; 0: it stays
};

struct change_report {
  std::uint64_t revision = 1;
  std::vector<config::change> changed;
  std::vector<verdict> verdicts;           // one for each change
  std::vector<std::string> needs_restart;  // settings that differ from what this process was started with
  bool applied = false, persisted = false;
  std::optional<instant_ns> confirm_until;
};

struct change_failure {
  refusal why;
  wire::json more = wire::json::object();  // what a reply tells beside the sentence
};

struct revision {
  std::uint64_t number = 1;
  std::int64_t wall_ns = 0;
  std::string by, reason, how;       // start, reload, apply, set, unset, rollback, reverted, ended; or the method
  std::vector<std::string> changed;  // paths
  std::shared_ptr<const config::loaded> values;
};

struct reload_status {
  std::uint64_t revision = 1;
  bool reloaded = false;
  bool last_ok = true;
  std::int64_t last_wall_ns = 0;
  std::string last_problem;
  bool drift = false;  // when it was last looked for
  std::vector<std::string> needs_restart;
  std::optional<std::uint64_t> unconfirmed;  // the revision that waits for its confirmation
  double confirm_left_s = 0;
  std::uint64_t applied = 0, refused = 0, reverted = 0;  // changes since the start, reloads among them
};

class live_config {
 public:
  // Who carries changes out.
  struct carrier {
    // A verdict for each change, without effect. `ask`: plugins are asked, which may take as long as they do.
    std::function<std::vector<verdict>(const std::vector<config::change>&, const config::loaded& next, bool ask)>
        prepare;
    // All of them or none.
    std::function<outcome<void>(const std::vector<config::change>&, const config::loaded& before,
                                const config::loaded& next)>
        commit;
    // Somebody has to call revert() at this moment; never: nobody. Refuses when nobody could.
    std::function<outcome<void>(instant_ns due)> remind = nullptr;
  };
  using result = std::expected<change_report, change_failure>;

  live_config(config::sources from, config::loaded first, const clock& time = system_clock());

  [[nodiscard]] std::shared_ptr<const config::loaded> current() const;
  [[nodiscard]] reload_status status() const;
  [[nodiscard]] std::vector<revision> history() const;  // the oldest first
  [[nodiscard]] std::shared_ptr<const config::loaded> find(std::uint64_t number) const;
  [[nodiscard]] const config::sources& from() const { return from_; }
  // What a restart would find. Every fault of the files, if they have any.
  [[nodiscard]] std::expected<config::loaded, config::faults> files_say() const;
  // The document by which this process runs: a setting that waits for a restart is as it was at the start.
  [[nodiscard]] wire::json running() const;
  // Whether a restart would change something; kept for status().
  bool look_for_drift();
  // The same for who asks again and again: the files are read only when one of them may have changed, and once a minute
  // for what no file says.
  bool glance_for_drift(std::int64_t wall_ns = wall_clock_ns());
  // Texts of credentials that a plugin was ever given, or refused.
  [[nodiscard]] std::set<std::string> credentials() const;

  // Fails: invalid_config, with the first fault and the number of the others; every fault goes to the log. refused.
  [[nodiscard]] outcome<change_report> reload(const change_order& order, const carrier& by);
  // Fails: conflict (another revision, or one waits for its confirmation), invalid_config, refused, needs_restart (it
  // would be forgotten before it takes effect), io_error.
  [[nodiscard]] result change(const config_edit& edit, std::string_view how, const change_order& order,
                              const carrier& by);
  // What was applied at run time is written down, but for what is `passing`. Fails: conflict, io_error.
  [[nodiscard]] result save(const change_order& order, const carrier& by, std::vector<passing_setting> passing = {});
  // Fails: not_found.
  [[nodiscard]] outcome<void> confirm(std::uint64_t number, const carrier& by);
  // Takes back what was not confirmed in time. Nothing: it is not time, or there is nothing.
  [[nodiscard]] std::optional<outcome<change_report>> revert(const carrier& by);

  // {valid, problems: [{path, source, kind, message, hint}], plan: [{path, from, to, apply}]}
  // Values in the plan are shown as to everybody. A document stands for the only file, a patch for a change of what is
  // in force.
  [[nodiscard]] wire::json check(const wire::json& document, bool is_patch, const carrier& by,
                                 const config::schema_source& schemas) const;

 private:
  struct pending {
    std::uint64_t revision;
    config::overlays before;
    bool persist;
    instant_ns due;
  };

  struct step {
    bool write = false;   // to disk, too
    bool always = false;  // also without a change: groups may have other members
  };

  [[nodiscard]] std::optional<change_failure> turned_away(const change_order& order, std::string_view how) const;
  [[nodiscard]] result carry(const std::shared_ptr<const config::loaded>& before, config::loaded next,
                             std::string_view how, const change_order& order, const carrier& by);
  [[nodiscard]] std::optional<change_failure> commit(const change_report& report, const config::loaded& before,
                                                     const config::loaded& next, step what, const carrier& by);
  void take(change_report& report, config::loaded next, std::string_view how, const change_order& order);
  outcome<change_report> finish(outcome<change_report> report);
  void count_refusal();
  [[nodiscard]] outcome<void> write(const config::loaded& next) const;
  // A worker count of another flavor than the running one waits for the restart with it.
  [[nodiscard]] std::vector<config::change> changes(const config::loaded& before, const config::loaded& next) const;

  const config::sources from_;
  const clock& time_;
  std::mutex changing_;       // held for a whole change
  mutable std::mutex mutex_;  // for what follows
  const std::shared_ptr<const config::loaded> started_with_;
  std::shared_ptr<const config::loaded> current_;
  std::deque<revision> history_;
  std::optional<pending> pending_;
  std::set<std::string> credentials_;
  reload_status status_;
  std::string glanced_at_;  // the files' stamp when they were read for a glance
  instant_ns glance_ends_ = 0;
};

}  // namespace tokiod::app
