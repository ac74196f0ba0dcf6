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

std::vector<std::string> needless_orders(const bounds& within, const std::function<void()>& body) {
  std::vector<std::string> sites;
  execution first(within, nullptr);
  first.remember_sites(&sites);
  search(within, body, first);
  std::erase_if(sites, [&](const std::string& site) {
    const auto space = site.find(' ');
    const mutant weak{.how = mutant::change::weaken,
                      .function = std::string_view(site).substr(0, space),
                      .operation = std::string_view(site).substr(space + 1)};
    execution run(within, &weak);
    return search(within, body, run).failed;
  });
  return sites;
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
