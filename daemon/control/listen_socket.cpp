#include "control/listen_socket.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "base/accounts.hpp"
#include "base/log.hpp"

namespace tokiod::control {
namespace {

// A client that finds the backlog full gets EAGAIN; a burst of scripts must fit.
constexpr int backlog = 128;
constexpr std::size_t longest_path = sizeof(sockaddr_un::sun_path) - 1;

std::unexpected<refusal> cannot(std::string_view what, const std::string& path) {
  return refuse(kind::io_error, "cannot ", what, " the control socket ", path, ": ", std::strerror(errno));
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, longest_path);
  return address;
}

bool same_file(int fd, const std::string& path) {
  struct stat open{}, named{};
  return ::fstat(fd, &open) == 0 && ::lstat(path.c_str(), &named) == 0 && open.st_dev == named.st_dev &&
         open.st_ino == named.st_ino;
}

int option(int socket, int name) {
  int value = -1;
  socklen_t bytes = sizeof value;
  return ::getsockopt(socket, SOL_SOCKET, name, &value, &bytes) == 0 ? value : -1;
}

bool somebody_answers(const std::string& path) {
  const unique_fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto address = address_of(path);
  if (!probe) return true;  // cannot tell: leave the file alone
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return true;
  return errno != ECONNREFUSED && errno != ENOENT;  // EAGAIN: its backlog is full, so it lives
}

// What `fd` listens on, if it is of the same family as `at`.
std::optional<std::uint16_t> port_of(int fd, loopback_address at) {
  sockaddr_storage wanted;
  sockaddr_storage address;
  fill(wanted, at);
  socklen_t bytes = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &bytes) < 0 || address.ss_family != wanted.ss_family)
    return std::nullopt;
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

}  // namespace

outcome<listen_socket> listen_socket::open(socket_options options) {
  listen_socket made;
  made.label_ = options.label;
  made.path_ = options.path;
  made.ceiling_ = options.ceiling;
  // The configuration may have moved it since.
  if (options.lock && !made.is_bound_to_path(options.passed.get())) options.passed.reset();
  const bool inherits = options.lock && options.passed;
  auto ready = options.loopback ? made.open_port(*options.loopback, std::move(options.passed))
               : options.passed ? made.adopt(std::move(options.passed))
                                : made.make(options);
  if (inherits) made.inherited_ = true;
  if (inherits) made.lock_ = std::move(options.lock);
  if (!ready) return std::unexpected(std::move(ready.error()));
  return made;
}

listen_socket::~listen_socket() {
  if (inherited_) return;
  if (inode_ != 0) {
    // Somebody may have put another file there since: only ours goes.
    struct stat now{};
    if (::lstat(path_.c_str(), &now) == 0 && now.st_dev == device_ && now.st_ino == inode_) ::unlink(path_.c_str());
  }
  // While the lock is held: who waits for it finds that the file is gone and makes a new one.
  if (lock_) ::unlink((path_ + ".lock").c_str());
}

outcome<void> listen_socket::adopt(unique_fd passed) {
  if (option(passed.get(), SO_DOMAIN) != AF_UNIX || option(passed.get(), SO_TYPE) != SOCK_STREAM ||
      option(passed.get(), SO_ACCEPTCONN) != 1)
    return refuse(kind::io_error, "descriptor ", passed.get(), ", passed in as ", label_,
                  ", is not a listening AF_UNIX stream socket");
  if (!set_nonblocking(passed.get())) return cannot("adopt", label_);
  socket_ = std::move(passed);
  return {};
}

// Its path is its address, with the port that it was given. A port that an earlier process of ours made is served on,
// unless the configuration has named another since.
outcome<void> listen_socket::open_port(loopback_address at, unique_fd passed) {
  http_only_ = true;
  path_ = text_of(at);
  const auto port = passed ? port_of(passed.get(), at) : std::nullopt;
  if (port && (at.port == 0 || at.port == *port)) {
    if (!set_nonblocking(passed.get())) return cannot("adopt", label_);
    socket_ = std::move(passed);
  } else {
    passed.reset();  // before another may be bound there
    if (const auto made = make_port(at); !made) return made;
  }
  return learn_port(at);
}

