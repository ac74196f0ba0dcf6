// internal to sync/ and time/: what locks, channels and timers tell of themselves, and of what waits for them, while
// somebody listens (tokio.trace/1).
// Invariant: nobody listens: a resource costs two relaxed loads and a test where it is made, and every other hook a
// test
//            of a word of its own; one that was told of forgets that when it is used next. One that was there before is
//            met by the first wait for it that is pending; of its state only what is set afterwards is known then.
// Threads:   as what it is a part of; seen(), id() and changes of state [any].
// No model: one word, relaxed, that is a name and publishes nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <utility>

#include "tokio/core/host.hpp"

namespace tokio::tracing {

// Somebody listens.
inline bool on() noexcept { return __atomic_load_n(listening.load(std::memory_order_relaxed), __ATOMIC_RELAXED) != 0; }

enum class resource_type : std::uint64_t {
  mutex,
  rwlock,
  semaphore,
  permits,  // of a bounded channel: its own business
  once,
  barrier,
  notify,
  oneshot,
  mpsc,
  watch,
  broadcast,
  sleep,
  tick,  // the timer of an interval: its own business
  interval,
};

struct resource_facts {
  std::string_view type, kind;
  std::string_view source, poll_name;  // of what waits for it
  bool internal = false;
};

inline const resource_facts& facts_of(resource_type what) noexcept {
  static constexpr resource_facts all[] = {
      {"Mutex", "Sync", "Mutex::lock", "poll_acquire"},
      {"RwLock", "Sync", "RwLock::acquire", "poll_acquire"},
      {"Semaphore", "Sync", "Acquire::new", "poll_acquire"},
      {"Semaphore", "Sync", "Acquire::new", "poll_acquire", true},
      {"Semaphore", "Sync", "OnceCell::get_or_init", "poll_acquire", true},
      {"Barrier", "Sync", "Barrier::wait", "poll_wait"},
      {"Notify", "Sync", "Notify::notified", "poll_notified"},
      {"Sender|Receiver", "Sync", "Receiver::await", "poll_recv"},
      {"mpsc", "Sync", "Receiver::recv", "poll_recv"},
      {"watch", "Sync", "Receiver::changed", "poll_changed"},
      {"broadcast", "Sync", "Receiver::recv", "poll_recv"},
      {"Sleep", "timer", "Sleep::new_timeout", "poll_elapsed"},
      {"Sleep", "timer", "Sleep::new_timeout", "poll_elapsed", true},
      {"Interval", "timer", "Interval::tick", "poll_tick"},
  };
  return all[static_cast<std::uint64_t>(what)];
}

// Whose part it is ends it.
class resource_name {
 public:
  explicit resource_name(resource_type what, const call_site& at = {}, std::uint64_t part_of = 0) noexcept
      : word_(static_cast<std::uint64_t>(what)) {
    if (on()) [[unlikely]]
      tell(at, part_of, 0);
  }
  resource_name(resource_name&& other) noexcept : word_(other.take()) {}
  resource_name& operator=(resource_name&& other) noexcept {
    if (this == &other) return *this;
    end();
    word_.store(other.take(), std::memory_order_relaxed);
    return *this;
  }

  // It has been told of.
  bool seen() const noexcept { return id() != 0; }
  std::uint64_t id() const noexcept { return word_.load(std::memory_order_relaxed) / one; }
  resource_type type() const noexcept {
    return static_cast<resource_type>(word_.load(std::memory_order_relaxed) % one);
  }

