// Every mutant of a model program: `scripts/mutants` runs the program with TOKIOD_MODEL_MUTANTS set, and then passes()
// only notes what it was given. At the end each operation of the daemon or the SDK that these models ran is changed in
// every way that mutants_of() knows, and the models that run it are searched until one fails. Nothing is listed twice:
// the program's own models say what there is.
// Invariant: prints one line of fields for each mutant, parted by tabs: "mutant", verdict, place, what, why.
// Threads:   one.
#pragma once
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "explorer/explorer.hpp"

namespace tokiod::model {

// A mutant that nobody can tell from the original, and why. Weakening: `to`, and whatever is stronger.
struct equivalent {
  mutant::change how;
  std::string_view function;
  std::string_view operation;
  std::string_view why;
  std::memory_order to = std::memory_order_relaxed;
};

// A program's equivalent mutants, as a constant of its file. One that is caught nevertheless is a fault.
class equivalents {
 public:
  equivalents(std::initializer_list<equivalent> claims);
};

class mutation_run {
 public:
  static mutation_run* asked();  // null: the program runs as a test

  void name_next(const char* test) { test_ = test; }
  void add(const bounds& within, const std::function<void()>& body);
  void claim(const equivalent& what) { claims_.push_back({what, 0}); }
  void finish();

 private:
  struct model {
    std::string test;
    bounds within;
    std::function<void()> body;
    std::vector<site> sites;
  };
  struct claimed {
    equivalent what;
    int survivors;
  };

  void try_mutant(const site& at, const mutant& changed);
  [[nodiscard]] const model* catcher(const site& at, const mutant& changed, verdict& how) const;
  [[nodiscard]] claimed* claim_for(const mutant& changed);

  std::string test_;
  std::vector<model> models_;
  std::vector<claimed> claims_;
};

}  // namespace tokiod::model
