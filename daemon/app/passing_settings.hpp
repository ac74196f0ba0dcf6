// Settings that were changed for a time. When it is over, what was said before at run time is said again, unless
// somebody has said something else meanwhile.
// Invariant: of one path there is at most one; who changes it again for a time goes back to what the first one found.
// Threads:   [any]; the call comes on a thread of its own; stop [one thread, once], which waits for a call.
#pragma once
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/confirm_timer.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "wire/json.hpp"

namespace tokiod::app {

struct passing_setting {
  std::string path;                  // JSON Pointer of a single value
  wire::json said;                   // for a time
  std::optional<wire::json> before;  // in the same layer; absent: nothing
  instant_ns until = 0;
};

class passing_settings {
 public:
  // `due`: somebody has to end what is over. It comes again until all of that is forgotten.
  passing_settings(const clock& time, std::function<void()> due) : time_(time), timer_(std::move(due)) {}

  // To be asked before a change for a time. Fails: io_error (no thread that could end it), draining.
  [[nodiscard]] outcome<void> can_end();
  // The patch was applied over a layer that said `before`.
  void begin(const wire::json& patch, const wire::json& before, duration_ns lasts);
  // The patch is to last.
  void forget(const wire::json& patch);
  void forget(const std::vector<passing_setting>& ended);

  [[nodiscard]] std::vector<passing_setting> all() const;
  [[nodiscard]] std::vector<passing_setting> over() const;
  // Those that are over are tried again after so long; others have their time.
  void wait(duration_ns before_trying_again);
  [[nodiscard]] std::optional<duration_ns> left(std::string_view path) const;
  void stop() { timer_.stop(); }

 private:
  void arm(instant_ns not_before);

  const clock& time_;
  mutable std::mutex mutex_;  // guards what follows
  std::vector<passing_setting> all_;
  confirm_timer timer_;  // [its own lock]
};

}  // namespace tokiod::app