  void set(std::string_view name, std::uint64_t to, std::string_view unit = {}) const noexcept {
    change(TOKIO_STATE_SET, name, to, unit);
  }
  void add(std::string_view name, std::uint64_t n) const noexcept { change(TOKIO_STATE_ADD, name, n); }
  void subtract(std::string_view name, std::uint64_t n) const noexcept { change(TOKIO_STATE_SUB, name, n); }
  void is(std::string_view fact) const noexcept {
    if (seen()) [[unlikely]]
      tell_state(TOKIO_STATE_SET, fact, TOKIO_KV_BOOL, 1, {});
  }
  // Nobody listens any more, and what he knew is gone with him: it costs a test again.
  void forget() const noexcept {
    auto word = word_.load(std::memory_order_relaxed);
    word_.compare_exchange_strong(word, word % one, std::memory_order_relaxed);  // else it was met meanwhile
  }

  // It is waited for, and somebody listens who may not know of it: it is told of, again when he has forgotten it.
  [[gnu::cold, gnu::noinline]] void meet() noexcept { tell({}, 0, TOKIO_RESOURCE_MET); }

 protected:
  ~resource_name() = default;
  void end() noexcept {
    if (seen()) [[unlikely]]
      tell_end();
  }

 private:
  static constexpr std::uint64_t one = 32;  // above the type

  void change(std::uint32_t op, std::string_view name, std::uint64_t n, std::string_view unit = {}) const noexcept {
    if (seen()) [[unlikely]]
      tell_state(op, name, TOKIO_KV_U64, n, unit);
  }
  TOKIO_ASIDE [[gnu::cold]] void tell_state(std::uint32_t op, std::string_view name, std::uint32_t type,
                                            std::uint64_t n, std::string_view unit) const noexcept {
    if (!on()) return forget();
    tokio_state_change to{sizeof to, op, {to_str(name), type, 0, {}}, to_str(unit)};
    to.to.v.u = n;
    host.trace->resource_state(id(), &to);
  }
  TOKIO_ASIDE [[gnu::cold]] void tell(const call_site& at, std::uint64_t part_of, std::uint32_t how) noexcept {
    tokio_plugin* const instance = this_thread.instance;
    if (!instance) return;
    const resource_facts& facts = facts_of(type());
    const bool known = at.line() != 0;
    const tokio_resource of{sizeof of,
                            how | (facts.internal ? TOKIO_RESOURCE_INTERNAL : 0u),
                            to_str(facts.type),
                            to_str(facts.kind),
                            {known ? to_str(at.function_name()) : tokio_str{},
                             known ? to_str(at.file_name()) : tokio_str{}, at.line(), at.column()},
                            part_of};
    std::uint64_t id = 0;
    if (host.trace->resource_new(instance, &of, &id) != TOKIO_OK) return;
    auto before = word_.load(std::memory_order_relaxed);
    const auto next = id * one + before % one;
    // Of several that meet it at once the last one names it.
    if (!word_.compare_exchange_strong(before, next, std::memory_order_relaxed))
      host.trace->resource_drop(id);
    else if (before / one != 0)
      host.trace->resource_drop(before / one);
  }
  TOKIO_ASIDE [[gnu::cold]] void tell_end() const noexcept { host.trace->resource_drop(id()); }
  std::uint64_t take() noexcept {
    const auto word = word_.load(std::memory_order_relaxed);
    word_.store(word % one, std::memory_order_relaxed);
    return word;
  }

  mutable std::atomic<std::uint64_t> word_;  // its id, and its type below it
};

class resource : public resource_name {
 public:
  using resource_name::resource_name;
  resource(resource&&) noexcept = default;
  resource& operator=(resource&&) noexcept = default;
  ~resource() { end(); }
};

// What waits for a resource, as a part of something that ends it.
class wait_name {
 public:
  std::uint64_t id() const noexcept { return id_; }
  // Before a poll, for what is to be told of before its parts are.
  void begins(resource_name& of, std::uint64_t part_of = 0) noexcept {
    if (id_ != 0 || on()) [[unlikely]]
      tell_begin(of, part_of);
  }
  void poll_begins() const noexcept {
    if (id_ != 0) [[unlikely]]
      tell_poll_begins();
  }
  // Whether a poll that is pending is to be told of.
  static bool wanted() noexcept { return on(); }
  // A poll of it is over, while `of` is there. Who was ready at once is told of only where the resource is.
  void polled(resource_name& of, bool ready, std::uint64_t part_of = 0) noexcept {
    if (ready ? of.seen() : wanted()) [[unlikely]]
      tell_poll(of, ready, part_of);
  }
  // The last poll of it is over, and what it waited for may be gone. Who was ready at once is not told of.
  void ready() noexcept {
    if (id_ != 0) [[unlikely]]
      tell_ready();
  }
  void end() noexcept {
    if (id_ != 0) [[unlikely]]
      tell_end();
  }

