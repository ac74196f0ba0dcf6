// The main thread's loop: signals, requests of other threads, the service manager. What takes long (a reload, the
// drain) runs on threads of its own, so that a second signal is always heard and the watchdog always fed. Signals:
// SIGTERM and SIGINT drain, a second one ends now; SIGHUP reloads. One that comes during a reload causes another one
// afterwards: coalesced, never lost. Invariant: at most one reload and one drain run at a time; run() returns once,
// after the drain or when it is given up. Threads:   block_signals [main, before any other thread exists]; run [main];
// request_* and state [any].
// No model: one state that only moves forward; whoever changes it wakes the main thread.
#pragma once
#include <atomic>
#include <csignal>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "app/notify.hpp"
#include "base/error.hpp"
#include "base/os_thread.hpp"
#include "base/spare_thread.hpp"

namespace tokiod::app {

struct stop_order {
  bool drain = true;
  std::optional<duration_ns> deadline;  // from now; absent: as configured
  int exit_code = 0;
  std::string reason;
};

enum class life : std::uint8_t { starting, running, draining };

class supervisor {
 public:
  struct actions {
    std::function<void()> start = {};                            // on a thread of its own; READY=1 follows
    std::function<void(const std::string& reason)> reload = {};  // on a thread of its own
    std::function<bool(const stop_order&)> drain = {};           // the same; false: something was left behind
    std::function<void()> hurry = {};                            // shortens a running drain to nothing; may block
    std::function<std::uint64_t()> remaining = {};               // what the drain still waits for; less is progress
    std::function<bool()> healthy = {};                          // may the watchdog be fed
    std::function<std::string()> status = {};                    // one line for the service manager
    std::function<void(life)> changed = {};                      // the state has changed
  };

  supervisor(notifier& manager, const clock& time) : manager_(manager), time_(time) {}
  supervisor(const supervisor&) = delete;
  supervisor& operator=(const supervisor&) = delete;
  ~supervisor();

  // From here on the signals are pending until run() takes them; threads started later inherit the mask.
  [[nodiscard]] static result<void> block_signals();
  [[nodiscard]] result<void> open();

  void request_stop(stop_order order);  // the first one counts
  void request_reload(std::string reason);
  [[nodiscard]] life state() const { return state_.load(std::memory_order_acquire); }

  struct ending {
    int exit_code = 0;
    bool threads_left = false;  // the drain was given up: its thread still runs, so no part may be destroyed
  };
  // Starts, tells the manager READY=1, and runs until the daemon is to end. A stop is heard during the start too.
  [[nodiscard]] ending run(const actions& act);

 private:
  static constexpr duration_ns patience_after_second_signal = 5 * second;
  // A tool that signals a process and its group sends the same signal twice: what repeats the first within this time is
  // still the first.
  static constexpr duration_ns one_moment = 100 * millisecond;
  static constexpr duration_ns status_interval = second;
  static constexpr duration_ns extension = 10 * second;

  void wake();
  void wait_until(instant_ns due);
  void take_signals();
  void count_stop(unsigned number);
  void begin_start(const actions& act);
  void end_start(const actions& act);
  void begin_reload(const actions& act);
  void begin_drain(const actions& act);
  void begin_hurry(const actions& act);
  void enter(life next, const actions& act);
  void tell_status(const actions& act);
  [[nodiscard]] bool got_on(const actions& act);
  bool drained_or_given_up();

  notifier& manager_;
  const clock& time_;
  unique_fd signals_, wake_;
  os_thread starter_, reloader_, drainer_, hurrier_;
  spare_thread for_the_drain_;
  instant_ns status_due_ = 0;
  instant_ns give_up_at_ = never;
  std::uint64_t least_remaining_ = UINT64_MAX;
  unsigned stop_signals_ = 0;
  unsigned first_stop_signal_ = 0;
  instant_ns first_stop_at_ = 0;
  // Release by the main thread publishes what the state stands for; pairs with the acquire in state().
  std::atomic<life> state_{life::starting};

  std::mutex mutex_;  // for everything below
  std::optional<stop_order> stop_;
  std::optional<std::string> reload_;  // one is wanted, and why
  bool reloading_ = false;
  bool started_ = false;
  std::optional<bool> drained_;  // the drain's result
};

}  // namespace tokiod::app
