// `select`: polls several futures in one task; the first that is ready wins, the others are destroyed.
//   auto won = co_await select(rx.recv(), sleep(1s));            // won.index(), won.get<0>()
//   co_await select(on(rx.recv(), [&](auto item) { ... }),       // the losers are gone when the handler runs
//                   when(open, timer, [&] { ... }),              // an lvalue is polled by reference and survives
//                   otherwise([&] { ... }));                     // when every branch is disabled
//   co_await select(biased, ...);                                // polls in the order written
// A handler returns a value, nothing, or a task, which is then run to its end.
// Dropping a select drops its branches, and the task of a handler that runs: it is cancel safe when all its branches
// are and none has such a task. A value that matching() refuses is gone. Invariant: without budget nothing is polled;
// without `biased` each poll starts at a random branch. Threads: [task].
#pragma once

#include <tuple>
#include <variant>

#include "tokio/task/branch.hpp"
#include "tokio/task/task.hpp"

namespace tokio {

// Which branch won, and what it gave (`unit` for void).
template <class... Ts>
class selected {
 public:
  template <std::size_t I, class T>
  selected(std::in_place_index_t<I> at, T&& value) : value_(at, std::forward<T>(value)) {}
  std::size_t index() const noexcept { return value_.index(); }
  template <std::size_t I>
  auto& get() & noexcept {
    return *std::get_if<I>(&value_);
  }
  template <std::size_t I>
  auto&& get() && noexcept {
    return std::move(*std::get_if<I>(&value_));
  }

 private:
  std::variant<Ts...> value_;
};

struct no_handler {};
struct any_value {
  template <class T>
  constexpr bool operator()(const T&) const noexcept {
    return true;
  }
};

template <pollable F, class Handler = no_handler, class Pattern = any_value>
struct select_branch {
  using future_type = F;
  using value_type = non_void<output_of<F>>;
  static constexpr bool handled = !std::same_as<Handler, no_handler>;
  select_branch(bool enabled, F&& f, Handler h = {}, Pattern p = {}) : handler(std::move(h)), pattern(std::move(p)) {
    if (enabled) future.emplace(std::move(f));
  }
  std::optional<F> future;  // empty when disabled
  [[no_unique_address]] Handler handler;
  [[no_unique_address]] Pattern pattern;
};

template <class Handler>
struct otherwise_branch {
  Handler handler;
};
template <class T>
inline constexpr bool is_branch = false;
template <class F, class H, class P>
inline constexpr bool is_branch<select_branch<F, H, P>> = true;

template <class F, class Handler = no_handler, class Pattern = any_value>
auto make_branch(bool enabled, F&& future, Handler handler = {}, Pattern pattern = {}) {
  static_assert(pollable<F>, "on(), when() and matching() take a future, and then a handler.");
  if constexpr (pollable<F>) {
    static_assert(std::predicate<Pattern&, const non_void<output_of<F>>&>,
                  "matching: the pattern is a function of what its future gives that says yes or no.");
    return select_branch<held<F>, Handler, Pattern>(enabled, held<F>(std::forward<F>(future)), std::move(handler),
                                                    std::move(pattern));
  }
}

// A branch with a handler; `when` takes part only if `enabled`; `matching` drops out when `pattern(value)` is false.
template <class F, class Handler>
auto on(F&& future, Handler handler) {
  return make_branch(true, std::forward<F>(future), std::move(handler));
}
template <class F, class Handler>
auto when(bool enabled, F&& future, Handler handler) {
  return make_branch(enabled, std::forward<F>(future), std::move(handler));
}
template <class F>
auto when(bool enabled, F&& future) {
  return make_branch(enabled, std::forward<F>(future));
}
template <class F, class Pattern, class Handler>
auto matching(F&& future, Pattern pattern, Handler handler) {
  return make_branch(true, std::forward<F>(future), std::move(handler), std::move(pattern));
}
template <class Handler>
auto otherwise(Handler handler) {
  return otherwise_branch<Handler>{std::move(handler)};
}

// The race itself: ready with the winner's index and value, every future gone; nothing when all are disabled.
template <bool Biased, class... Branches>
class race {
 public:
  static constexpr std::size_t count = sizeof...(Branches);
  using won = selected<typename Branches::value_type...>;
  using output = std::optional<won>;

  explicit race(Branches&&... branches) : branches_(std::move(branches)...) {}