 private:
  TOKIO_ASIDE [[gnu::cold]] void tell_begin(resource_name& of, std::uint64_t part_of) noexcept {
    make(of, part_of);
    poll_begins();
  }
  TOKIO_ASIDE [[gnu::cold]] void tell_poll_begins() const noexcept { host.trace->op_poll_begins(id_); }
  TOKIO_ASIDE [[gnu::cold]] void tell_ready() noexcept {
    host.trace->op_poll_ends(id_, 1);
    end();
  }
  TOKIO_ASIDE [[gnu::cold]] void tell_end() noexcept { host.trace->op_drop(std::exchange(id_, 0)); }
  TOKIO_ASIDE [[gnu::cold]] void tell_poll(resource_name& of, bool ready, std::uint64_t part_of) noexcept {
    if (!on()) of.forget();
    make(of, part_of);
    if (id_ == 0) return;
    host.trace->op_poll_ends(id_, ready ? 1 : 0);
    if (ready) end();
  }
  void make(resource_name& of, std::uint64_t part_of) noexcept {
    if (!of.seen()) end();  // of a wait that was told of to who has gone
    if (id_ != 0 || !this_thread.instance || !on()) return;
    if (!of.seen()) of.meet();
    if (try_make(of, part_of) != TOKIO_ENOENT) return;
    of.meet();
    (void)try_make(of, part_of);
  }
  tokio_status try_make(const resource_name& of, std::uint64_t part_of) noexcept {
    const resource_facts& facts = facts_of(of.type());
    const tokio_async_op waits{sizeof waits, 0,       to_str(facts.source), to_str(facts.poll_name),
                               of.id(),      part_of, this_thread.task};
    tokio_plugin* const instance = this_thread.instance;
    return host.trace->op_new(instance, &waits, &id_);
  }

  std::uint64_t id_ = 0;
};

// As a part of a future.
class operation : public wait_name {
 public:
  operation() noexcept = default;
  operation(operation&& other) noexcept : wait_name(std::exchange(static_cast<wait_name&>(other), {})) {}
  operation& operator=(operation&& other) noexcept {
    if (this == &other) return *this;
    end();
    static_cast<wait_name&>(*this) = std::exchange(static_cast<wait_name&>(other), {});
    return *this;
  }
  ~operation() { end(); }
};

// A resource that is waited for by one at a time, whose wait goes with it.
class resource_of_one : public resource_name {
 public:
  using resource_name::resource_name;
  resource_of_one(resource_of_one&& other) noexcept
      : resource_name(std::move(other)), wait_(std::exchange(other.wait_, {})) {}
  resource_of_one& operator=(resource_of_one&& other) noexcept {
    if (this == &other) return *this;
    give_up();
    wait_ = std::exchange(other.wait_, {});
    resource_name::operator=(std::move(other));
    return *this;
  }
  ~resource_of_one() {
    if (seen()) [[unlikely]] {
      wait_.end();
      end();
    }
  }

  void poll_begins() const noexcept { wait_.poll_begins(); }
  void polled(bool ready, std::uint64_t part_of = 0) noexcept { wait_.polled(*this, ready, part_of); }
  // Nobody waits any more.
  void give_up() noexcept {
    if (seen()) [[unlikely]]
      wait_.end();
  }

 private:
  wait_name wait_;
};

}  // namespace tokio::tracing
