// What all connections share, and what one connection remembers between commands.
// Threads: `shared` is guarded by the plugin's one lock; a session belongs to its connection, except that hub entries
// of its
//          subscriber are guarded by the same lock.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "hub.hpp"
#include "reply.hpp"
#include "store.hpp"

namespace redis {

struct settings {
  std::string bind = "127.0.0.1";
  std::uint16_t port = 6380;
  std::uint32_t max_clients = 10'000;
  std::int64_t max_value_bytes = 512ll * 1024 * 1024;  // proto-max-bulk-len
  std::size_t max_unsent_bytes = 32ull * 1024 * 1024;  // messages queued for one subscriber; more closes it
};

struct shared {
  settings options;
  store keys;
  hub channels;
  unix_ms started = 0;
  std::uint64_t next_client_id = 1;
  std::uint64_t clients = 0, connections = 0, commands = 0, hits = 0, misses = 0;
};

struct session {
  std::uint64_t id = 0;
  std::string name;
  bool closing = false;  // QUIT: close once the replies are out
  bool cut = false;      // and close at once, without them
  subscriber* listener = nullptr;
  [[nodiscard]] bool subscribed() const { return listener != nullptr && listener->subscriptions() > 0; }
};

// One command being executed.
struct call {
  shared& server;
  session& client;
  std::span<const std::string_view> args;  // args[0] is the name as the client wrote it
  unix_ms now;
  reply out;
};

}  // namespace redis
