// Spans: what is being done, with fields, around what is done. A record of the log that is written inside says the
// fields of all spans around it, also after the task has waited and goes on on another thread.
//   auto request = tracing::info_span("request", {"peer", peer}, {"id", id});
//   co_await tracing::instrument(answer(std::move(stream)), request);     // in it: log::info("read", {"bytes", n})
//   request.in_scope([&] { log::info("done"); });
// Invariant: a span is entered around each poll of what it instruments, and around its destruction, and nowhere else:
//            of other tasks only those are in it that this one polls, of a local_set or a scope that it drives, unless
//            they are in one of their own. A span whose level the log does not want costs one load, and is none.
// Threads:   [any]; record() by who has the only copy.
#pragma once

#include <concepts>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokio/plugin/log.hpp"
#include "tokio/task/awaitable.hpp"

namespace tokio::tracing {

using log::field;
using log::level;

// What is kept of a span: its name and its fields, and the span that it was made in.
class span_record final : public log::scope {
 public:
  span_record(std::string_view name, std::initializer_list<field> fields, std::shared_ptr<const span_record> outer)
      : name_(name), outer_(std::move(outer)) {
    for (const auto& each : fields) set(each);
  }

  void set(const field& to) {
    if (to.empty()) return;
    const auto key = to_view(to.raw().key);
    for (auto& each : fields_)
      if (each.key == key) return (void)(each = kept(to.raw()));
    fields_.emplace_back(to.raw());
  }
  std::string_view name() const noexcept override { return name_; }
  const log::scope* outer() const noexcept override { return outer_.get(); }
  void add_to(std::vector<tokio_kv>& all) const override {
    for (const auto& each : fields_) log::add_unless_there(all, each.raw());
  }

 private:
  // Its texts are its own.
  struct kept {
    explicit kept(const tokio_kv& from) : key(to_view(from.key)), plain(from) {
      if (from.type == TOKIO_KV_STR) text = to_view(from.v.s);
    }
    tokio_kv raw() const noexcept {
      tokio_kv shown = plain;
      shown.key = to_str(key);
      if (plain.type == TOKIO_KV_STR) shown.v.s = to_str(text);
      return shown;
    }
    std::string key, text;
    tokio_kv plain;
  };

  std::string name_;
  std::vector<kept> fields_;
  std::shared_ptr<const span_record> outer_;
};

class span {
 public:
  span() noexcept = default;  // none
  // None when the log does not want its level. Its parent is the span that this thread is in.
  span(level at, std::string_view name, std::initializer_list<field> fields = {}) {
    if (log::enabled(at)) record_ = std::make_shared<span_record>(name, fields, current().record_);
  }

  // The innermost span that this thread is in.
  static span current() noexcept {
    span innermost;
    if (in_) innermost.record_ = *in_;
    return innermost;
  }
  bool is_none() const noexcept { return !record_; }
  // A field that was not known when the span was made, or another value for one.
  void record(const field& to) {
    if (record_) record_->set(to);
  }
  // Runs `fn` in the span. `fn` is no coroutine: what it leaves behind to be polled is not in the span.
  template <std::invocable Fn>
  decltype(auto) in_scope(Fn&& fn) const {
    static_assert(
        !pollable<std::invoke_result_t<Fn>>,
        "span::in_scope(fn): fn gives a future, which would not be in the span: use instrument(future, span)");
    const entered here(*this);
    return std::forward<Fn>(fn)();
  }

 private:
  template <pollable F>
  friend class in_span;

  // This thread is in it until the end of the scope. Never across a suspension, where other tasks would be in it: hence
  // nobody is given one. It keeps the record, whatever becomes of the span.
  class entered {
   public:
    explicit entered(const span& what) noexcept : kept_(what.record_), before_(in_), scope_before_(log::scope_here) {
      if (!kept_) return;
      in_ = &kept_;
      log::scope_here = kept_.get();
    }
    ~entered() {
      in_ = before_;
      log::scope_here = scope_before_;
    }
    entered(const entered&) = delete;
    entered& operator=(const entered&) = delete;

   private:
    const std::shared_ptr<span_record> kept_;
    const std::shared_ptr<span_record>* before_;
    const log::scope* scope_before_;
  };

  TOKIO_HIDDEN static inline constinit thread_local const std::shared_ptr<span_record>* in_ = nullptr;
  std::shared_ptr<span_record> record_;
};

inline span trace_span(std::string_view name, field a = {}, field b = {}, field c = {}, field d = {}, field e = {}) {
  return span(level::trace, name, {a, b, c, d, e});
}
inline span debug_span(std::string_view name, field a = {}, field b = {}, field c = {}, field d = {}, field e = {}) {
  return span(level::debug, name, {a, b, c, d, e});
}
inline span info_span(std::string_view name, field a = {}, field b = {}, field c = {}, field d = {}, field e = {}) {
  return span(level::info, name, {a, b, c, d, e});
}
inline span warn_span(std::string_view name, field a = {}, field b = {}, field c = {}, field d = {}, field e = {}) {
  return span(level::warn, name, {a, b, c, d, e});
}
inline span error_span(std::string_view name, field a = {}, field b = {}, field c = {}, field d = {}, field e = {}) {
  return span(level::error, name, {a, b, c, d, e});
}

// A future that is in a span whenever it is polled, and when it is destroyed.
template <pollable F>
class [[nodiscard]] in_span {
 public:
  using output = output_of<F>;
  in_span(F future, span around) : span_(std::move(around)), future_(std::move(future)) {}
  in_span(in_span&&) = default;  // before the first poll
  in_span& operator=(in_span&&) = delete;
  ~in_span() {
    const span::entered here(span_);
    future_.reset();
  }

  tokio::poll<output> poll(context& cx) {
    const span::entered here(span_);
    return future_->poll(cx);
  }

 private:
  span span_;
  std::optional<F> future_;
};

template <pollable F>
in_span<F> instrument(F future, span around) {
  return in_span<F>(std::move(future), std::move(around));
}
// In the span that this thread is in now: for what is spawned.
template <pollable F>
in_span<F> in_current_span(F future) {
  return instrument(std::move(future), span::current());
}

}  // namespace tokio::tracing
