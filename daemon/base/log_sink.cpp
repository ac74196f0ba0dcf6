#include "base/log_sink.hpp"
#include "base/log_catalogue.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <utility>

namespace tokiod::log {
namespace {

// Of one record and of one value: what a plugin writes is not to fill the journal.
constexpr std::size_t record_limit_bytes = 4 << 20;
constexpr std::size_t value_limit_bytes = 1 << 20;

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
  if (to.size() + key.size() + value.size() + 16 > record_limit_bytes) return;
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

// journald takes A-Z, 0-9 and underscore only. What is called differently in the log than the journal's readers expect
// is translated.
std::string journal_key(std::string_view key) {
  if (key == "task") key = "task_id";
  std::string name = "TOKIOD_";
  for (const char c : key) {
    const auto u = static_cast<unsigned char>(c);
    name.push_back(std::isalnum(u) ? static_cast<char>(std::toupper(u)) : '_');
  }
  return name;
}

// A file that its reader may map without fear: nobody can change it any more.
unique_fd sealed_file(const std::string& text) {
  unique_fd file(::memfd_create("tokiod-log", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const bool whole = file && write_all(file.get(), std::as_bytes(std::span(text))) &&
                     ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0;
  return whole ? std::move(file) : unique_fd();
}

}  // namespace

std::string stderr_sink::line_of(const record& r, form as) {
  switch (as) {
    case form::text: return text_of(r);
    case form::json: return json_of(r);
    case form::journal: break;
  }
  const std::string text = text_of(r);
  return '<' + std::to_string(syslog_priority(r.severity)) + '>' + text.substr(text.find(' ') + 1);
}

bool stderr_sink::write(const record& r) {
  const std::string line = line_of(r, form_) + "\n";
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
  if (const auto id = message_id(r); !id.empty()) append_field(text, "MESSAGE_ID", id);
  append_field(text, "TOKIOD_TARGET", r.target);
  if (const auto plugin = plugin_of(r); !plugin.empty()) append_field(text, "TOKIOD_PLUGIN", plugin);
  std::string message = r.target + ": " + r.message;
  for (const field& f : r.fields)
    if (f.key != id_key) message += ' ' + f.key + '=' + f.value;
  append_field(text, "MESSAGE", message);
  for (const field& f : r.fields)
    if (f.key != id_key) append_field(text, journal_key(f.key), f.value);
  return text;
}

// Non-blocking: when journald's queue is full the record is lost and counted, and nobody waits.
bool journald_sink::write(const record& r) {
  const std::string text = datagram(r);
  const auto sent = retry_eintr([&] { return ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL); });
  if (sent < 0 && (errno == EMSGSIZE || errno == ENOBUFS)) return send_file(text);
  return sent == static_cast<ssize_t>(text.size());
}

bool journald_sink::send_file(const std::string& text) const {
  const unique_fd file = sealed_file(text);
  if (!file) return false;
  const int fd = file.get();
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
  msghdr message{};
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* const head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(head), &fd, sizeof fd);
  return retry_eintr([&] { return ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL); }) == 0;
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
  if (!stderr_is_journal(std::getenv("JOURNAL_STREAM"))) return std::make_unique<stderr_sink>(stderr_sink::form::text);
  if (auto journal = journald_sink::open()) return std::move(*journal);
  return std::make_unique<stderr_sink>(stderr_sink::form::journal);
}

}  // namespace tokiod::log
