// What std::atomic, a plain field, a mutex, an event and a thread become inside a model.
// Invariant: every access goes through the running execution; an object lives within one execution.
// Threads:   the fibers of one execution.
#pragma once
#include <concepts>
#include <cstring>
#include <functional>
#include <type_traits>
#include <utility>

#include "explorer/execution.hpp"

namespace tokiod::model {

// std::atomic's interface without default orders: the code under test writes every order out.
template <class T>
class atomic {
  static_assert(sizeof(T) <= 8 && std::is_trivially_copyable_v<T>);

 public:
  using value_type = T;

  atomic() : atomic(T{}) {}
  atomic(T value) : location_(execution::current().create(bits(value))) {}
  atomic(const atomic&) = delete;
  ~atomic() {
    if (execution::running()) execution::current().destroy(location_);
  }

  T load(order with, place where = place::current()) const {
    return value(execution::current().load(location_, with, where));
  }
  void store(T next, order with, place where = place::current()) {
    execution::current().store(location_, bits(next), with, where);
  }
  T exchange(T next, order with, place where = place::current()) {
    return modify([&](T) { return next; }, with, "exchange", where);
  }
  T fetch_add(T by, order with, place where = place::current()) {
    return modify([&](T old) { return static_cast<T>(old + by); }, with, "fetch_add", where);
  }
  T fetch_sub(T by, order with, place where = place::current()) {
    return modify([&](T old) { return static_cast<T>(old - by); }, with, "fetch_sub", where);
  }
  T fetch_or(T mask, order with, place where = place::current()) {
    return modify([&](T old) { return static_cast<T>(old | mask); }, with, "fetch_or", where);
  }
  T fetch_and(T mask, order with, place where = place::current()) {
    return modify([&](T old) { return static_cast<T>(old & mask); }, with, "fetch_and", where);
  }
  T fetch_xor(T mask, order with, place where = place::current()) {
    return modify([&](T old) { return static_cast<T>(old ^ mask); }, with, "fetch_xor", where);
  }
  bool compare_exchange_strong(T& expected, T desired, order success, order failure, place where = place::current()) {
    std::uint64_t seen = bits(expected);
    const bool won = execution::current().compare_exchange(location_, seen, bits(desired), success, failure, where);
    if (!won) expected = value(seen);
    return won;
  }
  bool compare_exchange_weak(T& expected, T desired, order success, order failure, place where = place::current()) {
    return compare_exchange_strong(expected, desired, success, failure, where);
  }

 private:
  static std::uint64_t bits(T v) {
    std::uint64_t out = 0;
    std::memcpy(&out, &v, sizeof v);
    return out;
  }
  static T value(std::uint64_t in) {
    T out;
    std::memcpy(&out, &in, sizeof out);
    return out;
  }
  template <class F>
  T modify(F next, order with, const char* what, place where) {
    const T old = value(execution::current().begin_rmw(location_, with, what, where));
    execution::current().end_rmw(location_, bits(next(old)), with, what, where);
    return old;
  }

  std::size_t location_;
};

// Remembers who read and wrote a plain field, and ends the execution at an access that is not ordered after them.
class race_detector {
 public:
  void read(place where) {
    against(writes_, "data race: a read is not ordered after another thread's write", where);
    record(reads_);
  }
  void write(place where) {
    against(writes_, "data race: a write is not ordered after another thread's write", where);
    against(reads_, "data race: a write is not ordered after another thread's read", where);
    record(writes_);
  }
  void end(place where) {
    write(where);
    ended_ = true;
  }

 private:
  static void record(vector_clock& accesses) {
    execution& run = execution::current();
    run.tick();  // an access is later than everything that this thread has published
    accesses.at[run.thread()] = run.knows().clock.at[run.thread()];
  }
  void against(const vector_clock& others, const char* sentence, place where) const {
    execution& run = execution::current();
    if (ended_) run.fail("a cell is used after its destruction", where);
    for (std::size_t i = 0; i < run.threads(); ++i)
      if (i != run.thread() && others.at[i] > run.knows().clock.at[i]) run.fail(sentence, where);
  }

  bool ended_ = false;
  vector_clock reads_;
  vector_clock writes_;
};

// Its construction counts as a write, its destruction too.
template <class T>
class cell {
 public:
  cell() { made(); }
  explicit cell(T value)
    requires std::move_constructible<T>
      : value_(std::move(value)) {
    made();
  }
  template <class... Args>
  explicit cell(std::in_place_t, Args&&... args) : value_(std::forward<Args>(args)...) {
    made();
  }
  cell(const cell&) = delete;
  ~cell() {
    if (execution::running() && !execution::current().failed()) race_.end(place::current());
  }
  [[nodiscard]] const T& get(place where = place::current()) const {
    race_.read(where);
    return value_;
  }
  void set(T value, place where = place::current()) {
    race_.write(where);
    value_ = std::move(value);
  }
  [[nodiscard]] T& ref(place where = place::current()) {
    race_.write(where);
    return value_;
  }

 private:
  void made() {
    if (execution::running()) race_.write(place::current());
  }

