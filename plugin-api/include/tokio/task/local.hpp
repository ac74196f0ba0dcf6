// Task locals: a value that everything inside one future can see, and nothing outside.
//   static constinit tokio::local_key<int> request_id;
//   co_await request_id.scope(7, handle(request));      // inside: request_id.get() == 7
// Dropping it drops the future and the value: cancel safe when the future is.
// Invariant: the value is in force around each poll of the future and around its destruction; a spawned task does not
//            inherit it; an inner scope of the same key shadows the outer one.
// Threads: [task]; the chain of scopes belongs to the thread that polls.
#pragma once

#include <expected>
#include <optional>
#include <utility>

#include "tokio/task/awaitable.hpp"

namespace tokio {

// The error of try_with and try_get: no scope of the key is in force.
struct access_error {
  static constexpr std::string_view message() noexcept { return "task local: no value is set here"; }
};

struct local_scope_link {
  const void* key;
  void* value;
  local_scope_link* outer;
};

// Keys of links that name no value of a plugin's own but a local_set (task/local_tasks.hpp): one that polls or destroys
// its tasks here, and one that takes what spawn_local() is given.
TOKIO_HIDDEN inline constinit const char local_set_runs = 0;
TOKIO_HIDDEN inline constinit const char local_set_entered = 0;
// And of the link around a child of a scope: it inherits no task locals, but the local_set around it is still there.
TOKIO_HIDDEN inline constinit const char locals_end = 0;

// The value of the innermost link that `wanted(key)` is true for; nullptr when there is none.
template <class Wanted>
void* innermost_local(Wanted wanted) noexcept {
  for (auto* link = static_cast<local_scope_link*>(this_thread.local_scopes); link; link = link->outer)
    if (wanted(link->key)) return link->value;
  return nullptr;
}

template <class T, class F>
class local_future;

template <class T>
class local_key {
 public:
  constexpr local_key() noexcept = default;
  local_key(const local_key&) = delete;
  local_key& operator=(const local_key&) = delete;

  template <pollable F>
  local_future<T, F> scope(T value, F future) const {
    return local_future<T, F>(*this, std::move(value), std::move(future));
  }
  template <class Fn>
  decltype(auto) sync_scope(T value, Fn&& fn) const {
    in_force here(*this, &value);
    return std::forward<Fn>(fn)();
  }
  // Panics when no value is set.
  template <class Fn>
  decltype(auto) with(Fn&& fn, call_site at = call_site::current()) const {
    return std::forward<Fn>(fn)(found(at));
  }
  template <class Fn>
  auto try_with(Fn&& fn) const -> std::expected<std::invoke_result_t<Fn, T&>, access_error> {
    auto* value = find();
    if (!value) return std::unexpected(access_error{});
    if constexpr (std::is_void_v<std::invoke_result_t<Fn, T&>>) {
      std::forward<Fn>(fn)(*value);
      return {};
    } else {
      return std::forward<Fn>(fn)(*value);
    }
  }
  T get(call_site at = call_site::current()) const { return found(at); }
  std::expected<T, access_error> try_get() const {
    auto* value = find();
    if (!value) return std::unexpected(access_error{});
    return *value;
  }

 private:
  template <class, class>
  friend class local_future;

  // Puts a value in force on this thread until the end of the scope.
  class in_force {
   public:
    in_force(const local_key& key, T* value) noexcept
        : link_{&key, value, static_cast<local_scope_link*>(this_thread.local_scopes)} {
      this_thread.local_scopes = &link_;
    }
    ~in_force() { this_thread.local_scopes = link_.outer; }
    in_force(const in_force&) = delete;
    in_force& operator=(const in_force&) = delete;

   private:
    local_scope_link link_;
  };

  // The innermost value; nullptr when there is none, or when it was taken.
  T* find() const noexcept {
    return static_cast<T*>(innermost_local([this](const void* key) { return key == this || key == &locals_end; }));
  }
  T& found(const call_site& at) const {
    if (auto* value = find()) return *value;
    panic("task local: no value is set here", at);
  }
};

template <class T, class F>
class [[nodiscard]] local_future {
  using in_force = typename local_key<T>::in_force;

 public:
  using output = output_of<F>;
  local_future(const local_key<T>& key, T value, F future)
      : key_(&key), value_(std::move(value)), future_(std::move(future)) {}
  local_future(local_future&&) = default;  // before the first poll
  ~local_future() {
    in_force here(*key_, visible());
    future_.reset();
  }

  tokio::poll<output> poll(context& cx) {
    in_force here(*key_, visible());
    auto polled = future_->poll(cx);
    if (polled.is_ready()) future_.reset();
    return polled;
  }
  // The value, even while the future runs; accesses in it fail from then on.
  std::optional<T> take_value() { return std::exchange(value_, std::nullopt); }

 private:
  T* visible() noexcept { return value_ ? &*value_ : nullptr; }

  const local_key<T>* key_;
  std::optional<T> value_;
  std::optional<F> future_;
};

}  // namespace tokio
