// tokio.metrics/1: a plugin's own counters, gauges and histograms; the table of the instance keeps them.
#include "host/export/common.hpp"
#include "host/export/tables.hpp"
#include "host/metric_rules.hpp"

namespace tokiod::host {
namespace {

tokio_status metric_create(tokio_plugin* p, const tokio_metric_desc* given, tokio_metric** out) noexcept try {
  tokio_metric_desc d;
  if (p == nullptr || out == nullptr) return fail(TOKIO_EINVAL, "create: a null pointer");
  if (const auto status = take_params(given, "tokio_metric_desc", d); status != TOKIO_OK) return status;
  if (const auto status = refused_new(*p); status != TOKIO_OK) return status;
  if (d.kind < TOKIO_METRIC_COUNTER || d.kind > TOKIO_METRIC_HISTOGRAM)
    return fail(TOKIO_EINVAL, "there is no kind of metric ", d.kind);
  if (const auto why = fault_of(d); !why.empty())
    return fail(TOKIO_EINVAL, "metric ", view(d.name), " cannot be created: ", why);
  const auto status = p->metrics.create(d, out);
  return status == TOKIO_OK
             ? status
             : fail(status, "metric ", view(d.name), " cannot be created: ",
                    status == TOKIO_EEXIST ? "it exists already, or its family with another kind" : "no memory");
} catch (const std::bad_alloc&) {
  return fail(TOKIO_ENOMEM, "no memory for a metric");
}

tokio_plugin* owner_of(const tokio_metric* metric) { return metric == nullptr ? nullptr : metric->owner.load(relaxed); }

void metric_add(tokio_metric* metric, uint64_t by) noexcept {
  const tokio_plugin* const p = owner_of(metric);
  if (p == nullptr || metric->kind != TOKIO_METRIC_COUNTER) return;
  const sched::host_entry inside;
  metric->lines->add(p->current_core(), 0, by);
}
void metric_set(tokio_metric* metric, double value) noexcept {
  // Relaxed, here and below: a level carries no other data.
  if (owner_of(metric) != nullptr) metric->level.store(value, relaxed);
}
void metric_adjust(tokio_metric* metric, double by) noexcept {
  if (owner_of(metric) != nullptr) metric->level.fetch_add(by, relaxed);
}
void metric_record(tokio_metric* metric, double value) noexcept {
  const tokio_plugin* const p = owner_of(metric);
  if (p == nullptr || metric->kind != TOKIO_METRIC_HISTOGRAM) return;
  const sched::host_entry inside;
  metric->record(p->current_core(), value);
}
void metric_drop(tokio_metric* metric) noexcept {
  if (auto* p = owner_of(metric); p != nullptr) p->metrics.drop(*metric);
}

}  // namespace

const tokio_metrics_ext metrics_table = {
    .size = sizeof(tokio_metrics_ext),
    .flags = 0,
    .create = metric_create,
    .add = metric_add,
    .set = metric_set,
    .adjust = metric_adjust,
    .record = metric_record,
    .drop = metric_drop,
};

}  // namespace tokiod::host
