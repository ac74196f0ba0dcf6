// The latest value of something: senders replace it, receivers see that it changed and look at it. Values in between
// may be missed.
// Invariant: the version grows by 2 with each change that is told; its lowest bit says that there are no senders left.
//            Value and version change together under the lock, and receivers are woken after it.
// Threads:   everything [any]; a receiver is used by one task at a time. A `ref` holds the value's lock for reading: it
//            keeps senders out, so drop it before the next await, on the thread that made it.
// Model:     tests/model/watch_model.cpp
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <utility>

#include "tokio/sync/closed.hpp"
#include "tokio/sync/notify.hpp"

namespace tokio::sync::watch {

struct recv_error {
  static constexpr const char* text = "the senders are gone";
};
template <class T>
struct send_error {
  T value;  // comes back: there is no receiver
};

struct watch_policy : policy {
  using shared_mutex = std::shared_mutex;
};

// A look at the value.
template <class T, class P = watch_policy>
class [[nodiscard]] ref {
 public:
  using lock_type = std::shared_lock<typename P::shared_mutex>;
  ref(lock_type lock, const T& value, bool changed) noexcept
      : lock_(std::move(lock)), value_(&value), changed_(changed) {}
  const T& operator*() const noexcept { return *value_; }
  const T* operator->() const noexcept { return value_; }
  // The receiver that gave this had not seen the value before.
  bool has_changed() const noexcept { return changed_; }

 private:
  lock_type lock_;
  const T* value_;
  bool changed_;
};

template <class T, class P = watch_policy>
class channel_state {
 public:
  using policy_type = P;

  // What a receiver finds that has seen `seen`.
  enum class news { none, value, end };

  static constexpr std::uint64_t no_senders = 1;
  static constexpr std::uint64_t one_change = 2;

  explicit channel_state(T value, call_site at = {}) : resource(resource_type::watch, at), value_(std::move(value)) {}

  // The version as it is told, with no_senders. Acquire: pairs with change() and drop_sender().
  std::uint64_t now() const noexcept { return version_.load(acquire); }
  static std::uint64_t version(std::uint64_t now) noexcept { return now & ~no_senders; }
  // True: `version` is new to whoever has seen `seen`.
  static bool see(std::uint64_t& seen, std::uint64_t version) noexcept {
    return std::exchange(seen, version) != version;
  }

  // `look` is given the version that belongs to the value and says whether it is new to the caller.
  template <class Look>
  ref<T, P> borrow(Look look) const {
    std::shared_lock lock(mutex_);
    const bool is_new = look(version(now()));
    return ref<T, P>(std::move(lock), value_, is_new);
  }
  // `edit` may change the value and says whether receivers are told. When it throws, what it did stays, untold.
  template <class Edit>
  bool change(Edit edit) {
    {
      const hold lock(mutex_);
      if (!edit(value_)) return false;
      version_.fetch_add(one_change, acq_rel);  // publishes the change to now()
    }
    changed.notify_waiters();
    return true;
  }

  // A value that was not seen counts as seen now; the end comes after the last value. For none it stands in line.
  news poll_changed(std::uint64_t& seen, notify_wait<P>& wait, waker task) {
    auto found = news::none;
    (void)wait.poll_until(task, [&] {
      const auto current = now();
      if (see(seen, version(current)))
        found = news::value;
      else if (current & no_senders)
        found = news::end;
      return found != news::none;
    });
    return found;
  }
  // Looks at each new value until `accepts` it: a ref; or none, and then `ended` says whether there will be no other.
  template <class Accepts>
  std::optional<ref<T, P>> poll_accepted(std::uint64_t& seen, notify_wait<P>& wait, waker task, bool& ended,
                                         Accepts accepts) {
    std::optional<ref<T, P>> found;
    (void)wait.poll_until(task, [&] {
      ended = now() & no_senders;  // before the look: then a value that is refused is the last one
      auto value = borrow([&](std::uint64_t current) { return see(seen, current); });
      if (accepts(*value)) found.emplace(std::move(value));
      return found || ended;
    });
    return found;
  }
  // Acquire: pairs with drop_receiver(); what a receiver did before it went is seen.
  std::size_t receiver_count() const noexcept { return receivers.load(acquire); }
  // True while there is no receiver. A short time without one may be missed.
  bool poll_closed(notify_wait<P>& wait, waker task) {
    return wait.poll_until(task, [&] { return receiver_count() == 0; });
  }