  tokio::poll<output> poll(context& cx) {
    if (!cx.has_budget() && !cx.proceed()) return pending;
    output answer;
    std::size_t left = 0;
    std::size_t first = start(cx);
    for (std::size_t n = 0; n < count; ++n) {
      with_index<count>((first + n) % count, [&](auto i) { left += poll_branch<i>(cx, answer); });
      if (answer) return destroy_all(), std::move(answer);
    }
    if (left == 0) return output{};
    return pending;
  }
  template <std::size_t I>
  auto& branch() noexcept {
    return std::get<I>(branches_);
  }
  void walk(walker& to) const noexcept {
    std::apply([&](const auto&... branch) { ((branch.future ? to.future(*branch.future) : void()), ...); }, branches_);
  }

 private:
  // 1 when the branch still waits.
  template <std::size_t I>
  std::size_t poll_branch(context& cx, output& answer) {
    auto& branch = std::get<I>(branches_);
    if (!branch.future) return 0;
    auto polled = branch.future->poll(cx);
    if (polled.is_pending()) return 1;
    using value_type = std::remove_cvref_t<decltype(branch)>::value_type;
    if constexpr (std::same_as<value_type, unit>) {
      answer.emplace(std::in_place_index<I>, unit{});
    } else if (branch.pattern(std::as_const(polled.value()))) {
      answer.emplace(std::in_place_index<I>, std::move(polled).value());
    } else {
      branch.future.reset();
    }
    return 0;
  }
  void destroy_all() {
    std::apply([](auto&... branch) { (branch.future.reset(), ...); }, branches_);
  }
  // The order differs from poll to poll and comes from the host, so that a simulation repeats it.
  std::size_t start(context& cx) {
    if constexpr (Biased || count < 2) return 0;
    if (random_ == 0) host.core->random(cx.instance(), &random_, sizeof(random_));
    random_ = random_ * 1664525u + 1013904223u;
    return (random_ >> 16) % count;
  }

  std::tuple<Branches...> branches_;
  std::uint32_t random_ = 0;
};

// select without handlers.
template <bool Biased, class... Branches>
class [[nodiscard]] select_values {
 public:
  using output = typename race<Biased, Branches...>::won;
  explicit select_values(Branches&&... branches) : race_(std::move(branches)...) {}
  tokio::poll<output> poll(context& cx) {
    auto polled = race_.poll(cx);
    if (polled.is_pending()) return pending;
    if (!polled.value()) panic("select: all branches are disabled and there is no otherwise branch");
    return std::move(*polled.value());
  }
  void walk(walker& to) const noexcept { race_.walk(to); }

 private:
  race<Biased, Branches...> race_;
};

template <class R>
struct handler_result {
  using type = R;
};
template <class T>
struct handler_result<task<T>> {
  using type = T;
};

// What select gives when no branch is left is of the type that it gives otherwise.
template <class Otherwise, class R>
inline constexpr bool ends_as = true;
template <class Handler, class R>
inline constexpr bool ends_as<otherwise_branch<Handler>, R> =
    std::same_as<typename handler_result<std::invoke_result_t<Handler&>>::type, R>;

template <class Branch>
concept takes_its_value = std::is_invocable_v<decltype(Branch::handler)&, typename Branch::value_type&&> ||
                          std::is_invocable_v<decltype(Branch::handler)&>;

// select with handlers: first the race, then perhaps the task that a handler gave.
template <bool Biased, class Otherwise, class... Branches>
class [[nodiscard]] select_handled {
  template <class Branch>
  static auto call(Branch& branch, typename Branch::value_type&& value) {
    static_assert(takes_its_value<Branch>,
                  "select: a handler takes what its future gives, or nothing; this one takes something else.");
    if constexpr (std::is_invocable_v<decltype(branch.handler)&, typename Branch::value_type&&>)
      return branch.handler(std::move(value));
    else if constexpr (takes_its_value<Branch>)
      return branch.handler();
  }
  template <class Branch>
  using result_of = typename handler_result<decltype(call(std::declval<Branch&>(),
                                                          std::declval<typename Branch::value_type>()))>::type;

 public:
  using output = std::tuple_element_t<0, std::tuple<result_of<Branches>...>>;
  static_assert((std::same_as<output, result_of<Branches>> && ...) && ends_as<Otherwise, output>,
                "select: all handlers give the same type, or a task of it.");

  select_handled(Otherwise&& otherwise, Branches&&... branches)
      : race_(std::move(branches)...), otherwise_(std::move(otherwise)) {}

