// What has a next of its own, as a stream: receivers of channels, an interval, the tasks of a join_set. Answers to
// tokio_stream::wrappers.
//   auto lines = stream::of(std::move(rx)).filter(...);          // an mpsc receiver
//   auto news = stream::of(std::move(watch_rx));                 // the current value first, then each that is new
// Invariant: nothing is lost between what a wrapper gave and what it wraps: into_inner() has the rest. Dropping next()
//            loses nothing. One of broadcast or watch that waits is not moved.
// Threads: one at a time.
#pragma once

#include "tokio/stream/stream.hpp"
#include "tokio/sync/broadcast.hpp"
#include "tokio/sync/mpsc_receiver.hpp"
#include "tokio/sync/watch.hpp"
#include "tokio/task/join_set.hpp"
#include "tokio/time/interval.hpp"

namespace tokio::stream {

// How many items are left: at least, and at most when that is known.
struct size_bounds {
  std::size_t least = 0;
  std::optional<std::size_t> most;
  friend bool operator==(const size_bounds&, const size_bounds&) noexcept = default;
};

// A stream of what `from` gives.
template <class Self, class From>
class wrapper : public methods<Self> {
 public:
  From& get() noexcept { return from_; }
  From into_inner() && { return std::move(from_); }

 protected:
  explicit wrapper(From from) : from_(std::move(from)) {}
  From from_;
};

template <class C>
class [[nodiscard]] receiver_stream : public wrapper<receiver_stream<C>, sync::mpsc::basic_receiver<C>> {
  using from = sync::mpsc::basic_receiver<C>;

 public:
  using item = typename from::T;
  explicit receiver_stream(from of) : receiver_stream::wrapper(std::move(of)) {}

  next_poll<item> poll_next(context& cx) { return this->from_.poll_recv(cx); }
  // Senders fail from now on; what is there, and what permits may still send, comes.
  void close() { this->from_.close(); }
  size_bounds size_hint() const noexcept {
    auto& of = this->from_;
    if (!of.is_closed()) return {of.len(), std::nullopt};
    if constexpr (requires { of.capacity(); })
      return {of.len(), of.max_capacity() - of.capacity()};  // permits may still send
    else
      return {of.len(), of.len()};
  }
};
template <class C>
receiver_stream<C> of(sync::mpsc::basic_receiver<C> from) {
  return receiver_stream<C>(std::move(from));
}

// internal: a future of the wrapped thing, which points at that and is kept while it waits. The first base of a
// wrapper, so that a move is refused before anything has moved; the wrapper drops it before what it points at.
template <class Future>
class kept_wait {
 protected:
  kept_wait() noexcept = default;
  kept_wait(kept_wait&& other) {
    if (other.waits_) panic("a stream was moved while it waits");
  }
  kept_wait& operator=(kept_wait&&) = delete;

  void drop() noexcept { waits_.reset(); }
  template <class Begin>
  auto poll_kept(context& cx, Begin begin) {
    if (!waits_) waits_.emplace(begin);
    auto polled = waits_->future.poll(cx);
    if (polled.is_ready()) waits_.reset();
    return polled;
  }

 private:
  struct waiting {
    template <class Begin>
    explicit waiting(Begin& begin) : future(begin()) {}
    Future future;
  };
  std::optional<waiting> waits_;
};

// A receiver that was too slow gives one error that says how many values it has missed, and goes on.
template <class T>
class [[nodiscard]] broadcast_stream : kept_wait<sync::broadcast::recv_future<T>>,
                                       public wrapper<broadcast_stream<T>, sync::broadcast::receiver<T>> {
  using error = sync::broadcast::recv_error;

 public:
  using item = std::expected<T, error>;
  explicit broadcast_stream(sync::broadcast::receiver<T> of) : broadcast_stream::wrapper(std::move(of)) {}
  broadcast_stream(broadcast_stream&&) = default;
  ~broadcast_stream() { this->drop(); }

  next_poll<item> poll_next(context& cx) {
    auto polled = this->poll_kept(cx, [this] { return this->from_.recv(); });
    if (polled.is_pending()) return pending;
    if (!polled.value() && polled.value().error().is_closed()) return std::optional<item>();
    return std::optional<item>(std::move(polled).value());
  }
  sync::broadcast::receiver<T> into_inner() && {
    this->drop();
    return std::move(this->from_);
  }
};
template <class T>
broadcast_stream<T> of(sync::broadcast::receiver<T> from) {
  return broadcast_stream<T>(std::move(from));
}

// Copies of the value: the current one first, unless it was made by from_changes(), then one for what changed since.
template <class T>
class [[nodiscard]] watch_stream : kept_wait<sync::watch::changed_future<T>>,
                                   public wrapper<watch_stream<T>, sync::watch::receiver<T>> {
 public:
  using item = T;
  explicit watch_stream(sync::watch::receiver<T> of, bool current = true)
      : watch_stream::wrapper(std::move(of)), current_(current) {}
  watch_stream(watch_stream&&) = default;
  ~watch_stream() { this->drop(); }

  next_poll<item> poll_next(context& cx) {
    if (!std::exchange(current_, false)) {
      auto polled = this->poll_kept(cx, [this] { return this->from_.changed(); });
      if (polled.is_pending()) return pending;
      if (!polled.value()) return std::optional<item>();
    }
    return std::optional<item>(*this->from_.borrow_and_update());
  }
  sync::watch::receiver<T> into_inner() && {
    this->drop();
    return std::move(this->from_);
  }

 private:
  bool current_;
};
template <class T>
watch_stream<T> of(sync::watch::receiver<T> from) {
  return watch_stream<T>(std::move(from));
}
template <class T>
watch_stream<T> from_changes(sync::watch::receiver<T> from) {
  return watch_stream<T>(std::move(from), false);
}

// Its ticks; never ends.
class [[nodiscard]] interval_stream : public wrapper<interval_stream, time::interval> {
 public:
  using item = time::instant;
  explicit interval_stream(time::interval of) : wrapper(std::move(of)) {}

  next_poll<item> poll_next(context& cx) {
    auto polled = from_.poll_tick(cx);
    if (polled.is_pending()) return pending;
    return std::optional<item>(polled.value());
  }
};
inline interval_stream of(time::interval from) { return interval_stream(std::move(from)); }

// The results of its tasks as they end; ends when the set is empty.
template <class T>
class [[nodiscard]] join_set_stream : public wrapper<join_set_stream<T>, join_set<T>> {
 public:
  using item = joined_value<T>;
  explicit join_set_stream(join_set<T> of) : join_set_stream::wrapper(std::move(of)) {}

  next_poll<item> poll_next(context& cx) { return this->from_.poll_join_next(cx); }
  size_bounds size_hint() const noexcept { return {this->from_.len(), this->from_.len()}; }
};
template <class T>
join_set_stream<T> of(join_set<T> from) {
  return join_set_stream<T>(std::move(from));
}

}  // namespace tokio::stream
