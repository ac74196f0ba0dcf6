#include "host/method_table.hpp"

#include <algorithm>
#include <utility>

#include "host/plugin.hpp"
#include "host/texts.hpp"

namespace tokiod::host {
namespace {

// The registration whose handle() this thread is inside of.
constinit thread_local const tokio_reg* inside_of = nullptr;

void run_drop(tokio_reg& registration, const tokio_plugin& p) {
  if (registration.drop == nullptr) return;
  const call_scope scope(p);
  registration.drop(registration.user);
}

}  // namespace

tokio_status method_table::add(const tokio_method_desc& d, tokio_reg** out) {
  const std::lock_guard hold(mutex_);
  // What may throw comes first: a handle that was taken is counted, or given back.
  auto name = text_of(d.name), summary = text_of(d.summary), params_schema = text_of(d.params_schema);
  if (std::ranges::any_of(published_, [&](const auto* one) { return one->name == name; })) return TOKIO_EEXIST;
  published_.reserve(published_.size() + 1);
  auto* made = handle_pool<tokio_reg>::take(&of_);
  if (made == nullptr) return TOKIO_ENOMEM;
  made->name = std::move(name);
  made->summary = std::move(summary);
  made->params_schema = std::move(params_schema);
  made->user = d.user;
  made->handle = d.handle;
  made->drop = d.drop;
  made->published = true;
  made->dropped = false;
  made->running = 0;
  published_.push_back(made);
  of_.count(entry::registrations, 1);
  *out = made;
  return TOKIO_OK;
}

void method_table::remove(tokio_reg& registration) {
  bool drop_here = false;
  {
    std::unique_lock hold(mutex_);
    std::erase(published_, &registration);
    registration.published = false;
    // Inside its own handle() it cannot wait for itself: finished() drops it then.
    if (inside_of == &registration) {
      registration.remove_when_idle = true;
      return;
    }
    idle_.wait(hold, [&] { return registration.running == 0; });
    drop_here = !std::exchange(registration.dropped, true);
  }
  if (drop_here) run_drop(registration, of_);
  give_back(registration);
}

void method_table::give_back(tokio_reg& registration) {
  registration.remove_when_idle = false;
  of_.count(entry::registrations, -1);
  handle_pool<tokio_reg>::give(registration);
}

void method_table::withdraw_all() {
  const std::lock_guard hold(mutex_);
  for (auto* one : published_) one->published = false;
  published_.clear();
}

void method_table::drop_all() {
  std::vector<tokio_reg*> left;
  handle_pool<tokio_reg>::for_each_of(&of_, [&](tokio_reg& one) { left.push_back(&one); });
  for (auto* one : left)
    if (!std::exchange(one->dropped, true)) run_drop(*one, of_);
}

std::uint64_t method_table::take_back() {
  std::uint64_t count = 0;
  handle_pool<tokio_reg>::for_each_of(&of_, [&](tokio_reg& one) {
    give_back(one);
    ++count;
  });
  return count;
}

tokio_reg* method_table::begin(std::string_view name) {
  const std::lock_guard hold(mutex_);
  const auto found = std::ranges::find(published_, name, &tokio_reg::name);
  if (found == published_.end()) return nullptr;
  ++(*found)->running;
  return *found;
}

void method_table::finished(tokio_reg& registration) {
  bool remove_now = false, drop_here = false;
  {
    const std::lock_guard hold(mutex_);
    --registration.running;
    remove_now = registration.running == 0 && registration.remove_when_idle;
    if (remove_now) drop_here = !std::exchange(registration.dropped, true);
    idle_.notify_all();
  }
  if (drop_here) run_drop(registration, of_);
  if (remove_now) give_back(registration);
}

void method_table::call(tokio_reg& registration, tokio_call& with, std::string_view params) {
  const auto* const outer = std::exchange(inside_of, &registration);
  {
    const call_scope scope(of_);
    registration.handle(registration.user, &with, {params.data(), params.size()});
  }
  inside_of = outer;
}

std::vector<method_view> method_table::list() const {
  const std::lock_guard hold(mutex_);
  std::vector<method_view> all;
  for (const auto* one : published_) all.push_back({one->name, one->summary, one->params_schema});
  std::ranges::sort(all, {}, &method_view::name);
  return all;
}

}  // namespace tokiod::host
