// What a connection says: answers are gathered until there is much of them or the connection waits, and what is large
// goes out as it is, behind them.
// Invariant: behind a head come as many bytes as it has promised, or fewer, which is_whole() tells; never more.
// Threads:   a part of its connection.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "channel.hpp"
#include "response.hpp"
#include "tokio/task.hpp"

namespace http {

class outbox {
 public:
  static constexpr std::size_t gathered_bytes = 64 * 1024;

  // `within`: how long the client may take nothing.
  outbox(channel& to, std::chrono::milliseconds within) : client_(to), within_(within) {}

  void add(std::string_view bytes) { out_ += bytes; }
  // A head, and what its body will be; `silent`: the body does not go out.
  void begin(const response_head& head, bool silent);
  // The whole body of a head.
  void add_body(std::string_view bytes);
  // A part of it. False: the client is lost, as in flush() and put().
  [[nodiscard]] tokio::task<bool> send(std::string_view bytes);
  void end();
  [[nodiscard]] bool is_whole() const { return whole_; }

  [[nodiscard]] tokio::task<bool> flush();
  [[nodiscard]] bool is_full() const { return out_.size() >= gathered_bytes; }
  [[nodiscard]] bool is_lost() const { return lost_; }
  // While nothing is in it.
  void keep_at_most(std::size_t bytes) {
    if (out_.empty() && out_.capacity() > bytes) out_ = std::string();
  }

 private:
  [[nodiscard]] tokio::task<bool> put(std::string_view bytes);

  channel& client_;
  const std::chrono::milliseconds within_;
  std::string out_;
  framing framing_ = framing::none;
  std::uint64_t unsent_ = 0;  // of a sized body
  bool silent_ = false, whole_ = true, lost_ = false;
};

}  // namespace http
