#include "control/view/task.hpp"
#include "control/methods/methods.hpp"
#include "control/task_page.hpp"
#include "wire/get.hpp"

namespace tokiod::control {
namespace {

refusal no_task(const std::string& id) {
  return refuse(kind::not_found, "there is no live task ", id.substr(0, 40)).error();
}

// Also of task.dump. Refuses a cursor that is none.
std::expected<task_query, refusal> query_of(const json& params, std::string_view method) {
  task_query query;
  query.plugin = wire::text_or(params, "plugin");
  query.state = wire::text_or(params, "state");
  query.limit = static_cast<std::size_t>(wire::integer_or(params, "limit", 100));
  const auto cursor = wire::text_or(params, "cursor");
  if (cursor.empty()) return query;
  const auto after = task_id_of(cursor);
  if (!after)
    return std::unexpected(
        refusal{kind::out_of_range, "cursor is not a next_cursor of " + std::string(method), "/cursor", {}});
  query.after_id = *after;
  return query;
}

answer task_list(const plane& shared, const json& params) {
  auto query = query_of(params, "task.list");
  if (!query) return refused(query.error());
  query->name = wire::text_or(params, "name");
  query->location = wire::text_or(params, "location");
  query->by = task_order_named(wire::text_or(params, "sort", "id"));
  const bool by_id = query->by == task_order::id;
  if (!by_id && query->after_id != 0)
    return refused({kind::invalid_params, "a cursor goes on by id only: sort makes one page", "/cursor", {}});
  const auto page = shared.daemon.tasks(*query);
  json shown = {{"tasks", json::array()}, {"total", page.total}};
  for (const auto& task : page.tasks) shown["tasks"].push_back(view(task, false));
  if (page.more && by_id && !page.tasks.empty()) shown["next_cursor"] = task_id_text(page.tasks.back().id);
  return shown;
}

answer dump_one(const plane& shared, const std::string& text) {
  const auto id = task_id_of(text);
  const auto trace = id ? shared.daemon.trace(*id) : std::nullopt;
  if (!trace) return refused(no_task(text));
  return json{{"tasks", json::array({view(*trace)})}, {"total", 1}};
}

answer task_dump(const plane& shared, const json& params) {
  if (const auto text = wire::text_or(params, "id"); !text.empty()) return dump_one(shared, text);
  const auto query = query_of(params, "task.dump");
  if (!query) return refused(query.error());
  const auto page = shared.daemon.traces(*query);
  json shown = {{"tasks", json::array()}, {"total", page.total}};
  for (const auto& one : page.tasks) shown["tasks"].push_back(view(one));
  if (page.tasks.size() == query->limit) shown["next_cursor"] = task_id_text(page.tasks.back().task.id);
  return shown;
}

answer task_get(const plane& shared, const json& params) {
  const auto text = wire::text_or(params, "id");
  const auto id = task_id_of(text);
  const auto task = id ? shared.daemon.task(*id) : std::nullopt;
  if (!task) return refused(no_task(text));
  return view(*task, wire::boolean_or(params, "histograms", false));
}

answer task_cancel(const plane& shared, const json& params) {
  const auto text = wire::text_or(params, "id");
  const auto id = task_id_of(text);
  if (!id) return refused(no_task(text));
  if (const auto done = shared.daemon.cancel_task(*id); !done) return refused(done.error());
  return json{{"id", text}, {"state", "cancelling"}};
}

answer task_wake(const plane& shared, const json& params) {
  const auto text = wire::text_or(params, "id");
  const auto id = task_id_of(text);
  if (!id) return refused(no_task(text));
  if (const auto done = shared.daemon.wake_task(*id); !done) return refused(done.error());
  return json{{"id", text}};
}

}  // namespace

std::span<const binding> task_methods() {
  static constexpr binding bindings[] = {
      {"task.list", reading(task_list)}, {"task.get", reading(task_get)},   {"task.cancel", reading(task_cancel)},
      {"task.dump", reading(task_dump)}, {"task.wake", reading(task_wake)},
  };
  return bindings;
}

}  // namespace tokiod::control
