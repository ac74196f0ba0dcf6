// Metrics of a plugin: metrics::counter hits("hits_total", "requests answered"); hits.add();
// Invariant: a handle owns its metric and drops it at its end; one that was never made does nothing.
// Threads: made and dropped [any] that works for an instance; add, set, adjust, record [any].
#pragma once

#include <initializer_list>
#include <span>
#include <utility>

#include "tokio/plugin/log.hpp"

namespace tokio::metrics {

using label = log::field;  // {"method", "get"}: constant for the life of the metric

class handle {
 public:
  handle() noexcept = default;
  handle(handle&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  handle& operator=(handle&& other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~handle() {
    if (raw_) host.metrics->drop(raw_);
  }

 protected:
  // Panics when the host refuses: a name that is taken or breaks the rules of tokio/abi/metrics.h (a counter's ends in
  // _total, no other kind's does), a label twice or called `instance`, bounds that do not rise, no metrics at all.
  handle(call_site at, std::uint32_t kind, std::string_view name, std::string_view help,
         std::initializer_list<label> labels, std::span<const double> buckets = {}) {
    auto* instance = current_instance("there is no runtime here: a metric needs an instance", at);
    if (!host.metrics) panic("metrics are not offered by this host (tokio.metrics/1)", at);
    constexpr std::size_t most = 8;
    if (labels.size() > most) panic("a metric has at most 8 labels", at);
    tokio_kv raw_labels[most];
    std::size_t count = 0;
    for (auto& one : labels) raw_labels[count++] = one.raw();
    tokio_metric_desc desc{sizeof(tokio_metric_desc),
                           kind,
                           to_str(name),
                           to_str(help),
                           {},
                           raw_labels,
                           count,
                           buckets.data(),
                           buckets.size()};
    auto status = host.metrics->create(instance, &desc, &raw_);
    if (status == TOKIO_EEXIST) panic("a metric of this name and these labels exists already", at);
    if (status < 0) panic("the host refused a metric", at);
  }
  tokio_metric* raw() const noexcept { return raw_; }

 private:
  tokio_metric* raw_ = nullptr;
};

// Only goes up.
class counter : public handle {
 public:
  counter() noexcept = default;
  counter(std::string_view name, std::string_view help, std::initializer_list<label> labels = {},
          call_site at = call_site::current())
      : handle(at, TOKIO_METRIC_COUNTER, name, help, labels) {}
  void add(std::uint64_t n = 1) const noexcept {
    if (raw()) host.metrics->add(raw(), n);
  }
};

class gauge : public handle {
 public:
  gauge() noexcept = default;
  gauge(std::string_view name, std::string_view help, std::initializer_list<label> labels = {},
        call_site at = call_site::current())
      : handle(at, TOKIO_METRIC_GAUGE, name, help, labels) {}
  void set(double value) const noexcept {
    if (raw()) host.metrics->set(raw(), value);
  }
  void adjust(double by) const noexcept {
    if (raw()) host.metrics->adjust(raw(), by);
  }
};

class histogram : public handle {
 public:
  histogram() noexcept = default;
  // Without buckets the host's log-linear ones are used.
  histogram(std::string_view name, std::string_view help, std::initializer_list<label> labels = {},
            std::span<const double> buckets = {}, call_site at = call_site::current())
      : handle(at, TOKIO_METRIC_HISTOGRAM, name, help, labels, buckets) {}
  void record(double value) const noexcept {
    if (raw()) host.metrics->record(raw(), value);
  }
};

}  // namespace tokio::metrics
