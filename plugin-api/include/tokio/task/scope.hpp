// `scope(body)`: children that cannot outlive the line that awaits them.
//   int left = 0, right = 0;
//   co_await tokio::scope([&](tokio::scope_children& children) -> tokio::task<> {
//     children.spawn(count(first_half, left));     // may borrow whatever lives around the scope
//     children.spawn(count(second_half, right));
//     co_return;                                   // the scope ends when the body and all children have ended
//   });
// The first exception of the body or of a child ends all the others, and comes out of the scope once they are gone.
// So does a child that the host refuses (memory, quota, an instance that ends) or destroys. One that was aborted is no
// failure, nor is the abort with which a host first asks all tasks of an instance that ends. The exception that comes
// out belongs to the scope alone, because the host reports a child's end on a thread of its own: the child's handle, if
// somebody outside still holds it, gives a panic_error that says so.
// `try_scope<E>(body)` does the same for the first error of a std::expected<..., E>, which is what its body gives.
// Children of spawn() take turns in the task that awaits the scope, so that destroying the scope destroys them there
// and then: a scope may lose a select, or be aborted, and still nothing of theirs is left that could use what is gone.
// spawn_parallel() starts a task that other workers may take; it must own what it uses, because a scope that is
// destroyed aborts it without waiting. One that ends has waited for it.
// Invariant: no child is alive when the scope is ready, and none of spawn() when it is gone. What is kept with keep()
//            goes after those.
// Threads:   [task]; children inside it, those of spawn_parallel on any worker. Not cancel safe: dropping it ends all.
#pragma once

#include <exception>
#include <expected>
#include <list>
#include <memory>
#include <optional>
#include <utility>

#include "tokio/task/abort_on_drop.hpp"
#include "tokio/task/cancel.hpp"
#include "tokio/task/local_tasks.hpp"
#include "tokio/task/task_tracker.hpp"

namespace tokio {

// internal: the error that a value may be, for scopes that look for one.
template <class E, class T>
constexpr bool may_be_error = false;
template <class E, class T, class Own>
constexpr bool may_be_error<E, std::expected<T, Own>> = std::constructible_from<E, Own>;
template <class T, class Own>
constexpr bool may_be_error<void, std::expected<T, Own>> = false;

// What the body is given. E is void, or the type of errors that end the scope.
template <class E>
class basic_scope_children {
 public:
  basic_scope_children() : tasks_(std::make_shared<local_tasks>(local_tasks::kind::scope)) {}
  basic_scope_children(const basic_scope_children&) = delete;
  basic_scope_children& operator=(const basic_scope_children&) = delete;
  ~basic_scope_children() { tasks_->close(); }

  // A child in this task. Its handle may be awaited, aborted or dropped; a failed child ends the scope all the same.
  template <task_name Name = "", class F>
  auto spawn(F&& future, call_site at = call_site::current()) {
    return start<Name>(at, std::forward<F>(future));
  }
  template <task_name Name = "", class Fn, class First, class... Args>
  auto spawn(Fn&& fn, First&& first, Args&&... args) {
    return start<Name>({}, std::forward<Fn>(fn), std::forward<First>(first), std::forward<Args>(args)...);
  }
  // A child that is a task of the host, which must own what it uses.
  template <task_name Name = "", class F>
  auto spawn_parallel(F&& future, call_site at = call_site::current()) {
    using output = spawned_output<F>;
    return start<"">(
        at, await_child<output>(abort_on_drop_handle(parallel_.template spawn<Name>(std::forward<F>(future), at))));
  }

  // A value that lives as long as the children: they may borrow it, and outlive the body that made it.
  template <class T>
  T& keep(T value) {
    struct kept final : anything {
      explicit kept(T&& given) : what(std::move(given)) {}
      T what;
    };
    auto owned = std::make_unique<kept>(std::move(value));
    auto& here = owned->what;
    kept_.push_front(std::move(owned));
    return here;
  }

