// Streams made of a stream, one item after the other: what the functions of stream.hpp return.
// Invariant: an adapter polls its stream only while it is polled itself, and keeps no item but the one it waits with.
// Threads: one at a time.
#pragma once

#include <functional>

#include "tokio/stream/stream.hpp"

namespace tokio::stream {

// Base of an adapter: the stream inside.
template <class Self, class S>
class adapter : public methods<Self> {
 public:
  const S& get() const noexcept { return inner_; }
  S& get() noexcept { return inner_; }
  // Items that were taken already are lost.
  S into_inner() && { return std::move(inner_); }

 protected:
  explicit adapter(S&& inner) : inner_(std::move(inner)) {}
  S inner_;
};

// An adapter that ends when its stream does.
template <class Self, class S>
class passing_adapter : public adapter<Self, S> {
 public:
  bool is_terminated() const noexcept
    requires is_fused<S>
  {
    return this->inner_.is_terminated();
  }

 protected:
  using adapter<Self, S>::adapter;
};

// An adapter that stops for good, also before its stream does.
template <class Self, class S>
class stopping_adapter : public adapter<Self, S> {
 public:
  bool is_terminated() const noexcept { return over_; }

 protected:
  using adapter<Self, S>::adapter;
  bool over_ = false;
};

template <class S, class F>
class map_stream : public passing_adapter<map_stream<S, F>, S> {
 public:
  using item = std::invoke_result_t<F&, item_of<S>>;
  map_stream(S&& inner, F f) : map_stream::passing_adapter(std::move(inner)), f_(std::move(f)) {}

  next_poll<item> poll_next(context& cx) {
    auto polled = this->inner_.poll_next(cx);
    if (polled.is_pending()) return pending;
    if (!polled.value()) return std::optional<item>();
    return std::optional<item>(std::invoke(f_, *std::move(polled).value()));
  }

 private:
  F f_;
};

template <class S, class F>
class then_stream : public adapter<then_stream<S, F>, S> {
  using future = std::invoke_result_t<F&, item_of<S>>;

 public:
  using item = output_of<future>;
  then_stream(S&& inner, F f) : then_stream::adapter(std::move(inner)), f_(std::move(f)) {}
  // Only while no future runs.
  then_stream(then_stream&& other) : then_stream::adapter(std::move(idle(other).inner_)), f_(std::move(other.f_)) {}

  next_poll<item> poll_next(context& cx) {
    if (!runs_) {
      auto polled = this->inner_.poll_next(cx);
      if (polled.is_pending()) return pending;
      if (!polled.value()) return std::optional<item>();
      runs_.emplace(starter{f_, *polled.value()});
    }
    try {
      auto polled = poll_run(cx);
      if (polled.is_ready()) runs_.reset();
      return polled;
    } catch (...) {
      runs_.reset();
      throw;
    }
  }
  bool is_terminated() const noexcept
    requires is_fused<S>
  {
    return !runs_ && this->inner_.is_terminated();
  }

 private:
  static then_stream& idle(then_stream& stream) {
    if (stream.runs_) panic("a stream was moved while it waits");
    return stream;
  }
  next_poll<item> poll_run(context& cx) {
    auto polled = runs_->poll(cx);
    if (polled.is_pending()) return pending;
    return std::optional<item>(std::move(polled).value());
  }
  // Builds the future in place: it need not be movable.
  struct starter {
    F& f;
    item_of<S>& from;
    operator future() const { return std::invoke(f, std::move(from)); }
  };
  F f_;
  std::optional<future> runs_;
};

template <class S, class F>
class filter_map_stream : public passing_adapter<filter_map_stream<S, F>, S> {
 public:
  using item = std::invoke_result_t<F&, item_of<S>>::value_type;
  filter_map_stream(S&& inner, F f) : filter_map_stream::passing_adapter(std::move(inner)), f_(std::move(f)) {}

  next_poll<item> poll_next(context& cx) {
    while (true) {
      auto polled = this->inner_.poll_next(cx);
      if (polled.is_pending()) return pending;
      if (!polled.value()) return std::optional<item>();
      if (std::optional<item> found = std::invoke(f_, *std::move(polled).value())) return found;
    }
  }

 private:
  F f_;
};

template <class S, class F>
class filter_stream : public passing_adapter<filter_stream<S, F>, S> {
 public:
  using item = item_of<S>;
  filter_stream(S&& inner, F keep) : filter_stream::passing_adapter(std::move(inner)), keep_(std::move(keep)) {}

  next_poll<item> poll_next(context& cx) {
    while (true) {
      auto polled = this->inner_.poll_next(cx);
      if (polled.is_pending() || !polled.value()) return polled;
      if (std::invoke(keep_, std::as_const(*polled.value()))) return polled;
    }
  }

 private:
  F keep_;
};

template <class S, class F>
class map_while_stream : public stopping_adapter<map_while_stream<S, F>, S> {
 public:
  using item = std::invoke_result_t<F&, item_of<S>>::value_type;
  map_while_stream(S&& inner, F f) : map_while_stream::stopping_adapter(std::move(inner)), f_(std::move(f)) {}

