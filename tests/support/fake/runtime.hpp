// A runtime of two workers.
// Threads: any; the switches are guarded.
#pragma once
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "control/backend/runtime.hpp"
#include "support/fake/core.hpp"

namespace tokiod::test {

using namespace control;

class fake_runtime : public virtual control::runtime_face, public virtual fake_core {
 public:
  [[nodiscard]] runtime_info runtime() const override {
    runtime_info about;
    about.flavor = "multi_thread";
    about.workers = 2;
    about.tasks_live = 3;
    return about;
  }
  [[nodiscard]] std::vector<worker_info> workers() const override {
    worker_info busy;
    busy.state = "running";
    busy.task_id = 7;
    busy.task_name = "serve";
    busy.plugin = "echo";
    busy.poll_seconds = 0.25;
    busy.schedule_latency = {.num_buckets = 3,
                             .count = 5,
                             .sum_seconds = 7,
                             .p50_seconds = 0.5,
                             .p99_seconds = 2,
                             .buckets = {{0.5, 1, 4}, {2, std::nullopt, 1}}};
    worker_info parked;
    parked.worker = 1;
    parked.state = "parked";
    return {busy, parked};
  }
  outcome<resize_report> resize(std::uint32_t workers, duration_ns timeout, std::string_view,
                                const std::function<bool()>& given_up) override {
    if (auto done = work(given_up); !done) return std::unexpected(done.error());
    if (timeout == 0) return refuse(kind::timeout, "worker 1 does not come back from its poll; workers that run: 2");
    return resize_report{2, workers};
  }
  outcome<passing_info> pause(double for_s, std::string_view reason) override {
    change([&] { paused_ = true; });
    return passing_info{true, for_s, std::string(reason)};
  }
  outcome<void> resume(std::string_view) override {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(paused_, false)) return refuse(kind::wrong_state, "the workers are not paused");
    return {};
  }
  outcome<cpu_report> pin(std::uint32_t worker, std::string_view cpus) override {
    if (worker > 1) return refuse(kind::out_of_range, "there is no worker ", worker);
    if (cpus == "1023") return refuse(kind::unsupported, "the daemon may not choose CPUs");
    return cpu_report{"0-1", std::string(cpus)};
  }

 private:
  bool paused_ = false;
};

}  // namespace tokiod::test
