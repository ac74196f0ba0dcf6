// internal to test/: the fake host's timers, blocking jobs, log, metrics and control methods, and what they hold.
// Threads: the one that made the host.
#pragma once

#include <algorithm>

#include "tokio/test/fake_core.hpp"

namespace tokio::test {

class fake_state;

struct fake_timer {
  fake_state* state;
  std::uint64_t number, deadline_ns;
  tokio_waker waker{};  // of the task that polled it last; armed when it names one
};

struct fake_job {
  fake_state* state;
  tokio_job_desc desc;
  enum { queued, finished, cancelled } stage = queued;
  bool freed = false;  // the handle was given up
  std::int64_t answer = 0;
  tokio_waker waker{};
};

struct log_record {
  std::uint32_t level;
  std::string message;
  std::map<std::string, std::string> fields;
};

struct fake_metric {
  fake_state* state;
  std::uint32_t kind;
  double value = 0;              // counter or gauge
  std::vector<double> recorded;  // histogram
};

struct fake_method {
  fake_state* state;
  tokio_plugin* owner;
  tokio_method_desc desc;
  std::string name;
};

struct fake_call {
  bool answered = false;
  std::string result, failure;
  std::int32_t code = 0;
  std::vector<std::string> events;
  bool client_gone = false;
};

// Everything that a fake host lends out, beside its tasks.
class fake_state : public fake_core {
 public:
  static fake_state& of(tokio_plugin* instance) { return static_cast<fake_state&>(fake_core::of(instance)); }

  std::map<std::uint64_t, fake_timer*> timers;  // in the order in which they were made
  std::uint64_t timers_made = 0;
  std::deque<fake_job*> jobs;  // that wait to be run
  std::size_t live_jobs = 0;
  bool hold_jobs = false;                // blocking jobs stay queued, as if they ran long; time does not jump meanwhile
  tokio_status timer_status = TOKIO_OK;  // what a timer that is made is refused with
  bool refuse_block_in_place = false;    // as a runtime with one thread does
  bool blocks_in_place = false;          // somebody has entered and not left
  std::vector<log_record> logs;
  std::uint32_t min_level = TOKIO_LOG_TRACE;
  std::map<std::string, fake_metric*> metrics;
  std::map<std::string, fake_method*> methods;
  std::map<std::string, const void*> extensions;

