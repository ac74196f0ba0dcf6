#include "explorer/mutation.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>

namespace tokiod::model {
namespace {

// Claims are constants of other files, so this is made when the first of them is.
mutation_run& the_run() {
  static mutation_run only;
  return only;
}

bool deep() {
  const char* how = std::getenv("TOKIOD_MODEL_MUTANTS");
  return how != nullptr && std::strcmp(how, "deep") == 0;
}

// A search that ends there unfinished is followed by random walks, which reach what it has not.
std::uint64_t search_limit() { return deep() ? 20'000'000 : 100'000; }
std::uint64_t walk_limit() { return deep() ? 1'000'000 : 20'000; }

constexpr unsigned seconds_per_execution = 20;
constexpr int exit_caught = 0;
constexpr int exit_survived = 1;

bool is_of_a_model(const site& at) { return at.file.find("tests/model/") != std::string::npos; }
bool same_place(const site& a, const site& b) {
  return a.line == b.line && a.operation == b.operation && a.file == b.file;
}

std::string_view text(mutant::change how) {
  switch (how) {
    case mutant::change::weaken: return "weakened to";
    case mutant::change::drop_write: return "not written";
    case mutant::change::split: return "a load and a store";
    case mutant::change::blind: return "reads zero";
    case mutant::change::unlocked: return "not taken";
  }
  return "?";
}

std::string_view text(std::memory_order with) {
  switch (with) {
    case std::memory_order_acquire: return " acquire";
    case std::memory_order_release: return " release";
    case std::memory_order_acq_rel: return " acq_rel";
    default: return " relaxed";
  }
}

// "../../daemon/base/spin_lock.hpp" -> "daemon/base/spin_lock.hpp".
const char* in_the_tree(const std::string& file) {
  for (const char* top : {"daemon/", "plugin-api/"})
    if (const auto at = file.rfind(top); at != std::string::npos) return file.c_str() + at;
  return file.c_str();
}

void print(std::string_view judgement, const site& at, const mutant& changed, std::string_view why) {
  const std::string how = std::string(text(changed.how)) +
                          std::string(changed.how == mutant::change::weaken ? text(changed.to) : std::string_view());
  std::printf("mutant\t%.*s\t%s:%u\t%s, %s: %s\t%.*s\n", static_cast<int>(judgement.size()), judgement.data(),
              in_the_tree(at.file), static_cast<unsigned>(at.line), at.function.c_str(), at.operation.c_str(),
              how.c_str(), static_cast<int>(why.size()), why.data());
  std::fflush(stdout);
}

// Tells the run which test is running, and when all have.
struct listener final : doctest::IReporter {
  explicit listener(const doctest::ContextOptions&) {}
  void test_case_start(const doctest::TestCaseData& test) override {
    if (auto* run = mutation_run::asked()) run->name_next(test.m_name);
  }
  void test_run_end(const doctest::TestRunStats&) override {
    if (auto* run = mutation_run::asked()) run->finish();
  }
  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}
};

}  // namespace

REGISTER_LISTENER("mutants", 1, listener);

equivalents::equivalents(std::initializer_list<equivalent> claims) {
  for (const equivalent& one : claims) the_run().claim(one);
}

mutation_run* mutation_run::asked() {
  static const bool now = std::getenv("TOKIOD_MODEL_MUTANTS") != nullptr;
  return now ? &the_run() : nullptr;
}

void mutation_run::add(const bounds& within, const std::function<void()>& body) {
  bounds look = within;
  look.max_executions = std::min<std::uint64_t>(look.max_executions, 10'000);
  std::vector<site> sites = sites_of(look, body);
  look.random_runs = 1'000;
  for (site& one : sites_of(look, body))
    if (std::ranges::none_of(sites, [&](const site& s) { return same_place(s, one); })) sites.push_back(std::move(one));
  std::erase_if(sites, is_of_a_model);
  if (!sites.empty()) models_.push_back({test_, within, body, std::move(sites)});
}

void mutation_run::finish() {
  std::set<std::tuple<std::string, unsigned, std::string>> done;
  for (const model& one : models_)
    for (const site& at : one.sites)
      if (done.emplace(at.file, at.line, at.operation).second)
        for (const mutant& changed : mutants_of(at)) try_mutant(at, changed);
  for (const claimed& one : claims_) {
    if (one.survivors != 0) continue;
    const site nowhere{.function = std::string(one.what.function),
                       .operation = std::string(one.what.operation),
                       .file = "equivalents",
                       .line = 0,
                       .with = one.what.to};
    print("stale", nowhere, {.how = one.what.how, .function = nowhere.function, .to = one.what.to},
          "is caught, or is nowhere");
  }
}

// In a process of its own, because a mutant may crash, or loop where no step is counted.
void mutation_run::try_mutant(const site& at, const mutant& changed) {
  const pid_t child = ::fork();
  if (child == 0) {
    verdict how;
    const model* by = catcher(at, changed, how);
    if (by != nullptr) print("caught", at, changed, by->test + ": " + how.why);
    ::_exit(by != nullptr ? exit_caught : exit_survived);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return print("error", at, changed, std::strerror(errno));
  if (WIFSIGNALED(status)) return print("caught", at, changed, std::string("killed: ") + ::strsignal(WTERMSIG(status)));
  if (WEXITSTATUS(status) == exit_caught) return;
  if (WEXITSTATUS(status) != exit_survived) return print("error", at, changed, "its process ended early");
  if (claimed* known = claim_for(changed)) {
    ++known->survivors;
    return print("equivalent", at, changed, known->what.why);
  }
  print("survived", at, changed, "");
}

// The first model that fails with the mutant.
const mutation_run::model* mutation_run::catcher(const site& at, const mutant& changed, verdict& how) const {
  for (const model& one : models_) {
    if (std::ranges::none_of(one.sites, [&](const site& s) { return same_place(s, at); })) continue;
    bounds within = one.within;
    within.max_executions = std::min(within.max_executions, search_limit());
    const auto body = [&] {
      ::alarm(seconds_per_execution);
      one.body();
    };
    how = explore(within, body, &changed);
    if (!how.failed && !how.exhausted) {
      within.random_runs = walk_limit();
      how = explore(within, body, &changed);
    }
    if (how.failed) return &one;
  }
  return nullptr;
}

mutation_run::claimed* mutation_run::claim_for(const mutant& changed) {
  const auto covers = [&](const claimed& one) {
    return one.what.how == changed.how && one.what.function == changed.function &&
           one.what.operation == changed.operation && one.what.to <= changed.to;
  };
  const auto found = std::ranges::find_if(claims_, covers);
  return found == claims_.end() ? nullptr : &*found;
}

}  // namespace tokiod::model
