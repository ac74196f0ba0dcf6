// `join(a, b, ...)`: polls several futures in one task until all are ready, and gives a tuple of their values.
// `try_join` does so for futures of std::expected, and stops at the first error, destroying the rest.
// Not cancel safe: with it go the values of those that were ready, and the others are dropped.
// Invariant: nothing is allocated; a finished future is destroyed at once and never polled again; without `biased` each
//            poll starts at the next branch, so that one which uses up the budget cannot starve the others.
// Threads: [task].
#pragma once

#include <tuple>

#include "tokio/task/branch.hpp"

namespace tokio {

template <pollable F>
class join_branch {
 public:
  using value_type = non_void<output_of<F>>;
  explicit join_branch(F&& future) : future_(std::move(future)) {}

  // True when the branch is done.
  bool poll(context& cx) {
    if (!future_) return true;
    auto polled = future_->poll(cx);
    if (polled.is_pending()) return false;
    if constexpr (std::is_void_v<output_of<F>>)
      value_.emplace();
    else
      value_.emplace(std::move(polled).value());
    future_.reset();
    return true;
  }
  bool done() const noexcept { return value_.has_value(); }
  value_type& value() noexcept { return *value_; }
  void drop() { future_.reset(); }
  void walk(walker& to) const noexcept {
    if (future_) to.future(*future_);
  }

 private:
  std::optional<F> future_;
  std::optional<value_type> value_;
};

template <bool Biased, class... Fs>
class [[nodiscard]] joined {
 public:
  using output = std::tuple<non_void<output_of<Fs>>...>;
  explicit joined(Fs&&... futures) : branches_(join_branch<Fs>(std::move(futures))...) {}

  tokio::poll<output> poll(context& cx) {
    if (!poll_all(cx, [](auto&) { return false; })) return pending;
    return std::apply([](auto&... branch) { return output(std::move(branch.value())...); }, branches_);
  }
  void walk(walker& to) const noexcept {
    std::apply([&](const auto&... branch) { (branch.walk(to), ...); }, branches_);
  }

 protected:
  static constexpr std::size_t count = sizeof...(Fs);

  // True when all are done, or `stop(branch)` said so after one was.
  template <class Stop>
  bool poll_all(context& cx, Stop stop) {
    if constexpr (count == 0) {
      return true;
    } else {
      std::size_t done = 0;
      std::size_t first = Biased ? 0 : next_++ % count;
      for (std::size_t n = 0; n < count; ++n) {
        bool stopped = with_index<count>((first + n) % count, [&](auto i) {
          auto& branch = std::get<i>(branches_);
          if (!branch.poll(cx)) return false;
          ++done;
          return stop(branch);
        });
        if (stopped) return true;
      }
      return done == count;
    }
  }

  std::tuple<join_branch<Fs>...> branches_;
  std::size_t next_ = 0;
};

template <bool Biased, class... Fs>
class [[nodiscard]] try_joined : joined<Biased, Fs...> {
  using base = joined<Biased, Fs...>;
  using failure = std::common_type_t<typename output_of<Fs>::error_type...>;

 public:
  using output = std::expected<std::tuple<non_void<typename output_of<Fs>::value_type>...>, failure>;
  using base::base;
  using base::walk;

  tokio::poll<output> poll(context& cx) {
    std::optional<failure> failed;
    bool over = this->poll_all(cx, [&](auto& branch) {
      if (branch.value().has_value()) return false;
      failed.emplace(std::move(branch.value().error()));
      return true;
    });
    if (!over) return pending;
    if (failed) {
      std::apply([](auto&... branch) { (branch.drop(), ...); }, this->branches_);
      return output(std::unexpect, std::move(*failed));
    }
    return std::apply([](auto&... branch) { return output(std::in_place, take(branch.value())...); }, this->branches_);
  }

 private:
  template <class E>
  static auto take(E& given) {
    if constexpr (std::is_void_v<typename E::value_type>)
      return unit{};
    else
      return std::move(*given);
  }
};

// A future of std::expected.
template <class F>
concept fallible = pollable<F> && requires(output_of<F>& given) {
  given.error();
  { given.has_value() } -> std::same_as<bool>;
};

template <class... Fs>
concept of_one_error = requires { typename std::common_type_t<typename output_of<Fs>::error_type...>; };

template <class... Fs>
  requires(!(std::same_as<std::remove_cvref_t<Fs>, biased_t> || ...))
auto join(Fs&&... futures) {
  static_assert((pollable<Fs> && ...), "join takes futures: tasks, or types with `output` and `poll(context&)`.");
  return joined<false, held<Fs>...>(held<Fs>(std::forward<Fs>(futures))...);
}
template <class... Fs>
auto join(biased_t, Fs&&... futures) {
  return joined<true, held<Fs>...>(held<Fs>(std::forward<Fs>(futures))...);
}
template <class... Fs>
  requires(!(std::same_as<std::remove_cvref_t<Fs>, biased_t> || ...))
auto try_join(Fs&&... futures) {
  static_assert((fallible<Fs> && ...), "try_join takes futures of std::expected; join takes any.");
  if constexpr ((fallible<Fs> && ...)) {
    static_assert(of_one_error<Fs...>, "try_join: the errors of its futures have no common type.");
    if constexpr (of_one_error<Fs...>) return try_joined<false, held<Fs>...>(held<Fs>(std::forward<Fs>(futures))...);
  }
}
template <class... Fs>
auto try_join(biased_t, Fs&&... futures) {
  return try_joined<true, held<Fs>...>(held<Fs>(std::forward<Fs>(futures))...);
}

}  // namespace tokio
