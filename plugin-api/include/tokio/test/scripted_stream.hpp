// A stream that reads a script and expects one: what the peer says, what it must hear, when it is slow, when it fails.
//   scripted_stream stream(script().write("PING\r\n").wait(5ms).read("+PONG\r\n"));
// Invariant: the script is followed in order. A read while the next step is a write is pending, and becomes possible
// when
//            the write was made; bytes that differ from the script panic; a script that was not played to its end ends
//            the program with a sentence.
// Threads: [task].
#pragma once

#include <algorithm>
#include <cstring>
#include <deque>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "tokio/io/methods.hpp"
#include "tokio/test/fake_core.hpp"
#include "tokio/time/sleep.hpp"

namespace tokio::test {

class script {
 public:
  // The stream gives these bytes, in as many reads as the reader makes.
  script& read(std::string bytes) { return add(given{std::move(bytes)}); }
  // The stream must be given these bytes.
  script& write(std::string bytes) { return add(expected{std::move(bytes)}); }
  script& read_error(error what) { return add(read_failure{what}); }
  script& write_error(error what) { return add(write_failure{what}); }
  // Nothing happens for so long.
  script& wait(time::duration span) { return add(pause{span}); }

 private:
  friend class scripted_stream;
  struct given {
    std::string bytes;
  };
  struct expected {
    std::string bytes;
  };
  struct read_failure {
    error what;
  };
  struct write_failure {
    error what;
  };
  struct pause {
    time::duration span;
  };
  using step = std::variant<given, expected, read_failure, write_failure, pause>;

  template <class S>
  script& add(S next) {
    steps_.push_back(std::move(next));
    return *this;
  }
  std::deque<step> steps_;
};

class scripted_stream : public io::reader_methods<scripted_stream>, public io::writer_methods<scripted_stream> {
 public:
  explicit scripted_stream(script plays) noexcept : steps_(std::move(plays.steps_)) {}
  scripted_stream(scripted_stream&& other) noexcept : steps_(std::exchange(other.steps_, {})), shut_(other.shut_) {}
  scripted_stream& operator=(scripted_stream&&) = delete;
  ~scripted_stream() {
    if (!steps_.empty() && std::uncaught_exceptions() == 0)
      fake_misuse("a scripted_stream was destroyed before its script was played to the end");
  }

  // The end of the script is the end of the stream.
  tokio::poll<result<std::size_t>> poll_read(context& cx, io::byte_span into) {
    if (!pass_pauses(cx)) return pending;
    if (steps_.empty()) return result<std::size_t>(0);
    if (auto* failure = next<script::read_failure>()) return fail(failure->what);
    auto* text = next<script::given>();
    if (!text) return wait(reader_, cx);
    const auto n = std::min(into.size(), text->bytes.size());
    std::memcpy(into.data(), text->bytes.data(), n);
    text->bytes.erase(0, n);
    if (text->bytes.empty()) advance();
    return result<std::size_t>(n);
  }
  tokio::poll<result<std::size_t>> poll_write(context& cx, io::byte_view from) {
    if (!pass_pauses(cx)) return pending;
    if (auto* failure = next<script::write_failure>()) return fail(failure->what);
    auto* text = next<script::expected>();
    if (!text && !steps_.empty() && next<script::given>()) return wait(writer_, cx);
    if (!text) panic("a scripted_stream was written to, and the script has no such step");
    const auto n = std::min(from.size(), text->bytes.size());
    if (from.text().substr(0, n) != std::string_view(text->bytes).substr(0, n))
      panic("a scripted_stream was given other bytes than the script expects");
    text->bytes.erase(0, n);
    if (text->bytes.empty()) advance();
    return result<std::size_t>(n);
  }
  tokio::poll<result<>> poll_flush(context&) noexcept { return result<>(); }
  tokio::poll<result<>> poll_shutdown(context&) noexcept {
    shut_ = true;
    return result<>();
  }
  bool is_shut_down() const noexcept { return shut_; }

 private:
  template <class S>
  S* next() noexcept {
    return steps_.empty() ? nullptr : std::get_if<S>(&steps_.front());
  }
  tokio::poll<result<std::size_t>> fail(error what) {
    advance();
    return result<std::size_t>(std::unexpect, what);
  }
  static tokio::poll<result<std::size_t>> wait(waker& room, context& cx) noexcept {
    room = cx.waker();
    return pending;
  }
  void advance() {
    steps_.pop_front();
    std::exchange(reader_, waker()).wake();
    std::exchange(writer_, waker()).wake();
  }
  bool pass_pauses(context& cx) {
    while (auto* step = next<script::pause>()) {
      if (!pause_) pause_.emplace(time::instant::now() + step->span);
      if (pause_->poll(cx).is_pending()) return false;
      pause_.reset();
      advance();
    }
    return true;
  }

  std::deque<script::step> steps_;
  bool shut_ = false;
  std::optional<time::sleep_future> pause_;  // of the first step
  waker reader_;
  waker writer_;
};

}  // namespace tokio::test