  // The earliest armed timer's deadline; UINT64_MAX when there is none.
  std::uint64_t next_deadline_ns() const {
    std::uint64_t next = UINT64_MAX;
    for (auto& [number, timer] : timers)
      if (timer->waker.task) next = std::min(next, timer->deadline_ns);
    return next;
  }
  void move_clock(std::uint64_t to_ns) {
    now_ns = to_ns;
    std::multimap<std::uint64_t, fake_timer*> due;  // by deadline, then in the order in which they were made
    for (auto& [number, timer] : timers)
      if (timer->waker.task && timer->deadline_ns <= now_ns) due.emplace(timer->deadline_ns, timer);
    for (auto& [deadline_ns, timer] : due) wake(std::exchange(timer->waker, {}));
  }
  bool run_one_job() {
    if (jobs.empty() || hold_jobs) return false;
    run_job(take_job());
    return true;
  }
  fake_job& take_job() {
    auto* job = jobs.front();
    jobs.pop_front();
    return *job;
  }
  void run_job(fake_job& job) {
    job.answer = job.desc.run(job.desc.user);
    end_job(job, fake_job::finished);
  }
  template <class Stage>
  void end_job(fake_job& job, Stage stage) {
    job.stage = stage;
    if (job.desc.drop) job.desc.drop(job.desc.user);
    if (job.freed) return free_job(job);
    wake(job.waker);
  }
  void free_job(fake_job& job) {
    --live_jobs;
    delete &job;
  }
};

inline std::string text_of(tokio_str text) { return text.len ? std::string(text.ptr, text.len) : std::string(); }
inline std::string text_of(const tokio_kv& field) {
  switch (field.type) {
    case TOKIO_KV_STR: return text_of(field.v.s);
    case TOKIO_KV_I64: return std::to_string(field.v.i);
    case TOKIO_KV_U64: return std::to_string(field.v.u);
    case TOKIO_KV_BOOL: return field.v.u ? "true" : "false";
    default: return std::to_string(field.v.f);
  }
}

// Buffer leases of the fake host: plain heap memory.
inline void fake_buf_release(tokio_buf* buf) noexcept { std::free(buf->owner); }
inline constexpr tokio_buf_vt fake_buf_vt{0, fake_buf_release, nullptr};
inline tokio_status fake_buf(std::size_t cap, tokio_buf* out) noexcept {
  void* memory = std::malloc(cap ? cap : 1);
  if (!memory) return TOKIO_ENOMEM;
  *out = tokio_buf{static_cast<std::uint8_t*>(memory), 0, cap, &fake_buf_vt, memory};
  return TOKIO_OK;
}

namespace fake_time {
inline fake_timer& of(tokio_timer* timer) { return *reinterpret_cast<fake_timer*>(timer); }
inline tokio_status make(tokio_plugin* p, std::uint64_t deadline_ns, std::uint64_t, tokio_timer** out) noexcept {
  auto& state = fake_state::of(p);
  if (state.timer_status != TOKIO_OK) return state.timer_status;
  auto* timer = new fake_timer{&state, ++state.timers_made, deadline_ns};
  state.timers.emplace(timer->number, timer);
  *out = reinterpret_cast<tokio_timer*>(timer);
  return TOKIO_OK;
}
inline void reset(tokio_timer* timer, std::uint64_t deadline_ns) noexcept {
  of(timer).deadline_ns = deadline_ns;
  if (deadline_ns <= of(timer).state->now_ns) of(timer).state->wake(of(timer).waker);
}
inline tokio_res poll(tokio_timer* raw, tokio_cx* cx) noexcept {
  auto& timer = of(raw);
  if (!tokio_coop(cx)) return TOKIO_PENDING;
  if (timer.deadline_ns <= timer.state->now_ns) return 0;
  tokio_coop_restore(cx);
  timer.waker = cx->waker;
  return TOKIO_PENDING;
}
inline void free(tokio_timer* timer) noexcept {
  of(timer).state->timers.erase(of(timer).number);
  delete &of(timer);
}
inline constexpr tokio_time_ext table{sizeof(tokio_time_ext), 0, make, reset, poll, free};
}  // namespace fake_time

namespace fake_blocking {
inline fake_job& of(tokio_job* job) { return *reinterpret_cast<fake_job*>(job); }
inline tokio_status spawn(tokio_plugin* p, const tokio_job_desc* desc, tokio_job** out) noexcept {
  auto& state = fake_state::of(p);
  if (state.closed) {
    desc->drop(desc->user);
    return TOKIO_ESHUTDOWN;
  }
  auto* job = new fake_job{&state, *desc};
  ++state.live_jobs;
  state.jobs.push_back(job);
  if (out)
    *out = reinterpret_cast<tokio_job*>(job);
  else
    job->freed = true;
  return TOKIO_OK;
}
inline tokio_res poll(tokio_job* raw, tokio_cx* cx, std::int64_t* ret) noexcept {
  auto& job = of(raw);
  if (!tokio_coop(cx)) return TOKIO_PENDING;
  if (job.stage == fake_job::cancelled) return TOKIO_ECANCELED;
  if (job.stage == fake_job::finished) return *ret = job.answer, 0;
  tokio_coop_restore(cx);
  job.waker = cx->waker;
  return TOKIO_PENDING;
}
inline void cancel(tokio_job* raw) noexcept {
  auto& job = of(raw);
  if (job.stage != fake_job::queued || !std::erase(job.state->jobs, &job)) return;
  job.state->end_job(job, fake_job::cancelled);
}
inline void free(tokio_job* raw) noexcept {
  auto& job = of(raw);
  if (job.stage == fake_job::queued)
    job.freed = true;
  else
    job.state->free_job(job);
}
inline tokio_res enter(tokio_plugin* p) noexcept {
  auto& state = fake_state::of(p);
  if (state.refuse_block_in_place) return TOKIO_ENOTSUP;
  return std::exchange(state.blocks_in_place, true) ? 1 : TOKIO_OK;
}
inline void leave(tokio_plugin* p) noexcept {
  if (!std::exchange(fake_state::of(p).blocks_in_place, false)) fake_misuse("leave() was called without an enter()");
}
inline constexpr tokio_blocking_ext table{sizeof(tokio_blocking_ext), 0, spawn, poll, cancel, free, enter, leave};
}  // namespace fake_blocking

namespace fake_log {
inline void write(tokio_plugin* p, tokio_cx*, const tokio_log_rec* rec) noexcept {
  log_record record{rec->level, text_of(rec->message), {}};
  for (std::uint32_t i = 0; i < rec->nkv; ++i) record.fields[text_of(rec->kv[i].key)] = text_of(rec->kv[i]);
  fake_state::of(p).logs.push_back(std::move(record));
}
}  // namespace fake_log

namespace fake_metrics {
inline fake_metric& of(tokio_metric* metric) { return *reinterpret_cast<fake_metric*>(metric); }
inline tokio_status create(tokio_plugin* p, const tokio_metric_desc* desc, tokio_metric** out) noexcept {
  auto& state = fake_state::of(p);
  if (state.metrics.contains(text_of(desc->name))) return TOKIO_EEXIST;
  auto* metric = new fake_metric{&state, desc->kind, 0, {}};
  state.metrics[text_of(desc->name)] = metric;
  *out = reinterpret_cast<tokio_metric*>(metric);
  return TOKIO_OK;
}
inline void add(tokio_metric* metric, std::uint64_t n) noexcept { of(metric).value += static_cast<double>(n); }
inline void set(tokio_metric* metric, double to) noexcept { of(metric).value = to; }
inline void adjust(tokio_metric* metric, double by) noexcept { of(metric).value += by; }
inline void record(tokio_metric* metric, double value) noexcept { of(metric).recorded.push_back(value); }
inline void drop(tokio_metric* metric) noexcept {
  std::erase_if(of(metric).state->metrics, [&](auto& entry) { return entry.second == &of(metric); });
  delete &of(metric);
}
inline constexpr tokio_metrics_ext table{sizeof(tokio_metrics_ext), 0, create, add, set, adjust, record, drop};
}  // namespace fake_metrics

namespace fake_control {
inline fake_call& of(tokio_call* call) { return *reinterpret_cast<fake_call*>(call); }
inline tokio_status method(tokio_plugin* p, const tokio_method_desc* desc, tokio_reg** out) noexcept {
  auto& state = fake_state::of(p);
  if (state.methods.contains(text_of(desc->name))) return TOKIO_EEXIST;
  auto* made = new fake_method{&state, p, *desc, text_of(desc->name)};
  state.methods[made->name] = made;
  *out = reinterpret_cast<tokio_reg*>(made);
  return TOKIO_OK;
}
inline void drop_method(tokio_reg* reg) noexcept {
  auto* method = reinterpret_cast<fake_method*>(reg);
  method->state->methods.erase(method->name);
  if (method->desc.drop) method->desc.drop(method->desc.user);
  delete method;
}
inline tokio_status reply(tokio_call* call, tokio_str json) noexcept {
  if (of(call).answered) fake_misuse("a control call was answered twice");
  of(call).answered = true;
  of(call).result = text_of(json);
  return TOKIO_OK;
}
inline tokio_status fail(tokio_call* call, std::int32_t code, tokio_str message, tokio_str) noexcept {
  if (of(call).answered) fake_misuse("a control call was answered twice");
  of(call).answered = true;
  of(call).code = code;
  of(call).failure = text_of(message);
  return TOKIO_OK;
}
inline tokio_status event(tokio_call* call, tokio_str json) noexcept {
  of(call).events.push_back(text_of(json));
  return TOKIO_OK;
}
inline tokio_res poll_cancelled(tokio_call* call, tokio_cx*) noexcept {
  return of(call).client_gone ? 0 : TOKIO_PENDING;
}
inline tokio_status config_get(tokio_plugin* p, tokio_buf* out) noexcept {
  const auto& text = fake_core::instance_of(p).config;
  if (auto status = fake_buf(text.size(), out); status < 0) return status;
  std::memcpy(out->ptr, text.data(), text.size());
  out->len = text.size();
  return TOKIO_OK;
}
inline constexpr tokio_control_ext table{
    sizeof(tokio_control_ext), 0, method, reply, fail, event, poll_cancelled, config_get};
}  // namespace fake_control

namespace fake_trace {
inline void delay(tokio_cx* cx, tokio_delay* out) noexcept { *out = fake_core::of(cx->waker.task).delay; }

// What was told of resources and operations while `listening` is 1, one line each: "1 new Mutex", "2 waits for 1".
inline std::uint32_t listening = 0;
inline std::uint64_t last_id = 0;
inline std::vector<std::string> told;
inline tokio_place last_place{};  // where the last resource was made

inline void tell(std::uint64_t id, std::string_view what) {
  told.push_back(std::to_string(id).append(" ").append(what));
}

inline tokio_status resource_new(tokio_plugin*, const tokio_resource* of, std::uint64_t* id) noexcept {
  if (listening == 0) return TOKIO_EAGAIN;
  std::string what = (of->flags & TOKIO_RESOURCE_MET) != 0 ? "met " : "new ";
  if ((of->flags & TOKIO_RESOURCE_INTERNAL) != 0) what.append("internal ");
  what.append(to_view(of->concrete_type));
  if (of->parent != 0) what.append(" of ").append(std::to_string(of->parent));
  last_place = of->made_at;
  tell(*id = ++last_id, what);
  return TOKIO_OK;
}
inline void resource_state(std::uint64_t id, const tokio_state_change* to) noexcept {
  constexpr std::string_view words[] = {" = ", " += ", " -= "};
  std::string what(to_view(to->to.key));
  what.append(words[to->op]).append(std::to_string(to->to.v.u)).append(to_view(to->unit));
  tell(id, what);
}
inline void resource_drop(std::uint64_t id) noexcept { tell(id, "gone"); }
inline tokio_status op_new(tokio_plugin*, const tokio_async_op* of, std::uint64_t* id) noexcept {
  if (listening == 0) return TOKIO_EAGAIN;
  std::string what(to_view(of->source));
  what.append(" waits for ").append(std::to_string(of->resource));
  if (of->parent != 0) what.append(" of ").append(std::to_string(of->parent));
  tell(*id = ++last_id, what);
  return TOKIO_OK;
}
inline void op_poll_begins(std::uint64_t) noexcept {}
inline void op_poll_ends(std::uint64_t id, std::int32_t ready) noexcept { tell(id, ready != 0 ? "ready" : "pending"); }
inline void op_drop(std::uint64_t id) noexcept { tell(id, "over"); }
// Of local tasks how deep the poll is: "1 polled", "1 over", "1 again".
inline std::uint64_t depth = 0;
inline std::uint64_t local_poll_begins(tokio_waker) noexcept {
  tell(++depth, "polled");
  return depth - 1;
}
inline void local_poll_ends(tokio_waker, std::uint64_t outer, std::int32_t again) noexcept {
  tell(depth, again != 0 ? "again" : "over");
  depth = outer;
}

inline constexpr tokio_trace_ext table{
    sizeof(tokio_trace_ext), 0,      delay,          &listening,   resource_new, resource_state,
    resource_drop,           op_new, op_poll_begins, op_poll_ends, op_drop,      local_poll_begins,
    local_poll_ends};
}  // namespace fake_trace

}  // namespace tokio::test