  next_poll<item> poll_next(context& cx) {
    if (this->over_) return std::optional<item>();
    auto polled = this->inner_.poll_next(cx);
    if (polled.is_pending()) return pending;
    std::optional<item> found;
    if (polled.value()) found = std::invoke(f_, *std::move(polled).value());
    this->over_ = !found;
    return found;
  }

 private:
  F f_;
};

template <class S>
class take_stream : public stopping_adapter<take_stream<S>, S> {
 public:
  using item = item_of<S>;
  take_stream(S&& inner, std::size_t n) : take_stream::stopping_adapter(std::move(inner)), left_(n) {
    this->over_ = n == 0;
  }

  next_poll<item> poll_next(context& cx) {
    if (this->over_) return std::optional<item>();
    auto polled = this->inner_.poll_next(cx);
    if (polled.is_ready()) this->over_ = !polled.value() || --left_ == 0;
    return polled;
  }

 private:
  std::size_t left_;
};

template <class S, class F>
class take_while_stream : public stopping_adapter<take_while_stream<S, F>, S> {
 public:
  using item = item_of<S>;
  take_while_stream(S&& inner, F keep)
      : take_while_stream::stopping_adapter(std::move(inner)), keep_(std::move(keep)) {}

  next_poll<item> poll_next(context& cx) {
    if (this->over_) return std::optional<item>();
    auto polled = this->inner_.poll_next(cx);
    if (polled.is_pending()) return pending;
    this->over_ = !polled.value() || !std::invoke(keep_, std::as_const(*polled.value()));
    if (this->over_) return std::optional<item>();
    return polled;
  }

 private:
  F keep_;
};

template <class S>
class skip_stream : public passing_adapter<skip_stream<S>, S> {
 public:
  using item = item_of<S>;
  skip_stream(S&& inner, std::size_t n) : skip_stream::passing_adapter(std::move(inner)), left_(n) {}

  next_poll<item> poll_next(context& cx) {
    while (true) {
      auto polled = this->inner_.poll_next(cx);
      if (polled.is_pending() || !polled.value() || left_ == 0) return polled;
      --left_;
    }
  }

 private:
  std::size_t left_;
};

template <class S, class F>
class skip_while_stream : public passing_adapter<skip_while_stream<S, F>, S> {
 public:
  using item = item_of<S>;
  skip_while_stream(S&& inner, F drop) : skip_while_stream::passing_adapter(std::move(inner)), drop_(std::move(drop)) {}

  next_poll<item> poll_next(context& cx) {
    while (true) {
      auto polled = this->inner_.poll_next(cx);
      if (polled.is_pending() || !polled.value()) return polled;
      if (!skips_ || !std::invoke(drop_, std::as_const(*polled.value()))) {
        skips_ = false;
        return polled;
      }
    }
  }

 private:
  F drop_;
  bool skips_ = true;
};

template <class S>
class fuse_stream : public methods<fuse_stream<S>> {
 public:
  using item = item_of<S>;
  explicit fuse_stream(S&& inner) : inner_(std::move(inner)) {}

  next_poll<item> poll_next(context& cx) {
    if (!inner_) return std::optional<item>();
    auto polled = inner_->poll_next(cx);
    if (polled.is_ready() && !polled.value()) inner_.reset();
    return polled;
  }
  bool is_terminated() const noexcept { return !inner_; }

 private:
  std::optional<S> inner_;
};

template <class A, class B>
class chain_stream : public methods<chain_stream<A, B>> {
  static_assert(std::same_as<item_of<A>, item_of<B>>, "chain takes a stream of the same items.");

 public:
  using item = item_of<A>;
  chain_stream(A&& first, B&& second) : first_(std::move(first)), second_(std::move(second)) {}

  next_poll<item> poll_next(context& cx) {
    if (!first_.is_terminated()) {
      auto polled = first_.poll_next(cx);
      if (polled.is_pending() || polled.value()) return polled;
    }
    return second_.poll_next(cx);
  }
  bool is_terminated() const noexcept
    requires is_fused<B>
  {
    return first_.is_terminated() && second_.is_terminated();
  }

 private:
  fuse_stream<A> first_;
  B second_;
};

template <class S>
class peekable_stream : public methods<peekable_stream<S>> {
 public:
  using item = item_of<S>;
  explicit peekable_stream(S&& inner) : inner_(std::move(inner)) {}

  next_poll<item> poll_next(context& cx) {
    if (!next_) return inner_.poll_next(cx);
    return *std::exchange(next_, std::nullopt);
  }
  // The item that next() will give, nullptr at the end; valid until then. Cancel safe.
  auto peek() noexcept {
    return poll_fn([this](context& cx) { return poll_peek(cx); });
  }
  tokio::poll<item*> poll_peek(context& cx) {
    if (!next_) {
      auto polled = inner_.poll_next(cx);
      if (polled.is_pending()) return pending;
      next_.emplace(std::move(polled).value());
    }
    return *next_ ? &**next_ : nullptr;
  }
  bool is_terminated() const noexcept { return next_ ? !*next_ : inner_.is_terminated(); }

 private:
  fuse_stream<S> inner_;
  std::optional<std::optional<item>> next_;  // peeked at: an item, or the end
};

}  // namespace tokio::stream
