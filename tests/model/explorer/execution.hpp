// One execution of a model: its threads, the history of every atomic, the choices made so far. What shim.hpp's atomics,
// cells and locks stand on; models themselves include explorer.hpp and model_policy.hpp only.
// Invariant: only the current fiber runs; every choice goes through choose(), so that the path of choices is the
//            execution.
// Threads:   one.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <source_location>
#include <string>
#include <vector>

#include "explorer/clock.hpp"
#include "explorer/explorer.hpp"
#include "explorer/fiber.hpp"

namespace tokiod::model {

using place = std::source_location;
using order = std::memory_order;

class execution {
 public:
  execution(const bounds& within, const mutant* changed) : bounds_(within), mutant_(changed) {}
  execution(const execution&) = delete;
  ~execution() { reset(); }

  static execution& current();  // the one that runs now
  static bool running();

  void run(const std::function<void()>& body);  // one execution along path_, extended by first choices
  bool advance();                               // to the next path of the search; false: no more

  // -- threads
  std::size_t start_thread(std::function<void()> body);
  void join_thread(std::size_t id);
  void step();                             // a point where another thread may run
  void yield();                            // lets others run first
  void block(const void* on);              // until unblock(on)
  bool block_for_a_while(const void* on);  // the same, or until time is up: then false
  void unblock(const void* on);
  void progressed();  // something changed that a spinning thread may be waiting for
  [[nodiscard]] std::size_t thread() const { return current_; }
  [[nodiscard]] std::size_t threads() const { return thread_count_; }
  [[nodiscard]] knowledge& knows() { return threads_[current_].knows; }
  void tick() { ++knows().clock.at[current_]; }

  // -- atomics; values travel as 64 bits
  std::size_t create(std::uint64_t value);
  void destroy(std::size_t location);
  std::uint64_t load(std::size_t location, order, place);
  void store(std::size_t location, std::uint64_t value, order, place);
  std::uint64_t begin_rmw(std::size_t location, order, const char* what, place);  // the newest value
  void end_rmw(std::size_t location, std::uint64_t value, order, const char* what, place);
  bool compare_exchange(std::size_t location, std::uint64_t& expected, std::uint64_t desired, order success,
                        order failure, place);

  // -- the rest
  std::size_t choose(std::size_t alternatives);
  [[noreturn]] void fail(const std::string& sentence);
  [[noreturn]] void fail(const char* sentence, place where);
  void note(const char* what, place where);
  bool changes(mutant::change how, const char* operation, const place& where);  // does the mutant say so?
  void allocated() { ++tracked_; }
  void freed(void* memory);  // stays readable until the execution ends, so that a late use gets its sentence
  void remember_sites(std::vector<site>* sites) { sites_ = sites; }
  void use_path(std::string_view schedule);
  void use_random(std::uint64_t seed) {
    unbounded_ = true;
    random_ = seed * 0x9E3779B97F4A7C15ULL + 1;
  }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool mutated() const { return mutated_; }
  [[nodiscard]] const std::string& why() const { return why_; }
  [[nodiscard]] std::string schedule() const;
  [[nodiscard]] std::string trace() const;

 private:
  enum class status : std::uint8_t { runnable, blocked, waiting_a_while, done };
  struct model_thread {
    fiber stack;
    std::function<void()> body;
    status state = status::done;
    const void* on = nullptr;
    bool yielded = false;
    bool timed_out = false;
    knowledge knows;
  };
  struct written {
    std::uint64_t value;
    knowledge published;  // what a reader that acquires this store gets to know
  };
  struct history {
    std::vector<written> stores;
    vector_clock accessed;
    std::size_t creator = 0;
    std::uint32_t made_at = 0;  // on the creator's clock
    bool destroyed = false;
  };
  struct choice {
    std::uint8_t alternatives;
    std::uint8_t taken;
  };
  struct line {
    std::size_t thread;
    const char* what;
    int location;  // -1: none
    std::uint64_t value;
    order with;
    place where;
  };

  static void thread_main();
  void reset();
  void switch_threads(bool current_may_stay);
  std::size_t candidates(bool stays, std::array<std::size_t, max_threads>& out);
  void enter(std::size_t next);
  [[noreturn]] void leave();  // back to run(), for good

  history& at(std::size_t location, place where);
  void touch(history& h);
  std::size_t oldest_readable(std::size_t location, order with) const;
  std::size_t pick_store(const history& h, std::size_t location, order with);
  void read(const history& h, std::size_t location, std::size_t store, order with);
  void write(history& h, std::size_t location, std::uint64_t value, order with, const knowledge* continues);
  order weakened(order with, const char* operation, const place& where);
  void remember(order with, const char* operation, const place& where);

  bounds bounds_;
  const mutant* mutant_;
  std::vector<choice> path_;
  std::size_t position_ = 0;
  bool unbounded_ = false;    // a random walk, or the replay of one
  std::uint64_t random_ = 0;  // its state; 0: choices come from path_

  std::array<model_thread, max_threads> threads_;
  std::size_t thread_count_ = 0;
  std::size_t current_ = 0;
  fiber host_;
  int preemptions_ = 0;
  int stale_reads_ = 0;
  int timeouts_ = 0;
  int steps_ = 0;

  std::array<history, max_locations> locations_;
  std::size_t location_count_ = 0;
  view global_;  // of seq_cst stores

  std::vector<line> log_;
  std::vector<site>* sites_ = nullptr;
  int tracked_ = 0;
  std::vector<void*> freed_;
  bool failed_ = false;
  bool mutated_ = false;
  std::string why_;
};

}  // namespace tokiod::model
