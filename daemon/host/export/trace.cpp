// tokio.trace/1: what is known of a task that is looked at closely, and what plugins tell of their resources.
#include <bit>
#include <optional>

#include "host/export/common.hpp"
#include "host/export/tables.hpp"
#include "host/trace/traced_task.hpp"
#include "runtime/sched/root.hpp"

namespace tokiod::host {
namespace {

static_assert(static_cast<unsigned>(trace::change_of_state::set) == TOKIO_STATE_SET &&
              static_cast<unsigned>(trace::change_of_state::subtract) == TOKIO_STATE_SUB);

// By whoever polls it: a thread that waits for it in block_on, else a core.
std::optional<sched::core::delay> delay_of(const sched::host_entry& inside, task::header& task) {
  if (const auto seen = sched::root::delay_of(task)) return seen;
  sched::core* const on = core_for(inside, task);
  return on != nullptr ? on->delay_of(task) : std::nullopt;
}

void trace_delay(tokio_cx* cx, tokio_delay* out) noexcept {
  if (cx == nullptr || cx->waker.task == nullptr || out == nullptr) return;
  tokio_delay told = {.size = sizeof told, .flags = 0, .runnable_ns = 0};
  const sched::host_entry inside;
  if (const auto seen = delay_of(inside, *key_of(cx->waker).task)) {
    told.flags = TOKIO_DELAY_MEASURED | (seen->again ? TOKIO_DELAY_AGAIN : 0u);
    told.runnable_ns = seen->lasted;
  }
  give_result(*out, told);
}

instant_ns now() { return steady_clock().now(); }

trace::owned_by whose(const tokio_plugin& p) {
  return {.owner = reinterpret_cast<std::uintptr_t>(&p), .instance = p.instance};
}

// Where the books are, for who may tell of something new.
tokio_status admitted(const tokio_plugin* p, const std::uint64_t* id, const char* what) noexcept {
  if (p == nullptr || id == nullptr) return fail(TOKIO_EINVAL, what, ": a null pointer");
  if (const auto status = refused_new(*p); status != TOKIO_OK) return status;
  return trace::resources() == nullptr ? fail(TOKIO_EAGAIN, "nobody listens") : TOKIO_OK;
}

tokio_status kept(std::uint64_t made, std::uint64_t* id) noexcept {
  *id = made;
  return made != 0 ? TOKIO_OK : fail(TOKIO_EAGAIN, "there is no room to write down more");
}

tokio_status resource_new(tokio_plugin* p, const tokio_resource* given, std::uint64_t* id) noexcept {
  if (const auto status = admitted(p, id, "resource_new"); status != TOKIO_OK) return status;
  tokio_resource of;
  if (const auto status = take_params(given, "tokio_resource", of); status != TOKIO_OK) return status;
  constexpr std::uint32_t known = TOKIO_RESOURCE_INTERNAL | TOKIO_RESOURCE_MET;
  if ((of.flags & ~known) != 0)
    return fail(TOKIO_EINVAL, "tokio_resource.flags is ", of.flags, "; known are INTERNAL and MET");
  const trace::resource_birth birth = {.type = view(of.concrete_type),
                                       .kind = view(of.kind),
                                       .file = view(of.made_at.file),
                                       .line = of.made_at.line,
                                       .parent = of.parent,
                                       .internal = (of.flags & TOKIO_RESOURCE_INTERNAL) != 0,
                                       .seen = (of.flags & TOKIO_RESOURCE_MET) == 0};
  return kept(trace::last_resources()->begin(birth, whose(*p), now()), id);
}

std::optional<trace::attribute_kind> kind_of(std::uint32_t type) {
  switch (type) {
    case TOKIO_KV_U64: return trace::attribute_kind::whole;
    case TOKIO_KV_I64: return trace::attribute_kind::negative;
    case TOKIO_KV_F64: return trace::attribute_kind::real;
    case TOKIO_KV_BOOL: return trace::attribute_kind::truth;
    default: return std::nullopt;
  }
}

void resource_state(std::uint64_t resource, const tokio_state_change* given) noexcept {
  trace::resource_book* const to = trace::last_resources();
  tokio_state_change change;
  if (to == nullptr || take_params(given, "tokio_state_change", change) != TOKIO_OK) return;
  const auto kind = kind_of(change.to.type);
  const bool counts = kind == trace::attribute_kind::whole || kind == trace::attribute_kind::negative;
  if (!kind || change.op > TOKIO_STATE_SUB || (change.op != TOKIO_STATE_SET && !counts)) return;
  to->change(resource, {.how = static_cast<trace::change_of_state>(change.op),
                        .name = view(change.to.key),
                        .unit = view(change.unit),
                        .kind = *kind,
                        .bits = kind == trace::attribute_kind::real ? std::bit_cast<std::uint64_t>(change.to.v.f)
                                                                    : change.to.v.u});
}

void resource_drop(std::uint64_t resource) noexcept {
  if (auto* const of = trace::last_resources()) of->ends(resource, now());
}

tokio_status op_new(tokio_plugin* p, const tokio_async_op* given, std::uint64_t* id) noexcept {
  if (const auto status = admitted(p, id, "op_new"); status != TOKIO_OK) return status;
  tokio_async_op of;
  if (const auto status = take_params(given, "tokio_async_op", of); status != TOKIO_OK) return status;
  if (of.flags != 0) return fail(TOKIO_EINVAL, "tokio_async_op.flags is ", of.flags, "; no flag is known");
  const sched::host_entry inside;
  trace::resource_book& to = *trace::last_resources();
  if (!to.knows(of.resource)) return fail(TOKIO_ENOENT, "there is no resource ", of.resource);
  const trace::op_birth birth = {.source = view(of.source),
                                 .poll_name = view(of.poll_name),
                                 .resource = of.resource,
                                 .parent = of.parent,
                                 .task = of.task.task == nullptr ? 0 : runtime::id_of(key_of(of.task))};
  return kept(to.begin_op(birth, whose(*p), now()), id);
}

void op_poll_begins(std::uint64_t op) noexcept {
  if (auto* const of = trace::resources()) of->poll_begins(op, now());
}

void op_poll_ends(std::uint64_t op, std::int32_t ready) noexcept {
  if (auto* const of = trace::last_resources()) of->poll_ends(op, ready != 0, now());
}

void op_drop(std::uint64_t op) noexcept {
  if (auto* const of = trace::last_resources()) of->op_ends(op, now());
}

std::uint64_t local_poll_begins(tokio_waker relay) noexcept {
  if (relay.task == nullptr) return 0;
  const sched::host_entry inside;
  return reinterpret_cast<std::uintptr_t>(trace::local_poll_begins(key_of(relay)));
}

void local_poll_ends(tokio_waker relay, std::uint64_t outer, std::int32_t again) noexcept {
  if (relay.task == nullptr) return;
  const sched::host_entry inside;
  trace::local_poll_ends(key_of(relay), reinterpret_cast<task::header*>(outer), again != 0);
}

}  // namespace

const tokio_trace_ext trace_table = {
    .size = sizeof(tokio_trace_ext),
    .flags = 0,
    .delay = trace_delay,
    .listening = &trace::listening_word,
    .resource_new = resource_new,
    .resource_state = resource_state,
    .resource_drop = resource_drop,
    .op_new = op_new,
    .op_poll_begins = op_poll_begins,
    .op_poll_ends = op_poll_ends,
    .op_drop = op_drop,
    .local_poll_begins = local_poll_begins,
    .local_poll_ends = local_poll_ends,
};

}  // namespace tokiod::host
