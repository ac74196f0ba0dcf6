// Runs a small concurrent program under every interleaving, and every value that the C++ memory model lets a load
// return, within bounds; finds assertions that fail, data races, deadlocks, livelocks, leaks and uses after
// destruction, and prints the schedule that shows them.
// Invariant: an execution is a function of its choices, so a printed schedule replays exactly.
// Limits:    the order of stores to one atomic is the order of execution (no load buffering, no 2+2W); a weak CAS fails
//            only for a reason; no fences; seq_cst accesses are ordered through one global view.
// Threads:   one; the threads of a model are fibers.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

namespace tokiod::model {

// How far to look. The defaults exhaust most models of two or three threads in seconds.
struct bounds {
  int preemptions = 2;                        // switches away from a thread that could have gone on
  int stale_reads = 2;                        // loads that return something else than the newest store
  int early_timeouts = 1;                     // timed waits that end although others could still run
  bool time_passes = true;                    // a timed wait ends when nobody can go on; false: that is a deadlock
  int max_steps = 20'000;                     // in one execution; more is a livelock
  std::uint64_t max_executions = 20'000'000;  // not reaching the end of the search is a failure unless `partial`
  bool partial = false;                       // the search space is known to be larger than max_executions
  std::uint64_t random_runs = 0;              // not 0: that many random walks without bounds instead of the search
  std::uint64_t seed = 1;                     // of the random walks
};

// One change of the code under test, applied where an atomic operation runs: the test of the test. A place is named by
// the function that contains the operation (its name alone, "to_ready") and, where that is not unique, by the
// operation: "load", "store", "exchange", "cas", "fetch_or" ...
struct mutant {
  enum class change {
    weaken,      // the order becomes `to`
    drop_write,  // a store, an RMW or a set returns as if it had written
    split,       // an RMW becomes a load and a store
    blind,       // a load returns zero: the look that was not taken
    unlocked,    // a mutex is not taken
  };
  change how = change::weaken;
  std::string_view function;
  std::string_view operation = {};  // empty: any
  std::memory_order to = std::memory_order_relaxed;
  std::uint_least32_t line = 0;  // 0: any
};

// An operation of the code that a body runs: where a mutant can be.
struct site {
  std::string function;
  std::string operation;
  std::string file;
  std::uint_least32_t line;
  std::memory_order with;
};

struct verdict {
  bool failed = false;
  bool exhausted = false;  // every execution within the bounds was run
  bool mutated = false;    // the mutant's place was reached at least once
  std::uint64_t executions = 0;
  std::string why;       // of the failure: one sentence
  std::string schedule;  // replays it
  std::string trace;     // its steps, one a line
  [[nodiscard]] std::string report() const;
};

// Runs `body` once per execution; it creates the objects and threads of the model and joins them.
// The environment variable TOKIOD_MODEL_REPLAY=<schedule> runs that one schedule instead of the search.
verdict explore(const bounds& within, const std::function<void()>& body, const mutant* changed = nullptr);
verdict replay(std::string_view schedule, const bounds& within, const std::function<void()>& body,
               const mutant* changed = nullptr);

// The operations that the body runs, on atomics, events and mutexes; those of the model itself are among them.
std::vector<site> sites_of(const bounds& within, const std::function<void()>& body);
// Every change that can be made there. They name the site's strings.
std::vector<mutant> mutants_of(const site& at);

// Every atomic operation of the body with an order stronger than relaxed that may be weakened to relaxed without the
// model noticing, as "function operation".
std::vector<std::string> needless_orders(const bounds& within, const std::function<void()>& body);

// Ends the execution as failed, with the sentence, unless `holds`.
void check(bool holds, const char* sentence, std::source_location where = std::source_location::current());

// A base for objects whose leak is a failure: their number must be zero when an execution ends.
class tracked {
 public:
  static void* operator new(std::size_t bytes);
  static void operator delete(void* p);
};

}  // namespace tokiod::model
