// tokio.log/1: records of plugins go where the daemon's own go, under the target "plugin.<instance>".
#include <source_location>

#include "base/log.hpp"
#include "base/log_catalogue.hpp"
#include "host/export/common.hpp"
#include "host/export/tables.hpp"
#include "host/texts.hpp"

namespace tokiod::host {
namespace {

static_assert(static_cast<unsigned>(log::level::trace) == TOKIO_LOG_TRACE &&
              static_cast<unsigned>(log::level::error) == TOKIO_LOG_ERROR);

// Which task speaks, and on which worker it does.
void add_speaker(std::vector<log::field>& to, const tokio_cx* cx) {
  if (cx == nullptr) return;
  if (const auto id = cx->waker.task != nullptr ? runtime::id_of(key_of(cx->waker)) : 0; id != 0)
    to.emplace_back("task", "t-" + std::to_string(id));
  if (cx->worker != TOKIO_WORKER_NONE) to.emplace_back("worker", cx->worker);
}

void log_record(tokio_plugin* p, tokio_cx* cx, const tokio_log_rec* given) noexcept try {
  tokio_log_rec record;
  if (p == nullptr || take_params(given, "tokio_log_rec", record) != TOKIO_OK) return;
  const auto severity = static_cast<log::level>(record.level > TOKIO_LOG_ERROR ? TOKIO_LOG_ERROR : record.level);
  if (!log::enabled(severity, p->log_target)) return;
  std::vector<log::field> fields;
  if (!view(record.target).empty()) fields.emplace_back("target", view(record.target));
  for (std::uint32_t i = 0; record.kv != nullptr && i < record.nkv; ++i)
    if (const auto key = view(record.kv[i].key); key != log::id_key)  // what it says is no message of the daemon's
      fields.emplace_back(key, text_of(record.kv[i]));
  if (!view(record.file).empty())
    fields.emplace_back("at", std::string(view(record.file)) + ":" + std::to_string(record.line));
  add_speaker(fields, cx);
  log::write(severity, p->log_target, view(record.message), std::move(fields));
} catch (const std::bad_alloc&) {
  // Losing a record is what a log does under pressure.
}

}  // namespace

const tokio_log_ext log_table = {
    .size = sizeof(tokio_log_ext),
    .flags = 0,
    .min_level = &log::lowest_level,
    .log = log_record,
};

}  // namespace tokiod::host