  void drop_sender() {
    if (senders.fetch_sub(1, acq_rel) != 1) return;  // every change by the others comes before the end
    version_.fetch_or(no_senders, acq_rel);          // publishes the end to now()
    changed.notify_waiters();
  }
  void drop_receiver() {
    if (receivers.fetch_sub(1, acq_rel) == 1) no_receivers.notify_waiters();
  }

  typename P::template atomic<std::size_t> senders{1};
  typename P::template atomic<std::size_t> receivers{0};
  notify_core<P> changed;
  notify_core<P> no_receivers;
  typename P::resource resource;

 private:
  mutable typename P::shared_mutex mutex_;
  T value_;
  typename P::template atomic<std::uint64_t> version_{0};
};

template <class T>
class sender;
template <class T>
class receiver;

template <class T>
class [[nodiscard]] changed_future {
 public:
  using output = std::expected<void, recv_error>;
  explicit changed_future(receiver<T>& of) noexcept : of_(&of), wait_(of.state_->changed) {}

  tokio::poll<output> poll(context& cx) {
    if (!cx.proceed()) return pending;
    using news = typename channel_state<T>::news;
    told_.poll_begins();
    const auto found = of_->state_->poll_changed(of_->seen_, wait_, cx.waker());
    told_.polled(of_->state_->resource, found != news::none);
    switch (found) {
      case news::value: return output();
      case news::end: return output(std::unexpect);
      case news::none: break;
    }
    cx.restore();
    return pending;
  }

 private:
  receiver<T>* of_;
  notify_wait<watch_policy> wait_;
  watch_policy::operation told_;
};

template <class T, class Pred>
class [[nodiscard]] wait_for_future {
 public:
  using output = std::expected<ref<T>, recv_error>;
  wait_for_future(receiver<T>& of, Pred pred) : of_(&of), pred_(std::move(pred)), wait_(of.state_->changed) {}

  tokio::poll<output> poll(context& cx) {
    if (!cx.proceed()) return pending;
    bool ended = false;
    auto accepts = [&](const T& value) -> bool { return std::invoke(pred_, value); };
    told_.poll_begins();
    auto found = of_->state_->poll_accepted(of_->seen_, wait_, cx.waker(), ended, accepts);
    told_.polled(of_->state_->resource, found || ended);
    if (found) return output(std::move(*found));
    if (ended) return output(std::unexpect);
    cx.restore();
    return pending;
  }

 private:
  receiver<T>* of_;
  Pred pred_;
  notify_wait<watch_policy> wait_;
  watch_policy::operation told_;
};

template <class T>
class receiver {
 public:
  // A copy has seen what the original has seen.
  receiver(const receiver& other) noexcept : state_(other.state_), seen_(other.seen_) {
    if (state_) state_->receivers.fetch_add(1, relaxed);  // the other one keeps the count above zero
  }
  receiver(receiver&&) noexcept = default;
  receiver& operator=(receiver other) noexcept {
    std::swap(state_, other.state_);
    std::swap(seen_, other.seen_);
    return *this;
  }
  ~receiver() {
    if (state_) state_->drop_receiver();
  }

