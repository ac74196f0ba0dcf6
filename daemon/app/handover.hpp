// How one process becomes the next without letting go of a socket (daemon.upgrade). What they say to each other has a
// version and is JSON: nothing depends on how either of them is laid out in memory.
//
//   old   starts the successor: descriptor 3 is the state, a file in memory, and from 4 on there is what it names
//   new   reads the state, starts its plugins with the sockets it was given, and answers nobody yet
//   new   {"ready": true}, or {"failed": "why"} and the end
//   old   {"go": true}, or closes the channel
//   new   opens the control sockets, speaks to the manager, {"runs": true}
//   old   drains, and ends
//
// Invariant: until "go" the old process does all that it did, and afterwards the new one does; a channel that closes
//            before "go" means that the other side is gone, and who comes leaves then.
// Threads:   inherit [main, before other threads]; a channel belongs to one thread at a time.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/notify.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "wire/json.hpp"

namespace tokiod::app {

inline constexpr int handover_version = 1;
inline constexpr const char* handover_variable = "TOKIOD_HANDOVER";  // its value is the version
inline constexpr int state_descriptor = 3;
inline constexpr std::string_view channel_name = "channel", standard_error_name = "stderr";

// Both ends of a conversation: whole messages, each a JSON object.
class handover_channel {
 public:
  handover_channel() = default;
  explicit handover_channel(unique_fd socket) : socket_(std::move(socket)) {}
  [[nodiscard]] static result<std::pair<handover_channel, handover_channel>> pair();

  [[nodiscard]] int fd() const { return socket_.get(); }
  [[nodiscard]] bool say(const wire::json& message) const;  // false: nobody is there any more
  // Nothing: the other side is gone, or said something that is no object. Waits until `deadline` at most.
  [[nodiscard]] std::optional<wire::json> hear(instant_ns deadline) const;
  [[nodiscard]] unique_fd take() { return std::move(socket_); }

 private:
  unique_fd socket_;
};

// What a successor was given.
struct inheritance {
  wire::json state;
  handover_channel channel;
  unique_fd standard_error;  // the true one: descriptor 2 is the old process's ear
  std::vector<passed_socket> sockets;
};

// Of the first process: nothing. Fails: the state cannot be read, or is of another version.
[[nodiscard]] outcome<std::optional<inheritance>> inherit();

// A file in memory with the text of a state, at its beginning.
[[nodiscard]] result<unique_fd> state_file(const wire::json& state);

}  // namespace tokiod::app
