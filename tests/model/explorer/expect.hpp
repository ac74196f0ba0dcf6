// What a model test says: this model passes, this one fails, this mutant is caught.
// Threads: one; called from doctest cases.
#pragma once
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "explorer/explorer.hpp"
#include "explorer/mutation.hpp"

namespace tokiod::model {

// The search reached its end without a failure. Under AddressSanitizer, which is there for memory errors on the same
// paths and costs ten times as much, a part of the search is enough.
inline void passes(bounds within, const std::function<void()>& body) {
  if (auto* mutants = mutation_run::asked()) return mutants->add(within, body);
#if defined(TOKIOD_ASAN)
  within.max_executions = std::min<std::uint64_t>(within.max_executions, 30'000);
  within.partial = true;
#endif
  const verdict v = explore(within, body);
  CHECK_MESSAGE(!v.failed, v.report());
  if (!within.partial && within.random_runs == 0) CHECK_MESSAGE((v.exhausted || v.failed), v.report());
}

inline void passes(const std::function<void()>& body) { passes(bounds{}, body); }

// Some execution fails, and its sentence contains `why`.
inline void fails(const bounds& within, std::string_view why, const std::function<void()>& body) {
  if (mutation_run::asked() != nullptr) return;
  const verdict v = explore(within, body);
  CHECK_MESSAGE(v.failed, v.report());
  CHECK_MESSAGE((v.why.find(why) != std::string::npos), v.why);
}

inline void fails(std::string_view why, const std::function<void()>& body) { fails(bounds{}, why, body); }

// The model that passes as it is fails when the code under test is changed so.
inline void catches(const mutant& changed, const bounds& within, const std::function<void()>& body) {
  if (mutation_run::asked() != nullptr) return;  // it is one of all that are tried then
  const verdict v = explore(within, body, &changed);
  INFO("mutant in ", changed.function, " ", changed.operation);
  CHECK_MESSAGE(v.mutated, "the mutant's place was never reached");
  CHECK_MESSAGE(v.failed, v.report());
}

inline void catches(const mutant& changed, const std::function<void()>& body) { catches(changed, bounds{}, body); }

}  // namespace tokiod::model
