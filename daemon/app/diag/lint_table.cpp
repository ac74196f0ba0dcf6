#include "app/diag/lint_table.hpp"

#include <set>
#include <utility>

#include "app/metric_rows.hpp"

namespace tokiod::app {
namespace {

std::size_t index_of(std::string_view lint) { return static_cast<std::size_t>(&row_of(lint) - lint_rows.data()); }

control::metric_family family_of(const char* name, control::metric_type type, const char* help,
                                 const std::array<std::uint64_t, lint_rows.size()>& counts) {
  control::metric_family family{name, type, "", help, {}};
  for (std::size_t i = 0; i < counts.size(); ++i)
    family.samples.push_back({{{"lint", std::string(lint_rows[i].name)}}, number(counts[i]), {}});
  return family;
}

}  // namespace

void lint_table::look(const std::vector<control::lint_info>& found, double now, const teller& tell) {
  std::size_t told = 0;
  const auto say = [&](const control::lint_info& what, bool raised) {
    if (tell && told++ < most_told) tell(what, raised);
  };
  now_.fill(0);
  for (auto& [id, each] : known_) each.seen = false;
  for (const auto& one : found) {
    ++now_[index_of(one.lint)];
    const auto known = known_.find(one.id);
    if (known != known_.end()) {
      const double since = known->second.what.since;
      known->second = {one, true};
      known->second.what.since = since;
      continue;
    }
    if (known_.size() == most) continue;
    ++raised_[index_of(one.lint)];
    auto& fresh = known_[one.id] = {one, true};
    fresh.what.since = now;
    say(fresh.what, true);
  }
  std::erase_if(known_, [&](const auto& each) {
    if (!each.second.seen) say(each.second.what, false);
    return !each.second.seen;
  });
}

double lint_table::since(const std::string& id) const {
  const auto known = known_.find(id);
  return known == known_.end() ? 0 : known->second.what.since;
}

std::vector<control::metric_family> lint_table::families() const {
  return {family_of("tokiod_lint_findings", control::metric_type::gauge, "What looks wrong now, by lint.", now_),
          family_of("tokiod_lint_raised_total", control::metric_type::counter,
                    "Times that something began to look wrong, by lint.", raised_)};
}

void put_in_order(std::vector<control::lint_info>& all) {
  std::set<std::string, std::less<>> ids;
  std::erase_if(all, [&](const auto& one) { return !ids.insert(one.id).second; });
  std::ranges::sort(all, [](const auto& a, const auto& b) {
    const auto one = row_of(a.lint).how_bad, other = row_of(b.lint).how_bad;
    return one != other ? one > other : a.id < b.id;
  });
}

}  // namespace tokiod::app
