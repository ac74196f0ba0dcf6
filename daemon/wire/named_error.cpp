#include "wire/named_error.hpp"

#include <algorithm>
#include <iterator>

namespace tokiod::wire {
namespace {

named_error named(kind each) { return {name(each), rpc_code(each)}; }

bool expects_revision(const method& row) {
  return std::ranges::find(row.params, "expect_revision", &param::name) != row.params.end();
}

}  // namespace

std::vector<named_error> errors_of(const method& row) {
  std::vector<named_error> all;
  std::ranges::transform(row.errors, std::back_inserter(all), named);
  if (expects_revision(row)) all.push_back(revision_conflict);
  if (row.name == "daemon.upgrade") all.push_back(upgrade_failed);
  return all;
}

std::vector<named_error> general_errors() {
  auto all = all_errors();
  std::erase_if(all, [](const auto& each) { return !is_general(each.code); });
  return all;
}

std::vector<named_error> all_errors() {
  std::vector<named_error> all;
  for (int each = 0; each <= static_cast<int>(kind::unsupported); ++each) all.push_back(named(static_cast<kind>(each)));
  all.insert(all.end(), {revision_conflict, upgrade_failed});
  return all;
}

}  // namespace tokiod::wire
