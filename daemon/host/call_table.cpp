#include "host/call_table.hpp"

#include <utility>
#include <vector>

#include "host/completion.hpp"
#include "host/plugin.hpp"

namespace tokiod::host {
namespace {

std::shared_ptr<call_listener> take_listener(tokio_call& call) {
  const std::lock_guard hold(call.mutex);
  return std::exchange(call.listener, nullptr);
}

}  // namespace

tokio_call* call_table::open(call_id id, std::shared_ptr<call_listener> listener) {
  auto* call = handle_pool<tokio_call>::take(&of_);
  if (call == nullptr) return nullptr;
  {
    const std::lock_guard hold(call->mutex);
    call->id = id;
    call->watcher = {};
    call->listener = std::move(listener);
  }
  of_.count(entry::calls, 1);
  return call;
}

tokio_status call_table::answer(tokio_call& call, outcome<std::string> with) {
  const auto listener = take_listener(call);
  of_.count(entry::calls, -1);
  handle_pool<tokio_call>::give(call);
  if (listener == nullptr) return TOKIO_ECANCELED;
  listener->done(std::move(with));
  return TOKIO_OK;
}

tokio_status call_table::event(tokio_call& call, std::string json) {
  std::shared_ptr<call_listener> listener;
  {
    const std::lock_guard hold(call.mutex);
    listener = call.listener;
  }
  if (listener == nullptr) return TOKIO_ECANCELED;
  listener->event(std::move(json));
  return TOKIO_OK;
}

void call_table::abandon(tokio_call& call, const refusal& why) {
  std::shared_ptr<call_listener> listener;
  task::key watcher;
  {
    const std::lock_guard hold(call.mutex);
    listener = std::exchange(call.listener, nullptr);
    watcher = std::exchange(call.watcher, {});
  }
  if (listener != nullptr) listener->done(std::unexpected(why));
  wake_if_any(watcher);
}

bool call_table::abandon(call_id id, const refusal& why) {
  tokio_call* found = nullptr;
  handle_pool<tokio_call>::for_each_of(&of_, [&](tokio_call& call) {
    const std::lock_guard hold(call.mutex);
    if (call.id == id && call.listener != nullptr) found = &call;
  });
  if (found != nullptr) abandon(*found, why);
  return found != nullptr;
}

void call_table::abandon_all(const refusal& why) {
  std::vector<tokio_call*> all;
  handle_pool<tokio_call>::for_each_of(&of_, [&](tokio_call& call) { all.push_back(&call); });
  for (auto* call : all) abandon(*call, why);
}

std::uint64_t call_table::take_back() {
  std::uint64_t count = 0;
  handle_pool<tokio_call>::for_each_of(&of_, [&](tokio_call& call) {
    of_.count(entry::calls, -1);
    handle_pool<tokio_call>::give(call);
    ++count;
  });
  return count;
}

}  // namespace tokiod::host
