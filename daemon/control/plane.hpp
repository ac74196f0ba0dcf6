// What all connections share. Internal to control/.
// Invariant: bounds, policy and spares change on the control thread only.
// Threads:   [control]; daemon, version, counts, metrics() and box also [reader] and [operation].
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "control/access.hpp"
#include "control/asio.hpp"
#include "control/backend.hpp"
#include "control/client_info.hpp"
#include "control/event_log.hpp"
#include "control/mailbox.hpp"
#include "control/metric_marks.hpp"
#include "control/operation_desk.hpp"
#include "control/operations.hpp"
#include "control/options.hpp"
#include "control/spare_descriptors.hpp"
#include "control/statistics.hpp"

namespace tokiod::control {

struct plane {
  plane(asio::io_context& io_context, backend& live) : io(io_context), daemon(live) {}

  asio::io_context& io;
  backend& daemon;
  limits bounds;
  access_policy policy;
  std::string version;
  std::string instance_id;              // of this process: another one knows none of our numbers
  client_directory* clients = nullptr;  // set before anybody is connected
  event_log events{bounds.kept_events, bounds.kept_event_bytes};
  void bound(const limits& by) {
    bounds = by;
    events.bound(by.kept_events, by.kept_event_bytes);
  }
  // Subscriptions to the topic log.
  // No model: a count; who sees it late hears of a record too much or too few.
  std::atomic<std::uint32_t> log_listeners{0};
  std::shared_ptr<metric_marks> marks = std::make_shared<metric_marks>();  // [any]
  // An event to those who subscribed. [any]
  std::function<void(std::string_view topic, json data)> publish;
  statistics counts;
  spare_descriptors spares{4};
  // Drains wait most of the time; the ninth one waits for its turn. Readers never wait for a plugin, and so nobody who
  // only looks ever waits for somebody's drain.
  operations doing{"tokiod-operate", 8};
  operations reading{"tokiod-read", 2};
  operation_desk desk{*this};
  std::shared_ptr<mailbox> box = std::make_shared<mailbox>(io);  // outlives us in listeners of plugin calls

  // The daemon's families and our own.
  [[nodiscard]] std::vector<metric_family> metrics() const;

  // Work on a reader's thread for a client, then what follows on the control thread. Fails: busy.
  template <class Work, class Then>
  [[nodiscard]] outcome<void> read(Work work, Then then, std::uint64_t client) {
    return reading.submit(
        {.from = client, .work = [mail = box, work = std::move(work), then = std::move(then)]() mutable {
           mail->post([result = work(), then = std::move(then)]() mutable { then(std::move(result)); });
         }});
  }
};

}  // namespace tokiod::control
