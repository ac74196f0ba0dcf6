// The places a log record can go: standard error, journald's socket, a buffer of a test.
// Threads: a sink is called by one thread at a time; buffer_sink::take [any].
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "base/log.hpp"

namespace tokiod::log {

// Lines on standard error.
class stderr_sink final : public sink {
 public:
  enum class form : std::uint8_t {
    text,
    journal,  // each line starts with <N>, as journald reads it, and has no time
    json,
  };
  explicit stderr_sink(form as) : form_(as) {}
  bool write(const record& r) override;
  [[nodiscard]] static std::string line_of(const record& r, form as);

 private:
  form form_;
};

// journald's native protocol: one datagram per record, every field searchable. What no datagram can hold goes as a
// sealed memory file.
class journald_sink final : public sink {
 public:
  static result<std::unique_ptr<sink>> open(const std::string& path = "/run/systemd/journal/socket");
  explicit journald_sink(unique_fd socket) : socket_(std::move(socket)) {}
  bool write(const record& r) override;
  [[nodiscard]] static std::string datagram(const record& r);

 private:
  [[nodiscard]] bool send_file(const std::string& text) const;

  unique_fd socket_;
};

// Keeps every line; what a test reads.
class buffer_sink final : public sink {
 public:
  struct store {
    std::mutex mutex;
    std::vector<std::string> lines;
    std::vector<std::string> take();
  };
  explicit buffer_sink(std::shared_ptr<store> lines) : lines_(std::move(lines)) {}
  bool write(const record& r) override;

 private:
  std::shared_ptr<store> lines_;
};

// True when standard error is the journal's stream: $JOURNAL_STREAM is "device:inode" of descriptor 2.
[[nodiscard]] bool stderr_is_journal(const char* journal_stream);

// journald when standard error leads there (with <N> lines on standard error when its socket cannot be reached).
[[nodiscard]] std::unique_ptr<sink> automatic_sink();

}  // namespace tokiod::log
