#include "member.hpp"

#include <array>
#include <optional>
#include <span>
#include <utility>

namespace chat {
namespace {

// Cuts received bytes into lines of at most so many bytes.
class line_cutter {
 public:
  explicit line_cutter(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  void add(std::string_view bytes) { held_ += bytes; }
  // The next whole line without its end, or nothing yet.
  std::optional<std::string> next() {
    const auto end = held_.find('\n');
    if (end == std::string::npos) return std::nullopt;
    auto text = held_.substr(0, end);
    held_.erase(0, end + 1);
    if (text.ends_with('\r')) text.pop_back();
    return text;
  }
  [[nodiscard]] bool too_long() const { return held_.size() > bytes_max_ && held_.find('\n') > bytes_max_; }

 private:
  std::size_t bytes_max_;
  std::string held_;
};

// Holds a name in the room for as long as it lives.
class presence {
 public:
  presence(room& here, std::uint64_t id, std::string name) : here_(here), id_(id), name_(std::move(name)) {
    here_.say(id_, "* " + name_ + " is here\n");
  }
  ~presence() {
    here_.leave(name_);
    here_.say(id_, "* " + name_ + " has left\n");
  }
  presence(const presence&) = delete;
  presence& operator=(const presence&) = delete;
  void say(std::string_view text) { here_.say(id_, name_ + ": " + std::string(text) + "\n"); }

 private:
  room& here_;
  std::uint64_t id_;
  std::string name_;
};

class member {
 public:
  member(room& here, tokio::net::tcp_stream client, std::size_t line_bytes_max)
      : here_(here), id_(here.next_id()), client_(std::move(client)), cutter_(line_bytes_max), heard_(here.listen()) {}

  tokio::task<> attend(tokio::cancellation_token stop) {
    auto stopped = stop.cancelled();
    std::string out = "What is your name?\n";
    for (;;) {
      const auto sent = co_await client_.write_all(out);
      if (!sent) co_return;
      out.clear();
      auto won = co_await tokio::select(tokio::biased, stopped, heard_.recv(), client_.read(buffer_));
      if (won.index() == 0) {
        (void)co_await client_.write_all("* the room is closing\n");
        co_return;
      }
      const bool stays = won.index() == 1 ? hear(won.get<1>(), out) : receive(won.get<2>(), out);
      if (!stays) co_return;
    }
  }

 private:
  using heard = std::expected<shared_line, tokio::sync::broadcast::recv_error>;

  bool hear(const heard& got, std::string& out) {
    if (!got) {
      out = "* you missed " + std::to_string(got.error().missed) + " lines\n";
    } else if (name_ && (*got)->from != id_) {
      out = (*got)->text;
    }
    return true;
  }

  bool receive(const tokio::result<std::size_t>& got, std::string& out) {
    if (!got || *got == 0) return false;
    cutter_.add({reinterpret_cast<const char*>(buffer_.data()), *got});
    while (const auto text = cutter_.next()) take_line(*text, out);
    return !cutter_.too_long();
  }

  void take_line(const std::string& text, std::string& out) {
    if (text.empty()) return;
    if (name_) return name_->say(text);
    if (!here_.enter(text)) {
      out += "* that name is taken, another?\n";
      return;
    }
    name_.emplace(here_, id_, text);
    out += "* welcome, " + text + "\n";
  }

  room& here_;
  std::uint64_t id_;
  tokio::net::tcp_stream client_;
  line_cutter cutter_;
  tokio::sync::broadcast::receiver<shared_line> heard_;
  std::optional<presence> name_;
  std::array<std::byte, 512> buffer_;
};

}  // namespace

tokio::task<> attend(room& here, tokio::net::tcp_stream client, std::size_t line_bytes_max,
                     tokio::cancellation_token stop) {
  member one(here, std::move(client), line_bytes_max);
  co_await one.attend(std::move(stop));
}

}  // namespace chat
