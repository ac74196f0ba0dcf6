// Control requests that one instance is answering. The plugin holds a tokio_call until it replies or fails; the client
// may hear an answer earlier (a timeout, a cancel, the end of the instance), and then the plugin's own answer goes
// nowhere.
// Invariant: a listener's done() is called exactly once, without a lock held.
// Threads:   [any].
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "host/handle_pool.hpp"
#include "host/registry_views.hpp"
#include "runtime/task/handles.hpp"
#include "tokio/abi/control.h"

struct tokio_call final : tokiod::host::pooled<tokio_call> {
  std::mutex mutex;  // guards what follows; taken by the plugin's answer and by the client's end
  std::shared_ptr<tokiod::host::call_listener> listener;  // null: the client has its answer
  tokiod::task::key watcher;                              // who polls for the cancel
  tokiod::host::call_id id = 0;
};

namespace tokiod::host {

class call_table {
 public:
  explicit call_table(tokio_plugin& of) : of_(of) {}

  // Null: no memory.
  [[nodiscard]] tokio_call* open(call_id id, std::shared_ptr<call_listener> listener);
  // The plugin's answer; it consumes the call. ECANCELED: the client did not wait for it.
  tokio_status answer(tokio_call& call, outcome<std::string> with);
  tokio_status event(tokio_call& call, std::string json);
  // The client's end: it hears `why`, and a poll_cancelled() of the plugin is woken. False: no such open call.
  bool abandon(call_id id, const refusal& why);
  void abandon_all(const refusal& why);
  // What the plugin never answered; its handles go back. Only when nothing of it runs.
  std::uint64_t take_back();

 private:
  void abandon(tokio_call& call, const refusal& why);
  tokio_plugin& of_;
};

}  // namespace tokiod::host
