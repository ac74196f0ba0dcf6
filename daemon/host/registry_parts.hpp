// Internal to registry*.cpp: what the registry owns, and the rules by which it changes.
// Invariant: an image is changed by one operation at a time (`image::operation`); the lock is never held while plugin
//            code runs, while something is waited for but `changed`, or while a listener is called.
// Threads:   functions that take a lock want it held and may let go of it meanwhile.
// No model: a deadline that only comes nearer, read again and again.
#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/os_thread.hpp"
#include "host/drain.hpp"
#include "host/image.hpp"
#include "host/registry.hpp"

namespace tokiod::host {

struct instance_slot {
  std::string name;
  std::shared_ptr<image> in;
  instance_state state = instance_state::starting;
  std::int64_t since_wall_ns = 0;
  std::string reason;
  std::string config;
  instance_limits limits;
  tokio_plugin* run = nullptr;  // the current one, or the last; belongs to the image
  std::optional<std::int32_t> finished;
  std::string gave_up;  // why it asked to be stopped; empty: it did not
  std::uint32_t starts = 0;
  std::uint64_t turn = 0;  // who was started later has a higher one; a reload keeps it
};

struct open_call {
  std::string instance;
  std::string method;
  duration_ns limit = 0;
  instant_ns deadline = 0;
};

using guarded = std::unique_lock<std::mutex>;

struct registry::parts final : plugin_events {
  parts(runtime& on, registry_options with) : rt(on), options(std::move(with)), descriptors(options.kept_descriptors) {}
  ~parts();

  // ---- what plugins say; on their threads
  void gave_up(tokio_plugin& which, std::string reason) override;
  void finished(tokio_plugin& which, std::int32_t status) override;
  outcome<std::uint32_t> resize(tokio_plugin& which, std::uint32_t workers, duration_ns timeout) override;
  [[nodiscard]] listener_keeper* listeners() const override { return options.listeners; }

  // ---- finding; with the lock
  [[nodiscard]] std::shared_ptr<image> find(std::string_view name_or_id) const;
  [[nodiscard]] outcome<std::shared_ptr<image>> loaded(std::string_view name_or_id) const;
  [[nodiscard]] outcome<instance_slot*> slot(std::string_view instance);
  [[nodiscard]] std::vector<instance_slot*> slots_of(const image& which);
  // For loops that let go of the lock: an instance that is not running may go to another image meanwhile.
  [[nodiscard]] std::vector<std::string> names_in(const image& which) const;
  [[nodiscard]] instance_slot* slot_in(const image& which, std::string_view instance);
  [[nodiscard]] static bool active(const instance_slot& s);

  // ---- operations. begin() waits for the operation in progress, and refuses `busy` when that takes too long.
  [[nodiscard]] outcome<void> begin(guarded& lock, const std::shared_ptr<image>& which, const char* operation);
  void end(guarded& lock, image& which);

  // ---- the end
  void stop_in_turn(instant_ns deadline);
  [[nodiscard]] std::vector<std::pair<std::shared_ptr<image>, std::string>> stop_order() const;
  void stop_one(const std::shared_ptr<image>& in, const std::string& instance, instant_ns deadline);

  // ---- changes; with the lock
  void set(image& which, image_state next, std::string reason = {});
  void set(instance_slot& which, instance_state next, std::string reason = {});
  void erase(const image& which);  // and its instances

  // ---- the steps; the lock is let go of meanwhile, the operation is begun
  [[nodiscard]] outcome<std::shared_ptr<image>> open(guarded& lock, const std::string& path, const std::string& name);
  [[nodiscard]] std::expected<tokio_plugin*, start_failure> make_run(guarded& lock, image& in,
                                                                     const instance_slot& like);
  void forget_oldest_run(image& in) const;
  [[nodiscard]] outcome<void> start(guarded& lock, instance_slot& which);
  [[nodiscard]] stop_report stop(guarded& lock, instance_slot& which, instant_ns abort_at);
  [[nodiscard]] unload_report unload(guarded& lock, const std::shared_ptr<image>& which, instant_ns abort_at);
  [[nodiscard]] outcome<void> move_instance(guarded& lock, instance_slot& which, const std::shared_ptr<image>& to,
                                            instant_ns abort_at);

  [[nodiscard]] outcome<void> move_running(guarded& lock, const std::shared_ptr<image>& from,
                                           const std::shared_ptr<image>& to, instant_ns abort_at);
  void move_idle(const image& from, const std::shared_ptr<image>& to);

  // ---- events: gathered under the lock, told without it
  void tell(guarded& lock);

  // ---- views; with the lock
  [[nodiscard]] image_view view_of(const image& which) const;
  [[nodiscard]] instance_view view_of(const instance_slot& which) const;
  [[nodiscard]] std::vector<std::string> unload_blockers(const image& which) const;

  [[nodiscard]] instant_ns abort_time(std::optional<duration_ns> drain) const;
  [[nodiscard]] static instant_ns steady_now() { return steady_clock().now(); }

  // ---- calls
  void forget_call(call_id id);
  void end_call(guarded& lock, call_id id, const refusal& why);
  void watch_calls();
  void end_instances();  // of plugins that gave up or finished
  void said(const tokio_plugin& which);
  void heed(instance_slot& which);
  void runs_now(instance_slot& which, tokio_plugin& run);
  [[nodiscard]] result<void> start_threads();
  void stop_threads();

  runtime& rt;
  registry_options options;
  descriptor_line descriptors;
  own_threads threads;
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::shared_ptr<image>> images;
  std::map<std::string, instance_slot, std::less<>> instances;
  std::map<std::string, std::string, std::less<>> held_back;
  std::uint64_t generations = 0;
  std::uint64_t turns = 0;
  call_id calls = 0;
  std::map<call_id, open_call> open_calls;
  std::deque<std::pair<std::string, tokio_plugin*>> ending;
  std::vector<plugin_event> events;
  registry::listener heard;
  std::atomic<instant_ns> hurry{never};
  bool stopping = false, stopped = false, clean = true;
  bool threads_stop = false;
  result<void> born;  // whether its threads could be had
  std::condition_variable call_opened, end_asked;
  os_thread call_watcher, instance_ender;
};

}  // namespace tokiod::host