  tokio::poll<output> poll(context& cx) {
    if (handling_) return handling_->poll(cx);
    auto polled = race_.poll(cx);
    if (polled.is_pending()) return pending;
    auto& won = polled.value();
    if (!won) return none(cx);
    return with_index<sizeof...(Branches)>(won->index(), [&](auto i) {
      auto& branch = race_.template branch<i>();
      return handle(cx, [&] { return call(branch, std::move(*won).template get<i>()); });
    });
  }
  void walk(walker& to) const noexcept { handling_ ? handling_->walk(to) : race_.walk(to); }

 private:
  tokio::poll<output> none(context& cx) {
    if constexpr (std::same_as<Otherwise, no_handler>)
      panic("select: all branches are disabled and there is no otherwise branch");
    else
      return handle(cx, [&] { return otherwise_.handler(); });
  }
  template <class Call>
  tokio::poll<output> handle(context& cx, Call call) {
    using given = decltype(call());
    if constexpr (is_task<given>) {
      handling_.emplace(call());
      return handling_->poll(cx);
    } else if constexpr (std::is_void_v<given>) {
      call();
      return ready();
    } else {
      return tokio::poll<output>(call());
    }
  }

  race<Biased, Branches...> race_;
  [[no_unique_address]] Otherwise otherwise_;
  std::optional<task<output>> handling_;
};

// What was given to select, as a branch: a future without a handler is one that gives its value.
template <class B>
auto as_branch(B&& given) {
  if constexpr (is_branch<std::remove_cvref_t<B>>)
    return std::remove_cvref_t<B>(std::forward<B>(given));
  else
    return select_branch<held<B>>(true, held<B>(std::forward<B>(given)));
}
template <bool Biased, class... Branches>
auto make_select(Branches&&... branches) {
  if constexpr ((Branches::handled || ...)) {
    static_assert((Branches::handled && ...), "select: either every branch has a handler or none");
    return select_handled<Biased, no_handler, Branches...>(no_handler{}, std::move(branches)...);
  } else {
    return select_values<Biased, Branches...>(std::move(branches)...);
  }
}

// Splits a trailing otherwise(...) off.
template <bool Biased, class Tuple, std::size_t... I>
auto make_select_otherwise(Tuple&& given, std::index_sequence<I...>) {
  auto last = std::get<sizeof...(I)>(std::move(given));
  return select_handled<Biased, decltype(last), std::tuple_element_t<I, Tuple>...>(std::move(last),
                                                                                   std::get<I>(std::move(given))...);
}

template <class T>
inline constexpr bool is_otherwise = false;
template <class H>
inline constexpr bool is_otherwise<otherwise_branch<H>> = true;

template <class B>
concept selectable = is_branch<std::remove_cvref_t<B>> || is_otherwise<std::remove_cvref_t<B>> || pollable<B>;

template <bool Biased, class... Bs>
auto select_with(Bs&&... given) {
  static_assert((selectable<Bs> && ...),
                "select takes futures, branches made by on(), when() or matching(), and at the end otherwise().");
  using last = std::tuple_element_t<sizeof...(Bs) - 1, std::tuple<std::remove_cvref_t<Bs>...>>;
  static_assert((int(is_otherwise<std::remove_cvref_t<Bs>>) + ...) == int(is_otherwise<last>),
                "select: otherwise() is the last branch, and there is one of it.");
  if constexpr (is_otherwise<last>) {
    auto convert = []<class B>(B&& one) {
      if constexpr (is_otherwise<std::remove_cvref_t<B>>)
        return std::remove_cvref_t<B>(std::forward<B>(one));
      else
        return as_branch(std::forward<B>(one));
    };
    return make_select_otherwise<Biased>(std::tuple(convert(std::forward<Bs>(given))...),
                                         std::make_index_sequence<sizeof...(Bs) - 1>{});
  } else {
    return make_select<Biased>(as_branch(std::forward<Bs>(given))...);
  }
}

template <class... Bs>
  requires(sizeof...(Bs) > 0 && !(std::same_as<std::remove_cvref_t<Bs>, biased_t> || ...))
auto select(Bs&&... branches) {
  return select_with<false>(std::forward<Bs>(branches)...);
}
template <class... Bs>
  requires(sizeof...(Bs) > 0)
auto select(biased_t, Bs&&... branches) {
  return select_with<true>(std::forward<Bs>(branches)...);
}

}  // namespace tokio
