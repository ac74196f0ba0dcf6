// Diagnosis with one finding.
// Threads: any; the switches are guarded.
#pragma once
#include "control/backend/diag.hpp"
#include "support/fake/core.hpp"

namespace tokiod::test {

using namespace control;

class fake_diag : public virtual control::diag_face, public virtual fake_core {
 public:
  [[nodiscard]] lint_page lints(std::size_t limit) const override {
    lint_page page;
    page.findings.push_back({.id = "self_wakes:t-2",
                             .lint = "self_wakes",
                             .severity = "warning",
                             .subject = "t-2",
                             .sentence = "75 % of its wakes",
                             .hint = "wait instead",
                             .measured = 75,
                             .threshold = 50,
                             .unit = "percent",
                             .since = 1000,
                             .task = "t-2",
                             .plugin = "echo",
                             .name = "serve",
                             .location = {}});
    page.more = page.findings.size() > limit;
    return page;
  }
  [[nodiscard]] stack_report stacks(const stack_query& query) const override {
    stack_report report;
    if (query.worker && *query.worker > 1) return report;
    stack_info busy;
    busy.tid = 11;
    busy.thread = "tokio-worker";
    busy.worker = 1;
    busy.task = "t-7";
    busy.plugin = "echo";
    busy.frames = {{"/usr/lib/echo.so", 0x1a2b, "echo::read()", "ab12"}, {"tokiod", 16, {}, {}}};
    report.threads.push_back(busy);
    if (!query.all_threads) return report;
    report.partial = true;
    auto& other = report.threads.emplace_back();
    other.tid = 12;
    other.missing = "the thread has not answered in time";
    return report;
  }
  [[nodiscard]] std::vector<slow_info> slow_polls() const override {
    const std::lock_guard lock(mutex_);
    if (polls_forgotten_) return {};
    slow_info one;
    one.seconds = 0.5;
    one.what = "serve";
    one.task = "t-7";
    one.worker = 1;
    return {one};
  }
  [[nodiscard]] std::vector<slow_info> slow_jobs() const override { return {}; }
  void forget_slow_polls() override {
    change([&] { polls_forgotten_ = true; });
  }
  void forget_slow_jobs() override {}
  [[nodiscard]] outcome<json> trace_scheduler(duration_ns, std::size_t,
                                              const std::function<bool()>& given_up) override {
    if (auto done = work(given_up); !done) return std::unexpected(done.error());
    return json{{"traceEvents", json::array({{{"name", "serve t-7"}, {"ph", "X"}, {"ts", 1.5}, {"dur", 2}}})},
                {"displayTimeUnit", "ns"},
                {"otherData", {{"left_out", 0}}}};
  }
  [[nodiscard]] profile_report profile(duration_ns, std::uint32_t hz, const std::function<bool()>&) const override {
    return {.samples = hz, .stacks = 2, .idle = 1, .missing = 0, .folded = "echo;main;read 2\n"};
  }
  [[nodiscard]] outcome<std::string> keep_bundle(std::string_view bytes) override {
    change([&] { bundle_ = bytes; });
    return "/var/lib/tokiod/bundle/tokiod-1.tar";
  }
  [[nodiscard]] std::string bundle() const {
    const std::lock_guard lock(mutex_);
    return bundle_;
  }
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> crash_reports() const override {
    return {{"crash-1.json", std::string(3 << 20, 'x')}};
  }
  [[nodiscard]] std::vector<self_check> self_test() override {
    return {{"task", true, {}, 0.001}, {"blocking", false, "no thread", 2}};
  }

 private:
  std::string bundle_;
  bool polls_forgotten_ = false;

 public:
};

}  // namespace tokiod::test