  // Ready when there is a value that this receiver has not seen, which counts as seen then. An error only when all
  // senders are gone and the last value was seen. Cancel safe.
  changed_future<T> changed() noexcept { return changed_future<T>(*this); }
  // Whether there is a value that was not seen; an error as soon as all senders are gone.
  std::expected<bool, recv_error> has_changed() const noexcept {
    const auto now = state_->now();
    if (now & channel_state<T>::no_senders) return std::unexpected(recv_error{});
    return state_->version(now) != seen_;
  }
  ref<T> borrow() const {
    return state_->borrow([&](std::uint64_t version) { return version != seen_; });
  }
  ref<T> borrow_and_update() {
    return state_->borrow([&](std::uint64_t version) { return state_->see(seen_, version); });
  }
  // The first value that `pred` accepts, the current one included. An error only after the last value was refused.
  // Cancel safe: what was refused counts as seen, and the next wait_for() looks at the current value again.
  template <class Pred>
  auto wait_for(Pred pred) {
    constexpr bool fits = std::predicate<Pred&, const T&>;
    static_assert(fits, "wait_for takes a function of the value that says yes or no.");
    if constexpr (fits) return wait_for_future<T, Pred>(*this, std::move(pred));
  }
  void mark_changed() noexcept { seen_ = state_->version(state_->now()) - channel_state<T>::one_change; }
  void mark_unchanged() noexcept { seen_ = state_->version(state_->now()); }
  bool same_channel(const receiver& other) const noexcept { return state_ == other.state_; }

 private:
  friend class sender<T>;
  friend class changed_future<T>;
  template <class U, class Pred>
  friend class wait_for_future;

  // The current value counts as seen.
  explicit receiver(std::shared_ptr<channel_state<T>> state) noexcept
      : state_(std::move(state)), seen_(state_->version(state_->now())) {
    state_->receivers.fetch_add(1, acq_rel);  // pairs with the load in sender::closed(): it is open again
  }
  std::shared_ptr<channel_state<T>> state_;
  std::uint64_t seen_;
};

template <class T>
class sender {
 public:
  // A sender that nobody listens to yet.
  explicit sender(T value, call_site at = call_site::current())
      : state_(std::make_shared<channel_state<T>>(std::move(value), at)) {}
  sender(const sender& other) noexcept : state_(other.state_) {
    if (state_) state_->senders.fetch_add(1, relaxed);  // the other one keeps the count above zero
  }
  sender(sender&&) noexcept = default;
  sender& operator=(sender other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~sender() {
    if (state_) state_->drop_sender();
  }

  // Without a receiver the value comes back and is not stored.
  std::expected<void, send_error<T>> send(T value) const {
    if (receiver_count() == 0) return std::unexpected(send_error<T>{std::move(value)});
    (void)send_replace(std::move(value));
    return {};
  }
  // Stores also without receivers, and gives the old value.
  T send_replace(T value) const {
    using std::swap;
    state_->change([&](T& current) {
      swap(current, value);
      return true;
    });
    return value;
  }
  // `edit` is given T&. When it throws, the change stays, and nobody is told.
  template <std::invocable<T&> Edit>
  void send_modify(Edit edit) const {
    state_->change([&](T& current) {
      std::invoke(edit, current);
      return true;
    });
  }
  // `edit` says whether receivers are to be told.
  template <std::predicate<T&> Edit>
  bool send_if_modified(Edit edit) const {
    return state_->change([&](T& current) -> bool { return std::invoke(edit, current); });
  }

  ref<T> borrow() const {
    return state_->borrow([](std::uint64_t) { return false; });
  }
  receiver<T> subscribe() const noexcept { return receiver<T>(state_); }
  closed_future<channel_state<T>> closed() const noexcept { return closed_future(state_.get()); }
  bool is_closed() const noexcept { return receiver_count() == 0; }
  std::size_t receiver_count() const noexcept { return state_->receiver_count(); }
  std::size_t sender_count() const noexcept { return state_->senders.load(acquire); }
  bool same_channel(const sender& other) const noexcept { return state_ == other.state_; }

 private:
  std::shared_ptr<channel_state<T>> state_;
};

// The initial value counts as seen.
template <class T>
std::pair<sender<T>, receiver<T>> channel(T initial, call_site at = call_site::current()) {
  sender<T> first(std::move(initial), at);
  auto to = first.subscribe();
  return {std::move(first), std::move(to)};
}

}  // namespace tokio::sync::watch
