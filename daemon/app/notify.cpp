#include "app/notify.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <utility>

#include "base/log.hpp"

namespace tokiod::app {
namespace {

constexpr int first_passed_fd = 3;
constexpr duration_ns status_interval = second;
constexpr duration_ns try_again = 50 * millisecond;  // when the manager's queue is full
constexpr std::size_t most_unsent = 256;             // a manager that never reads costs no more

std::optional<std::uint64_t> number_in(const char* variable) {
  const char* const text = std::getenv(variable);
  if (!text) return {};
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text, text + std::strlen(text), value);
  if (failed != std::errc() || *end != '\0') return {};
  return value;
}

unique_fd connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return unique_fd();
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path[0] == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  unique_fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket && ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0) return socket;
  log::warn("daemon", "the service manager cannot be told anything",
            {{"socket", path}, {"error", std::strerror(errno)}});
  return unique_fd();
}

}  // namespace

notifier::notifier(const std::string& socket_path, duration_ns watchdog, const clock& time)
    : time_(time), socket_(connect_to(socket_path)), watchdog_(socket_ ? watchdog : 0) {}

notifier notifier::from_environment(const clock& time) {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  const auto interval_us = number_in("WATCHDOG_USEC");
  const auto for_pid = number_in("WATCHDOG_PID");
  const bool ours = !for_pid || *for_pid == static_cast<std::uint64_t>(::getpid());
  return notifier(path ? path : "", ours ? interval_us.value_or(0) * microsecond : 0, time);
}

void notifier::ready() {
  const std::lock_guard hold(mutex_);
  send_surely({"READY=1"});
}

void notifier::reloading() {
  const std::lock_guard hold(mutex_);
  send_surely({"RELOADING=1\nMONOTONIC_USEC=" + std::to_string(time_.now() / microsecond)});
}

void notifier::stopping() {
  const std::lock_guard hold(mutex_);
  send_surely({"STOPPING=1"});
}

void notifier::extend_timeout(duration_ns by) {
  const std::lock_guard hold(mutex_);
  send_surely({"EXTEND_TIMEOUT_USEC=" + std::to_string(by / microsecond)});
}

// Without FDPOLL the manager would drop what it believes to be closed by the other side.
bool notifier::store(const std::string& name, int fd) {
  const std::lock_guard hold(mutex_);
  unique_fd copy(socket_ && voice_ != voice::left ? ::fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1);
  if (!copy) return false;
  send_surely({"FDSTOREREMOVE=1\nFDNAME=" + name});
  send_surely({"FDSTORE=1\nFDPOLL=0\nFDNAME=" + name, std::move(copy)});
  return true;
}

void notifier::unstore(const std::string& name) {
  const std::lock_guard hold(mutex_);
  send_surely({"FDSTOREREMOVE=1\nFDNAME=" + name});
}

void notifier::wait_to_speak() {
  const std::lock_guard hold(mutex_);
  voice_ = voice::waits;
}

void notifier::speak() {
  const std::lock_guard hold(mutex_);
  voice_ = voice::speaks;
  (void)send_what_waits();
}

bool notifier::hand_over(pid_t to) {
  const std::lock_guard hold(mutex_);
  if (!send_what_waits() || !send("MAINPID=" + std::to_string(to))) return false;
  voice_ = voice::left;
  return true;
}

void notifier::status(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  const std::lock_guard hold(mutex_);
  waiting_status_ = std::move(text);
}

instant_ns notifier::turn(bool healthy) {
  const instant_ns now = time_.now();
  const std::lock_guard hold(mutex_);
  if (!socket_ || voice_ != voice::speaks) return never;
  if (!send_what_waits()) return now + try_again;
  if (waiting_status_ && now >= status_allowed_at_) {
    if (send("STATUS=" + *waiting_status_)) waiting_status_.reset();
    status_allowed_at_ = now + status_interval;
  }
  if (watchdog_ > 0 && now >= ping_due_at_) {
    if (healthy && !send("WATCHDOG=1")) return now + try_again;
    if (healthy) ++pings_;
    ping_due_at_ = now + watchdog_ / 3;
  }
  const instant_ns ping = watchdog_ > 0 ? ping_due_at_ : never;
  return std::min(ping, waiting_status_ ? status_allowed_at_ : never);
}

// Non-blocking: a manager that does not read must not keep us. Any other error than a full queue is for ever.
bool notifier::send(const std::string& text, int fd) {
  if (!socket_) return true;
  iovec part{const_cast<char*>(text.data()), text.size()};  // it is only read
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof fd)> room{};
  msghdr all{};
  all.msg_iov = &part;
  all.msg_iovlen = 1;
  if (fd >= 0) {
    all.msg_control = room.data();
    all.msg_controllen = room.size();
    cmsghdr* const rights = CMSG_FIRSTHDR(&all);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(rights), &fd, sizeof fd);
  }
  const auto sent = retry_eintr([&] { return ::sendmsg(socket_.get(), &all, MSG_NOSIGNAL); });
  return sent >= 0 || (errno != EAGAIN && errno != ENOBUFS);
}

void notifier::send_surely(message next) {
  if (voice_ == voice::left || !socket_) return;
  if (voice_ == voice::speaks && send_what_waits() && send(next.text, next.fd.get())) return;
  unsent_.push_back(std::move(next));
  if (unsent_.size() > most_unsent) unsent_.pop_front();
}

bool notifier::send_what_waits() {
  while (!unsent_.empty()) {
    if (!send(unsent_.front().text, unsent_.front().fd.get())) return false;
    unsent_.pop_front();
  }
  return true;
}

std::vector<passed_socket> passed_sockets() {
  const auto pid = number_in("LISTEN_PID"), count = number_in("LISTEN_FDS");
  const char* const names = std::getenv("LISTEN_FDNAMES");
  std::istringstream parts(names ? names : "");
  std::vector<passed_socket> sockets;
  if (pid && count && *pid == static_cast<std::uint64_t>(::getpid())) {
    for (std::uint64_t i = 0; i < *count; ++i) {
      passed_socket s{{}, unique_fd(first_passed_fd + static_cast<int>(i))};
      std::getline(parts, s.name, ':');
      if (::fcntl(s.fd.get(), F_SETFD, FD_CLOEXEC) != 0) {
        (void)s.fd.release();
        log::warn("daemon", "fewer sockets were passed than was said", {{"said", *count}, {"passed", i}});
        break;
      }
      sockets.push_back(std::move(s));
    }
  }
  for (const char* const variable : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(variable);
  return sockets;
}

}  // namespace tokiod::app
