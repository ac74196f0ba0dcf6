// Bench: measures operations of the runtime from where plugins stand, through the C ABI, with everything on.
//   {"workers": 2}     how many workers the runtime has, for workloads that keep all of them busy
// Control methods: `list` names the workloads; `run {"workload": "spawn", "count": N}` answers the total of all
// operations. Threads: one measurement at a time.
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

  explicit bench_plugin(std::string_view config)
      : workers_(workers(config)),
        list_("list", "names of the workloads", [](std::string) -> answer { return bench::list_answer(); }),
        run_("run", "runs one workload: {\"workload\": name, \"count\": operations}",
             [this](std::string params) { return measure(std::move(params)); }),
        serve_("serve", "starts a TCP echo server and tells its port",
               [](std::string) -> answer { return bench::serve_answer(); }) {}

 private:
  static unsigned workers(std::string_view config) {
    plugin_support::config_reader in(config);
    const auto count = in.integer("workers", 1, 1, 1024);
    if (const auto fault = in.fault()) throw std::invalid_argument(*fault);
    return static_cast<unsigned>(count);
  }

  tokio::task<answer> measure(std::string params) {
    plugin_support::config_reader in(params);
    auto name = in.string("workload", "");
    const auto count = static_cast<std::uint64_t>(in.integer("count", 0, 0, 1'000'000'000));
    if (const auto fault = in.fault()) co_return std::unexpected(failure(tokio::control::invalid_params, *fault));
    const auto alone = co_await one_at_a_time_.lock();
    auto result = co_await bench::run_answer(std::move(name), {.count = count, .workers = workers_});
    if (!result) co_return std::unexpected(failure(tokio::control::invalid_params, std::move(result.error())));
    co_return std::move(*result);
  }

  unsigned workers_;
  tokio::sync::mutex<int> one_at_a_time_{0};
  tokio::control::method list_, run_, serve_;
};

}  // namespace

TOKIO_PLUGIN(bench_plugin, "dev.tokiod.bench", "0.1.0");
