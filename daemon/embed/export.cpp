// What libtokio.so shows: tokio_runtime_v0, and through its instance the table tokio.runtime/1.
#include "embed/embedded.hpp"

#include <cstddef>

#include "host/export/common.hpp"
#include "host/export/tables.hpp"

namespace tokiod::embed {
namespace {

using host::fail;
using host::give_result;

tokio_status refused(const refusal& why) {
  switch (why.why) {
    case kind::io_error: return fail(TOKIO_EIO, why.sentence);
    case kind::unsupported: return fail(TOKIO_ENOTSUP, why.sentence);
    default: return fail(TOKIO_EINVAL, why.sentence);
  }
}

template <class T>
bool has_up_to(const T* given, std::size_t end) {
  return given != nullptr && given->size >= end;
}

// The hooks, of options that may be refused themselves.
const tokio_runtime_hooks* hooks_in(const tokio_runtime_options* given) {
  constexpr std::size_t end = offsetof(tokio_runtime_options, hooks) + sizeof(tokio_runtime_options::hooks);
  return has_up_to(given, end) ? given->hooks : nullptr;
}

// A copy of the hooks that gives them back. Of those that are refused, nothing but that is called.
tokio_status hooks_of(const tokio_runtime_hooks* given, std::shared_ptr<const hook_set>& kept) {
  tokio_runtime_hooks all{};
  tokio_status status = given != nullptr ? host::take_params(given, "tokio_runtime_hooks", all) : TOKIO_OK;
  if (status != TOKIO_OK && has_up_to(given, offsetof(tokio_runtime_hooks, drop) + sizeof given->drop)) {
    all.user = given->user;
    all.drop = given->drop;
  }
  if (status == TOKIO_OK && given != nullptr && all.drop == nullptr)
    status = fail(TOKIO_EINVAL, "tokio_runtime_hooks.drop is a null pointer");
  kept = std::make_shared<const hook_set>(all);
  return status;
}

tokio_status make(const tokio_runtime_options* given, tokio_runtime_made& made) {
  std::shared_ptr<const hook_set> hooks;  // given back whatever comes of the rest
  const auto fit = hooks_of(hooks_in(given), hooks);
  tokio_runtime_options options;
  if (const auto status = host::take_params(given, "tokio_runtime_options", options); status != TOKIO_OK) return status;
  if (fit != TOKIO_OK) return fit;
  if (!tokio_abi_fits(TOKIO_ABI_MAJOR, TOKIO_ABI_MINOR, TOKIO_ABI_FINGERPRINT, options.abi_major, options.abi_minor,
                      options.abi_minor, options.abi_fingerprint))
    return fail(TOKIO_EVERSION, "this libtokio.so has version ", TOKIO_ABI_MAJOR, ".", TOKIO_ABI_MINOR,
                " of the ABI, and the program was built for another one");
  auto settings = settings_of(options, std::move(hooks));
  if (!settings) return refused(settings.error());
  const auto runtime = embedded::make(std::move(*settings));
  if (!runtime) return refused(runtime.error());
  made.instance = &(*runtime)->instance();
  return TOKIO_OK;
}

void retain(tokio_plugin* p) noexcept { embedded::of(*p).retain(); }
void release(tokio_plugin* p) noexcept { embedded::of(*p).release(); }

tokio_status block_on(tokio_plugin* p, const tokio_root* given) noexcept try {
  tokio_root root;
  if (const auto status = host::take_params(given, "tokio_root", root); status != TOKIO_OK) return status;
  if (root.poll == nullptr || (root.flags & ~TOKIO_ROOT_DRIVES) != 0)
    return fail(TOKIO_EINVAL, "block_on needs a poll function, and knows only the flag DRIVES");
  return embedded::of(*p).block_on(root);
} catch (const std::bad_alloc&) {
  return fail(TOKIO_ENOMEM, "no memory for block_on");
}

tokio_status shutdown(tokio_plugin* p, uint64_t wait_ns) noexcept try {
  return embedded::of(*p).shutdown(wait_ns);
} catch (const std::bad_alloc&) {
  return fail(TOKIO_ENOMEM, "no memory to end a runtime");
}

tokio_status info(tokio_plugin* p, tokio_runtime_info* out) noexcept {
  embedded& of = embedded::of(*p);
  give_result(*out, {.size = sizeof *out,
                     .flavor = of.one_thread() ? TOKIO_RT_CURRENT_THREAD : TOKIO_RT_MULTI_THREAD,
                     .id = of.id(),
                     .name = {of.name().data(), of.name().size()}});
  return TOKIO_OK;
}

tokio_status numbers(tokio_plugin* p, tokio_runtime_numbers* out) noexcept try {
  embedded& of = embedded::of(*p);
  const metrics::runtime_snapshot all = of.machinery().metrics();
  const metrics::task_totals tasks = of.machinery().totals(p->owner);
  give_result(*out, {.size = sizeof *out,
                     .workers = of.machinery().engine().active(),
                     .tasks_alive = tasks.live(),
                     .tasks_spawned = tasks.spawned,
                     .global_queue = all.injected_tasks,
                     .remote_schedules = all.remote_schedules,
                     .forced_yields = tasks.budget_exhaustions,
                     .blocking_threads = all.blocking_threads,
                     .blocking_idle = all.blocking_idle_threads,
                     .blocking_queue = all.blocking_queued_jobs,
                     .fds_registered = all.sources_registered,
                     .fds_deregistered = all.sources_deregistered,
                     .io_ready = all.ready_events,
                     .poll_buckets = of.poll_times() ? of.poll_times()->buckets() : 0,
                     .wait_buckets = of.waits() ? of.waits()->buckets() : 0,
                     .known_workers = static_cast<std::uint32_t>(all.workers.size()),
                     .reserved = 0});
  return TOKIO_OK;
} catch (const std::bad_alloc&) {
  return fail(TOKIO_ENOMEM, "no memory for the numbers of a runtime");
}

tokio_status worker(tokio_plugin* p, uint32_t index, tokio_worker_numbers* out) noexcept try {
  embedded& of = embedded::of(*p);
  const metrics::runtime_snapshot all = of.machinery().metrics();
  if (index >= all.workers.size())
    return fail(TOKIO_EINVAL, "this runtime has ", all.workers.size(), " workers, and none with number ", index);
  const metrics::worker_snapshot& one = all.workers[index];
  const int thread = of.one_thread() ? of.last_driver() : of.machinery().snapshot().workers[index].os_thread;
  give_result(*out, {.size = sizeof *out,
                     .thread = thread,
                     .busy_ns = one.totals.busy_ns,
                     .parks = one.totals.parks,
                     .parks_and_unparks = one.totals.park_unparks,
                     .noops = one.totals.spurious_unparks,
                     .stolen = one.totals.stolen_tasks,
                     .steals = one.totals.steals,
                     .polls = one.totals.polls,
                     .local_schedules = one.totals.local_schedules,
                     .overflows = one.totals.overflows,
                     .mean_poll_ns = one.mean_poll_ns,
                     .local_queue = one.queued_tasks});
  return TOKIO_OK;
} catch (const std::bad_alloc&) {
  return fail(TOKIO_ENOMEM, "no memory for the numbers of a worker");
}

tokio_status read_bucket(const std::optional<worker_histogram>& all, const char* what, uint32_t of_worker,
                         uint32_t bucket, tokio_time_bucket* out) noexcept {
  const auto seen = all ? all->read(of_worker, bucket) : std::nullopt;
  if (!seen) return fail(TOKIO_EINVAL, "there is no bucket ", bucket, " of ", what, " of worker ", of_worker);
  give_result(
      *out, {.size = sizeof *out, .reserved = 0, .from_ns = seen->from, .until_ns = seen->until, .count = seen->count});
  return TOKIO_OK;
}

tokio_status poll_bucket(tokio_plugin* p, uint32_t of_worker, uint32_t bucket, tokio_time_bucket* out) noexcept {
  return read_bucket(embedded::of(*p).poll_times(), "poll times", of_worker, bucket, out);
}

tokio_status dump(tokio_plugin* p, const tokio_dump* given) noexcept try {
  tokio_dump to;
  if (const auto status = host::take_params(given, "tokio_dump", to); status != TOKIO_OK) return status;
  tokio_walk walk;
  if (const auto status = host::take_params(to.walk, "tokio_walk", walk); status != TOKIO_OK) return status;
  if (to.task == nullptr || walk.place == nullptr || (to.flags | walk.flags) != 0)
    return fail(TOKIO_EINVAL, "tokio_dump and its tokio_walk need their functions, and know no flags");
  to.walk = &walk;
  embedded::of(*p).dump(to);
  return TOKIO_OK;
} catch (const std::bad_alloc&) {
  return fail(TOKIO_ENOMEM, "no memory for a dump");
}

tokio_status wait_bucket(tokio_plugin* p, uint32_t of_worker, uint32_t bucket, tokio_time_bucket* out) noexcept {
  return read_bucket(embedded::of(*p).waits(), "waits", of_worker, bucket, out);
}

}  // namespace

const tokio_runtime_ext runtime_table = {
    .size = sizeof(tokio_runtime_ext),
    .flags = 0,
    .retain = retain,
    .release = release,
    .block_on = block_on,
    .shutdown = shutdown,
    .info = info,
    .numbers = numbers,
    .worker = worker,
    .poll_bucket = poll_bucket,
    .wait_bucket = wait_bucket,
    .dump = dump,
};

}  // namespace tokiod::embed

tokio_status tokio_runtime_v0(const tokio_runtime_options* options, tokio_runtime_made* out) noexcept try {
  if (out == nullptr) return tokiod::host::fail(TOKIO_EINVAL, "tokio_runtime_v0 needs a place for what it makes");
  tokio_runtime_made made = {.size = sizeof made, .flags = 0, .host = &tokiod::host::host_table, .instance = nullptr};
  const auto status = tokiod::embed::make(options, made);
  tokiod::host::give_result(*out, made);
  return status;
} catch (const std::bad_alloc&) {
  return tokiod::host::fail(TOKIO_ENOMEM, "no memory for a runtime");
}
