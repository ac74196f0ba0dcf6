// plugin.call: from the control plane to a method of a plugin on a worker, and back, within a time.
#include <algorithm>

#include "host/registry_parts.hpp"
#include "host/texts.hpp"

namespace tokiod::host {
namespace {

// Stands between the plugin's answer and whoever asked, so that the registry knows which calls are open.
class forgetting_listener final : public call_listener {
 public:
  forgetting_listener(registry::parts& of, call_id id, std::shared_ptr<call_listener> inner)
      : of_(of), id_(id), inner_(std::move(inner)) {}
  void event(std::string json) override { inner_->event(std::move(json)); }
  void done(outcome<std::string> json) override {
    of_.forget_call(id_);
    inner_->done(std::move(json));
  }

 private:
  registry::parts& of_;
  const call_id id_;
  const std::shared_ptr<call_listener> inner_;
};

// Keeps a run from ending while we talk to it: a pin that its drain waits for.
class pin {
 public:
  explicit pin(tokio_plugin& p) : p_(&p) { p_->book.add(-1, entry::callbacks, 1); }
  pin(const pin&) = delete;
  pin& operator=(const pin&) = delete;
  ~pin() { p_->book.add(-1, entry::callbacks, -1); }

 private:
  tokio_plugin* p_;
};

}  // namespace

outcome<call_id> registry::call(std::string_view instance, std::string_view method, std::string params,
                                std::shared_ptr<call_listener> to, std::optional<duration_ns> timeout) {
  auto& all = *parts_;
  guarded lock(all.mutex);
  const auto found = all.slot(instance);
  if (!found) return std::unexpected(found.error());
  auto& slot = **found;
  if (slot.state != instance_state::running)
    return refuse(slot.state == instance_state::draining ? kind::draining : kind::wrong_state, "instance ", instance,
                  " is ", tokiod::host::name(slot.state), ", not running");
  auto& p = *slot.run;
  auto* registration = p.methods.begin(method);
  if (registration == nullptr) return refuse(kind::not_found, "instance ", instance, " has no method ", method);
  const auto held = std::make_shared<pin>(p);
  const auto id = ++all.calls;
  const auto limit = timeout.value_or(all.options.waits.call_timeout);
  auto* opened = p.calls.open(id, std::make_shared<forgetting_listener>(all, id, std::move(to)));
  if (opened == nullptr) {
    p.methods.finished(*registration);
    return refuse(kind::quota_exceeded, "no memory for a call of ", instance, ".", method);
  }
  all.open_calls[id] = {std::string(instance), std::string(method), limit, all.steady_now() + limit};
  all.call_opened.notify_one();
  lock.unlock();
  p.gate->post({.run =
                    [&p, registration, opened, held, params = std::move(params)] {
                      p.methods.call(*registration, *opened, params);
                      p.methods.finished(*registration);
                    },
                .refused =
                    [&p, registration, opened, held, name = std::string(instance)] {
                      (void)p.calls.answer(*opened, refuse(kind::draining, "instance ", name, " is stopping"));
                      p.methods.finished(*registration);
                    }});
  return id;
}

void registry::cancel(call_id id) {
  guarded lock(parts_->mutex);
  parts_->end_call(lock, id, {kind::cancelled, "the call was cancelled by its client", {}, {}});
}

void registry::parts::forget_call(call_id id) {
  const std::lock_guard hold(mutex);
  open_calls.erase(id);
}

void registry::parts::end_call(guarded& lock, call_id id, const refusal& why) {
  const auto open = open_calls.find(id);
  if (open == open_calls.end()) return;
  const auto found = slot(open->second.instance);
  open_calls.erase(open);
  if (!found || (*found)->run == nullptr) return;
  auto& p = *(*found)->run;
  const pin held(p);
  lock.unlock();
  (void)p.calls.abandon(id, why);
  lock.lock();
}

void registry::parts::watch_calls() {
  guarded lock(mutex);
  while (!threads_stop) {
    const auto next = std::ranges::min_element(open_calls, {}, [](const auto& pair) { return pair.second.deadline; });
    if (next == open_calls.end()) {
      call_opened.wait(lock);
      continue;
    }
    const auto [id, open] = *next;
    if (steady_now() < open.deadline) {
      call_opened.wait_until(lock, std::chrono::steady_clock::time_point(
                                       std::chrono::nanoseconds(std::min<instant_ns>(open.deadline, INT64_MAX / 2))));
      continue;
    }
    end_call(lock, id,
             {kind::timeout,
              open.instance + "." + open.method + " has not answered within " + seconds_text(open.limit) +
                  "; it may still be running",
              {},
              {}});
  }
}

result<void> registry::parts::start_threads() {
  if (const auto kept = threads.keep_one(); !kept) return kept;
  auto watcher = os_thread::start({.name = "tokio-calls"}, [this] { watch_calls(); });
  if (!watcher) return std::unexpected(watcher.error());
  call_watcher = std::move(*watcher);
  auto ender = os_thread::start({.name = "tokio-host"}, [this] { end_instances(); });
  if (!ender) return std::unexpected(ender.error());
  instance_ender = std::move(*ender);
  return {};
}

void registry::parts::stop_threads() {
  {
    const std::lock_guard hold(mutex);
    threads_stop = true;
  }
  call_opened.notify_all();
  end_asked.notify_all();
  for (auto* const thread : {&call_watcher, &instance_ender})
    if (thread->joinable()) thread->join();
}

}  // namespace tokiod::host
