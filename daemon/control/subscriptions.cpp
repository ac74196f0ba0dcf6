#include "control/subscriptions.hpp"

#include <algorithm>
#include <array>

#include "base/clock.hpp"
#include "control/glob.hpp"
#include "control/guarded.hpp"
#include "control/view.hpp"
#include "wire/method.hpp"
#include "wire/parse.hpp"

namespace tokiod::control {

struct subscriptions::one {
  one(asio::io_context& io, std::string id, const limits& bounds)
      : name(id), ring(std::move(id), bounds.ring_messages, bounds.ring_bytes), timer(io) {}

  std::string name;
  std::vector<std::string> topics;
  duration_ns interval = second;
  std::string match;
  event_ring ring;
  asio::steady_timer timer;
  bool open = true;

  [[nodiscard]] bool wants(std::string_view topic) const {
    return std::find(topics.begin(), topics.end(), topic) != topics.end();
  }
};

std::span<const std::string_view> topics() {
  static constexpr std::array<std::string_view, 5> all = {"daemon.state", "metrics", "plugin.state", "runtime.resized",
                                                          "runtime.stuck"};
  return all;
}

outcome<subscriptions::opened> subscriptions::add(const subscribe_order& order) {
  for (const auto& topic : order.topics)
    if (std::ranges::find(topics(), topic) == topics().end()) {
      auto no = refuse(kind::bad_enum, "there is no topic ", topic);
      no.error().path = "/topics";
      no.error().hint = "topics are daemon.state, metrics, plugin.state, runtime.resized, runtime.stuck";
      return no;
    }
  if (all_.size() >= shared_.bounds.max_subscriptions)
    return refuse(kind::quota_exceeded, "a connection has at most ", shared_.bounds.max_subscriptions,
                  " subscriptions");
  auto made = std::make_shared<one>(shared_.io, "s-" + std::to_string(++last_id_), shared_.bounds);
  made->topics = order.topics;
  made->interval = order.interval;
  made->match = order.match;
  all_.push_back(made);
  shared_.counts.subscribed(1);
  // The first page of metrics comes one interval after the reply, so that the reply comes first.
  if (made->wants("metrics")) tick(made);
  return opened{made->name, made->ring.next_seq()};
}

bool subscriptions::remove(std::string_view sub) {
  const auto found = std::ranges::find(all_, sub, [](const auto& each) { return std::string_view(each->name); });
  if (found == all_.end()) return false;
  (*found)->open = false;
  (*found)->timer.cancel();
  all_.erase(found);
  shared_.counts.subscribed(-1);
  return true;
}

void subscriptions::clear() {
  while (!all_.empty()) static_cast<void>(remove(all_.back()->name));
}

void subscriptions::publish(std::string_view topic, std::int64_t wall_ns,
                            const std::shared_ptr<const std::string>& data) {
  for (const auto& each : all_)
    if (each->wants(topic)) push(*each, topic, wall_ns, data);
}

void subscriptions::push(one& into, std::string_view topic, std::int64_t wall_ns,
                         const std::shared_ptr<const std::string>& data) {
  if (const auto gone = into.ring.push(topic, wall_ns, data)) shared_.counts.dropped(topic, gone);
  wake_();
}

std::optional<std::string> subscriptions::pop() {
  for (std::size_t i = 0; i < all_.size(); ++i) {
    turn_ = (turn_ + 1) % all_.size();
    if (auto text = all_[turn_]->ring.pop()) return text;
  }
  return std::nullopt;
}

void subscriptions::tick(const std::shared_ptr<one>& each) {
  each->timer.expires_after(asio_duration(each->interval));
  each->timer.async_wait([this, each](const asio::error_code& failed) {
    // Once a subscription is closed, so may be the connection that `this` belongs to.
    if (failed || !each->open) return;
    collect(each);
  });
}

// Weak: when the control plane ends first, the reader's thread must not be the last to hold a timer.
void subscriptions::collect(const std::shared_ptr<one>& each) {
  const auto begun = shared_.read(
      [&shared = shared_, match = each->match] {
        return guarded(
            "a page of metrics",
            [&] {
              return std::make_shared<const std::string>(wire::dump(view(shared.metrics(), match, wall_clock_ns())));
            },
            [](const char*) { return nullptr; });
      },
      [this, weak = std::weak_ptr(each)](const std::shared_ptr<const std::string>& page) {
        const auto open = weak.lock();
        if (!open || !open->open) return;
        if (page) push(*open, "metrics", wall_clock_ns(), page);
        tick(open);
      });
  if (!begun) tick(each);  // the readers are busy: this page is left out
}

}  // namespace tokiod::control
