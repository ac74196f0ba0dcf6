// tokio.control/1: a plugin's control methods and its answers.
#include "host/export/buffer.hpp"
#include "host/export/common.hpp"
#include "host/export/tables.hpp"

namespace tokiod::host {
namespace {

tokio_status control_method(tokio_plugin* p, const tokio_method_desc* given, tokio_reg** out) noexcept try {
  tokio_method_desc d;
  if (p == nullptr || out == nullptr) return fail(TOKIO_EINVAL, "method: a null pointer");
  if (const auto status = take_params(given, "tokio_method_desc", d); status != TOKIO_OK) return status;
  if (d.flags != 0 || d.handle == nullptr || view(d.name).empty())
    return fail(TOKIO_EINVAL, "a method needs a name and a handle function, and knows no flags");
  if (const auto status = p->admits_registration(); status != TOKIO_OK)
    return fail(status, "instance ", p->instance, " has stopped: it registers no methods");
  const auto status = p->methods.add(d, out);
  return status == TOKIO_OK ? status : fail(status, "method ", view(d.name), " is registered already");
} catch (const std::bad_alloc&) {
  return fail(TOKIO_ENOMEM, "no memory for a method");
}

tokio_plugin* owner_of(const tokio_call* call) { return call == nullptr ? nullptr : call->owner.load(relaxed); }
tokio_status answered_before() { return misuse(nullptr, "the call was answered before"); }

tokio_status control_reply(tokio_call* call, tokio_str result_json) noexcept try {
  auto* p = owner_of(call);
  return p == nullptr ? answered_before() : p->calls.answer(*call, std::string(view(result_json)));
} catch (const std::bad_alloc&) {
  return fail(TOKIO_ENOMEM, "no memory for a reply");
}

tokio_status control_fail(tokio_call* call, int32_t code, tokio_str message, tokio_str data_json) noexcept try {
  auto* p = owner_of(call);
  if (p == nullptr) return answered_before();
  return p->calls.answer(*call, std::unexpected(refusal{kind::plugin_error, std::string(view(message)),
                                                        std::to_string(code), std::string(view(data_json))}));
} catch (const std::bad_alloc&) {
  return fail(TOKIO_ENOMEM, "no memory for a reply");
}

tokio_status control_event(tokio_call* call, tokio_str json) noexcept try {
  auto* p = owner_of(call);
  return p == nullptr ? answered_before() : p->calls.event(*call, std::string(view(json)));
} catch (const std::bad_alloc&) {
  return fail(TOKIO_ENOMEM, "no memory for an event");
}

tokio_res control_poll_cancelled(tokio_call* call, tokio_cx* cx) noexcept {
  if (owner_of(call) == nullptr || cx == nullptr)
    return fail(TOKIO_EBADF, "poll_cancelled: the call was answered before");
  const std::lock_guard hold(call->mutex);
  call->watcher = key_of(cx->waker);
  return call->listener == nullptr ? TOKIO_OK : TOKIO_PENDING;
}

tokio_status control_config_get(tokio_plugin* p, tokio_buf* out) noexcept try {
  if (p == nullptr || out == nullptr) return fail(TOKIO_EINVAL, "config_get: a null pointer");
  if (p->now_in() == phase::gone) return fail(TOKIO_EGONE, "instance ", p->instance, " is gone");
  const auto text = p->config();
  if (const auto status = new_lease(*p, text.size(), out); status != TOKIO_OK) return status;
  std::memcpy(out->ptr, text.data(), text.size());
  out->len = text.size();
  return TOKIO_OK;
} catch (const std::bad_alloc&) {
  return fail(TOKIO_ENOMEM, "no memory for the configuration");
}

}  // namespace

const tokio_control_ext control_table = {
    .size = sizeof(tokio_control_ext),
    .flags = 0,
    .method = control_method,
    .reply = control_reply,
    .fail = control_fail,
    .event = control_event,
    .poll_cancelled = control_poll_cancelled,
    .config_get = control_config_get,
};

}  // namespace tokiod::host