outcome<void> listen_socket::make_port(loopback_address at) {
  sockaddr_storage address;
  const socklen_t bytes = fill(address, at);
  const int on = 1;
  socket_.reset(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket_ || ::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
    return cannot("make", path_);
  if (::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), bytes) < 0) return cannot("bind", path_);
  if (::listen(socket_.get(), backlog) < 0) return cannot("listen on", path_);
  return {};
}

outcome<void> listen_socket::learn_port(loopback_address at) {
  const auto port = port_of(socket_.get(), at);
  if (!port) return cannot("look at", path_);
  at.port = *port;
  path_ = text_of(at);
  log::info("control", "the page is served", {{"socket", label_}, {"address", path_}});
  return {};
}

bool listen_socket::is_bound_to_path(int fd) const {
  sockaddr_un at{};
  socklen_t length = sizeof at;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &length) != 0 || at.sun_family != AF_UNIX) return false;
  const auto bytes = length - std::min<socklen_t>(length, offsetof(sockaddr_un, sun_path));
  return path_ == std::string_view(at.sun_path, ::strnlen(at.sun_path, bytes));
}

void listen_socket::own_file() {
  struct stat there{};
  if (!std::exchange(inherited_, false) || ::lstat(path_.c_str(), &there) < 0) return;
  device_ = there.st_dev;
  inode_ = there.st_ino;
}

outcome<void> listen_socket::make(const socket_options& options) {
  if (path_.empty()) return refuse(kind::invalid_config, "the ", label_, " socket has no path");
  if (path_.size() > longest_path)
    return refuse(kind::invalid_config, "the socket path ", path_, " has ", path_.size(),
                  " bytes; the kernel takes at most ", longest_path);
  if (auto locked = take_lock(); !locked) return locked;
  if (auto cleared = clear_path(); !cleared) return cleared;
  if (auto bound = bind_private(); !bound) return bound;
  return publish(options);
}

outcome<void> listen_socket::take_lock() {
  const std::string lock_path = path_ + ".lock";
  for (;;) {
    unique_fd file(
        retry_eintr([&] { return ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600); }));
    if (!file) return cannot("lock", path_);
    if (retry_eintr([&] { return ::flock(file.get(), LOCK_EX | LOCK_NB); }) < 0) {
      if (errno != EWOULDBLOCK) return cannot("lock", path_);
      return refuse(kind::in_use, "another daemon serves the control socket ", path_);
    }
    // Its last holder may have removed the file between our open and our lock.
    if (same_file(file.get(), lock_path)) {
      lock_ = std::move(file);
      return {};
    }
  }
}

outcome<void> listen_socket::clear_path() const {
  struct stat there{};
  if (::lstat(path_.c_str(), &there) < 0) {
    if (errno == ENOENT) return {};
    return cannot("look at", path_);
  }
  if (!S_ISSOCK(there.st_mode))
    return refuse(kind::in_use, "cannot make the control socket ", path_, ": a file that is no socket is there");
  if (somebody_answers(path_)) return refuse(kind::in_use, "another process serves the control socket ", path_);
  if (::unlink(path_.c_str()) < 0 && errno != ENOENT) return cannot("replace", path_);
  return {};
}

outcome<void> listen_socket::bind_private() {
  socket_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket_) return cannot("make", path_);
  // The file takes the mode that the unbound socket has. So it is born closed, whatever the umask.
  if (::fchmod(socket_.get(), 0600) < 0) return cannot("make", path_);
  const auto address = address_of(path_);
  if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
    return cannot("bind", path_);
  struct stat made{};
  if (::lstat(path_.c_str(), &made) < 0) return cannot("look at", path_);
  device_ = made.st_dev;
  inode_ = made.st_ino;
  return {};
}

// Group and mode first, listen last: until then a connect is refused.
outcome<void> listen_socket::publish(const socket_options& options) {
  if (!options.group.empty()) {
    const auto group = gid_named(options.group);
    if (!group) return std::unexpected(group.error());
    if (!*group)
      return refuse(kind::invalid_config, "the control socket ", path_, " shall belong to the group ", options.group,
                    ", which is unknown");
    if (::chown(path_.c_str(), static_cast<uid_t>(-1), **group) < 0) return cannot("give the group to", path_);
  }
  if (::chmod(path_.c_str(), options.mode & 0777u) < 0) return cannot("set the mode of", path_);
  if (::listen(socket_.get(), backlog) < 0) return cannot("listen on", path_);
  return {};
}

}  // namespace tokiod::control