  // Ready when no child is left. Cancel safe.
  auto all() noexcept {
    return poll_fn([this](context& cx) -> tokio::poll<void> {
      if (len() == 0) return ready();
      waits_ = cx.waker();
      return pending;
    });
  }
  std::size_t len() const noexcept { return tasks_->len(); }
  // For children that want to end in their own way; cancelled when the scope fails, or by cancel().
  const cancellation_token& token() const noexcept { return token_; }
  // Ends all children; the body goes on, and later children are cancelled at once.
  void cancel() noexcept {
    token_.cancel();
    tasks_->ask_to_close();
  }

 private:
  template <class Of, class Fn>
  friend class scope_future;
  template <class Of, class F>
  friend class scope_child;
  struct anything {
    virtual ~anything() = default;
  };

  template <task_name Name, class... Args>
  auto start(call_site at, Args&&... args);
  template <class T>
  static task<T> await_child(abort_on_drop_handle<T> handle) {
    auto ended = co_await std::move(handle);
    if (!ended && ended.error().is_cancelled()) panic("a parallel child of a scope was aborted");
    if (!ended) ended.error().rethrow();
    if constexpr (!std::is_void_v<T>) co_return *std::move(ended);
  }

  void fail(std::exception_ptr thrown) noexcept {
    if (!failed()) thrown_ = std::move(thrown);
  }
  // Called in the catch block of a child that ends with what this throws.
  [[noreturn]] void fail_child() {
    if (failed()) throw;
    thrown_ = std::current_exception();
    panic("a child of a scope threw: the exception itself comes out of the scope");
  }
  template <class T>
  void note_error(const T& value) {
    if constexpr (may_be_error<E, T>)
      if (!value && !failed()) error_.emplace(value.error());
  }
  bool failed() const noexcept {
    if constexpr (!std::is_void_v<E>)
      if (error_) return true;
    return thrown_ != nullptr;
  }
  // One turn of the children.
  void drive(context& cx) {
    tasks_->turn(cx, driver_);
    if (tasks_->asked_to_close()) tasks_->close();
    if (tasks_->has_lost())
      fail(std::make_exception_ptr(panic_error("a child of a scope was refused, or destroyed, by the host")));
    if (len() == 0) std::exchange(waits_, waker()).wake();
  }
  void end() noexcept {
    token_.cancel();
    tasks_->close();
  }

  std::list<std::unique_ptr<anything>> kept_;  // the newest first
  std::shared_ptr<local_tasks> tasks_;
  local_driver driver_;
  task_tracker parallel_;
  cancellation_token token_;
  waker waits_;
  std::exception_ptr thrown_;
  [[no_unique_address]] std::conditional_t<std::is_void_v<E>, unit, std::optional<non_void<E>>> error_;
};
using scope_children = basic_scope_children<void>;
template <class E>
using try_scope_children = basic_scope_children<E>;

// A child's future, which tells its scope how it ended.
template <class E, class F>
class scope_child {
 public:
  using output = output_of<F>;
  template <class... Args>
  explicit scope_child(basic_scope_children<E>& of, Args&&... args) : of_(&of), future_(std::forward<Args>(args)...) {}

  tokio::poll<output> poll(context& cx) {
    try {
      auto polled = future_.poll(cx);
      if constexpr (!std::is_void_v<output>)
        if (polled.is_ready()) of_->note_error(polled.value());
      return polled;
    } catch (...) {
      of_->fail_child();
    }
  }
  void drop()
    requires drops_aloud<F>
  {
    future_.drop();
  }
  void walk(walker& to) const noexcept
    requires walkable<F>
  {
    future_.walk(to);
  }

