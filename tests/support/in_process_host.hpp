// A whole host in this process: a real runtime, one linked-in plugin as a running instance, the real tables. For tests
// of the SDK and of the tables, which must not see the daemon's own headers; hence this narrow face.
// Invariant: stop() ends as an unload does; what it returns names everything that was left.
// Threads:   one owner; table() and plugin() go to any thread.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tokio/abi.h"

namespace tokiod::test {

struct host_options {
  unsigned workers = 2;  // 0: a current_thread runtime, driven by run()
  std::string config = "{}";
  bool virtual_time = false;  // current_thread only: time jumps to the next timer when nothing else can happen
  std::uint64_t max_tasks = UINT64_MAX;
  std::uint64_t max_bytes = UINT64_MAX;
  std::uint64_t max_jobs = UINT64_MAX;
  unsigned blocking_threads = 512;
  bool may_resize = false;
};

// What was left when the instance stopped. A test that leaks nothing sees `clean()`.
struct leftovers {
  std::string refused;               // why it was quarantined; empty when it ended
  std::vector<std::string> leaked;   // "2 sockets"
  std::vector<std::string> aborted;  // "1 tasks"
  std::uint64_t panics = 0;
  [[nodiscard]] bool clean() const { return refused.empty() && leaked.empty(); }
};

class in_process_host {
 public:
  // An instance of a plugin whose init does nothing.
  explicit in_process_host(host_options options = {});
  // An instance of `d`; init_status() says what init returned.
  in_process_host(const tokio_plugin_desc& d, host_options options = {});
  in_process_host(const in_process_host&) = delete;
  in_process_host& operator=(const in_process_host&) = delete;
  ~in_process_host();  // stop()

  [[nodiscard]] bool running() const;
  [[nodiscard]] const std::string& refusal() const;  // of init

  // Makes what the process makes with its first child and keeps: for who counts descriptors.
  static void make_what_stays();

  [[nodiscard]] tokio_plugin* plugin() const;
  [[nodiscard]] static const tokio_host* table();
  template <class Table>
  [[nodiscard]] const Table* extension(const char* id) const {
    return static_cast<const Table*>(table()->get_ext(plugin(), id));
  }

  // Until all tasks that are not background have ended, or the time is over. Drives a current_thread runtime.
  bool wait_idle(std::uint64_t limit_ms = 10'000);
  // Until done() is true, or the time is over. Drives a current_thread runtime.
  bool run_until(bool (*done)(void*), void* user, std::uint64_t limit_ms = 10'000);
  template <class Done>
  bool run_until(Done done, std::uint64_t limit_ms = 10'000) {
    return run_until([](void* user) { return (*static_cast<Done*>(user))(); }, &done, limit_ms);
  }

  [[nodiscard]] std::uint64_t live_tasks() const;
  [[nodiscard]] std::uint64_t live_sources() const;  // descriptors that its reactors watch
  // stop(), drain, fini, everything back. Twice is harmless.
  leftovers stop(std::uint64_t drain_ms = 1'000);

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace tokiod::test
