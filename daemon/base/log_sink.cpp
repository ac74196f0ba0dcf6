#include "base/log_sink.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace tokiod::log {
namespace {

constexpr std::size_t datagram_limit_bytes = 48 * 1024;  // well below the kernel's default for a unix datagram
constexpr std::size_t value_limit_bytes = 8 * 1024;

int syslog_priority(level l) {
  switch (l) {
    case level::trace:
    case level::debug: return 7;
    case level::info: return 6;
    case level::warn: return 4;
    case level::error:
    case level::off: return 3;
  }
  return 3;
}

// A value with a newline needs the binary form: name, newline, 64-bit little-endian length, bytes.
void append_field(std::string& to, std::string_view key, std::string_view value) {
  value = value.substr(0, value_limit_bytes);
  if (to.size() + key.size() + value.size() + 16 > datagram_limit_bytes) return;
  to.append(key);
  if (value.find('\n') == std::string_view::npos) {
    to.push_back('=');
  } else {
    to.push_back('\n');
    const std::uint64_t size = value.size();
    for (unsigned shift = 0; shift < 64; shift += 8) to.push_back(static_cast<char>((size >> shift) & 0xff));
  }
  to.append(value);
  to.push_back('\n');
}

// journald takes A-Z, 0-9 and underscore only.
std::string journal_key(std::string_view key) {
  std::string name = "TOKIOD_";
  for (const char c : key) {
    const auto u = static_cast<unsigned char>(c);
    name.push_back(std::isalnum(u) ? static_cast<char>(std::toupper(u)) : '_');
  }
  return name;
}

}  // namespace

bool stderr_sink::write(const record& r) {
  std::string line;
  if (priorities_) {
    const std::string text = text_of(r);
    line = '<' + std::to_string(syslog_priority(r.severity)) + '>' + text.substr(text.find(' ') + 1);
  } else {
    line = text_of(r);
  }
  line.push_back('\n');
  return write_all(STDERR_FILENO, std::as_bytes(std::span(line))).has_value();
}

result<std::unique_ptr<sink>> journald_sink::open(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return std::unexpected(tokiod::error{ENAMETOOLONG, "connect"});
  std::memcpy(address.sun_path, path.data(), path.size());
  unique_fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return std::unexpected(tokiod::error::last("socket"));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return std::unexpected(tokiod::error::last("connect"));
  return std::make_unique<journald_sink>(std::move(socket));
}

std::string journald_sink::datagram(const record& r) {
  std::string text;
  append_field(text, "PRIORITY", std::to_string(syslog_priority(r.severity)));
  append_field(text, "SYSLOG_IDENTIFIER", "tokiod");
  append_field(text, "CODE_FILE", r.file);
  append_field(text, "CODE_LINE", std::to_string(r.line));
  append_field(text, "TOKIOD_TARGET", r.target);
  std::string message = r.target + ": " + r.message;
  for (const field& f : r.fields) message += ' ' + f.key + '=' + f.value;
  append_field(text, "MESSAGE", message);
  for (const field& f : r.fields) append_field(text, journal_key(f.key), f.value);
  return text;
}

bool journald_sink::write(const record& r) {
  const std::string text = datagram(r);
  // Non-blocking: when journald's queue is full the record is lost and counted, and nobody waits.
  const auto sent = retry_eintr([&] { return ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL); });
  return sent == static_cast<ssize_t>(text.size());
}

std::vector<std::string> buffer_sink::store::take() {
  const std::lock_guard hold(mutex);
  return std::exchange(lines, {});
}

bool buffer_sink::write(const record& r) {
  const std::lock_guard hold(lines_->mutex);
  lines_->lines.push_back(text_of(r));
  return true;
}

bool stderr_is_journal(const char* journal_stream) {
  unsigned long device = 0, inode = 0;
  struct stat info{};
  return journal_stream && std::sscanf(journal_stream, "%lu:%lu", &device, &inode) == 2 &&
         ::fstat(STDERR_FILENO, &info) == 0 && info.st_dev == device && info.st_ino == inode;
}

std::unique_ptr<sink> automatic_sink() {
  if (!stderr_is_journal(std::getenv("JOURNAL_STREAM"))) return std::make_unique<stderr_sink>(false);
  if (auto journal = journald_sink::open()) return std::move(*journal);
  return std::make_unique<stderr_sink>(true);
}

}  // namespace tokiod::log
