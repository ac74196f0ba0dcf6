#include "control/statistics.hpp"

#include "wire/method.hpp"

namespace tokiod::control {
namespace {

double seconds(duration_ns ns) { return static_cast<double>(ns) / 1e9; }

metric_family by_label(std::string name, metric_type type, std::string unit, std::string help, const std::string& label,
                       const std::map<std::string, std::uint64_t>& counts) {
  metric_family family{std::move(name), type, std::move(unit), std::move(help), {}};
  for (const auto& [value, count] : counts)
    family.samples.push_back({{{label, value}}, static_cast<double>(count), {}});
  return family;
}

metric_family single(std::string name, std::string unit, std::string help, double value) {
  return {std::move(name), metric_type::gauge, std::move(unit), std::move(help), {{{}, value, {}}}};
}

}  // namespace

void statistics::connected(const std::string& socket) {
  const guard lock(mutex_);
  ++connections_total_[socket];
  ++connections_[socket];
}

void statistics::disconnected(const std::string& socket) {
  const guard lock(mutex_);
  --connections_[socket];
}

void statistics::rejected(std::string_view reason) {
  const guard lock(mutex_);
  ++rejected_[std::string(reason)];
}

void statistics::received(std::size_t bytes) {
  const guard lock(mutex_);
  bytes_in_ += bytes;
}

void statistics::sent(std::size_t bytes) {
  const guard lock(mutex_);
  bytes_out_ += bytes;
}

void statistics::subscribed(int by) {
  const guard lock(mutex_);
  subscriptions_ += by;
}

void statistics::dropped(std::string_view topic, std::uint64_t events) {
  const guard lock(mutex_);
  dropped_[std::string(topic)] += events;
}

void statistics::lagged(duration_ns by) {
  const guard lock(mutex_);
  lag_ = by;
}

void statistics::scraped(duration_ns took) {
  const guard lock(mutex_);
  scrape_ = took;
}

duration_ns statistics::lag() const {
  const guard lock(mutex_);
  return lag_;
}

void statistics::answered(std::string_view method, int result, duration_ns took) {
  const std::string name(wire::find_method(method) ? method : "unknown");
  if (slow_.takes(took)) {
    host::trace::slow_entry slow;
    slow.lasted = took;
    slow.wall_ns = wall_clock_ns();
    slow.what = name;
    slow_.add(std::move(slow));
  }
  const guard lock(mutex_);
  ++requests_[{name, result}];
  auto& times = took_[name];
  for (std::size_t i = 0; i < bounds_.size(); ++i)
    if (took <= bounds_[i]) ++times.upto[i];
  ++times.count;
  times.sum += took;
}

std::vector<metric_family> statistics::families() const {
  using enum metric_type;
  const guard lock(mutex_);
  std::vector<metric_family> all;
  all.push_back(by_label("tokiod_control_connections", gauge, "", "Open control connections.", "socket", connections_));
  all.push_back(by_label("tokiod_control_connections_opened_total", counter, "", "Control connections accepted.",
                         "socket", connections_total_));
  all.push_back(by_label("tokiod_control_rejected_total", counter, "", "Connections and requests turned away.",
                         "reason", rejected_));
  all.push_back(by_label("tokiod_control_events_dropped_total", counter, "", "Events that a slow subscriber lost.",
                         "topic", dropped_));
  all.push_back({"tokiod_control_bytes_total",
                 counter,
                 "bytes",
                 "Bytes over control connections.",
                 {{{{"direction", "in"}}, static_cast<double>(bytes_in_), {}},
                  {{{"direction", "out"}}, static_cast<double>(bytes_out_), {}}}});
  all.push_back(
      single("tokiod_control_subscriptions", "", "Open event subscriptions.", static_cast<double>(subscriptions_)));
  all.push_back(single("tokiod_control_loop_lag_seconds", "seconds", "How late the control thread's last tick was.",
                       seconds(lag_)));
  all.push_back(
      single("tokiod_scrape_seconds", "seconds", "How long the last page of metrics took.", seconds(scrape_)));
  metric_family requests{"tokiod_control_requests_total", counter, "", "Requests answered; code 0 is a result.", {}};
  for (const auto& [key, count] : requests_)
    requests.samples.push_back(
        {{{"method", key.first}, {"code", std::to_string(key.second)}}, static_cast<double>(count), {}});
  all.push_back(std::move(requests));
  metric_family times{"tokiod_control_request_seconds", histogram, "seconds", "From request to answer.", {}};
  for (const auto& [method, seen] : took_) {
    buckets shown{{}, seen.count, seconds(seen.sum)};
    for (std::size_t i = 0; i < bounds_.size(); ++i) shown.upto.emplace_back(seconds(bounds_[i]), seen.upto[i]);
    times.samples.push_back({{{"method", method}}, 0, std::move(shown)});
  }
  all.push_back(std::move(times));
  return all;
}

}  // namespace tokiod::control
