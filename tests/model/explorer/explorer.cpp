#include "explorer/explorer.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

#include "explorer/execution.hpp"

namespace tokiod::model {
namespace {

verdict settle(const execution& run, std::uint64_t executions, bool exhausted) {
  verdict v{.failed = run.failed(),
            .exhausted = exhausted,
            .mutated = run.mutated(),
            .executions = executions,
            .why = run.why(),
            .schedule = {},
            .trace = {}};
  if (v.failed) {
    v.schedule = run.schedule();
    v.trace = run.trace();
  }
  return v;
}

verdict search(const bounds& within, const std::function<void()>& body, execution& run) {
  std::uint64_t executions = 0;
  bool exhausted = false;
  while (!exhausted && executions < within.max_executions) {
    run.run(body);
    ++executions;
    if (run.failed()) break;
    exhausted = !run.advance();
  }
  return settle(run, executions, exhausted);
}

verdict walk(const bounds& within, const std::function<void()>& body, execution& run) {
  run.use_random(within.seed);
  std::uint64_t executions = 0;
  while (executions < within.random_runs && !run.failed()) {
    run.run(body);
    ++executions;
  }
  return settle(run, executions, false);
}

// The next weaker orders that mean something, and none at all.
std::vector<std::memory_order> weaker_than(const site& at) {
  if (at.with == std::memory_order_relaxed) return {};
  if (at.with != std::memory_order_seq_cst) return {std::memory_order_relaxed};
  const auto half = at.operation == "load"    ? std::memory_order_acquire
                    : at.operation == "store" ? std::memory_order_release
                                              : std::memory_order_acq_rel;
  return {half, std::memory_order_relaxed};
}

}  // namespace

std::string verdict::report() const {
  std::string text = std::to_string(executions) + " executions, ";
  if (!failed) return text + (exhausted ? "exhausted, no failure" : "not exhausted, no failure");
  return text + "failed: " + why + "\nreplay with TOKIOD_MODEL_REPLAY=" + schedule + "\n" + trace;
}

verdict explore(const bounds& within, const std::function<void()>& body, const mutant* changed) {
  if (const char* schedule = std::getenv("TOKIOD_MODEL_REPLAY"); schedule != nullptr)
    return replay(schedule, within, body, changed);
  execution run(within, changed);
  return within.random_runs != 0 ? walk(within, body, run) : search(within, body, run);
}

verdict replay(std::string_view schedule, const bounds& within, const std::function<void()>& body,
               const mutant* changed) {
  execution run(within, changed);
  run.use_path(schedule);
  run.run(body);
  return settle(run, 1, false);
}

std::vector<site> sites_of(const bounds& within, const std::function<void()>& body) {
  std::vector<site> sites;
  execution run(within, nullptr);
  run.remember_sites(&sites);
  within.random_runs != 0 ? walk(within, body, run) : search(within, body, run);
  return sites;
}

std::vector<mutant> mutants_of(const site& at) {
  using enum mutant::change;
  std::vector<mutant> all;
  const auto add = [&](mutant::change how, std::memory_order to = std::memory_order_relaxed) {
    all.push_back({.how = how, .function = at.function, .operation = at.operation, .to = to, .line = at.line});
  };
  if (at.operation == "lock") return add(unlocked), all;
  if (at.operation == "set") return add(drop_write), all;
  for (const std::memory_order weaker : weaker_than(at)) add(weaken, weaker);
  add(at.operation == "load" ? blind : drop_write);
  if (at.operation != "load" && at.operation != "store") add(split);
  return all;
}

std::vector<std::string> needless_orders(const bounds& within, const std::function<void()>& body) {
  std::vector<std::string> needless;
  for (const site& at : sites_of(within, body)) {
    std::string name = at.function + " " + at.operation;
    if (at.with == std::memory_order_relaxed || std::ranges::find(needless, name) != needless.end()) continue;
    const mutant weak{.how = mutant::change::weaken, .function = at.function, .operation = at.operation};
    execution run(within, &weak);
    if (!search(within, body, run).failed) needless.push_back(std::move(name));
  }
  return needless;
}

void check(bool holds, const char* sentence, std::source_location where) {
  if (!holds) execution::current().fail(sentence, where);
}

void* tracked::operator new(std::size_t bytes) {
  execution::current().allocated();
  return ::operator new(bytes);
}

void tracked::operator delete(void* p) { execution::current().freed(p); }

}  // namespace tokiod::model
