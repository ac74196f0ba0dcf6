#include "app/live/resource.hpp"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "app/live/task.hpp"
#include "app/poll_times.hpp"
#include "app/show.hpp"

namespace tokiod::app {
namespace {

namespace trace = host::trace;

control::attribute_info info_of(const trace::attribute& from) {
  control::attribute_info i{std::string(from.name.view()), std::string(from.unit.view()), from.bits};
  switch (from.kind) {
    case trace::attribute_kind::negative: i.value = std::bit_cast<std::int64_t>(from.bits); break;
    case trace::attribute_kind::real: i.value = std::bit_cast<double>(from.bits); break;
    case trace::attribute_kind::truth: i.value = from.bits != 0; break;
    case trace::attribute_kind::none:
    case trace::attribute_kind::whole: break;
  }
  return i;
}

control::resource_info info_of(const trace::resource_record& from, const moments& at) {
  control::resource_info i;
  i.id = from.id;
  i.parent = from.parent;
  i.plugin = from.instance.view();
  i.type = from.type.view();
  i.kind = from.kind.view();
  if (!from.file.view().empty()) i.location = std::string(from.file.view()) + ":" + std::to_string(from.line);
  i.internal = from.internal;
  i.from_birth = from.seen_from_birth;
  i.created = at.of(from.created);
  i.dropped = at.of(from.dropped);
  i.total_seconds = seconds((from.dropped != 0 ? from.dropped : at.now) - from.created);
  for (const auto& each : from.attributes)
    if (each.kind != trace::attribute_kind::none) i.attributes.push_back(info_of(each));
  i.more_attributes = from.full;
  return i;
}

control::async_op_info info_of(const trace::op_record& from, const moments& at) {
  control::async_op_info i;
  i.id = from.id;
  i.resource = from.resource;
  i.parent = from.parent;
  i.task = from.task;
  i.plugin = from.instance.view();
  i.source = from.source.view();
  i.poll_name = from.poll_name.view();
  i.in_poll = from.in_poll;
  i.ready = from.ready;
  show_poll_times(from, at, i);
  return i;
}

bool asked_for(const control::resource_query& query, const trace::resource_record& r) {
  const auto fits = [](const std::string& wanted, std::string_view is) { return wanted.empty() || wanted == is; };
  return fits(query.plugin, r.instance.view()) && fits(query.kind, r.kind.view()) && fits(query.type, r.type.view()) &&
         (r.dropped != 0) == query.dropped;
}

// Those of this page, and in `facts` how to go on.
template <class Record>
std::vector<Record> page_of(std::vector<Record> all, const control::change_query& query, control::page_facts& facts) {
  std::erase_if(all, [&](const Record& one) { return one.id <= query.after_id; });
  facts.more = all.size() > query.limit;
  if (facts.more) all.resize(query.limit);
  if (!all.empty()) facts.last_id = all.back().id;
  return all;
}

}  // namespace

control::resource_page live_resource::resources(const control::resource_query& query) const {
  control::resource_page page;
  const auto* const book = parts_.console.resources();
  if (book == nullptr) return page;
  const auto records = book->changed_since(0);
  const moments at;
  for (const auto& each : records) {
    if (!asked_for(query, each)) continue;
    ++page.total;
    if (each.id <= query.after_id) continue;
    page.more = page.resources.size() == query.limit;
    if (!page.more) page.resources.push_back(info_of(each, at));
  }
  return page;
}

std::optional<control::resource_detail> live_resource::resource(std::uint64_t id) const {
  const auto* const book = parts_.console.resources();
  const auto record = book == nullptr ? std::nullopt : book->find(id);
  if (!record) return std::nullopt;
  const auto ops = book->ops_of(id);
  const moments at;
  control::resource_detail detail{info_of(*record, at), {}, ops.size() > control::resource_detail::most_ops};
  for (const auto& each : ops) {
    if (detail.ops.size() == control::resource_detail::most_ops) break;
    detail.ops.push_back(info_of(each, at));
  }
  return detail;
}

control::resource_changes live_resource::changed_resources(const control::change_query& query) const {
  control::resource_changes seen{facts_now(parts_.console, query), {}};
  if (const auto* const book = parts_.console.resources()) {
    const auto records = page_of(book->changed_since(query.since), query, seen);
    const moments at;
    for (const auto& each : records) seen.resources.push_back(info_of(each, at));
  }
  return seen;
}

control::async_op_changes live_resource::changed_ops(const control::change_query& query) const {
  control::async_op_changes seen{facts_now(parts_.console, query), {}};
  if (const auto* const book = parts_.console.resources()) {
    const auto records = page_of(book->ops_changed_since(query.since), query, seen);
    const moments at;
    for (const auto& each : records) seen.ops.push_back(info_of(each, at));
  }
  return seen;
}

}  // namespace tokiod::app
