// `join_handle<T>`: await a task's end, abort it, or let it go. `join_error` says why there is no value.
// Invariant: the host's handle is released exactly once, when the outcome was taken or the join_handle is destroyed;
//            destroying it detaches the task, which goes on.
// Threads: one at a time; abort_handle [any].
#pragma once

#include <expected>
#include <optional>

#include "tokio/task/task_body.hpp"

namespace tokio {

// Names a spawned task; never reused within a process. 0 names none.
struct task_id {
  std::uint64_t value = 0;
  friend constexpr auto operator<=>(const task_id&, const task_id&) noexcept = default;
  template <class Stream>
    requires requires(Stream& out) { out << "" << 1u; }
  friend Stream& operator<<(Stream& out, task_id id) {
    out << id.value;
    return out;
  }
};

class join_error {
 public:
  static join_error cancelled(task_id id) noexcept { return join_error(id, nullptr); }
  static join_error panicked(task_id id, std::exception_ptr payload) noexcept {
    return join_error(id, std::move(payload));
  }

  bool is_cancelled() const noexcept { return !payload_; }
  bool is_panic() const noexcept { return !is_cancelled(); }
  task_id id() const noexcept { return id_; }
  // What was thrown. Panics when the task was cancelled.
  std::exception_ptr into_panic(call_site at = call_site::current()) && {
    if (is_cancelled()) panic("into_panic: the task was cancelled, it did not panic", at);
    return std::move(payload_);
  }
  // The same without a panic: on a cancelled task this error comes back.
  std::expected<std::exception_ptr, join_error> try_into_panic() && {
    if (is_cancelled()) return std::unexpected(std::move(*this));
    return std::move(payload_);
  }
  // For code that reports one kind of error; what was thrown is not in it.
  operator error() const noexcept {
    return {error_kind::other, is_cancelled() ? "a task was cancelled" : "a task panicked"};
  }
  [[noreturn]] void rethrow(call_site at = call_site::current()) const {
    if (is_cancelled()) panic("rethrow: the task was cancelled, it did not panic", at);
    std::rethrow_exception(payload_);
  }
  // The text of what was thrown; empty for cancelled tasks and payloads without text. Valid while this error lives.
  std::string_view message() const noexcept {
    if (!payload_) return {};
    try {
      std::rethrow_exception(payload_);
    } catch (const std::exception& thrown) {
      return thrown.what();
    } catch (const char* text) {
      return text;
    } catch (...) {
      return {};
    }
  }
  // The line that made the mistake, when what was thrown is a panic of the SDK that knows it.
  std::optional<call_site> where() const noexcept {
    if (!payload_) return std::nullopt;
    try {
      std::rethrow_exception(payload_);
    } catch (const panic_error& panicked) {
      if (panicked.where().line() != 0) return panicked.where();
    } catch (...) {
    }
    return std::nullopt;
  }
  template <class Stream>
    requires requires(Stream& out) { out << "" << 1u; }
  friend Stream& operator<<(Stream& out, const join_error& error) {
    out << "task " << error.id_;
    if (error.is_cancelled()) {
      out << " was cancelled";
    } else if (auto text = error.message(); !text.empty()) {
      out << " panicked with message \"" << text << "\"";
    } else {
      out << " panicked";
    }
    return out;
  }

 private:
  join_error(task_id id, std::exception_ptr payload) noexcept : id_(id), payload_(std::move(payload)) {}

  task_id id_;
  std::exception_ptr payload_;
};

// Aborts a task from anywhere; keeps nothing alive.
class abort_handle {
 public:
  abort_handle() noexcept = default;
  abort_handle(tokio_waker key, task_id id) noexcept : key_(key), id_(id) {}

  void abort() const noexcept {
    if (key_.task) host.core->task_abort(key_);
  }
  bool is_finished() const noexcept { return !key_.task || host.core->task_is_finished(key_) != 0; }
  task_id id() const noexcept { return id_; }

