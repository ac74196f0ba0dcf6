// A stream that reads a script and expects one: what the peer says, what it must hear, when it is slow, when it fails.
//   scripted_stream stream(script().write("PING\r\n").wait(5ms).read("+PONG\r\n"));
//   auto more = stream.handle();  more.read("later");             // while it plays; until the last handle goes, no end
// Invariant: the script is followed in order. A read while the next step is a write is pending, and becomes possible
//            when the write was made; bytes that differ from the script panic; a script that was not played to its end
//            ends the program with a sentence.
// Threads: [task].
#pragma once

#include <algorithm>
#include <cstring>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "tokio/io/methods.hpp"
#include "tokio/test/fake_core.hpp"
#include "tokio/time/sleep.hpp"

namespace tokio::test {

// internal: the steps of a script.
struct script_read {
  std::string bytes;
};
struct script_write {
  std::string bytes;
};
struct script_read_error {
  error what;
};
struct script_write_error {
  error what;
};
struct script_wait {
  time::duration span;
};
using script_step = std::variant<script_read, script_write, script_read_error, script_write_error, script_wait>;

class scripted_stream;

// What the stream does and expects, step by step. Of a script it is the beginning, of a handle what comes later.
template <class Self>
class script_steps {
 public:
  // The stream gives these bytes, in as many reads as the reader makes.
  Self& read(std::string bytes) { return add(script_read{std::move(bytes)}); }
  // The stream must be given these bytes.
  Self& write(std::string bytes) { return add(script_write{std::move(bytes)}); }
  Self& read_error(error what) { return add(script_read_error{what}); }
  Self& write_error(error what) { return add(script_write_error{what}); }
  // Nothing happens for so long.
  Self& wait(time::duration span) { return add(script_wait{span}); }

 private:
  template <class S>
  Self& add(S next) {
    static_cast<Self*>(this)->append(std::move(next));
    return *static_cast<Self*>(this);
  }
};

class script : public script_steps<script> {
 public:
  script() = default;
  // Stands in every sentence about it.
  script& name(std::string text) {
    name_ = std::move(text);
    return *this;
  }

 private:
  friend class scripted_stream;
  friend class script_steps<script>;
  void append(script_step next) { steps_.push_back(std::move(next)); }

  std::deque<script_step> steps_;
  std::string name_ = "a scripted_stream";
};

// A panic whose sentence says which stream.
class script_error : public panic_error {
 public:
  explicit script_error(std::string text) : panic_error("a scripted_stream"), text_(std::move(text)) {}
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

// internal: what a stream and its handles share.
struct playing_script {
  std::deque<script_step> steps;
  std::string name;
  int handles = 0;
  waker reader;
  waker writer;

  void wake_both() {
    std::exchange(reader, waker()).wake();
    std::exchange(writer, waker()).wake();
  }
};

// Adds steps while the stream plays. As long as there is one, the end of the script is not the end of the stream.
class script_handle : public script_steps<script_handle> {
 public:
  explicit script_handle(std::shared_ptr<playing_script> of) noexcept : of_(std::move(of)) { ++of_->handles; }
  script_handle(const script_handle& other) noexcept : script_handle(other.of_) {}
  script_handle& operator=(const script_handle&) = delete;
  ~script_handle() {
    if (--of_->handles == 0) of_->wake_both();
  }

 private:
  friend class script_steps<script_handle>;
  void append(script_step next) {
    of_->steps.push_back(std::move(next));
    of_->wake_both();
  }
  std::shared_ptr<playing_script> of_;
};

class scripted_stream : public io::reader_methods<scripted_stream>, public io::writer_methods<scripted_stream> {
 public:
  explicit scripted_stream(script plays)
      : of_(std::make_shared<playing_script>(std::move(plays.steps_), std::move(plays.name_))) {}
  scripted_stream(scripted_stream&& other) noexcept : of_(std::move(other.of_)), shut_(other.shut_) {}
  scripted_stream& operator=(scripted_stream&&) = delete;
  ~scripted_stream() {
    if (of_ && !of_->steps.empty() && std::uncaught_exceptions() == 0)
      fake_misuse((of_->name + " was destroyed before its script was played to the end").c_str());
  }
  script_handle handle() const { return script_handle(of_); }

  // The end of the script is the end of the stream.
  tokio::poll<result<std::size_t>> poll_read(context& cx, io::byte_span into) {
    if (!pass_pauses(cx)) return wait(of_->reader, cx);
    if (of_->steps.empty()) return of_->handles == 0 ? result<std::size_t>(0) : wait(of_->reader, cx);
    if (auto* failure = next<script_read_error>()) return fail(failure->what);
    auto* text = next<script_read>();
    if (!text) return wait(of_->reader, cx);
    const auto n = std::min(into.size(), text->bytes.size());
    if (n != 0) std::memcpy(into.data(), text->bytes.data(), n);
    text->bytes.erase(0, n);
    if (text->bytes.empty()) advance();
    return result<std::size_t>(n);
  }
  tokio::poll<result<std::size_t>> poll_write(context& cx, io::byte_view from) {
    if (!pass_pauses(cx)) return wait(of_->writer, cx);
    if (auto* failure = next<script_write_error>()) return fail(failure->what);
    auto* text = next<script_write>();
    if (!text && (of_->steps.empty() ? of_->handles != 0 : next<script_read>() != nullptr))
      return wait(of_->writer, cx);
    if (!text) throw script_error(of_->name + " was written to, and the script has no such step");
    const auto n = std::min(from.size(), text->bytes.size());
    if (from.text().substr(0, n) != std::string_view(text->bytes).substr(0, n))
      throw script_error(of_->name + " was given other bytes than the script expects");
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
    return of_->steps.empty() ? nullptr : std::get_if<S>(&of_->steps.front());
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
    of_->steps.pop_front();
    of_->wake_both();
  }
  // The timer wakes the one that asked last; the end of the step wakes both.
  bool pass_pauses(context& cx) {
    while (auto* step = next<script_wait>()) {
      if (!pause_) pause_.emplace(time::instant::now() + step->span);
      if (pause_->poll(cx).is_pending()) return false;
      pause_.reset();
      advance();
    }
    return true;
  }

  std::shared_ptr<playing_script> of_;
  bool shut_ = false;
  std::optional<time::sleep_future> pause_;  // of the first step
};

}  // namespace tokio::test