  T value_{};
  mutable race_detector race_;
};

// What mutex and shared_mutex do with the explorer. What such a lock guards is plain data that no cell stands for, so a
// section that is not ordered after another one is a race.
class lock_base {
 public:
  lock_base() = default;
  lock_base(const lock_base&) = delete;

 protected:
  ~lock_base() {
    if (execution::running() && !execution::current().failed()) race_.end(place::current());
  }
  // A mutant's lock lets everybody in; its unlock then has nothing to give back.
  bool let_in(place where) {
    execution& run = execution::current();
    run.step();
    if (!run.changes(mutant::change::unlocked, "lock", where)) return false;
    ++let_in_;
    return true;
  }
  bool was_let_in() {
    execution::current().step();
    if (let_in_ == 0) return false;
    --let_in_;
    return true;
  }
  void begin_change(place where) {
    execution& run = execution::current();
    run.note("lock", where);
    if (let_in_ == 0) {
      run.knows().join(changed_);
      run.knows().join(looked_);
    }
    race_.write(where);
  }
  void end_change(place where) { publish("unlock", changed_, where); }
  void begin_look(place where) {
    execution& run = execution::current();
    run.note("lock_shared", where);
    if (let_in_ == 0) run.knows().join(changed_);
    race_.read(where);
  }
  void end_look(place where) { publish("unlock_shared", looked_, where); }

 private:
  void publish(const char* what, knowledge& published, place where) {
    execution& run = execution::current();
    run.note(what, where);
    published.join(run.knows());
    run.unblock(this);
  }

  knowledge changed_;
  knowledge looked_;  // only who changes gets to know it
  race_detector race_;
  int let_in_ = 0;
};

class mutex : public lock_base {
 public:
  ~mutex() {
    if (execution::running() && held_) execution::current().fail("a mutex is destroyed while it is held");
  }
  void lock(place where = place::current()) {
    if (let_in(where)) return begin_change(where);
    while (held_) execution::current().block(this);
    take(where);
  }
  bool try_lock(place where = place::current()) {
    if (let_in(where)) return begin_change(where), true;
    if (held_) return false;
    take(where);
    return true;
  }
  void unlock(place where = place::current()) {
    if (was_let_in()) return;
    if (!held_ || owner_ != execution::current().thread())
      execution::current().fail("a mutex is unlocked by a thread that does not hold it", where);
    held_ = false;
    end_change(where);
  }

 private:
  void take(place where) {
    held_ = true;
    owner_ = execution::current().thread();
    begin_change(where);
  }
  bool held_ = false;
  std::size_t owner_ = 0;
};

// std::shared_mutex's interface: many that look, or one that changes.
class shared_mutex : public lock_base {
 public:
  ~shared_mutex() {
    if (execution::running() && (changing_ || looking_ != 0))
      execution::current().fail("a mutex is destroyed while it is held");
  }
  void lock(place where = place::current()) {
    if (let_in(where)) return begin_change(where);
    while (changing_ || looking_ != 0) execution::current().block(this);
    changing_ = true;
    begin_change(where);
  }
  void unlock(place where = place::current()) {
    if (was_let_in()) return;
    if (!changing_) execution::current().fail("a mutex is unlocked that nobody holds", where);
    changing_ = false;
    end_change(where);
  }
  void lock_shared(place where = place::current()) {
    if (let_in(where)) return begin_look(where);
    while (changing_) execution::current().block(this);
    ++looking_;
    begin_look(where);
  }
  void unlock_shared(place where = place::current()) {
    if (was_let_in()) return;
    if (looking_ == 0) execution::current().fail("a mutex is unlocked that nobody holds", where);
    --looking_;
    end_look(where);
  }

 private:
  bool changing_ = false;
  int looking_ = 0;
};

// Binary: any number of set() before a wait() count as one. set() happens-before the wait() it ends.
class event {
 public:
  event() = default;
  event(const event&) = delete;
  void set(place where = place::current()) {
    execution& run = execution::current();
    run.step();
    if (run.changes(mutant::change::drop_write, "set", where)) return;
    run.note("set", where);
    set_ = true;
    published_.join(run.knows());
    run.unblock(this);
  }
  void wait(place where = place::current()) {
    execution& run = execution::current();
    run.step();
    while (!set_) run.block(this);
    take(run, where);
  }
  // False: time was up first. The duration means nothing here: time passes when the explorer says so.
  bool wait_for(std::uint64_t, place where = place::current()) {
    execution& run = execution::current();
    run.step();
    while (!set_)
      if (!run.block_for_a_while(this) && !set_) {
        run.note("wait timed out", where);
        return false;
      }
    take(run, where);
    return true;
  }

 private:
  void take(execution& run, place where) {
    run.note("waited", where);
    set_ = false;
    run.knows().join(published_);
  }
  bool set_ = false;
  knowledge published_;
};

// Must be joined, as std::thread must.
class thread {
 public:
  explicit thread(std::function<void()> body) : id_(execution::current().start_thread(std::move(body))) {}
  void join() { execution::current().join_thread(id_); }

 private:
  std::size_t id_;
};

}  // namespace tokiod::model
