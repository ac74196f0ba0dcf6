// The alert rules and the dashboard ask only for what there is.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "app/daemon_export.hpp"
#include "app/diag/lint_table.hpp"
#include "app/diag/task_groups.hpp"
#include "app/metric_export.hpp"
#include "app/plugin_export.hpp"
#include "app/process_numbers.hpp"
#include "base/fd.hpp"
#include "control/statistics.hpp"

using namespace tokiod;

namespace {

std::set<std::string> sample_names() {
  std::set<std::string> names;
  const auto add = [&](const std::vector<control::metric_family>& families) {
    for (const auto& f : families) {
      names.insert(f.name);
      if (f.type != control::metric_type::histogram) continue;
      for (const char* const suffix : {"_bucket", "_sum", "_count"}) names.insert(f.name + suffix);
    }
  };
  add(app::runtime_families({}));
  add(app::thread_families({}));
  add(app::plugin_families({}, {}));
  add(app::descriptor_families({}));
  add(app::daemon_families({}));
  add(app::limit_families({}));
  add(app::manager_families(0));
  add(app::log_families({}));
  add(app::task_groups().families());
  add(app::lint_table().families());
  add(app::process_numbers().families());
  add(control::statistics().families());
  return names;
}

std::size_t asked_for(const std::string& file, const std::set<std::string>& there) {
  const auto text = read_file(std::string(TOKIOD_CONFIG_DIR) + "/" + file, 1 << 20);
  REQUIRE(text);
  std::set<std::string> found;
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789_";
  for (std::size_t at = 0; (at = text->find_first_of(letters, at)) != std::string::npos;) {
    const auto end = std::min(text->find_first_not_of(letters, at), text->size());
    const auto word = text->substr(at, end - at);
    if (word.starts_with("tokiod_") || word.starts_with("process_")) found.insert(word);
    at = end;
  }
  for (const auto& one : found) CHECK_MESSAGE(there.contains(one), file, " asks for ", one);
  return found.size();
}

}  // namespace

TEST_CASE("the alert rules and the dashboard name only metrics that there are") {
  const auto there = sample_names();
  CHECK(asked_for("prometheus/tokiod.rules.yml", there) >= 10);
  CHECK(asked_for("grafana/tokiod.json", there) >= 30);
}