 private:
  basic_scope_children<E>* of_;
  F future_;
};
template <class E, class F>
constexpr bool drops_aloud<scope_child<E, F>> = drops_aloud<F>;

template <class E>
template <task_name Name, class... Args>
auto basic_scope_children<E>::start(call_site at, Args&&... args) {
  static_assert(spawnable<Args...>,
                "spawn takes a task (moved in), or a function and its arguments that together give a task.");
  using child = scope_child<E, typename spawned_future<Args...>::type>;
  return spawn_from<Name>(at, make_local(*tasks_, at, child(*this, std::forward<Args>(args)...)));
}

template <class E, class Fn>
class [[nodiscard]] scope_future {
  using body = std::invoke_result_t<Fn&, basic_scope_children<E>&>;

 public:
  using output = output_of<body>;
  explicit scope_future(Fn fn) : fn_(std::move(fn)) {}
  scope_future(scope_future&& other) noexcept(std::is_nothrow_move_constructible_v<Fn>)
      : fn_(std::move(other.fn_)) {}  // before the first poll
  ~scope_future() {
    if (children_) children_->end();
  }

  tokio::poll<output> poll(context& cx) {
    if (!children_) start();
    if (body_) poll_body(cx);
    children_->drive(cx);
    if (children_->failed()) end_all();
    if (body_ || children_->len() != 0 || !parallel_gone(cx)) return pending;
    return outcome();
  }
  // The body, then the children that take turns in the same task.
  void walk(walker& to) const noexcept {
    if (body_) to.future(*body_);
    if (children_) children_->tasks_->walk(to);
  }

 private:
  // Builds the body in place: it need not be movable.
  struct starter {
    scope_future& self;
    operator body() const { return self.fn_(*self.children_); }
  };
  void start() {
    children_.emplace();
    body_.emplace(starter{*this});
  }
  void poll_body(context& cx) {
    try {
      auto polled = body_->poll(cx);
      if (polled.is_pending()) return;
      if constexpr (std::is_void_v<output>) {
        value_.emplace();
      } else {
        children_->note_error(polled.value());
        value_.emplace(std::move(polled).value());
      }
    } catch (...) {
      children_->fail(std::current_exception());
    }
    body_.reset();
  }
  void end_all() noexcept {
    children_->end();
    body_.reset();
  }
  // Those that other workers have are aborted, or have ended; they may be gone only later.
  bool parallel_gone(context& cx) {
    if (!leaving_) {
      children_->parallel_.close();
      leaving_.emplace(children_->parallel_.wait());
    }
    return leaving_->poll(cx).is_ready();
  }
  tokio::poll<output> outcome() {
    if (children_->thrown_) std::rethrow_exception(children_->thrown_);
    if constexpr (!std::is_void_v<E>)
      if (children_->error_) return output(std::unexpect, *std::move(children_->error_));
    if constexpr (std::is_void_v<output>)
      return ready();
    else
      return *std::move(value_);
  }

  Fn fn_;
  std::optional<basic_scope_children<E>> children_;
  std::optional<body> body_;
  std::optional<non_void<output>> value_;
  std::optional<tracker_wait> leaving_;
};

template <class Fn>
concept scope_body = requires(std::decay_t<Fn>& fn, scope_children& children) {
  { fn(children) } -> pollable;
};
template <class Fn, class E>
concept try_scope_body = requires(std::decay_t<Fn>& fn, try_scope_children<E>& children) {
  { fn(children) } -> pollable;
  requires std::constructible_from<output_of<decltype(fn(children))>, std::unexpect_t, E>;
};

template <class Fn>
auto scope(Fn&& body) {
  static_assert(scope_body<Fn>, "scope takes a function of scope_children& that gives a task.");
  return scope_future<void, std::decay_t<Fn>>(std::forward<Fn>(body));
}
template <class E, class Fn>
auto try_scope(Fn&& body) {
  static_assert(try_scope_body<Fn, E>,
                "try_scope<E> takes a function of try_scope_children<E>& that gives a task of std::expected<T, E>.");
  return scope_future<E, std::decay_t<Fn>>(std::forward<Fn>(body));
}

}  // namespace tokio
