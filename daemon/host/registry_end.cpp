// The end of everything: instances in their turn, then images.
#include <algorithm>
#include <functional>

#include "host/registry_parts.hpp"

namespace tokiod::host {

std::vector<std::pair<std::shared_ptr<image>, std::string>> registry::parts::stop_order() const {
  std::vector<const instance_slot*> there;
  for (const auto& [_, one] : instances)
    if (active(one)) there.push_back(&one);
  std::ranges::sort(there, std::greater<>(), &instance_slot::turn);
  std::vector<std::pair<std::shared_ptr<image>, std::string>> order;
  for (const auto* one : there) order.emplace_back(one->in, one->name);
  return order;
}

// What cannot be stopped here is named by the unload of its image, which comes next.
void registry::parts::stop_one(const std::shared_ptr<image>& in, const std::string& instance, instant_ns deadline) {
  guarded lock(mutex);
  if (!begin(lock, in, "stop")) return;
  auto* const one = slot_in(*in, instance);
  if (one != nullptr && one->state == instance_state::running) (void)stop(lock, *one, deadline);
  end(lock, *in);
}

void registry::parts::stop_in_turn(instant_ns deadline) {
  guarded lock(mutex);
  const auto order = stop_order();
  std::vector<os_thread> helpers;
  for (std::size_t n = 0; n < order.size(); ++n) {
    const auto& [in, instance] = order[n];
    const auto stop_it = [this, in, instance, deadline] { stop_one(in, instance, deadline); };
    lock.unlock();
    if (auto thread = os_thread::start({.name = "tokio-drain"}, stop_it))
      helpers.push_back(std::move(*thread));
    else
      stop_it();
    lock.lock();
    const auto over = [&] {
      const auto* const one = slot_in(*in, instance);
      return one == nullptr || !active(*one) || one->state == instance_state::quarantined;
    };
    const auto now = steady_now();
    const auto share = deadline > now ? (deadline - now) / (order.size() - n) : 0;
    // Relaxed: whoever shortens the deadline wakes us, and it is read again.
    for (auto until = now + share; !over();) {
      until = std::min(until, hurry.load(relaxed));
      if (steady_now() >= until) break;
      const std::chrono::nanoseconds at(std::min<instant_ns>(until, INT64_MAX / 2));
      (void)changed.wait_until(lock, std::chrono::steady_clock::time_point(at));
    }
  }
  lock.unlock();
  for (auto& thread : helpers) thread.join();
}

bool registry::stop_all(instant_ns deadline) {
  auto& all = *parts_;
  // Relaxed: whoever waits reads it again and again. Only a nearer deadline counts.
  for (auto seen = all.hurry.load(relaxed);
       deadline < seen && !all.hurry.compare_exchange_weak(seen, deadline, relaxed);) {
  }
  {
    guarded lock(all.mutex);
    if (std::exchange(all.stopping, true)) {
      all.changed.notify_all();  // who waits for a turn
      all.changed.wait(lock, [&] { return all.stopped; });
      return all.clean;
    }
  }
  all.stop_in_turn(deadline);
  std::vector<std::shared_ptr<image>> images;
  {
    const std::lock_guard hold(all.mutex);
    images = all.images;
  }
  std::vector<os_thread> threads;
  // No model: a flag that is read when its writers were joined.
  std::atomic<bool> clean{true};
  for (const auto& one : images) {
    const auto unload_one = [&all, &clean, one, deadline] {
      guarded lock(all.mutex);
      if (!all.begin(lock, one, "unload")) return clean.store(false);
      if (!allowed(one->state, image_state::unloading)) return all.end(lock, *one);
      if (all.unload(lock, one, deadline).state == image_state::quarantined) clean.store(false);
    };
    if (auto thread = os_thread::start({.name = "tokio-drain"}, unload_one))
      threads.push_back(std::move(*thread));
    else
      unload_one();  // one after the other then
  }
  for (auto& thread : threads) thread.join();
  all.stop_threads();
  const std::lock_guard hold(all.mutex);
  all.clean = clean.load();
  all.stopped = true;
  all.changed.notify_all();
  return all.clean;
}

}  // namespace tokiod::host