 private:
  tokio_waker key_{};
  task_id id_;
};

template <class T>
class join_handle {
 public:
  using output = std::expected<T, join_error>;

  // A task that could not be started: resolves as cancelled.
  join_handle() noexcept = default;
  explicit join_handle(tokio_waker key) noexcept : key_(key) {}
  join_handle(join_handle&& other) noexcept
      : key_(std::exchange(other.key_, {})), taken_(std::exchange(other.taken_, true)) {}
  join_handle& operator=(join_handle&& other) noexcept {
    if (this != &other) {
      detach();
      key_ = std::exchange(other.key_, {});
      taken_ = std::exchange(other.taken_, true);
    }
    return *this;
  }
  ~join_handle() { detach(); }

  // Await it by value or, cancel safe, by reference.
  tokio::poll<output> poll(context& cx) {
    if (taken_) panic("a join_handle was polled after it was ready");
    if (!key_.task) return taken_ = true, output(std::unexpect, join_error::cancelled({}));
    tokio_join joined{sizeof(tokio_join), 0, {}};
    if (host.core->task_poll_join(key_, cx.raw(), &joined) == TOKIO_PENDING) return pending;
    return {std::in_place, take(joined.outcome)};
  }

  // What poll() would give if the task is over; none when it is not. Costs no budget, and wakes nobody later: the host
  // wants the key of a task that asks, and never keeps it for one that is over, so that the task's own will do.
  std::optional<output> try_join() {
    if (!is_finished()) return std::nullopt;
    std::int32_t budget = 0;
    tokio_cx raw{sizeof(tokio_cx),     TOKIO_WORKER_NONE,  &budget, key_, 0, host.core,
                 this_thread.instance, TOKIO_CX_UNBUDGETED};
    context nobody(&raw);
    auto polled = poll(nobody);
    return polled.is_ready() ? std::optional<output>(std::move(polled).value()) : std::nullopt;
  }

  void abort() const noexcept {
    if (key_.task) host.core->task_abort(key_);
  }
  bool is_finished() const noexcept { return !key_.task || host.core->task_is_finished(key_) != 0; }
  task_id id() const noexcept { return key_.task ? id_of(key_) : task_id{}; }
  tokio::abort_handle abort_handle() const noexcept { return tokio::abort_handle(key_, id()); }
  // Lets the task go; its output is destroyed unseen.
  void detach() noexcept {
    if (key_.task) host.core->task_release_join(std::exchange(key_, {}));
  }

 private:
  static task_id id_of(tokio_waker key) noexcept { return task_id{host.core->task_id(key)}; }
  static block_prefix& prefix_of(tokio_waker key) noexcept {
    return *static_cast<block_prefix*>(tokio_task_body(host.core, key.task));
  }

  output take(std::uint32_t outcome) {
    auto key = std::exchange(key_, {});
    taken_ = true;
    struct release_after {
      tokio_waker key;
      ~release_after() { host.core->task_release_join(key); }
    } after{key};
    auto& prefix = prefix_of(key);
    if (outcome == TOKIO_JOIN_COMPLETED && prefix.has_outcome) {
      if constexpr (std::is_void_v<T>)
        return {};
      else
        return output(std::in_place, std::move(outcome_of<T>(prefix).value()));
    }
    if (outcome == TOKIO_JOIN_PANICKED)
      return output(std::unexpect, join_error::panicked(id_of(key), outcome_of<T>(prefix).take_exception()));
    if (prefix.cleanup_threw) return output(std::unexpect, join_error::panicked(id_of(key), thrown_by_cleanup()));
    return output(std::unexpect, join_error::cancelled(id_of(key)));
  }
  // What was thrown cannot be kept where nobody may ever ask for it; the host was told its text.
  static std::exception_ptr thrown_by_cleanup() {
    return std::make_exception_ptr(panic_error("a destructor threw while the task was aborted"));
  }

  tokio_waker key_{};
  bool taken_ = false;
};

}  // namespace tokio
