// The control methods that one instance registered. A registration outlives its method: it is the plugin's handle, and
// goes back when the plugin drops it or when the host takes back what is left.
// Invariant: `drop` of a method runs exactly once, after its last handle() returned and not inside it; a method that
// was
//            withdrawn is never called again.
// Threads:   [any]. The lock is never held while plugin code runs.
#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "host/handle_pool.hpp"
#include "host/registry_views.hpp"
#include "tokio/abi/control.h"

struct tokio_reg final : tokiod::host::pooled<tokio_reg> {
  std::string name, summary, params_schema;
  void* user = nullptr;
  void (*handle)(void*, tokio_call*, tokio_str) TOKIO_NOEXCEPT = nullptr;
  void (*drop)(void*) TOKIO_NOEXCEPT = nullptr;
  // Under the table's lock:
  bool published = false;
  bool dropped = false;  // drop(user) has run or is about to
  bool remove_when_idle = false;
  unsigned running = 0;  // handle() calls
};

namespace tokiod::host {

class method_table {
 public:
  explicit method_table(tokio_plugin& of) : of_(of) {}

  [[nodiscard]] tokio_status add(const tokio_method_desc& d, tokio_reg** out);
  // Waits until no handle() of it runs, unless we are inside it; then drops it.
  void remove(tokio_reg& registration);
  // No method can be found any more.
  void withdraw_all();
  // Runs drop() of what the plugin did not drop itself. Only when no handle() runs.
  void drop_all();
  // Handles that the plugin left, once all were dropped and nothing of it runs; returns how many.
  std::uint64_t take_back();

  // A method to call, kept from being dropped until finished() is called. Null: there is none of that name.
  [[nodiscard]] tokio_reg* begin(std::string_view name);
  void finished(tokio_reg& registration);
  void call(tokio_reg& registration, tokio_call& with, std::string_view params);

  [[nodiscard]] std::vector<method_view> list() const;

 private:
  void give_back(tokio_reg& registration);

  tokio_plugin& of_;
  mutable std::mutex mutex_;
  std::condition_variable idle_;
  std::vector<tokio_reg*> published_;
};

}  // namespace tokiod::host
