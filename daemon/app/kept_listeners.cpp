#include "app/kept_listeners.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <utility>

#include "base/log.hpp"

namespace tokiod::app {
namespace {

constexpr std::string_view prefix = "listen/";
constexpr std::size_t longest_name = 255;  // that the service manager takes

void append_quoted(std::string& to, std::string_view bytes) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : bytes) {
    const auto u = static_cast<unsigned char>(c);
    if (std::isalnum(u) || c == '.' || c == '-' || c == '_')
      to.push_back(c);
    else
      (to += '%') += {digits[u >> 4], digits[u & 15]};
  }
}

template <class Address>
Address as(const sockaddr* at) {
  Address copy{};
  std::memcpy(&copy, at, sizeof copy);
  return copy;
}

std::string address_text(int family, const void* address, in_port_t port) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (port == 0 || ::inet_ntop(family, address, text.data(), text.size()) == nullptr) return {};
  return std::string(text.data()) + ":" + std::to_string(ntohs(port));
}

// Empty: not kept.
std::string text_of(const sockaddr* at, socklen_t length) {
  if (at->sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    const auto four = as<sockaddr_in>(at);
    return address_text(AF_INET, &four.sin_addr, four.sin_port);
  }
  if (at->sa_family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    const auto six = as<sockaddr_in6>(at);
    auto text = address_text(AF_INET6, &six.sin6_addr, six.sin6_port);
    if (!text.empty() && six.sin6_scope_id != 0) text += "%" + std::to_string(six.sin6_scope_id);
    return text;
  }
  const auto* const path = reinterpret_cast<const char*>(at) + offsetof(sockaddr_un, sun_path);
  if (at->sa_family != AF_UNIX || length <= offsetof(sockaddr_un, sun_path) || *path != '\0') return {};
  return "@" + std::string(path + 1, length - offsetof(sockaddr_un, sun_path) - 1);
}

std::string name_of_socket(std::string_view instance, int fd) {
  sockaddr_storage at{};
  socklen_t length = sizeof at;
  auto* const address = reinterpret_cast<sockaddr*>(&at);
  return ::getsockname(fd, address, &length) == 0 ? listener_name(instance, address, length) : std::string();
}

// The only one at its address, or one with a number.
bool is_of(std::string_view name, const std::string& stem) { return name == stem || name.starts_with(stem + "+"); }

bool still_listens(int fd) {
  int listening = 0;
  socklen_t bytes = sizeof listening;
  return ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &bytes) == 0 && listening == 1;
}

}  // namespace

std::string listener_name(std::string_view instance, const sockaddr* at, socklen_t length) {
  if (at == nullptr || length < sizeof at->sa_family) return {};
  const auto address = text_of(at, length);
  if (address.empty()) return {};
  std::string name(prefix);
  append_quoted(name, instance);
  name += '/';
  append_quoted(name, address);
  return name.size() <= longest_name - 4 ? name : std::string();  // room for a number
}

kept_listeners::kept_listeners(notifier& manager, std::vector<passed_socket>& passed) : manager_(manager) {
  for (auto& each : passed) {
    if (!each.name.starts_with(prefix)) continue;
    stored_.insert(each.name);
    // The same socket may come twice, stored by two processes: one copy is enough.
    if (still_listens(each.fd.get()) && set_nonblocking(each.fd.get()))
      waits_.try_emplace(each.name, std::move(each.fd));
  }
  std::erase_if(passed, [](const passed_socket& each) { return each.name.starts_with(prefix); });
}

unique_fd kept_listeners::take(std::string_view instance, const sockaddr* at, socklen_t length) {
  const auto stem = listener_name(instance, at, length);
  if (stem.empty()) return unique_fd();
  const std::lock_guard hold(mutex_);
  const auto first = waits_.lower_bound(stem);
  if (first == waits_.end() || !is_of(first->first, stem)) return unique_fd();  // '+' is before all that a name holds
  unique_fd taken = std::move(first->second);
  live_[taken.get()] = first->first;
  log::info("daemon", "a listening socket goes on", {{"instance", instance}, {"name", first->first}});
  waits_.erase(first);
  changed_.notify_all();
  return taken;
}

void kept_listeners::listens(std::string_view instance, int fd) {
  const auto stem = name_of_socket(instance, fd);
  if (stem.empty()) return;
  const std::lock_guard hold(mutex_);
  const auto known = live_.find(fd);
  if (known != live_.end() && is_of(known->second, stem)) return;  // taken: the manager has it
  const auto name = free_name(stem);
  live_[fd] = name;
  if (frozen_) return;
  if (stored_.size() >= most && !stored_.contains(name)) {
    if (!std::exchange(told_of_limit_, true))
      log::warn("daemon", "more listening sockets than a restart can keep", {{"kept", most}, {"not_kept", name}});
    return;
  }
  if (manager_.store(name, fd)) stored_.insert(name);
}

void kept_listeners::leaves(std::string_view, int fd) {
  const std::lock_guard hold(mutex_);
  const auto known = live_.find(fd);
  if (known == live_.end()) return;
  if (!frozen_) forget(known->second);
  live_.erase(known);
}

bool kept_listeners::has_unclaimed() const {
  const std::lock_guard hold(mutex_);
  return !waits_.empty();
}

void kept_listeners::drop_unclaimed(duration_ns patience) {
  std::unique_lock hold(mutex_);
  const auto over = [this] { return frozen_ || waits_.empty(); };
  (void)changed_.wait_for(hold, std::chrono::nanoseconds(patience), over);
  if (frozen_) return;
  const auto old = std::exchange(waits_, {});
  for (const auto& [name, _] : old)
    log::info("daemon", "a listening socket of an earlier process is closed: nobody asked for it", {{"name", name}});
  const auto in_use = [this](const std::string& name) {
    return std::ranges::any_of(live_, [&](const auto& each) { return each.second == name; });
  };
  const auto held = stored_;
  for (const auto& name : held)
    if (!in_use(name)) forget(name);
}

void kept_listeners::freeze() {
  const std::lock_guard hold(mutex_);
  frozen_ = true;
  changed_.notify_all();
}

std::vector<passed_socket> kept_listeners::copies() const {
  const std::lock_guard hold(mutex_);
  std::vector<passed_socket> all;
  for (const auto& [fd, name] : live_)
    if (unique_fd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0)); copy) all.push_back({name, std::move(copy)});
  return all;
}

// With the lock.
std::string kept_listeners::free_name(const std::string& stem) const {
  const auto taken = [this](const std::string& name) {
    return std::ranges::any_of(live_, [&](const auto& each) { return each.second == name; });
  };
  std::string name = stem;
  for (int n = 2; taken(name) && n < 1000; ++n) name = stem + "+" + std::to_string(n);
  return name;
}

// With the lock.
void kept_listeners::forget(const std::string& name) {
  if (stored_.erase(name) != 0) manager_.unstore(name);
}

}  // namespace tokiod::app
