// Bench: measures operations of the runtime from where plugins stand, through the C ABI, with everything on.
// Control methods: `list` names the workloads; `run {"workload": "spawn", "count": N}` answers the time per operation.
// Threads: one measurement at a time.
#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>

#include "config_reader.hpp"
#include "tokio/plugin.hpp"
#include "tokio/sync.hpp"
#include "workloads.hpp"

namespace {

using tokio::control::answer;
using tokio::control::failure;

class bench_plugin {
 public:
  static constexpr const char* description = "measures the runtime through the ABI";

  bench_plugin()
      : list_("list", "names of the workloads", [](std::string) -> answer { return names(); }),
        run_("run", "runs one workload: {\"workload\": name, \"count\": operations}",
             [this](std::string params) { return measure(std::move(params)); }) {}

 private:
  static std::string names() {
    std::string out = "{\"workloads\":[";
    for (const auto& one : bench::workloads()) out += (out.back() == '[' ? "\"" : ",\"") + std::string(one.name) + '"';
    return out + "]}";
  }

  tokio::task<answer> measure(std::string params) {
    plugin_support::config_reader in(params);
    const auto name = in.string("workload", "");
    const auto asked = in.integer("count", 0, 0, 100'000'000);
    if (const auto fault = in.fault()) co_return std::unexpected(failure(tokio::control::invalid_params, *fault));
    const auto all = bench::workloads();
    const auto found = std::ranges::find(all, std::string_view(name), &bench::workload::name);
    if (found == all.end())
      co_return std::unexpected(
          failure(tokio::control::invalid_params, "workload must be one of " + names() + ", got \"" + name + "\""));
    const auto count = asked == 0 ? found->count : static_cast<std::uint64_t>(asked);
    const auto alone = co_await one_at_a_time_.lock();
    const auto begin = tokio::now_ns();
    co_await found->run(count);
    const auto took = tokio::now_ns() - begin;
    co_return "{\"workload\":\"" + name + "\",\"operations\":" + std::to_string(count) +
        ",\"ns_per_op\":" + std::to_string(static_cast<double>(took) / static_cast<double>(count)) + "}";
  }

  tokio::sync::mutex<int> one_at_a_time_{0};
  tokio::control::method list_, run_;
};

}  // namespace

TOKIO_PLUGIN(bench_plugin, "dev.tokiod.bench", "0.1.0");
