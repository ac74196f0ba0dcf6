// Control methods: functions and coroutines that operators reach with `plugin.call`, answering with JSON text.
//   control::method size("size", "number of keys", [this](std::string_view params) -> control::answer { ... });
//   control::method dump("dump", "all keys", [this](std::string params) -> task<control::answer> { ... });
// Invariant: each call is answered exactly once: by what the handler gives, by what it throws, or, when its task is
//            aborted first, by "cancelled". The registration ends with the object.
// Threads: made and dropped [any] that works for an instance; a plain handler runs [ctl] and must not block, a
// coroutine
//          is a task of the instance.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "tokio/task/spawn.hpp"

namespace tokio::control {

inline constexpr std::int32_t plugin_error = 1108;  // the code of a failure that names no other
inline constexpr std::int32_t invalid_params = -32602;
inline constexpr std::int32_t cancelled = -32009;

// Why a method has no result.
struct failure {
  failure(std::string text) : message(std::move(text)) {}
  failure(std::int32_t number, std::string text) : code(number), message(std::move(text)) {}
  failure(const error& from) : message(from.message()) {}
  std::int32_t code = plugin_error;
  std::string message;
};
using answer = std::expected<std::string, failure>;  // the JSON text of the result

// A call that waits for its answer.
class call {
 public:
  explicit call(tokio_call* raw) noexcept : raw_(raw) {}
  call(call&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  call& operator=(call&&) = delete;
  ~call() {
    if (raw_) fail(failure(cancelled, "cancelled: the task that was to answer is gone"));
  }

  void reply(const answer& given) noexcept {
    if (!given) return fail(given.error());
    host.control->reply(std::exchange(raw_, nullptr), to_str(*given));
  }
  void fail(const failure& why) noexcept {
    host.control->fail(std::exchange(raw_, nullptr), why.code, to_str(why.message), tokio_str{});
  }
  // Inside a catch block.
  void fail_with_exception() noexcept {
    try {
      throw;
    } catch (const std::exception& thrown) {
      fail(failure(std::string(thrown.what())));
    } catch (...) {
      fail(failure(std::string("the method threw something that is not a std::exception")));
    }
  }

 private:
  tokio_call* raw_;
};

template <class Handler>
class method_cell {
  using given = std::invoke_result_t<Handler&, std::string>;

 public:
  method_cell(tokio_plugin* instance, Handler&& handler) : instance_(instance), handler_(std::move(handler)) {}

  static void handle(void* user, tokio_call* raw, tokio_str params) noexcept {
    auto& cell = *static_cast<method_cell*>(user);
    instance_scope scope(cell.instance_);
    call waiting(raw);
    try {
      if constexpr (pollable<given>) {
        spawn<"control">(&answer_later, std::ref(cell), std::move(waiting), std::string(to_view(params))).detach();
      } else {
        waiting.reply(cell.handler_(std::string(to_view(params))));
      }
    } catch (...) {
      waiting.fail_with_exception();
    }
  }
  static void drop(void* user) noexcept { delete static_cast<method_cell*>(user); }

 private:
  static task<> answer_later(method_cell& cell, call waiting, std::string params) {
    try {
      auto answering = cell.handler_(std::move(params));
      waiting.reply(co_await std::move(answering));
    } catch (...) {
      waiting.fail_with_exception();
    }
  }

  tokio_plugin* instance_;
  Handler handler_;
};

template <class Given>
concept gives_an_answer = std::convertible_to<Given, answer>;
template <class Handler>
concept method_handler =
    std::is_invocable_v<Handler&, std::string> &&
    (gives_an_answer<std::invoke_result_t<Handler&, std::string>> || requires(Handler& handler, std::string params) {
      { handler(std::move(params)) } -> pollable;
      requires gives_an_answer<output_of<decltype(handler(std::move(params)))>>;
    });

class [[nodiscard]] method {
 public:
  method() noexcept = default;
  // `handler(params)` takes the JSON text of the parameters as std::string (or std::string_view, when it answers at
  // once) and gives an `answer`, or a task of one. Panics when the name is taken or the host refuses.
  template <class Handler>
  method(std::string_view name, std::string_view summary, Handler handler, std::string_view params_schema = {},
         call_site at = call_site::current()) {
    static_assert(method_handler<Handler>,
                  "a control method is a function of the JSON text of its parameters that gives an answer, or a task "
                  "of one.");
    if constexpr (method_handler<Handler>) enter(name, summary, std::move(handler), params_schema, at);
  }
  method(method&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  method& operator=(method&& other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~method() {
    if (raw_) host.core->reg_drop(raw_);
  }

 private:
  template <class Handler>
  void enter(std::string_view name, std::string_view summary, Handler handler, std::string_view params_schema,
             const call_site& at) {
    auto* instance = current_instance("there is no runtime here: a control method needs an instance", at);
    if (!host.control) panic("control methods are not offered by this host (tokio.control/1)", at);
    using cell = method_cell<Handler>;
    auto* made = new cell(instance, std::move(handler));
    tokio_method_desc desc{sizeof(tokio_method_desc), 0,    to_str(name),  to_str(summary),
                           to_str(params_schema),     made, &cell::handle, &cell::drop};
    if (auto status = host.control->method(instance, &desc, &raw_); status < 0) {
      delete made;
      panic(
          status == TOKIO_EEXIST ? "a control method of this name exists already" : "the host refused a control method",
          at);
    }
  }

  tokio_reg* raw_ = nullptr;
};

}  // namespace tokio::control
