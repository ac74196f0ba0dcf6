#include "control/view/task.hpp"
#include "control/methods/methods.hpp"
#include "wire/get.hpp"

namespace tokiod::control {
namespace {

refusal no_task(const std::string& id) {
  return refuse(kind::not_found, "there is no live task ", id.substr(0, 40)).error();
}

answer task_list(const plane& shared, const json& params) {
  task_query query;
  query.plugin = wire::text_or(params, "plugin");
  query.state = wire::text_or(params, "state");
  query.limit = static_cast<std::size_t>(wire::integer_or(params, "limit", 100));
  if (const auto cursor = wire::text_or(params, "cursor"); !cursor.empty()) {
    const auto after = task_id_of(cursor);
    if (!after) return refused({kind::out_of_range, "cursor is not a next_cursor of task.list", "/cursor", {}});
    query.after_id = *after;
  }
  const auto page = shared.daemon.tasks(query);
  json shown = {{"tasks", json::array()}, {"total", page.total}};
  for (const auto& task : page.tasks) shown["tasks"].push_back(view(task, false));
  if (page.more && !page.tasks.empty()) shown["next_cursor"] = task_id_text(page.tasks.back().id);
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

}  // namespace

std::span<const binding> task_methods() {
  static constexpr binding bindings[] = {
      {"task.list", reading(task_list)},
      {"task.get", reading(task_get)},
      {"task.cancel", reading(task_cancel)},
  };
  return bindings;
}

}  // namespace tokiod::control
