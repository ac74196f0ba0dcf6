#include "app/handover.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <span>
#include <utility>

#include "wire/get.hpp"
#include "wire/parse.hpp"

namespace tokiod::app {
namespace {

constexpr std::size_t longest_message = 16 * 1024;
constexpr std::size_t longest_state = 1 << 20;

// From its beginning, wherever the one who wrote it has left off.
result<std::string> read_state(int fd) {
  std::string text(longest_state, '\0');
  std::size_t got = 0;
  while (got < text.size()) {
    const auto n =
        retry_eintr([&] { return ::pread(fd, text.data() + got, text.size() - got, static_cast<off_t>(got)); });
    if (n < 0) return std::unexpected(error::last("pread"));
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  text.resize(got);
  return text;
}

outcome<wire::json> state_in(int fd) {
  const auto text = read_state(fd);
  if (!text) return refuse(kind::io_error, "the state that an old process left cannot be read: ", text.error().text());
  auto state = wire::parse(*text);
  if (!state || !state->is_object()) return refuse(kind::io_error, "what an old process left is no state");
  const auto version = wire::integer_or(*state, "handover", 0);
  if (version != handover_version)
    return refuse(kind::unsupported, "the old process hands over by version ", version, ", and this one takes ",
                  handover_version);
  return std::move(*state);
}

}  // namespace

result<std::pair<handover_channel, handover_channel>> handover_channel::pair() {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return std::unexpected(error::last("socketpair"));
  return std::pair(handover_channel(unique_fd(ends[0])), handover_channel(unique_fd(ends[1])));
}

bool handover_channel::say(const wire::json& message) const {
  const auto text = wire::dump(message).substr(0, longest_message);
  return retry_eintr([&] { return ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT); }) ==
         static_cast<ssize_t>(text.size());
}

std::optional<wire::json> handover_channel::hear(instant_ns deadline) const {
  const auto now = steady_clock().now();
  const auto left = deadline > now ? (deadline - now) / millisecond + 1 : 0;
  pollfd one{socket_.get(), POLLIN, 0};
  const int timeout = static_cast<int>(std::min<duration_ns>(left, 86'400'000));
  if (retry_eintr([&] { return ::poll(&one, 1, timeout); }) <= 0) return std::nullopt;
  std::string text(longest_message, '\0');
  const auto n = retry_eintr([&] { return ::recv(socket_.get(), text.data(), text.size(), MSG_DONTWAIT); });
  if (n <= 0) return std::nullopt;
  text.resize(static_cast<std::size_t>(n));
  auto message = wire::parse(text);
  if (!message || !message->is_object()) return std::nullopt;
  return std::move(*message);
}

outcome<std::optional<inheritance>> inherit() {
  const char* const version = std::getenv(handover_variable);
  if (version == nullptr) return std::nullopt;
  ::unsetenv(handover_variable);
  const unique_fd file(state_descriptor);
  auto state = state_in(file.get());
  if (!state) return std::unexpected(state.error());
  inheritance all;
  int next = state_descriptor + 1;
  for (const auto& name : state->value("descriptors", wire::json::array())) {
    unique_fd fd(next++);
    if (!name.is_string() || ::fcntl(fd.get(), F_SETFD, FD_CLOEXEC) != 0)
      return refuse(kind::io_error, "the old process names descriptors that it did not leave");
    if (name == channel_name)
      all.channel = handover_channel(std::move(fd));
    else if (name == standard_error_name)
      all.standard_error = std::move(fd);
    else
      all.sockets.push_back({name.get<std::string>(), std::move(fd)});
  }
  all.state = std::move(*state);
  return all;
}

result<unique_fd> state_file(const wire::json& state) {
  unique_fd file(::memfd_create("tokiod-state", MFD_CLOEXEC));
  if (!file) return std::unexpected(error::last("memfd_create"));
  const auto text = wire::dump(state);
  if (const auto written = write_all(file.get(), std::as_bytes(std::span(text))); !written)
    return std::unexpected(written.error());
  if (::lseek(file.get(), 0, SEEK_SET) != 0) return std::unexpected(error::last("lseek"));
  return file;
}

}  // namespace tokiod::app
