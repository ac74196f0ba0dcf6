// One runtime inside a program: the machinery, and the one instance that all of its tasks belong to. What the program
// holds of it are counted references to it; it is deleted when there are none, it has ended, and nothing of it is out:
// no task slot, no socket, no thread that is waking one of its tasks just now.
// Invariant: whoever calls into it has a reference, or runs on one of its threads. What cannot be deleted yet waits
//            in a list of the process, which is looked through whenever a runtime is made or let go of.
// Threads:   [any] unless said otherwise.
// No model: a flag that rises once, and a count of references that comes to 0 only after that.
#pragma once
#include <atomic>
#include <memory>
#include <optional>

#include "base/clock.hpp"
#include "embed/settings.hpp"
#include "embed/worker_histogram.hpp"
#include "host/hooked_task.hpp"
#include "host/plugin.hpp"

namespace tokiod::embed {

class embedded final : public host::plugin_events, private host::task_hooks {
 public:
  // With one reference, the caller's.
  [[nodiscard]] static outcome<embedded*> make(settings with);
  [[nodiscard]] static embedded& of(tokio_plugin& p) { return static_cast<embedded&>(p.events); }
  embedded(const embedded&) = delete;
  embedded& operator=(const embedded&) = delete;

  // Relaxed: whoever adds one has one.
  void retain() { references_.fetch_add(1, relaxed); }
  void release();

  [[nodiscard]] tokio_status block_on(const tokio_root& root);
  // [not a thread of this runtime, unless wait is 0]
  [[nodiscard]] tokio_status shutdown(duration_ns wait);

  // Tells of every task that has not ended. Throws bad_alloc. [any]
  void dump(const tokio_dump& to);

  [[nodiscard]] tokio_plugin& instance() { return *plugin_; }
  [[nodiscard]] const std::string& name() const { return with_.name; }
  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] bool one_thread() const { return with_.runtime.kind == flavor::current_thread; }
  [[nodiscard]] runtime& machinery() { return *runtime_; }
  [[nodiscard]] const std::optional<worker_histogram>& poll_times() const { return poll_times_; }
  [[nodiscard]] const std::optional<worker_histogram>& waits() const { return waits_; }
  [[nodiscard]] int last_driver() const { return last_driver_.load(relaxed); }

  // What the instance says of itself: nobody else is there to hear it.
  void gave_up(tokio_plugin&, std::string reason) override;
  void finished(tokio_plugin&, std::int32_t) override {}
  outcome<std::uint32_t> resize(tokio_plugin&, std::uint32_t workers, duration_ns timeout) override;
  [[nodiscard]] const void* extension(std::string_view id) const override;

 private:
  explicit embedded(settings with);
  ~embedded();
  [[nodiscard]] outcome<void> start();
  [[nodiscard]] outcome<void> prepare(runtime& rt);
  void set_hooks(runtime_options& options);
  [[nodiscard]] std::function<void()> telling(void (*hook)(void*, tokio_plugin*) TOKIO_NOEXCEPT);

  [[nodiscard]] task::poll_result poll(const tokio_root& root, task::key self, task::coop_budget& budget);
  [[nodiscard]] sched::current_thread::idle_hook when_idle();
  void close();
  [[nodiscard]] bool may_drive() const;
  void end_tasks_now();
  void end_tasks();
  [[nodiscard]] bool nobody_needs_drivers() const;
  [[nodiscard]] tokio_status stop_here();
  [[nodiscard]] tokio_status stop_elsewhere(duration_ns wait);
  [[nodiscard]] bool nothing_is_out();
  static void delete_what_is_free();

  // `hook` may be null.
  void tell(void (*hook)(void*, tokio_plugin*, const tokio_task_meta*) TOKIO_NOEXCEPT, tokio_plugin& p,
            task::header& task, duration_ns waited = sched::core::not_tracked) const noexcept;
  void spawns(tokio_plugin& p, task::header& task) noexcept override;
  void polls(tokio_plugin& p, task::header& task, host::told_poll& poll) noexcept override;
  void polled(tokio_plugin& p, task::header& task, const host::told_poll& poll) noexcept override;
  void ended(tokio_plugin& p, task::header& task, bool panicked) noexcept override;

  const settings with_;
  const std::uint64_t id_;
  manual_clock manual_;  // of a runtime that started paused
  host::descriptor_line descriptors_{0};
  host::own_threads threads_;
  std::optional<worker_histogram> poll_times_, waits_;
  std::unique_ptr<runtime> runtime_;
  std::unique_ptr<tokio_plugin> plugin_;  // goes before what it stands on
  std::atomic<std::uint64_t> references_{1};
  std::atomic<bool> panicked_{false};  // and that ends it
  std::atomic<bool> stopped_{false};   // nothing of it runs any more
  std::atomic<int> last_driver_{0};
};

extern const tokio_runtime_ext runtime_table;

}  // namespace tokiod::embed
