// A list that grows while others walk it: elements are met finished, and by everybody who must know of them.
#include <doctest/doctest.h>

#include <memory>

#include "base/grow_list.hpp"
#include "explorer/expect.hpp"
#include "explorer/model_policy.hpp"

using namespace tokiod;
using namespace tokiod::model;

namespace {

struct queue {
  cell<int> built{1};
  atomic<int> length{0};
};
using queues = basic_grow_list<model_policy, queue, 2>;

// An element belongs to whoever walks the list, as soon as it is counted.
void walk_beside_add() {
  queues all;
  all.add(std::make_unique<queue>());
  thread grows([&] { all.add(std::make_unique<queue>()); });
  int met = 0;
  for (const auto& one : all) met += one->built.get();
  check(met >= 1, "an element is lost");
  grows.join();
  check(all.size() == 2, "an element is lost");
}

// A worker says that it parks and looks at all queues once more, while the first job comes into a queue that was only
// just added: it sees the job, or is seen parked.
void park_beside_first_job() {
  queues all;
  atomic<bool> parked{false};
  bool woken = false;
  all.add(std::make_unique<queue>());
  thread grows([&] {
    all.add(std::make_unique<queue>());
    all[1]->length.store(1, seq_cst);
    woken = parked.load(seq_cst);
  });
  parked.store(true, seq_cst);
  bool seen = false;
  for (const auto& one : all) seen = seen || one->length.load(seq_cst) != 0;
  grows.join();
  check(seen || woken, "a job lies in a new queue, and the worker sleeps");
}

// It is not only emptied: it can be filled again.
void cleared() {
  queues all;
  for (int round = 0; round < 2; ++round) {
    all.add(std::make_unique<queue>());
    all.add(std::make_unique<queue>());
    check(all.size() == 2, "an element is lost");
    all.clear();
    check(all.size() == 0, "an element is left");
  }
}

using change = mutant::change;

const equivalents same{{change::split, "clear", "exchange", "whoever clears the list is alone with it"}};

}  // namespace

TEST_CASE("whoever walks a list that grows meets finished elements") { passes(walk_beside_add); }
TEST_CASE("a job in a new queue is seen by the worker that parks, or it sees the worker") {
  passes(park_beside_first_job);
}
TEST_CASE("a list that was cleared is filled again") { passes(cleared); }

TEST_CASE("mutants of a list that grows are caught") {
  catches({change::weaken, "add", "store"}, walk_beside_add);
  catches({change::drop_write, "add", "store"}, walk_beside_add);
  catches({change::weaken, "size", "load"}, walk_beside_add);
  catches({change::blind, "size", "load"}, walk_beside_add);
  catches({change::weaken, "add", "store", release}, park_beside_first_job);
  catches({change::weaken, "size", "load", acquire}, park_beside_first_job);
  catches({change::drop_write, "clear", "exchange"}, cleared);
}
