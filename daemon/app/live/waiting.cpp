#include "app/live/waiting.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <string_view>
#include <utility>

#include "app/show.hpp"
#include "runtime/blocking/pool.hpp"

namespace tokiod::app {
namespace {

// Of each shard, under a lock of a few microseconds for so many.
constexpr std::size_t most_looked_at = 4096;

using waiters = std::map<std::uint64_t, control::waiting_task>;

// Every live task by its id.
waiters live_tasks(const live_parts& parts) {
  waiters all;
  const auto views = parts.rt.tasks(nullptr, SIZE_MAX);
  auto labels = parts.plugins.label(views);
  for (std::size_t n = 0; n < views.size(); ++n)
    all[views[n].id] = {views[n].id, std::move(labels[n].instance), std::move(labels[n].name)};
  return all;
}

control::waiting_task one_of(const waiters& all, task::key key) {
  const auto found = all.find(tokiod::runtime::id_of(key));
  return found == all.end() ? control::waiting_task() : found->second;
}

control::waiting_task one_of(const waiters& all, const std::optional<task::key>& key) {
  return key ? one_of(all, *key) : control::waiting_task();
}

template <class Info>
control::waiting_page<Info> first_page(std::vector<Info> all, std::size_t limit) {
  control::waiting_page<Info> page{std::move(all), false};
  page.more = page.all.size() > limit;
  if (page.more) page.all.resize(limit);
  return page;
}

bool asked_for(const control::waiting_query& query, std::string_view plugin) {
  return query.plugin.empty() || query.plugin == plugin;
}

// ---- descriptors

std::string unix_address(const sockaddr_storage& at, socklen_t size) {
  sockaddr_un path{};
  std::copy_n(reinterpret_cast<const char*>(&at), std::min<std::size_t>(size, sizeof path),
              reinterpret_cast<char*>(&path));
  const auto length = size > offsetof(sockaddr_un, sun_path) ? size - offsetof(sockaddr_un, sun_path) : 0;
  if (length == 0) return {};
  if (path.sun_path[0] != '\0') return std::string(path.sun_path, ::strnlen(path.sun_path, length));
  return "@" + std::string(path.sun_path + 1, length - 1);  // an abstract one
}

std::string text_of_address(const sockaddr_storage& at, socklen_t size) {
  if (at.ss_family == AF_UNIX) return unix_address(at, size);
  std::array<char, 64> host{}, port{};
  constexpr int numbers = NI_NUMERICHOST | NI_NUMERICSERV;
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&at), size, host.data(), host.size(), port.data(), port.size(),
                    numbers) != 0)
    return {};
  return (at.ss_family == AF_INET6 ? "[" + std::string(host.data()) + "]" : std::string(host.data())) + ":" +
         port.data();
}

using name_of_end = int (*)(int, sockaddr*, socklen_t*);

std::string end_of(int fd, name_of_end ask) {
  sockaddr_storage at{};
  socklen_t size = sizeof at;
  return ask(fd, reinterpret_cast<sockaddr*>(&at), &size) == 0 ? text_of_address(at, size) : std::string();
}

std::string socket_kind(int fd) {
  int family = 0, type = 0;
  socklen_t size = sizeof family;
  if (::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0) return "socket";
  size = sizeof type;
  if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0) return "socket";
  if (family == AF_UNIX) return type == SOCK_STREAM ? "unix" : "unix_datagram";
  if (family != AF_INET && family != AF_INET6) return "socket";
  return type == SOCK_STREAM ? "tcp" : type == SOCK_DGRAM ? "udp" : "socket";
}

}  // namespace

control::source_info described(int fd) {
  control::source_info seen;
  seen.fd = fd;
  struct stat facts{};
  if (::fstat(fd, &facts) != 0) {
    seen.kind = "gone";
  } else if (S_ISSOCK(facts.st_mode)) {
    seen.kind = socket_kind(fd);
    seen.local = end_of(fd, ::getsockname);
    seen.peer = end_of(fd, ::getpeername);
  } else {
    seen.kind = S_ISFIFO(facts.st_mode) ? "pipe" : S_ISREG(facts.st_mode) ? "file" : "other";
  }
  return seen;
}

control::waiting_page<control::timer_info> live_waiting::timers(const control::waiting_query& query) const {
  auto armed = parts_.rt.timers(most_looked_at);
  std::ranges::sort(armed, {}, &timer_view::deadline);
  const auto tasks = live_tasks(parts_);
  const auto now = parts_.rt.now();
  std::vector<control::timer_info> all;
  for (const auto& each : armed) {
    auto waiter = one_of(tasks, each.waiter);
    if (!asked_for(query, waiter.plugin)) continue;
    const double due = each.deadline >= now ? seconds(each.deadline - now) : -seconds(now - each.deadline);
    all.push_back({due, std::move(waiter)});
  }
  return first_page(std::move(all), query.limit);
}

control::waiting_page<control::source_info> live_waiting::sources(const control::waiting_query& query) const {
  auto seen = parts_.rt.sources(most_looked_at);
  std::ranges::sort(seen, {}, &io::source_view::fd);
  const auto tasks = live_tasks(parts_);
  std::vector<control::source_info> all;
  for (const auto& each : seen) {
    auto reader = one_of(tasks, each.reader), writer = one_of(tasks, each.writer);
    if (!asked_for(query, reader.plugin) && !asked_for(query, writer.plugin)) continue;
    if (all.size() > query.limit) break;
    auto one = described(each.fd);
    const auto has = [&](io::ready what) { return any((each.readable | each.writable) & what); };
    one.readable = has(io::ready::readable);
    one.writable = has(io::ready::writable);
    one.closed = has(io::ready::closed);
    one.error = has(io::ready::error);
    one.reader = std::move(reader);
    one.writer = std::move(writer);
    all.push_back(std::move(one));
  }
  return first_page(std::move(all), query.limit);
}

control::waiting_page<control::job_info> live_waiting::jobs(const control::waiting_query& query) const {
  const auto seen = parts_.rt.jobs(most_looked_at);
  const auto now = steady_clock().now();
  std::vector<control::job_info> all;
  for (const auto& each : seen) {
    auto plugin = parts_.plugins.instance_of(each.whose);
    if (!asked_for(query, plugin)) continue;
    all.push_back({std::move(plugin), each.os_thread, now > each.since ? seconds(now - each.since) : 0});
  }
  return first_page(std::move(all), query.limit);
}

}  // namespace tokiod::app
