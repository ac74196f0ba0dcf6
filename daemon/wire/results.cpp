#include "wire/results.hpp"

#include <algorithm>
#include <string>

#include "wire/results/config.hpp"
#include "wire/results/console.hpp"
#include "wire/results/control.hpp"
#include "wire/results/daemon.hpp"
#include "wire/results/diag.hpp"
#include "wire/results/event.hpp"
#include "wire/results/log.hpp"
#include "wire/results/metrics.hpp"
#include "wire/results/operation.hpp"
#include "wire/results/plugin.hpp"
#include "wire/results/resource.hpp"
#include "wire/results/runtime.hpp"
#include "wire/results/task.hpp"
#include "wire/results/waiting.hpp"
#include "wire/results/watchdog.hpp"
#include "wire/shape.hpp"
#include "wire/sorted_rows.hpp"

namespace tokiod::wire {
namespace {

constexpr auto every_shape =
    sorted_rows(&result_shape::name, results::config, results::console, results::control, results::daemon,
                results::diag, results::event, results::log, results::metrics, results::operation, results::plugin,
                results::resource, results::runtime, results::task, results::waiting, results::watchdog);

constexpr std::string_view operation_shape = "operation_begun";

bool may_not_wait(const method& row) { return std::ranges::find(row.params, "wait", &param::name) != row.params.end(); }

bool is_shared(const result_shape& row) { return row.name.find('.') == std::string_view::npos; }

}  // namespace

std::span<const result_shape> result_shapes() { return every_shape; }

const result_shape* find_result_shape(std::string_view name) {
  const auto row = std::ranges::lower_bound(every_shape, name, {}, &result_shape::name);
  return row != every_shape.end() && row->name == name ? &*row : nullptr;
}

std::string_view form_of_shape(std::string_view name) {
  const auto* const shape = find_result_shape(name);
  return shape ? shape->form : std::string_view();
}

json result_schema(const method& row) {
  const auto* const shape = find_result_shape(row.name);
  if (!shape) return json::object();
  auto schema = schema_of_shape(shape->form, form_of_shape).value_or(json::object());
  if (may_not_wait(row)) return {{"anyOf", {std::move(schema), reference_to_shape(operation_shape)}}};
  return schema;
}

json shared_schemas() {
  json all = json::object();
  for (const auto& row : every_shape)
    if (is_shared(row)) all[std::string(row.name)] = schema_of_shape(row.form, form_of_shape).value_or(json::object());
  return all;
}

}  // namespace tokiod::wire
